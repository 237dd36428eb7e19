//! `deskhand tools`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use super::config::Config;
use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::tools::registry::Registry;

/// The tools that agents may use.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Name every tool with what it does to the world and how surely the shopper must be known.
    List,
    /// Write the tools' files into a folder, to change their descriptions.
    #[command(after_help = "Example:\n  deskhand tools export          writes ./tools/*.json")]
    Export {
        /// Where to.
        #[arg(default_value = "tools")]
        folder: PathBuf,
    },
    /// Compare the project's tools/*.json with the code: schema, effect class and assurance must agree.
    Check,
}

impl Command {
    pub fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        match self {
            Self::List => list(config, terminal),
            Self::Export { folder } => export(config, folder, terminal),
            Self::Check => check(config, terminal),
        }
    }
}

/// The project's own declarations, where it has any.
pub fn own(config: &Config) -> Option<PathBuf> {
    Some(config.folder.join("tools")).filter(|folder| folder.is_dir())
}

fn list(config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
    let registry = Registry::load(&config.tools, own(config).as_deref())?;
    for tool in registry.declarations() {
        let effect = word(&tool.effect)?;
        terminal.line(format_args!("{:<26} {:<8} {}", tool.name, effect, word(&tool.assurance)?))?;
        terminal.line(terminal.dim(format_args!("    {}", tool.description)))?;
    }
    Ok(Ending::Done)
}

/// A value's name as files write it.
fn word(value: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().to_owned())
}

fn export(config: &Config, folder: &Path, terminal: &Terminal) -> anyhow::Result<Ending> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let files = Registry::load(&config.tools, None)?.files()?;
    let taken = files.iter().map(|(name, _)| folder.join(name)).find(|path| path.exists());
    if let Some(path) = taken {
        anyhow::bail!("{} exists; export into another folder and compare", path.display());
    }
    for (name, contents) in &files {
        let path = folder.join(name);
        std::fs::write(&path, contents).with_context(|| format!("cannot write {}", path.display()))?;
    }
    terminal.line(format_args!(
        "{} tools written to {}. Change descriptions as you like; `deskhand tools check` guards the rest.",
        files.len(),
        folder.display()
    ))?;
    Ok(Ending::Done)
}

fn check(config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
    let own = own(config);
    let registry = Registry::load(&config.tools, own.as_deref()).map_err(|error| Failure::new(error.to_string()))?;
    let place = own.map_or_else(|| "the built-in files".to_owned(), |folder| folder.display().to_string());
    terminal.line(format_args!("{} tools agree with {place}", registry.declarations().count()))?;
    Ok(Ending::Done)
}
