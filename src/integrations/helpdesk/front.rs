//! Front, by an application channel. What is said in the chat is told to the channel as what came in and went out there, so that
//! nothing of it is sent to anyone; what people answer in Front goes to the channel, and that is us ([`events`]).
//!
//! There are two keys: an API token, and a token that the application signs for its channel ([`token`]). Only to the latter does
//! Front show the external ids of messages, by which ours are found again.
//!
//! Front takes messages in after it has answered. A conversation is merged into another one by people; its address then points to
//! the survivor, which is gone to once, and only at the same host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, LOCATION};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    HelpdeskCapabilities, HelpdeskReader, HelpdeskWriter, Tagging, TicketChange, TicketDraft, TicketEntry, TicketView,
};
use crate::domain::clock::Clock;
use crate::domain::effect::Permit;
use crate::domain::event::TicketReference;
use crate::domain::id::EffectId;
use crate::integrations::http::transport::Answer;
use crate::integrations::http::{
    Account, AccountSettings, Call, Failure, FreshHeader, Outgoing, Rate, Safety, Transport, redaction, secret_header,
};
use crate::integrations::{SettingsError, Urgency, Vendor, VendorError, WriteError, not_permitted};

mod change;
mod entry;
pub mod events;
mod plain;
mod reading;
mod settings;
mod ticket;
mod token;
mod view;

use self::entry::{Entry, To};
pub use self::settings::FrontSettings;
use self::ticket::Kept;
use self::token::Signer;

const HOST: &str = "https://api2.frontapp.com";
/// Hosts of Front's own: links in its answers lead to one of the company's.
const OWN_HOSTS: &str = ".frontapp.com";
/// A message with the same external ids belongs to the same conversation, so that a repeated opening makes no second one. For how
/// long no source says; it is taken for as long as any key is. Nor do they say that it makes no second message there: in the worst
/// case the conversation begins with the same message twice.
const IDS_ARE_KNOWN: Duration = Duration::from_secs(20 * 3600);
/// Pauses before a message that was accepted is looked for: some five seconds in all.
const PATIENCE: [Duration; 5] = [
    Duration::from_millis(150),
    Duration::from_millis(350),
    Duration::from_millis(700),
    Duration::from_millis(1_400),
    Duration::from_millis(2_400),
];
/// So many conversations are remembered with what the channel calls them.
const MOST_REMEMBERED: usize = 10_000;

pub struct Front {
    account: Account,
    authorization: HeaderValue,
    channel_authorization: FreshHeader,
    settings: FrontSettings,
    capabilities: HelpdeskCapabilities,
    /// By which external id the channel's messages find a conversation.
    threads: Mutex<HashMap<String, String>>,
    /// Ids of tags, by name in small letters.
    tags: Mutex<HashMap<String, String>>,
}

/// With what a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Api,
    Channel,
}

/// A request, wherever it has to be sent to in the end.
struct Asked<'a> {
    method: Method,
    path: &'a [&'a str],
    query: &'a [(&'a str, &'a str)],
    body: Option<String>,
    key: Key,
}

impl<'a> Asked<'a> {
    fn get(path: &'a [&'a str]) -> Self {
        Self { method: Method::GET, path, query: &[], body: None, key: Key::Api }
    }

    fn with(method: Method, path: &'a [&'a str], body: impl Into<String>) -> Self {
        Self { method, path, query: &[], body: Some(body.into()), key: Key::Api }
    }

    fn by_channel(self) -> Self {
        Self { key: Key::Channel, ..self }
    }
}

#[derive(Deserialize)]
struct Accepted {
    message_uid: String,
}

impl Front {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: FrontSettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let unfit = |key| SettingsError {
            key,
            problem: "it cannot be used".to_owned(),
            fix: "copy it again from Front's settings",
        };
        let base = match &settings.base_url {
            Some(url) => url.clone(),
            None => Url::parse(HOST).map_err(|_| unfit("front.base_url"))?,
        };
        let bearer = SecretString::from(format!("Bearer {}", settings.api_token.expose_secret()));
        let authorization = secret_header(&bearer).ok_or_else(|| unfit("front.api_token"))?;
        let account = AccountSettings {
            vendor: Vendor::Front,
            base,
            rate: Some(Rate::of(settings.calls_per_minute, Duration::from_secs(60))),
            request_id_headers: &["x-front-request-id", "x-request-id"],
            reset_header: None,
        };
        let signer = Signer::new(&settings);
        let channel_authorization: FreshHeader = Arc::new(move || signer.header(Clock::machine()));
        let capabilities = HelpdeskCapabilities {
            vendor: "front",
            dedupes_tickets_for: Some(IDS_ARE_KNOWN),
            opens_with_note: false,
            longest_message: entry::LONGEST_BODY,
            entries_one_by_one: 2,
        };
        Ok(Self {
            account: Account::new(transport, account),
            authorization,
            channel_authorization,
            settings,
            capabilities,
            threads: Mutex::default(),
            tags: Mutex::default(),
        })
    }

    fn outgoing(&self, asked: &Asked<'_>, path: &[&str]) -> Outgoing {
        let mut url = self.account.url(path);
        if !asked.query.is_empty() {
            url.query_pairs_mut().extend_pairs(asked.query);
        }
        let outgoing = match &asked.body {
            Some(body) => Outgoing { method: asked.method.clone(), ..Outgoing::post_json(url, body.clone()) },
            None => Outgoing { method: asked.method.clone(), ..Outgoing::get(url) },
        };
        let outgoing = outgoing.header(ACCEPT, HeaderValue::from_static("application/json"));
        match asked.key {
            Key::Api => outgoing.header(AUTHORIZATION, self.authorization.clone()),
            Key::Channel => outgoing.fresh_header(AUTHORIZATION, Arc::clone(&self.channel_authorization)),
        }
    }

    /// The answer, whatever its status; that of the survivor, where the conversation was merged. Nothing was done at the address
    /// that says so.
    async fn send(&self, call: &Call, asked: &Asked<'_>) -> Result<Answer, Failure> {
        let answer = self.account.send(call, &self.outgoing(asked, asked.path)).await?;
        let survivor = (answer.status.as_u16() == 301).then(|| self.survivor(&answer)).flatten();
        let (Some(survivor), ["conversations", _, rest @ ..]) = (survivor, asked.path) else { return Ok(answer) };
        let path = [&["conversations", survivor.as_str()], rest].concat();
        self.account.send(call, &self.outgoing(asked, &path)).await
    }

    /// Into which conversation this one was merged, if it is said of one at this host or at one of Front's. The request goes to
    /// our own host whatever is said.
    fn survivor(&self, answer: &Answer) -> Option<String> {
        let base = self.account.url(&[]);
        let to = base.join(answer.headers.get(LOCATION)?.to_str().ok()?).ok()?;
        let same = (to.host_str(), to.port_or_known_default()) == (base.host_str(), base.port_or_known_default());
        if !same && !to.host_str().is_some_and(|host| host.ends_with(OWN_HOSTS)) {
            return None;
        }
        conversation_in(&to)
    }

    async fn get(&self, call: &Call, asked: &Asked<'_>) -> Result<Answer, VendorError> {
        let answer = self.send(call, asked).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(self.account.error_of(&answer, &reason(&answer)))
    }

    async fn put(&self, call: &Call, asked: &Asked<'_>) -> Result<Answer, WriteError> {
        let answer = self.send(call, asked).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(self.account.write_error_of(&answer, &reason(&answer)))
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, answer: &Answer) -> Result<T, VendorError> {
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.account.garbled(answer, &redaction::unreadable(&error)))
    }

    fn reference(id: &str) -> TicketReference {
        TicketReference { id: id.to_owned(), url: Some(format!("https://app.frontapp.com/open/{id}")) }
    }

    /// What somebody has to set in Front so that it sends its events to this address: it offers no call for that.
    pub fn steps(&self, url: &Url) -> Vec<String> {
        let FrontSettings { app_id, channel, .. } = &self.settings;
        vec![
            format!("In Front, open Settings, Developers, Apps, and there the app {app_id}."),
            format!("Features, Application channel: set the server URL to {url}"),
            format!(
                "Features, Webhooks: set the URL to {url} and subscribe to everything about conversations, tags, comments and \
                 inbound messages. Front asks there at once whether it is answered, so the server has to run."
            ),
            format!(
                "If the channel {channel} was added before, remove it and add it again: it keeps the address that it began with."
            ),
        ]
    }

    fn remember(&self, conversation: &str, thread: &str) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if threads.len() >= MOST_REMEMBERED {
            threads.clear();
        }
        threads.insert(conversation.to_owned(), thread.to_owned());
    }

    /// By which external id messages find this conversation. Nothing has left where that cannot be told.
    async fn thread(&self, conversation: &str) -> Result<String, WriteError> {
        let known = self.threads.lock().unwrap_or_else(PoisonError::into_inner).get(conversation).cloned();
        if let Some(thread) = known {
            return Ok(thread);
        }
        let call = self.account.call("thread", Safety::Read, Urgency::Background);
        let path = ["conversations", conversation];
        let answer = match self.get(&call, &Asked::get(&path).by_channel()).await {
            Err(error @ (VendorError::Refused { .. } | VendorError::Credentials { .. })) => {
                return Err(WriteError::Refused(error));
            }
            answer => answer.map_err(WriteError::NotSent)?,
        };
        let shown: view::Conversation = self.read(&answer).map_err(WriteError::NotSent)?;
        let Some(thread) = shown.metadata.external_conversation_ids.into_iter().next() else {
            let reason = "the conversation did not come in on the channel of front.channel".to_owned();
            let (vendor, request_id) = (Vendor::Front, None);
            return Err(WriteError::Refused(VendorError::Refused { vendor, status: 0, reason, request_id }));
        };
        self.remember(conversation, &thread);
        Ok(thread)
    }

    /// The conversation of a message that was accepted, once Front has taken it in. `None`: not yet.
    async fn conversation_of(&self, uid: &str) -> Option<String> {
        let alias = format!("alt:uid:{uid}");
        let path = ["messages", alias.as_str()];
        for pause in PATIENCE {
            tokio::time::sleep(pause).await;
            let call = self.account.call("message", Safety::Read, Urgency::Shopper);
            // A failure is no answer either: what is not found now is looked for later.
            let Ok(answer) = self.get(&call, &Asked::get(&path)).await else { continue };
            let message = self.read::<view::Message>(&answer).ok();
            if let Some(id) = message.and_then(|message| message.conversation()) {
                return Some(id);
            }
        }
        None
    }
}

/// The id of the conversation that an address leads to.
fn conversation_in(url: &Url) -> Option<String> {
    let mut segments = url.path_segments()?.skip_while(|segment| *segment != "conversations").skip(1);
    segments.next().filter(|id| settings::is_id(id, "cnv_")).map(str::to_owned)
}

#[async_trait]
impl HelpdeskReader for Front {
    fn capabilities(&self) -> &HelpdeskCapabilities {
        &self.capabilities
    }

    async fn ticket_of(&self, effect: &EffectId, urgency: Urgency) -> Result<Option<TicketReference>, VendorError> {
        self.opened_by(effect, urgency).await
    }

    async fn ticket(&self, id: &str, urgency: Urgency) -> Result<Option<TicketView>, VendorError> {
        self.shown(id, urgency).await
    }

    async fn taggings(&self, ticket: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError> {
        self.tagged(ticket, urgency).await
    }

    async fn check(&self) -> Result<String, VendorError> {
        self.checked().await
    }
}

#[async_trait]
impl HelpdeskWriter for Front {
    fn request(&self, draft: &TicketDraft) -> String {
        ticket::request(&self.settings, draft)
    }

    async fn open_ticket(&self, permit: Permit, request: &str) -> Result<TicketReference, WriteError> {
        let effect = permit.effect().clone();
        let Kept { message, tags } = Kept::permitted(&permit, request).ok_or(not_permitted(Vendor::Front))?;
        let path = ["channels", self.settings.channel.as_str(), To::InboundMessages.as_str()];
        let asked = Asked::with(Method::POST, &path, message.get()).by_channel();
        let call = self.account.call("open_ticket", Safety::Write, Urgency::Shopper);
        let answer = self.put(&call, &asked).await?;
        let Accepted { message_uid } = self.read(&answer).map_err(WriteError::Unknown)?;
        let Some(id) = self.conversation_of(&message_uid).await else {
            let reason = "it has accepted the message and does not show it yet";
            return Err(WriteError::Unknown(self.account.garbled(&answer, reason)));
        };
        self.remember(&id, effect.as_str());
        self.adorn(&id, &tags).await;
        Ok(Self::reference(&id))
    }

    fn entry(&self, entry: &TicketEntry) -> String {
        entry::request(&self.settings, entry)
    }

    async fn write(&self, permit: Permit, ticket: &str, request: &str) -> Result<String, WriteError> {
        #[derive(Deserialize)]
        struct Commented {
            id: String,
        }
        let entry = Entry::permitted(&permit, request).ok_or(not_permitted(Vendor::Front))?;
        let to = entry.to;
        let call = self.account.write("write_in_ticket", &permit);
        let answer = match to {
            To::InboundMessages | To::OutboundMessages => {
                let thread = self.thread(ticket).await?;
                let path = ["channels", self.settings.channel.as_str(), to.as_str()];
                self.put(&call, &Asked::with(Method::POST, &path, entry.body(Some(&thread))).by_channel()).await?
            }
            To::Comments | To::Messages => {
                let path = ["conversations", ticket, to.as_str()];
                self.put(&call, &Asked::with(Method::POST, &path, entry.body(None))).await?
            }
        };
        let written = match to {
            To::Comments => self.read::<Commented>(&answer).map(|comment| comment.id),
            To::InboundMessages | To::OutboundMessages | To::Messages => {
                self.read::<Accepted>(&answer).map(|accepted| accepted.message_uid)
            }
        };
        written.map_err(WriteError::Unknown)
    }

    async fn change(&self, permit: Permit, ticket: &str, request: &str) -> Result<(), WriteError> {
        let change = TicketChange::permitted(&permit, request).ok_or(not_permitted(Vendor::Front))?;
        self.bring(ticket, &change).await
    }
}

/// `{"_error":{"status","title","message"}}`
fn reason(answer: &Answer) -> String {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let parts = ["/_error/title", "/_error/message"].iter().filter_map(|place| said.pointer(place)?.as_str());
    let parts: Vec<&str> = parts.collect();
    if parts.is_empty() { "no error that reads".to_owned() } else { parts.join(": ") }
}
