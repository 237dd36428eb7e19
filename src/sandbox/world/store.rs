//! Keeps the world in memory and, where a file is named, on disk: an answer leaves only after its change was written.
//! A write that fails is logged, told by [`WorldStore::last_error`] and tried again with the next change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::World;
use crate::domain::clock::Clock;
use crate::sandbox::SandboxError;
use crate::sandbox::credentials::Credentials;

/// The file: the world and the secrets under which it is reached, so that a restarted sandbox answers the same clients.
#[derive(Serialize, Deserialize)]
pub struct Stored<C, W> {
    pub format: u32,
    pub credentials: C,
    pub world: W,
}

const FORMAT: u32 = 1;

/// The world behind a lock, with a writer that joins changes which arrive together into one write of the file.
pub struct WorldStore {
    world: RwLock<World>,
    clock: Clock,
    disk: Option<Disk>,
}

struct Disk {
    path: PathBuf,
    credentials: Credentials,
    /// How many changes happened; how many of them are on disk.
    changed: watch::Sender<u64>,
    stored: watch::Sender<u64>,
    last_error: std::sync::Mutex<Option<String>>,
}

impl WorldStore {
    pub fn new(world: World, clock: Clock, file: Option<PathBuf>, credentials: &Credentials) -> Self {
        let disk = file.map(|path| Disk {
            path,
            credentials: credentials.clone(),
            changed: watch::Sender::new(0),
            stored: watch::Sender::new(0),
            last_error: std::sync::Mutex::default(),
        });
        Self { world: RwLock::new(world), clock, disk }
    }

    /// What an earlier sandbox left in `path`; `None` where there is no such file.
    pub fn load(path: &Path) -> Result<Option<(Credentials, World)>, SandboxError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SandboxError::WorldFile { path: path.to_owned(), source }),
        };
        let stored: Stored<Credentials, World> = serde_json::from_slice(&bytes)
            .map_err(|source| SandboxError::WorldFormat { path: path.to_owned(), source })?;
        if stored.format != FORMAT {
            return Err(SandboxError::WorldVersion { path: path.to_owned(), found: stored.format });
        }
        Ok(Some((stored.credentials, stored.world)))
    }

    /// The world as it is now.
    pub fn read(&self) -> RwLockReadGuard<'_, World> {
        let now = self.clock.now();
        if self.as_it_was().has_due(now) {
            self.world.write().unwrap_or_else(PoisonError::into_inner).settle(now);
        }
        self.as_it_was()
    }

    fn as_it_was(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world and waits until the change is on disk.
    pub async fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let (value, number) = {
            let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
            world.settle(self.clock.now());
            let value = change(&mut world);
            world.latest_at = world.latest_at.max(self.clock.now());
            let mut number = 0;
            if let Some(disk) = &self.disk {
                disk.changed.send_modify(|changed| {
                    *changed += 1;
                    number = *changed;
                });
            }
            (value, number)
        };
        if let Some(disk) = &self.disk {
            // The sender lives in `disk`, so there is always an end to the wait: the writer's, or that of `close`.
            let _ = disk.stored.subscribe().wait_for(|stored| *stored >= number).await;
        }
        value
    }

    /// Why the file could not be written last time, if it could not.
    pub fn last_error(&self) -> Option<String> {
        let disk = self.disk.as_ref()?;
        disk.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets all go that wait for the disk: the sandbox is gone, and so is its writer.
    pub fn close(&self) {
        if let Some(disk) = &self.disk {
            disk.stored.send_replace(u64::MAX);
        }
    }

    /// Writes the file once, at the start, so that a folder which cannot be written is found before the first client.
    pub fn store_now(&self) -> Result<(), SandboxError> {
        let Some(disk) = &self.disk else { return Ok(()) };
        let bytes = self.serialised(disk);
        disk.write(&bytes).map_err(|source| SandboxError::WorldFile { path: disk.path.clone(), source })
    }

    /// Writes after each change, until it is aborted.
    pub async fn keep_stored(self: Arc<Self>) {
        let Some(disk) = &self.disk else { return };
        let mut changed = disk.changed.subscribe();
        while changed.changed().await.is_ok() {
            let number = *changed.borrow_and_update();
            let store = Arc::clone(&self);
            if tokio::task::spawn_blocking(move || store.write()).await.is_ok() {
                disk.stored.send_replace(number);
            }
        }
    }

    /// Writes the world as it is now.
    fn write(&self) {
        let Some(disk) = &self.disk else { return };
        let written = disk.write(&self.serialised(disk));
        if let Err(error) = &written {
            tracing::error!(path = %disk.path.display(), %error, "the sandbox's world could not be stored");
        }
        *disk.last_error.lock().unwrap_or_else(PoisonError::into_inner) = written.err().map(|error| error.to_string());
    }

    fn serialised(&self, disk: &Disk) -> Vec<u8> {
        let world = self.as_it_was();
        let stored = Stored { format: FORMAT, credentials: &disk.credentials, world: &*world };
        serde_json::to_vec(&stored).unwrap_or_default()
    }
}

impl Disk {
    /// A new file takes the old one's place in one step, so that a kill leaves one of them whole.
    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = self.path.with_file_name(name);
        std::fs::write(&beside, bytes)?;
        std::fs::rename(&beside, &self.path)
    }
}
