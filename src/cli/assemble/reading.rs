//! A store whose orders are read, without a desk and without a conversation.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::config::{Config, SANDBOX_STORE, StoreConfig};
use super::sandbox::{self, Reached};
use super::vendors::Clients;
use super::{DataFolder, Shared, live, policies};
use crate::domain::clock::Clock;
use crate::domain::store::StoreProfile;
use crate::integrations::commerce::CommerceReader;
use crate::integrations::http::Transport;
use crate::policy::Policy;
use crate::sandbox::Sandbox;

pub struct Reading {
    pub profile: StoreProfile,
    pub policy: Policy,
    pub commerce: Arc<dyn CommerceReader>,
    /// The moment of its world.
    pub now: Timestamp,
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
            Some(described) => Self::live(config, &shared, store, described)?,
            None => anyhow::bail!("{}", config.no_such_store(store)),
        };
        Ok(Self { policy: other.unwrap_or(reading.policy.clone()), ..reading })
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
            commerce: reached.clients(config)?.readers().commerce,
            now: reached.now(),
            _started: started,
        })
    }

    fn live(config: &Config, shared: &Shared, id: &str, store: &StoreConfig) -> anyhow::Result<Self> {
        let profile = live::profile(config, shared, id, store)?;
        let clients = Clients::new(config, id, &store.vendors, &Transport::new(config.http.clone())?)?;
        Ok(Self {
            policy: live::words(config, shared, store, &profile)?.policy,
            commerce: clients.readers().commerce,
            profile,
            now: Clock::system().now(),
            _started: None,
        })
    }
}
