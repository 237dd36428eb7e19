//! What can be wrong with the configuration. Each is one sentence that names the place and the way out.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Where a setting was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(String),
    /// A line of the configuration file, from 1.
    File { path: PathBuf, line: usize },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Variable(name) => f.write_str(name),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
        }
    }
}

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("cannot read {}: {source}; check that the file exists and that you may read it", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("cannot read {}, which {origin} names: {source}", path.display())]
    UnreadableSecret { origin: Origin, path: PathBuf, source: std::io::Error },
    #[error("{}:{line}: {problem}", path.display())]
    Syntax { path: PathBuf, line: usize, problem: String },
    #[error("{}:{line}: unknown key {key}{}; `deskhand config` lists all keys", path.display(), hint(.nearest.as_deref()))]
    UnknownKey { path: PathBuf, line: usize, key: String, nearest: Option<String> },
    #[error("{origin}: {key} must be {expected}")]
    Value { origin: Origin, key: String, expected: String },
    #[error("{first} and {second} are both set; remove one of them")]
    Both { first: String, second: String },
    #[error("{origin}: {name:?} cannot be a store's name; {fix}")]
    StoreName { origin: Origin, name: String, fix: &'static str },
    #[error("{variable} does not say which store it is for, and {file} has several; set {example} instead")]
    WhichStore { variable: String, file: String, example: String },
    #[error("{variable} names no store of the configuration; add [stores.{store}] to it or remove the variable")]
    NoSuchStore { variable: String, store: String },
    #[error("{place}: {key} is missing; {fix}")]
    Missing { place: String, key: String, fix: String },
    /// A setting that is of the right form and still cannot work.
    #[error("{place}: {problem}; {fix}")]
    Unfit { place: String, problem: String, fix: String },
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), source }
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean {nearest}?"))
}
