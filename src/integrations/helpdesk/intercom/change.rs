//! What changes a conversation without writing into it, and who has tagged it.
//!
//! Intercom knows tags by id, and says who put one there for as long as it is there: of tags that were taken away again nothing
//! is known. It is read first, and only what differs is asked for: each change stands in the conversation for people to read.

use serde_json::{Value, json};

use super::view::{Author, Conversation, Id};
use super::{Intercom, unsent};
use crate::integrations::helpdesk::{Tagging, TicketAuthor, TicketChange};
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, VendorError, WriteError};

impl Intercom {
    /// Each of its calls may be repeated.
    pub(super) async fn bring(&self, id: &str, change: &TicketChange) -> Result<(), WriteError> {
        let now = self.existing(id).await?;
        for tag in now.tags().iter().filter(|tag| names(&change.remove_tags, &tag.name)) {
            let url = self.account.url(&["conversations", id, "tags", &tag.id.0]);
            self.ask(Outgoing::delete_json(url, json!({"admin_id": self.own_id()}).to_string())).await?;
        }
        let missing = change.add_tags.iter().filter(|name| !now.tags().iter().any(|tag| same(&tag.name, name)));
        self.tag(id, missing).await?;
        if change.open.is_some_and(|open| open != now.is_open()) {
            let kind = if change.open == Some(true) { "open" } else { "close" };
            self.manage(id, json!({"message_type": kind, "type": "admin", "admin_id": self.own_id()})).await?;
        }
        let (assigned, team) = (now.assigned(), now.team());
        for (kind, wanted, is) in [("admin", &change.assignee, assigned), ("team", &change.team, team)] {
            if let Some(wanted) = wanted.as_deref().filter(|wanted| Some(*wanted) != is) {
                self.assign(id, kind, wanted).await?;
            }
        }
        match (&change.customer, now.contact()) {
            (Some(email), Some(contact)) if self.may_have_address(&now) => {
                let url = self.account.url(&["contacts", contact]);
                self.ask(Outgoing::put_json(url, json!({"email": email.as_str()}).to_string())).await
            }
            _ => Ok(()),
        }
    }

    /// Whether a proved address becomes its contact's. Whom Intercom would then mail is who wrote there themselves; a contact that
    /// we have made has one only where the store wishes so.
    fn may_have_address(&self, conversation: &Conversation) -> bool {
        self.settings.mail_contacts || conversation.planted().is_none()
    }

    /// Puts tags on a conversation, each made where there is none of its name.
    pub(super) async fn tag(&self, id: &str, names: impl Iterator<Item = &String> + Send) -> Result<(), WriteError> {
        #[derive(serde::Deserialize)]
        struct Made {
            id: Id,
        }
        for name in names {
            let outgoing = Outgoing::post_json(self.account.url(&["tags"]), json!({ "name": name }).to_string());
            let answer =
                self.send(&self.account.call("change_ticket", Safety::Idempotent, Urgency::Shopper), outgoing).await?;
            let Made { id: tag } = self.read(&answer).map_err(WriteError::Unknown)?;
            let url = self.account.url(&["conversations", id, "tags"]);
            let body = json!({"id": tag.0, "admin_id": self.own_id()});
            self.ask(Outgoing::post_json(url, body.to_string())).await?;
        }
        Ok(())
    }

    /// Gives a conversation to a teammate, or to a team.
    pub(super) async fn assign(&self, id: &str, kind: &str, to: &str) -> Result<(), WriteError> {
        let body = json!({"message_type": "assignment", "type": kind, "admin_id": self.own_id(), "assignee_id": to});
        self.manage(id, body).await
    }

    async fn manage(&self, id: &str, body: Value) -> Result<(), WriteError> {
        self.ask(Outgoing::post_json(self.account.url(&["conversations", id, "parts"]), body.to_string())).await
    }

    async fn ask(&self, outgoing: Outgoing) -> Result<(), WriteError> {
        self.send(&self.account.call("change_ticket", Safety::Idempotent, Urgency::Shopper), outgoing).await.map(drop)
    }

    /// A conversation that is to be written into. Nothing is, where it cannot be read.
    pub(super) async fn existing(&self, id: &str) -> Result<Conversation, WriteError> {
        self.conversation(id, Urgency::Shopper).await.map_err(unsent)
    }

    pub(super) async fn tagged(&self, id: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError> {
        let conversation = match self.conversation(id, urgency).await {
            Err(VendorError::Refused { status: 404, .. }) => return Ok(Vec::new()),
            conversation => conversation?,
        };
        if conversation.tags().is_empty() {
            return Ok(Vec::new());
        }
        let team = self.teammates(urgency).await?;
        let who = |by: &Author| -> TicketAuthor {
            let known = team.iter().find(|one| by.is_teammate() && one.id == by.id);
            known.map_or(TicketAuthor::Unknown, |known| known.of_staff(&self.settings))
        };
        let mut taggings: Vec<Tagging> = conversation
            .tags()
            .iter()
            .filter_map(|tag| {
                let at = tag.applied_at?;
                let by = tag.applied_by.as_ref().map_or(TicketAuthor::Unknown, who);
                Some(Tagging { id: format!("{}:{}", tag.id.0, at.as_second()), tag: tag.name.clone(), by, at })
            })
            .collect();
        taggings.sort_by_key(|tagging| tagging.at);
        Ok(taggings)
    }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn names(list: &[String], tag: &str) -> bool {
    list.iter().any(|name| same(name, tag))
}
