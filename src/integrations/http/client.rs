//! How every client of this process connects, to vendors and to models: no redirect is followed, which could carry a key
//! to another host, and nothing is tried again by the client itself.

use std::sync::OnceLock;

use reqwest::ClientBuilder;
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt as _;

/// So many connections are kept to one host for the next calls. More of them are left of a rush that is over, and each
/// holds its buffers.
const IDLE_CONNECTIONS: usize = 32;

pub fn builder() -> ClientBuilder {
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "this is where clients come from")]
    let builder = reqwest::Client::builder()
        .user_agent(concat!("deskhand/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .tcp_nodelay(true);
    match tls() {
        Some(tls) => builder.tls_backend_preconfigured(tls),
        // It will look for the roots itself, and say why there are none.
        None => builder,
    }
}

/// The machine's roots are many, and read once.
fn tls() -> Option<ClientConfig> {
    static READ: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Some(read.clone());
    }
    let mut tls = ClientConfig::with_platform_verifier().ok()?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Some(READ.get_or_init(|| tls).clone())
}
