//! Sends events to the webhooks: signed, one after the other, and again until somebody takes them.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::http::header;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;

use super::{moment, shown};
use crate::domain::clock::Clock;
use crate::sandbox::Shared;
use crate::sandbox::world::World;
use crate::sandbox::world::hooks::{Hook, Notice};

/// How often it looks what there is to tell.
const LOOK: Duration = Duration::from_millis(100);
/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(7);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// After so many tries an event is given up: a quarter of an hour, where the vendor takes a day.
const MOST_TRIES: u32 = 11;

/// Works until it is aborted.
pub(in crate::sandbox) async fn run(shared: Arc<Shared>) {
    // Most sandboxes never send any.
    let made = LazyLock::new(client);
    loop {
        tokio::time::sleep(LOOK).await;
        let now = shared.clock.now();
        if shared.world.read().has_news(now) {
            shared.world.change(|world| world.notice(now, Clock::machine())).await;
        }
        let letters = letters(&shared.world.read(), Clock::machine());
        for letter in letters {
            let client = match &*made {
                Ok(client) => client,
                Err(error) => return tracing::error!(%error, "the sandbox can send no events"),
            };
            let taken = letter.send(client).await;
            shared.world.change(|world| settle(world, &letter.notice, taken)).await;
        }
    }
}

fn client() -> reqwest::Result<reqwest::Client> {
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a simulated vendor does not share the desk's transport")]
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    client.build()
}

/// A notice, ready to be sent.
struct Letter {
    notice: Notice,
    url: String,
    signature: Option<String>,
    body: String,
}

fn letters(world: &World, now: Timestamp) -> Vec<Letter> {
    let due = world.notices.iter().filter(|notice| notice.due <= now);
    let written = due.filter_map(|notice| {
        let hook = world.hooks.iter().find(|hook| hook.id == notice.hook)?;
        let body = event(world, hook, notice)?.to_string();
        let signature = hook.secret.as_deref().and_then(|secret| signature(secret, &body));
        Some(Letter { notice: notice.clone(), url: hook.url.clone(), signature, body })
    });
    written.collect()
}

/// An `Event` with the tracker as it was then.
fn event(world: &World, hook: &Hook, notice: &Notice) -> Option<Value> {
    let tracker = world.trackers.iter().find(|tracker| tracker.id == notice.tracker)?;
    let (description, previous) = match &notice.previous {
        Some(status) => ("tracker.updated", json!({ "status": status })),
        None => ("tracker.created", json!({})),
    };
    Some(json!({
        "description": description, "mode": "test", "previous_attributes": previous, "created_at": moment(notice.at),
        "pending_urls": [hook.url], "completed_urls": [], "updated_at": moment(notice.at), "id": notice.id,
        "user_id": "user_5a0db0a6c1f04a3e8f6f9f6d1d3a2b1c", "status": "pending", "object": "Event",
        "result": shown(world, tracker, notice.at),
    }))
}

/// The key is the secret with its letters taken apart.
fn signature(secret: &str, body: &str) -> Option<String> {
    let key: String = secret.nfkd().collect();
    let mut digest = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    digest.update(body.as_bytes());
    Some(format!("hmac-sha256-hex={}", hex::encode(digest.finalize().into_bytes())))
}

impl Letter {
    /// `true`: it was taken.
    async fn send(&self, client: &reqwest::Client) -> bool {
        let mut request = client
            .post(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "EasyPost/v2")
            .body(self.body.clone());
        if let Some(signature) = &self.signature {
            request = request.header("X-Hmac-Signature", signature);
        }
        request.send().await.is_ok_and(|response| response.status().is_success())
    }
}

fn settle(world: &mut World, sent: &Notice, taken: bool) {
    let is_it = |notice: &Notice| notice.id == sent.id && notice.hook == sent.hook;
    let tries = sent.tries.saturating_add(1);
    if taken || tries >= MOST_TRIES {
        return world.notices.retain(|notice| !is_it(notice));
    }
    if let Some(notice) = world.notices.iter_mut().find(|notice| is_it(notice)) {
        let pause = FIRST_PAUSE.saturating_mul(1 << sent.tries.min(10));
        notice.tries = tries;
        notice.due = Clock::machine() + SignedDuration::try_from(pause).unwrap_or(SignedDuration::ZERO);
    }
}
