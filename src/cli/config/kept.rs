//! Credentials that `deskhand stores connect` keeps: a file in the data folder, for its owner's eyes alone. It comes last: what
//! is set anywhere else stands.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use toml::{Table, Value};

use super::document;
use super::error::ConfigError;
use super::layers::Layers;

pub const FILE: &str = "credentials.toml";

/// Lays what was kept under all that is set.
pub fn read(path: &Path, layers: &mut Layers) -> Result<(), ConfigError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        // A folder that is none is told of by whoever needs one.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => return Err(ConfigError::unreadable(path, error)),
    };
    let mut kept = Layers::default();
    document::read(path, &text, &mut kept)?;
    layers.fill(kept);
    Ok(())
}

/// Adds settings, by their paths, and replaces those of the same path. The file is there whole, or as it was.
pub fn keep(path: &Path, settings: &[(String, String)]) -> io::Result<()> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let mut document: Table = text.parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    for (setting, value) in settings {
        insert(&mut document, setting, value);
    }
    let next = path.with_extension("toml.next");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&next)?;
    file.write_all(document.to_string().as_bytes())?;
    file.sync_all()?;
    fs::rename(next, path)
}

fn insert(table: &mut Table, setting: &str, value: &str) {
    match setting.split_once('.') {
        None => drop(table.insert(setting.to_owned(), Value::String(value.to_owned()))),
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
