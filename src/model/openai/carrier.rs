//! What carries requests to a server and brings its answers: the wire, a recorder on it, or a cassette in its place.

use std::sync::Arc;

use axum::http;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Client, Request, Response};

use crate::model::cassette::player::{Player, Unanswered};
use crate::model::cassette::recorder::Recorder;

/// A connection pool, and perhaps a cassette.
#[derive(Clone)]
pub struct Carrier {
    /// Makes requests, also those that never leave.
    pub http: Client,
    tape: Tape,
}

#[derive(Clone)]
enum Tape {
    None,
    Recorder(Arc<Recorder>),
    Player(Arc<Player>),
}

/// Why a request brought no answer.
pub enum NotCarried {
    Wire(reqwest::Error),
    Cassette(Unanswered),
}

impl From<Client> for Carrier {
    fn from(http: Client) -> Self {
        Self { http, tape: Tape::None }
    }
}

impl Carrier {
    /// Writes down what passes.
    pub fn recording(http: Client, recorder: Arc<Recorder>) -> Self {
        Self { http, tape: Tape::Recorder(recorder) }
    }

    /// Nothing leaves.
    pub fn playing(http: Client, player: Arc<Player>) -> Self {
        Self { http, tape: Tape::Player(player) }
    }

    pub async fn carry(&self, request: Request) -> Result<Response, NotCarried> {
        let body = |request: &Request| request.body().and_then(Body::as_bytes).unwrap_or_default().to_vec();
        match &self.tape {
            Tape::None => self.http.execute(request).await.map_err(NotCarried::Wire),
            Tape::Recorder(recorder) => {
                let question = recorder.question(&body(&request));
                let response = self.http.execute(request).await.map_err(NotCarried::Wire)?;
                Ok(recorder.answer(question, response))
            }
            Tape::Player(player) => {
                let answer = player.answer(&body(&request)).map_err(NotCarried::Cassette)?;
                let mut response = http::Response::new(answer.body);
                if let Ok(content_type) = HeaderValue::from_str(&answer.content_type) {
                    response.headers_mut().insert(CONTENT_TYPE, content_type);
                }
                Ok(response.into())
            }
        }
    }
}
