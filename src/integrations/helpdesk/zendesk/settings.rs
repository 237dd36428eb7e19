//! What a store's owner writes down about their helpdesk.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::customer::Email;
use crate::integrations::SettingsError;
use crate::integrations::http::{SHORTEST_SECRET, check_base_url, is_label};

/// `[stores.NAME.zendesk]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZendeskSettings {
    /// The account: `juniper` for `juniper.zendesk.com`.
    pub subdomain: String,
    /// The e-mail address of the agent in whose name requests are made. A user of its own: what it writes is never taken for
    /// a person's.
    pub user: Email,
    /// From Admin Center, Apps and integrations, Zendesk API.
    pub api_token: SecretString,
    /// Ids of Zendesk users who are no people: what they write is nobody's takeover.
    #[serde(default)]
    pub bots: Vec<String>,
    /// The secret that Zendesk has made for the webhook. Without it no events are taken, and what people write in Zendesk
    /// reaches no chat.
    #[serde(default)]
    pub webhook_secret: Option<SecretString>,
    /// The subject of a ticket; `{subject}` stands for what the hand-off says.
    #[serde(default = "ZendeskSettings::subject")]
    pub subject: String,
    /// Tags for every ticket. Zendesk knows small letters only, and no spaces.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub priority: Option<TicketPriority>,
    /// The id of the group that the ticket goes to.
    #[serde(default)]
    pub group: Option<u64>,
    /// A shopper who gave no e-mail address is entered as one at this domain, at which no mail can arrive.
    #[serde(default = "ZendeskSettings::visitor_domain")]
    pub visitor_domain: String,
    /// Calls that are sent at most in a minute. The smallest plan allows 200 to an account, all its apps together.
    #[serde(default = "ZendeskSettings::calls_per_minute")]
    pub calls_per_minute: u32,
    /// Where to send requests instead of to the account itself: a proxy, a test, the sandbox.
    #[serde(default)]
    pub base_url: Option<Url>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketPriority {
    Urgent,
    High,
    Normal,
    Low,
}

impl ZendeskSettings {
    fn subject() -> String {
        "{subject}".to_owned()
    }

    fn visitor_domain() -> String {
        "visitor.invalid".to_owned()
    }

    fn calls_per_minute() -> u32 {
        100
    }

    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let bad = |key, problem: &str, fix| Err(SettingsError { key, problem: problem.to_owned(), fix });
        if !is_label(&self.subdomain) {
            return bad(
                "zendesk.subdomain",
                "it is not the name of an account",
                "write the first part of the address only: juniper for juniper.zendesk.com",
            );
        }
        if self.api_token.expose_secret().is_empty() {
            return bad("zendesk.api_token", "it is empty", "make one in Zendesk's Admin Center, Zendesk API");
        }
        if Email::parse(&format!("visitor@{}", self.visitor_domain)).is_none() {
            return bad("zendesk.visitor_domain", "it is not a domain", "write a name such as visitor.invalid");
        }
        if self.webhook_secret.as_ref().is_some_and(|secret| secret.expose_secret().len() < SHORTEST_SECRET) {
            let fix = "Zendesk makes it: run `deskhand stores connect zendesk` and set what it prints";
            return bad("zendesk.webhook_secret", "it is too short to be one of Zendesk's", fix);
        }
        if self.calls_per_minute == 0 {
            return bad(
                "zendesk.calls_per_minute",
                "with 0 no ticket could be opened",
                "give 1 to 200, or more by plan",
            );
        }
        if self.subject.trim().is_empty() {
            return bad("zendesk.subject", "it is empty", "write a subject, with {subject} for what the hand-off says");
        }
        self.base_url.as_ref().map_or(Ok(()), |url| check_base_url("zendesk.base_url", url))
    }
}
