//! The sandbox in this process, and its store.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::config::{Config, SANDBOX_STORE, Vendors};
use super::super::init;
use super::vendors::Clients;
use super::{DataFolder, Files, Shared, Words, existing, help, zone};
use crate::desk::StoreSetup;
use crate::domain::clock::Clock;
use crate::domain::id::StoreId;
use crate::domain::store::StoreProfile;
use crate::integrations::http::Transport;
use crate::model::ChatModel;
use crate::policy::Mode;
use crate::sandbox::{Fixture, Sandbox, SandboxOptions};
use crate::tools::help_center::HelpCenter;

/// How the demo store's agents speak.
const BRAND_VOICE: &str = "Be friendly, plain and brief.";
/// The sandbox's account at the simulated helpdesk: there is only one.
const HELPDESK_ACCOUNT: &str = "sandbox";

/// Where a sandbox listens.
pub struct Ports {
    pub vendors: SocketAddr,
    pub control: SocketAddr,
}

/// Starts the sandbox on free ports over the world that the data folder keeps; `fresh` forgets that and all
/// conversations.
pub async fn start(config: &Config, folder: &DataFolder, clock: Clock, fresh: bool) -> anyhow::Result<Sandbox> {
    let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    start_at(config, folder, clock, fresh, Ports { vendors: any, control: any }).await
}

/// The same, on these ports.
pub async fn start_at(
    config: &Config,
    folder: &DataFolder,
    clock: Clock,
    fresh: bool,
    ports: Ports,
) -> anyhow::Result<Sandbox> {
    if fresh {
        folder.forget()?;
    }
    let mut options = SandboxOptions::new(fixture(config)?);
    options.clock = clock;
    options.world_file = Some(folder.world());
    options.address = ports.vendors;
    options.control_address = ports.control;
    let sandbox = Sandbox::start(options).await?;
    folder.write_control_url(&sandbox.control_url())?;
    Ok(sandbox)
}

/// The store that the sandbox simulates.
pub fn fixture(config: &Config) -> anyhow::Result<Fixture> {
    Ok(match &config.sandbox.fixture {
        Some(path) => Fixture::from_file(path)?,
        None => Fixture::juniper_and_pine()?,
    })
}

/// The sandbox's store, reached as a live one is: over the wire, with its credentials.
pub fn store(
    config: &Config,
    shared: &Shared,
    sandbox: &Sandbox,
    model: Arc<dyn ChatModel>,
) -> anyhow::Result<StoreSetup> {
    let shop = sandbox.world().shop;
    let profile = profile(shared, shop.name, &shop.timezone)?;
    let words = project_words(config, shared, &profile)?;
    let clients = Clients::new(config, SANDBOX_STORE, &vendors(sandbox)?, &Transport::new(config.http.clone())?)?;
    Ok(StoreSetup {
        policy: words.policy,
        catalog: words.catalog,
        help: words.help,
        readers: clients.readers(),
        writers: clients.writers(),
        profile,
        model,
    })
}

/// Checks the project's files as the sandbox's store would read them.
pub fn words(config: &Config, shared: &Shared) -> anyhow::Result<()> {
    let store = fixture(config)?.store;
    let profile = profile(shared, store.name, &store.timezone)?;
    project_words(config, shared, &profile).map(drop)
}

fn profile(shared: &Shared, name: String, timezone: &str) -> anyhow::Result<StoreProfile> {
    Ok(StoreProfile {
        id: StoreId::new(SANDBOX_STORE),
        zone: zone(timezone).with_context(|| format!("the fixture's time zone {timezone:?} is none"))?,
        name,
        brand_voice: BRAND_VOICE.to_owned(),
        languages: shared.languages.codes().map(str::to_owned).collect(),
        sandbox: true,
    })
}

fn project_words(config: &Config, shared: &Shared, profile: &StoreProfile) -> anyhow::Result<Words> {
    let files = Files::of_project(config);
    let mut policy = files.policy(&shared.registry)?;
    policy.mode = config.sandbox.mode.unwrap_or(Mode::Act);
    let help = match existing(files.help.clone()) {
        Some(folder) => help(&folder)?,
        None => HelpCenter::new(init::articles()),
    };
    Ok(Words { policy, catalog: files.catalog(&shared.registry, profile)?, help })
}

/// What a configuration of this sandbox would say: by key below the store.
pub fn settings(sandbox: &Sandbox) -> [(&'static str, String); 14] {
    let credentials = sandbox.credentials();
    let shop = sandbox.world().shop;
    [
        ("name", shop.name),
        ("zone", shop.timezone),
        ("shopify.shop", shop.domain),
        ("shopify.base_url", sandbox.shopify_url()),
        ("shopify.access_token", credentials.shopify_access_token.clone()),
        ("easypost.base_url", sandbox.easypost_url()),
        ("easypost.api_key", credentials.easypost_api_key.clone()),
        ("sendgrid.base_url", sandbox.sendgrid_url()),
        ("sendgrid.api_key", credentials.sendgrid_api_key.clone()),
        ("sendgrid.from", shop.email),
        ("gorgias.domain", HELPDESK_ACCOUNT.to_owned()),
        ("gorgias.base_url", sandbox.gorgias_url()),
        ("gorgias.user", credentials.gorgias_email.clone()),
        ("gorgias.api_key", credentials.gorgias_api_key.clone()),
    ]
}

fn vendors(sandbox: &Sandbox) -> anyhow::Result<Vendors> {
    let settings = settings(sandbox);
    let mut shopify = section(&settings, "shopify");
    shopify.insert("all_orders".to_owned(), true.into());
    Ok(Vendors {
        shopify: Some(read(shopify)?),
        easypost: Some(read(section(&settings, "easypost"))?),
        sendgrid: Some(read(section(&settings, "sendgrid"))?),
        gorgias: Some(read(section(&settings, "gorgias"))?),
    })
}

fn section(settings: &[(&'static str, String)], vendor: &str) -> toml::Table {
    let below = settings.iter().filter_map(|(key, value)| Some((key.strip_prefix(vendor)?.strip_prefix('.')?, value)));
    below.map(|(key, value)| (key.to_owned(), value.clone().into())).collect()
}

fn read<T: DeserializeOwned>(table: impl Serialize) -> anyhow::Result<T> {
    Ok(toml::Value::try_from(table)?.try_into()?)
}
