//! What the helpdesks have in common about texts.

use std::borrow::Cow;

use super::TranscriptLine;
use crate::domain::id::EffectId;

/// What an effect's id stands between, as the last line of a text for colleagues.
const MARK: (&str, &str) = ("[deskhand ", "]");

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

/// All that was said in one text, each line with its moment and who said it, for a helpdesk that takes one. Where that is too
/// long, the oldest lines go. Bytes of the room, characters of a line.
pub fn transcript(lines: &[TranscriptLine], longest_line: usize, room: usize) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let who = if line.from_customer { "Customer" } else { "Agent" };
            format!("[{}] {who}: {}\n", line.at.strftime("%F %H:%M UTC"), bounded(&line.text, longest_line))
        })
        .collect();
    let (kept, left_out) = newest(&lines, room, str::len);
    let left_out = match left_out {
        0 => String::new(),
        count => format!("({count} older messages left out)\n\n"),
    };
    format!("{left_out}{}", kept.join("\n"))
}

/// The line by which a text of ours is found again, where the helpdesk keeps no external id for it.
pub fn mark(effect: &EffectId) -> String {
    let (before, after) = MARK;
    format!("{before}{effect}{after}")
}

/// The id that a text of ours carries in its last line.
pub fn marked(text: &str) -> Option<&str> {
    let (before, after) = MARK;
    text.trim_end().lines().next_back()?.trim().strip_prefix(before)?.strip_suffix(after)
}
