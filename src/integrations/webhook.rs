//! Notices to an address of the store's own. Each is signed, so that the receiver knows whose it is, and may come more than
//! once, with the same id.
//!
//! `Deskhand-Signature: t=1790000000,v1=5f2c…`: the Unix second at which it was sent, and the HMAC-SHA256 over
//! `1790000000.` and the body as it came, under the shared secret, in hexadecimal digits. A receiver makes the same digest,
//! compares the two in constant time, refuses what is more than five minutes old, and knows a repetition by `Deskhand-Id`.

use std::net::IpAddr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use url::{Host, Url};

use super::http::{Account, AccountSettings, Outgoing, SHORTEST_SECRET, Safety, Transport};
use super::{SettingsError, Urgency, Vendor, VendorError};
use crate::domain::clock::Clock;

const ID: HeaderName = HeaderName::from_static("deskhand-id");
const SIGNATURE: HeaderName = HeaderName::from_static("deskhand-signature");

/// Where notices go. `key` names the setting in errors.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    pub url: Url,
    pub secret: SecretString,
}

impl WebhookSettings {
    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let unfit = |key, problem: &str, fix| Err(SettingsError { key, problem: problem.to_owned(), fix });
        let (key, url) = ("approvals.webhook_url", &self.url);
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return unfit(key, "it is not an http(s) address", "give an address such as https://example.com/deskhand");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return unfit(key, "it contains a user name or password", "leave them out: each notice is signed");
        }
        if url.scheme() == "http" && !is_this_machine(url) {
            return unfit(key, "it would carry orders unencrypted over the network", "give an https address");
        }
        if self.secret.expose_secret().len() < SHORTEST_SECRET {
            let fix = "make one of at least 16 characters, such as `openssl rand -hex 32` prints";
            return unfit("approvals.webhook_secret", "it is too short to keep anybody from guessing it", fix);
        }
        Ok(())
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// A notice. Its body has no `Debug`: it may say what somebody ordered.
pub struct Notice {
    /// The same whenever it comes again.
    pub id: String,
    /// JSON, the same bytes whenever it comes again.
    pub body: String,
}

pub struct Webhook {
    account: Account,
    settings: WebhookSettings,
}

impl Webhook {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: WebhookSettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let account = AccountSettings {
            vendor: Vendor::Webhook,
            base: settings.url.clone(),
            rate: None,
            request_id_headers: &["x-request-id"],
            reset_header: None,
        };
        Ok(Self { account: Account::new(transport, account), settings })
    }

    /// Where it leads, without path and query: those may be secret.
    pub fn host(&self) -> &str {
        self.settings.url.host_str().unwrap_or_default()
    }

    /// Sends it once. Whoever has the job of it sends it again until an answer is a success.
    ///
    /// # Errors
    /// Where no answer came, or one that is no success.
    pub async fn deliver(&self, notice: &Notice) -> Result<(), VendorError> {
        let refused = |reason: &str| VendorError::Refused {
            vendor: Vendor::Webhook,
            status: 0,
            reason: reason.to_owned(),
            request_id: None,
        };
        let signature = signature(&self.settings.secret, Clock::machine().as_second(), &notice.body)
            .ok_or_else(|| refused("the secret cannot be used"))?;
        let id = HeaderValue::from_str(&notice.id).map_err(|_| refused("its id cannot stand in a header"))?;
        let outgoing = Outgoing::post_json(self.settings.url.clone(), notice.body.clone())
            .header(ID, id)
            .header(SIGNATURE, signature);
        let call = self.account.call("notice", Safety::Write, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        if !answer.status.is_success() {
            return Err(self.account.error_of(&answer, "it did not take the notice"));
        }
        Ok(())
    }
}

fn signature(secret: &SecretString, second: i64, body: &str) -> Option<HeaderValue> {
    let mut digest = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    digest.update(format!("{second}.").as_bytes());
    digest.update(body.as_bytes());
    let digest = hex::encode(digest.finalize().into_bytes());
    HeaderValue::from_str(&format!("t={second},v1={digest}")).ok()
}
