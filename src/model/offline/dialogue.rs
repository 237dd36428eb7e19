//! The messages of a request, read as turns: what the shopper said, and what was done and said about it.

use serde_json::Value;

use crate::domain::event::ToolCall;
use crate::model::{Message, colleague};

/// A tool call with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct PastCall {
    pub name: String,
    pub arguments: Value,
    pub result: Option<Value>,
    /// What it told of an order may be otherwise by now.
    pub outdated: bool,
}

/// One or more messages of the shopper in a row, and everything up to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    pub user: String,
    pub said: Vec<String>,
    /// What people of the store wrote, with their names, where those are told.
    pub colleagues: Vec<(Option<String>, String)>,
    pub calls: Vec<PastCall>,
}

impl Turn {
    /// The last words of ours in this turn.
    pub fn last_words(&self) -> &str {
        self.said.last().map_or("", String::as_str)
    }

    pub fn calls_of<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a PastCall> {
        self.calls.iter().filter(move |call| call.name == name)
    }
}

/// A dialogue; the last turn is the one to be answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dialogue {
    /// System messages after the first: what the desk says of this conversation.
    pub remarks: Vec<String>,
    pub turns: Vec<Turn>,
}

impl Dialogue {
    pub fn read(messages: &[Message]) -> Self {
        let mut reading = Reading::default();
        for (index, message) in messages.iter().enumerate() {
            match message {
                Message::System(text) if index > 0 => reading.remarks.push(text.to_string()),
                Message::System(_) => {}
                Message::User(text) => reading.hear(text),
                Message::Assistant { text, calls } => reading.answer(text, calls),
                Message::Tool { call, content } => reading.settle(call.as_str(), content),
            }
        }
        reading.finish()
    }

    pub fn now(&self) -> &Turn {
        static EMPTY: Turn = Turn { user: String::new(), said: Vec::new(), colleagues: Vec::new(), calls: Vec::new() };
        self.turns.last().unwrap_or(&EMPTY)
    }

    /// The turns that are over.
    pub fn before(&self) -> &[Turn] {
        self.turns.split_last().map_or(&[], |(_, before)| before)
    }

    /// What we said last before the shopper's present words.
    pub fn words_before(&self, turn: usize) -> &str {
        self.turns.iter().take(turn).rev().map(Turn::last_words).find(|text| !text.is_empty()).unwrap_or("")
    }

    pub fn last_words(&self) -> &str {
        self.words_before(self.turns.len().saturating_sub(1))
    }

    /// Every call so far, oldest first.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = &PastCall> {
        self.turns.iter().flat_map(|turn| turn.calls.iter())
    }
}

/// A dialogue in the making: the turns that are over, and the present one.
#[derive(Default)]
struct Reading {
    remarks: Vec<String>,
    over: Vec<Turn>,
    now: Turn,
    /// Calls of the present turn that wait for their result, with their place.
    open: Vec<(String, usize)>,
}

impl Reading {
    fn hear(&mut self, text: &str) {
        if !self.now.said.is_empty() || !self.now.calls.is_empty() || !self.now.colleagues.is_empty() {
            self.over.push(std::mem::take(&mut self.now));
            self.open.clear();
        }
        if !self.now.user.is_empty() {
            self.now.user.push('\n');
        }
        self.now.user.push_str(text);
    }

    fn answer(&mut self, text: &str, calls: &[ToolCall]) {
        if let Some((name, words)) = colleague::said(text) {
            self.now.colleagues.push((name.map(str::to_owned), words.to_owned()));
        } else if !text.trim().is_empty() {
            self.now.said.push(text.to_owned());
        }
        for call in calls {
            self.open.push((call.id.as_str().to_owned(), self.now.calls.len()));
            let arguments = serde_json::from_str(&call.arguments).unwrap_or(Value::Null);
            self.now.calls.push(PastCall { name: call.name.clone(), arguments, result: None, outdated: false });
        }
    }

    fn settle(&mut self, id: &str, content: &str) {
        let Some(at) = self.open.iter().position(|(own, _)| own == id) else { return };
        let (_, place) = self.open.remove(at);
        if let Some(call) = self.now.calls.get_mut(place) {
            let result = read_result(content);
            call.outdated = result.get("outdated").is_some();
            call.result = Some(result);
        }
    }

    fn finish(mut self) -> Dialogue {
        self.over.push(self.now);
        Dialogue { remarks: self.remarks, turns: self.over }
    }
}

/// A result is a JSON object, perhaps with words around it; what is not JSON is kept as a text.
fn read_result(content: &str) -> Value {
    let framed = || {
        let inner = content.get(content.find('{')?..=content.rfind('}')?)?;
        serde_json::from_str(inner).ok()
    };
    serde_json::from_str(content).ok().or_else(framed).unwrap_or_else(|| Value::String(content.to_owned()))
}
