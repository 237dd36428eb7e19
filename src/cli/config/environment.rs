//! The environment of the process. This is the only place that reads it.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{ConfigError, Origin};
use super::layers::{self, Layers};
use super::nearest::nearest;
use super::secrets;
use super::settings::{CONFIG_VARIABLE, SETTINGS, Setting};

/// A variable of this name and ending names a file that holds the value.
const FILE: &str = "_FILE";
/// The name of the store that the environment alone describes.
const ONLY_STORE: &str = "main";
/// What Kubernetes adds for a service that is called deskhand.
const FOREIGN: [&str; 2] = ["DESKHAND_SERVICE_", "DESKHAND_PORT"];
/// Variables of programs around Deskhand.
const OTHERS: [&str; 1] = ["DESKHAND_SHARED"];

/// Variables by name. An empty one counts as not set. It has no `Debug`: some of them are secrets.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// That of this process. What is not Unicode cannot be one of ours.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Variables that look like ours and are none, with the name that was probably meant.
    pub fn strangers(&self, layers: &Layers) -> Vec<(String, Option<String>)> {
        let mut known: Vec<String> = SETTINGS.iter().map(|setting| setting.environment.to_owned()).collect();
        let stores: Vec<&str> = layers.stores().map(|(name, _)| name).collect();
        known.extend(
            SETTINGS.iter().flat_map(|setting| stores.iter().filter_map(|store| setting.environment_of(store))),
        );
        known.push(CONFIG_VARIABLE.to_owned());
        let known_or_file = |name: &str| {
            let bare = name.strip_suffix(FILE).unwrap_or(name);
            known.iter().any(|known| known == name || known == bare)
        };
        self.0
            .keys()
            .filter(|name| name.starts_with("DESKHAND_") && !known_or_file(name))
            .filter(|name| !OTHERS.contains(&name.as_str()) && !FOREIGN.iter().any(|prefix| name.starts_with(prefix)))
            .map(|name| (name.clone(), nearest(name, known.iter().map(String::as_str)).map(str::to_owned)))
            .collect()
    }

    /// Lays the environment over what the file says. Relative paths start in `folder`, the working folder.
    pub fn read(&self, layers: &mut Layers, folder: &Path) -> Result<(), ConfigError> {
        for setting in SETTINGS.iter() {
            if setting.of_store() {
                self.read_of_stores(setting, layers, folder)?;
            } else {
                self.take(setting, setting.environment, setting.key, layers, folder)?;
            }
        }
        Ok(())
    }

    fn read_of_stores(&self, setting: &Setting, layers: &mut Layers, folder: &Path) -> Result<(), ConfigError> {
        let of_file = |file: &str| setting.key.replacen('*', file, 1);
        if let Some(variable) = self.present(setting.environment) {
            let stores: Vec<String> = layers.stores().map(|(name, _)| name.to_owned()).collect();
            let store = match stores.as_slice() {
                [] => {
                    layers.name_store(ONLY_STORE, Origin::Variable(variable))?;
                    ONLY_STORE
                }
                [only] => only,
                [first, ..] => {
                    let example = setting.environment_of(first).unwrap_or_default();
                    let file = "the configuration".to_owned();
                    return Err(ConfigError::WhichStore { variable, file, example });
                }
            };
            self.take(setting, setting.environment, &of_file(store), layers, folder)?;
        }
        let stores: Vec<String> = layers.stores().map(|(name, _)| name.to_owned()).collect();
        for store in stores {
            if let Some(variable) = setting.environment_of(&store) {
                self.take(setting, &variable, &of_file(&store), layers, folder)?;
            }
        }
        Ok(())
    }

    /// The variable's own name or that of its file, whichever is set.
    fn present(&self, name: &str) -> Option<String> {
        let file = format!("{name}{FILE}");
        self.get(name).map(|_| name.to_owned()).or_else(|| self.get(&file).map(|_| file.clone()))
    }

    fn take(
        &self,
        setting: &Setting,
        variable: &str,
        path: &str,
        layers: &mut Layers,
        folder: &Path,
    ) -> Result<(), ConfigError> {
        let file = format!("{variable}{FILE}");
        let (text, origin) = match (self.get(variable), self.get(&file)) {
            (None, None) => return Ok(()),
            (Some(_), Some(_)) => return Err(ConfigError::Both { first: variable.to_owned(), second: file }),
            (Some(text), None) => (text.to_owned(), Origin::Variable(variable.to_owned())),
            (None, Some(named)) => {
                let origin = Origin::Variable(file.clone());
                (secrets::read(&layers::resolve(folder, named), &origin)?, origin)
            }
        };
        let value = layers::from_text(setting, path, &text, folder, &origin)?;
        layers.set(path.to_owned(), value, origin);
        Ok(())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}
