//! Puts the pieces of an answer together, whatever dialect they come in. No I/O, no clock.

use std::collections::HashSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use thiserror::Error;

use super::failure::ServerError;
use super::wire::{self, CallDelta, Choice, Chunk, Delta, FunctionDelta};
use crate::domain::event::{ToolCall, Usage};
use crate::domain::id::CallId;
use crate::model::Completion;
use alike::Alike;

mod alike;

/// Why the pieces make no answer.
#[derive(Clone, Debug, Error)]
pub enum Defect {
    #[error("{0}")]
    Server(ServerError),
    #[error("the server sent something that is no chat completion: {0}")]
    Unreadable(String),
    #[error("the stream ended before the answer did")]
    NoEnd,
    #[error("the answer is empty")]
    Empty,
    #[error("the server says that it failed while answering")]
    FinishedWithError,
    #[error("a tool call came without a name")]
    NamelessCall,
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// How the stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With `[DONE]`, or it was one whole JSON document.
    Marked,
    /// The server just closed it.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finish {
    Regular,
    Length,
    Filtered,
    Error,
}

/// A call as far as it came.
#[derive(Debug, Default)]
struct OpenCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    extra: Option<Box<RawValue>>,
}

/// What a server wants to see again with a call: the call's id and the server's `extra_content`.
pub type Extra = (CallId, Box<RawValue>);

/// An answer in the making.
#[derive(Debug, Default)]
pub struct Assembly {
    text: String,
    calls: Vec<OpenCall>,
    usage: Usage,
    model: Option<String>,
    refused: bool,
    finish: Option<Finish>,
    alike: Alike,
}

impl Assembly {
    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Something of the answer itself has come: from here on nothing may be tried again unseen.
    pub fn has_begun(&self) -> bool {
        !self.text.is_empty() || !self.calls.is_empty() || self.refused || self.finish.is_some()
    }

    /// The server said why it stopped; only usage may follow.
    pub fn has_finish(&self) -> bool {
        self.finish.is_some()
    }

    /// Takes in the data of an event, or a whole document.
    pub fn absorb_json(&mut self, json: &[u8]) -> Result<(), Defect> {
        if let Some(text) = self.alike.text_of(json) {
            self.text.push_str(text);
            return Ok(());
        }
        if json.trim_ascii_start().first() != Some(&b'{') {
            // Gemini writes an error as a list of one.
            let chunks: Vec<Chunk<'_>> = read(json).map_err(|_| unreadable(json))?;
            return chunks.into_iter().try_for_each(|chunk| self.absorb(chunk));
        }
        match read::<Chunk<'_>>(json) {
            Ok(chunk) => {
                self.alike.remember(json, &chunk);
                self.absorb(chunk)
            }
            // Lines that a server forgot to part by a blank one arrive as one event with several documents.
            Err(_) if json.contains(&b'\n') => {
                let mut chunks = serde_json::Deserializer::from_slice(json).into_iter::<Chunk<'_>>();
                chunks.try_for_each(|chunk| self.absorb(chunk.map_err(|_| unreadable(json))?))
            }
            Err(_) => Err(unreadable(json)),
        }
    }

    fn absorb(&mut self, chunk: Chunk<'_>) -> Result<(), Defect> {
        if let Some(error) = chunk.error.and_then(ServerError::from_field) {
            return Err(Defect::Server(error));
        }
        if let Some(usage) = chunk.usage.and_then(wire::usage) {
            self.usage = usage;
        }
        if self.model.is_none() {
            self.model = chunk.model.filled().map(str::to_owned);
        }
        for choice in chunk.choices.unwrap_or_default() {
            // Only one is ever asked for.
            if choice.index.0.unwrap_or(0) == 0 {
                self.absorb_choice(choice)?;
            }
        }
        Ok(())
    }

    fn absorb_choice(&mut self, choice: Choice<'_>) -> Result<(), Defect> {
        if let Some(error) = choice.error.and_then(ServerError::from_field) {
            return Err(Defect::Server(error));
        }
        if let Some(delta) = choice.delta.or(choice.message) {
            self.absorb_delta(delta);
        }
        match choice.finish_reason.filled() {
            None => {}
            Some("length" | "max_tokens") => self.finish = Some(Finish::Length),
            Some("content_filter") => self.finish = Some(Finish::Filtered),
            Some("error") => self.finish = Some(Finish::Error),
            Some(_) => self.finish = Some(Finish::Regular),
        }
        if self.finish == Some(Finish::Error) { Err(Defect::FinishedWithError) } else { Ok(()) }
    }

    fn absorb_delta(&mut self, delta: Delta<'_>) {
        if let Some(content) = delta.content.filled() {
            self.text.push_str(content);
        }
        if delta.refusal.filled().is_some() {
            self.refused = true;
        }
        for call in delta.tool_calls.unwrap_or_default() {
            self.absorb_call(call);
        }
    }

    fn absorb_call(&mut self, delta: CallDelta<'_>) {
        let id = delta.id.filled().unwrap_or_default();
        let function = delta.function.unwrap_or_default();
        let slot = self.slot_of(delta.index.0, id, &function);
        let call = match slot.and_then(|slot| self.calls.get_mut(slot)) {
            Some(call) => call,
            None => self.calls.push_mut(OpenCall { index: delta.index.0, ..OpenCall::default() }),
        };
        if call.id.is_empty() {
            call.id.push_str(id);
        }
        if call.name.is_empty() {
            call.name.push_str(function.name.filled().unwrap_or_default());
        }
        if let Some(extra) = delta.extra_content {
            call.extra = Some(extra.to_owned());
        }
        match function.arguments() {
            Some((whole, true)) => whole.as_ref().clone_into(&mut call.arguments),
            // Some servers repeat the finished call at the end.
            Some((piece, false)) if piece == call.arguments && is_json(&piece) => {}
            Some((piece, false)) => call.arguments.push_str(&piece),
            None => {}
        }
    }

    /// The open call that a piece belongs to; `None` when it begins a new one.
    fn slot_of(&self, index: Option<u64>, id: &str, function: &FunctionDelta<'_>) -> Option<usize> {
        let name = function.name.filled().unwrap_or_default();
        let slot = match index {
            Some(_) => self.calls.iter().rposition(|call| call.index == index),
            None if !id.is_empty() => return self.calls.iter().rposition(|call| call.id == id),
            // Neither index nor id: a name begins a call, anything else goes on with the last one.
            None if name.is_empty() => return self.calls.len().checked_sub(1),
            None => return None,
        }?;
        let open = self.calls.get(slot)?;
        if !id.is_empty() {
            // The id belongs to the slot, or the slot still lacks one; a new id at a used index is a new call, unless
            // the same id is open elsewhere (all calls at index 0, pieces told apart by id only).
            if open.id.is_empty() || open.id == id {
                return Some(slot);
            }
            return self.calls.iter().rposition(|call| call.id == id);
        }
        // Without ids, a name where a finished call stands begins the next one.
        let begins_anew = !name.is_empty() && !open.name.is_empty() && is_json(&open.arguments);
        (!begins_anew).then_some(slot)
    }

    /// The whole answer, and what the server wants to see again. `asked` is the model that was asked, `taken` are the
    /// ids of earlier calls in the dialogue: an id is used once in it.
    pub fn complete(
        self,
        ending: Ending,
        asked: &str,
        taken: &HashSet<CallId>,
    ) -> Result<(Completion, Vec<Extra>), Defect> {
        match (self.finish, ending) {
            (Some(Finish::Error), _) => return Err(Defect::FinishedWithError),
            (None, Ending::Closed) => return Err(Defect::NoEnd),
            (None, Ending::Marked) if !self.has_begun() => return Err(Defect::Empty),
            _ => {}
        }
        let (calls, extras) = close_calls(self.calls, taken)?;
        let completion = Completion {
            text: self.text,
            calls,
            usage: self.usage,
            model: self.model.unwrap_or_else(|| asked.to_owned()),
            refused: self.refused || self.finish == Some(Finish::Filtered),
            cut_off: self.finish == Some(Finish::Length),
        };
        Ok((completion, extras))
    }
}

fn close_calls(open: Vec<OpenCall>, taken: &HashSet<CallId>) -> Result<(Vec<ToolCall>, Vec<Extra>), Defect> {
    let mut calls = Vec::with_capacity(open.len());
    let mut extras = Vec::new();
    let mut given = HashSet::new();
    for call in open {
        if call.name.is_empty() && call.arguments.is_empty() {
            continue;
        }
        if call.name.is_empty() {
            return Err(Defect::NamelessCall);
        }
        let sent = CallId::new(call.id);
        // What is remembered by id must never be found by another conversation, so such a call gets an id of ours.
        let usable =
            !sent.as_str().is_empty() && call.extra.is_none() && !taken.contains(&sent) && !given.contains(&sent);
        let id = if usable { sent } else { CallId::generate() };
        given.insert(id.clone());
        if let Some(extra) = call.extra {
            extras.push((id.clone(), extra));
        }
        let is_blank = matches!(call.arguments.trim(), "" | "null");
        let arguments = if is_blank { "{}".to_owned() } else { call.arguments };
        calls.push(ToolCall { id, name: call.name, arguments });
    }
    Ok((calls, extras))
}

/// Where all is text, its parts need not be looked through again to see that they are.
fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(json),
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The defect of bytes that are no chat completion; shows how they begin.
pub fn unreadable(json: &[u8]) -> Defect {
    const SHOWN: usize = 120;
    let start = json.get(..SHOWN).unwrap_or(json);
    Defect::Unreadable(String::from_utf8_lossy(start).trim().to_owned())
}

#[cfg(test)]
mod tests;
