//! The data folder: the database, the keyring, secrets that were made here, and the sandbox's world.
//!
//! The sandbox has a folder of its own inside, so that `--fresh` cannot touch a live store's conversations.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::super::config::{Config, SANDBOX_STORE};
use crate::domain::id::{StoreId, secret_token};
use crate::storage::sqlite::{SqliteOptions, SqliteStorage};
use crate::storage::vault::{Keyring, Vault};

const DATABASE: &str = "deskhand.db";
const KEYRING: &str = "keyring";
const SANDBOX: &str = "sandbox";
const WORLD: &str = "world.json";
const CONTROL: &str = "control-url";
const LOCK: &str = "lock";

/// A folder in which everything of one desk lies.
pub struct DataFolder {
    path: PathBuf,
    keyring: PathBuf,
    /// Held while a desk runs: it settles at its start what the desk before it left, and two sandboxes would overwrite
    /// each other's world.
    _lock: Option<File>,
}

impl DataFolder {
    /// That of the configuration's stores.
    pub fn of_stores(config: &Config) -> anyhow::Result<Self> {
        let path = config.data_folder();
        make(&path)?;
        Ok(Self { keyring: path.join(KEYRING), path, _lock: None })
    }

    /// The same, for the one desk that may work in it.
    pub fn of_stores_locked(config: &Config) -> anyhow::Result<Self> {
        let advice = "its conversations have one desk at a time; stop that one, or talk to it over its HTTP API";
        Self::of_stores(config)?.alone(advice)
    }

    /// That of the sandbox's store, for this process alone.
    pub fn of_sandbox(config: &Config) -> anyhow::Result<Self> {
        Self::of_sandbox_unlocked(config)?.alone("stop it, or give this one a folder of its own with --data")
    }

    /// The same folder, for this process alone. `advice` is for whoever finds another one in it.
    pub fn alone(self, advice: &str) -> anyhow::Result<Self> {
        Ok(Self { _lock: Some(lock(&self.path, advice)?), ..self })
    }

    /// The same, beside a process that has it: for what the database alone holds.
    pub fn of_sandbox_unlocked(config: &Config) -> anyhow::Result<Self> {
        let data = config.data_folder();
        let path = data.join(SANDBOX);
        make(&path)?;
        Ok(Self { keyring: data.join(KEYRING), path, _lock: None })
    }

    /// That of one store, beside a process that has it.
    pub fn of_store(config: &Config, store: &StoreId) -> anyhow::Result<Self> {
        match store.as_str() {
            SANDBOX_STORE => Self::of_sandbox_unlocked(config),
            _ => Self::of_stores(config),
        }
    }

    /// The folders in which there are conversations already, the stores' first. Nothing is locked or made.
    pub fn existing(config: &Config) -> Vec<Self> {
        let data = config.data_folder();
        let folders = [data.clone(), data.join(SANDBOX)].into_iter().filter(|path| path.join(DATABASE).is_file());
        folders.map(|path| Self { keyring: data.join(KEYRING), path, _lock: None }).collect()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn world(&self) -> PathBuf {
        self.path.join(WORLD)
    }

    /// Writes a file and removes it.
    pub fn probe(&self) -> anyhow::Result<()> {
        let path = self.path.join("probe");
        let written = fs::write(&path, "deskhand doctor").and_then(|()| fs::remove_file(&path));
        written
            .with_context(|| format!("cannot write into {}; check its permissions and free space", self.path.display()))
    }

    /// Opens the database, or makes it.
    pub async fn storage(&self, config: &Config) -> anyhow::Result<SqliteStorage> {
        let options = SqliteOptions::new(self.path.join(DATABASE), Vault::new(self.keyring(config)?));
        Ok(SqliteStorage::open(options).await?)
    }

    /// The keyring of the configuration, else that of the data folder, which is made where it is missing.
    pub fn keyring(&self, config: &Config) -> anyhow::Result<Keyring> {
        match &config.storage.keys {
            Some(keys) => Keyring::parse(keys.expose_secret())
                .with_context(|| format!("{}: storage.keys cannot be used", config.place("storage.keys"))),
            None => Ok(Keyring::load_or_create(&self.keyring)?),
        }
    }

    /// Drops the database and the world. Keys and secrets stay.
    pub fn forget(&self) -> anyhow::Result<()> {
        for name in [WORLD, DATABASE, "deskhand.db-wal", "deskhand.db-shm"] {
            let path = self.path.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A secret that only its owner can read, made at the first use.
    pub fn secret(&self, name: &str) -> anyhow::Result<SecretString> {
        self.secret_with(name, "")
    }

    /// The same, with a prefix that says what it is.
    pub fn secret_with(&self, name: &str, prefix: &str) -> anyhow::Result<SecretString> {
        let path = self.path.join(name);
        let failed = || format!("cannot read or write {}", path.display());
        match fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned().into()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).with_context(failed),
            _ => {
                let secret = format!("{prefix}{}", secret_token());
                write_private(&path, &secret).with_context(failed)?;
                Ok(secret.into())
            }
        }
    }

    /// Where the control routes of the running sandbox are, for `deskhand sandbox mail`.
    pub fn write_control_url(&self, url: &str) -> anyhow::Result<()> {
        let path = self.path.join(CONTROL);
        write_private(&path, url).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Where the sandbox that ran last has, or had, its control routes.
    pub fn control_url(config: &Config) -> Option<String> {
        fs::read_to_string(config.data_folder().join(SANDBOX).join(CONTROL)).ok()
    }
}

fn make(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).with_context(|| {
        format!("cannot make the folder {}; choose another with --data or DESKHAND_DATA", path.display())
    })
}

fn lock(folder: &Path, advice: &str) -> anyhow::Result<File> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| {
        format!("cannot write {}; choose another folder with --data or DESKHAND_DATA", path.display())
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            anyhow::bail!("another deskhand is using {}; {advice}", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

/// Writes a file that only its owner can read, if it is a new one.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
