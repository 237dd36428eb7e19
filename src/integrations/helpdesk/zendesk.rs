//! Zendesk Support. A ticket is opened with everything that was said in one private comment, so that nobody is mailed; what is
//! said later is one private comment each. Zendesk counts updates apart from other calls: 30 in ten minutes to a ticket, 100 a
//! minute to an account.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
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
mod comment;
pub mod events;
mod pace;
mod settings;
mod ticket;
mod view;
mod webhooks;

use self::pace::Pace;
pub use self::settings::{TicketPriority, ZendeskSettings};

/// Pages read in search of a ticket. The filter should leave one; more means that it was not applied.
const MOST_PAGES: usize = 5;
/// Pages of comments that are read, of 100 each, the newest first: of a ticket with more the oldest are not seen.
const MOST_COMMENT_PAGES: usize = 20;
/// Half of the updates that an account has in a minute.
const UPDATES_PER_MINUTE: u32 = 50;
/// How long a key is surely known: Zendesk keeps it for about two hours.
const KEYS_ARE_KNOWN: Duration = Duration::from_secs(3600);
/// By which Zendesk knows a repetition of what opens a ticket.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

pub struct Zendesk {
    account: Account,
    /// With a budget of its own: a ticket that has had its updates keeps nobody from reading, or from being handed over.
    updates: Account,
    pace: Pace,
    authorization: HeaderValue,
    settings: ZendeskSettings,
    capabilities: HelpdeskCapabilities,
}

#[derive(Deserialize)]
struct Ticket {
    id: u64,
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    tickets: Vec<Ticket>,
    meta: Option<PageMeta>,
}

#[derive(Deserialize)]
struct PageMeta {
    #[serde(default)]
    has_more: bool,
    after_cursor: Option<String>,
}

impl PageMeta {
    fn next(self) -> Option<String> {
        self.after_cursor.filter(|_| self.has_more)
    }
}

impl Zendesk {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: ZendeskSettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let unfit = |key| SettingsError {
            key,
            problem: "it cannot be used".to_owned(),
            fix: "copy it again from Zendesk's Admin Center",
        };
        let base = match &settings.base_url {
            Some(url) => url.clone(),
            None => Url::parse(&format!("https://{}.zendesk.com", settings.subdomain))
                .map_err(|_| unfit("zendesk.subdomain"))?,
        };
        let pair = format!("{}/token:{}", settings.user.as_str(), settings.api_token.expose_secret());
        let basic = SecretString::from(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)));
        let authorization = secret_header(&basic).ok_or_else(|| unfit("zendesk.api_token"))?;
        let account = |calls: u32| {
            let settings = AccountSettings {
                vendor: Vendor::Zendesk,
                base: base.clone(),
                rate: Some(Rate::of(calls, Duration::from_secs(60))),
                request_id_headers: &["x-zendesk-request-id", "x-request-id"],
                reset_header: None,
            };
            Account::new(transport.clone(), settings)
        };
        let capabilities = HelpdeskCapabilities {
            vendor: "zendesk",
            dedupes_tickets_for: Some(KEYS_ARE_KNOWN),
            opens_with_note: true,
            longest_message: comment::LONGEST_BODY,
            entries_one_by_one: 1,
        };
        let (account, updates) = (account(settings.calls_per_minute), account(UPDATES_PER_MINUTE));
        Ok(Self { account, updates, pace: Pace::default(), authorization, settings, capabilities })
    }

    fn url(&self, path: &[&str]) -> Url {
        self.account.url(&[&["api", "v2"], path].concat())
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)], call: &Call) -> Result<Answer, VendorError> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let outgoing = Outgoing::get(url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
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
        let url = format!("https://{}.zendesk.com/agent/tickets/{id}", self.settings.subdomain);
        TicketReference { id: id.to_string(), url: Some(url) }
    }

    /// Sends what changes a ticket.
    async fn send(&self, account: &Account, call: &Call, outgoing: Outgoing) -> Result<Answer, WriteError> {
        let outgoing = outgoing
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        let answer = account.send(call, &outgoing).await?;
        if !answer.status.is_success() {
            return Err(account.write_error_of(&answer, &reason(&answer)));
        }
        Ok(answer)
    }

    /// The comments of a ticket, with the people who wrote them.
    async fn comments(&self, id: &str, urgency: Urgency) -> Result<(Vec<view::Comment>, Vec<view::User>), VendorError> {
        #[derive(Deserialize)]
        struct Page {
            comments: Vec<view::Comment>,
            #[serde(default)]
            users: Vec<view::User>,
            meta: Option<PageMeta>,
        }
        let call = self.account.call("comments", Safety::Read, urgency);
        let (mut comments, mut users, mut cursor) = (Vec::new(), Vec::new(), None::<String>);
        for _ in 0..MOST_COMMENT_PAGES {
            let mut query = vec![("include", "users"), ("sort", "-created_at"), ("page[size]", "100")];
            query.extend(cursor.as_deref().map(|cursor| ("page[after]", cursor)));
            let answer = self.get(&["tickets", id, "comments"], &query, &call).await?;
            let page: Page = self.read(&answer)?;
            comments.extend(page.comments);
            users.extend(page.users);
            cursor = page.meta.and_then(PageMeta::next);
            if cursor.is_none() {
                break;
            }
        }
        Ok((comments, users))
    }
}

#[async_trait]
impl HelpdeskReader for Zendesk {
    fn capabilities(&self) -> &HelpdeskCapabilities {
        &self.capabilities
    }

    async fn ticket_of(&self, effect: &EffectId, urgency: Urgency) -> Result<Option<TicketReference>, VendorError> {
        let call = self.account.call("tickets", Safety::Read, urgency);
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![("external_id", effect.as_str()), ("page[size]", "100")];
            query.extend(cursor.as_deref().map(|cursor| ("page[after]", cursor)));
            let answer = self.get(&["tickets"], &query, &call).await?;
            let page: Page = self.read(&answer)?;
            // Compared here, because a filter that is not known is not applied either.
            let of_effect = |ticket: &&Ticket| ticket.external_id.as_deref() == Some(effect.as_str());
            if let Some(ticket) = page.tickets.iter().find(of_effect) {
                return Ok(Some(self.reference(ticket.id)));
            }
            cursor = page.meta.and_then(PageMeta::next);
            if cursor.is_none() {
                break;
            }
        }
        Ok(None)
    }

    async fn ticket(&self, id: &str, urgency: Urgency) -> Result<Option<TicketView>, VendorError> {
        #[derive(Deserialize)]
        struct Shown {
            ticket: view::Ticket,
            #[serde(default)]
            users: Vec<view::User>,
        }
        let call = self.account.call("ticket", Safety::Read, urgency);
        let answer = match self.get(&["tickets", id], &[("include", "users")], &call).await {
            Err(VendorError::Refused { status: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        let Shown { ticket, mut users } = self.read(&answer)?;
        let (comments, authors) = self.comments(id, urgency).await?;
        users.extend(authors);
        let reference = self.reference(ticket.id);
        let mut whole = view::Whole { ticket, comments, users, planted: HashMap::new() };
        if whole.has_replies(&self.settings) {
            whole.planted = change::planted(&self.audits(id, urgency).await?.0);
        }
        Ok(Some(whole.view(&self.settings, reference)))
    }

    async fn taggings(&self, ticket: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError> {
        self.tagged(ticket, urgency).await
    }

    async fn check(&self) -> Result<String, VendorError> {
        #[derive(Deserialize)]
        struct Me {
            user: view::User,
        }
        let call = self.account.call("user", Safety::Read, Urgency::Background);
        let answer = self.get(&["users", "me"], &[], &call).await?;
        // Anyone may ask who they are: who is not signed in is told that they are nobody.
        if !self.read::<Me>(&answer).is_ok_and(|Me { user }| user.is_staff()) {
            let reason = "the user is no agent of this account".to_owned();
            return Err(VendorError::Credentials { vendor: Vendor::Zendesk, reason, request_id: None });
        }
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        let account = format!("account {}", self.settings.subdomain);
        Ok(match (header("x-rate-limit-remaining"), header("x-rate-limit")) {
            (Some(left), Some(limit)) => {
                let limit = redaction::for_operator(&format!("{left} of {limit}"));
                format!("{account}, {limit} calls left in this minute")
            }
            _ => account,
        })
    }
}

#[async_trait]
impl HelpdeskWriter for Zendesk {
    fn request(&self, draft: &TicketDraft) -> String {
        ticket::request(&self.settings, draft)
    }

    async fn open_ticket(&self, permit: Permit, request: &str) -> Result<TicketReference, WriteError> {
        #[derive(Deserialize)]
        struct Opened {
            ticket: Ticket,
        }
        let key = HeaderValue::from_str(permit.effect().as_str()).ok();
        let Some(key) = key.filter(|_| request.starts_with(&ticket::planted(permit.effect()))) else {
            return Err(not_permitted(Vendor::Zendesk));
        };
        let outgoing = Outgoing::post_json(self.url(&["tickets"]), request.to_owned()).header(IDEMPOTENCY_KEY, key);
        let answer = self.send(&self.account, &self.account.write("open_ticket", &permit), outgoing).await?;
        // A yes that does not say which ticket: it must be looked for.
        let Opened { ticket } = self.read(&answer).map_err(WriteError::Unknown)?;
        Ok(self.reference(ticket.id))
    }

    fn entry(&self, entry: &TicketEntry) -> String {
        comment::request(entry)
    }

    async fn write(&self, permit: Permit, ticket: &str, request: &str) -> Result<String, WriteError> {
        #[derive(Deserialize)]
        struct Updated {
            audit: Audit,
        }
        #[derive(Deserialize)]
        struct Audit {
            events: Vec<Event>,
        }
        #[derive(Deserialize)]
        struct Event {
            id: u64,
            #[serde(rename = "type")]
            kind: String,
        }
        if !comment::is_planted(permit.effect(), request) {
            return Err(not_permitted(Vendor::Zendesk));
        }
        self.paced(ticket)?;
        let outgoing = Outgoing::put_json(self.url(&["tickets", ticket]), request.to_owned());
        let answer = self.send(&self.updates, &self.updates.write("write_in_ticket", &permit), outgoing).await?;
        let Updated { audit } = self.read(&answer).map_err(WriteError::Unknown)?;
        let written = audit.events.into_iter().find(|event| event.kind == "Comment");
        let silent = || WriteError::Unknown(self.updates.garbled(&answer, "it does not tell of the comment"));
        Ok(written.ok_or_else(silent)?.id.to_string())
    }

    async fn change(&self, permit: Permit, ticket: &str, request: &str) -> Result<(), WriteError> {
        let change = TicketChange::permitted(&permit, request).ok_or(not_permitted(Vendor::Zendesk))?;
        self.bring(ticket, &change).await
    }
}

/// `{"error","description","details"}`, or an `error` of `title` and `message`; an account that does not exist may answer 404
/// with a page of HTML.
fn reason(answer: &Answer) -> String {
    let said: Value = match serde_json::from_slice(&answer.body) {
        Ok(said) => said,
        Err(_) if answer.status.as_u16() == 404 => {
            return "no JSON; is zendesk.subdomain the account's name?".to_owned();
        }
        Err(_) => return "no error that reads".to_owned(),
    };
    let places = ["/error", "/error/title", "/error/message", "/description", "/details"];
    let parts = places.iter().filter_map(|place| said.pointer(place));
    let parts: Vec<String> = parts
        .filter_map(|part| match part {
            Value::String(text) => Some(text.clone()),
            Value::Object(details) if !details.contains_key("title") => Some(part.to_string()),
            _ => None,
        })
        .collect();
    if parts.is_empty() { "no error that reads".to_owned() } else { parts.join(": ") }
}
