//! Intercom. A conversation is opened in the name of a contact of its own, with all that was said in its first message; the note
//! for colleagues and what is said later are parts of it.
//!
//! Nothing here has an idempotency key. The contact's external id is the effect's, which Intercom takes once; the conversation
//! carries the effect's id in its first message. Intercom's search may be minutes behind, so the newest conversations are looked
//! through as well.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{
    Colleague, HelpdeskCapabilities, HelpdeskReader, HelpdeskWriter, Tagging, TicketChange, TicketDraft, TicketEntry,
    TicketView,
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
mod contacts;
pub mod events;
mod mark;
mod opening;
mod part;
mod search;
mod settings;
mod view;

use self::opening::Opening;
pub use self::settings::{IntercomSettings, Region};
use self::view::{Author, Conversation, Id};

/// The version whose shapes are read and written here.
const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("intercom-version"), HeaderValue::from_static("2.16"));

pub struct Intercom {
    account: Account,
    authorization: HeaderValue,
    settings: IntercomSettings,
    capabilities: HelpdeskCapabilities,
}

impl Intercom {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: IntercomSettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let unfit = |key| SettingsError {
            key,
            problem: "it cannot be used".to_owned(),
            fix: "copy it again from Intercom's Developer Hub",
        };
        let base = match &settings.base_url {
            Some(url) => url.clone(),
            None => Url::parse(settings.region.api()).map_err(|_| unfit("intercom.region"))?,
        };
        let bearer = SecretString::from(format!("Bearer {}", settings.access_token.expose_secret()));
        let authorization = secret_header(&bearer).ok_or_else(|| unfit("intercom.access_token"))?;
        let account = Account::new(
            transport,
            AccountSettings {
                vendor: Vendor::Intercom,
                base,
                rate: Some(Rate::of(settings.calls_in_10_seconds, Duration::from_secs(10))),
                request_id_headers: &["x-request-id"],
                reset_header: Some("x-ratelimit-reset"),
            },
        );
        let capabilities = HelpdeskCapabilities {
            vendor: "intercom",
            dedupes_tickets_for: None,
            opens_with_note: false,
            longest_message: part::LONGEST_BODY,
            entries_one_by_one: 3,
        };
        Ok(Self { account, authorization, settings, capabilities })
    }

    /// What Intercom signs under this secret for this workspace.
    pub fn events(&self, secret: &SecretString) -> events::Events {
        events::Events::new(secret, &self.settings.app_id)
    }

    /// What has to be done by hand so that events come to this address.
    pub fn steps(&self, url: &Url) -> Vec<String> {
        events::steps(self.settings.region.pages(), url)
    }

    fn dressed(&self, outgoing: Outgoing) -> Outgoing {
        let (version, number) = VERSION;
        outgoing
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(version, number)
    }

    /// Asks for something.
    async fn ask_for(&self, outgoing: Outgoing, call: &Call) -> Result<Answer, VendorError> {
        let answer = self.account.send(call, &self.dressed(outgoing)).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(self.account.error_of(&answer, &reason(&answer)))
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)], call: &Call) -> Result<Answer, VendorError> {
        let mut url = self.account.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.ask_for(Outgoing::get(url), call).await
    }

    /// Sends what changes something.
    async fn send(&self, call: &Call, outgoing: Outgoing) -> Result<Answer, WriteError> {
        let answer = self.account.send(call, &self.dressed(outgoing)).await?;
        if !answer.status.is_success() {
            return Err(self.account.write_error_of(&answer, &reason(&answer)));
        }
        Ok(answer)
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, answer: &Answer) -> Result<T, VendorError> {
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.account.garbled(answer, &redaction::unreadable(&error)))
    }

    fn reference(&self, id: &str) -> TicketReference {
        let (pages, workspace) = (self.settings.region.pages(), &self.settings.app_id);
        let url = format!("{pages}/a/inbox/{workspace}/inbox/conversation/{id}");
        TicketReference { id: id.to_owned(), url: Some(url) }
    }

    /// The teammate of ours, as Intercom wants to be told.
    fn own_id(&self) -> String {
        self.settings.admin.to_string()
    }

    /// A conversation with its parts, of which Intercom shows the newest 500.
    async fn conversation(&self, id: &str, urgency: Urgency) -> Result<Conversation, VendorError> {
        let call = self.account.call("ticket", Safety::Read, urgency);
        self.read(&self.get(&["conversations", id], &[("display_as", "plaintext")], &call).await?)
    }

    async fn teammates(&self, urgency: Urgency) -> Result<Vec<Author>, VendorError> {
        #[derive(Deserialize)]
        struct Team {
            admins: Vec<Author>,
        }
        let call = self.account.call("admins", Safety::Read, urgency);
        let Team { admins } = self.read(&self.get(&["admins"], &[], &call).await?)?;
        Ok(admins)
    }

    /// Who has a conversation. One who has not written in it has to be asked for.
    async fn assignee(&self, of: &Conversation, urgency: Urgency) -> Result<Option<Colleague>, VendorError> {
        let Some(id) = of.assignee(&self.settings) else { return Ok(None) };
        if let Some(teammate) = of.teammate(id) {
            return Ok(Some(teammate.colleague()));
        }
        let call = self.account.call("admin", Safety::Read, urgency);
        match self.get(&["admins", id], &[], &call).await {
            Ok(answer) => Ok(Some(self.read::<Author>(&answer)?.colleague())),
            Err(VendorError::Refused { status: 404, .. }) => {
                Ok(Some(Colleague { id: id.to_owned(), name: String::new(), email: None }))
            }
            Err(error) => Err(error),
        }
    }

    /// What a conversation is to have once it is there. It is there without, too, and is not opened again for it.
    async fn furnish(&self, id: &str, opening: &Opening) {
        if let Err(error) = self.tag(id, opening.tags.iter()).await {
            tracing::warn!(conversation = id, %error, "a conversation of Intercom's is without its tags");
        }
        let Some(team) = opening.team else { return };
        if let Err(error) = self.assign(id, "team", &team.to_string()).await {
            tracing::warn!(conversation = id, %error, "a conversation of Intercom's is without its team");
        }
    }
}

#[async_trait]
impl HelpdeskReader for Intercom {
    fn capabilities(&self) -> &HelpdeskCapabilities {
        &self.capabilities
    }

    async fn ticket_of(&self, effect: &EffectId, urgency: Urgency) -> Result<Option<TicketReference>, VendorError> {
        let found = self.conversation_of(effect, urgency).await?;
        Ok(found.map(|conversation| self.reference(&conversation.id.0)))
    }

    async fn ticket(&self, id: &str, urgency: Urgency) -> Result<Option<TicketView>, VendorError> {
        let conversation = match self.conversation(id, urgency).await {
            Err(VendorError::Refused { status: 404, .. }) => return Ok(None),
            conversation => conversation?,
        };
        let assignee = self.assignee(&conversation, urgency).await?;
        let reference = self.reference(&conversation.id.0);
        Ok(Some(conversation.view(&self.settings, reference, assignee)))
    }

    async fn taggings(&self, ticket: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError> {
        self.tagged(ticket, urgency).await
    }

    async fn check(&self) -> Result<String, VendorError> {
        #[derive(Deserialize)]
        struct Me {
            app: Option<Workspace>,
        }
        #[derive(Deserialize)]
        struct Workspace {
            id_code: Option<String>,
            name: Option<String>,
        }
        let call = self.account.call("me", Safety::Read, Urgency::Background);
        let answer = self.get(&["me"], &[], &call).await?;
        let workspace = self.read::<Me>(&answer)?.app;
        let unfit = |reason: String| VendorError::Credentials { vendor: Vendor::Intercom, reason, request_id: None };
        let code = workspace.as_ref().and_then(|workspace| workspace.id_code.as_deref());
        if let Some(other) = code.filter(|code| *code != self.settings.app_id) {
            let other = redaction::for_operator(other);
            return Err(unfit(format!("the token is of the workspace {other}; set intercom.app_id to that")));
        }
        let team = self.teammates(Urgency::Background).await?;
        let own = Id(self.own_id());
        if !team.iter().any(|teammate| teammate.id.as_ref() == Some(&own)) {
            return Err(unfit(format!("intercom.admin is {}, which is no teammate of this workspace", own.0)));
        }
        let name = workspace.and_then(|workspace| workspace.name).unwrap_or_else(|| self.settings.app_id.clone());
        let left = answer.headers.get("x-ratelimit-remaining").and_then(|value| value.to_str().ok());
        let name = redaction::for_operator(&name);
        Ok(match left {
            Some(left) => format!("workspace {name}, {} calls left for now", redaction::for_operator(left)),
            None => format!("workspace {name}"),
        })
    }
}

#[async_trait]
impl HelpdeskWriter for Intercom {
    fn request(&self, draft: &TicketDraft) -> String {
        opening::request(&self.settings, draft)
    }

    async fn open_ticket(&self, permit: Permit, request: &str) -> Result<TicketReference, WriteError> {
        #[derive(Deserialize)]
        struct Opened {
            conversation_id: Id,
        }
        let opening = Opening::permitted(&permit, request).ok_or(not_permitted(Vendor::Intercom))?;
        let contact = self.contact(&opening.contact).await.map_err(unsent)?;
        let body = json!({"from": {"type": contact.kind(), "id": contact.id.0}, "body": opening.body});
        let outgoing = Outgoing::post_json(self.account.url(&["conversations"]), body.to_string());
        let answer = match self.send(&self.account.write("open_ticket", &permit), outgoing).await {
            // A contact that was only just made: the rest of Intercom does not know it yet.
            Err(WriteError::Refused(error @ VendorError::Refused { status: 404, .. })) => {
                return Err(WriteError::NotSent(error));
            }
            answer => answer?,
        };
        // A yes that does not say which conversation: it must be looked for.
        let Opened { conversation_id: Id(id) } = self.read(&answer).map_err(WriteError::Unknown)?;
        self.furnish(&id, &opening).await;
        Ok(self.reference(&id))
    }

    fn entry(&self, entry: &TicketEntry) -> String {
        part::request(&self.settings, entry)
    }

    async fn write(&self, permit: Permit, ticket: &str, request: &str) -> Result<String, WriteError> {
        let mut part = part::Entry::permitted(&permit, request).ok_or(not_permitted(Vendor::Intercom))?.part;
        if part.is_contacts() {
            part.intercom_user_id = self.existing(ticket).await?.contact().map(str::to_owned);
        }
        let body = serde_json::to_string(&part).unwrap_or_default();
        let outgoing = Outgoing::post_json(self.account.url(&["conversations", ticket, "reply"]), body);
        let answer = self.send(&self.account.write("write_in_ticket", &permit), outgoing).await?;
        let written: Conversation = self.read(&answer).map_err(WriteError::Unknown)?;
        let silent = || WriteError::Unknown(self.account.garbled(&answer, "it does not tell of what was written"));
        Ok(written.last_part().ok_or_else(silent)?.to_owned())
    }

    async fn change(&self, permit: Permit, ticket: &str, request: &str) -> Result<(), WriteError> {
        let change = TicketChange::permitted(&permit, request).ok_or(not_permitted(Vendor::Intercom))?;
        self.bring(ticket, &change).await
    }
}

/// What failed before anything was written: a no stays one, all else may go again.
fn unsent(error: VendorError) -> WriteError {
    match error {
        VendorError::Refused { .. } | VendorError::Credentials { .. } => WriteError::Refused(error),
        VendorError::Unavailable { .. } | VendorError::Throttled { .. } | VendorError::Garbled { .. } => {
            WriteError::NotSent(error)
        }
    }
}

/// `{"type":"error.list","errors":[{"code","message","field"}]}`
fn reason(answer: &Answer) -> String {
    #[derive(Deserialize)]
    struct List {
        errors: Vec<Said>,
    }
    #[derive(Deserialize)]
    struct Said {
        code: String,
        message: Option<String>,
    }
    let Ok(List { errors }) = serde_json::from_slice(&answer.body) else { return "no error that reads".to_owned() };
    let said = errors.into_iter().map(|Said { code, message }| match message {
        Some(message) => format!("{code}: {message}"),
        None => code,
    });
    said.collect::<Vec<_>>().join("; ")
}
