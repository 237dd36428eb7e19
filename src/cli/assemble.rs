//! From the configuration to a desk: the sandbox's store, or the stores of the configuration.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use secrecy::SecretString;
use url::Url;

use super::config::{Config, ConfigError};
use crate::agents::catalog::Catalog;
use crate::agents::language::Languages;
use crate::desk::{Desk, DeskParts, Pace, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::id::StoreId;
use crate::domain::store::StoreProfile;
use crate::integrations::clients::{Clients, ClientsError, HELPDESKS, VendorSettings};
use crate::integrations::http::Transport;
use crate::integrations::messaging::letters::Letters;
use crate::model::ChatModel;
use crate::policy::Policy;
use crate::sandbox::Sandbox;
use crate::storage::sqlite::SqliteStorage;
use crate::tools::help_center::HelpCenter;
use crate::tools::registry::Registry;

pub mod folder;
pub mod live;
pub mod models;
pub mod policies;
mod reading;
pub mod sandbox;

pub use folder::DataFolder;
pub use reading::Reading;

/// A running desk and what it stands on.
pub struct House {
    pub desk: Desk,
    pub storage: SqliteStorage,
    /// As it is told to people.
    pub model: String,
    pub customer_token_secrets: HashMap<StoreId, SecretString>,
    pub sandbox: Option<Sandbox>,
    pub folder: DataFolder,
}

impl House {
    /// Stops the sandbox and closes the database. The desk was shut down before.
    pub async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.shutdown().await;
        }
        self.storage.close().await;
    }
}

/// What all stores share.
pub struct Shared {
    pub registry: Registry,
    pub languages: Languages,
    pub letters: Letters,
}

impl Shared {
    /// The project's tools and languages, or the built-in ones.
    pub fn load(config: &Config) -> anyhow::Result<Self> {
        let registry = Registry::load(&config.tools, super::tools::own(config).as_deref())?;
        let languages = Languages::load(existing(config.folder.join("prompts/languages")).as_deref())?;
        let letters = Letters::load(existing(config.folder.join("mails")).as_deref())?;
        Ok(Self { registry, languages, letters })
    }
}

/// The sandbox's store, with a sandbox in this process.
pub async fn in_sandbox(config: &Config, fresh: bool, server: Option<Url>) -> anyhow::Result<House> {
    let shared = Shared::load(config)?;
    let model = models::or_offline(config)?;
    let clock = Clock::system();
    let folder = DataFolder::of_sandbox(config)?;
    let sandbox = sandbox::start(config, &folder, clock.clone(), fresh).await?;
    let mut setup = sandbox::store(config, &shared, &sandbox, Arc::clone(&model))?;
    setup.hooks = sandbox::events::hooks(config, &sandbox, &folder)?;
    setup.server = setup.server.or(server);
    let secret = folder.secret("customer-token-secret")?;
    let secrets = HashMap::from([(setup.profile.id.clone(), secret)]);
    let storage = folder.storage(config).await?;
    let parts = Parts { storage, shared, clock, stores: vec![setup], model, secrets };
    parts.start(folder, Some(sandbox)).await
}

/// Every store of the configuration.
pub async fn live(config: &Config) -> anyhow::Result<House> {
    let shared = Shared::load(config)?;
    let stores = live::Stores::new(config, &shared)?;
    let model = models::required(config)?;
    let setups = stores.setups(config, &model);
    let secrets =
        config.stores.iter().filter_map(|(id, store)| Some((StoreId::new(id), store.customer_token_secret.clone()?)));
    let secrets = secrets.collect();
    let folder = DataFolder::of_stores_locked(config)?;
    let storage = folder.storage(config).await?;
    let parts = Parts { storage, shared, clock: Clock::system(), stores: setups, model, secrets };
    parts.start(folder, None).await
}

struct Parts {
    storage: SqliteStorage,
    shared: Shared,
    clock: Clock,
    stores: Vec<StoreSetup>,
    model: Arc<dyn ChatModel>,
    secrets: HashMap<StoreId, SecretString>,
}

impl Parts {
    async fn start(self, folder: DataFolder, sandbox: Option<Sandbox>) -> anyhow::Result<House> {
        let desk = Desk::start(DeskParts {
            storage: Arc::new(self.storage.clone()),
            clock: self.clock,
            registry: self.shared.registry,
            languages: self.shared.languages,
            letters: self.shared.letters,
            stores: self.stores,
            pace: Pace::default(),
        });
        Ok(House {
            desk: desk.await?,
            storage: self.storage,
            model: self.model.description(),
            customer_token_secrets: self.secrets,
            sandbox,
            folder,
        })
    }
}

/// The clients of a store of the configuration.
///
/// # Errors
/// A vendor that is missing, or a setting that cannot work, with its place.
pub fn clients(
    config: &Config,
    store: &str,
    settings: &VendorSettings,
    transport: &Transport,
) -> Result<Clients, ConfigError> {
    Clients::new(settings, transport).map_err(|error| match error {
        ClientsError::Missing(vendor) => {
            let key = format!("stores.{store}.{vendor}");
            ConfigError::Missing {
                place: config.place(&format!("stores.{store}.name")),
                fix: format!("a live store needs the section [{key}]; `deskhand config` lists its keys"),
                key,
            }
        }
        ClientsError::NoHelpdesk => ConfigError::Missing {
            place: config.place(&format!("stores.{store}.name")),
            key: HELPDESKS.map(|name| format!("stores.{store}.{name}")).join(" or "),
            fix: "a live store needs one of these sections; `deskhand config` lists their keys".to_owned(),
        },
        ClientsError::ManyHelpdesks(set) => {
            let set: Vec<String> = set.into_iter().map(|name| format!("stores.{store}.{name}")).collect();
            ConfigError::Unfit {
                place: config.place(set.last().map_or(store, String::as_str)),
                problem: format!("{} are both set", set.join(" and ")),
                fix: "a store has one helpdesk; remove one of the sections".to_owned(),
            }
        }
        ClientsError::Unfit(error) => ConfigError::Unfit {
            place: config.place(&format!("stores.{store}.{}", error.key)),
            problem: format!("stores.{store}.{}: {}", error.key, error.problem),
            fix: error.fix.to_owned(),
        },
    })
}

/// A store's own words: what its folder holds.
pub struct Words {
    pub policy: Policy,
    pub catalog: Catalog,
    pub help: HelpCenter,
}

/// Where a store's files lie.
struct Files {
    policy: PathBuf,
    prompts: PathBuf,
    help: PathBuf,
    /// A file that the configuration names must be there.
    policy_named: bool,
}

impl Files {
    fn of_project(config: &Config) -> Self {
        Self {
            policy: config.folder.join("policy.toml"),
            prompts: config.folder.join("prompts"),
            help: config.folder.join("help"),
            policy_named: false,
        }
    }

    fn policy(&self, registry: &Registry) -> Result<Policy, ConfigError> {
        if !self.policy_named && !self.policy.exists() {
            return Ok(Policy::default());
        }
        policies::read(&self.policy, registry)
    }

    fn catalog(&self, registry: &Registry, profile: &StoreProfile) -> anyhow::Result<Catalog> {
        Ok(Catalog::load(existing(self.prompts.clone()).as_deref(), registry, profile)?)
    }
}

fn existing(folder: PathBuf) -> Option<PathBuf> {
    Some(folder).filter(|folder| folder.is_dir())
}

/// `None` for a name that no zone has.
fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// Help articles of a folder.
fn help(folder: &Path) -> anyhow::Result<HelpCenter> {
    Ok(HelpCenter::read(folder)?)
}
