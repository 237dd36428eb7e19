//! Where Zendesk sends its events to: webhooks of the account.

use reqwest::header::AUTHORIZATION;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{MOST_PAGES, PageMeta, Zendesk, events, reason};
use crate::integrations::hooks::Registered;
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, VendorError};

/// As people see it in Zendesk.
const NAME: &str = "Deskhand";

#[derive(Deserialize)]
struct Webhook {
    id: String,
    endpoint: String,
    status: String,
}

#[derive(Deserialize)]
struct Page {
    webhooks: Vec<Webhook>,
    meta: Option<PageMeta>,
}

impl From<Webhook> for Registered {
    fn from(Webhook { id, endpoint, status }: Webhook) -> Self {
        Self { id, url: endpoint, disabled: status != "active" }
    }
}

impl Zendesk {
    /// The addresses that events go to.
    pub async fn webhooks(&self) -> Result<Vec<Registered>, VendorError> {
        let call = self.account.call("webhooks", Safety::Read, Urgency::Background);
        let (mut found, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut query = vec![("page[size]", "100")];
            query.extend(cursor.as_deref().map(|cursor| ("page[after]", cursor)));
            let answer = self.get(&["webhooks"], &query, &call).await?;
            let page: Page = self.read(&answer)?;
            found.extend(page.webhooks.into_iter().map(Registered::from));
            cursor = page.meta.and_then(PageMeta::next);
            if cursor.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Has events sent to this address. The secret under which Zendesk signs them: it makes one for each webhook.
    pub async fn register(&self, url: &Url) -> Result<SecretString, VendorError> {
        #[derive(Deserialize)]
        struct Made {
            webhook: Webhook,
        }
        #[derive(Deserialize)]
        struct Told {
            signing_secret: Signing,
        }
        #[derive(Deserialize)]
        struct Signing {
            secret: SecretString,
        }
        let body = serde_json::to_vec(&events::webhook(NAME, url)).unwrap_or_default();
        let outgoing =
            Outgoing::post_json(self.url(&["webhooks"]), body).header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("register", Safety::Write, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        if !answer.status.is_success() {
            return Err(self.account.error_of(&answer, &reason(&answer)));
        }
        let Made { webhook } = self.read(&answer)?;
        let call = self.account.call("signing_secret", Safety::Read, Urgency::Background);
        let answer = self.get(&["webhooks", &webhook.id, "signing_secret"], &[], &call).await?;
        let Told { signing_secret } = self.read(&answer)?;
        Ok(signing_secret.secret)
    }

    /// Nothing is sent there any more. Also where there is no such webhook.
    pub async fn unregister(&self, id: &str) -> Result<(), VendorError> {
        let outgoing = Outgoing::delete(self.url(&["webhooks", id])).header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("unregister", Safety::Idempotent, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        if answer.status.is_success() || answer.status.as_u16() == 404 {
            return Ok(());
        }
        Err(self.account.error_of(&answer, &reason(&answer)))
    }
}
