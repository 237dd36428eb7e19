//! A scripted OpenAI-compatible server: real TCP, real HTTP/1.1, every dialect of `/chat/completions` that is known to be
//! spoken, and faults at any byte. It checks each request and answers a malformed one with a 400, as real servers do; a
//! test that lets one happen fails when the server is dropped.

mod check;
mod dialect;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub use self::dialect::Dialect;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub path: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub raw: String,
    pub body: Value,
    /// The number of the TCP connection, from 0.
    pub connection: usize,
}

impl Recorded {
    /// The content of the last message.
    pub fn last_content(&self) -> &str {
        let last = self.body["messages"].as_array().and_then(|messages| messages.last());
        last.and_then(|message| message["content"].as_str()).unwrap_or_default()
    }

    /// The role of the last message.
    pub fn last_role(&self) -> &str {
        let last = self.body["messages"].as_array().and_then(|messages| messages.last());
        last.and_then(|message| message["role"].as_str()).unwrap_or_default()
    }
}

/// What the model says: text, calls, or both.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub text: String,
    /// Name and arguments, which must be an object.
    pub calls: Vec<(String, Value)>,
    pub dialect: Dialect,
    /// Between two events.
    pub pause: Duration,
}

impl Said {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn call(name: &str, arguments: Value) -> Self {
        Self::default().and_call(name, arguments)
    }

    pub fn and_call(mut self, name: &str, arguments: Value) -> Self {
        self.calls.push((name.to_owned(), arguments));
        self
    }

    pub fn in_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    pub fn pausing(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }
}

/// A step of a raw answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// One chunk on the wire.
    Bytes(Vec<u8>),
    Pause(Duration),
    /// Says nothing more and keeps the line open until the client leaves.
    Silence,
    /// Closes the line in the middle of the answer.
    Cut,
}

impl Part {
    /// An event with that JSON.
    pub fn data(json: Value) -> Self {
        Self::Bytes(format!("data: {json}\n\n").into_bytes())
    }

    /// A chunk whose only choice has that delta.
    pub fn delta(delta: Value) -> Self {
        Self::data(json!({"id": "c", "object": "chat.completion.chunk", "model": "mock-1",
            "choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
    }

    pub fn finish(reason: &str) -> Self {
        Self::data(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
    }

    pub fn done() -> Self {
        Self::raw("data: [DONE]\n\n")
    }

    pub fn raw(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

/// An answer to one request.
#[derive(Clone, Debug)]
pub enum Reply {
    Say(Said),
    /// A 200 with these parts.
    Stream(Vec<Part>),
    /// Anything but that.
    Status {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Closes the line without an answer.
    HangUp,
    /// Takes the request and never answers.
    Ignore,
}

impl Reply {
    /// An error as OpenAI writes it; `retry-after-ms` keeps the tests short.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"message": message, "type": code, "param": null, "code": code}});
        Self::Status { status, headers: vec![("retry-after-ms", "5".to_owned())], body: body.to_string() }
    }
}

impl From<Said> for Reply {
    fn from(said: Said) -> Self {
        Self::Say(said)
    }
}

type Answerer = Box<dyn FnMut(&Recorded) -> Reply + Send>;

/// The running server.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

struct Shared {
    answer: Mutex<Answerer>,
    requests: Mutex<Vec<Recorded>>,
    violations: Mutex<Vec<String>>,
    /// How many clients left in the middle of an answer.
    left: watch::Sender<usize>,
    tolerant: std::sync::atomic::AtomicBool,
}

impl ModelServer {
    /// Answers the requests with these replies, in order; one more request is a violation.
    pub async fn scripted<R: Into<Reply>>(replies: impl IntoIterator<Item = R>) -> Self {
        let mut replies: VecDeque<Reply> = replies.into_iter().map(Into::into).collect();
        Self::answering(move |_| {
            replies.pop_front().unwrap_or_else(|| Reply::error(418, "script_over", "the script has no more replies"))
        })
        .await
    }

    /// Answers each request as the function says.
    pub async fn answering(answer: impl FnMut(&Recorded) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            answer: Mutex::new(Box::new(answer)),
            requests: Mutex::default(),
            violations: Mutex::default(),
            left: watch::Sender::new(0),
            tolerant: false.into(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// What belongs into `OPENAI_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.lock().expect("no panic").clone()
    }

    pub fn violations(&self) -> Vec<String> {
        self.shared.violations.lock().expect("no panic").clone()
    }

    /// Malformed requests are refused, but do not fail the test.
    pub fn tolerate_violations(&self) {
        self.shared.tolerant.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Waits until that many clients have left in the middle of an answer.
    pub async fn clients_left(&self, count: usize) {
        let mut left = self.shared.left.subscribe();
        left.wait_for(|left| *left >= count).await.expect("the server lives");
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.accepting.abort();
        let violations = self.violations();
        let is_tolerant = self.shared.tolerant.load(std::sync::atomic::Ordering::Relaxed);
        if !std::thread::panicking() && !is_tolerant {
            assert!(violations.is_empty(), "malformed requests: {violations:#?}");
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connection = 0;
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, connection, Arc::clone(&shared)));
        connection += 1;
    }
}

async fn serve(mut stream: TcpStream, connection: usize, shared: Arc<Shared>) {
    stream.set_nodelay(true).expect("TCP");
    while let Some(request) = read_request(&mut stream, connection).await {
        let violations = check::violations(&request);
        shared.requests.lock().expect("no panic").push(request.clone());
        let reply = if violations.is_empty() {
            (shared.answer.lock().expect("no panic"))(&request)
        } else {
            let reply = Reply::error(400, "invalid_request_error", &violations.join("; "));
            shared.violations.lock().expect("no panic").extend(violations);
            reply
        };
        match answer(&mut stream, reply).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => {
                shared.left.send_modify(|left| *left += 1);
                return;
            }
        }
    }
}

/// Whether the connection goes on; an error when the client has left.
async fn answer(stream: &mut TcpStream, reply: Reply) -> std::io::Result<bool> {
    let (content_type, parts) = match reply {
        Reply::Say(said) => said.dialect.render(&said),
        Reply::Stream(parts) => ("text/event-stream", parts),
        Reply::Status { status, headers, body } => {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let head = format!(
                "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).await?;
            return Ok(true);
        }
        Reply::HangUp => return Ok(false),
        Reply::Ignore => return silence(stream, Duration::MAX).await.map(|()| false),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    for part in parts {
        match part {
            Part::Bytes(bytes) => write_chunk(stream, &bytes).await?,
            Part::Pause(pause) => silence(stream, pause).await?,
            Part::Silence => silence(stream, Duration::MAX).await?,
            Part::Cut => return Ok(false),
        }
    }
    stream.write_all(b"0\r\n\r\n").await?;
    Ok(true)
}

async fn write_chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    stream.write_all(&chunk).await
}

/// Waits, and notices a client that leaves meanwhile.
async fn silence(stream: &mut TcpStream, pause: Duration) -> std::io::Result<()> {
    let mut byte = [0];
    match tokio::time::timeout(pause, stream.read(&mut byte)).await {
        Err(_) => Ok(()),
        Ok(_) => Err(std::io::ErrorKind::ConnectionReset.into()),
    }
}

async fn read_request(stream: &mut TcpStream, connection: usize) -> Option<Recorded> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let raw = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    let body = serde_json::from_str(&raw).unwrap_or(Value::Null);
    Some(Recorded { path, headers, raw, body, connection })
}
