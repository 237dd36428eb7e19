//! A running sandbox as its clients reach it: over the wire, with its credentials, in this process or in another.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::super::config::{Config, SANDBOX_STORE, Vendors};
use super::super::vendors::Clients;
use super::super::{DataFolder, Shared, models};
use crate::domain::store::StoreProfile;
use crate::integrations::http::Transport;
use crate::sandbox::world::Shop;
use crate::sandbox::{Credentials, Sandbox, Vendor};

/// The sandbox's account at the simulated helpdesk: there is only one.
const HELPDESK_ACCOUNT: &str = "sandbox";
/// How long a sandbox on this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a sandbox is, and what opens it.
pub struct Reached {
    overview: Overview,
    shop: Shop,
}

/// As the control routes tell it.
#[derive(Deserialize)]
struct Overview {
    /// By the vendor's name.
    urls: BTreeMap<String, String>,
    credentials: Credentials,
    now: Timestamp,
}

#[derive(Deserialize)]
struct ShopOnly {
    shop: Shop,
}

impl Reached {
    /// One of this process.
    pub fn here(sandbox: &Sandbox) -> Self {
        let urls = [
            (Vendor::Shopify, sandbox.shopify_url()),
            (Vendor::Easypost, sandbox.easypost_url()),
            (Vendor::Sendgrid, sandbox.sendgrid_url()),
            (Vendor::Gorgias, sandbox.gorgias_url()),
            (Vendor::Stripe, sandbox.stripe_url()),
        ];
        let urls = urls.into_iter().map(|(vendor, url)| (vendor.name().to_owned(), url)).collect();
        let credentials = sandbox.credentials().clone();
        Self { overview: Overview { urls, credentials, now: sandbox.clock().now() }, shop: sandbox.world().shop }
    }

    /// The one that another process runs over this data folder, if it answers. Only where that process has the folder: the
    /// address of one that has ended may be anybody's.
    pub async fn elsewhere(config: &Config) -> Option<Self> {
        let url = DataFolder::control_url(config)?;
        let url = url.trim().trim_end_matches('/');
        let client = models::client(PATIENCE).ok()?;
        let overview: Overview = read_json(&client, format!("{url}/")).await?;
        let ShopOnly { shop } = read_json(&client, format!("{url}/world")).await?;
        Some(Self { overview, shop })
    }

    /// The moment at which this was read.
    pub fn now(&self) -> Timestamp {
        self.overview.now
    }

    pub fn profile(&self, shared: &Shared) -> anyhow::Result<StoreProfile> {
        super::profile(shared, self.shop.name.clone(), &self.shop.timezone)
    }

    pub fn clients(&self, config: &Config) -> anyhow::Result<Clients> {
        Ok(Clients::new(config, SANDBOX_STORE, &self.vendors()?, &Transport::new(config.http.clone())?)?)
    }

    /// What a configuration of this sandbox would say: by key below the store.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let credentials = &self.overview.credentials;
        let url = |vendor: Vendor| self.overview.urls.get(vendor.name()).cloned().unwrap_or_default();
        let settings = [
            ("name", self.shop.name.clone()),
            ("zone", self.shop.timezone.clone()),
            ("shopify.shop", self.shop.domain.clone()),
            ("shopify.base_url", url(Vendor::Shopify)),
            ("shopify.access_token", credentials.shopify_access_token.clone()),
            ("easypost.base_url", url(Vendor::Easypost)),
            ("easypost.api_key", credentials.easypost_api_key.clone()),
            ("sendgrid.base_url", url(Vendor::Sendgrid)),
            ("sendgrid.api_key", credentials.sendgrid_api_key.clone()),
            ("sendgrid.from", self.shop.email.clone()),
            ("gorgias.domain", HELPDESK_ACCOUNT.to_owned()),
            ("gorgias.base_url", url(Vendor::Gorgias)),
            ("gorgias.user", credentials.gorgias_email.clone()),
            ("gorgias.api_key", credentials.gorgias_api_key.clone()),
            ("stripe.base_url", url(Vendor::Stripe)),
            ("stripe.secret_key", credentials.stripe_secret_key.clone()),
        ];
        let metafield = self.shop.payment_metafield.clone().map(|place| ("shopify.payment_metafield", place));
        settings.into_iter().chain(metafield).collect()
    }

    fn vendors(&self) -> anyhow::Result<Vendors> {
        let settings = self.settings();
        let mut shopify = section(&settings, "shopify");
        shopify.insert("all_orders".to_owned(), true.into());
        Ok(Vendors {
            shopify: Some(read(shopify)?),
            easypost: Some(read(section(&settings, "easypost"))?),
            sendgrid: Some(read(section(&settings, "sendgrid"))?),
            gorgias: Some(read(section(&settings, "gorgias"))?),
            stripe: Some(read(section(&settings, "stripe"))?),
        })
    }
}

async fn read_json<T: DeserializeOwned>(client: &reqwest::Client, url: String) -> Option<T> {
    client.get(url).timeout(PATIENCE).send().await.ok()?.json().await.ok()
}

fn section(settings: &[(&'static str, String)], vendor: &str) -> toml::Table {
    let below = settings.iter().filter_map(|(key, value)| Some((key.strip_prefix(vendor)?.strip_prefix('.')?, value)));
    below.map(|(key, value)| (key.to_owned(), value.clone().into())).collect()
}

fn read<T: DeserializeOwned>(table: impl Serialize) -> anyhow::Result<T> {
    Ok(toml::Value::try_from(table)?.try_into()?)
}
