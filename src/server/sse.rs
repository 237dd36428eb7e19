//! Server-sent events: a conversation's stream as bytes.

use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::app::{App, StreamPlace};
use super::public::{MessageDelta, View, published};
use crate::desk::{Delta, Item, Position};
use crate::domain::event::{Event, EventBody, Status};
use crate::domain::id::ConversationId;

/// Bytes that are gathered before they are written, as long as more is there at once.
const PIECE: usize = 8 * 1024;
/// Bytes that most events fit in.
const USUAL: usize = 512;
const PAUSES: Pauses = Pauses { keep_alive: Duration::from_secs(15), farewell: Duration::from_secs(8) };

/// How long a stream waits.
#[derive(Clone, Copy)]
struct Pauses {
    /// A comment after so much silence keeps proxies from closing the connection.
    keep_alive: Duration,
    /// After the conversation has gone to a person without a turn of its own, how long its last words are waited for.
    farewell: Duration,
}

/// When a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When the client leaves, or the server stops.
    Closed,
    /// When the turn that answers the message with this number is completed.
    Answered(u64),
}

/// Reads `<seq>` or `<seq>.<offset>`, the ids of a stream.
pub fn position(text: &str) -> Option<Position> {
    let (seq, offset) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(seq) && digits(offset)).then(|| Some(Position { seq: seq.parse().ok()?, offset: offset.parse().ok()? }))?
}

pub fn response(
    app: &App,
    conversation: ConversationId,
    items: BoxStream<'static, Item>,
    view: View,
    until: Until,
    place: Option<StreamPlace>,
) -> Response {
    let closing = Box::pin(app.closing.clone().cancelled_owned());
    let frames = Frames { _place: place, ..Frames::new(conversation, items, view, until, closing, PAUSES) };
    let mut response = Response::new(Body::from_stream(frames));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// The stream's bytes. It is polled by the connection, so a slow client stops its own stream and nothing else.
struct Frames {
    conversation: ConversationId,
    items: BoxStream<'static, Item>,
    view: View,
    until: Until,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Rings when a comment is due, or when the farewell is over.
    alarm: Pin<Box<Sleep>>,
    pauses: Pauses,
    farewell: bool,
    /// The turn that answers the message has begun: it will be completed, whatever happens in between.
    own_turn: bool,
    state: State,
    _place: Option<StreamPlace>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Open,
    Ended,
}

impl Stream for Frames {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frames = &mut *self;
        let mut bytes = Vec::new();
        if frames.state == State::Opening {
            frames.state = State::Open;
            bytes.extend_from_slice(b"retry: 1000\n\n");
        }
        while frames.state == State::Open && bytes.len() < PIECE {
            match frames.items.poll_next_unpin(context) {
                Poll::Ready(Some(item)) => frames.write(&item, &mut bytes),
                Poll::Ready(None) => frames.state = State::Ended,
                Poll::Pending => break,
            }
        }
        if !bytes.is_empty() {
            frames.set_alarm();
            return Poll::Ready(Some(Ok(bytes.into())));
        }
        if frames.state == State::Ended || frames.closing.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        if frames.alarm.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        if frames.farewell {
            return Poll::Ready(None);
        }
        frames.set_alarm();
        Poll::Ready(Some(Ok(Bytes::from_static(b": keep-alive\n\n"))))
    }
}

impl Frames {
    fn new(
        conversation: ConversationId,
        items: BoxStream<'static, Item>,
        view: View,
        until: Until,
        closing: Pin<Box<WaitForCancellationFutureOwned>>,
        pauses: Pauses,
    ) -> Self {
        Self {
            conversation,
            items,
            view,
            until,
            closing,
            alarm: Box::pin(tokio::time::sleep(pauses.keep_alive)),
            pauses,
            farewell: false,
            own_turn: false,
            state: State::Opening,
            _place: None,
        }
    }

    fn set_alarm(&mut self) {
        let pause = if self.farewell { self.pauses.farewell } else { self.pauses.keep_alive };
        self.alarm.as_mut().reset(Instant::now() + pause);
    }

    fn write(&mut self, item: &Item, bytes: &mut Vec<u8>) {
        bytes.reserve(USUAL);
        // Writing to memory does not fail, and the shapes are plain structs.
        let written = match item {
            Item::Event(event) => write_event(event, self.view, bytes),
            Item::Delta(delta) => write_delta(&self.conversation, delta, bytes),
        };
        if let Err(error) = written {
            tracing::error!(%error, "an event could not be written to a stream");
        }
        if let Item::Event(event) = item {
            self.heard(event);
        }
    }

    /// Whether this event ends the stream.
    fn heard(&mut self, event: &Event) {
        let Until::Answered(seq) = self.until else { return };
        match &event.body {
            EventBody::TurnCompleted { through, .. } if *through >= seq || self.farewell => self.state = State::Ended,
            EventBody::TurnStarted { through, .. } => self.own_turn |= *through >= seq,
            // Nobody may be left to answer the message.
            EventBody::StatusChanged { status, .. } => self.farewell = *status != Status::AiHandling && !self.own_turn,
            _ => {}
        }
    }
}

fn write_event(event: &Event, view: View, bytes: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let Some((name, data)) = published(event, view) else { return Ok(()) };
    write!(bytes, "id: {}\nevent: {name}\ndata: ", event.seq).map_err(serde_json::Error::io)?;
    serde_json::to_writer(&mut *bytes, &data)?;
    bytes.extend_from_slice(b"\n\n");
    Ok(())
}

fn write_delta(conversation: &ConversationId, delta: &Delta, bytes: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let end = delta.end();
    write!(bytes, "id: {}.{}\nevent: message.delta\ndata: ", end.seq, end.offset).map_err(serde_json::Error::io)?;
    serde_json::to_writer(&mut *bytes, &MessageDelta::of(conversation, delta))?;
    bytes.extend_from_slice(b"\n\n");
    Ok(())
}

#[cfg(test)]
mod tests;
