//! What Zendesk tells of tickets.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::shape;
use crate::sandbox::world::World;
use crate::sandbox::world::zendesk::{ZendeskComment, ZendeskNotice};

pub const COMMENT: &str = "comment_added";
pub const STATUS: &str = "status_changed";
pub const ASSIGNEE: &str = "agent_assignment_changed";
pub const TAGS: &str = "tags_changed";

/// Makes notices of something that has happened to a ticket, to be sent from `due` on. `what` holds what there is to say of it.
pub fn tell(world: &mut World, kind: &str, ticket: u64, actor: i64, what: &Value, (now, due): (Timestamp, Timestamp)) {
    let kind = format!("zen:event-type:ticket.{kind}");
    let wanted = |subscriptions: &[String]| subscriptions.contains(&kind);
    let webhooks = world.zendesk.webhooks.iter().filter(|own| own.status == "active" && wanted(&own.subscriptions));
    let webhooks: Vec<String> = webhooks.map(|own| own.id.clone()).collect();
    let Some(of) = world.zendesk.ticket(ticket).filter(|_| !webhooks.is_empty()) else { return };
    let number = world.zendesk.events_made + 1;
    // Both were seen of the real one.
    let status = match number % 2 {
        0 => of.status.to_uppercase(),
        _ => capitalised(&of.status),
    };
    let detail = json!({
        "id": ticket.to_string(), "status": status, "external_id": of.external_id, "subject": of.subject,
        "requester_id": of.requester.to_string(), "submitter_id": of.submitter.to_string(),
        "assignee_id": of.assignee.map(|id| id.to_string()), "group_id": of.group.map(|id| id.to_string()),
        "actor_id": actor.to_string(), "tags": of.tags, "priority": of.priority, "is_public": of.comments.iter().any(|own| own.public),
        "created_at": shape::moment(of.created_at), "updated_at": shape::moment(of.updated_at),
        "via": {"channel": "web_service"},
    });
    let id = format!("01K{number:023}");
    let body = json!({
        "account_id": 11_337_700, "id": id, "subject": format!("zen:ticket:{ticket}"), "time": now.to_string(),
        "type": kind, "zendesk_event_version": "2022-11-06", "detail": detail, "event": what,
    });
    let body = body.to_string();
    let notice = |webhook| ZendeskNotice { id: id.clone(), webhook, body: body.clone(), tries: 0, due };
    world.zendesk.events_made = number;
    world.zendesk.notices.extend(webhooks.into_iter().map(notice));
}

/// A comment as its event tells it.
pub fn comment(world: &World, own: &ZendeskComment) -> Value {
    let staff = world.helpdesk.users.iter().find(|user| i64::try_from(user.id) == Ok(own.author));
    let person = staff.or_else(|| world.zendesk.end_users.iter().find(|user| i64::try_from(user.id) == Ok(own.author)));
    json!({"comment": {
        "id": own.id.to_string(), "body": own.body, "is_public": own.public,
        "author": {"id": own.author.to_string(), "is_staff": staff.is_some(), "name": person.map(|known| known.name.clone())},
    }})
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
