//! The pieces of an answer mostly differ in their text alone. One that is otherwise byte for byte like an earlier one says
//! the same besides, so that only its text need be read.

use std::ops::Range;

use super::super::wire::{Chunk, Text};

/// A piece that was read, which is a text and nothing else, and where in it the text stands.
#[derive(Debug, Default)]
pub struct Alike {
    piece: Vec<u8>,
    text: Range<usize>,
}

impl Alike {
    /// The text of a piece that differs from the one that is remembered at most in it.
    pub fn text_of<'a>(&self, json: &'a [u8]) -> Option<&'a str> {
        let before = self.piece.get(..self.text.start).filter(|before| !before.is_empty())?;
        let text = json.strip_prefix(before)?.strip_suffix(self.piece.get(self.text.end..)?)?;
        let as_it_stands = text.iter().all(|byte| *byte >= b' ' && !matches!(byte, b'"' | b'\\'));
        if as_it_stands { std::str::from_utf8(text).ok() } else { None }
    }

    /// Remembers a piece if it is a text and nothing else.
    pub fn remember(&mut self, json: &[u8], chunk: &Chunk<'_>) {
        let Some(text) = only_text(chunk) else { return };
        let Some(start) = text.as_ptr().addr().checked_sub(json.as_ptr().addr()) else { return };
        let range = start..start + text.len();
        if json.get(range.clone()) == Some(text.as_bytes()) {
            self.piece.clear();
            self.piece.extend_from_slice(json);
            self.text = range;
        }
    }
}

/// The text, borrowed from the piece, where it says nothing more than that.
fn only_text<'a>(chunk: &'a Chunk<'_>) -> Option<&'a str> {
    let [choice] = chunk.choices.as_deref()? else { return None };
    let delta = choice.delta.as_ref()?;
    let nothing_more = chunk.error.is_none()
        && chunk.usage.is_none()
        && choice.error.is_none()
        && choice.index.0.unwrap_or(0) == 0
        && choice.message.is_none()
        && choice.finish_reason == Text(None)
        && delta.refusal == Text(None)
        && delta.tool_calls.is_none();
    match &delta.content {
        Text(Some(std::borrow::Cow::Borrowed(text))) if nothing_more && !text.is_empty() => Some(text),
        _ => None,
    }
}
