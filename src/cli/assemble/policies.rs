//! A store's `policy.toml`.

use std::path::Path;

use serde_path_to_error::Track;

use super::super::config::ConfigError;
use crate::policy::{Policy, Unsound};
use crate::tools::registry::Registry;

/// Reads and checks a policy.
pub fn read(path: &Path, registry: &Registry) -> Result<Policy, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    parse(path, &text, registry)
}

/// The same, of a text that is told to lie there.
pub fn parse(path: &Path, text: &str, registry: &Registry) -> Result<Policy, ConfigError> {
    let policy = deserialized(text).map_err(|wrong| ConfigError::Syntax {
        path: path.to_owned(),
        line: wrong.span.map_or(1, |span| line(text, span.start)),
        problem: wrong.problem,
    })?;
    let unfit = |problem, fix| ConfigError::Unfit { place: path.display().to_string(), problem, fix };
    if let Some(stranger) = policy.tools.keys().find(|tool| registry.declaration(tool).is_none()) {
        let problem = format!("[tools] names {stranger}, which is no tool");
        return Err(unfit(problem, "`deskhand tools list` names them all".to_owned()));
    }
    policy.validate().map_err(|Unsound { key, problem, fix }| unfit(format!("{key}: {problem}"), fix.to_owned()))?;
    Ok(policy)
}

struct Wrong {
    problem: String,
    span: Option<std::ops::Range<usize>>,
}

/// TOML tells the line of a mistake; the key is tracked beside it.
fn deserialized(text: &str) -> Result<Policy, Wrong> {
    let wrong = |error: toml::de::Error, key: Option<String>| Wrong {
        span: error.span(),
        problem: key.map_or_else(String::new, |key| format!("{key}: ")) + error.message(),
    };
    let document = toml::Deserializer::parse(text).map_err(|error| wrong(error, None))?;
    let mut track = Track::new();
    let tracked = serde_path_to_error::Deserializer::new(document, &mut track);
    serde::Deserialize::deserialize(tracked).map_err(|error| wrong(error, Some(track.path().to_string())))
}

fn line(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
}
