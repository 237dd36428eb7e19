//! What can be set about the server.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

/// The `[server]` section of `deskhand.toml`, beside the address to listen on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Where people reach this server, for links that they are given. None: they are given none.
    pub public_url: Option<Url>,
    /// The largest body of a request, in bytes. More is answered with 413.
    pub body_limit_bytes: usize,
    /// Requests that one API key may make.
    pub key_rate: Rate,
    /// Requests that one client address may make with a public key, or without a good one. Servers with a secret key are
    /// not held to it: all their shoppers come from one address.
    pub address_rate: Rate,
    /// Streams that one client address may hold open with a public key.
    pub streams_per_address: u32,
    /// Addresses of proxies in front of this server, whose `X-Forwarded-For` is believed. Empty: nobody's is.
    pub trusted_proxies: Vec<IpAddr>,
    /// Origins (`https://shop.example`) whose pages may call this API from a browser. Empty: every page may; cookies are
    /// never used, and a key is needed in any case.
    pub allowed_origins: Vec<String>,
    /// Seconds that a connection may be without a whole request before it is closed: more than a proxy in front keeps one
    /// that is idle, or it sends into one that is being closed.
    pub idle_seconds: u64,
    /// Seconds that running turns get to finish when the server stops. What is not done then is resumed at the next start.
    pub grace_seconds: u64,
    /// Shows the built-in page at `/`. It carries a public key: meant for demonstration.
    pub demo_page: Option<DemoPage>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            public_url: None,
            body_limit_bytes: 128 * 1024,
            key_rate: Rate { per_second: 200.0, burst: 1_000 },
            address_rate: Rate { per_second: 5.0, burst: 60 },
            streams_per_address: 64,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            idle_seconds: 90,
            grace_seconds: 20,
            demo_page: None,
        }
    }
}

impl ServerSettings {
    pub fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_seconds)
    }
}

/// How much of something is allowed: so many at once, refilled at a steady pace.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub per_second: f64,
    /// As many may come at once after a pause.
    pub burst: u32,
}

impl Rate {
    pub fn is_sane(self) -> bool {
        self.per_second.is_finite() && self.per_second > 0.0 && self.burst > 0
    }
}

/// What the built-in page needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoPage {
    /// The `pk_…` key that the page uses. With it, and only with it, a browser may see the operator's view.
    pub public_key: String,
    /// Shown above the chat.
    pub store_name: String,
    /// Messages to try, as buttons.
    #[serde(default)]
    pub suggestions: Vec<String>,
    /// Which model answers, in a sentence.
    #[serde(default)]
    pub model_note: String,
}
