//! What was found where. A later layer covers an earlier one, setting by setting.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::error::{ConfigError, Origin};
use super::settings::{Kind, SETTINGS, Setting};

/// All that was set, by path: `stores.main.shopify.shop`. It has no `Debug`: some values are secrets.
#[derive(Clone, Default)]
pub struct Layers {
    found: BTreeMap<String, (Value, Origin)>,
    /// The stores that were named, even those of which nothing else was said.
    stores: BTreeMap<String, Origin>,
}

impl Layers {
    pub fn set(&mut self, path: String, value: Value, origin: Origin) {
        self.found.insert(path, (value, origin));
    }

    pub fn name_store(&mut self, name: &str, origin: Origin) -> Result<(), ConfigError> {
        check_store_name(name, &origin)?;
        self.stores.entry(name.to_owned()).or_insert(origin);
        Ok(())
    }

    pub fn stores(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.stores.iter().map(|(name, origin)| (name.as_str(), origin))
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.found.get(path)?.0.as_str()
    }

    /// Takes what is not set here, of stores that are known here.
    pub fn fill(&mut self, other: Self) {
        for (path, found) in other.found {
            let store = path.strip_prefix("stores.").and_then(|rest| rest.split('.').next());
            if store.is_none_or(|store| self.stores.contains_key(store)) {
                self.found.entry(path).or_insert(found);
            }
        }
    }

    pub fn has(&self, path: &str) -> bool {
        self.found.contains_key(path)
    }

    pub fn origin(&self, path: &str) -> Option<&Origin> {
        self.found.get(path).map(|(_, origin)| origin)
    }

    /// Where the first setting below a section was found: for errors about what is missing in it.
    pub fn origin_below(&self, section: &str) -> Option<&Origin> {
        let prefix = format!("{section}.");
        self.found.iter().find(|(path, _)| path.starts_with(&prefix)).map(|(_, (_, origin))| origin)
    }

    /// The settings below a section, as the table that a settings struct is read from. `None` where there are none.
    pub fn table(&self, section: &str) -> Option<Table> {
        let prefix = format!("{section}.");
        let entries = self.found.iter().filter_map(|(path, (value, _))| {
            let key = path.strip_prefix(&prefix).filter(|key| !key.contains('.'))?;
            Some((key.to_owned(), value.clone()))
        });
        let table: Table = entries.collect();
        (!table.is_empty()).then_some(table)
    }
}

fn check_store_name(name: &str, origin: &Origin) -> Result<(), ConfigError> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 40
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    let fix = match name {
        super::SANDBOX_STORE => "the sandbox's store is called so; choose another",
        _ if !plain => "use small letters, digits, - and _, beginning with a letter",
        _ => return Ok(()),
    };
    Err(ConfigError::StoreName { origin: origin.clone(), name: name.to_owned(), fix })
}

/// The setting at a path, and the store whose it is.
pub fn setting_at(path: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| matches(setting.key, path))
}

/// Whether something can be set below this path.
pub fn is_section(path: &str) -> bool {
    let depth = path.split('.').count();
    SETTINGS.iter().any(|setting| {
        let head: Vec<&str> = setting.key.split('.').take(depth).collect();
        head.len() < setting.key.split('.').count() && matches(&head.join("."), path)
    })
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('.'), path.split('.'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(expected), Some(found)) if expected == "*" || expected == found => {}
            _ => return false,
        }
    }
}

/// Checks that a value of the file is what its setting asks for, and puts paths into their final form.
pub fn from_file(
    setting: &Setting,
    path: &str,
    value: Value,
    folder: &Path,
    origin: &Origin,
) -> Result<Value, ConfigError> {
    let wrong = || wrong_value(setting, path, origin);
    let fits = match setting.kind {
        Kind::Count => value.as_integer().is_some_and(|count| count >= 0),
        Kind::Decimal => value.is_float() || value.is_integer(),
        Kind::Seconds => number(&value).is_some_and(|seconds| seconds >= 0.0),
        Kind::Flag => value.is_bool(),
        Kind::Words => value.as_array().is_some_and(|words| words.iter().all(Value::is_str)),
        Kind::Headers => value.as_table().is_some_and(|headers| headers.values().all(Value::is_str)),
        _ => value.is_str(),
    };
    match value {
        _ if !fits => Err(wrong()),
        Value::String(text) => from_text(setting, path, &text, folder, origin),
        Value::Integer(number) if matches!(setting.kind, Kind::Decimal | Kind::Seconds) => {
            Ok(Value::Float(number as f64))
        }
        value => Ok(value),
    }
}

/// Reads a value from text, as flags and the environment have it.
pub fn from_text(
    setting: &Setting,
    path: &str,
    text: &str,
    folder: &Path,
    origin: &Origin,
) -> Result<Value, ConfigError> {
    let wrong = || wrong_value(setting, path, origin);
    let entries = || text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    Ok(match setting.kind {
        Kind::Text | Kind::Secret => Value::String(text.to_owned()),
        Kind::Url => {
            let url =
                url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            Value::String(url.ok_or_else(wrong)?.into())
        }
        Kind::Address => Value::String(text.parse::<std::net::SocketAddr>().map_err(|_| wrong())?.to_string()),
        Kind::Path => Value::String(resolve(folder, text).to_string_lossy().into_owned()),
        Kind::Count => Value::Integer(text.parse::<u32>().map_err(|_| wrong())?.into()),
        Kind::Decimal => Value::Float(text.parse().map_err(|_| wrong())?),
        Kind::Seconds => Value::Float(text.parse().ok().filter(|seconds| *seconds >= 0.0).ok_or_else(wrong)?),
        Kind::Flag => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Value::Boolean(true),
            "false" | "no" | "off" | "0" => Value::Boolean(false),
            _ => return Err(wrong()),
        },
        Kind::Words => Value::Array(entries().map(|word| Value::String(word.to_owned())).collect()),
        Kind::Headers => {
            let pairs = entries().map(|entry| entry.split_once('=').ok_or_else(wrong));
            let pairs = pairs.map(|pair| pair.map(|(name, value)| (name.trim().to_owned(), value.trim().into())));
            Value::Table(pairs.collect::<Result<Table, _>>()?)
        }
        Kind::Choice(choices) if choices.contains(&text) => Value::String(text.to_owned()),
        Kind::Choice(_) => return Err(wrong()),
    })
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|number| number as f64))
}

pub fn resolve(folder: &Path, text: &str) -> PathBuf {
    folder.join(text)
}

fn wrong_value(setting: &Setting, path: &str, origin: &Origin) -> ConfigError {
    let expected = match setting.kind {
        Kind::Text | Kind::Secret | Kind::Path => "text in quotes".to_owned(),
        Kind::Url => "a web address such as https://api.example.com".to_owned(),
        Kind::Address => "an address with a port, such as 127.0.0.1:8787".to_owned(),
        Kind::Count => "a whole number".to_owned(),
        Kind::Decimal => "a number".to_owned(),
        Kind::Seconds => "a number of seconds".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::Words => "a list such as [\"en\", \"de\"]".to_owned(),
        Kind::Headers => "a table such as { api-key = \"…\" }".to_owned(),
        Kind::Choice(choices) => format!("one of {}", choices.join(", ")),
    };
    ConfigError::Value { origin: origin.clone(), key: path.to_owned(), expected }
}
