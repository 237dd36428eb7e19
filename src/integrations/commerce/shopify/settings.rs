//! What a store's owner writes down about their shop.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::integrations::SettingsError;
use crate::integrations::http::check_base_url;

/// `[stores.NAME.shopify]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopifySettings {
    /// The shop's own domain, `juniper-pine.myshopify.com`, without scheme or path.
    pub shop: String,
    /// Where to send requests instead of to the shop itself: a proxy, a test, the sandbox.
    #[serde(default)]
    pub base_url: Option<Url>,
    /// The token (`shpat_…`) of a custom app made in the shop's admin before 2026. Either this or the two below.
    #[serde(default)]
    pub access_token: Option<SecretString>,
    /// Of an app made in the Dev Dashboard: a token is fetched, and renewed, with the client credentials grant.
    #[serde(default)]
    pub client_id: Option<String>,
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// Whether the app was granted `read_all_orders`. Without it Shopify shows the orders of the last 60 days only.
    #[serde(default)]
    pub all_orders: bool,
    /// Where orders that were paid elsewhere hold the other provider's id of the payment: a metafield's `namespace.key`.
    #[serde(default)]
    pub payment_metafield: Option<String>,
}

impl ShopifySettings {
    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        if !is_shop_domain(&self.shop) {
            return Err(SettingsError {
                key: "shopify.shop",
                problem: "it is not a shop's domain".to_owned(),
                fix: "write the domain that ends in .myshopify.com, without https:// and without a path",
            });
        }
        if let Some(url) = &self.base_url {
            check_base_url("shopify.base_url", url)?;
        }
        if self.payment_metafield.is_some() && self.payment_place().is_none() {
            return Err(SettingsError {
                key: "shopify.payment_metafield",
                problem: "it does not name a metafield".to_owned(),
                fix: "write its namespace and key with a point between, such as payments.intent",
            });
        }
        let given =
            |secret: &Option<SecretString>| secret.as_ref().is_some_and(|text| !text.expose_secret().is_empty());
        let grant = self.client_id.as_ref().is_some_and(|id| !id.is_empty()) && given(&self.client_secret);
        match (given(&self.access_token), grant) {
            (true, false) | (false, true) => self.validate_token(),
            (true, true) => Err(SettingsError {
                key: "shopify.access_token",
                problem: "client_id and client_secret are given as well".to_owned(),
                fix: "keep one of the two ways to sign in and remove the other",
            }),
            (false, false) => Err(SettingsError {
                key: "shopify.access_token",
                problem: "nothing to sign in with".to_owned(),
                fix: "give access_token, or client_id and client_secret",
            }),
        }
    }

    /// Namespace and key of that metafield.
    pub(super) fn payment_place(&self) -> Option<(String, String)> {
        let (namespace, key) = self.payment_metafield.as_deref()?.rsplit_once('.')?;
        (!namespace.is_empty() && !key.is_empty()).then(|| (namespace.to_owned(), key.to_owned()))
    }

    fn validate_token(&self) -> Result<(), SettingsError> {
        let plain = |secret: &SecretString| secret.expose_secret().chars().all(|c| c.is_ascii_graphic());
        if self.access_token.as_ref().is_none_or(plain) {
            return Ok(());
        }
        Err(SettingsError {
            key: "shopify.access_token",
            problem: "it contains spaces or characters that no token has".to_owned(),
            fix: "copy the token again, without quotes or line ends",
        })
    }
}

/// `^[a-zA-Z0-9][a-zA-Z0-9-]*\.myshopify\.com$`: anything else could send the credentials elsewhere.
fn is_shop_domain(text: &str) -> bool {
    text.strip_suffix(".myshopify.com").is_some_and(|label| {
        label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    })
}

#[cfg(test)]
mod tests;
