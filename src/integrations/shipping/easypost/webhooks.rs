//! Where EasyPost sends its events to: webhooks of the account, each with a secret that it never shows again.

use reqwest::header::AUTHORIZATION;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::EasyPost;
use super::wire::reason;
use crate::integrations::hooks::Registered;
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, VendorError};

#[derive(Deserialize)]
struct Webhook {
    id: String,
    url: String,
    disabled_at: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    webhooks: Vec<Webhook>,
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

impl Webhook {
    fn registered(self) -> Registered {
        Registered { id: self.id, url: self.url, disabled: self.disabled_at.is_some() }
    }
}

impl EasyPost {
    pub async fn webhooks(&self) -> Result<Vec<Registered>, VendorError> {
        let call = self.account.call("webhooks", Safety::Read, Urgency::Background);
        let answer = self.get("webhooks", &["v2", "webhooks"], &[], &call).await?;
        let listed: Listed = self.read(&answer)?;
        Ok(listed.webhooks.into_iter().map(Webhook::registered).collect())
    }

    /// Has events sent to this address, signed with this secret.
    pub async fn register(&self, url: &Url, secret: &SecretString) -> Result<Registered, VendorError> {
        let webhook = NewWebhook { url: url.as_str(), webhook_secret: secret.expose_secret() };
        let body = serde_json::to_vec(&Create { webhook }).unwrap_or_default();
        let outgoing = Outgoing::post_json(self.account.url(&["v2", "webhooks"]), body)
            .header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("register", Safety::Write, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        self.read::<Webhook>(&answer).map(Webhook::registered)
    }

    /// Nothing is sent there any more. Also where there is no such webhook.
    pub async fn unregister(&self, id: &str) -> Result<(), VendorError> {
        let url = self.account.url(&["v2", "webhooks", id]);
        let outgoing = Outgoing::delete(url).header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("unregister", Safety::Idempotent, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        if answer.status.is_success() || answer.status.as_u16() == 404 {
            return Ok(());
        }
        Err(self.account.error_of(&answer, &reason(&answer.body)))
    }
}
