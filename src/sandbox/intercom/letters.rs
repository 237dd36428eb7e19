//! What Intercom sends to an app's endpoint, signed under the app's client secret.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;

use crate::sandbox::messenger::{Letter, Of, Progress};
use crate::sandbox::world::World;

pub(in crate::sandbox) fn due(world: &World, secret: &str, now: Timestamp) -> Vec<Letter> {
    let Some(to) = &world.intercom.endpoint else { return Vec::new() };
    let due = world.intercom.notices.iter().filter(|notice| notice.due <= now);
    due.filter_map(|notice| {
        let headers = vec![("x-hub-signature".to_owned(), signature(secret, &notice.body)?)];
        let of = Of::Intercom { event: notice.id.clone() };
        Some(Letter { of, url: to.url.clone(), headers, body: notice.body.clone() })
    })
    .collect()
}

fn signature(secret: &str, body: &str) -> Option<String> {
    let mut digest = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?;
    digest.update(body.as_bytes());
    Some(format!("sha1={}", hex::encode(digest.finalize().into_bytes())))
}

pub(in crate::sandbox) fn settle(world: &mut World, event: &str, mut over: impl FnMut(Progress<'_>) -> bool) {
    world
        .intercom
        .notices
        .retain_mut(|notice| notice.id != event || !over(Progress { tries: &mut notice.tries, due: &mut notice.due }));
}
