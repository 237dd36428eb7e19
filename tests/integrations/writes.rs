//! What every writer must tell apart: it did not leave, it was refused, nobody knows.

use std::future::Future;
use std::time::Duration;

use deskhand::domain::clock::Clock;
use deskhand::domain::effect::{Consent, Effect, EffectKind, EffectState, Permit};
use deskhand::domain::id::{ConversationId, EffectId, StoreId};
use deskhand::integrations::{VendorError, WriteError};
use url::Url;

use crate::server::{Replies, Reply, Server, answer, nobody};

/// The permit for an effect, as the effects gate would make it.
#[expect(clippy::disallowed_methods, reason = "these tests stand where the effects gate stands")]
pub fn permit(id: &str) -> Permit {
    Permit::issue(&Effect {
        id: EffectId::new(id),
        store: StoreId::new("store_1"),
        conversation: ConversationId::new("conv_1"),
        kind: EffectKind::Ticket,
        identity: "ticket:conv_1:1".to_owned(),
        order: None,
        amount: None,
        consent: Consent::NotNeeded,
        watched: false,
        state: EffectState::Sent,
        wish: serde_json::Value::Null,
        request: String::new(),
        vendor_reference: None,
        problem: None,
        proposed_at: Clock::machine(),
        sent_at: None,
        settled_at: None,
        absent: 0,
        absent_at: None,
    })
}

/// Runs `write` against every way in which a vendor can fail it. `write` gets the address to write to.
pub async fn check_every_failure<F, T>(write: impl Fn(Url) -> F)
where
    F: Future<Output = Result<T, WriteError>>,
    T: std::fmt::Debug,
{
    check_failures(&[301, 302, 303, 307, 408], &[400, 401, 403, 404, 409, 413, 422], write).await;
}

/// The same, where the statuses below 500 that leave a doubt, and those that are a plain no, are the vendor's own.
pub async fn check_failures<F, T>(doubtful: &[u16], refusing: &[u16], write: impl Fn(Url) -> F)
where
    F: Future<Output = Result<T, WriteError>>,
    T: std::fmt::Debug,
{
    let unsent = write(nobody().await).await.unwrap_err();
    assert!(matches!(unsent, WriteError::NotSent(VendorError::Unavailable { .. })), "{unsent}");

    let lost: [(&str, Replies); 5] = [
        ("cut before the answer", || Reply::Cut),
        ("cut in the answer", || Reply::CutBody { status: 200 }),
        ("no answer", || Reply::Silent(Duration::from_secs(5))),
        ("no body", || Reply::SilentBody),
        ("noise", || Reply::Noise),
    ];
    for (name, reply) in lost {
        let server = Server::start(move |_, _| reply()).await;
        let error = write(server.base.clone()).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{name}: {error}");
        assert_eq!(server.count(), 1, "{name}: what may have happened is not sent again");
    }
    for status in doubtful.iter().copied().chain([500, 502, 503, 504, 599]) {
        let server = Server::start(move |_, _| answer(status, "{}").with("location", "http://127.0.0.1:1/")).await;
        let error = write(server.base.clone()).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{status}: {error}");
        assert_eq!(server.count(), 1, "{status}");
    }
    for status in refusing.iter().copied() {
        let server = Server::start(move |_, _| answer(status, "{}").with("x-request-id", "req-w")).await;
        let error = write(server.base.clone()).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)) && error.to_string().contains("req-w"), "{status}: {error}");
        assert_eq!(server.count(), 1, "{status}");
    }
    let server = Server::start(|_, _| answer(429, "{}").with("retry-after", "0")).await;
    let error = write(server.base.clone()).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(VendorError::Throttled { .. })), "{error}");
    assert_eq!(server.count(), 3, "turned away unprocessed: the same bytes may go again");
    let bodies: Vec<String> = server.requests().into_iter().map(|request| request.body).collect();
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "the same bytes");
}
