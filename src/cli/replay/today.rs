//! Stores as they are today: words, rules, and what their agents go by.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::agents::versions;
use crate::cli::assemble::{Shared, Words, live, sandbox};
use crate::cli::config::{Config, SANDBOX_STORE};
use crate::domain::event::Versions;
use crate::evals::import::Wish;
use crate::evals::shop::{Ground, Kit};
use crate::evals::world::Base;
use crate::policy::Mode;

pub struct Today {
    pub kit: Arc<Kit>,
    pub base: Arc<Base>,
    pub versions: BTreeMap<String, Versions>,
    zone: Option<String>,
    mode: Mode,
}

impl Today {
    /// How a conversation of the store becomes a case.
    pub fn wish(&self, name: String) -> Wish {
        let mode = serde_json::to_value(self.mode).unwrap_or_default();
        Wish {
            name,
            zone: self.zone.clone(),
            policy: BTreeMap::from([("mode".to_owned(), mode)]),
            script: false,
            languages: self.kit.languages.clone(),
        }
    }
}

/// Read when they are first asked for.
pub struct Stores<'c> {
    config: &'c Config,
    shared: Shared,
    model: String,
    known: BTreeMap<String, Today>,
}

/// A store's own words, and where they lie.
struct Own {
    words: Words,
    prompts: PathBuf,
    brand_voice: String,
    zone: Option<String>,
}

impl<'c> Stores<'c> {
    pub fn new(config: &'c Config, shared: Shared, model: String) -> Self {
        Self { config, shared, model, known: BTreeMap::new() }
    }

    pub fn today(&mut self, store: &str) -> anyhow::Result<&Today> {
        if !self.known.contains_key(store) {
            let today = self.read(store)?;
            self.known.insert(store.to_owned(), today);
        }
        self.known.get(store).context("the store was not read")
    }

    fn read(&self, store: &str) -> anyhow::Result<Today> {
        let Own { words, prompts, brand_voice, zone } = self.own(store)?;
        let policy = toml::to_string(&words.policy).context("the policy cannot be written down")?;
        let versions = versions::of(&words.catalog, &words.policy, &words.help, &self.model);
        let kit = Kit {
            registry: self.shared.registry.clone(),
            languages: self.shared.languages.clone(),
            letters: self.shared.letters.clone(),
            prompts: Some(prompts).filter(|folder| folder.is_dir()),
            help: words.help,
            brand_voice,
            ground: Arc::new(Ground::new()?),
        };
        Ok(Today {
            kit: Arc::new(kit),
            versions,
            base: Arc::new(Base::default().with_policy(policy)),
            mode: words.policy.mode,
            zone,
        })
    }

    fn own(&self, store: &str) -> anyhow::Result<Own> {
        let (config, prompts) = (self.config, self.config.folder.join("prompts"));
        if store == SANDBOX_STORE {
            let zone = Some(sandbox::fixture(config)?.store.timezone);
            let words = sandbox::words(config, &self.shared)?;
            return Ok(Own { words, prompts, brand_voice: sandbox::BRAND_VOICE.to_owned(), zone });
        }
        let described = config.stores.get(store).ok_or_else(|| anyhow::Error::msg(config.no_such_store(store)))?;
        let profile = live::profile(config, &self.shared, store, described)?;
        Ok(Own {
            words: live::words(config, &self.shared, described, &profile)?,
            prompts: described.prompts.clone().unwrap_or(prompts),
            brand_voice: described.brand_voice.clone(),
            zone: described.zone.clone(),
        })
    }
}
