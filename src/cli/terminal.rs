//! What people see: results on standard output, everything else on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use super::config::Environment;

/// Where people read.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    colours: bool,
    /// Whether a person types.
    pub typed: bool,
}

impl Terminal {
    /// Colours only where a terminal shows them and nobody forbids them (`NO_COLOR`).
    pub fn of_process(environment: &Environment) -> Self {
        let colours = io::stdout().is_terminal() && environment.get("NO_COLOR").is_none();
        Self { colours, typed: io::stdin().is_terminal() }
    }

    /// A line of the result.
    pub fn line(&self, text: impl Display) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{text}")
    }

    /// Text of the result, shown at once.
    pub fn text(&self, text: impl Display) -> io::Result<()> {
        let mut out = io::stdout().lock();
        write!(out, "{text}")?;
        out.flush()
    }

    /// A remark that is no part of the result.
    pub fn remark(&self, text: impl Display) {
        // Standard error may be closed; there is nobody left to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    pub fn complain(&self, error: &anyhow::Error) {
        self.remark(format_args!("error: {}", chain(error)));
    }

    pub fn dim(&self, text: impl Display) -> String {
        self.styled("2", text)
    }

    pub fn bold(&self, text: impl Display) -> String {
        self.styled("1", text)
    }

    pub fn good(&self, text: impl Display) -> String {
        self.styled("32", text)
    }

    pub fn bad(&self, text: impl Display) -> String {
        self.styled("31", text)
    }

    fn styled(&self, code: &str, text: impl Display) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

/// The error and its causes in one line. A cause that its parent already quotes is not repeated.
pub fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let words = cause.to_string();
        if text.is_empty() {
            text = words;
        } else if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
    }
    text
}

/// Whether the reader of our output has gone: `deskhand why … | head`.
pub fn is_closed(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    kinds.into_iter().any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Text of strangers, fit for a terminal: no control characters that could move the cursor or change colours.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}
