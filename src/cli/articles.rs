//! `deskhand articles`: answers of your people that may become help articles, and your word about them.

use clap::{Args, Subcommand};

use super::config::Config;
use super::records::folders;
use super::terminal::{Terminal, harmless};
use super::{Ending, Failure};
use crate::desk::articles::{self, Edited, Shown};
use crate::domain::id::ArticleId;
use crate::storage::articles::Articles as _;
use crate::storage::sqlite::SqliteStorage;

/// Who decides here, as it is written down.
const BY: &str = "command_line";

/// Answers of your people to the agent's questions that they meant for everyone: proposed, accepted, declined.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Agents find what was accepted, from the next search on. It may be used while the desk serves.\n\nExamples:\n  deskhand articles\n  deskhand articles accept art_0199… --title \"Does the tote have a zip?\"\n  deskhand articles decline art_0199…"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say yes: it becomes an article, with these words. Again: it gets other words.
    Accept {
        /// The article's id, as the list shows it.
        id: String,
        /// Its title; by default what was asked.
        #[arg(long)]
        title: Option<String>,
        /// Its text; by default what was answered.
        #[arg(long)]
        text: Option<String>,
    },
    /// Say no, also to what was accepted before.
    Decline {
        /// The article's id, as the list shows it.
        id: String,
    },
}

impl Arguments {
    pub async fn run(self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let (id, edited) = match self.command {
            None => return list(config, terminal).await,
            Some(Command::Accept { id, title, text }) => (id, Some(Edited { title, text })),
            Some(Command::Decline { id }) => (id, None),
        };
        let id = ArticleId::new(id);
        for folder in folders(config)? {
            let storage = folder.storage(config).await?;
            let decided = decide(&storage, &id, edited.clone()).await;
            storage.close().await;
            if let Some(shown) = decided? {
                terminal.line(harmless(&line(&shown)))?;
                return Ok(Ending::Done);
            }
        }
        Err(Failure::new(format!("there is no article {id}; `deskhand articles` lists them")).into())
    }
}

async fn decide(storage: &SqliteStorage, id: &ArticleId, edited: Option<Edited>) -> anyhow::Result<Option<Shown>> {
    let Some(article) = storage.article(id).await? else { return Ok(None) };
    let decided = match edited {
        Some(edited) => articles::accept(storage, article, edited, BY).await,
        None => articles::decline(storage, id, BY).await,
    };
    Ok(Some(decided.map_err(|error| Failure::new(error.to_string()))?))
}

async fn list(config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
    let mut any = false;
    for folder in folders(config)? {
        let storage = folder.storage(config).await?;
        let shown = articles::list(&storage, None, None).await;
        storage.close().await;
        for article in shown? {
            any = true;
            terminal.line(harmless(&line(&article)))?;
        }
    }
    if !any {
        terminal.line("Nobody has proposed an article yet.")?;
    }
    Ok(Ending::Done)
}

fn line(Shown { article, words }: &Shown) -> String {
    let words = words.as_ref().map_or_else(
        || "its words were erased with the conversation".to_owned(),
        |words| format!("{}: {}", words.title, words.text),
    );
    let by = article.decided_by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let day = article.proposed_at.strftime("%F");
    format!("{}  {}{by}  {day}  {}  {words}", article.id, article.state.as_str(), article.store)
}
