//! `deskhand stores`, `pause` and `resume`.

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret as _;
use url::Url;

use super::assemble::{DataFolder, clients};
use super::config::{Config, SANDBOX_STORE};
use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::domain::clock::Clock;
use crate::domain::id::{KeyId, StoreId};
use crate::integrations::clients::Connected;
use crate::integrations::hooks::Source;
use crate::integrations::http::Transport;
use crate::storage::outbox::Outbox as _;
use crate::storage::sqlite::SqliteStorage;
use crate::storage::stores::{ApiKey, KeyKind, Stores as _};

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
    /// Have a vendor send its events to your server: what people write in the helpdesk, and where parcels are.
    #[command(
        after_help = "An address that was registered before for the same store is replaced.\n\nExamples:\n  deskhand stores connect gorgias --store main --url https://agent.example.com\n  deskhand stores connect zendesk --store main --url https://agent.example.com     and set what it prints\n  deskhand stores connect front --store main --url https://agent.example.com       and do what it prints\n  deskhand stores connect intercom --store main --url https://agent.example.com    and do what it prints\n  deskhand stores connect easypost --store main --url https://agent.example.com"
    )]
    Connect {
        /// The vendor: gorgias, zendesk, front, intercom or easypost.
        #[arg(value_parser = source)]
        vendor: Source,
        /// The store.
        #[arg(long)]
        store: String,
        /// Your server's address, as the vendor reaches it.
        #[arg(long)]
        url: Url,
    },
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
            Self::Connect { vendor, store, url } => connect(config, *vendor, store, url, terminal).await,
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

fn source(name: &str) -> Result<Source, String> {
    Source::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Source::ALL.into_iter().map(Source::as_str).collect();
        format!("no vendor of that name sends events; known are {}", known.join(", "))
    })
}

async fn connect(
    config: &Config,
    vendor: Source,
    store: &str,
    server: &Url,
    terminal: &Terminal,
) -> anyhow::Result<Ending> {
    let Some(known) = config.stores.get(store) else {
        anyhow::bail!("there is no store {store:?} in the configuration; `deskhand stores list` names them all");
    };
    if !matches!(server.scheme(), "http" | "https") || !server.has_host() {
        anyhow::bail!("--url is not an http(s) address; give your server's, such as https://agent.example.com");
    }
    let clients = clients(config, store, &known.vendors, &Transport::new(config.http.clone())?)?;
    let name = vendor.as_str();
    let variable = format!("DESKHAND_{}_WEBHOOK_SECRET", name.to_uppercase());
    let connected = clients.connect(vendor, &StoreId::new(store), server).await.context("nothing was registered")?;
    let sent = || format!("{name} sends its events to {} from now on.", server.origin().ascii_serialization());
    match connected {
        Connected::Known => {
            terminal.line(format_args!("{} `deskhand doctor` tells whether they arrive there.", sent()))?;
        }
        Connected::Made(secret) => {
            terminal.remark(format_args!(
                "{} They are signed under a secret that {name} has made for this address alone. Set it where the server runs, \
                 and start it anew:\n",
                sent()
            ));
            terminal.line(format_args!("{variable}={}", secret.expose_secret()))?;
        }
        Connected::ByHand(steps) => {
            terminal.remark(format_args!("{name} offers no call for this. Do it there by hand:\n"));
            for (number, step) in (1..).zip(steps) {
                terminal.line(format_args!("{number}. {step}"))?;
            }
        }
        Connected::NoSecret => {
            return Err(Failure::new(format!(
                "stores.{store}.{name}.webhook_secret is not set, and without it nobody could tell {name}'s events from others'. \
                 Make one, such as `openssl rand -hex 32` prints, set {variable}, and try again"
            ))
            .into());
        }
        Connected::Elsewhere => {
            return Err(Failure::new(format!("store {store} has no section [stores.{store}.{name}]")).into());
        }
    }
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
