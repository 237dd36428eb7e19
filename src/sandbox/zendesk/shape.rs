//! Tickets, comments and users as Zendesk shows them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sandbox::world::zendesk::{ZendeskComment, ZendeskTicket};
use crate::sandbox::world::{Person, World};

/// ISO 8601, in whole seconds.
pub fn moment(at: Timestamp) -> Value {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}

/// One of the store's people. The user of the token administers the account.
pub fn staff(person: &Person, admin: bool) -> Value {
    user(person, if admin { "admin" } else { "agent" })
}

fn user(person: &Person, role: &str) -> Value {
    json!({
        "id": person.id, "name": person.name, "email": person.email, "role": role, "active": true, "verified": true,
        "created_at": moment(person.created_at), "updated_at": moment(person.created_at), "external_id": null,
        "suspended": false, "tags": [], "time_zone": "UTC", "locale": "en-US",
    })
}

/// Everyone who has to do with a ticket.
pub fn people_of(ticket: &ZendeskTicket) -> Vec<u64> {
    let mut ids: Vec<u64> = ticket.comments.iter().filter_map(|own| u64::try_from(own.author).ok()).collect();
    ids.extend([Some(ticket.requester), Some(ticket.submitter), ticket.assignee].into_iter().flatten());
    ids
}

pub fn users(world: &World, ids: Vec<u64>) -> Value {
    let team = world.helpdesk.users.iter().enumerate().map(|(place, own)| (own.id, staff(own, place == 0)));
    let end_users = world.zendesk.end_users.iter().map(|own| (own.id, user(own, "end-user")));
    team.chain(end_users).filter(|(id, _)| ids.contains(id)).map(|(_, shown)| shown).collect()
}

fn via(channel: &str) -> Value {
    json!({"channel": channel, "source": {"from": {}, "to": {}, "rel": null}})
}

pub fn comment(own: &ZendeskComment) -> Value {
    json!({
        "id": own.id, "type": "Comment", "author_id": own.author, "body": own.body, "plain_body": own.body,
        "html_body": format!("<div class=\"zd-comment\" dir=\"auto\">{}</div>", escaped(&own.body)),
        "public": own.public, "attachments": [], "audit_id": own.audit, "via": via(&own.channel),
        "created_at": moment(own.at), "metadata": {"system": {}, "custom": {}},
    })
}

/// What was done to a ticket: each comment, and each change of its tags, in an audit of its own.
pub fn audits(own: &ZendeskTicket) -> Vec<Value> {
    let audit = |id: u64, author: i64, channel: &str, at: Timestamp, custom: &Value, event: Value| {
        let custom = if custom.is_null() { json!({}) } else { custom.clone() };
        json!({
            "id": id, "ticket_id": own.id, "created_at": moment(at), "author_id": author, "via": via(channel),
            "metadata": {"system": {}, "custom": custom}, "events": [event],
        })
    };
    let comments = own.comments.iter().map(|written| {
        let Value::Object(mut event) = comment(written) else { return Value::Null };
        event.remove("metadata");
        audit(written.audit, written.author, &written.channel, written.at, &written.metadata, Value::Object(event))
    });
    let changes = own.retagged.iter().map(|change| {
        let channel = if change.author < 0 { "rule" } else { "web" };
        let event = json!({
            "id": change.id, "type": "Change", "field_name": "tags", "value": change.after,
            "previous_value": change.before,
        });
        audit(change.audit, change.author, channel, change.at, &Value::Null, event)
    });
    let mut all: Vec<Value> = comments.chain(changes).collect();
    all.sort_by_key(|audit| audit.get("id").and_then(Value::as_u64));
    all
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

pub fn ticket(own: &ZendeskTicket) -> Value {
    let first = own.comments.first();
    let description = first.map(|comment| comment.body.clone());
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("id", own.id.into());
    set("url", format!("/api/v2/tickets/{}.json", own.id).into());
    set("external_id", own.external_id.clone().into());
    set("via", via(first.map_or("api", |comment| comment.channel.as_str())));
    set("created_at", moment(own.created_at));
    set("updated_at", moment(own.updated_at));
    set("type", Value::Null);
    set("subject", own.subject.clone().into());
    set("raw_subject", own.subject.clone().into());
    set("description", description.into());
    set("priority", own.priority.clone().into());
    set("status", own.status.clone().into());
    set("recipient", Value::Null);
    set("requester_id", own.requester.into());
    set("submitter_id", own.submitter.into());
    set("assignee_id", own.assignee.into());
    set("organization_id", Value::Null);
    set("group_id", own.group.into());
    set("collaborator_ids", json!([]));
    set("follower_ids", json!([]));
    set("email_cc_ids", json!([]));
    set("has_incidents", false.into());
    set("is_public", own.comments.iter().any(|comment| comment.public).into());
    set("due_at", Value::Null);
    set("tags", json!(own.tags));
    set("custom_fields", json!([]));
    set("allow_channelback", false.into());
    set("allow_attachments", true.into());
    set("from_messaging_channel", false.into());
    Value::Object(fields)
}
