//! `deskhand stores`, `pause` and `resume`.

use clap::{Args, Subcommand, ValueEnum};

use super::assemble::DataFolder;
use super::config::{Config, SANDBOX_STORE};
use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::domain::clock::Clock;
use crate::domain::id::{KeyId, StoreId};
use crate::storage::outbox::Outbox as _;
use crate::storage::sqlite::SqliteStorage;
use crate::storage::stores::{ApiKey, KeyKind, Stores as _};

pub mod connect;

/// The stores of this project and their API keys.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "A store is added by describing it in deskhand.toml. A key is shown once; only its hash is stored."
)]
pub enum Command {
    /// Name the stores.
    List,
    /// Show a store: whether it is paused, its keys, what waits.
    Show {
        /// The store.
        store: String,
    },
    Connect(connect::Arguments),
    /// Make an API key and show it, once.
    AddKey {
        /// The store.
        store: String,
        #[arg(long, value_enum, default_value_t = Kind::Secret)]
        kind: Kind,
    },
    /// Make a key of the same kind as an old one, show it, and make the old one worthless.
    RotateKey {
        /// The store.
        store: String,
        /// The old key's id, as `show` lists it.
        key: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// For servers: sk_…
    Secret,
    /// For people who decide about refunds and the like: ak_…, everything a secret key may, and approvals
    Approver,
    /// For widgets in browsers: pk_…
    Public,
}

/// Send everything of a store to people, from now on.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  deskhand pause main      and back: deskhand resume main")]
pub struct Pause {
    /// The store.
    pub store: String,
}

/// Let a paused store's agent work again.
#[derive(Args, Debug)]
pub struct Resume {
    /// The store.
    pub store: String,
}

impl Command {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        match self {
            Self::List => list(config, terminal),
            Self::Show { store } => Opened::new(config, store).await?.show(terminal).await,
            Self::Connect(arguments) => arguments.run(config, terminal).await,
            Self::AddKey { store, kind } => Opened::new(config, store).await?.add_key(*kind, terminal).await,
            Self::RotateKey { store, key } => Opened::new(config, store).await?.rotate_key(key, terminal).await,
        }
    }
}

/// Pauses or resumes a store.
pub async fn set_paused(config: &Config, store: &str, paused: bool, terminal: &Terminal) -> anyhow::Result<Ending> {
    let opened = Opened::new(config, store).await?;
    opened.storage.set_paused(&opened.store, paused, Clock::machine()).await?;
    opened.storage.close().await;
    terminal.line(if paused {
        format!("{store} is paused: every message goes to a person. Undo it with: deskhand resume {store}")
    } else {
        format!("{store} works again.")
    })?;
    Ok(Ending::Done)
}

fn list(config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
    for (id, store) in &config.stores {
        terminal.line(format_args!("{id:<20} {}", store.name))?;
    }
    terminal.line(format_args!("{SANDBOX_STORE:<20} the simulated store of demo and chat"))?;
    Ok(Ending::Done)
}

/// A store and the storage in which it is.
struct Opened {
    store: StoreId,
    storage: SqliteStorage,
}

impl Opened {
    async fn new(config: &Config, store: &str) -> anyhow::Result<Self> {
        let folder = if store == SANDBOX_STORE {
            DataFolder::of_sandbox_unlocked(config)?
        } else if config.stores.contains_key(store) {
            DataFolder::of_stores(config)?
        } else {
            anyhow::bail!("there is no store {store:?} in the configuration; `deskhand stores list` names them all");
        };
        Ok(Self { store: StoreId::new(store), storage: folder.storage(config).await? })
    }

    async fn show(self, terminal: &Terminal) -> anyhow::Result<Ending> {
        let paused = self.storage.store(&self.store).await?.is_some_and(|record| record.paused);
        let (waiting, dead) = self.storage.depth().await?;
        terminal.line(format_args!("{}: {}", self.store, if paused { "paused" } else { "at work" }))?;
        terminal.line(format_args!("waiting work: {waiting}, given up: {dead} (all stores of this database)"))?;
        for key in self.storage.keys(&self.store).await? {
            let revoked = key.revoked_at.map_or_else(String::new, |at| format!(", revoked {at}"));
            terminal.line(format_args!("key {} ({}), made {}{revoked}", key.id, prefix(key.kind), key.created_at))?;
        }
        self.storage.close().await;
        Ok(Ending::Done)
    }

    async fn add_key(self, kind: Kind, terminal: &Terminal) -> anyhow::Result<Ending> {
        let kind = match kind {
            Kind::Secret => KeyKind::Secret,
            Kind::Approver => KeyKind::Approver,
            Kind::Public => KeyKind::Public,
        };
        let (key, text) = self.storage.create_key(&self.store, kind, Clock::machine()).await?;
        self.storage.close().await;
        shown_once(&key, &text, terminal)
    }

    async fn rotate_key(self, old: &str, terminal: &Terminal) -> anyhow::Result<Ending> {
        let keys = self.storage.keys(&self.store).await?;
        let old = keys.iter().find(|key| key.id.as_str() == old && key.revoked_at.is_none());
        let unknown = || Failure::new("this store has no such key in use; `deskhand stores show` lists them");
        let old = old.ok_or_else(unknown)?;
        let (key, text) = self.storage.create_key(&self.store, old.kind, Clock::machine()).await?;
        let id: &KeyId = &old.id;
        self.storage.revoke_key(id, Clock::machine()).await?;
        self.storage.close().await;
        shown_once(&key, &text, terminal)?;
        terminal.remark(format_args!("{id} is worthless now."));
        Ok(Ending::Done)
    }
}

fn shown_once(key: &ApiKey, text: &str, terminal: &Terminal) -> anyhow::Result<Ending> {
    terminal.line(text)?;
    terminal.remark(format_args!("This is {}. Keep it now: it is not shown again.", key.id));
    Ok(Ending::Done)
}

fn prefix(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Secret => "sk",
        KeyKind::Approver => "ak",
        KeyKind::Public => "pk",
    }
}
