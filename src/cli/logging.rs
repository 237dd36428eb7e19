//! Logs go to standard error, so that results can be piped.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::config::{Config, LogFormat};

/// Starts logging as configured, else at `level`.
pub fn start(config: &Config, level: &str) -> anyhow::Result<()> {
    let filter = config.log.filter.as_deref().unwrap_or(level);
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!(
            "{}: log.filter does not read; write a level such as info, or deskhand=debug",
            config.place("log.filter")
        )
    })?;
    let terminal = io::stderr().is_terminal();
    let format = config.log.format.unwrap_or(if terminal { LogFormat::Human } else { LogFormat::Json });
    let logs = fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(terminal);
    // A second start in one process changes nothing.
    let _ = match format {
        LogFormat::Human => logs.with_target(false).compact().try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    for (name, meant) in &config.strangers {
        tracing::warn!(
            name,
            meant = meant.as_deref(),
            "this variable is none of Deskhand's; `deskhand config` lists them"
        );
    }
    Ok(())
}
