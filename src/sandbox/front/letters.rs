//! What Front sends to the one address, signed with the moment at which it leaves: what goes out on the channel, which has to be
//! acknowledged, and what happens to conversations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::shape;
use super::token::Bearer;
use crate::sandbox::messenger::{Letter, Of, Progress};
use crate::sandbox::world::World;
use crate::sandbox::world::front::{FrontEvent, FrontNotice, Wanted, id};

/// How a message came to be in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The application has told it.
    Imported,
    /// Somebody wrote it on the channel.
    ToBeDelivered,
    /// A rule did.
    Automatically,
    /// On another channel.
    Elsewhere,
}

/// Makes a notice of a message, if the channel is told of it.
pub fn said(world: &mut World, of: u64, message: u64, said: Said, due: Timestamp) {
    let (kind, wants) = match said {
        Said::Imported => ("message_imported", Wanted::Anything),
        Said::ToBeDelivered => ("message", Wanted::Delivery(of, message)),
        Said::Automatically => ("message_autoreply", Wanted::Delivery(of, message)),
        Said::Elsewhere => return,
    };
    let Some(conversation) = world.front.conversation(of) else { return };
    let Some(own) = conversation.messages.iter().find(|own| own.number == message) else { return };
    let ids = &conversation.external_ids;
    let body = json!({
        "type": kind, "payload": shape::message(world, conversation, own, Bearer::Channel),
        "metadata": {"external_conversation_id": ids.first(), "external_conversation_ids": ids},
    });
    push(world, id("msg", message), &body, wants, due);
}

/// Makes a notice of an event: a preview of it in an envelope.
pub fn happened(world: &mut World, of: u64, event: &FrontEvent, told: &str, due: Timestamp) {
    let Some(conversation) = world.front.conversation(of) else { return };
    let payload = shape::event(world, conversation, event);
    let body = json!({"type": told, "authorization": {"id": "cmp_demo1"}, "payload": payload});
    push(world, id("evt", event.number), &body, Wanted::Anything, due);
}

fn push(world: &mut World, id: String, body: &Value, wants: Wanted, due: Timestamp) {
    if world.front.webhook.is_some() {
        world.front.notices.push(FrontNotice { id, body: body.to_string(), wants, tries: 0, due });
    }
}

pub(in crate::sandbox) fn due<'w>(world: &'w World, secret: &'w str, now: Timestamp) -> impl Iterator<Item = Letter> {
    let own = &world.front;
    own.notices.iter().filter(move |notice| notice.due <= now).filter_map(move |notice| {
        let asks = matches!(notice.wants, Wanted::Challenge(_));
        let url = if asks { own.asked.clone() } else { own.webhook.clone() }?;
        let moment = now.as_millisecond().to_string();
        let mut headers = vec![
            ("x-front-signature".to_owned(), signature(secret, &moment, &notice.body)?),
            ("x-front-request-timestamp".to_owned(), moment),
        ];
        if let Wanted::Challenge(challenge) = &notice.wants {
            headers.push(("x-front-challenge".to_owned(), challenge.clone()));
        }
        Some(Letter { of: Of::Front { notice: notice.id.clone() }, url, headers, body: notice.body.clone() })
    })
}

fn signature(secret: &str, moment: &str, body: &str) -> Option<String> {
    let mut digest = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    digest.update(format!("{moment}:{body}").as_bytes());
    Some(STANDARD.encode(digest.finalize().into_bytes()))
}

/// Whether a success is one for this notice: a message has to be named, a challenge to be repeated.
pub(in crate::sandbox) fn takes(world: &World, notice: &str, answer: &Value) -> bool {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let of = world.front.notices.iter().find(|own| own.id == notice);
    of.is_some_and(|own| match &own.wants {
        Wanted::Anything => true,
        Wanted::Delivery(..) => {
            answer.get("type").and_then(Value::as_str) == Some("success")
                && text("external_id")
                && text("external_conversation_id")
        }
        Wanted::Challenge(challenge) => answer.get("challenge").and_then(Value::as_str) == Some(challenge.as_str()),
    })
}

/// `answer`: what it was taken with.
pub(in crate::sandbox) fn settle(
    world: &mut World,
    notice: &str,
    answer: Option<&Value>,
    mut over: impl FnMut(Progress<'_>) -> bool,
) {
    let mut gone = None;
    world.front.notices.retain_mut(|own| {
        let goes = own.id == notice && over(Progress { tries: &mut own.tries, due: &mut own.due });
        if goes {
            gone = Some(own.wants.clone());
        }
        !goes
    });
    match gone {
        Some(Wanted::Delivery(of, message)) => delivered(world, of, message, answer),
        Some(Wanted::Challenge(_)) if answer.is_some() => world.front.webhook = world.front.asked.take(),
        _ => {}
    }
}

/// What the application calls a message is kept; one that it never acknowledged has failed.
fn delivered(world: &mut World, of: u64, message: u64, answer: Option<&Value>) {
    let text = |name: &str| answer.and_then(|answer| answer.get(name)).and_then(Value::as_str).map(str::to_owned);
    let Some(conversation) = world.front.conversation_mut(of) else { return };
    if let Some(thread) = text("external_conversation_id")
        && !conversation.external_ids.contains(&thread)
    {
        conversation.external_ids.push(thread);
    }
    if let Some(own) = conversation.messages.iter_mut().find(|own| own.number == message) {
        own.external_id = text("external_id");
        own.error = answer.is_none().then(|| "channel_error".to_owned());
    }
}
