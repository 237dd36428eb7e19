//! A store's `policy.toml`.

use std::path::Path;

use super::super::config::ConfigError;
use crate::policy::Policy;
use crate::tools::registry::Registry;

/// Reads and checks a policy.
pub fn read(path: &Path, registry: &Registry) -> Result<Policy, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let policy: Policy = toml::from_str(&text).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        line: error.span().map_or(1, |span| line(&text, span.start)),
        problem: error.message().to_owned(),
    })?;
    match policy.tools.keys().find(|tool| registry.declaration(tool).is_none()) {
        None => Ok(policy),
        Some(stranger) => Err(ConfigError::Unfit {
            place: path.display().to_string(),
            problem: format!("[tools] names {stranger}, which is no tool"),
            fix: "`deskhand tools list` names them all".to_owned(),
        }),
    }
}

fn line(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
}
