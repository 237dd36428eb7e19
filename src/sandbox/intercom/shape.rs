//! Conversations, contacts and teammates as Intercom shows them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::text::html;
use crate::sandbox::world::helpdesk::Tag;
use crate::sandbox::world::intercom::{IntercomAuthor, IntercomContact, IntercomConversation, IntercomPart};
use crate::sandbox::world::{Person, World};

/// So many parts of a conversation are shown.
const MOST_PARTS: usize = 500;

/// Which parts of a conversation are shown, and how.
#[derive(Clone, Copy)]
pub enum Parts<'p> {
    /// None: it stands in a list.
    None,
    Newest {
        plain: bool,
    },
    /// One alone, as an answer to what is written shows it.
    Only(&'p IntercomPart),
    /// One alone, in plain text, as an event tells it.
    Told(&'p IntercomPart),
}

/// Unix seconds.
pub fn moment(at: Timestamp) -> Value {
    at.as_second().into()
}

pub fn admin(own: &Person) -> Value {
    json!({
        "type": "admin", "id": own.id.to_string(), "name": own.name, "email": own.email, "job_title": "",
        "away_mode_enabled": false, "away_mode_reassign": false, "has_inbox_seat": true, "team_ids": [],
        "team_priority_level": {},
    })
}

/// The teammate of the token, with the workspace.
pub fn me(own: &Person, name: &str) -> Value {
    json!({
        "type": "admin", "id": own.id.to_string(), "name": own.name, "email": own.email, "email_verified": true,
        "has_inbox_seat": true, "away_mode_enabled": false, "away_mode_reassign": false, "team_ids": [], "job_title": "",
        "avatar": {"type": "avatar", "image_url": "https://static.intercomassets.com/avatars/1/square_128/1.jpg"},
        "app": {
            "type": "app", "id_code": super::WORKSPACE, "name": name, "created_at": moment(own.created_at), "secure": true,
            "identity_verification": true, "timezone": "Etc/UTC", "region": "US",
        },
    })
}

pub fn tag(own: &Tag) -> Value {
    json!({"type": "tag", "id": own.id.to_string(), "name": own.name})
}

pub fn contact(own: &IntercomContact) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("type", "contact".into());
    set("id", own.id.clone().into());
    set("workspace_id", super::WORKSPACE.into());
    set("external_id", own.external_id.clone().into());
    set("role", own.role.clone().into());
    set("email", own.email.clone().unwrap_or_default().into());
    set("phone", Value::Null);
    set("name", own.name.clone().into());
    set("has_hard_bounced", false.into());
    set("marked_email_as_spam", false.into());
    set("unsubscribed_from_emails", false.into());
    set("created_at", moment(own.created_at));
    set("updated_at", moment(own.created_at));
    set("custom_attributes", json!({}));
    Value::Object(fields)
}

pub fn conversation(world: &World, own: &IntercomConversation, parts: Parts<'_>) -> Value {
    let plain = matches!(parts, Parts::Newest { plain: true } | Parts::Told(_));
    let body = if plain { own.text.clone() } else { html(&own.text) };
    let external_id = world.intercom.contact(&own.contact).and_then(|contact| contact.external_id.clone());
    let tags = own.tags.iter().map(|put| {
        let by = json!({"type": "admin", "id": put.by.to_string()});
        json!({
            "type": "tag", "id": put.tag.id.to_string(), "name": put.tag.name, "applied_at": moment(put.at), "applied_by": by,
        })
    });
    let tags: Vec<Value> = tags.collect();
    let channel = if own.source_type == "email" { "email" } else { "messenger" };
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("type", "conversation".into());
    set("id", own.id.to_string().into());
    set("title", Value::Null);
    set("created_at", moment(own.created_at));
    set("updated_at", moment(own.updated_at));
    set("waiting_since", Value::Null);
    set("snoozed_until", Value::Null);
    set("open", own.open.into());
    set("state", if own.open { "open" } else { "closed" }.into());
    set("read", false.into());
    set("priority", "none".into());
    set("admin_assignee_id", own.assignee.unwrap_or(0).into());
    set("team_assignee_id", own.team.unwrap_or(0).into());
    set("tags", json!({"type": "tag.list", "tags": tags}));
    set("conversation_rating", Value::Null);
    set(
        "source",
        json!({
            "type": own.source_type, "id": own.source_id.to_string(), "delivered_as": "customer_initiated",
            "subject": own.subject.as_deref().unwrap_or_default(),
            "body": body, "author": author(world, &IntercomAuthor::Contact(own.contact.clone())), "attachments": [],
            "url": null, "redacted": false,
        }),
    );
    let contacts = json!([{"type": "contact", "id": own.contact, "external_id": external_id}]);
    set("contacts", json!({"type": "contact.list", "contacts": contacts}));
    set("custom_attributes", json!({}));
    set("ai_agent_participated", false.into());
    set("channel", json!({"initial": channel, "current": channel}));
    if let Some(parts) = list(world, own, parts) {
        set("conversation_parts", parts);
    }
    Value::Object(fields)
}

fn list(world: &World, own: &IntercomConversation, parts: Parts<'_>) -> Option<Value> {
    let shown: Vec<Value> = match parts {
        Parts::None => return None,
        Parts::Newest { plain } => {
            let older = own.parts.len().saturating_sub(MOST_PARTS);
            own.parts.iter().skip(older).map(|own| part(world, own, plain)).collect()
        }
        Parts::Only(only) => vec![part(world, only, false)],
        Parts::Told(only) => vec![part(world, only, true)],
    };
    let count = shown.len();
    Some(json!({"type": "conversation_part.list", "conversation_parts": shown, "total_count": count}))
}

fn part(world: &World, own: &IntercomPart, plain: bool) -> Value {
    let body = if plain { &own.text } else { &own.html };
    let assigned = own.assigned_to.map(|id| json!({"type": "admin", "id": id.to_string()}));
    json!({
        "type": "conversation_part", "id": own.id.to_string(), "part_type": own.kind, "body": body,
        "created_at": moment(own.at), "updated_at": moment(own.at), "notified_at": moment(own.at), "assigned_to": assigned,
        "author": author(world, &own.author), "attachments": [], "external_id": null, "redacted": false,
        "email_message_metadata": null, "metadata": {}, "app_package_code": null,
    })
}

fn author(world: &World, own: &IntercomAuthor) -> Value {
    match own {
        IntercomAuthor::Contact(id) => {
            let contact = world.intercom.contact(id);
            let (role, name) = contact.map_or(("user", None), |known| (known.role.as_str(), known.name.clone()));
            let email = contact.and_then(|known| known.email.clone()).unwrap_or_default();
            json!({"type": role, "id": id, "name": name, "email": email})
        }
        IntercomAuthor::Teammate(id) => {
            let known = world.helpdesk.users.iter().find(|user| user.id == *id);
            let (name, email) = known.map_or((None, None), |known| (Some(&known.name), known.email.as_ref()));
            json!({"type": "admin", "id": id.to_string(), "name": name, "email": email, "from_ai_agent": false})
        }
        IntercomAuthor::Bot => {
            let email = format!("operator+{}@intercom.io", super::WORKSPACE);
            json!({"type": "bot", "id": "278", "name": "Fin", "email": email, "from_ai_agent": true})
        }
    }
}
