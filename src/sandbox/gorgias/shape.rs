//! Tickets, messages and people as Gorgias shows them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sandbox::world::helpdesk::Deed;
use crate::sandbox::world::{Helpdesk, Message, Person, Ticket};

/// ISO 8601 with microseconds and an offset.
pub fn moment(at: Timestamp) -> Value {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string().into()
}

fn maybe_moment(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, moment)
}

/// A list that has no second page.
pub fn whole_list(uri: &str, data: Vec<Value>) -> Value {
    json!({"data": data, "object": "list", "uri": uri, "meta": {"prev_cursor": null, "next_cursor": null}})
}

pub fn person(person: &Person, user: bool) -> Value {
    let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
    let mut shown = json!({
        "id": person.id,
        "external_id": null,
        "active": true,
        "email": person.email,
        "name": person.name,
        "firstname": first,
        "lastname": last,
        "language": null,
        "timezone": null,
        "created_datetime": moment(person.created_at),
        "updated_datetime": moment(person.created_at),
        "meta": {},
        "note": null,
    });
    if let Some(fields) = shown.as_object_mut().filter(|_| user) {
        fields.insert("role".to_owned(), json!({"name": "agent"}));
    }
    shown
}

/// An entry of the account's events.
pub fn deed(own: &Deed) -> Value {
    json!({
        "id": own.id, "type": own.kind, "object_type": "Ticket", "object_id": own.ticket, "user_id": own.user,
        "context": null, "data": own.data, "created_datetime": moment(own.at), "uri": format!("/api/events/{}/", own.id),
    })
}

/// A person inside a message.
fn party(desk: &Helpdesk, id: Option<u64>) -> Value {
    let Some(person) = id.and_then(|id| desk.person(id)) else { return Value::Null };
    let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
    json!({
        "id": person.id, "email": person.email, "name": person.name, "firstname": first, "lastname": last, "meta": {},
    })
}

pub fn message(desk: &Helpdesk, ticket: &Ticket, message: &Message) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("id", message.id.into());
    set("uri", format!("/api/tickets/{}/messages/{}/", ticket.id, message.id).into());
    set("message_id", Value::Null);
    set("ticket_id", ticket.id.into());
    set("external_id", message.external_id.clone().into());
    set("public", message.public.into());
    set("channel", message.channel.clone().into());
    set("via", message.via.clone().into());
    set("source", message.source.clone());
    set("sender", party(desk, message.sender));
    set("auth_customer_identity", Value::Null);
    set("integration_id", message.integration_id.into());
    set("intents", json!([]));
    set("rule_id", message.rule.into());
    set("from_agent", message.from_agent.into());
    set("receiver", party(desk, message.receiver));
    set("subject", message.subject.clone().into());
    set("body_text", message.body_text.clone().into());
    set("body_html", message.body_html.clone().into());
    set("stripped_text", message.stripped_text.clone().or(message.body_text.clone()).into());
    set("stripped_html", message.body_html.clone().into());
    set("stripped_signature", Value::Null);
    set("attachments", message.attachments.clone());
    set("macros", json!([]));
    set("actions", Value::Null);
    set("imported", false.into());
    set("meta", message.meta.clone());
    set("created_datetime", moment(message.created_at));
    set("processed_datetime", moment(message.created_at));
    set("sent_datetime", maybe_moment(message.sent_at));
    set("failed_datetime", Value::Null);
    set("opened_datetime", Value::Null);
    set("last_sending_error", Value::Null);
    set("is_retriable", true.into());
    Value::Object(fields)
}

/// A ticket; lists show it without its messages.
pub fn ticket(desk: &Helpdesk, ticket: &Ticket, with_messages: bool) -> Value {
    let customer = ticket.customer.and_then(|id| desk.person(id)).map_or(Value::Null, |found| person(found, false));
    let received = ticket.messages.iter().filter(|message| !message.from_agent).map(|message| message.created_at).max();
    let last = ticket.messages.iter().map(|message| message.created_at).max();
    let team = ticket.assignee_team.and_then(|id| desk.teams.iter().find(|team| team.id == id));
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("id", ticket.id.into());
    set("uri", format!("/api/tickets/{}/", ticket.id).into());
    set("external_id", ticket.external_id.clone().into());
    set("events", json!([]));
    set("status", ticket.status.clone().into());
    set("priority", ticket.priority.clone().into());
    set("channel", ticket.channel.clone().into());
    set("via", ticket.via.clone().into());
    set("from_agent", ticket.from_agent.into());
    set("spam", ticket.spam.into());
    set("imported", false.into());
    set("requester", customer.clone());
    set("customer", customer);
    set("assignee_user", party(desk, ticket.assignee_user));
    set("assignee_user_id", ticket.assignee_user.into());
    set("assignee_team", team.map_or(Value::Null, |team| json!({"id": team.id, "name": team.name})));
    set("assignee_team_id", ticket.assignee_team.into());
    set("language", ticket.language.clone().into());
    set("subject", ticket.subject.clone().into());
    set("summary", Value::Null);
    set("meta", ticket.meta.clone());
    set("custom_fields", ticket.custom_fields.clone());
    set("tags", json!(ticket.tags));
    set("created_datetime", moment(ticket.created_at));
    set("processed_datetime", moment(ticket.created_at));
    set("opened_datetime", Value::Null);
    set("last_received_message_datetime", maybe_moment(received));
    set("last_message_datetime", maybe_moment(last));
    set("updated_datetime", moment(ticket.updated_at));
    set("closed_datetime", maybe_moment(ticket.closed_at));
    set("trashed_datetime", Value::Null);
    set("snooze_datetime", Value::Null);
    set("satisfaction_survey", Value::Null);
    set("reply_options", json!({"email": {"answerable": true}, "internal-note": {"answerable": true}}));
    set("is_unread", true.into());
    if with_messages {
        set("messages", ticket.messages.iter().map(|own| message(desk, ticket, own)).collect());
    } else {
        set("messages_count", ticket.messages.len().into());
    }
    Value::Object(fields)
}
