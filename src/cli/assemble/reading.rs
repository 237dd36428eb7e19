//! A store whose orders and ledger are read, without a desk and without a conversation.

use std::path::Path;

use super::super::config::{Config, SANDBOX_STORE, StoreConfig};
use super::sandbox::{self, Reached};

use super::{DataFolder, Shared, live, policies};
use crate::domain::clock::Clock;
use crate::domain::store::StoreProfile;
use crate::integrations::Readers;
use crate::integrations::http::Transport;
use crate::policy::Policy;
use crate::sandbox::Sandbox;
use crate::storage::sqlite::SqliteStorage;
use crate::tools::books::Books;

pub struct Reading {
    pub profile: StoreProfile,
    pub policy: Policy,
    pub readers: Readers,
    pub storage: SqliteStorage,
    /// Stands at the moment of its world.
    pub clock: Clock,
    /// Where no other process runs the sandbox, this one does while it reads.
    _started: Option<(Sandbox, DataFolder)>,
}

impl Reading {
    /// The store of this name, under its own policy or another one.
    pub async fn open(config: &Config, store: &str, policy: Option<&Path>) -> anyhow::Result<Self> {
        let shared = Shared::load(config)?;
        let other = policy.map(|path| policies::read(path, &shared.registry)).transpose()?;
        let reading = match config.stores.get(store) {
            _ if store == SANDBOX_STORE => Self::sandbox(config, &shared).await?,
            Some(described) => Self::live(config, &shared, store, described).await?,
            None => anyhow::bail!("{}", config.no_such_store(store)),
        };
        Ok(Self { policy: other.unwrap_or(reading.policy.clone()), ..reading })
    }

    pub fn books(&self) -> Books<'_> {
        let Self { profile, policy, readers, storage, clock, .. } = self;
        Books { store: profile, policy, readers, ledger: storage, clock }
    }

    /// In this process, or beside the one that has its folder.
    async fn sandbox(config: &Config, shared: &Shared) -> anyhow::Result<Self> {
        let (reached, started) = match DataFolder::of_sandbox(config) {
            Ok(folder) => {
                let sandbox = sandbox::start(config, &folder, Clock::system(), false).await?;
                (Reached::here(&sandbox), Some((sandbox, folder)))
            }
            Err(taken) => (Reached::elsewhere(config).await.ok_or(taken)?, None),
        };
        Ok(Self {
            profile: reached.profile(shared)?,
            policy: sandbox::policy(config, &shared.registry)?,
            readers: reached.clients(config)?.readers(),
            storage: DataFolder::of_sandbox_unlocked(config)?.storage(config).await?,
            clock: Clock::standing(reached.now()),
            _started: started,
        })
    }

    async fn live(config: &Config, shared: &Shared, id: &str, store: &StoreConfig) -> anyhow::Result<Self> {
        let profile = live::profile(config, shared, id, store)?;
        let clients = super::clients(config, id, &store.vendors, &Transport::new(config.http.clone())?)?;
        Ok(Self {
            policy: live::words(config, shared, store, &profile)?.policy,
            readers: clients.readers(),
            storage: DataFolder::of_stores(config)?.storage(config).await?,
            profile,
            clock: Clock::standing(Clock::machine()),
            _started: None,
        })
    }
}
