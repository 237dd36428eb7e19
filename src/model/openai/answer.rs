//! Reads an answer from the connection, within its limits of time, and tells its pieces.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use tokio::time::{Instant, Sleep, sleep_until};

use super::assemble::{Assembly, Defect, Ending};
use super::extras::Extras;
use super::failure::{Failure, Secrets, judge, root_cause};
use super::request::Parameters;
use super::sse::Events;
use crate::domain::id::CallId;
use crate::model::{Completion, ModelError, Piece};

/// An answer is never longer: whoever sends more is not a chat model.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
/// How long the usage may lag behind the last word.
const GRACE: Duration = Duration::from_secs(2);
/// Text at hand is given out as one piece up to this size.
const LARGEST_PIECE: usize = 4 * 1024;
/// How much of something that is no answer is remembered, to be shown.
const OPENING: usize = 120;
/// How long the end of the connection's answer may lag behind `[DONE]`.
const LINGER: Duration = Duration::from_millis(50);

/// The limits of an attempt, in real time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The answer must have begun by then.
    pub first_token: Instant,
    /// The answer must be whole by then.
    pub total: Instant,
    /// The longest silence after it has begun.
    pub idle: Duration,
    /// The spans behind the two moments, for messages.
    pub first_token_span: Duration,
    pub total_span: Duration,
}

impl Limits {
    /// The moment by which an answer must have begun.
    pub fn begin(&self) -> Instant {
        self.first_token.min(self.total)
    }

    pub fn too_slow_to_begin(&self) -> ModelError {
        if self.total <= self.first_token {
            ModelError::TooSlow { what: "finish its answer", limit: self.total_span }
        } else {
            ModelError::TooSlow { what: "begin its answer", limit: self.first_token_span }
        }
    }
}

/// What the reading of an answer depends on besides its bytes.
pub struct Setting {
    /// The model that was asked, for servers that do not say who answers.
    pub asked: String,
    /// The ids of earlier calls.
    pub taken: Arc<HashSet<CallId>>,
    pub extras: Arc<Extras>,
    pub secrets: Arc<Secrets>,
    pub sent: Parameters,
    pub limits: Limits,
}

/// An answer that is being read. Dropping it closes the connection, which stops the work on most servers.
pub struct Reading {
    setting: Setting,
    body: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    format: Format,
    /// How the stream began, as long as no event was seen in it: a web page, say.
    opening: Vec<u8>,
    assembly: Assembly,
    received: usize,
    /// Up to here the text has been given out.
    told: usize,
    last_byte: Instant,
    alarm: Pin<Box<Sleep>>,
    completion: Option<Completion>,
    /// The answer is whole, but its body is not read to the very end yet.
    lingers: bool,
    is_over: bool,
}

enum Format {
    Events(Events),
    /// One JSON document, by a server that does not stream.
    Document(Vec<u8>),
    /// Not known before the first byte that is no white space.
    Unknown,
}

/// Why reading stopped.
enum Stop {
    Defect(Defect),
    Connection(reqwest::Error),
    TooSlow(ModelError),
}

impl From<Defect> for Stop {
    fn from(defect: Defect) -> Self {
        Self::Defect(defect)
    }
}

impl Reading {
    pub fn new(response: reqwest::Response, setting: Setting) -> Self {
        let content_type = response.headers().get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
        let is_document = content_type.is_some_and(|value| value.starts_with(b"application/json"));
        let alarm = Box::pin(sleep_until(setting.limits.begin()));
        Self {
            setting,
            body: Some(response.bytes_stream().boxed()),
            format: if is_document { Format::Document(Vec::new()) } else { Format::Unknown },
            opening: Vec::new(),
            assembly: Assembly::default(),
            received: 0,
            told: 0,
            last_byte: Instant::now(),
            alarm,
            completion: None,
            lingers: false,
            is_over: false,
        }
    }

    /// Waits until something of the answer itself is there. Until then every failure is one before the first byte.
    pub async fn begun(&mut self) -> Result<(), Failure> {
        std::future::poll_fn(|context| self.poll_begun(context)).await
    }

    fn poll_begun(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        while !self.assembly.has_begun() && self.completion.is_none() {
            if let Err(stop) = ready!(self.step(context)) {
                return Poll::Ready(Err(self.failure_before(stop)));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn failure_before(&self, stop: Stop) -> Failure {
        let secrets = &self.setting.secrets;
        match stop {
            Stop::Defect(Defect::Server(error)) => {
                judge(error.status(), &HeaderMap::new(), &error, self.setting.sent, secrets)
            }
            Stop::Defect(defect) => {
                Failure::passing(ModelError::BrokenOff { reason: secrets.conceal(&defect.to_string()) })
            }
            Stop::Connection(error) => {
                Failure::passing(ModelError::BrokenOff { reason: secrets.conceal(&root_cause(&error)) })
            }
            Stop::TooSlow(error) => Failure::last(error),
        }
    }

    fn error_within(&self, stop: Stop) -> ModelError {
        let reason = match stop {
            // In the middle of an answer, an excerpt could show a shopper's data to whoever reads the log.
            Stop::Defect(Defect::Unreadable(_)) => "the server sent something that is no chat completion".to_owned(),
            Stop::Defect(defect) => defect.to_string(),
            Stop::Connection(error) => root_cause(&error),
            Stop::TooSlow(error) => return error,
        };
        ModelError::BrokenOff { reason: self.setting.secrets.conceal(&reason) }
    }

    /// Reads once from the connection.
    fn step(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(Err(Defect::NoEnd.into())) };
        let read = body.poll_next_unpin(context);
        if self.lingers {
            return self.linger(&read, context);
        }
        match read {
            Poll::Ready(Some(Ok(bytes))) => Poll::Ready(self.take_in(&bytes)),
            Poll::Ready(Some(Err(error))) => {
                // A server that cuts the line after its last word has said everything.
                Poll::Ready(if self.assembly.has_finish() {
                    self.end(Ending::Closed)
                } else {
                    Err(Stop::Connection(error))
                })
            }
            Poll::Ready(None) => Poll::Ready(self.close()),
            Poll::Pending => self.watch(context),
        }
    }

    fn take_in(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.last_byte = Instant::now();
        self.received = self.received.saturating_add(bytes.len());
        if self.received > LONGEST_ANSWER {
            return Err(Defect::TooLong(LONGEST_ANSWER).into());
        }
        if matches!(self.format, Format::Unknown) {
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return Ok(()),
                Some(b'{' | b'[') => self.format = Format::Document(Vec::new()),
                Some(_) => {
                    self.format = Format::Events(Events::default());
                    self.opening = bytes.get(..OPENING).unwrap_or(bytes).to_vec();
                }
            }
        }
        let events = match &mut self.format {
            Format::Events(events) => events,
            Format::Document(document) => {
                document.extend_from_slice(bytes);
                return Ok(());
            }
            Format::Unknown => return Ok(()),
        };
        events.push(bytes);
        while let Some(event) = events.next_event() {
            self.opening.clear();
            if absorb(&mut self.assembly, event)? {
                self.lingers = true;
                return self.end(Ending::Marked);
            }
        }
        Ok(())
    }

    /// The server closed the stream.
    fn close(&mut self) -> Result<(), Stop> {
        self.body = None;
        let mut ending = Ending::Closed;
        match &mut self.format {
            Format::Events(events) => {
                let is_finished = self.assembly.has_finish();
                match events.last_event().map(|event| absorb(&mut self.assembly, event)) {
                    Some(Ok(true)) => ending = Ending::Marked,
                    // What a cut left of an event is no matter once the answer is finished.
                    Some(Err(_)) if is_finished => {}
                    Some(Err(Defect::Unreadable(_))) => return Err(Defect::NoEnd.into()),
                    Some(Err(defect)) => return Err(defect.into()),
                    None if !self.opening.is_empty() && !self.opening.starts_with(b":") => {
                        return Err(super::assemble::unreadable(&self.opening).into());
                    }
                    Some(Ok(false)) | None => {}
                }
            }
            Format::Document(document) => {
                self.assembly.absorb_json(document)?;
                ending = Ending::Marked;
            }
            Format::Unknown => return Err(Defect::Empty.into()),
        }
        self.end(ending)
    }

    fn end(&mut self, ending: Ending) -> Result<(), Stop> {
        let assembly = std::mem::take(&mut self.assembly);
        let (completion, extras) = assembly.complete(ending, &self.setting.asked, &self.setting.taken)?;
        self.setting.extras.keep(extras);
        self.completion = Some(completion);
        Ok(())
    }

    /// Nothing has come. Tells whether the limits still allow to wait; else the alarm will wake the reader.
    fn watch(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        loop {
            let due = self.due();
            // Moving the alarm with each byte would cost more than letting it ring early now and then.
            if self.alarm.deadline() > due {
                self.alarm.as_mut().reset(due);
            }
            ready!(self.alarm.as_mut().poll(context));
            if Instant::now() >= self.due() {
                return Poll::Ready(self.overdue());
            }
            self.alarm.as_mut().reset(due);
        }
    }

    fn due(&self) -> Instant {
        let limits = &self.setting.limits;
        let next = if self.lingers {
            self.last_byte + LINGER
        } else if self.assembly.has_finish() {
            self.last_byte + GRACE
        } else if self.assembly.has_begun() {
            self.last_byte + limits.idle
        } else {
            limits.first_token
        };
        next.min(limits.total)
    }

    fn overdue(&mut self) -> Result<(), Stop> {
        let limits = &self.setting.limits;
        if self.lingers {
            self.lingers = false;
            self.body = None;
            return Ok(());
        }
        if self.assembly.has_finish() {
            self.body = None;
            return self.end(Ending::Closed);
        }
        Err(Stop::TooSlow(if !self.assembly.has_begun() {
            limits.too_slow_to_begin()
        } else if Instant::now() >= limits.total {
            ModelError::TooSlow { what: "finish its answer", limit: limits.total_span }
        } else {
            ModelError::TooSlow { what: "go on with its answer", limit: limits.idle }
        }))
    }

    /// After `[DONE]`: a connection is used again only if its answer was read to the very end, which is mostly at hand.
    fn linger<T>(&mut self, read: &Poll<T>, context: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        if read.is_pending() {
            return self.watch(context);
        }
        self.lingers = false;
        self.body = None;
        Poll::Ready(Ok(()))
    }

    fn untold(&mut self) -> Option<Piece> {
        let text = match &self.completion {
            Some(completion) => &completion.text,
            None => self.assembly.text(),
        };
        let fresh = text.get(self.told..).filter(|fresh| !fresh.is_empty())?.to_owned();
        self.told = text.len();
        Some(Piece::Text(fresh))
    }

    fn is_read(&self) -> bool {
        self.completion.is_some() && !self.lingers
    }

    fn is_piece_full(&self) -> bool {
        self.assembly.text().len().saturating_sub(self.told) >= LARGEST_PIECE
    }
}

/// Takes in one event and tells whether it was the end.
fn absorb(assembly: &mut Assembly, event: super::sse::Event<'_>) -> Result<bool, Defect> {
    let data = event.data.trim_ascii();
    if data.is_empty() {
        return Ok(false);
    }
    if data == b"[DONE]" {
        return Ok(true);
    }
    if event.is_error {
        return Err(Defect::Server(super::failure::ServerError::from_body(data)));
    }
    assembly.absorb_json(data)?;
    Ok(false)
}

impl Stream for Reading {
    type Item = Result<Piece, ModelError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let reading = self.get_mut();
        while !reading.is_over && !reading.is_read() && !reading.is_piece_full() {
            match reading.step(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(stop)) => {
                    reading.is_over = true;
                    reading.body = None;
                    return Poll::Ready(Some(Err(reading.error_within(stop))));
                }
                Poll::Pending => match reading.untold() {
                    Some(piece) => return Poll::Ready(Some(Ok(piece))),
                    None => return Poll::Pending,
                },
            }
        }
        if let Some(piece) = reading.untold() {
            return Poll::Ready(Some(Ok(piece)));
        }
        reading.is_over = true;
        Poll::Ready(reading.completion.take().map(|completion| Ok(Piece::Done(completion))))
    }
}
