//! The address of a receipt, said whole or from its first line on, needs no checking of its words: it is taken out, and the
//! rest of the sentence is judged as being about it.

use std::ops::Range;

use super::deeds::{Address, Deed, Kind};
use super::evidence::{Evidence, words};
use crate::agents::language::{Concept, Form, Language, Marker, Role};

/// A sentence without the address that it names, and the evidence that goes with it. `None`: it names none that a receipt
/// has, or more than that.
pub(super) fn taken_out(language: &Language, evidence: &Evidence, sentence: &str) -> Option<(Evidence, String)> {
    let deeds = evidence.deeds.iter().rev().filter(|deed| deed.kind == Kind::Address);
    let known = deeds.filter_map(|deed| deed.told.address.as_ref()).filter(|known| is_harmless(language, known));
    let (address, range) = known.into_iter().find_map(|known| Some((known.clone(), place(known, sentence)?)))?;
    let mut rest = sentence.to_owned();
    rest.replace_range(range, "");
    let mut evidence = evidence.clone();
    let same = |deed: &Deed| deed.kind != Kind::Address || deed.told.address.as_ref() == Some(&address);
    evidence.deeds.retain(same);
    evidence.names_address = true;
    Some((evidence, rest))
}

impl Address {
    /// The lines that are written beside each other, each as lower-case words; the first line first.
    fn parts(&self) -> Vec<Vec<String>> {
        let lines =
            [Some(&self.line1), self.line2.as_ref(), Some(&self.city), self.province.as_ref(), Some(&self.postcode)];
        let lines = lines.into_iter().flatten().chain([&self.country]);
        lines.map(|line| words(line)).filter(|words| !words.is_empty()).collect()
    }
}

/// A line that says something of goods or money would hide it.
fn is_harmless(language: &Language, address: &Address) -> bool {
    let says = |role: &Role| match role {
        Role::Marker(marker) => matches!(marker, Marker::Negation | Marker::Asks),
        Role::Concept(concept, form) => {
            *form == Form::Done && !matches!(concept, Concept::Completion | Concept::Unknowable | Concept::Rule)
        }
        Role::Neutral | Role::Mentioned => false,
    };
    let said = |words: &[String], at: usize| {
        let rest: Vec<&str> = words.iter().skip(at).map(String::as_str).collect();
        language.lexicon.longest(&rest).is_some_and(|(_, roles)| roles.iter().any(says))
    };
    address.parts().iter().all(|words| (0..words.len()).all(|at| !said(words, at)))
}

/// Where the address stands: its first line, and its other parts around it, set apart by marks only.
fn place(address: &Address, sentence: &str) -> Option<Range<usize>> {
    let parts = address.parts();
    let spelled = spelled(sentence);
    let starts = |at: usize, part: &[String]| {
        part.iter().enumerate().all(|(offset, word)| spelled.get(at + offset).is_some_and(|(known, _)| known == word))
    };
    let first_line = parts.first()?;
    let first = (0..spelled.len()).find(|at| starts(*at, first_line))?;
    let mut end = first + first_line.len();
    let mut left: Vec<&Vec<String>> = parts.iter().skip(1).collect();
    while let Some(next) = left.iter().position(|part| starts(end, part) && only_marks(sentence, &spelled, end)) {
        end += left.remove(next).len();
    }
    let range = spelled.get(first)?.1.start..spelled.get(end - 1)?.1.end;
    (ends_here(sentence, &spelled, end) && begins_here(sentence, &spelled, first)).then_some(range)
}

/// The words of a text, in lower case, with their places.
fn spelled(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric() || *c == '\'') {
        let end = at + c.len_utf8();
        match found.last_mut().filter(|(_, range)| range.end == at) {
            Some((word, range)) => {
                word.extend(c.to_lowercase());
                range.end = end;
            }
            None => found.push((c.to_lowercase().collect(), at..end)),
        }
    }
    found
}

fn between<'t>(text: &'t str, spelled: &[(String, Range<usize>)], at: usize) -> Option<&'t str> {
    let before = spelled.get(at.checked_sub(1)?)?.1.end;
    text.get(before..spelled.get(at)?.1.start)
}

fn only_marks(text: &str, spelled: &[(String, Range<usize>)], at: usize) -> bool {
    between(text, spelled, at).is_some_and(|gap| gap.chars().all(|c| c.is_whitespace() || ",.-()/".contains(c)))
}

/// Nothing follows that could be more of an address: a name or a number.
fn ends_here(text: &str, spelled: &[(String, Range<usize>)], end: usize) -> bool {
    let Some((_, next)) = spelled.get(end) else { return true };
    let apart = between(text, spelled, end).is_some_and(|gap| gap.contains([':', ';', '!', '?', '\n', '–', '—']));
    apart || text.get(next.start..).is_some_and(|rest| rest.starts_with(char::is_lowercase))
}

/// Nothing stands before it that could be more of an address.
fn begins_here(text: &str, spelled: &[(String, Range<usize>)], first: usize) -> bool {
    let Some(before) = first.checked_sub(1).and_then(|before| spelled.get(before)) else { return true };
    let apart = between(text, spelled, first).is_some_and(|gap| gap.contains([':', '\n', '–', '—']));
    apart || text.get(before.1.start..).is_some_and(|rest| rest.starts_with(char::is_lowercase))
}
