//! All that flags, the environment, the file and `stores connect` have set.

use std::path::{Path, PathBuf};

use super::error::{ConfigError, Origin};
use super::layers::{self, Layers};
use super::settings::{CONFIG_VARIABLE, Setting};
use super::{DATA_FOLDER, Environment, FILE_NAME, Flags, document, kept};

/// All that is set, before anything is made of it.
pub struct Gathered {
    pub(super) file: Option<PathBuf>,
    pub(super) folder: PathBuf,
    pub(super) layers: Layers,
    pub(super) strangers: Vec<(String, Option<String>)>,
}

impl Gathered {
    /// Reads what flags, environment and file say, and what `stores connect` has kept.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and the way to put it right.
    pub fn of(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let working = PathBuf::new();
        let mut layers = Layers::default();
        let file = file(flags, environment);
        if let Some(path) = &file {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::unreadable(path, source))?;
            document::read(path, &text, &mut layers)?;
        }
        environment.read(&mut layers, &working)?;
        for (key, flag, text) in &flags.settings {
            let origin = Origin::Flag(flag);
            if let Some(setting) = layers::setting_at(key) {
                layers.set((*key).to_owned(), layers::from_text(setting, key, text, &working, &origin)?, origin);
            }
        }
        let folder = file.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or(working);
        let strangers = environment.strangers(&layers);
        let mut gathered = Self { file, folder, layers, strangers };
        kept::read(&gathered.credentials(), &mut gathered.layers)?;
        Ok(gathered)
    }

    pub fn names_store(&self, store: &str) -> bool {
        self.layers.stores().any(|(name, _)| name == store)
    }

    pub fn has(&self, path: &str) -> bool {
        self.layers.has(path)
    }

    /// Sets what somebody has given by hand.
    ///
    /// # Errors
    /// It is not of the setting's form.
    pub fn set(&mut self, setting: &Setting, path: &str, text: &str) -> Result<(), ConfigError> {
        let origin = Origin::Flag("what was given");
        let value = layers::from_text(setting, path, text, &self.folder, &origin)?;
        self.layers.set(path.to_owned(), value, origin);
        Ok(())
    }

    /// Where credentials are kept.
    pub fn credentials(&self) -> PathBuf {
        let folder = self.layers.text("storage.folder").map(PathBuf::from);
        folder.unwrap_or_else(|| self.folder.join(DATA_FOLDER)).join(kept::FILE)
    }
}

fn file(flags: &Flags, environment: &Environment) -> Option<PathBuf> {
    let named = flags.config.clone().or_else(|| environment.get(CONFIG_VARIABLE).map(PathBuf::from));
    named.or_else(|| Some(PathBuf::from(FILE_NAME)).filter(|path| path.exists()))
}
