//! `deskhand privacy erase`

use std::io::BufRead as _;

use clap::Args;

use super::{Link, Person, conversations};
use crate::cli::Ending;
use crate::cli::assemble::DataFolder;
use crate::cli::config::{Config, SANDBOX_STORE};
use crate::cli::terminal::Terminal;
use crate::domain::customer::Email;
use crate::domain::effect::EffectState;
use crate::storage::ledger::Ledger as _;
use crate::storage::log::EventLog as _;
use crate::storage::sqlite::SqliteStorage;

/// A desk holds keys and conversations in memory, its readers keep the write-ahead log from being emptied, and what it is
/// about to send would still leave.
const STOP_FIRST: &str = "it has conversations in memory and in hand, so that nothing can be erased for certain; stop it, \
                          erase, and start it again";

/// Destroy what is held about a person, for good.
#[derive(Args, Debug)]
#[command(after_help = "\
Every conversation that proved or claimed the address is erased: its keys are destroyed, and with them all that was written
in it, read for it and asked for in it. What is left is without the person. It works while no desk serves from the same
folder, cannot be undone, and may be done again.
Copies of the folder that were made before still hold it: delete them, or let them run out.

Examples:
  deskhand privacy export jo@example.org --output ana.json     first, where it is wanted
  deskhand privacy erase jo@example.org
  deskhand privacy erase jo@example.org --store main --yes")]
pub struct Arguments {
    /// The e-mail address.
    customer: String,
    /// A store of the configuration [default: the only one; without any, the sandbox's].
    #[arg(long, value_name = "NAME")]
    store: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// What is found of a person before it is erased.
#[derive(Default)]
struct Found {
    conversations: usize,
    /// Those of them that nobody proved to be the person's alone.
    doubtful: usize,
    /// Rows of the ledger, and those whose outcome is open.
    effects: usize,
    unsettled: usize,
}

impl Arguments {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let person = Person::new(config, self.store.as_deref(), &self.customer)?;
        if !self.yes && !terminal.typed {
            anyhow::bail!("this cannot be undone, and there is no terminal to ask on; give --yes");
        }
        let folder = DataFolder::of_store(config, &person.store)?.alone(STOP_FIRST)?;
        let storage = folder.storage(config).await?;
        let found = found(&person, &storage).await?;
        if found.conversations == 0 {
            storage.close().await;
            let (email, store) = (person.email.as_str(), &person.store);
            terminal
                .line(format_args!("No conversation of the store {store} is linked to {email}: nothing to erase."))?;
            return Ok(Ending::Done);
        }
        if !self.yes && !agreed(&person, &found, terminal)? {
            storage.close().await;
            terminal.line("Nothing was erased.")?;
            return Ok(Ending::Failed);
        }
        let erased = storage.erase(&person.store, person.email.as_str()).await?;
        storage.close().await;
        tell(&person, &found, usize::try_from(erased).unwrap_or(usize::MAX), terminal)?;
        Ok(Ending::Done)
    }
}

async fn found(person: &Person, storage: &SqliteStorage) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for summary in person.conversations(storage).await? {
        let events = storage.read(&summary.conversation, 0).await?;
        let effects = storage.effects_of(&summary.conversation).await?;
        let open = effects.iter().filter(|effect| effect.watched || is_open(&effect.state));
        found.unsettled += open.count();
        found.conversations += 1;
        found.doubtful += usize::from(!matches!(person.link(&events), Link::Proved(_)));
        found.effects += effects.len();
    }
    Ok(found)
}

/// What was only proposed fails with the erasure.
fn is_open(state: &EffectState) -> bool {
    match state {
        EffectState::Sent | EffectState::Unknown | EffectState::Other(_) => true,
        EffectState::Proposed | EffectState::Confirmed | EffectState::Failed => false,
    }
}

fn agreed(person: &Person, found: &Found, terminal: &Terminal) -> anyhow::Result<bool> {
    let (store, email) = (&person.store, person.email.as_str());
    let all = conversations(found.conversations);
    terminal.line(format_args!("{all} of the store {store} would be erased for good."))?;
    if found.doubtful > 0 {
        terminal.line(format_args!(
            "In {} of them the address was only claimed, or another stands beside it: they may be someone else's, too.",
            found.doubtful
        ))?;
    }
    terminal.text(format_args!("Type {email} to erase: "))?;
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed)?;
    Ok(Email::parse(&typed).as_ref() == Some(&person.email))
}

fn tell(person: &Person, found: &Found, erased: usize, terminal: &Terminal) -> anyhow::Result<()> {
    terminal.line(format_args!(
        "Erased: {}. Their keys are destroyed, and what these sealed: messages, orders as they were read, requests, codes \
         and waiting work.",
        conversations(erased)
    ))?;
    terminal.line(
        "What stays is without the person: how the conversations went (moments, intents, tools and their outcomes), and what \
         counts toward limits, under digests that nobody can read back.",
    )?;
    if found.effects > 0 {
        let rows = if found.effects == 1 { "1 row".to_owned() } else { format!("{} rows", found.effects) };
        terminal.line(format_args!(
            "The ledger keeps {rows} (kind, the platform's ids of orders and lines, amount, state), so that nothing is paid \
             or sent twice."
        ))?;
    }
    if found.unsettled > 0 {
        terminal.line(format_args!(
            "Not settled yet: {}. A desk that serves still asks the vendors what became of them.",
            found.unsettled
        ))?;
    }
    terminal.line(if person.store.as_str() == SANDBOX_STORE {
        "The simulated vendors' world is beside it, in world.json: `deskhand chat --fresh` forgets that."
    } else {
        "Not in this folder, and yours to see to: Shopify (customer, orders and their notes), Gorgias, Zendesk, Front or Intercom (tickets and their \
         customer), SendGrid (mail activity), EasyPost (trackers and labels), the model's provider, and copies of this folder \
         that were made before."
    })?;
    Ok(())
}
