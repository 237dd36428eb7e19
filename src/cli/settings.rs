//! `deskhand config`

use clap::Args;

use super::Ending;
use super::config::table;
use super::terminal::Terminal;

/// List every setting: its key in deskhand.toml, its variable, type, default and meaning.
#[derive(Args, Debug)]
pub struct Arguments {
    /// As a Markdown table.
    #[arg(long)]
    markdown: bool,
}

impl Arguments {
    pub fn run(&self, terminal: &Terminal) -> anyhow::Result<Ending> {
        let text = if self.markdown { table::markdown() } else { table::plain() };
        terminal.line(text.trim_end())?;
        Ok(Ending::Done)
    }
}
