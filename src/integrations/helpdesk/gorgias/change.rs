//! What changes a ticket without writing into it, and who has changed its tags.
//!
//! Tags in a `PUT` of the ticket would replace those that are there: they have an address of their own. Who put a tag on a ticket
//! stands in the account's events, with the user's id.

use std::collections::HashMap;

use jiff::Timestamp;
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Gorgias, MOST_PAGES, PageMeta, reason, view};
use crate::integrations::helpdesk::{Tagging, TicketAuthor, TicketChange};
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, VendorError, WriteError};

const TAGS_ADDED: &str = "ticket-tags-added";

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    meta: Option<PageMeta>,
}

#[derive(Deserialize)]
struct Event {
    id: u64,
    #[serde(rename = "type")]
    kind: String,
    object_id: Option<u64>,
    user_id: Option<u64>,
    data: Option<Value>,
    created_datetime: Timestamp,
}

#[derive(Deserialize)]
struct Tag {
    id: u64,
    name: String,
}

impl Gorgias {
    /// Each of its calls may be repeated.
    pub(super) async fn bring(&self, ticket: &str, change: &TicketChange) -> Result<(), WriteError> {
        let tags = |names: &[String]| json!({ "names": names }).to_string();
        let at_tags = || self.account.url(&["api", "tickets", ticket, "tags"]);
        let mut calls = Vec::new();
        if !change.remove_tags.is_empty() {
            calls.push(Outgoing::delete_json(at_tags(), tags(&change.remove_tags)));
        }
        if !change.add_tags.is_empty() {
            calls.push(Outgoing::post_json(at_tags(), tags(&change.add_tags)));
        }
        let fields = fields(change);
        if !fields.is_empty() {
            let url = self.account.url(&["api", "tickets", ticket]);
            calls.push(Outgoing::put_json(url, Value::Object(fields).to_string()));
        }
        for outgoing in calls {
            let outgoing = outgoing.header(AUTHORIZATION, self.authorization.clone());
            let call = self.account.call("change_ticket", Safety::Idempotent, Urgency::Background);
            let answer = self.account.send(&call, &outgoing).await?;
            if !answer.status.is_success() {
                return Err(self.account.write_error_of(&answer, &reason(&answer)));
            }
        }
        Ok(())
    }

    /// The tags that this ticket's events tell of, with the users who put them there.
    pub(super) async fn tagged(&self, ticket: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError> {
        let events: Vec<Event> = self
            .all(
                &["api", "events"],
                &[("object_type", "Ticket"), ("object_id", ticket), ("order_by", "created_datetime:desc")],
                urgency,
            )
            .await?;
        // Looked through here, because a filter that is not known is not applied either.
        let of_ticket = |event: &Event| event.object_id.is_some_and(|id| id.to_string() == ticket);
        let mut added: Vec<Event> =
            events.into_iter().filter(|event| event.kind == TAGS_ADDED && of_ticket(event)).collect();
        if added.is_empty() {
            return Ok(Vec::new());
        }
        added.sort_by_key(|event| (event.created_datetime, event.id));
        let tags: Vec<Tag> = self.all(&["api", "tags"], &[], urgency).await?;
        let names: HashMap<u64, String> = tags.into_iter().map(|tag| (tag.id, tag.name)).collect();
        let mut users = HashMap::new();
        let mut found = Vec::new();
        for event in added {
            let by = match event.user_id.filter(|_| !event.by_system()) {
                Some(id) => self.user(id, &mut users, urgency).await?,
                None => TicketAuthor::Rule,
            };
            let named = event.tags().filter_map(|id| names.get(&id));
            found.extend(named.map(|tag| Tagging {
                id: format!("{}:{tag}", event.id),
                tag: tag.clone(),
                by: by.clone(),
                at: event.created_datetime,
            }));
        }
        Ok(found)
    }

    async fn user(
        &self,
        id: u64,
        known: &mut HashMap<u64, TicketAuthor>,
        urgency: Urgency,
    ) -> Result<TicketAuthor, VendorError> {
        if let Some(user) = known.get(&id) {
            return Ok(user.clone());
        }
        let call = self.account.call("user", Safety::Read, urgency);
        let user = match self.get(&["api", "users", &id.to_string()], &[], &call).await {
            Ok(answer) => self.read::<view::Person>(&answer)?.as_author(&self.settings),
            Err(VendorError::Refused { status: 404, .. }) => TicketAuthor::Unknown,
            Err(error) => return Err(error),
        };
        known.insert(id, user.clone());
        Ok(user)
    }

    /// Everything on the pages of a list, as far as they are read.
    async fn all<T: for<'a> Deserialize<'a>>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        urgency: Urgency,
    ) -> Result<Vec<T>, VendorError> {
        let call = self.account.call("list", Safety::Read, urgency);
        let (mut found, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut query = [query, &[("limit", "100")]].concat();
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let answer = self.get(path, &query, &call).await?;
            let Page { data, meta } = self.read(&answer)?;
            found.extend(data);
            cursor = meta.and_then(|meta| meta.next_cursor);
            if cursor.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

impl Event {
    fn by_system(&self) -> bool {
        self.data.as_ref().and_then(|data| data.get("type")).and_then(Value::as_str) == Some("system")
    }

    fn tags(&self) -> impl Iterator<Item = u64> + '_ {
        let added = self.data.as_ref().and_then(|data| data.get("tags_added")).and_then(Value::as_array);
        added.into_iter().flatten().filter_map(Value::as_u64)
    }
}

/// What a `PUT` of the ticket changes.
fn fields(change: &TicketChange) -> Map<String, Value> {
    let id = |text: &Option<String>| text.as_deref().and_then(|id| id.parse::<u64>().ok());
    let status = change.open.map(|open| ("status", json!(if open { "open" } else { "closed" })));
    let assignee = id(&change.assignee).map(|id| ("assignee_user", json!({ "id": id })));
    let team = id(&change.team).map(|id| ("assignee_team", json!({ "id": id })));
    // An address that is not known makes a customer; one that is, is that customer.
    let customer = change.customer.as_ref().map(|email| ("customer", json!({"email": email.as_str()})));
    let fields = [status, assignee, team, customer].into_iter().flatten();
    fields.map(|(name, value)| (name.to_owned(), value)).collect()
}
