//! The secrets under which clients reach the sandbox. They open nothing else.

use serde::{Deserialize, Serialize};

use crate::domain::id::secret_token;

/// What a client would have got from each vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// A fixed Admin API token, `shpat_…`.
    pub shopify_access_token: String,
    /// For the client-credentials grant.
    pub shopify_client_id: String,
    pub shopify_client_secret: String,
    pub easypost_api_key: String,
    pub sendgrid_api_key: String,
    /// The agent's own user, at each helpdesk.
    pub gorgias_email: String,
    pub gorgias_api_key: String,
    /// Of the same user.
    #[serde(default = "letters")]
    pub zendesk_api_token: String,
    /// Of an app at Intercom, in whose name that user's teammate writes.
    #[serde(default = "intercom_secret")]
    pub intercom_access_token: String,
    /// Under which Intercom signs what it sends to that app.
    #[serde(default = "intercom_secret")]
    pub intercom_client_secret: String,
    #[serde(default = "letters")]
    pub front_api_token: String,
    /// Of the application whose channel the conversations come in on.
    #[serde(default = "front_app")]
    pub front_app_id: String,
    #[serde(default = "letters")]
    pub front_app_secret: String,
    /// A test key, `sk_test_…`.
    #[serde(default = "stripe_key")]
    pub stripe_secret_key: String,
}

fn letters() -> String {
    secret_token().chars().filter(char::is_ascii_alphanumeric).take(40).collect()
}

fn intercom_secret() -> String {
    secret_token()
}

fn front_app() -> String {
    letters().to_lowercase().chars().take(20).collect()
}

fn stripe_key() -> String {
    let letters: String = secret_token().chars().filter(char::is_ascii_alphanumeric).take(30).collect();
    format!("sk_test_{letters}")
}

impl Credentials {
    /// New ones, in the vendors' own forms.
    pub fn generate() -> Self {
        let letters = |length: usize| {
            let token = secret_token();
            let mut text: String = token.chars().filter(char::is_ascii_alphanumeric).collect();
            text.truncate(length);
            text
        };
        Self {
            shopify_access_token: format!("shpat_{}", letters(32).to_lowercase()),
            shopify_client_id: letters(32).to_lowercase(),
            shopify_client_secret: format!("shpss_{}", letters(32).to_lowercase()),
            easypost_api_key: format!("EZTK{}", letters(30)),
            sendgrid_api_key: format!("SG.{}.{}", letters(22), letters(30)),
            gorgias_email: "agent@desk.example".to_owned(),
            gorgias_api_key: letters(36).to_lowercase(),
            zendesk_api_token: self::letters(),
            intercom_access_token: intercom_secret(),
            intercom_client_secret: intercom_secret(),
            front_api_token: self::letters(),
            front_app_id: front_app(),
            front_app_secret: self::letters(),
            stripe_secret_key: stripe_key(),
        }
    }
}
