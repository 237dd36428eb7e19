//! The messages of a request, read as turns: what the shopper said, and what was done and said about it.

use serde_json::Value;

use crate::model::Message;

/// A tool call with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct PastCall {
    pub name: String,
    pub arguments: Value,
    pub result: Option<Value>,
}

/// One or more messages of the shopper in a row, and everything up to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    pub user: String,
    pub said: Vec<String>,
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
        let mut dialogue = Self { remarks: Vec::new(), turns: vec![Turn::default()] };
        let mut open: Vec<(String, usize, usize)> = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            match message {
                Message::System(text) if index > 0 => dialogue.remarks.push(text.clone()),
                Message::System(_) => {}
                Message::User(text) => dialogue.hear(text),
                Message::Assistant { text, calls } => {
                    if !text.trim().is_empty() {
                        dialogue.current().said.push(text.clone());
                    }
                    for call in calls {
                        let arguments = serde_json::from_str(&call.arguments).unwrap_or(Value::Null);
                        let turn = dialogue.turns.len() - 1;
                        let past = PastCall { name: call.name.clone(), arguments, result: None };
                        dialogue.current().calls.push(past);
                        open.push((call.id.as_str().to_owned(), turn, dialogue.current().calls.len() - 1));
                    }
                }
                Message::Tool { call, content } => dialogue.settle(&mut open, call.as_str(), content),
            }
        }
        dialogue
    }

    pub fn now(&self) -> &Turn {
        static EMPTY: Turn = Turn { user: String::new(), said: Vec::new(), calls: Vec::new() };
        self.turns.last().unwrap_or(&EMPTY)
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

    fn current(&mut self) -> &mut Turn {
        if self.turns.is_empty() {
            self.turns.push(Turn::default());
        }
        let last = self.turns.len() - 1;
        &mut self.turns[last]
    }

    fn hear(&mut self, text: &str) {
        let turn = self.current();
        if turn.said.is_empty() && turn.calls.is_empty() {
            if !turn.user.is_empty() {
                turn.user.push('\n');
            }
            turn.user.push_str(text);
        } else {
            self.turns.push(Turn { user: text.to_owned(), ..Turn::default() });
        }
    }

    fn settle(&mut self, open: &mut Vec<(String, usize, usize)>, id: &str, content: &str) {
        let Some(at) = open.iter().position(|(own, _, _)| own == id) else { return };
        let (_, turn, index) = open.remove(at);
        if let Some(call) = self.turns.get_mut(turn).and_then(|turn| turn.calls.get_mut(index)) {
            call.result = Some(read_result(content));
        }
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
