//! `deskhand outbox` and `deskhand webhooks`: work that waits to leave or came in, what was given up of it, and trying again.

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::config::Config;
use super::records::folders;
use super::terminal::{Terminal, harmless};
use super::{Ending, Failure};
use crate::storage::deliveries::{Deliveries as _, Delivery};
use crate::storage::outbox::{Letter, Outbox as _};
use crate::storage::sqlite::SqliteStorage;

/// So many of each are shown.
const MOST: u32 = 200;

/// Work that waits to leave: tickets, what is said in them, letters, announcements; and what was given up.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "It may be used while the desk serves, which takes up at once what is tried again.\n\nExamples:\n  deskhand outbox\n  deskhand outbox retry 17\n  deskhand outbox retry --all"
)]
pub struct Outbox {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What vendors sent that is not worked off yet, and what of it was given up.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "What was worked off is kept for a week, to know a repetition, and not shown.\n\nExamples:\n  deskhand webhooks\n  deskhand webhooks retry 4"
)]
pub struct Webhooks {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try again what was given up.
    Retry {
        /// Its number in the list.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        number: Option<i64>,
        /// All that was given up.
        #[arg(long)]
        all: bool,
    },
}

impl Outbox {
    pub async fn run(self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let Some(Command::Retry { number, .. }) = self.command else {
            return each(config, async |storage| {
                let (dead, waiting) = (storage.dead_letters(MOST).await?, storage.waiting_letters(MOST).await?);
                let lines = dead.iter().map(|letter| told(letter, true));
                Ok(lines.chain(waiting.iter().map(|letter| told(letter, false))).collect())
            })
            .await
            .and_then(|lines| shown(lines, "Nothing waits to leave, and nothing was given up.", terminal));
        };
        let revived = each(config, async |storage| {
            let dead = storage.dead_letters(u32::MAX).await?.into_iter().map(|letter| letter.id);
            let mut revived = Vec::new();
            for id in dead.filter(|id| number.is_none_or(|number| number == *id)) {
                revived.extend(storage.revive(id).await?.then(|| format!("{id} is tried again.")));
            }
            Ok(revived)
        });
        revived_or_none(revived.await?, number, terminal)
    }
}

impl Webhooks {
    pub async fn run(self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let Some(Command::Retry { number, .. }) = self.command else {
            return each(config, async |storage| {
                let (dead, waiting) = (storage.dead_deliveries(MOST).await?, storage.deliveries_that_wait(MOST).await?);
                let lines = dead.iter().map(|delivery| heard(delivery, true));
                Ok(lines.chain(waiting.iter().map(|delivery| heard(delivery, false))).collect())
            })
            .await
            .and_then(|lines| shown(lines, "All that vendors sent was worked off.", terminal));
        };
        let revived = each(config, async |storage| {
            let dead = storage.dead_deliveries(u32::MAX).await?.into_iter().map(|delivery| delivery.id);
            let mut revived = Vec::new();
            for id in dead.filter(|id| number.is_none_or(|number| number == *id)) {
                revived.extend(storage.revive_delivery(id).await?.then(|| format!("{id} is looked into again.")));
            }
            Ok(revived)
        });
        revived_or_none(revived.await?, number, terminal)
    }
}

/// Asks each database that there is.
async fn each(
    config: &Config,
    ask: impl AsyncFn(&SqliteStorage) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for folder in folders(config)? {
        let storage = folder.storage(config).await?;
        lines.extend(ask(&storage).await?);
        storage.close().await;
    }
    Ok(lines)
}

fn shown(lines: Vec<String>, none: &str, terminal: &Terminal) -> anyhow::Result<Ending> {
    if lines.is_empty() {
        terminal.line(none)?;
    }
    lines.iter().try_for_each(|line| terminal.line(harmless(line)))?;
    Ok(Ending::Done)
}

fn revived_or_none(lines: Vec<String>, number: Option<i64>, terminal: &Terminal) -> anyhow::Result<Ending> {
    match number {
        Some(number) if lines.is_empty() => {
            Err(Failure::new(format!("nothing of number {number} was given up; without `retry` the list is shown"))
                .into())
        }
        _ => shown(lines, "Nothing was given up.", terminal),
    }
}

fn told(letter: &Letter, dead: bool) -> String {
    let Letter { id, conversation, kind, problem, attempts, created_at, due_at } = letter;
    let what = format!("{} of {conversation}", kind.replace('_', " "));
    line(*id, dead, *created_at, &what, *attempts, problem.as_deref(), Some(*due_at))
}

fn heard(delivery: &Delivery, dead: bool) -> String {
    let Delivery { id, store, vendor, kind, object, received_at, tries, problem, .. } = delivery;
    let what = format!("{vendor} told {store}: {kind} of {object}");
    line(*id, dead, *received_at, &what, *tries, problem.as_deref(), None)
}

fn line(
    id: i64,
    dead: bool,
    since: Timestamp,
    what: &str,
    tries: u32,
    problem: Option<&str>,
    due_at: Option<Timestamp>,
) -> String {
    let state = if dead { "given up" } else { "waits" };
    let next = due_at.filter(|due| !dead && tries > 0 && *due > Timestamp::UNIX_EPOCH);
    let next = next.map_or_else(String::new, |due| format!(", next at {}", due.strftime("%H:%M:%S UTC")));
    let problem = problem.map_or_else(String::new, |problem| format!(": {problem}"));
    format!("{id:>6}  {state:<8}  {}  {what} (tries: {tries}{next}){problem}", since.strftime("%F %H:%M UTC"))
}
