//! Conversations, messages and the rest as Front shows them. Links lead to a host of the company's, not to the API's.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::token::Bearer;
use crate::sandbox::world::front::{
    FrontAuthor, FrontComment, FrontConversation, FrontEvent, FrontMessage, FrontTag, INBOX, id,
};
use crate::sandbox::world::{Person, World};

const COMPANY: &str = "https://demo.api.frontapp.com";

/// Seconds since 1970, in thousandths.
fn moment(at: Timestamp) -> Value {
    json!(at.as_millisecond() as f64 / 1000.0)
}

pub fn link(path: &str) -> String {
    format!("{COMPANY}/{path}")
}

pub fn conversation_link(number: u64) -> String {
    link(&format!("conversations/{}", id("cnv", number)))
}

fn user(person: &Person) -> Value {
    let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
    let id = id("tea", person.id);
    json!({
        "_links": {"self": link(&format!("teammates/{id}")), "related": {}}, "id": id,
        "email": person.email.clone().unwrap_or_default(), "username": first.to_lowercase(), "first_name": first,
        "last_name": last, "license_type": "full", "is_admin": false, "is_available": true, "is_blocked": false,
        "type": "user", "custom_fields": {},
    })
}

pub fn teammate(world: &World, user_id: u64) -> Option<Value> {
    world.helpdesk.users.iter().find(|own| own.id == user_id).map(user)
}

pub fn author(world: &World, author: &FrontAuthor) -> Value {
    match author {
        FrontAuthor::User(user) => teammate(world, *user).unwrap_or_default(),
        FrontAuthor::Api => author_bot("api"),
        FrontAuthor::Bot(kind) => author_bot(kind),
    }
}

/// Bots are teammates, too.
fn author_bot(kind: &str) -> Value {
    json!({
        "_links": {"self": link("teammates/tea_bot1"), "related": {}}, "id": format!("tea_bot{}", kind.len()),
        "email": format!("{kind}@bots.frontapp.example"), "username": kind, "first_name": "Bot", "last_name": kind,
        "license_type": "visitor", "is_admin": false, "is_available": true, "is_blocked": false, "type": kind,
        "custom_fields": {},
    })
}

pub fn tag(own: &FrontTag) -> Value {
    let id = id("tag", own.number);
    json!({
        "_links": {"self": link(&format!("tags/{id}")), "related": {"conversations": link(&format!("tags/{id}/conversations"))}},
        "id": id, "name": own.name, "description": null, "highlight": null, "is_private": false,
        "is_visible_in_conversation_lists": true,
    })
}

pub fn inbox(number: u64) -> Value {
    let id = id("inb", number);
    json!({
        "_links": {"self": link(&format!("inboxes/{id}")), "related": {}}, "id": id,
        "name": if number == INBOX { "Chat" } else { "Support" }, "is_private": false, "is_public": true, "custom_fields": {},
    })
}

fn recipient(world: &World, of: &FrontConversation, mail: bool, role: &str) -> Value {
    let contact = world.front.contact(of.contact);
    let handle = contact.map(|own| match own.emails.first().filter(|_| mail) {
        Some(email) => email.clone(),
        None => own.handle.clone(),
    });
    json!({
        "_links": {"related": {"contact": link(&format!("contacts/{}", id("crd", of.contact)))}},
        "name": contact.and_then(|own| own.name.clone()), "handle": handle.unwrap_or_default(), "role": role,
    })
}

pub fn conversation(world: &World, own: &FrontConversation, bearer: Bearer) -> Value {
    let (name, link) = (id("cnv", own.number), conversation_link(own.number));
    let related = |what: &str| format!("{link}/{what}");
    let status = match own.status.as_str() {
        "open" if own.assignee.is_some() => "assigned",
        "open" => "unassigned",
        "spam" => "deleted",
        status => status,
    };
    let tags = own.tags.iter().filter_map(|number| world.front.tags.iter().find(|tag| tag.number == *number));
    let metadata = match bearer {
        Bearer::Channel => json!({"external_conversation_ids": own.external_ids}),
        Bearer::Api => json!({}),
    };
    json!({
        "_links": {"self": link, "related": {
            "events": related("events"), "followers": related("followers"), "messages": related("messages"),
            "comments": related("comments"), "inboxes": related("inboxes"),
        }},
        "id": name, "type": "conversation", "subject": own.subject.clone().unwrap_or_default(), "status": status,
        "ticket_ids": [], "assignee": own.assignee.and_then(|user| teammate(world, user)),
        "recipient": recipient(world, own, false, "from"), "tags": tags.map(tag).collect::<Vec<_>>(), "links": [],
        "custom_fields": {}, "created_at": moment(own.created_at), "updated_at": moment(own.updated_at),
        "is_private": false, "scheduled_reminders": [], "metadata": metadata,
    })
}

pub fn message(world: &World, of: &FrontConversation, own: &FrontMessage, bearer: Bearer) -> Value {
    let name = id("msg", own.number);
    let mail = own.kind == "email";
    let mut metadata = json!({"headers": {"in_reply_to": null}});
    if let (Some(external), Bearer::Channel) = (&own.external_id, bearer) {
        metadata = json!({"headers": {"in_reply_to": null}, "external_id": external});
    }
    let text = plain(&own.body);
    let role = if own.inbound { "from" } else { "to" };
    let mut shown = json!({
        "_links": {"self": link(&format!("messages/{name}")), "related": {"conversation": conversation_link(of.number)}},
        "id": name, "message_uid": own.uid, "type": own.kind, "is_inbound": own.inbound, "draft_mode": null,
        "created_at": own.at.as_second(), "subject": of.subject.clone().unwrap_or_default(),
        "blurb": text.chars().take(120).collect::<String>(), "recipients": [recipient(world, of, mail, role)],
        "body": own.body, "attachments": [], "metadata": metadata,
    });
    let more = [
        ("author", own.author.as_ref().map(|of| author(world, of))),
        ("error_type", own.error.clone().map(Value::from)),
        ("text", mail.then(|| Value::from(text))),
    ];
    if let Some(fields) = shown.as_object_mut() {
        fields.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    shown
}

pub fn comment(world: &World, of: u64, own: &FrontComment) -> Value {
    let name = id("com", own.number);
    json!({
        "_links": {"self": link(&format!("comments/{name}")), "related": {"conversation": conversation_link(of)}},
        "id": name, "author": author(world, &own.author), "body": own.body, "posted_at": moment(own.at),
        "attachments": [], "is_pinned": false,
    })
}

pub fn event(world: &World, of: &FrontConversation, own: &FrontEvent) -> Value {
    let name = id("evt", own.number);
    let source = match &own.by {
        Some(FrontAuthor::User(user)) => json!({"_meta": {"type": "teammate"}, "data": teammate(world, *user)}),
        Some(FrontAuthor::Api) => json!({"_meta": {"type": "api"}}),
        Some(FrontAuthor::Bot(kind)) if kind == "rule" => {
            let links = json!({"self": link("rules/rul_1")});
            let rule = json!({"_links": links, "id": "rul_1", "name": "A rule", "actions": [], "is_private": false});
            json!({"_meta": {"type": "rule"}, "data": rule})
        }
        Some(own @ FrontAuthor::Bot(_)) => json!({"_meta": {"type": "teammate"}, "data": author(world, own)}),
        None => json!({"_meta": {"type": "inboxes"}, "data": [inbox(of.inbox)]}),
    };
    let target = own.target.as_ref().map(|(kind, data)| json!({"_meta": {"type": kind}, "data": data}));
    let mut shown = json!({
        "_links": {"self": link(&format!("events/{name}"))}, "id": name, "type": own.kind, "emitted_at": moment(own.at),
        "source": source, "conversation": conversation(world, of, Bearer::Api),
    });
    if let (Some(fields), Some(target)) = (shown.as_object_mut(), target) {
        fields.insert("target".to_owned(), target);
    }
    shown
}

/// What a body says.
pub fn plain(body: &str) -> String {
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('<') {
        let (tag, behind) = after.split_once('>').unwrap_or((after, ""));
        text.push_str(before);
        if matches!(tag, "br" | "br/" | "br /" | "/p" | "/div") {
            text.push('\n');
        }
        rest = behind;
    }
    text.push_str(rest);
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.trim().to_owned()
}
