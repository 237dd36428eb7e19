//! What a store's owner writes down about their helpdesk.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::integrations::SettingsError;
use crate::integrations::http::{SHORTEST_SECRET, check_base_url, is_label};

/// `[stores.NAME.intercom]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntercomSettings {
    /// Where the workspace is kept.
    #[serde(default)]
    pub region: Region,
    /// The workspace's id. Events of another workspace are not taken.
    pub app_id: String,
    /// From the Developer Hub, the app's Authentication.
    pub access_token: SecretString,
    /// The id of the teammate in whose name requests are made. One of its own: what it writes is never taken for a person's.
    pub admin: u64,
    /// Ids of teammates who are no people: what they write is nobody's takeover. Intercom's own bots are known without it.
    #[serde(default)]
    pub bots: Vec<String>,
    /// The app's client secret, under which Intercom signs events. Without it none are taken, and what people write in
    /// Intercom reaches no chat.
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// Tags for every conversation.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The id of the team that the conversation goes to.
    #[serde(default)]
    pub team: Option<u64>,
    /// Whether the shopper's address becomes their contact's. Intercom then mails them what they leave unread, so that whoever
    /// still has the chat open reads it twice.
    #[serde(default)]
    pub mail_contacts: bool,
    /// Calls that are sent at most in ten seconds, as which Intercom counts them. It allows an app 10,000 in a minute.
    #[serde(default = "IntercomSettings::calls_in_10_seconds")]
    pub calls_in_10_seconds: u32,
    /// Where to send requests instead of to the region's own address: a proxy, a test, the sandbox.
    #[serde(default)]
    pub base_url: Option<Url>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    #[default]
    Us,
    Eu,
    Au,
}

impl Region {
    /// Where requests go.
    pub fn api(self) -> &'static str {
        match self {
            Self::Us => "https://api.intercom.io",
            Self::Eu => "https://api.eu.intercom.io",
            Self::Au => "https://api.au.intercom.io",
        }
    }

    /// Where people work.
    pub fn pages(self) -> &'static str {
        match self {
            Self::Us => "https://app.intercom.com",
            Self::Eu => "https://app.eu.intercom.com",
            Self::Au => "https://app.au.intercom.com",
        }
    }
}

impl IntercomSettings {
    fn calls_in_10_seconds() -> u32 {
        800
    }

    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let bad = |key, problem: &str, fix| Err(SettingsError { key, problem: problem.to_owned(), fix });
        if !is_label(&self.app_id) {
            let fix = "copy it from Intercom, Settings, Workspace: it stands in the address of every page there";
            return bad("intercom.app_id", "it is not the id of a workspace", fix);
        }
        if self.access_token.expose_secret().is_empty() {
            let fix = "copy it from Intercom's Developer Hub, your app, Authentication";
            return bad("intercom.access_token", "it is empty", fix);
        }
        if self.admin == 0 {
            return bad("intercom.admin", "it is nobody's id", "give the id of a teammate who writes for the agent");
        }
        if self.client_secret.as_ref().is_some_and(|secret| secret.expose_secret().len() < SHORTEST_SECRET) {
            let fix = "copy it from Intercom's Developer Hub, your app, Basic information";
            return bad("intercom.client_secret", "it is too short to be one of Intercom's", fix);
        }
        if self.calls_in_10_seconds == 0 {
            let fix = "give 1 to 1666, which is what Intercom allows an app";
            return bad("intercom.calls_in_10_seconds", "with 0 no conversation could be opened", fix);
        }
        self.base_url.as_ref().map_or(Ok(()), |url| check_base_url("intercom.base_url", url))
    }
}
