//! What a reader would see of a sentence: mark-up removed, look-alikes resolved, and everything that is neither
//! refused. Then its tokens.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Reason, Withheld};
use crate::domain::text::lower;

/// Signs that decorate and say nothing.
const DECORATION: &str =
    "😅😇🥹☺😌🤔🌟⭐✨🔍🔎📝📋💬💭❓❔👇👉🤝🛍🛒🙇💁🌸🌻🍀☕😊🙂😀😃😄🤗👋🙏❤💚💙🧡💛🌲🌿🏔⛰☀🌞😔😞🙁☹😕🎒🏕";
/// Signs that say that something is on its way: fine beside a claim that was checked, and only there.
const BESIDE_A_CLAIM: &str = "🎊🙌💪🆕🏷🎁⚠❗🔔🔒🔓📍🏠💳❌⛔🚫🆓📦🚚🚛✅✔☑👍🎉💸💰💳💵📬📭📫✉📧📨🔄💯🆗🥳⏰⏳⌛📅🗓";
const CURRENCY_SIGNS: &str = "$€£¥₹";
const PLAIN_MARKS: &str = "◦▪‣○●■□'\"-–—…•×°§™®©·→";

/// Text as it is checked: one line, plain letters and digits.
pub(super) fn readable(sentence: &str, seen: &HashSet<char>) -> Result<String, Withheld> {
    let mut plain = String::with_capacity(sentence.len());
    // Most of a sentence is as it should be: it is taken over in one piece up to the next sign that may not be.
    let mut taken = 0;
    let linked = sentence.contains("://");
    for (at, c) in sentence.char_indices().filter(|(_, c)| !is_plain(*c)) {
        plain.push_str(sentence.get(taken..at).unwrap_or_default());
        taken = at + c.len_utf8();
        match c {
            '*' | '`' | '_' if !(linked && is_in_link(sentence, at)) => {}
            _ => push_readable(&mut plain, c, seen)?,
        }
    }
    plain.push_str(sentence.get(taken..).unwrap_or_default());
    if taken > 0 {
        refuse_markup(&plain)?;
    }
    Ok(plain)
}

/// Whether a sign is read as it is, and belongs to no mark-up.
fn is_plain(c: char) -> bool {
    c == ' ' || (c.is_ascii_graphic() && !matches!(c, '*' | '`' | '_' | '<' | '&' | '~'))
}

/// Whether the word around a place is a link.
fn is_in_link(sentence: &str, at: usize) -> bool {
    let (before, after) = sentence.split_at(at);
    let start = before.rfind(char::is_whitespace).unwrap_or_default();
    let end = after.find(char::is_whitespace).map_or(sentence.len(), |length| at + length);
    sentence.get(start..end).is_some_and(|word| word.contains("://"))
}

fn push_readable(plain: &mut String, c: char, seen: &HashSet<char>) -> Result<(), Withheld> {
    match c {
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{fe0f}' => {}
        // The frame of a keycap: `1️⃣` numbers a list.
        '\u{20e3}' => plain.push(')'),
        '\u{ff01}'..='\u{ff5e}' => {
            let ascii = u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(' ');
            plain.push(ascii);
        }
        c if c.is_whitespace() || matches!(c, '\u{2007}' | '\u{202f}') => plain.push(' '),
        '‘' | '’' | '‚' | 'ʼ' => plain.push('\''),
        '“' | '”' | '„' | '«' | '»' => plain.push('"'),
        '‐' | '‑' | '−' => plain.push('-'),
        c if c.is_ascii_graphic() => plain.push(c),
        c if ('\u{c0}'..='\u{17f}').contains(&c) => plain.push(c),
        c if PLAIN_MARKS.contains(c) || CURRENCY_SIGNS.contains(c) => plain.push(c),
        c if DECORATION.contains(c) || ('\u{1f3fb}'..='\u{1f3ff}').contains(&c) => plain.push(' '),
        c if BESIDE_A_CLAIM.contains(c) || seen.contains(&c) => plain.push(c),
        c => return Err(Withheld::new(Reason::Unreadable, format!("the sign {c:?} cannot be checked"))),
    }
    Ok(())
}

fn refuse_markup(plain: &str) -> Result<(), Withheld> {
    let bytes = plain.as_bytes();
    let opens =
        |at: usize| bytes.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'#'));
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'<' | b'&')) {
        let link = plain.get(at + 1..).is_some_and(|rest| rest.starts_with("http"));
        let entity = *byte == b'&'
            && opens(at)
            && plain
                .get(at..)
                .and_then(|rest| rest.split_once(';'))
                .is_some_and(|(name, _)| name.len() < 10 && !name.contains(' '));
        if (*byte == b'<' && opens(at) && !link) || entity {
            return Err(Withheld::new(Reason::Unreadable, "mark-up inside a sentence cannot be checked".to_owned()));
        }
    }
    if plain.contains("~~") {
        return Err(Withheld::new(Reason::Unreadable, "struck-out text cannot be checked".to_owned()));
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// Digits, with the separators between them.
    Number,
    /// Letters and digits in one.
    Mixed,
    Url,
    Email,
    /// `#1001`.
    Order,
    /// A sign that may stand beside a checked claim only.
    Sign,
    Mark,
}

#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub kind: Kind,
    /// Lower case.
    pub text: Cow<'t, str>,
    pub raw: &'t str,
    /// No space stands before it.
    pub glued: bool,
}

impl Token<'_> {
    pub fn is_mark(&self, marks: &str) -> bool {
        self.kind == Kind::Mark && self.text.chars().next().is_some_and(|mark| marks.contains(mark))
    }

    pub fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }
}

/// Few texts have a token for fewer letters.
const LETTERS: usize = 4;

/// The tokens of readable text, without the mark of a list item at its start.
pub(super) fn tokens(plain: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(plain.len() / LETTERS);
    for chunk in plain.split_whitespace() {
        let mut rest = chunk;
        let mut glued = false;
        let address = chunk.contains('@');
        while let Some((length, kind)) = next(rest, address) {
            let (raw, after) = rest.split_at(length);
            let hyphen = raw == "-"
                && glued
                && tokens.last().is_some_and(Token::is_word)
                && after.starts_with(char::is_alphabetic);
            if !hyphen {
                let text = if kind == Kind::Mark { Cow::Borrowed(raw) } else { spelled(raw) };
                tokens.push(Token { kind, text, raw, glued });
            }
            rest = after;
            glued = true;
        }
    }
    drop_list_mark(&mut tokens);
    drop_enumeration(&mut tokens);
    tokens
}

/// Writes order numbers in parts in the form in which they are read as one word: `#en-20417-a`.
pub(super) fn with_whole_numbers<'n>(mut plain: String, numbers: impl Iterator<Item = &'n str>) -> String {
    for number in numbers {
        let number = number.to_ascii_lowercase();
        let whole = number.replace(['/', '_'], "-");
        let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !"-/_".contains(c));
        let lower = plain.to_ascii_lowercase();
        for (at, found) in lower.rmatch_indices(&number) {
            let before = lower.get(..at).and_then(|text| text.chars().next_back());
            let after = lower.get(at + found.len()..).and_then(|text| text.chars().next());
            if outside(before) && outside(after) {
                let sign = if before == Some('#') { "" } else { "#" };
                plain.replace_range(at..at + found.len(), &format!("{sign}{whole}"));
            }
        }
    }
    plain
}

/// In lower case, and without the dots of a short form.
fn spelled(raw: &str) -> Cow<'_, str> {
    let lower = lower(raw);
    if raw.contains('.') && is_short_form(raw) { Cow::Owned(lower.replace('.', "")) } else { lower }
}

fn drop_list_mark(tokens: &mut Vec<Token>) {
    let short = |token: &Token| {
        (token.kind == Kind::Number && token.text.len() <= 2) || (token.is_word() && token.text.len() == 1)
    };
    let count = match tokens.as_slice() {
        [open, number, close, ..] if open.is_mark("(") && short(number) && close.is_mark(")") => 3,
        [letter, close, after, ..] if letter.is_word() && short(letter) && close.is_mark(")") && !after.glued => 2,
        [first, second, third, ..]
            if first.kind == Kind::Number
                && first.text.len() <= 2
                && second.glued
                && second.is_mark(".)")
                && !third.glued =>
        {
            2
        }
        [first, second, ..] if first.is_mark("-•+–—·→◦▪‣○●■□") && !second.glued => 1,
        _ => tokens.iter().take_while(|token| token.is_mark("#>")).count(),
    };
    tokens.drain(..count);
}

/// `either 1) the e-mail address, or 2) the postcode`: numbers before a bracket that nothing opens, counting from one.
fn drop_enumeration(tokens: &mut Vec<Token>) {
    let mut open = 0_usize;
    let mut numbers = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let [token, next] = pair else { continue };
        if token.is_mark("(") {
            open += 1;
        } else if token.is_mark(")") {
            open = open.saturating_sub(1);
        }
        let numbers_item = token.kind == Kind::Number && token.text.len() <= 2 && !token.glued;
        if open == 0 && numbers_item && next.glued && next.is_mark(")") {
            numbers.push(at);
        }
    }
    let counted =
        |(index, at): (usize, &usize)| tokens.get(*at).is_some_and(|token| token.text == (index + 1).to_string());
    if numbers.len() >= 2 && numbers.iter().enumerate().all(counted) {
        for at in numbers.into_iter().rev() {
            tokens.drain(at..at + 2);
        }
    }
}

/// How long the next token is, and what it is. `address`: an `@` stands in the text or before it.
fn next(text: &str, address: bool) -> Option<(usize, Kind)> {
    if let Some(length) = plain_word(text) {
        return Some((length, Kind::Word));
    }
    let length = next_length(text, address)?;
    Some((length, kind_of(text.get(..length)?)))
}

/// The length of a word of plain letters that ends with them for sure, as most do.
fn plain_word(text: &str) -> Option<usize> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let ends = match text.as_bytes().get(length) {
        None | Some(b',' | b';' | b'!' | b'?' | b')' | b'"') => true,
        Some(b'.') => length + 1 == text.len(),
        Some(_) => false,
    };
    (length > 0 && ends).then_some(length)
}

fn next_length(text: &str, address: bool) -> Option<usize> {
    let first = text.chars().next()?;
    if text.starts_with("http://") || text.starts_with("https://") {
        return Some(link_length(text));
    }
    if address
        && (first.is_alphanumeric() || first == '•')
        && let Some(length) = email_length(text)
    {
        return Some(length);
    }
    if first == '#' {
        let length = text
            .char_indices()
            .skip(1)
            .find(|(_, c)| !c.is_ascii_alphanumeric() && *c != '-')
            .map_or(text.len(), |(at, _)| at);
        return Some(if length > 1 {
            text.get(..length).map_or(1, |name| name.trim_end_matches('-').len())
        } else {
            1
        });
    }
    if !first.is_alphanumeric() {
        return Some(first.len_utf8());
    }
    Some(run_length(text))
}

/// A run of letters and digits, with apostrophes between letters and separators between digits. A dot between letters
/// belongs to it: what is written like a host name is read as one.
fn run_length(text: &str) -> usize {
    let mut previous = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, next)| *next);
        let joins = match c {
            '\'' => previous.is_alphabetic() && next.is_alphabetic(),
            '.' => {
                (previous.is_ascii_digit() && next.is_ascii_digit())
                    || (previous.is_alphabetic() && next.is_alphabetic())
            }
            ',' => previous.is_ascii_digit() && next.is_ascii_digit(),
            c => c.is_alphanumeric(),
        };
        if !joins {
            return at;
        }
        previous = c;
    }
    text.len()
}

fn link_length(text: &str) -> usize {
    let end = text.find([')', ']', '>', '"', '|', ' ']).unwrap_or(text.len());
    text.get(..end).map_or(end, |link| link.trim_end_matches(['.', ',', ';', ':', '!', '?']).len())
}

fn email_length(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || "@.-_+•%".contains(c))).unwrap_or(text.len());
    let candidate = text.get(..end)?.trim_end_matches(['.', '-', '_']);
    let (local, host) = candidate.split_once('@')?;
    (!local.is_empty() && host.contains('.')).then_some(candidate.len())
}

fn kind_of(raw: &str) -> Kind {
    let first = raw.chars().next().unwrap_or(' ');
    if raw.len() == 1 && first.is_ascii_punctuation() {
        return Kind::Mark;
    }
    if raw.bytes().all(|byte| byte.is_ascii_digit()) {
        return Kind::Number;
    }
    let digits = raw.chars().any(|c| c.is_numeric());
    let letters = raw.chars().any(char::is_alphabetic);
    if raw.contains("://") || (raw.contains('.') && letters && !raw.contains('@') && !is_short_form(raw)) {
        return Kind::Url;
    }
    match first {
        _ if raw.contains('@') && raw.len() > 1 => Kind::Email,
        '#' if raw.len() > 1 => Kind::Order,
        c if c.is_alphanumeric() && digits && letters => Kind::Mixed,
        c if c.is_ascii_digit() => Kind::Number,
        c if c.is_numeric() => Kind::Mixed,
        c if c.is_alphabetic() => Kind::Word,
        c if BESIDE_A_CLAIM.contains(c) => Kind::Sign,
        _ => Kind::Mark,
    }
}

/// `e.g`, `p.m`: single letters set apart by dots.
fn is_short_form(raw: &str) -> bool {
    raw.split('.').all(|part| part.chars().count() == 1)
}
