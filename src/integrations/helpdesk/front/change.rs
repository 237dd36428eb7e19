//! What changes a conversation without writing into it, and who has tagged it. Front knows tags by id; an update's list of them
//! would replace those that are there, so they have an address of their own.

use std::sync::PoisonError;

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::reading::moment;
use super::{Asked, Front, view};
use crate::integrations::helpdesk::{Tagging, TicketAuthor, TicketChange};
use crate::integrations::http::{Call, Safety};
use crate::integrations::{Urgency, VendorError, WriteError};

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    emitted_at: Option<f64>,
    source: Option<Party>,
    target: Option<Party>,
}

#[derive(Deserialize)]
struct Party {
    #[serde(rename = "_meta")]
    meta: Option<Meta>,
    data: Option<Value>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "type")]
    kind: String,
}

impl Front {
    /// Each of its calls may be repeated.
    pub(super) async fn bring(&self, ticket: &str, change: &TicketChange) -> Result<(), WriteError> {
        let call = self.account.call("change_ticket", Safety::Idempotent, Urgency::Background);
        if !change.remove_tags.is_empty() {
            // A tag that is nowhere is on no conversation.
            let ids = self.tag_ids(&change.remove_tags, false).await?;
            self.tag(&call, Method::DELETE, ticket, &ids).await?;
        }
        if !change.add_tags.is_empty() {
            let ids = self.tag_ids(&change.add_tags, true).await?;
            self.tag(&call, Method::POST, ticket, &ids).await?;
        }
        let fields = fields(change);
        if !fields.is_empty() {
            let path = ["conversations", ticket];
            self.put(&call, &Asked::with(Method::PATCH, &path, Value::Object(fields).to_string())).await?;
        }
        match &change.customer {
            Some(email) => self.introduce(ticket, email.as_str()).await,
            None => Ok(()),
        }
    }

    async fn tag(&self, call: &Call, method: Method, ticket: &str, ids: &[String]) -> Result<(), WriteError> {
        if ids.is_empty() {
            return Ok(());
        }
        let path = ["conversations", ticket, "tags"];
        self.put(call, &Asked::with(method, &path, json!({ "tag_ids": ids }).to_string())).await.map(drop)
    }

    /// Tags and inbox of a conversation that was just opened. It is there without them, too.
    pub(super) async fn adorn(&self, conversation: &str, tags: &[String]) {
        let call = self.account.call("adorn", Safety::Idempotent, Urgency::Background);
        let tagged = async {
            if tags.is_empty() {
                return Ok(());
            }
            let ids = self.tag_ids(tags, true).await?;
            self.tag(&call, Method::POST, conversation, &ids).await
        };
        if let Err(error) = tagged.await {
            tracing::warn!(%error, "a conversation in Front is without its tags");
        }
        let Some(inbox) = &self.settings.inbox else { return };
        let path = ["conversations", conversation];
        let moved = Asked::with(Method::PATCH, &path, json!({ "inbox_id": inbox }).to_string());
        if let Err(error) = self.put(&call, &moved).await {
            tracing::warn!(%error, "a conversation in Front is not in its inbox");
        }
    }

    /// The ids of tags by their names, each asked for once; one that is not there is made where it is wanted.
    async fn tag_ids(&self, names: &[String], make: bool) -> Result<Vec<String>, WriteError> {
        let known = |name: &str| {
            let tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
            tags.get(&name.to_lowercase()).cloned()
        };
        let remember = |tag: view::Tag| {
            let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
            tags.insert(tag.name.to_lowercase(), tag.id);
        };
        if names.iter().any(|name| known(name).is_none()) {
            let call = self.account.call("tags", Safety::Read, Urgency::Background);
            let listed: Vec<view::Tag> = self.all(&call, Asked::get(&["tags"])).await.map_err(WriteError::NotSent)?;
            listed.into_iter().for_each(remember);
        }
        let mut ids = Vec::new();
        for name in names {
            match known(name) {
                Some(id) => ids.push(id),
                None if make => {
                    // Two of one name would be a nuisance, not a harm.
                    let call = self.account.call("make_tag", Safety::Write, Urgency::Background);
                    let path = ["company", "tags"];
                    let asked = Asked::with(Method::POST, &path, json!({ "name": name }).to_string());
                    let made: view::Tag = self.read(&self.put(&call, &asked).await?).map_err(WriteError::Unknown)?;
                    ids.push(made.id.clone());
                    remember(made);
                }
                None => {}
            }
        }
        Ok(ids)
    }

    /// Tells Front by which address the customer can be reached. An address that it knows somebody else by stays theirs.
    async fn introduce(&self, ticket: &str, email: &str) -> Result<(), WriteError> {
        let call = self.account.call("conversation", Safety::Read, Urgency::Background);
        let answer = self.get(&call, &Asked::get(&["conversations", ticket])).await.map_err(WriteError::NotSent)?;
        let shown: view::Conversation = self.read(&answer).map_err(WriteError::NotSent)?;
        let Some(contact) = shown.contact() else { return Ok(()) };
        let call = self.account.call("introduce", Safety::Idempotent, Urgency::Background);
        let path = ["contacts", contact.as_str(), "handles"];
        let body = json!({"handle": email, "source": "email"}).to_string();
        match self.put(&call, &Asked::with(Method::POST, &path, body)).await {
            Err(WriteError::Refused(VendorError::Refused { status: 400 | 409, .. })) => Ok(()),
            answer => answer.map(drop),
        }
    }

    pub(super) async fn tagged(&self, ticket: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError> {
        let call = self.account.call("events", Safety::Read, urgency);
        let path = ["conversations", ticket, "events"];
        let events: Vec<Event> = self.all(&call, Asked::get(&path)).await?;
        let mut taggings: Vec<Tagging> = events.iter().rev().filter_map(|event| self.tagging(event)).collect();
        taggings.sort_by_key(|tagging| tagging.at);
        Ok(taggings)
    }

    fn tagging(&self, event: &Event) -> Option<Tagging> {
        let tag: view::Tag = serde_json::from_value(event.target.as_ref()?.data.clone()?).ok()?;
        (event.kind == "tag").then(|| Tagging {
            id: event.id.clone(),
            tag: tag.name,
            by: self.source(event),
            at: event.emitted_at.map_or(Timestamp::UNIX_EPOCH, moment),
        })
    }

    fn source(&self, event: &Event) -> TicketAuthor {
        let Some(source) = &event.source else { return TicketAuthor::Unknown };
        let teammate = || serde_json::from_value::<view::Teammate>(source.data.clone()?).ok();
        match source.meta.as_ref().map(|meta| meta.kind.as_str()) {
            Some("teammate") => teammate().map_or(TicketAuthor::Unknown, |own| own.as_author(&self.settings)),
            Some("api" | "oauth_client") => TicketAuthor::OurAgent,
            Some("rule") => TicketAuthor::Rule,
            _ => TicketAuthor::Unknown,
        }
    }
}

/// What an update of the conversation changes.
fn fields(change: &TicketChange) -> Map<String, Value> {
    let status = change.open.map(|open| ("status", json!(if open { "open" } else { "archived" })));
    let assignee = change.assignee.as_ref().map(|id| ("assignee_id", json!(id)));
    let team = change.team.as_ref().map(|id| ("inbox_id", json!(id)));
    let fields = [status, assignee, team].into_iter().flatten();
    fields.map(|(name, value)| (name.to_owned(), value)).collect()
}
