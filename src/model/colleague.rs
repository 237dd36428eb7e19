//! How a model is told that words in its own place were a person's.

const OPENING: char = '[';
const OF_THE_TEAM: &str = "of the store's team, wrote:] ";
const SOMEBODY: &str = "A colleague ";

/// What a model reads in the place of what a person wrote to the shopper.
pub fn says(name: Option<&str>, text: &str) -> String {
    match name {
        Some(name) => format!("{OPENING}{name}, {OF_THE_TEAM}{text}"),
        None => format!("{OPENING}{SOMEBODY}{OF_THE_TEAM}{text}"),
    }
}

/// Their name, if it is told, and their words.
pub fn said(text: &str) -> Option<(Option<&str>, &str)> {
    let (who, words) = text.strip_prefix(OPENING)?.split_once(OF_THE_TEAM)?;
    Some((who.strip_suffix(", "), words))
}

/// Their sentences, each without the sign at its end: a sign within a word or a number ends none.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| matches!(c, '.' | '!' | '?');
    text.lines()
        .flat_map(move |line| {
            let mut last = ' ';
            line.split(move |c: char| {
                let over = ends(last) && c.is_whitespace();
                last = c;
                over
            })
        })
        .map(bare)
        .filter(|sentence| !sentence.is_empty())
}

/// A sentence without white space around it and the sign at its end.
pub fn bare(sentence: &str) -> &str {
    sentence.trim().trim_end_matches(['.', '!', '?', ',', '…']).trim_end()
}

/// What a model is told where a person has written.
pub const RULE: &str = "A colleague of the store's team has written to the shopper. What they wrote stands: do not contradict \
                        it, and tell it only word for word, each sentence in quotation marks of its own.";
