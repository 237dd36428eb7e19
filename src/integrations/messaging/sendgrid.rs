//! SendGrid v3, `mail/send`. It has no idempotency key: whatever is not plainly a yes, a no or a "not yet" is unknown.

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::letters::Letter;
use super::{Mail, MailWriter};
use crate::domain::customer::Email;
use crate::domain::effect::Permit;
use crate::integrations::http::{
    Account, AccountSettings, Outgoing, Safety, Transport, check_base_url, redaction, secret_header,
};
use crate::integrations::{SettingsError, Urgency, Vendor, VendorError, WriteError, not_permitted};

/// The name under which the effect's id travels. It comes back in each of the vendor's events about the mail.
const EFFECT: &str = "deskhand_effect";

/// `[stores.NAME.sendgrid]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendGridSettings {
    /// The API key (`SG.…`); it needs the scope `mail.send` only.
    pub api_key: SecretString,
    /// The sender: an address that SendGrid has verified.
    pub from: Email,
    /// The sender's name as the shopper sees it.
    #[serde(default)]
    pub from_name: Option<String>,
    /// Where answers go, if not to the sender.
    #[serde(default)]
    pub reply_to: Option<Email>,
    /// Where to send requests instead of to `https://api.sendgrid.com`: `https://api.eu.sendgrid.com` for accounts in the
    /// EU, a proxy, a test, the sandbox.
    #[serde(default)]
    pub base_url: Option<Url>,
}

impl SendGridSettings {
    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let key = self.api_key.expose_secret();
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(bad_key());
        }
        self.base_url.as_ref().map_or(Ok(()), |url| check_base_url("sendgrid.base_url", url))
    }
}

fn bad_key() -> SettingsError {
    SettingsError {
        key: "sendgrid.api_key",
        problem: "it is empty or contains characters that no key has".to_owned(),
        fix: "copy it again from SendGrid, without quotes or line ends",
    }
}

pub struct SendGrid {
    account: Account,
    authorization: HeaderValue,
    settings: SendGridSettings,
}

#[derive(Serialize)]
struct Request<'a> {
    personalizations: [Personalization<'a>; 1],
    from: Person<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Person<'a>>,
    subject: &'a str,
    content: Vec<Content<'a>>,
    tracking_settings: TrackingSettings,
}

#[derive(Serialize)]
struct Personalization<'a> {
    to: [Person<'a>; 1],
    custom_args: CustomArgs<'a>,
}

#[derive(Serialize)]
struct CustomArgs<'a> {
    deskhand_effect: &'a str,
}

#[derive(Serialize)]
struct Person<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct Content<'a> {
    r#type: &'static str,
    value: &'a str,
}

/// Counting opens and clicks rewrites links and adds a picture: nothing that a mail with a code should carry.
#[derive(Default, Serialize)]
struct TrackingSettings {
    click_tracking: ClickTracking,
    open_tracking: Switch,
    subscription_tracking: Switch,
}

#[derive(Default, Serialize)]
struct ClickTracking {
    enable: bool,
    enable_text: bool,
}

#[derive(Default, Serialize)]
struct Switch {
    enable: bool,
}

impl SendGrid {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: SendGridSettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let base = match &settings.base_url {
            Some(url) => url.clone(),
            None => Url::parse("https://api.sendgrid.com").map_err(|_| bad_key())?,
        };
        let bearer = SecretString::from(format!("Bearer {}", settings.api_key.expose_secret()));
        let authorization = secret_header(&bearer).ok_or_else(bad_key)?;
        let account = Account::new(
            transport,
            AccountSettings {
                vendor: Vendor::SendGrid,
                base,
                // No limit is published; a used-up one is told with 429 and the second of its renewal.
                rate: None,
                request_id_headers: &["x-request-id", "x-message-id"],
                reset_header: Some("x-ratelimit-reset"),
            },
        );
        Ok(Self { account, authorization, settings })
    }

    /// The parts of one mail, the plainest first.
    fn with_contents(&self, mail: &Mail, content: Vec<Content<'_>>) -> String {
        let request = Request {
            personalizations: [Personalization {
                to: [address(&mail.to)],
                custom_args: CustomArgs { deskhand_effect: mail.effect.as_str() },
            }],
            from: Person { name: self.settings.from_name.as_deref(), ..address(&self.settings.from) },
            reply_to: self.settings.reply_to.as_ref().map(address),
            subject: &mail.subject,
            content,
            tracking_settings: TrackingSettings::default(),
        };
        serde_json::to_string(&request).unwrap_or_default()
    }
}

#[async_trait]
impl MailWriter for SendGrid {
    fn request(&self, mail: &Mail) -> String {
        self.with_contents(mail, vec![Content { r#type: "text/plain", value: &mail.text }])
    }

    fn letter_request(&self, letter: &Letter) -> String {
        let text = Content { r#type: "text/plain", value: &letter.mail.text };
        let html = Content { r#type: "text/html", value: &letter.html };
        self.with_contents(&letter.mail, vec![text, html])
    }

    async fn send(&self, permit: Permit, request: &str) -> Result<Option<String>, WriteError> {
        let planted = format!("\"{EFFECT}\":\"{}\"", permit.effect());
        if !request.contains(&planted) {
            return Err(not_permitted(Vendor::SendGrid));
        }
        let url = self.account.url(&["v3", "mail", "send"]);
        let outgoing = Outgoing::post_json(url, request.to_owned()).header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("mail_send", Safety::Write, Urgency::Shopper);
        let answer = self.account.send(&call, &outgoing).await?;
        if !answer.status.is_success() {
            return Err(self.account.write_error_of(&answer, &reason(&answer.body)));
        }
        let id = answer.headers.get("x-message-id").and_then(|value| value.to_str().ok());
        Ok(id.map(str::to_owned))
    }

    async fn check(&self) -> Result<String, VendorError> {
        #[derive(Deserialize)]
        struct Scopes {
            scopes: Vec<String>,
        }
        let outgoing = Outgoing::get(self.account.url(&["v3", "scopes"]));
        let outgoing = outgoing.header(AUTHORIZATION, self.authorization.clone());
        let call = self.account.call("scopes", Safety::Read, Urgency::Background);
        let answer = self.account.send(&call, &outgoing).await?;
        if !answer.status.is_success() {
            return Err(self.account.error_of(&answer, &reason(&answer.body)));
        }
        let Scopes { scopes } = serde_json::from_slice(&answer.body)
            .map_err(|error| self.account.garbled(&answer, &redaction::unreadable(&error)))?;
        if !scopes.iter().any(|scope| scope == "mail.send") {
            return Err(VendorError::Credentials {
                vendor: Vendor::SendGrid,
                reason: "the key lacks the scope mail.send; make one that has it".to_owned(),
                request_id: self.account.request_id(&answer.headers),
            });
        }
        let from = self.settings.from.as_str();
        Ok(format!("the key may send mail; whether {from} is a verified sender shows only when a mail is sent"))
    }
}

fn address(email: &Email) -> Person<'_> {
    Person { email: email.as_str(), name: None }
}

/// `{"errors":[{"message","field"}]}`
fn reason(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Envelope {
        errors: Vec<Said>,
    }
    #[derive(Deserialize)]
    struct Said {
        message: String,
        field: Option<String>,
    }
    let Ok(Envelope { errors }) = serde_json::from_slice(body) else {
        return "no error that reads".to_owned();
    };
    let lines = errors.into_iter().map(|said| match said.field {
        Some(field) => format!("{field}: {}", said.message),
        None => said.message,
    });
    lines.collect::<Vec<_>>().join("; ")
}
