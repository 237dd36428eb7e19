//! What a store's owner writes down about their helpdesk.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::integrations::SettingsError;
use crate::integrations::hooks::is_plain;
use crate::integrations::http::{SHORTEST_SECRET, check_base_url};

/// `[stores.NAME.front]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontSettings {
    /// From Front's settings, Developers, API tokens; with the scope of shared resources.
    pub api_token: SecretString,
    /// The id of the application whose channel it is.
    pub app_id: String,
    /// That application's secret: it signs what is sent to the channel, and what Front sends here.
    pub app_secret: SecretString,
    /// The application's channel that conversations come in on: `cha_…`.
    pub channel: String,
    /// The teammate whose deeds are the agent's: `tea_…`. One of its own: what it writes is never taken for a person's.
    pub agent: String,
    /// The inbox that conversations are moved to: `inb_…`. Without one they stay in the channel's.
    #[serde(default)]
    pub inbox: Option<String>,
    /// Ids of teammates who are no people: what they write is nobody's takeover.
    #[serde(default)]
    pub bots: Vec<String>,
    /// Tags for every conversation, by name. One that is not there yet is made, for the whole company.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The subject of a conversation; `{subject}` stands for what the hand-off says.
    #[serde(default = "FrontSettings::subject")]
    pub subject: String,
    /// Calls that are sent at most in a minute. The smallest plan allows 50 to a company, all its apps together; each look at a
    /// conversation is five.
    #[serde(default = "FrontSettings::calls_per_minute")]
    pub calls_per_minute: u32,
    /// Where to send requests instead of to Front itself: a proxy, a test, the sandbox.
    #[serde(default)]
    pub base_url: Option<Url>,
}

impl FrontSettings {
    fn subject() -> String {
        "{subject}".to_owned()
    }

    fn calls_per_minute() -> u32 {
        25
    }

    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let bad = |key, problem: &str, fix| Err(SettingsError { key, problem: problem.to_owned(), fix });
        if self.api_token.expose_secret().is_empty() {
            return bad("front.api_token", "it is empty", "make one in Front's settings, Developers, API tokens");
        }
        if !is_plain(&self.app_id) {
            return bad(
                "front.app_id",
                "it is not an application's id",
                "copy it from the application's page in Front",
            );
        }
        if self.app_secret.expose_secret().len() < SHORTEST_SECRET {
            let fix = "copy it from the application's page in Front, Basic information";
            return bad("front.app_secret", "it is too short to be one of Front's", fix);
        }
        let ids = [
            ("front.channel", "cha_", Some(&self.channel), "write the channel's id, cha_ and letters or digits"),
            ("front.agent", "tea_", Some(&self.agent), "write the teammate's id, tea_ and letters or digits"),
            ("front.inbox", "inb_", self.inbox.as_ref(), "write the inbox's id, inb_ and letters or digits"),
        ];
        for (key, prefix, id, fix) in ids {
            if id.is_some_and(|id| !is_id(id, prefix)) {
                return bad(key, "it is not one of Front's ids", fix);
            }
        }
        if self.calls_per_minute == 0 {
            let fix = "give 1 to 50, or more by plan";
            return bad("front.calls_per_minute", "with 0 no conversation could be opened", fix);
        }
        if self.subject.trim().is_empty() {
            return bad("front.subject", "it is empty", "write a subject, with {subject} for what the hand-off says");
        }
        self.base_url.as_ref().map_or(Ok(()), |url| check_base_url("front.base_url", url))
    }
}

/// Whether it is an id of this kind. It stands in paths.
pub fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    (1..=40).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
