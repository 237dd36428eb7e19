//! `deskhand privacy export`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{By, Link, Person, conversations};
use crate::cli::assemble::DataFolder;
use crate::cli::assemble::folder::write_private;
use crate::cli::config::Config;
use crate::cli::terminal::Terminal;
use crate::cli::{Ending, Failure};
use crate::domain::clock::Clock;
use crate::domain::customer::Email;
use crate::domain::effect::Effect;
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, StoreId};
use crate::storage::approvals::{Approval, Approvals as _};
use crate::storage::ledger::Ledger as _;
use crate::storage::log::{EventLog as _, Summary};
use crate::storage::outbox::{OpenJob, Outbox as _};
use crate::storage::sqlite::SqliteStorage;

/// The shape of the document; a reader of an older one can tell.
const FORMAT: u32 = 1;
const ABOUT: &str = "All that this Deskhand holds about one customer of one store: conversations with every event, the \
                     effects that were asked for in them, people's decisions about those, and work that is not done. What \
                     the store's other systems hold is not in it.";

/// Write all that is held about a person as one JSON document, in plain text.
#[derive(Args, Debug)]
#[command(after_help = "\
A conversation is this person's where it proved the address: by a code that was mailed there, by the shop's own token, or
by the number of one of its orders with its address or postcode. One that only claimed the address may be anybody's, and one
that names another address beside it is another's, too: both are listed under \"withheld\" without their contents. Look at
such a one with `deskhand why`, and give --include where it is this person's.

Examples:
  deskhand privacy export jo@example.org --output ana.json
  deskhand privacy export jo@example.org --store main --include conv_0198c0…")]
pub struct Arguments {
    /// The e-mail address.
    customer: String,
    /// A store of the configuration [default: the only one; without any, the sandbox's].
    #[arg(long, value_name = "NAME")]
    store: Option<String>,
    /// A conversation that would be withheld and is this person's. May be given again.
    #[arg(long, value_name = "CONVERSATION")]
    include: Vec<String>,
    /// Write it here, readable by its owner alone, instead of to standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Document {
    format: u32,
    kind: &'static str,
    about: &'static str,
    store: StoreId,
    customer: Email,
    made_at: Timestamp,
    conversations: Vec<Whole>,
    withheld: Vec<Withheld>,
}

/// A conversation with all that hangs on it.
#[derive(Serialize)]
struct Whole {
    conversation: ConversationId,
    opened_at: Timestamp,
    /// `null`: it was included by hand.
    proved_by: Option<By>,
    events: Vec<Event>,
    /// Of an answer that was being written when this was read.
    in_the_making: Option<String>,
    effects: Vec<Effect>,
    approvals: Vec<Value>,
    jobs: Vec<Value>,
}

#[derive(Serialize)]
struct Withheld {
    conversation: ConversationId,
    opened_at: Timestamp,
    /// `claimed_only` or `another_address`.
    why: &'static str,
}

impl Arguments {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let person = Person::new(config, self.store.as_deref(), &self.customer)?;
        let storage = DataFolder::of_store(config, &person.store)?.storage(config).await?;
        let document = self.document(person, &storage).await?;
        storage.close().await;
        let text = serde_json::to_string_pretty(&document)?;
        match &self.output {
            None => terminal.line(text)?,
            Some(path) => {
                write_private(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
                terminal.remark(format_args!("Written to {}.", path.display()));
            }
        }
        terminal.remark(format_args!(
            "{}, {} withheld. The shop's platform, helpdesk, mail service and carriers hold more, and so does the model's \
             provider.",
            conversations(document.conversations.len()),
            document.withheld.len(),
        ));
        Ok(Ending::Done)
    }

    async fn document(&self, person: Person, storage: &SqliteStorage) -> anyhow::Result<Document> {
        let (mut whole, mut withheld) = (Vec::new(), Vec::new());
        let mut wanted = self.include.clone();
        for summary in person.conversations(storage).await? {
            let events = storage.read(&summary.conversation, 0).await?;
            let by_hand = wanted.iter().position(|id| id == summary.conversation.as_str());
            if let Some(at) = by_hand {
                wanted.swap_remove(at);
            }
            let why = match person.link(&events) {
                Link::Proved(by) => {
                    whole.push(read(storage, summary, Some(by), events).await?);
                    continue;
                }
                Link::Claimed => "claimed_only",
                Link::Shared => "another_address",
            };
            match by_hand {
                Some(_) => whole.push(read(storage, summary, None, events).await?),
                None => {
                    let Summary { conversation, opened_at, .. } = summary;
                    withheld.push(Withheld { conversation, opened_at, why });
                }
            }
        }
        if let Some(stranger) = wanted.first() {
            let (email, store) = (&person.email, &person.store);
            let failure = format!("{stranger} never proved or claimed {} in the store {store}", email.as_str());
            return Err(Failure::new(failure).into());
        }
        Ok(Document {
            format: FORMAT,
            kind: "deskhand.privacy_export",
            about: ABOUT,
            store: person.store,
            customer: person.email,
            made_at: Clock::machine(),
            conversations: whole,
            withheld,
        })
    }
}

async fn read(
    storage: &SqliteStorage,
    summary: Summary,
    proved_by: Option<By>,
    events: Vec<Event>,
) -> anyhow::Result<Whole> {
    let Summary { conversation, opened_at, .. } = summary;
    Ok(Whole {
        opened_at,
        proved_by,
        events,
        in_the_making: storage.read_checkpoint(&conversation).await?.map(|checkpoint| checkpoint.text),
        effects: storage.effects_of(&conversation).await?,
        approvals: storage.approvals_of(&conversation).await?.into_iter().map(approval).collect(),
        jobs: storage.jobs_of(&conversation).await?.into_iter().map(job).collect(),
        conversation,
    })
}

fn approval(approval: Approval) -> Value {
    let Approval { id, effect, state, reason, proposal, created_at, expires_at, decided_at, decided_by, note, .. } =
        approval;
    json!({
        "id": id, "effect": effect, "state": state, "reason": reason, "proposal": proposal, "created_at": created_at,
        "expires_at": expires_at, "decided_at": decided_at, "decided_by": decided_by, "note": note,
    })
}

fn job(job: OpenJob) -> Value {
    let OpenJob { kind, payload, dead, attempts, problem, created_at } = job;
    json!({
        "kind": kind, "payload": payload, "given_up": dead, "attempts": attempts, "problem": problem,
        "created_at": created_at,
    })
}
