//! The offline model: a rule-based stand-in for a language model.
//!
//! It implements the same trait, and sees what a model sees: the messages, the tools' schemas, the response format. It knows
//! no store. The same request always gets the same answer.

mod addresses;
mod agent;
mod arguments;
mod dialogue;
mod entities;
mod facts;
mod goods;
mod intent;
mod language;
mod letter;
mod lexicon;
mod mood;
mod pattern;
pub mod reading;
mod receipts;
mod replies;
mod router;
mod spelling;
mod wants;
mod words;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream;

use super::{Answer, ChatModel, ChatRequest, Completion, Message, ModelError, Piece};
use crate::domain::event::Usage;

/// What [`Completion::model`] says.
pub const NAME: &str = "offline";

/// The response format that asks for routing.
const ROUTE: &str = "route";

/// The stand-in. It has no state: everything is in the request.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineModel;

#[async_trait]
impl ChatModel for OfflineModel {
    fn description(&self) -> String {
        "Deskhand's offline stand-in: rules, not a language model".to_owned()
    }

    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError> {
        let completion = complete(request);
        let mut pieces: Vec<_> = in_pieces(&completion.text).map(|text| Ok(Piece::Text(text))).collect();
        pieces.push(Ok(Piece::Done(completion)));
        Ok(stream::iter(pieces).boxed())
    }
}

/// The whole answer. A response format other than the router's is refused: rules cannot fill any schema honestly.
pub fn complete(request: &ChatRequest) -> Completion {
    let mut completion = Completion { model: NAME.to_owned(), ..Completion::default() };
    match &request.response_format {
        Some(format) if format.name == ROUTE => completion.text = router::route(request).to_string(),
        Some(_) => completion.refused = true,
        None => {
            let step = agent::decide(request);
            completion.text = step.text;
            completion.calls = step.calls;
        }
    }
    completion.usage = usage(request, &completion);
    completion
}

/// Words with the space after them; joined they are the text again.
fn in_pieces(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_inclusive([' ', '\n']).map(str::to_owned)
}

/// About four characters are a token; nobody is billed by this count.
fn usage(request: &ChatRequest, completion: &Completion) -> Usage {
    let read = |message: &Message| match message {
        Message::System(text) => text.len(),
        Message::User(text) | Message::Tool { content: text, .. } => text.len(),
        Message::Assistant { text, calls } => text.len() + calls.iter().map(|call| call.arguments.len()).sum::<usize>(),
    };
    let written = completion.text.len() + completion.calls.iter().map(|call| call.arguments.len()).sum::<usize>();
    let tokens = |characters: usize| u64::try_from(characters.div_ceil(4)).unwrap_or(u64::MAX);
    Usage {
        input_tokens: tokens(request.messages.iter().map(read).sum()),
        cached_tokens: 0,
        output_tokens: tokens(written),
    }
}

#[cfg(test)]
mod tests;
