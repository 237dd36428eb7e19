//! A vendor made of bytes: an HTTP/1.1 server whose every answer, and failure to answer, the test decides.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use deskhand::integrations::http::{HttpSettings, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// With the query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub at: std::time::Instant,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// A parameter of the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let url = Url::parse("http://vendor").unwrap().join(&self.target).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// What the server does with a request.
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Reads the request and closes without a byte.
    Cut,
    /// Announces a whole body and closes in the middle of it.
    CutBody {
        status: u16,
    },
    /// Sends nothing for so long.
    Silent(Duration),
    /// Sends the head at once and the body never.
    SilentBody,
    /// Bytes that are no HTTP.
    Noise,
}

/// Makes the same reply each time.
pub type Replies = fn() -> Reply;

pub fn answer(status: u16, body: impl Into<String>) -> Reply {
    Reply::Answer { status, headers: vec![("content-type", "application/json".to_owned())], body: body.into() }
}

impl Reply {
    pub fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Answer { status, mut headers, body } => {
                headers.push((name, value.into()));
                Self::Answer { status, headers, body }
            }
            other => other,
        }
    }
}

pub struct Server {
    pub base: Url,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// `vendor` gets each request and how many came before it.
    pub async fn start(vendor: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (vendor, log) = (Arc::new(vendor), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (vendor, log) = (Arc::clone(&vendor), Arc::clone(&log));
                tokio::spawn(async move { serve(stream, vendor.as_ref(), &log).await });
            }
        });
        Self { base, requests }
    }

    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

async fn serve(
    mut stream: TcpStream,
    vendor: &(impl Fn(&Received, usize) -> Reply + Send + Sync),
    log: &Mutex<Vec<Received>>,
) {
    while let Some(request) = receive(&mut stream).await {
        let before = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len() - 1
        };
        match vendor(&request, before) {
            Reply::Answer { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                if stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Cut => return,
            Reply::CutBody { status } => {
                let head =
                    format!("HTTP/1.1 {status} Status\r\ncontent-length: 1000\r\nx-request-id: cut-1\r\n\r\n{{\"da");
                let _ = stream.write_all(head.as_bytes()).await;
                return;
            }
            Reply::Silent(how_long) => tokio::time::sleep(how_long).await,
            Reply::SilentBody => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n").await;
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            Reply::Noise => {
                let _ = stream.write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n").await;
                return;
            }
        }
    }
}

async fn receive(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, it)| it.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Received { method, target, headers, body, at: std::time::Instant::now() })
}

/// An address at which nobody listens.
pub async fn nobody() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap()
}

/// A transport in a hurry, so that failures take milliseconds.
pub fn hasty() -> HttpSettings {
    HttpSettings {
        connect_timeout_ms: 500,
        attempt_timeout_ms: 500,
        shopper_patience_ms: 4_000,
        background_patience_ms: 4_000,
        first_pause_ms: 10,
        breaker_failures: 100,
        ..HttpSettings::default()
    }
}

pub fn transport(settings: HttpSettings) -> Transport {
    Transport::new(settings).unwrap()
}
