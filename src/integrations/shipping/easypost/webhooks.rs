//! Where EasyPost sends its events to: webhooks of the account, each with a secret that it never shows again.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::EasyPost;
use super::wire::reason;
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, VendorError};

/// A webhook as EasyPost has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Registered {
    pub id: String,
    pub url: String,
    /// Set where EasyPost has given it up: nothing is sent there any more.
    #[serde(default)]
    disabled_at: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    webhooks: Vec<Registered>,
}

#[derive(Serialize)]
struct Create<'a> {
    webhook: NewWebhook<'a>,
}

#[derive(Serialize)]
struct NewWebhook<'a> {
    url: &'a str,
    webhook_secret: &'a str,
}

impl Registered {
    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// Whether it leads to this path, wherever the server is.
    pub fn leads_to(&self, path: &str) -> bool {
        Url::parse(&self.url).is_ok_and(|url| url.path() == path)
    }
}

impl EasyPost {
    pub async fn webhooks(&self) -> Result<Vec<Registered>, VendorError> {
        let call = self.account.call("webhooks", Safety::Read, Urgency::Background);
        let answer = self.get("webhooks", &["v2", "webhooks"], &[], &call).await?;
        self.read::<Listed>(&answer).map(|listed| listed.webhooks)
    }

    /// Has events sent to this address, signed with this secret.
    pub async fn register(&self, url: &Url, secret: &SecretString) -> Result<Registered, VendorError> {
        let webhook = NewWebhook { url: url.as_str(), webhook_secret: secret.expose_secret() };
        let body = serde_json::to_vec(&Create { webhook }).unwrap_or_default();
        let outgoing = Outgoing::post_json(self.account.url(&["v2", "webhooks"]), body)
            .header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("register", Safety::Write, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        self.read(&answer)
    }

    /// Nothing is sent there any more. Also where there is no such webhook.
    pub async fn unregister(&self, id: &str) -> Result<(), VendorError> {
        let url = self.account.url(&["v2", "webhooks", id]);
        let outgoing = Outgoing { method: Method::DELETE, url, headers: HeaderMap::new(), body: None }
            .header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("unregister", Safety::Idempotent, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        if answer.status.is_success() || answer.status.as_u16() == 404 {
            return Ok(());
        }
        Err(self.account.error_of(&answer, &reason(&answer.body)))
    }
}
