//! What Zendesk sends to webhooks, signed with the moment at which it leaves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use crate::sandbox::messenger::{Letter, Of, Progress};
use crate::sandbox::world::World;

pub(in crate::sandbox) fn due(world: &World, now: Timestamp) -> impl Iterator<Item = Letter> {
    let own = &world.zendesk;
    own.notices.iter().filter(move |notice| notice.due <= now).filter_map(move |notice| {
        let to = own.webhooks.iter().find(|webhook| webhook.id == notice.webhook)?;
        let moment = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let headers = vec![
            ("x-zendesk-webhook-signature".to_owned(), signature(&to.secret, &moment, &notice.body)?),
            ("x-zendesk-webhook-signature-timestamp".to_owned(), moment),
            ("x-zendesk-webhook-id".to_owned(), to.id.clone()),
            ("x-zendesk-account-id".to_owned(), "11337700".to_owned()),
        ];
        let of = Of::Zendesk { event: notice.id.clone(), webhook: notice.webhook.clone() };
        Some(Letter { of, url: to.endpoint.clone(), headers, body: notice.body.clone() })
    })
}

fn signature(secret: &str, moment: &str, body: &str) -> Option<String> {
    let mut digest = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    digest.update(moment.as_bytes());
    digest.update(body.as_bytes());
    Some(STANDARD.encode(digest.finalize().into_bytes()))
}

pub(in crate::sandbox) fn settle(
    world: &mut World,
    event: &str,
    webhook: &str,
    mut over: impl FnMut(Progress<'_>) -> bool,
) {
    world.zendesk.notices.retain_mut(|notice| {
        let is_it = notice.id == event && notice.webhook == webhook;
        !is_it || !over(Progress { tries: &mut notice.tries, due: &mut notice.due })
    });
}
