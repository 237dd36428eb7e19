//! `deskhand policy diff`: what was decided, decided again by other rules.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::cli::Ending;
use crate::cli::assemble::{DataFolder, Shared, policies};
use crate::cli::config::Config;
use crate::cli::terminal::{Terminal, harmless};
use crate::domain::clock::Clock;
use crate::domain::durations;
use crate::domain::event::EventBody;
use crate::domain::id::{ConversationId, StoreId};
use crate::domain::money::Money;
use crate::policy::Policy;
use crate::policy::basis::{Asked, Basis, Judged};
use crate::policy::decision::Decision;
use crate::storage::log::{EventLog as _, Filter};
use crate::storage::sqlite::SqliteStorage;

/// The shape of the JSON; a reader of an older one can tell.
const FORMAT: u32 = 1;
/// Conversations that are listed at a time.
const PAGE: u32 = 200;

/// List the past decisions that other rules would have made otherwise.
#[derive(Args, Debug)]
#[command(after_help = "\
Every decision about goods and money is kept in its conversation with all that it was made of: the ask, the order as it was
read, carriers' words, what was used of limits, the moment. Nobody is asked for anything. Decisions about people who were
erased since are left out. A question that was asked again, or acted upon, counts once.
The modes of the two files count only where they differ: `deskhand.toml` may set another one anyway.
Exit code 0, or 1 with --fail-on-change where there is something to list.

Examples:
  deskhand policy diff policy.toml draft.toml
  deskhand policy diff policy.toml draft.toml --since 90d --store main
  deskhand policy diff policy.toml draft.toml --json | jq '.changed[].new.code'")]
pub struct Diff {
    /// The rules as they are.
    old: PathBuf,
    /// The rules as they might be.
    new: PathBuf,
    /// How far to look back: 12h, 30d, 8w.
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = durations::parse)]
    since: SignedDuration,
    /// A store of the configuration [default: the only one; without any, the sandbox's].
    #[arg(long, value_name = "NAME")]
    store: Option<String>,
    /// Print the decisions as data, with amounts.
    #[arg(long)]
    json: bool,
    /// End with exit code 1 where a decision would come out otherwise.
    #[arg(long)]
    fail_on_change: bool,
}

/// A decision of the past.
struct Past {
    at: Timestamp,
    conversation: ConversationId,
    acts: bool,
    basis: Basis,
}

impl Past {
    /// Whether both are the same question, whatever was known when it was asked.
    fn asks_as(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.basis, &other.basis);
        let kind = |asked: &Asked| std::mem::discriminant(asked);
        self.conversation == other.conversation
            && mine.order.id == theirs.order.id
            && kind(&mine.asked) == kind(&theirs.asked)
            && mine.asked.case() == theirs.asked.case()
            && mine.asked.pieces() == theirs.asked.pieces()
    }
}

/// One that comes out otherwise.
#[derive(Serialize)]
struct Changed {
    at: Timestamp,
    conversation: ConversationId,
    order_number: String,
    /// Whether it was asked in order to act, and not only to tell.
    acts: bool,
    asked: String,
    old: Outcome,
    new: Outcome,
    #[serde(skip)]
    day: String,
}

#[derive(PartialEq, Eq, Serialize)]
struct Outcome {
    verdict: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pays: Option<Money>,
}

impl From<&Decision> for Outcome {
    fn from(decision: &Decision) -> Self {
        let Decision { verdict, pays, .. } = decision;
        Self { verdict: verdict.as_str(), code: verdict.code(), pays: *pays }
    }
}

/// What the log holds of a store.
#[derive(Default)]
struct History {
    past: Vec<Past>,
    /// Of people who were erased.
    erased: usize,
}

impl Diff {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let registry = Shared::load(config)?.registry;
        let (old, new) = (policies::read(&self.old, &registry)?, policies::read(&self.new, &registry)?);
        let store = config.store_meant(self.store.as_deref()).map_err(anyhow::Error::msg)?;
        let since = Clock::machine().checked_sub(self.since).unwrap_or(Timestamp::MIN);
        let storage = DataFolder::of_store(config, &store)?.storage(config).await?;
        let history = History::read(&storage, &store, since).await?;
        storage.close().await;
        let mut changed: Vec<Changed> = history.past.iter().filter_map(|past| compare(past, &old, &new)).collect();
        changed.sort_by_key(|changed| changed.at);
        if self.json {
            let told = json!({
                "format": FORMAT, "store": store, "since": since, "decisions": history.past.len(),
                "erased": history.erased, "changed": changed,
            });
            terminal.line(serde_json::to_string_pretty(&told)?)?;
        } else {
            tell(&history, &changed, terminal)?;
        }
        Ok(if self.fail_on_change && !changed.is_empty() { Ending::Failed } else { Ending::Done })
    }
}

impl History {
    async fn read(storage: &SqliteStorage, store: &StoreId, since: Timestamp) -> anyhow::Result<Self> {
        let mut history = Self::default();
        let mut filter = Filter { store: Some(store.clone()), limit: PAGE, ..Filter::default() };
        loop {
            let page = storage.list(&filter).await?;
            for summary in page.conversations.iter().filter(|summary| summary.updated_at >= since) {
                history.take_in(storage, &summary.conversation, since).await?;
            }
            if page.next.is_none() {
                return Ok(history);
            }
            filter.cursor = page.next;
        }
    }

    async fn take_in(
        &mut self,
        storage: &SqliteStorage,
        conversation: &ConversationId,
        since: Timestamp,
    ) -> anyhow::Result<()> {
        let mut past: Vec<Past> = Vec::new();
        for event in storage.read(conversation, 0).await? {
            let EventBody::PolicyDecided { acts, judged, .. } = &event.body else { continue };
            if event.at < since {
                continue;
            }
            let Some(Judged { basis, .. }) = Judged::read(judged) else {
                self.erased += 1;
                continue;
            };
            let asked = Past { at: event.at, conversation: conversation.clone(), acts: *acts, basis };
            past.retain(|earlier| earlier.acts || !earlier.asks_as(&asked));
            past.push(asked);
        }
        self.past.extend(past);
        Ok(())
    }
}

/// `None`: both rules say the same.
fn compare(past: &Past, old: &Policy, new: &Policy) -> Option<Changed> {
    let Past { at, conversation, acts, basis } = past;
    let tool = basis.asked.tool();
    let (before, after) = (old.mode_of(tool), new.mode_of(tool));
    let (mut was, mut would) = (basis.decide(old), basis.decide(new));
    if before != after {
        (was, would) = (was.held_to(before), would.held_to(after));
    }
    let (old, new) = (Outcome::from(&was), Outcome::from(&would));
    (old != new).then(|| Changed {
        at: *at,
        conversation: conversation.clone(),
        order_number: basis.order.name.clone(),
        acts: *acts,
        asked: asked(basis, &was),
        old,
        new,
        day: at.to_zoned_datetime(basis.zone.clone()).strftime("%F %H:%M").to_string(),
    })
}

/// `refund, damaged: 1 × Mug`
fn asked(basis: &Basis, decision: &Decision) -> String {
    let mut text = decision.subject.as_str().replace('_', " ");
    if let Some(case) = basis.asked.case() {
        let case = serde_json::to_value(case).unwrap_or_default();
        text.push_str(", ");
        text.push_str(&case.as_str().unwrap_or_default().replace('_', " "));
    }
    let title = |line: &str| basis.order.lines.iter().find(|known| known.id == line).map(|line| line.title.as_str());
    let items: Vec<String> = basis
        .asked
        .pieces()
        .iter()
        .map(|piece| format!("{} × {}", piece.quantity, title(&piece.line).unwrap_or(&piece.line)))
        .collect();
    if !items.is_empty() {
        text.push_str(": ");
        text.push_str(&items.join(", "));
    }
    text
}

fn tell(history: &History, changed: &[Changed], terminal: &Terminal) -> anyhow::Result<()> {
    for Changed { conversation, order_number, acts, asked, old, new, day, .. } in changed {
        let only = if *acts { "" } else { " (asked to tell only)" };
        terminal.line(format_args!(
            "{day} · {} · {}{only} · {conversation}",
            terminal.bold(harmless(order_number)),
            harmless(asked)
        ))?;
        terminal.line(format_args!("    {} → {}", words(old), words(new)))?;
    }
    let (all, some) = (history.past.len(), changed.len());
    terminal.line(format_args!("{some} of {all} decisions would come out otherwise."))?;
    if history.erased > 0 {
        terminal.line(format_args!("Left out, because their people were erased: {}.", history.erased))?;
    }
    Ok(())
}

/// `needs approval [above_order_limit], 24.00 USD`
fn words(outcome: &Outcome) -> String {
    let pays = outcome.pays.map_or_else(String::new, |pays| format!(", {pays}"));
    format!("{} [{}]{pays}", outcome.verdict.replace('_', " "), outcome.code)
}
