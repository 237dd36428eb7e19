//! What changes a ticket without writing into it, and what its audits prove: who put a tag on it, and what we planted.
//!
//! Tags of a ticket's update would replace those that are there: they have an address of their own, at which `PUT` adds.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{MOST_COMMENT_PAGES, PageMeta, Zendesk, view};
use crate::integrations::helpdesk::{Tagging, TicketAuthor, TicketChange};
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, Vendor, VendorError, WriteError};

#[derive(Deserialize)]
pub struct Audit {
    id: u64,
    author_id: Option<i64>,
    created_at: Timestamp,
    #[serde(default)]
    metadata: Value,
    via: Option<view::Via>,
    #[serde(default)]
    events: Vec<AuditEvent>,
}

#[derive(Deserialize)]
struct AuditEvent {
    id: Option<u64>,
    #[serde(rename = "type")]
    kind: String,
    field_name: Option<String>,
    value: Option<Value>,
    previous_value: Option<Value>,
}

impl Zendesk {
    /// Each of its calls may be repeated.
    pub(super) async fn bring(&self, ticket: &str, change: &TicketChange) -> Result<(), WriteError> {
        let tags = |names: &[String]| json!({ "tags": names }).to_string();
        let at_tags = || self.url(&["tickets", ticket, "tags"]);
        let mut calls = Vec::new();
        if !change.remove_tags.is_empty() {
            calls.push(Outgoing::delete_json(at_tags(), tags(&change.remove_tags)));
        }
        if !change.add_tags.is_empty() {
            calls.push(Outgoing::put_json(at_tags(), tags(&change.add_tags)));
        }
        let fields = fields(change);
        if !fields.is_empty() {
            calls.push(Outgoing::put_json(self.url(&["tickets", ticket]), json!({ "ticket": fields }).to_string()));
        }
        for outgoing in calls {
            self.paced(ticket)?;
            self.send(
                &self.updates,
                &self.updates.call("change_ticket", Safety::Idempotent, Urgency::Shopper),
                outgoing,
            )
            .await?;
        }
        Ok(())
    }

    /// Counts an update of this ticket, or says how long there is no room for one.
    pub(super) fn paced(&self, ticket: &str) -> Result<(), WriteError> {
        let throttled = |wait| VendorError::Throttled { vendor: Vendor::Zendesk, wait, request_id: None };
        self.pace.take(ticket, Instant::now()).map_err(|wait| WriteError::NotSent(throttled(wait)))
    }

    /// What has been done to a ticket, with the people who did it.
    pub(super) async fn audits(
        &self,
        ticket: &str,
        urgency: Urgency,
    ) -> Result<(Vec<Audit>, Vec<view::User>), VendorError> {
        #[derive(Deserialize)]
        struct Page {
            audits: Vec<Audit>,
            #[serde(default)]
            users: Vec<view::User>,
            meta: Option<PageMeta>,
        }
        let call = self.account.call("audits", Safety::Read, urgency);
        let (mut audits, mut users, mut cursor) = (Vec::new(), Vec::new(), None::<String>);
        for _ in 0..MOST_COMMENT_PAGES {
            let mut query = vec![("include", "users"), ("page[size]", "100")];
            query.extend(cursor.as_deref().map(|cursor| ("page[after]", cursor)));
            let answer = self.get(&["tickets", ticket, "audits"], &query, &call).await?;
            let page: Page = self.read(&answer)?;
            audits.extend(page.audits);
            users.extend(page.users);
            cursor = page.meta.and_then(PageMeta::next);
            if cursor.is_none() {
                break;
            }
        }
        audits.sort_by_key(|audit| (audit.created_at, audit.id));
        Ok((audits, users))
    }

    pub(super) async fn tagged(&self, ticket: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError> {
        let (audits, users) = self.audits(ticket, urgency).await?;
        let reader = view::Reader::new(&self.settings, None, users);
        let taggings = audits.iter().flat_map(|audit| {
            let channel = audit.via.as_ref().and_then(|via| via.channel.as_deref()).unwrap_or_default();
            let by = audit.author_id.map_or(TicketAuthor::Unknown, |id| reader.author(id, channel));
            audit.added_tags().into_iter().map(move |tag| Tagging {
                id: format!("{}:{tag}", audit.id),
                tag,
                by: by.clone(),
                at: audit.created_at,
            })
        });
        Ok(taggings.collect())
    }
}

impl Audit {
    /// The tags that this update added.
    fn added_tags(&self) -> Vec<String> {
        let of_tags = |event: &&AuditEvent| event.field_name.as_deref() == Some("tags");
        let listed = |value: &Option<Value>| -> Vec<String> {
            match value {
                Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                Some(Value::String(tags)) => tags.split_whitespace().map(str::to_owned).collect(),
                _ => Vec::new(),
            }
        };
        let changes = self.events.iter().filter(of_tags);
        changes
            .flat_map(|event| {
                let before = listed(&event.previous_value);
                listed(&event.value).into_iter().filter(move |tag| !before.contains(tag))
            })
            .collect()
    }

    /// The comment that was written with our mark, and that mark.
    pub fn planted(&self) -> Option<(u64, String)> {
        let mark = self.metadata.pointer("/custom/deskhand")?.as_str()?;
        let comment = self.events.iter().find(|event| event.kind == "Comment")?;
        Some((comment.id?, mark.to_owned()))
    }
}

/// Which of the audits' comments carry a mark of ours.
pub fn planted(audits: &[Audit]) -> HashMap<u64, String> {
    audits.iter().filter_map(Audit::planted).collect()
}

/// What an update of the ticket changes. A closed ticket takes no more: ours are solved.
fn fields(change: &TicketChange) -> Map<String, Value> {
    let id = |text: &Option<String>| text.as_deref().and_then(|id| id.parse::<i64>().ok());
    let status = change.open.map(|open| ("status", json!(if open { "open" } else { "solved" })));
    let assignee = id(&change.assignee).map(|id| ("assignee_id", json!(id)));
    let team = id(&change.team).map(|id| ("group_id", json!(id)));
    let customer = change.customer.as_ref().map(|email| {
        // Whom Zendesk knows by this address keeps their name.
        ("requester", json!({"email": email.as_str(), "name": email.as_str()}))
    });
    let fields = [status, assignee, team, customer].into_iter().flatten();
    fields.map(|(name, value)| (name.to_owned(), value)).collect()
}
