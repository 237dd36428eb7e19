//! What of a vendor's words may stand in an error or a log.

/// Longest reason that is kept, in characters.
const LONGEST: usize = 300;

/// A vendor's words for the operator: one line, bounded, without anything that looks like an e-mail address, a key or
/// a number that could be a code's, a postcode's, a card's or a telephone's. Vendors echo what they were sent.
pub fn for_operator(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !belongs(c)) {
        let bare = word.trim_end_matches(|c: char| !belongs(c));
        let tail = word.get(bare.len()..).unwrap_or_default();
        out.push_str(if gives_away(bare) { "•••" } else { bare });
        out.extend(tail.chars().map(|c| if c.is_control() { ' ' } else { c }));
        if out.len() > 4 * LONGEST {
            break;
        }
    }
    let out = out.trim();
    match out.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", out.get(..end).unwrap_or_default()),
        None => out.to_owned(),
    }
}

fn belongs(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+')
}

fn gives_away(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let longest_run = word.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    word.contains('@') || longest_run >= 5 || digits >= 9 || (word.len() >= 16 && digits > 0)
}

/// Why JSON did not read, without quoting it: serde's own message repeats values.
pub fn unreadable(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "the JSON has another shape than expected",
        serde_json::error::Category::Eof => "the JSON breaks off",
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => "it is not JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}
