//! Labelled messages: one JSON object a line.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::domain::event::Intent;

/// A message and what it should be read as. Other fields are passed over.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    pub text: String,
    pub intent: Intent,
    /// All intents that would do.
    #[serde(default)]
    pub acceptable: Vec<Intent>,
    /// Where it comes from; else the name of its file.
    #[serde(default)]
    pub source: String,
    /// Who wrote it: `real`, `crowd`, …
    #[serde(default)]
    pub kind: String,
}

impl Row {
    pub fn accepts(&self, intent: Intent) -> bool {
        intent == self.intent || self.acceptable.contains(&intent)
    }

    /// The text without what does not tell two messages apart: capitals, punctuation, which digits.
    pub fn plain(&self) -> String {
        let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
        self.text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).map(digit).collect()
    }
}

#[derive(Debug, Error)]
pub enum RowsError {
    #[error("cannot read {}: {source}; check the path", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{}:{line}: {reason}; a row is {{\"text\": \"…\", \"intent\": \"order_status\"}}, with \"acceptable\", \"source\" and \
             \"kind\" where they are known", .file.display())]
    Line { file: PathBuf, line: usize, reason: String },
    #[error("{} has no rows; write one JSON object a line", .file.display())]
    Empty { file: PathBuf },
}

/// The rows of a file. Empty lines are passed over.
pub fn read(file: &Path) -> Result<Vec<Row>, RowsError> {
    let text =
        std::fs::read_to_string(file).map_err(|source| RowsError::Unreadable { file: file.to_owned(), source })?;
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason| RowsError::Line { file: file.to_owned(), line: at + 1, reason };
        let mut row: Row = serde_json::from_str(line).map_err(|error| wrong(reason_of(&error)))?;
        if row.text.trim().is_empty() {
            return Err(wrong("the text is empty".to_owned()));
        }
        if row.source.is_empty() {
            row.source.clone_from(&name);
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(RowsError::Empty { file: file.to_owned() });
    }
    Ok(rows)
}

/// Without the line, which is always 1 here.
fn reason_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}
