//! Where a sandbox is, and what opens it: all that a client's settings need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::world::Shop;
use super::{Credentials, Sandbox, Vendor};

/// The sandbox's account at the simulated helpdesk: there is only one.
const HELPDESK_ACCOUNT: &str = "sandbox";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Access {
    /// By the vendor's name.
    pub urls: BTreeMap<String, String>,
    pub credentials: Credentials,
}

impl Access {
    /// What a configuration of this sandbox would say: by key below the store.
    pub fn settings(&self, shop: &Shop) -> Vec<(&'static str, String)> {
        let credentials = &self.credentials;
        let url = |vendor: Vendor| self.urls.get(vendor.name()).cloned().unwrap_or_default();
        let settings = [
            ("name", shop.name.clone()),
            ("zone", shop.timezone.clone()),
            ("shopify.shop", shop.domain.clone()),
            ("shopify.base_url", url(Vendor::Shopify)),
            ("shopify.access_token", credentials.shopify_access_token.clone()),
            ("easypost.base_url", url(Vendor::Easypost)),
            ("easypost.api_key", credentials.easypost_api_key.clone()),
            ("sendgrid.base_url", url(Vendor::Sendgrid)),
            ("sendgrid.api_key", credentials.sendgrid_api_key.clone()),
            ("sendgrid.from", shop.email.clone()),
            ("gorgias.domain", HELPDESK_ACCOUNT.to_owned()),
            ("gorgias.base_url", url(Vendor::Gorgias)),
            ("gorgias.user", credentials.gorgias_email.clone()),
            ("gorgias.api_key", credentials.gorgias_api_key.clone()),
            ("stripe.base_url", url(Vendor::Stripe)),
            ("stripe.secret_key", credentials.stripe_secret_key.clone()),
        ];
        let metafield = shop.payment_metafield.clone().map(|place| ("shopify.payment_metafield", place));
        settings.into_iter().chain(metafield).collect()
    }

    /// The same of one vendor, for its client to read.
    pub fn section(&self, shop: &Shop, vendor: &str) -> Value {
        let settings = self.settings(shop);
        let own = settings.into_iter().filter_map(|(key, value)| {
            Some((key.strip_prefix(vendor)?.strip_prefix('.')?.to_owned(), Value::from(value)))
        });
        let mut section: Map<String, Value> = own.collect();
        if section.is_empty() {
            return Value::Null;
        }
        if vendor == Vendor::Shopify.name() {
            section.insert("all_orders".to_owned(), true.into());
        }
        Value::Object(section)
    }
}

impl Sandbox {
    pub fn access(&self) -> Access {
        let urls = Vendor::ALL.into_iter().map(|vendor| (vendor.name().to_owned(), self.url(vendor)));
        Access { urls: urls.collect(), credentials: self.credentials().clone() }
    }
}
