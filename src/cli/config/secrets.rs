//! Secrets that are mounted as files.

use std::path::Path;

use super::error::{ConfigError, Origin};

/// The file's text without the line end that editors add.
pub fn read(path: &Path, origin: &Origin) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::UnreadableSecret { origin: origin.clone(), path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        let place = path.display().to_string();
        let problem = "the file is empty".to_owned();
        return Err(ConfigError::Unfit { place, problem, fix: format!("write the value of {origin} into it") });
    }
    Ok(text.to_owned())
}
