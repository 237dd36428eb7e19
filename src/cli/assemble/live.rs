//! The stores of the configuration.

use std::sync::Arc;

use super::super::config::{Config, ConfigError, StoreConfig};

use super::{Files, Shared, Words, help, zone};
use crate::desk::StoreSetup;
use crate::desk::announcing::Announce;
use crate::desk::manners::Manners;
use crate::domain::id::StoreId;
use crate::domain::store::StoreProfile;
use crate::integrations::SettingsError;
use crate::integrations::clients::Clients;
use crate::integrations::http::Transport;
use crate::integrations::webhook::{Webhook, WebhookSettings};
use crate::model::ChatModel;

/// Zone of a store that names none.
const DEFAULT_ZONE: &str = "UTC";

/// All stores, checked, without a model yet.
pub struct Stores(Vec<Store>);

struct Store {
    profile: StoreProfile,
    words: Words,
    clients: Clients,
    announce: Announce,
    manners: Manners,
}

impl Stores {
    pub fn new(config: &Config, shared: &Shared) -> anyhow::Result<Self> {
        if config.stores.is_empty() {
            anyhow::bail!(
                "no store is configured; describe one under [stores.main] in deskhand.toml (`deskhand init` begins such a \
                 file), or try `deskhand demo`"
            );
        }
        let transport = Transport::new(config.http.clone())?;
        let stores = config.stores.iter().map(|(id, store)| {
            let profile = profile(config, shared, id, store)?;
            let words = words(config, shared, store, &profile)?;
            let clients = super::clients(config, id, &store.vendors, &transport)?;
            let announce = announce(config, id, store, &transport)?;
            anyhow::Ok(Store { profile, words, clients, announce, manners: store.people.clone() })
        });
        Ok(Self(stores.collect::<Result<_, _>>()?))
    }

    pub fn setups(self, config: &Config, model: &Arc<dyn ChatModel>) -> Vec<StoreSetup> {
        let setups = self.0.into_iter().map(|store| StoreSetup {
            readers: store.clients.readers(),
            writers: store.clients.writers(),
            hooks: store.clients.hooks(),
            announce: store.announce,
            manners: store.manners,
            server: config.server.settings.public_url.clone(),
            profile: store.profile,
            policy: store.words.policy,
            catalog: store.words.catalog,
            help: store.words.help,
            model: Arc::clone(model),
        });
        setups.collect()
    }
}

/// A store's profile, with every value checked.
pub fn profile(config: &Config, shared: &Shared, id: &str, store: &StoreConfig) -> Result<StoreProfile, ConfigError> {
    let name = store.zone.as_deref().unwrap_or(DEFAULT_ZONE);
    let zone = zone(name).ok_or_else(|| ConfigError::Unfit {
        place: config.place(&format!("stores.{id}.zone")),
        problem: format!("there is no time zone {name:?}"),
        fix: "write one such as America/Los_Angeles or Europe/Berlin".to_owned(),
    })?;
    if let Some(unknown) = store.languages.iter().find(|code| shared.languages.get(code).is_none()) {
        let known: Vec<&str> = shared.languages.codes().collect();
        return Err(ConfigError::Unfit {
            place: config.place(&format!("stores.{id}.languages")),
            problem: format!("the language {unknown:?} has no file by which answers could be checked"),
            fix: format!("known are {}; a further one is a file prompts/languages/CODE.toml", known.join(", ")),
        });
    }
    Ok(StoreProfile {
        id: StoreId::new(id),
        name: store.name.clone(),
        zone,
        brand_voice: store.brand_voice.clone(),
        languages: store.languages.clone(),
        sandbox: false,
    })
}

/// Who hears that an approval waits, with every value checked.
pub fn announce(
    config: &Config,
    id: &str,
    store: &StoreConfig,
    transport: &Transport,
) -> Result<Announce, ConfigError> {
    let approvals = &store.approvals;
    let unfit = |SettingsError { key, problem, fix }| ConfigError::Unfit {
        place: config.place(&format!("stores.{id}.{key}")),
        problem: format!("stores.{id}.{key}: {problem}"),
        fix: fix.to_owned(),
    };
    let missing = |key: &str, fix: &str| ConfigError::Missing {
        place: config.place(&format!("stores.{id}.approvals.{key}")),
        key: format!("stores.{id}.approvals.{key}"),
        fix: fix.to_owned(),
    };
    let webhook = match (&approvals.webhook_url, &approvals.webhook_secret) {
        (None, None) => None,
        (Some(url), Some(secret)) => {
            let settings = WebhookSettings { url: url.clone(), secret: secret.clone() };
            Some(Arc::new(Webhook::new(settings, transport.clone()).map_err(unfit)?))
        }
        (Some(_), None) => {
            let fix = "notices are signed with it; set DESKHAND_APPROVALS_WEBHOOK_SECRET, such as `openssl rand -hex 32` prints";
            return Err(missing("webhook_secret", fix));
        }
        (None, Some(_)) => return Err(missing("webhook_url", "a secret without an address signs nothing; give both")),
    };
    Ok(Announce { email: approvals.email.clone(), webhook })
}

/// A store's policy, prompts and articles.
pub fn words(config: &Config, shared: &Shared, store: &StoreConfig, profile: &StoreProfile) -> anyhow::Result<Words> {
    let project = Files::of_project(config);
    let files = Files {
        policy_named: store.policy.is_some(),
        policy: store.policy.clone().unwrap_or(project.policy),
        prompts: store.prompts.clone().unwrap_or(project.prompts),
        help: store.help.clone().unwrap_or(project.help),
    };
    let mut policy = files.policy(&shared.registry)?;
    policy.mode = store.mode.unwrap_or(policy.mode);
    Ok(Words { policy, catalog: files.catalog(&shared.registry, profile)?, help: help(&files.help)? })
}
