//! Contacts: whose a conversation is.

use serde::Deserialize;
use serde_json::json;

use super::opening::NewContact;
use super::view::Id;
use super::{Intercom, reason};
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, VendorError};

#[derive(Deserialize)]
pub struct Contact {
    pub id: Id,
    role: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    data: Vec<Contact>,
}

impl Contact {
    /// As what it begins a conversation.
    pub fn kind(&self) -> &'static str {
        if self.role.as_deref() == Some("lead") { "lead" } else { "user" }
    }

    fn has(&self, email: &str) -> bool {
        self.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email))
    }
}

impl Intercom {
    /// The contact with this external id, made where there is none: Intercom makes no second one.
    pub(super) async fn contact(&self, new: &NewContact) -> Result<Contact, VendorError> {
        let body = serde_json::to_string(new).unwrap_or_default();
        let outgoing = self.dressed(Outgoing::post_json(self.account.url(&["contacts"]), body));
        let call = self.account.call("contact", Safety::Idempotent, Urgency::Shopper);
        let answer = self.account.send(&call, &outgoing).await?;
        match answer.status.as_u16() {
            409 => self.known_contact(new).await,
            _ if answer.status.is_success() => self.read(&answer),
            _ => Err(self.account.error_of(&answer, &reason(&answer))),
        }
    }

    /// The contact that stands in the way of another one.
    async fn known_contact(&self, new: &NewContact) -> Result<Contact, VendorError> {
        if let Some(contact) = self.contact_of(&new.external_id, Urgency::Shopper).await? {
            return Ok(contact);
        }
        if let Some(email) = &new.email {
            let query = json!({"query": {"field": "email", "operator": "=", "value": email}});
            let outgoing = Outgoing::post_json(self.account.url(&["contacts", "search"]), query.to_string());
            let call = self.account.call("contacts", Safety::Read, Urgency::Shopper);
            let Found { data } = self.read(&self.ask_for(outgoing, &call).await?)?;
            let (users, leads): (Vec<_>, Vec<_>) =
                data.into_iter().filter(|contact| contact.has(email)).partition(|contact| contact.kind() == "user");
            if let Some(contact) = users.into_iter().chain(leads).next() {
                return Ok(contact);
            }
        }
        let reason = "it has a contact of this kind, and does not show it yet".to_owned();
        Err(VendorError::Unavailable { vendor: self.account.vendor(), reason, request_id: None })
    }

    /// The contact with this external id. One that was only just made may not be shown yet; one that was merged into another is
    /// none any more.
    pub(super) async fn contact_of(&self, external_id: &str, urgency: Urgency) -> Result<Option<Contact>, VendorError> {
        let call = self.account.call("contact", Safety::Read, urgency);
        match self.get(&["contacts", "find_by_external_id", external_id], &[], &call).await {
            Ok(answer) => Ok(Some(self.read(&answer)?)),
            Err(VendorError::Refused { status: 404 | 410, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
