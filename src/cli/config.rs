//! The configuration: `deskhand.toml`, the environment, mounted secrets and flags, each covering the one before. Everything
//! else is handed what it needs; nothing else reads a file of settings or the environment.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};
use url::Url;

use crate::desk::manners::Manners;
use crate::domain::customer::Email;
use crate::domain::id::StoreId;
use crate::integrations::clients::VendorSettings;
use crate::integrations::http::HttpSettings;
use crate::policy::Mode;
use crate::server::ServerSettings;
use crate::tools::registry::Tools;

mod document;
pub mod environment;
pub mod error;
mod gathered;
mod kept;
mod layers;
mod model;
mod nearest;
mod secrets;
pub mod settings;
pub mod table;

pub use environment::Environment;
pub use error::{ConfigError, Origin};
pub use gathered::Gathered;
pub use kept::keep;
pub use model::ModelConfig;

use layers::Layers;
use settings::SETTINGS;

/// The name under which the sandbox's store is known.
pub const SANDBOX_STORE: &str = "sandbox";
/// The configuration file's name, where no other is given.
pub const FILE_NAME: &str = "deskhand.toml";
const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8787);
/// In the place of a model's name: the rule-based stand-in.
const OFFLINE: &str = "offline";
/// The data folder, beside the file, where no other is named.
const DATA_FOLDER: &str = ".deskhand";

/// What the command line says: it covers everything else.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// Settings by key, with the flag's name and its text.
    pub settings: Vec<(&'static str, &'static str, String)>,
}

/// All settings of a process, and what its program brings.
pub struct Config {
    /// The tools that the program has.
    pub tools: Tools,
    /// The file that was read, if there is one.
    pub file: Option<PathBuf>,
    /// The project's folder: where that file is, or the working folder.
    pub folder: PathBuf,
    pub server: ServerConfig,
    pub storage: StorageConfig,
    pub model: ModelConfig,
    pub log: LogConfig,
    pub sandbox: SandboxConfig,
    /// How long calls to vendors may take and how often they are tried.
    pub http: HttpSettings,
    pub stores: BTreeMap<String, StoreConfig>,
    /// Variables that look like ours and are none, with the name that was probably meant.
    pub strangers: Vec<(String, Option<String>)>,
    places: Layers,
}

/// `[server]`: where it listens, and all that the server itself knows of.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub address: SocketAddr,
    /// Where figures are told: an address that nobody outside reaches.
    pub private_address: Option<SocketAddr>,
    /// Signs conversation tokens; else a file in the data folder holds such a secret.
    pub token_secret: Option<SecretString>,
    pub settings: ServerSettings,
}

/// `[storage]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageConfig {
    /// The folder of the database, of the keyring and of the sandbox's world.
    pub folder: Option<PathBuf>,
    /// The keyring itself, instead of a file in that folder.
    pub keys: Option<SecretString>,
}

/// `[log]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// As `tracing_subscriber::EnvFilter` reads it: `info`, `deskhand=debug`.
    pub filter: Option<String>,
    pub format: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Human,
    Json,
}

/// `[sandbox]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxConfig {
    /// A store of one's own as a YAML file.
    pub fixture: Option<PathBuf>,
    /// How far the agent is trusted there. Nothing real can go wrong.
    pub mode: Option<Mode>,
}

/// `[stores.ID]`, without its vendors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// As shoppers know it.
    pub name: String,
    /// IANA name.
    #[serde(default)]
    pub zone: Option<String>,
    #[serde(default)]
    pub brand_voice: String,
    /// ISO 639-1 codes.
    #[serde(default = "english")]
    pub languages: Vec<String>,
    /// Covers the policy's.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Files and folders of this store alone; else those beside the configuration file.
    #[serde(default)]
    pub policy: Option<PathBuf>,
    #[serde(default)]
    pub help: Option<PathBuf>,
    #[serde(default)]
    pub prompts: Option<PathBuf>,
    #[serde(default)]
    pub customer_token_secret: Option<SecretString>,
    #[serde(skip)]
    pub approvals: ApprovalsConfig,
    /// How the store's people work with the agent.
    #[serde(skip)]
    pub people: Manners,
    #[serde(skip)]
    pub vendors: VendorSettings,
}

/// `[stores.ID.approvals]`: who hears that an approval waits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalsConfig {
    pub email: Option<Email>,
    pub webhook_url: Option<Url>,
    /// Signs what goes to that address.
    pub webhook_secret: Option<SecretString>,
}

impl Config {
    /// What was gathered, as settings that fit together.
    ///
    /// # Errors
    /// The first thing that does not fit, with its place and the way to put it right.
    pub fn of(gathered: Gathered) -> Result<Self, ConfigError> {
        let Gathered { file, folder, layers, strangers } = gathered;
        Self::read(file, folder, layers, strangers)
    }

    /// Reads all that is set.
    ///
    /// # Errors
    /// As [`Gathered::of`] and [`Config::of`].
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        Gathered::of(flags, environment).and_then(Self::of)
    }

    pub fn with_tools(mut self, tools: Tools) -> Self {
        self.tools = tools;
        self
    }

    /// The same where `flag` names another model of its server.
    ///
    /// # Errors
    /// Settings of the model that cannot be used with it.
    pub fn asking(&self, model: &str, flag: &'static str) -> Result<Self, ConfigError> {
        let mut layers = self.places.clone();
        layers.set("model.model".to_owned(), Value::String(model.to_owned()), Origin::Flag(flag));
        let config = Self::read(self.file.clone(), self.folder.clone(), layers, self.strangers.clone())?;
        Ok(config.with_tools(self.tools.clone()))
    }

    fn read(
        file: Option<PathBuf>,
        folder: PathBuf,
        layers: Layers,
        strangers: Vec<(String, Option<String>)>,
    ) -> Result<Self, ConfigError> {
        let reader = Reader { layers: &layers, file: file.as_deref() };
        let stores: Vec<String> = layers.stores().map(|(name, _)| name.to_owned()).collect();
        let stores = stores.into_iter().map(|name| Ok((name.clone(), reader.store(&name)?)));
        Ok(Self {
            tools: Tools::default(),
            server: reader.server()?,
            storage: reader.section("storage")?.unwrap_or_default(),
            model: reader.model()?,
            log: reader.section("log")?.unwrap_or_default(),
            sandbox: reader.section("sandbox")?.unwrap_or_default(),
            http: reader.section("http")?.unwrap_or_default(),
            stores: stores.collect::<Result<_, ConfigError>>()?,
            file,
            folder,
            strangers,
            places: layers,
        })
    }

    /// The folder of the database.
    pub fn data_folder(&self) -> PathBuf {
        self.storage.folder.clone().unwrap_or_else(|| self.folder.join(DATA_FOLDER))
    }

    /// Where credentials are kept.
    pub fn credentials(&self) -> PathBuf {
        self.data_folder().join(kept::FILE)
    }

    pub fn is_set(&self, key: &str) -> bool {
        self.places.has(key)
    }

    /// Whether a setting is what `stores connect` has kept.
    pub fn is_kept(&self, key: &str) -> bool {
        matches!(self.places.origin(key), Some(Origin::File { path, .. }) if *path == self.credentials())
    }

    /// What to tell whoever named a store that is not there.
    pub fn no_such_store(&self, store: &str) -> String {
        let known: Vec<&str> = self.stores.keys().map(String::as_str).chain([SANDBOX_STORE]).collect();
        format!("there is no store {store:?} in the configuration; known are {}", known.join(", "))
    }

    /// The store that a command is about: the one that it names, else the only one; the sandbox's where none is described.
    ///
    /// # Errors
    /// What to tell whoever named none of them.
    pub fn store_meant(&self, named: Option<&str>) -> Result<StoreId, String> {
        let mut all = self.stores.keys();
        match (named, all.next(), all.next()) {
            (Some(name), ..) if name == SANDBOX_STORE || self.stores.contains_key(name) => Ok(StoreId::new(name)),
            (Some(name), ..) => Err(self.no_such_store(name)),
            (None, None, _) => Ok(StoreId::new(SANDBOX_STORE)),
            (None, Some(only), None) => Ok(StoreId::new(only)),
            (None, Some(_), Some(_)) => {
                let known: Vec<&str> = self.stores.keys().map(String::as_str).collect();
                Err(format!("there are several stores; name one of {} with --store", known.join(", ")))
            }
        }
    }

    /// The model that somebody named.
    pub fn named_model(&self) -> Option<&str> {
        self.places.text("model.model").filter(|name| *name != OFFLINE)
    }

    /// Where a setting stands, for errors that are found later: `deskhand.toml:12`, `DESKHAND_SHOPIFY_SHOP`.
    pub fn place(&self, key: &str) -> String {
        let section = key.rsplit_once('.').map_or(key, |(section, _)| section);
        let origin = self.places.origin(key).or_else(|| self.places.origin_below(section));
        match (origin, &self.file) {
            (Some(origin), _) => origin.to_string(),
            (None, Some(file)) => file.display().to_string(),
            (None, None) => "the configuration".to_owned(),
        }
    }
}

/// Makes structs of what was found.
struct Reader<'a> {
    layers: &'a Layers,
    file: Option<&'a Path>,
}

impl Reader<'_> {
    /// `None` where nothing is set in the section.
    fn section<T: DeserializeOwned>(&self, section: &str) -> Result<Option<T>, ConfigError> {
        let Some(table) = self.layers.table(section) else { return Ok(None) };
        self.require(section)?;
        self.read(section, table).map(Some)
    }

    fn read<T: DeserializeOwned>(&self, section: &str, table: Table) -> Result<T, ConfigError> {
        T::deserialize(Value::Table(table)).map_err(|error| ConfigError::Unfit {
            place: self.place(section),
            problem: format!("[{section}] cannot be used: {}", error.message().trim()),
            fix: "compare it with `deskhand config`".to_owned(),
        })
    }

    fn server(&self) -> Result<ServerConfig, ConfigError> {
        let mut table = self.layers.table("server").unwrap_or_default();
        let mut listened = |name| table.remove(name).and_then(|address| address.as_str()?.parse().ok());
        let (address, private_address) = (listened("address"), listened("private_address"));
        let token_secret = table.remove("token_secret").and_then(|secret| Some(secret.as_str()?.to_owned().into()));
        let usual = ServerSettings::default();
        for (name, usual) in [("key_rate", usual.key_rate), ("address_rate", usual.address_rate)] {
            if let Some(mut rate) = self.layers.table(&format!("server.{name}")) {
                rate.entry("per_second").or_insert(usual.per_second.into());
                rate.entry("burst").or_insert(i64::from(usual.burst).into());
                table.insert(name.to_owned(), Value::Table(rate));
            }
        }
        Ok(ServerConfig {
            address: address.unwrap_or(DEFAULT_ADDRESS),
            private_address,
            token_secret,
            settings: self.read("server", table)?,
        })
    }

    fn require(&self, section: &str) -> Result<(), ConfigError> {
        for setting in SETTINGS.iter().filter(|setting| setting.required) {
            let (place, name) = setting.key.rsplit_once('.').unwrap_or(("", setting.key));
            let path = format!("{section}.{name}");
            let belongs = layers::setting_at(&path).is_some_and(|known| known.key == setting.key) && !place.is_empty();
            if belongs && !self.layers.has(&path) {
                let fix = format!("write it there or set {}", setting.environment);
                return Err(ConfigError::Missing { place: self.place(section), key: path, fix });
            }
        }
        Ok(())
    }

    fn store(&self, name: &str) -> Result<StoreConfig, ConfigError> {
        let section = format!("stores.{name}");
        let store: Option<StoreConfig> = self.section(&section)?;
        let Some(mut store) = store else {
            self.require(&section)?;
            let (place, fix) = (self.place(&section), "write it there or set DESKHAND_STORE_NAME".to_owned());
            return Err(ConfigError::Missing { place, key: format!("{section}.name"), fix });
        };
        store.approvals = self.section(&format!("{section}.approvals"))?.unwrap_or_default();
        store.people = self.people(&format!("{section}.people"))?;
        store.vendors = VendorSettings {
            shopify: self.section(&format!("{section}.shopify"))?,
            easypost: self.section(&format!("{section}.easypost"))?,
            sendgrid: self.section(&format!("{section}.sendgrid"))?,
            front: self.section(&format!("{section}.front"))?,
            gorgias: self.section(&format!("{section}.gorgias"))?,
            zendesk: self.section(&format!("{section}.zendesk"))?,
            intercom: self.section(&format!("{section}.intercom"))?,
            stripe: self.section(&format!("{section}.stripe"))?,
        };
        Ok(store)
    }

    /// Tags that could be taken for one another are refused: one would say yes in another's place.
    fn people(&self, section: &str) -> Result<Manners, ConfigError> {
        let people: Manners = self.section(section)?.unwrap_or_default();
        people.validate().map_err(|(name, problem)| ConfigError::Unfit {
            place: self.place(section),
            problem: format!("{section}.{name}: {problem}"),
            fix: "compare it with `deskhand config`; each of handback_tag, approve_tag and deny_tag needs a beginning of its own".to_owned(),
        })?;
        Ok(people)
    }

    fn place(&self, section: &str) -> String {
        let stores = || self.layers.stores().find(|(name, _)| section == format!("stores.{name}"));
        let origin = self.layers.origin_below(section).or_else(|| stores().map(|(_, origin)| origin));
        match (origin, self.file) {
            (Some(origin), _) => origin.to_string(),
            (None, Some(file)) => file.display().to_string(),
            (None, None) => "the environment".to_owned(),
        }
    }
}

fn english() -> Vec<String> {
    vec!["en".to_owned()]
}

#[cfg(test)]
mod tests;
