//! A store that is open for one conversation: its own sandbox, database and desk. Vendors are reached over the wire.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use tokio::sync::OnceCell;

use super::world::Plan;
use crate::agents::catalog::{Catalog, CatalogError};
use crate::agents::language::Languages;
use crate::desk::announcing::Announce;
use crate::desk::manners::Manners;
use crate::desk::{Desk, DeskParts, Pace, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::id::StoreId;
use crate::domain::store::StoreProfile;
use crate::integrations::clients::{Clients, VendorSettings};
use crate::integrations::http::{HttpSettings, Transport};
use crate::integrations::messaging::letters::Letters;
use crate::model::ChatModel;
use crate::policy::Policy;
use crate::sandbox::{Sandbox, SandboxOptions};
use crate::storage::sqlite::{SqliteOptions, SqliteStorage};
use crate::storage::vault::{Keyring, Vault};
use crate::tools::help_center::HelpCenter;
use crate::tools::registry::Registry;

mod earlier;

/// The only store of a case.
pub const STORE: &str = "store";

/// What all shops have in common: the words and tools of a project, or the built-in ones.
pub struct Kit {
    pub registry: Registry,
    pub languages: Languages,
    pub letters: Letters,
    /// A project's own prompts.
    pub prompts: Option<PathBuf>,
    pub help: HelpCenter,
    pub brand_voice: String,
    pub ground: Arc<Ground>,
}

impl Kit {
    /// The agents that its prompts and tools make, of a store without a name.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn agents(&self) -> Result<Catalog, CatalogError> {
        let profile = StoreProfile {
            id: StoreId::new(STORE),
            zone: TimeZone::UTC,
            name: String::new(),
            brand_voice: self.brand_voice.clone(),
            languages: self.languages.codes().map(str::to_owned).collect(),
            sandbox: true,
        };
        Catalog::load(self.prompts.as_deref(), &self.registry, &profile)
    }
}

/// Waits that people do not notice, and that no case should wait for. Who waits calls for rounds between those.
fn pace() -> Pace {
    Pace { sweep: Duration::from_millis(500), absence: Duration::from_millis(250), ..Pace::default() }
}

/// Connections to a shop's vendors are of no use to the next shop, whose vendors listen elsewhere.
fn http() -> HttpSettings {
    HttpSettings { first_pause_ms: 10, idle_ms: 500, ..HttpSettings::default() }
}

/// What it would take long to make for each shop anew, and that no two shops can meet in: connections to vendors, a
/// database in which nothing is, and agents.
pub struct Ground {
    transport: Transport,
    vault: Vault,
    blank: OnceCell<Vec<u8>>,
    left: Mutex<Vec<Room>>,
    /// Made last, with the name of the shop that they speak for: all that prompts know of it.
    catalog: Mutex<Option<(String, Catalog)>>,
}

impl Ground {
    /// # Errors
    /// Where the machine offers no TLS roots or no proxy settings that can be read.
    pub fn new() -> anyhow::Result<Self> {
        let transport = Transport::new(http())?;
        let vault = Vault::new(Keyring::generate());
        Ok(Self { transport, vault, blank: OnceCell::new(), left: Mutex::default(), catalog: Mutex::default() })
    }

    fn options(&self, folder: &Path) -> SqliteOptions {
        SqliteOptions { readers: 1, ..SqliteOptions::in_folder(folder, self.vault.clone()) }
    }

    /// A database in which nothing is: one that a shop had before, or a new one.
    async fn room(&self) -> anyhow::Result<Room> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(room) = left {
            return Ok(room);
        }
        let blank = self.blank.get_or_try_init(async || {
            let made = Folder::new()?;
            let options = self.options(&made.0);
            let path = options.path.clone();
            SqliteStorage::open(options).await?.close().await;
            anyhow::Ok(tokio::fs::read(path).await?)
        });
        let folder = Folder::new()?;
        let options = self.options(&folder.0);
        tokio::fs::write(&options.path, blank.await?).await?;
        Ok(Room { storage: SqliteStorage::open(options).await?, folder })
    }

    /// Takes back what a shop leaves. What somebody could still write into is not given to another one.
    async fn take_back(&self, room: Room) {
        let Room { storage, folder } = room;
        if let Ok(Some(storage)) = storage.emptied().await {
            self.left.lock().unwrap_or_else(PoisonError::into_inner).push(Room { storage, folder });
        }
    }

    /// The agents of a shop. `make` is what makes them where there are none yet.
    fn catalog(
        &self,
        shop: &str,
        make: impl FnOnce() -> Result<Catalog, CatalogError>,
    ) -> Result<Catalog, CatalogError> {
        let mut last = self.catalog.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, catalog)) = last.as_ref().filter(|(name, _)| name == shop) {
            return Ok(catalog.clone());
        }
        let made = make()?;
        *last = Some((shop.to_owned(), made.clone()));
        Ok(made)
    }
}

/// A database with its folder.
struct Room {
    storage: SqliteStorage,
    folder: Folder,
}

pub struct Shop {
    pub sandbox: Sandbox,
    pub desk: Desk,
    room: Room,
    ground: Arc<Ground>,
}

impl Shop {
    pub async fn open(kit: &Kit, plan: Plan, model: Arc<dyn ChatModel>) -> anyhow::Result<Self> {
        let clock = Clock::standing(plan.now);
        let options = SandboxOptions { clock: clock.clone(), call_limits: false, ..SandboxOptions::new(plan.fixture) };
        let sandbox = Sandbox::start(options).await?;
        plan.faults.into_iter().for_each(|fault| sandbox.fault(fault));
        let room = kit.ground.room().await?;
        for (number, spent) in plan.spent.into_iter().enumerate() {
            earlier::pay(&room.storage, number, spent, plan.now).await?;
        }
        let desk = Desk::start(DeskParts {
            storage: Arc::new(room.storage.clone()),
            clock,
            registry: kit.registry.clone(),
            languages: kit.languages.clone(),
            letters: kit.letters.clone(),
            stores: vec![store(kit, plan.policy, plan.people, &sandbox, model)?],
            pace: pace(),
        })
        .await?;
        Ok(Self { sandbox, desk, room, ground: Arc::clone(&kit.ground) })
    }

    /// How often what is stored has changed.
    pub fn writes(&self) -> u64 {
        self.room.storage.stats().operations
    }

    pub async fn close(self) {
        let Self { sandbox, desk, room, ground } = self;
        desk.shutdown(Duration::ZERO).await;
        sandbox.shutdown().await;
        drop(desk);
        ground.take_back(room).await;
    }
}

fn store(
    kit: &Kit,
    policy: Policy,
    manners: Manners,
    sandbox: &Sandbox,
    model: Arc<dyn ChatModel>,
) -> anyhow::Result<StoreSetup> {
    let (access, shop) = (sandbox.access(), sandbox.look(|world| world.shop.clone()));
    let settings = VendorSettings::read(|vendor| access.section(&shop, vendor))?;
    let clients = Clients::new(&settings, &kit.ground.transport)?;
    let zone = &shop.timezone;
    let profile = StoreProfile {
        id: StoreId::new(STORE),
        zone: TimeZone::get(zone).with_context(|| format!("the fixture's time zone {zone:?} is none"))?,
        name: shop.name.clone(),
        brand_voice: kit.brand_voice.clone(),
        languages: kit.languages.codes().map(str::to_owned).collect(),
        sandbox: true,
    };
    Ok(StoreSetup {
        catalog: kit
            .ground
            .catalog(&profile.name, || Catalog::load(kit.prompts.as_deref(), &kit.registry, &profile))?,
        policy,
        help: kit.help.clone(),
        readers: clients.readers(),
        writers: clients.writers(),
        announce: Announce::default(),
        manners,
        server: None,
        hooks: clients.hooks(),
        profile,
        model,
    })
}

/// A folder that is gone with its shop.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("deskhand-eval-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = in_memory().unwrap_or_else(std::env::temp_dir).join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is the system's to clean up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where files do not reach a disk: nothing of a case has to survive it.
fn in_memory() -> Option<PathBuf> {
    let shared = Path::new("/dev/shm");
    shared.is_dir().then(|| shared.to_owned())
}
