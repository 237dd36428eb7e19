//! What EasyPost sends to webhooks, signed.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;

use super::{moment, shown};
use crate::sandbox::messenger::{Letter, Of, Progress};
use crate::sandbox::world::World;
use crate::sandbox::world::hooks::{Hook, Notice};

pub(in crate::sandbox) fn due(world: &World, now: Timestamp) -> impl Iterator<Item = Letter> {
    let due = world.notices.iter().filter(move |notice| notice.due <= now);
    due.filter_map(|notice| {
        let hook = world.hooks.iter().find(|hook| hook.id == notice.hook)?;
        let body = event(world, hook, notice)?.to_string();
        let signature = hook.secret.as_deref().and_then(|secret| signature(secret, &body));
        let mut headers = vec![("user-agent".to_owned(), "EasyPost/v2".to_owned())];
        headers.extend(signature.map(|signature| ("x-hmac-signature".to_owned(), signature)));
        let of = Of::EasyPost { event: notice.id.clone(), hook: notice.hook.clone() };
        Some(Letter { of, url: hook.url.clone(), headers, body })
    })
}

pub(in crate::sandbox) fn settle(
    world: &mut World,
    event: &str,
    hook: &str,
    mut over: impl FnMut(Progress<'_>) -> bool,
) {
    world.notices.retain_mut(|notice| {
        let is_it = notice.id == event && notice.hook == hook;
        !is_it || !over(Progress { tries: &mut notice.tries, due: &mut notice.due })
    });
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
