//! What the helpdesks have in common about texts.

use std::borrow::Cow;

/// At most so many characters; what is cut off is marked.
pub fn bounded(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
            Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
        }
    }
}

/// A ticket's subject, in one line. The hand-off's own words are put in last, so that nothing in them is taken for a
/// placeholder.
pub fn subject(template: &str, words: &str, most: usize) -> String {
    let line: String =
        template.replace("{subject}", words).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    bounded(&line, most).into_owned()
}

/// The newest of these texts that fit into the room together, each with a line's end, in their order, and how many are left
/// out.
pub fn newest(texts: &[String], mut room: usize, length: impl Fn(&str) -> usize) -> (Vec<&str>, usize) {
    let kept = texts.iter().rev().take_while(|text| {
        let length = length(text) + 1;
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    });
    let mut kept: Vec<&str> = kept.map(String::as_str).collect();
    kept.reverse();
    let left_out = texts.len() - kept.len();
    (kept, left_out)
}
