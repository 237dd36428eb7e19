//! The one list of all settings. What a file may say, what the environment may say, the table that people read and the
//! hints in errors are all made from it.

use std::sync::LazyLock;

mod list;
mod people;
mod stores;

/// All settings, in the order in which people read them.
pub static SETTINGS: LazyLock<Vec<Setting>> =
    LazyLock::new(|| [list::SETTINGS, stores::SETTINGS, people::SETTINGS].concat());

/// What a setting's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Never shown. In the file, `NAME_file` names a file that holds it.
    Secret,
    Url,
    /// Host and port.
    Address,
    /// A file or folder. In `deskhand.toml` it is relative to that file, elsewhere to the working folder.
    Path,
    Count,
    Decimal,
    Seconds,
    Flag,
    Words,
    /// Names and secret values.
    Headers,
    Choice(&'static [&'static str]),
}

impl Kind {
    /// As the table and the errors call it.
    pub fn name(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Secret => "secret".to_owned(),
            Self::Url => "web address".to_owned(),
            Self::Address => "address and port".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Count => "whole number".to_owned(),
            Self::Decimal => "number".to_owned(),
            Self::Seconds => "seconds".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Words => "list".to_owned(),
            Self::Headers => "table of secrets".to_owned(),
            Self::Choice(choices) => choices.join(", "),
        }
    }
}

/// One thing that can be set.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its path in `deskhand.toml`; `*` stands for the name of a store.
    pub key: &'static str,
    pub environment: &'static str,
    pub kind: Kind,
    /// In words; empty where there is none.
    pub default: &'static str,
    pub meaning: &'static str,
    /// Whether its section is of no use without it.
    pub required: bool,
}

impl Setting {
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Whether it belongs to one store.
    pub fn of_store(&self) -> bool {
        self.key.starts_with("stores.*.")
    }

    /// The variable that sets it for one store among several: `DESKHAND_STORES_MAIN_SHOPIFY_BASE_URL`.
    pub fn environment_of(&self, store: &str) -> Option<String> {
        let key = self.key.strip_prefix("stores.*.")?;
        Some(format!("DESKHAND_STORES_{}_{}", shout(store), shout(key)))
    }
}

fn shout(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// The variable that names the configuration file. It cannot stand in that file.
pub const CONFIG_VARIABLE: &str = "DESKHAND_CONFIG";
