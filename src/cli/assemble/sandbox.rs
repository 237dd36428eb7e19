//! The sandbox in this process, and its store.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::super::config::{Config, ConfigError, SANDBOX_STORE};
use super::super::init;
use super::{DataFolder, Files, Shared, Words, existing, help, policies, zone};
use crate::desk::StoreSetup;
use crate::desk::announcing::Announce;
use crate::desk::manners::Manners;
use crate::domain::clock::Clock;
use crate::domain::id::StoreId;
use crate::domain::store::StoreProfile;
use crate::model::ChatModel;
use crate::policy::{Mode, Policy};
use crate::sandbox::{Fixture, Sandbox, SandboxOptions, World};
use crate::tools::help_center::HelpCenter;
use crate::tools::registry::Registry;

pub mod events;
mod reached;

pub use reached::Reached;

/// How the demo store's agents speak.
pub const BRAND_VOICE: &str = "Be friendly, plain and brief.";

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
    let reached = Reached::here(sandbox);
    let profile = reached.profile(shared)?;
    let words = project_words(config, shared, &profile)?;
    let clients = reached.clients(config)?;
    Ok(StoreSetup {
        policy: words.policy,
        catalog: words.catalog,
        help: words.help,
        readers: clients.readers(),
        writers: clients.writers(),
        hooks: clients.hooks(),
        announce: Announce::default(),
        manners: manners(sandbox),
        server: config.server.settings.public_url.clone(),
        profile,
        model,
    })
}

/// The simulated people decide about approvals, the agent's own user does not, and customers may write to the helpdesk.
fn manners(sandbox: &Sandbox) -> Manners {
    let people = |world: &World| world.helpdesk.users.iter().skip(1).filter_map(|user| user.email.clone()).collect();
    Manners { approvers: sandbox.look(people), channel: true, ..Manners::default() }
}

/// The project's files, as the sandbox's store reads them.
pub fn words(config: &Config, shared: &Shared) -> anyhow::Result<Words> {
    let store = fixture(config)?.store;
    let profile = profile(shared, store.name, &store.timezone)?;
    project_words(config, shared, &profile)
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
    let policy = policy(config, &shared.registry)?;
    Ok(Words { policy, catalog: files.catalog(&shared.registry, profile)?, help: articles(config)? })
}

/// The project's help articles, or those that a project begins with.
pub fn articles(config: &Config) -> anyhow::Result<HelpCenter> {
    match existing(Files::of_project(config).help) {
        Some(folder) => help(&folder),
        None => Ok(HelpCenter::new(init::articles())),
    }
}

/// The project's policy; without one, the rules of the store that the sandbox simulates, if it has any.
pub fn policy(config: &Config, registry: &Registry) -> Result<Policy, ConfigError> {
    let files = Files::of_project(config);
    let built_in = config.sandbox.fixture.is_none() && !files.policy.exists();
    let mut policy = match built_in {
        true => policies::parse(Path::new("the sandbox's policy"), Fixture::juniper_and_pine_policy(), registry)?,
        false => files.policy(registry)?,
    };
    policy.mode = config.sandbox.mode.unwrap_or(Mode::Act);
    Ok(policy)
}
