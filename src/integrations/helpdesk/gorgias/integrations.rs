//! Where Gorgias sends its events to: HTTP integrations of the account.

use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use url::Url;

use super::events::Events;
use super::{Gorgias, MOST_PAGES, PageMeta, reason};
use crate::integrations::hooks::Registered;
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, VendorError};

/// As people see it in Gorgias.
const NAME: &str = "Deskhand";

#[derive(Deserialize)]
struct Integration {
    id: u64,
    http: Option<Http>,
    deactivated_datetime: Option<String>,
}

#[derive(Deserialize)]
struct Http {
    url: String,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Integration>,
    meta: Option<PageMeta>,
}

impl Integration {
    fn registered(self) -> Option<Registered> {
        let disabled = self.deactivated_datetime.is_some();
        Some(Registered { id: self.id.to_string(), url: self.http?.url, disabled })
    }
}

impl Gorgias {
    /// The addresses that events go to.
    pub async fn integrations(&self) -> Result<Vec<Registered>, VendorError> {
        let call = self.account.call("integrations", Safety::Read, Urgency::Background);
        let (mut found, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut query = vec![("type", "http"), ("limit", "100")];
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let answer = self.get(&["api", "integrations"], &query, &call).await?;
            let page: Page = self.read(&answer)?;
            found.extend(page.data.into_iter().filter_map(Integration::registered));
            cursor = page.meta.and_then(|meta| meta.next_cursor);
            if cursor.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Has events sent to this address.
    pub async fn register(&self, url: &Url, events: &Events) -> Result<(), VendorError> {
        let body = serde_json::to_vec(&events.integration(NAME, url)).unwrap_or_default();
        let outgoing = Outgoing::post_json(self.account.url(&["api", "integrations"]), body)
            .header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("register", Safety::Write, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.account.error_of(&answer, &reason(&answer))) }
    }

    /// Nothing is sent there any more. Also where there is no such integration.
    pub async fn unregister(&self, id: &str) -> Result<(), VendorError> {
        let url = self.account.url(&["api", "integrations", id]);
        let outgoing = Outgoing::delete(url).header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("unregister", Safety::Idempotent, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        if answer.status.is_success() || answer.status.as_u16() == 404 {
            return Ok(());
        }
        Err(self.account.error_of(&answer, &reason(&answer)))
    }
}
