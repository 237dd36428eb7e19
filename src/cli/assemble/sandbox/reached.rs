//! A running sandbox as its clients reach it: over the wire, with its credentials, in this process or in another.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::super::config::{Config, SANDBOX_STORE};
use super::super::{DataFolder, Shared, clients, models};
use crate::domain::store::StoreProfile;
use crate::integrations::clients::{Clients, VendorSettings};
use crate::integrations::http::Transport;
use crate::sandbox::world::Shop;
use crate::sandbox::{Access, Sandbox};

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
    #[serde(flatten)]
    access: Access,
    now: Timestamp,
}

#[derive(Deserialize)]
struct ShopOnly {
    shop: Shop,
}

impl Reached {
    /// One of this process.
    pub fn here(sandbox: &Sandbox) -> Self {
        Self {
            overview: Overview { access: sandbox.access(), now: sandbox.clock().now() },
            shop: sandbox.look(|world| world.shop.clone()),
        }
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
        self.clients_with(config, |_| Ok(()))
    }

    /// The same, with settings beside those that the sandbox tells.
    pub fn clients_with(
        &self,
        config: &Config,
        change: impl FnOnce(&mut VendorSettings) -> anyhow::Result<()>,
    ) -> anyhow::Result<Clients> {
        let mut settings = VendorSettings::read(|vendor| self.overview.access.section(&self.shop, vendor))?;
        change(&mut settings)?;
        Ok(clients(config, SANDBOX_STORE, &settings, &Transport::new(config.http.clone())?)?)
    }

    /// What a configuration of this sandbox would say: by key below the store.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        self.overview.access.settings(&self.shop)
    }
}

async fn read_json<T: DeserializeOwned>(client: &reqwest::Client, url: String) -> Option<T> {
    client.get(url).timeout(PATIENCE).send().await.ok()?.json().await.ok()
}
