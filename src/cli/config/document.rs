//! `deskhand.toml`: every key is checked before anything is made of it.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Value};

use super::error::{ConfigError, Origin};
use super::layers::{self, Layers};
use super::nearest::nearest;
use super::secrets;
use super::settings::{Kind, SETTINGS};

/// In the file, a secret may be named by the file that holds it: `api_key_file`.
const SECRET_FILE: &str = "_file";

/// Reads the file's text into the layers.
pub fn read(path: &Path, text: &str, layers: &mut Layers) -> Result<(), ConfigError> {
    let document = Document { path, text };
    let table = DeTable::parse(text).map_err(|error| document.syntax(&error))?;
    document.walk("", table.get_ref(), layers)
}

struct Document<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Document<'_> {
    fn walk(&self, section: &str, table: &DeTable<'_>, layers: &mut Layers) -> Result<(), ConfigError> {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let path = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
            let origin = self.origin(key.span());
            if section == "stores" {
                layers.name_store(name, origin.clone())?;
            }
            match (layers::setting_at(&path), value.get_ref()) {
                (Some(setting), _) => {
                    let value = layers::from_file(setting, &path, self.value(value)?, self.folder(), &origin)?;
                    self.set(path, value, origin, layers)?;
                }
                (None, DeValue::Table(inner)) if !name.contains('.') && layers::is_section(&path) => {
                    self.walk(&path, inner, layers)?;
                }
                (None, _) => self.secret_file(&path, value.get_ref(), origin, key.span(), layers)?,
            }
        }
        Ok(())
    }

    fn set(&self, path: String, value: Value, origin: Origin, layers: &mut Layers) -> Result<(), ConfigError> {
        if layers.has(&path) {
            return Err(ConfigError::Both { first: path.clone(), second: format!("{path}{SECRET_FILE}") });
        }
        layers.set(path, value, origin);
        Ok(())
    }

    /// Takes `NAME_file` of a secret; whatever else comes here is not known.
    fn secret_file(
        &self,
        path: &str,
        value: &DeValue<'_>,
        origin: Origin,
        span: Range<usize>,
        layers: &mut Layers,
    ) -> Result<(), ConfigError> {
        let secret = path.strip_suffix(SECRET_FILE).and_then(|bare| Some((bare, layers::setting_at(bare)?)));
        let Some((bare, _)) = secret.filter(|(_, setting)| setting.kind == Kind::Secret) else {
            return Err(self.unknown(path, span));
        };
        let Some(file) = value.as_str() else {
            let expected = "the path of a file, in quotes".to_owned();
            return Err(ConfigError::Value { origin, key: path.to_owned(), expected });
        };
        let text = secrets::read(&layers::resolve(self.folder(), file), &origin)?;
        self.set(bare.to_owned(), Value::String(text), origin, layers)
    }

    fn unknown(&self, path: &str, span: Range<usize>) -> ConfigError {
        let known: Vec<String> = SETTINGS.iter().flat_map(|setting| heads(setting.key, path)).collect();
        let (section, name) = path.rsplit_once('.').map_or(("", path), |(section, name)| (section, name));
        let siblings = known.iter().filter_map(|key| {
            let (place, key) = key.rsplit_once('.').map_or(("", key.as_str()), |(place, key)| (place, key));
            (place == section).then_some(key)
        });
        let nearest = nearest(name, siblings)
            .map(|sibling| if section.is_empty() { sibling.to_owned() } else { format!("{section}.{sibling}") })
            .or_else(|| known.iter().find(|key| key.rsplit('.').next() == Some(name)).cloned());
        ConfigError::UnknownKey {
            path: self.path.to_owned(),
            line: self.line(span.start),
            key: path.to_owned(),
            nearest,
        }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
        Value::deserialize(ValueDeserializer::from(value.clone())).map_err(|error| self.syntax(&error))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        Origin::File { path: self.path.to_owned(), line: self.line(span.start) }
    }

    fn line(&self, offset: usize) -> usize {
        self.text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        ConfigError::Syntax {
            path: self.path.to_owned(),
            line: error.span().map_or(1, |span| self.line(span.start)),
            problem: format!("this is not TOML: {}", error.message()),
        }
    }
}

/// A setting's key and the sections above it, with the store's name that the path has.
fn heads(key: &str, path: &str) -> Vec<String> {
    let store = path.strip_prefix("stores.").and_then(|rest| rest.split('.').next()).unwrap_or("NAME");
    let mut head = String::new();
    let heads = key.split('.').map(|part| {
        if !head.is_empty() {
            head.push('.');
        }
        head.push_str(if part == "*" { store } else { part });
        head.clone()
    });
    heads.collect()
}
