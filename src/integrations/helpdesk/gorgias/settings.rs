//! What a store's owner writes down about their helpdesk.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::customer::Email;
use crate::integrations::SettingsError;
use crate::integrations::http::{SHORTEST_SECRET, check_base_url, is_label};

/// `[stores.NAME.gorgias]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GorgiasSettings {
    /// The account: `juniper` for `juniper.gorgias.com`.
    pub domain: String,
    /// The e-mail address of the Gorgias user to whom the API key belongs.
    pub user: Email,
    /// From Settings, REST API.
    pub api_key: SecretString,
    /// The Gorgias user who is shown as the author of the agent's messages. The owner of the key, if left out; a user of
    /// its own keeps the agent's words apart from people's.
    #[serde(default)]
    pub agent: Option<Email>,
    /// Ids of Gorgias users who are no people, such as that of its own AI agent: what they write is nobody's takeover.
    #[serde(default)]
    pub bots: Vec<String>,
    /// The subject of a ticket; `{subject}` stands for what the hand-off says.
    #[serde(default = "GorgiasSettings::subject")]
    pub subject: String,
    /// Tags for every ticket, such as one that the merchant's own rules leave alone.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub status: TicketStatus,
    #[serde(default)]
    pub priority: Option<TicketPriority>,
    /// The id of the team that the ticket goes to.
    #[serde(default)]
    pub assignee_team: Option<u64>,
    /// Of your own making: what Gorgias' events are known by. Without one none are taken, and what people write in Gorgias
    /// reaches no chat.
    #[serde(default)]
    pub webhook_secret: Option<SecretString>,
    /// Gorgias knows customers by e-mail only. A shopper who gave none is entered as one at this domain, at which no mail
    /// can arrive.
    #[serde(default = "GorgiasSettings::visitor_domain")]
    pub visitor_domain: String,
    /// Calls that are sent at most in 20 seconds. Gorgias allows 40 to an account, all its apps together.
    #[serde(default = "GorgiasSettings::calls_in_20_seconds")]
    pub calls_in_20_seconds: u32,
    /// Where to send requests instead of to the account itself: a proxy, a test, the sandbox.
    #[serde(default)]
    pub base_url: Option<Url>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketStatus {
    #[default]
    Open,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketPriority {
    Critical,
    High,
    Normal,
    Low,
}

impl GorgiasSettings {
    fn subject() -> String {
        "{subject}".to_owned()
    }

    fn visitor_domain() -> String {
        "visitor.invalid".to_owned()
    }

    fn calls_in_20_seconds() -> u32 {
        20
    }

    /// Whose words ours are in Gorgias.
    pub fn author(&self) -> &Email {
        self.agent.as_ref().unwrap_or(&self.user)
    }

    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let bad = |key, problem: &str, fix| Err(SettingsError { key, problem: problem.to_owned(), fix });
        if !is_label(&self.domain) {
            return bad(
                "gorgias.domain",
                "it is not the name of an account",
                "write the first part of the address only: juniper for juniper.gorgias.com",
            );
        }
        if self.api_key.expose_secret().is_empty() {
            return bad("gorgias.api_key", "it is empty", "copy it from Gorgias, Settings, REST API");
        }
        if Email::parse(&format!("visitor@{}", self.visitor_domain)).is_none() {
            return bad("gorgias.visitor_domain", "it is not a domain", "write a name such as visitor.invalid");
        }
        if self.webhook_secret.as_ref().is_some_and(|secret| secret.expose_secret().len() < SHORTEST_SECRET) {
            let fix = "make one of at least 16 characters, such as `openssl rand -hex 32` prints";
            return bad("gorgias.webhook_secret", "it is too short to keep anybody from guessing it", fix);
        }
        if self.calls_in_20_seconds == 0 {
            return bad("gorgias.calls_in_20_seconds", "with 0 no ticket could be opened", "give 1 to 40");
        }
        if self.subject.trim().is_empty() {
            return bad("gorgias.subject", "it is empty", "write a subject, with {subject} for what the hand-off says");
        }
        self.base_url.as_ref().map_or(Ok(()), |url| check_base_url("gorgias.base_url", url))
    }
}
