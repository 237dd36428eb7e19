//! What Intercom tells of conversations: the conversation, with the new part alone.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::shape::{self, Parts};
use crate::sandbox::world::World;
use crate::sandbox::world::intercom::{IntercomNotice, IntercomPart};

pub const CREATED: &str = "conversation.user.created";
pub const ANSWERED: &str = "conversation.user.replied";
pub const REPLIED: &str = "conversation.admin.replied";
pub const NOTED: &str = "conversation.admin.noted";
pub const ASSIGNED: &str = "conversation.admin.assigned";
pub const OPENED: &str = "conversation.admin.opened";
pub const CLOSED: &str = "conversation.admin.closed";
pub const BOT: &str = "conversation.operator.replied";
pub const TAGGED: &str = "conversation_part.tag.created";

/// Makes a notice of something that has happened to a conversation, to be sent from `due` on.
pub fn tell(world: &mut World, topic: &str, of: u64, part: Option<&IntercomPart>, (now, due): (Timestamp, Timestamp)) {
    let wanted = |topics: &[String]| topics.is_empty() || topics.iter().any(|one| one == topic);
    if !world.intercom.endpoint.as_ref().is_some_and(|endpoint| wanted(&endpoint.topics)) {
        return;
    }
    let Some(own) = world.intercom.conversation(of) else { return };
    let item: Value = shape::conversation(world, own, part.map_or(Parts::Newest { plain: true }, Parts::Told));
    let number = world.intercom.events_made + 1;
    let id = format!("notif_{number:08}-5ce1-4f7c-9a51-0f7f2a1c5d11");
    let body = json!({
        "type": "notification_event", "app_id": super::WORKSPACE, "data": {"type": "notification_event_data", "item": item},
        "links": {}, "id": id, "topic": topic, "delivery_status": "pending", "delivery_attempts": 1, "delivered_at": 0,
        "first_sent_at": now.as_second(), "created_at": now.as_second(), "self": null,
    });
    world.intercom.events_made = number;
    world.intercom.notices.push(IntercomNotice { id, body: body.to_string(), tries: 0, due });
}
