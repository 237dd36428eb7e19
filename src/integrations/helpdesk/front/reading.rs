//! Conversations as they are read, with all that stands in them, and whether the keys work.

use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use super::view::{self, Channelled, Whole};
use super::{Asked, Front, reason};
use crate::domain::event::TicketReference;
use crate::domain::id::EffectId;
use crate::integrations::helpdesk::TicketView;
use crate::integrations::http::{Call, Safety, redaction};
use crate::integrations::{Urgency, Vendor, VendorError};

/// Pages of messages that are read, of 100 each, the newest first: of a conversation with more the oldest are not seen.
const MOST_PAGES: usize = 5;

#[derive(Deserialize)]
pub struct Page<T> {
    #[serde(rename = "_results")]
    pub results: Vec<T>,
    #[serde(rename = "_pagination")]
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    next: Option<String>,
}

impl<T> Page<T> {
    /// What names the next page. The address that it stands in is not gone to.
    pub fn next(&self) -> Option<String> {
        let next = Url::parse(self.pagination.as_ref()?.next.as_deref()?).ok()?;
        next.query_pairs().find(|(name, _)| name == "page_token").map(|(_, token)| token.into_owned())
    }
}

#[derive(Deserialize)]
struct Contact {
    #[serde(default)]
    handles: Vec<Handle>,
}

#[derive(Deserialize)]
struct Handle {
    handle: String,
    source: String,
}

impl Front {
    /// All of a list, as far as it is read.
    pub(super) async fn all<T: for<'a> Deserialize<'a>>(
        &self,
        call: &Call,
        asked: Asked<'_>,
    ) -> Result<Vec<T>, VendorError> {
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut query = asked.query.to_vec();
            query.push(("limit", "100"));
            query.extend(token.as_deref().map(|token| ("page_token", token)));
            let page = Asked { method: asked.method.clone(), body: None, query: &query, ..asked };
            let page: Page<T> = self.read(&self.get(call, &page).await?)?;
            token = page.next();
            found.extend(page.results);
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// The conversation that this effect opened. A search finds the effect's id in the message; what it finds is believed only if
    /// the channel says the same.
    pub(super) async fn opened_by(
        &self,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<TicketReference>, VendorError> {
        let call = self.account.call("search", Safety::Read, urgency);
        let path = ["conversations", "search", effect.as_str()];
        let page: Page<view::Conversation> = self.read(&self.get(&call, &Asked::get(&path)).await?)?;
        for found in page.results {
            let path = ["conversations", found.id.as_str()];
            let call = self.account.call("conversation", Safety::Read, urgency);
            let answer = match self.get(&call, &Asked::get(&path).by_channel()).await {
                Err(VendorError::Refused { .. }) => continue,
                answer => answer?,
            };
            let shown: view::Conversation = self.read(&answer)?;
            if shown.metadata.external_conversation_ids.iter().any(|id| id == effect.as_str()) {
                self.remember(&shown.id, effect.as_str());
                return Ok(Some(Self::reference(&shown.id)));
            }
        }
        Ok(None)
    }

    pub(super) async fn shown(&self, id: &str, urgency: Urgency) -> Result<Option<TicketView>, VendorError> {
        let call = self.account.call("ticket", Safety::Read, urgency);
        let answer = match self.get(&call, &Asked::get(&["conversations", id])).await {
            Err(VendorError::Refused { status: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        let conversation: view::Conversation = self.read(&answer)?;
        let now = conversation.id.clone();
        let (messages, comments, inboxes, email) = tokio::join!(
            self.messages(&now, urgency),
            self.comments(&now, urgency),
            self.inboxes(&now, urgency),
            self.address(&conversation, urgency),
        );
        let whole = Whole { messages: messages?, comments: comments?, inbox: inboxes?, email: email?, conversation };
        Ok(Some(whole.view(&self.settings, Self::reference(id))))
    }

    /// Under the channel's own token, to which external ids are shown. What is not of the channel is read without.
    async fn messages(&self, id: &str, urgency: Urgency) -> Result<Channelled, VendorError> {
        let call = self.account.call("messages", Safety::Read, urgency);
        let path = ["conversations", id, "messages"];
        match self.all(&call, Asked::get(&path).by_channel()).await {
            Ok(messages) => Ok(Channelled { messages, ours: true }),
            // Which of the two it answers of a conversation that the token is not for, no source says.
            Err(VendorError::Refused { status: 404, .. }) => {
                Ok(Channelled { messages: self.all(&call, Asked::get(&path)).await?, ours: false })
            }
            Err(VendorError::Credentials { reason, .. }) if reason.starts_with("403") => {
                Ok(Channelled { messages: self.all(&call, Asked::get(&path)).await?, ours: false })
            }
            Err(error) => Err(error),
        }
    }

    /// They come on one page.
    async fn comments(&self, id: &str, urgency: Urgency) -> Result<Vec<view::Comment>, VendorError> {
        let call = self.account.call("comments", Safety::Read, urgency);
        let page: Page<view::Comment> =
            self.read(&self.get(&call, &Asked::get(&["conversations", id, "comments"])).await?)?;
        Ok(page.results)
    }

    /// The inbox that it lies in; of several, that of the settings or else the first.
    async fn inboxes(&self, id: &str, urgency: Urgency) -> Result<Option<String>, VendorError> {
        #[derive(Deserialize)]
        struct Inbox {
            id: String,
        }
        let call = self.account.call("inboxes", Safety::Read, urgency);
        let page: Page<Inbox> = self.read(&self.get(&call, &Asked::get(&["conversations", id, "inboxes"])).await?)?;
        let wanted = self.settings.inbox.as_ref();
        let own = page.results.iter().find(|inbox| Some(&inbox.id) == wanted);
        Ok(own.or(page.results.first()).map(|inbox| inbox.id.clone()))
    }

    /// The address by which Front knows the customer of a conversation that did not come by mail.
    async fn address(
        &self,
        conversation: &view::Conversation,
        urgency: Urgency,
    ) -> Result<Option<String>, VendorError> {
        let Some(contact) = conversation.contact().filter(|_| conversation.email().is_none()) else { return Ok(None) };
        let call = self.account.call("contact", Safety::Read, urgency);
        let answer = match self.get(&call, &Asked::get(&["contacts", contact.as_str()])).await {
            Err(VendorError::Refused { status: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        let Contact { handles } = self.read(&answer)?;
        Ok(handles.into_iter().find(|own| own.source == "email").map(|own| own.handle))
    }

    pub(super) async fn checked(&self) -> Result<String, VendorError> {
        #[derive(Deserialize)]
        struct Company {
            name: String,
        }
        let call = |operation| self.account.call(operation, Safety::Read, Urgency::Background);
        let answer = self.get(&call("company"), &Asked::get(&["me"])).await?;
        let company: Company = self.read(&answer)?;
        self.exists("channel", &["channels", &self.settings.channel], "front.channel").await?;
        self.exists("agent", &["teammates", &self.settings.agent], "front.agent").await?;
        // No message is called so: who may look is told that there is none.
        let looked = Asked::get(&["messages", "alt:uid:none"]).by_channel();
        let told = self.send(&call("channel_token"), &looked).await?;
        if told.status.as_u16() == 401 {
            let reason = format!("front.app_id, front.app_secret and front.channel do not fit: {}", reason(&told));
            let reason = redaction::for_operator(&reason);
            return Err(VendorError::Credentials { vendor: Vendor::Front, reason, request_id: None });
        }
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        let name = redaction::for_operator(&company.name);
        Ok(match (header("x-ratelimit-remaining"), header("x-ratelimit-limit")) {
            (Some(left), Some(limit)) => {
                let limit = redaction::for_operator(&format!("{left} of {limit}"));
                format!("company {name}, {limit} calls left in this minute")
            }
            _ => format!("company {name}"),
        })
    }

    async fn exists(&self, operation: &'static str, path: &[&str], setting: &str) -> Result<(), VendorError> {
        let call = self.account.call(operation, Safety::Read, Urgency::Background);
        match self.get(&call, &Asked::get(path)).await {
            Err(VendorError::Refused { status: 404, request_id, .. }) => {
                let reason = format!("it does not know {setting}");
                Err(VendorError::Refused { vendor: Vendor::Front, status: 404, reason, request_id })
            }
            answer => answer.map(drop),
        }
    }
}

/// A moment of Front's: seconds since 1970, with or without a fraction.
pub fn moment(seconds: f64) -> Timestamp {
    let whole = jiff::SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
    Timestamp::from_duration(whole).unwrap_or(Timestamp::UNIX_EPOCH)
}
