//! Gorgias. A ticket is opened with everything that was said, in one call: the account's limit is 40 calls in 20
//! seconds, shared with every other app of the merchant, of which half is taken here.
//!
//! A message without `sent_datetime` would be mailed to the shopper. Every line of a transcript carries one.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{
    HelpdeskCapabilities, HelpdeskReader, HelpdeskWriter, Tagging, TicketChange, TicketDraft, TicketEntry, TicketView,
};
use crate::domain::effect::Permit;
use crate::domain::event::TicketReference;
use crate::domain::id::EffectId;
use crate::integrations::http::transport::Answer;
use crate::integrations::http::{
    Account, AccountSettings, Call, Outgoing, Rate, Safety, Transport, redaction, secret_header,
};
use crate::integrations::{SettingsError, Urgency, Vendor, VendorError, WriteError, not_permitted};

mod change;
pub mod events;
mod integrations;
mod message;
mod settings;
mod ticket;
mod view;

pub use self::settings::{GorgiasSettings, TicketPriority, TicketStatus};

/// Pages read in search of a ticket. The filter should leave one; more means that it was not applied.
const MOST_PAGES: usize = 5;

pub struct Gorgias {
    account: Account,
    authorization: HeaderValue,
    settings: GorgiasSettings,
    capabilities: HelpdeskCapabilities,
}

#[derive(Deserialize)]
struct Ticket {
    id: u64,
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Ticket>,
    meta: Option<PageMeta>,
}

#[derive(Deserialize)]
struct PageMeta {
    next_cursor: Option<String>,
}

impl Gorgias {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: GorgiasSettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let unfit = |key| SettingsError {
            key,
            problem: "it cannot be used".to_owned(),
            fix: "copy it again from Gorgias, Settings, REST API",
        };
        let base = match &settings.base_url {
            Some(url) => url.clone(),
            None => {
                Url::parse(&format!("https://{}.gorgias.com", settings.domain)).map_err(|_| unfit("gorgias.domain"))?
            }
        };
        let pair = format!("{}:{}", settings.user.as_str(), settings.api_key.expose_secret());
        let basic = SecretString::from(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)));
        let authorization = secret_header(&basic).ok_or_else(|| unfit("gorgias.api_key"))?;
        let rate = Rate::of(settings.calls_in_20_seconds, Duration::from_secs(20));
        let account = Account::new(
            transport,
            AccountSettings {
                vendor: Vendor::Gorgias,
                base,
                rate: Some(rate),
                request_id_headers: &["x-request-id"],
                reset_header: None,
            },
        );
        let capabilities = HelpdeskCapabilities {
            vendor: "gorgias",
            dedupes_tickets_for: None,
            opens_with_note: true,
            longest_message: message::LONGEST_BODY,
            entries_one_by_one: 3,
        };
        Ok(Self { account, authorization, settings, capabilities })
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)], call: &Call) -> Result<Answer, VendorError> {
        let mut url = self.account.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let outgoing = Outgoing::get(url).header(AUTHORIZATION, self.authorization.clone());
        let answer = self.account.send(call, &outgoing).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(self.account.error_of(&answer, &reason(&answer)))
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, answer: &Answer) -> Result<T, VendorError> {
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.account.garbled(answer, &redaction::unreadable(&error)))
    }

    fn reference(&self, id: u64) -> TicketReference {
        let url = format!("https://{}.gorgias.com/app/ticket/{id}", self.settings.domain);
        TicketReference { id: id.to_string(), url: Some(url) }
    }

    /// Sends a request that its effect's own id stands in.
    async fn post(
        &self,
        operation: &'static str,
        path: &[&str],
        permit: &Permit,
        request: &str,
    ) -> Result<Answer, WriteError> {
        if !request.starts_with(&message::planted(permit.effect())) {
            return Err(not_permitted(Vendor::Gorgias));
        }
        let outgoing = Outgoing::post_json(self.account.url(path), request.to_owned())
            .header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.write(operation, permit);
        let answer = self.account.send(&call, &outgoing).await?;
        if !answer.status.is_success() {
            return Err(self.account.write_error_of(&answer, &reason(&answer)));
        }
        Ok(answer)
    }
}

#[async_trait]
impl HelpdeskReader for Gorgias {
    fn capabilities(&self) -> &HelpdeskCapabilities {
        &self.capabilities
    }

    async fn ticket_of(&self, effect: &EffectId, urgency: Urgency) -> Result<Option<TicketReference>, VendorError> {
        let call = self.account.call("tickets", Safety::Read, urgency);
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query =
                vec![("external_id", effect.as_str()), ("order_by", "created_datetime:desc"), ("limit", "100")];
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let answer = self.get(&["api", "tickets"], &query, &call).await?;
            let page: Page = self.read(&answer)?;
            // Compared here, because a filter that is not known is not applied either.
            let of_effect = |ticket: &&Ticket| ticket.external_id.as_deref() == Some(effect.as_str());
            if let Some(ticket) = page.data.iter().find(of_effect) {
                return Ok(Some(self.reference(ticket.id)));
            }
            cursor = page.meta.and_then(|meta| meta.next_cursor);
            if cursor.is_none() {
                break;
            }
        }
        Ok(None)
    }

    async fn ticket(&self, id: &str, urgency: Urgency) -> Result<Option<TicketView>, VendorError> {
        let call = self.account.call("ticket", Safety::Read, urgency);
        let answer = match self.get(&["api", "tickets", id], &[], &call).await {
            Err(VendorError::Refused { status: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        let ticket: view::Ticket = self.read(&answer)?;
        Ok(Some(ticket.view(&self.settings, |id| self.reference(id))))
    }

    async fn taggings(&self, ticket: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError> {
        self.tagged(ticket, urgency).await
    }

    async fn check(&self) -> Result<String, VendorError> {
        #[derive(Deserialize)]
        struct Account {
            domain: Option<String>,
        }
        let call = self.account.call("account", Safety::Read, Urgency::Background);
        let answer = self.get(&["api", "account"], &[], &call).await?;
        let Account { domain } = self.read(&answer)?;
        let limit = answer.headers.get("x-gorgias-account-api-call-limit").and_then(|value| value.to_str().ok());
        let name = domain.unwrap_or_else(|| self.settings.domain.clone());
        Ok(match limit {
            Some(limit) => format!("account {name}, {} calls of its limit used", redaction::for_operator(limit)),
            None => format!("account {name}"),
        })
    }
}

#[async_trait]
impl HelpdeskWriter for Gorgias {
    fn request(&self, draft: &TicketDraft) -> String {
        ticket::request(&self.settings, draft)
    }

    async fn open_ticket(&self, permit: Permit, request: &str) -> Result<TicketReference, WriteError> {
        let answer = self.post("open_ticket", &["api", "tickets"], &permit, request).await?;
        // A yes that does not say which ticket: it must be looked for.
        let ticket: Ticket = self.read(&answer).map_err(WriteError::Unknown)?;
        Ok(self.reference(ticket.id))
    }

    fn entry(&self, entry: &TicketEntry) -> String {
        message::request(&self.settings, entry)
    }

    async fn write(&self, permit: Permit, ticket: &str, request: &str) -> Result<String, WriteError> {
        #[derive(Deserialize)]
        struct Written {
            id: u64,
        }
        let answer = self.post("write_in_ticket", &["api", "tickets", ticket, "messages"], &permit, request).await?;
        let Written { id } = self.read(&answer).map_err(WriteError::Unknown)?;
        Ok(id.to_string())
    }

    async fn change(&self, permit: Permit, ticket: &str, request: &str) -> Result<(), WriteError> {
        let change = TicketChange::permitted(&permit, request).ok_or(not_permitted(Vendor::Gorgias))?;
        self.bring(ticket, &change).await
    }
}

/// `{"error":{"msg","data"}}`; an account that does not exist answers 404 with a page of HTML.
fn reason(answer: &Answer) -> String {
    #[derive(Deserialize)]
    struct Envelope {
        error: Said,
    }
    #[derive(Deserialize)]
    struct Said {
        msg: String,
        data: Option<serde_json::Value>,
    }
    match serde_json::from_slice(&answer.body) {
        Ok(Envelope { error: Said { msg, data: Some(data) } }) => format!("{msg} {data}"),
        Ok(Envelope { error: Said { msg, data: None } }) => msg,
        Err(_) if answer.status.as_u16() == 404 => "no JSON; is gorgias.domain the account's name?".to_owned(),
        Err(_) => "no error that reads".to_owned(),
    }
}
