//! What the agent asks the store's people without giving the conversation away.

use jiff::Timestamp;

use super::{Conversation, Due, Entry};
use crate::domain::event::Event;

/// The question that was asked last.
#[derive(Clone, Debug)]
pub struct Question {
    pub text: String,
    asked_at: Timestamp,
    answered: bool,
}

impl Question {
    pub fn waits(&self) -> bool {
        !self.answered
    }

    /// Whether what a colleague wrote then can be meant for it. Helpdesks tell whole seconds.
    pub fn was_asked_by(&self, at: Timestamp) -> bool {
        self.asked_at.as_second() <= at.as_second()
    }
}

impl Conversation {
    pub(super) fn colleague_asked(&mut self, event: &Event, text: &str) {
        self.questions += 1;
        self.question = Some(Question { text: text.to_owned(), asked_at: event.at, answered: false });
        self.owe(event.seq, Due::Question(text.to_owned()));
    }

    pub(super) fn colleague_answered(&mut self, event: &Event, remote: &str, name: Option<&str>, text: &str) {
        self.heard.insert(remote.to_owned());
        let Some(question) = &mut self.question else { return };
        question.answered = true;
        let (question, queued) = (question.text.clone(), self.is_busy());
        let (name, text) = (name.map(str::to_owned), text.to_owned());
        self.dialogue.push(Entry::Answered { seq: event.seq, queued, question, name, text });
        self.heard_through = event.seq;
    }
}
