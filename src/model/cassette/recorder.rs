//! Writes down what passes between a client and a server, while it passes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http;
use futures_util::StreamExt as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Body, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::task::TaskTracker;

use super::Recording;
use super::answer;
use super::names::Hidden;
use super::request::Asked;

/// Records one conversation.
#[derive(Default)]
pub struct Recorder {
    hidden: Arc<Hidden>,
    tape: Arc<Mutex<Tape>>,
    reading: TaskTracker,
}

#[derive(Default)]
struct Tape {
    asked: usize,
    /// In the order in which they were asked.
    recordings: BTreeMap<usize, Recording>,
    /// What was asked and had no answer yet.
    unanswered: BTreeSet<String>,
}

/// What was recorded.
pub struct Recorded {
    pub recordings: Vec<Recording>,
    /// Whether all that was asked was answered.
    pub is_whole: bool,
}

/// A question whose answer is awaited.
pub struct Question {
    number: usize,
    asked: Asked,
}

impl Question {
    fn key(&self) -> String {
        let messages: String = self.asked.messages.iter().map(ToString::to_string).collect();
        format!("{:?}{messages}", self.asked.made_of)
    }
}

impl Recorder {
    pub fn new(hidden: Arc<Hidden>) -> Self {
        Self { hidden, ..Self::default() }
    }

    pub fn question(&self, body: &[u8]) -> Question {
        let asked = Asked::of(body, Arc::clone(&self.hidden));
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        tape.asked += 1;
        let question = Question { number: tape.asked, asked };
        tape.unanswered.insert(question.key());
        question
    }

    /// The same answer, of which the whole is written down even where its reader leaves early. Refusals are not: the
    /// client asks again, or the case has no recording.
    pub fn answer(&self, question: Question, response: Response) -> Response {
        if !response.status().is_success() {
            return response;
        }
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let (sender, receiver) = mpsc::unbounded_channel();
        let tape = Arc::clone(&self.tape);
        let told = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let mut bytes = response.bytes_stream();
        self.reading.spawn(async move {
            let mut body = Vec::new();
            while let Some(piece) = bytes.next().await {
                piece.iter().for_each(|piece| body.extend_from_slice(piece));
                let _ = sender.send(piece);
            }
            keep(&tape, question, told, &String::from_utf8_lossy(&body));
        });
        let mut passed = http::Response::new(Body::wrap_stream(UnboundedReceiverStream::new(receiver)));
        if let Some(content_type) = content_type {
            passed.headers_mut().insert(CONTENT_TYPE, content_type);
        }
        passed.into()
    }

    /// Waits for answers that still come.
    pub async fn finish(&self) -> Recorded {
        self.reading.close();
        self.reading.wait().await;
        let tape = std::mem::take(&mut *self.tape.lock().unwrap_or_else(PoisonError::into_inner));
        Recorded { recordings: tape.recordings.into_values().collect(), is_whole: tape.unanswered.is_empty() }
    }
}

fn keep(tape: &Mutex<Tape>, question: Question, content_type: String, body: &str) {
    let mut tape = tape.lock().unwrap_or_else(PoisonError::into_inner);
    tape.unanswered.remove(&question.key());
    let Question { number, mut asked } = question;
    let body = answer::named(body, &mut asked.names);
    let Asked { agent, made_of, messages, .. } = asked;
    tape.recordings.insert(number, Recording { agent, made_of, messages, content_type, body });
}
