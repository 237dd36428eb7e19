//! `deskhand eval import`: a conversation that was held becomes a case, and is played at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use super::choosing::base;
use super::kit;
use crate::cli::Ending;
use crate::cli::assemble::sandbox;
use crate::cli::config::{Config, SANDBOX_STORE};
use crate::cli::export;
use crate::cli::pseudonyms::plausible;
use crate::cli::records::Record;
use crate::cli::terminal::{Terminal, harmless};
use crate::domain::event::{Event, EventBody};
use crate::domain::id::StoreId;
use crate::evals::import::{self, Wish};
use crate::evals::report::console;
use crate::evals::run::{CaseResult, Options, Verdict, jobs, run};
use crate::evals::shop::Kit;
use crate::evals::store::Store;
use crate::evals::suite;

/// Make a case of a conversation that was held, with other names and numbers, and play it.
#[derive(Args, Debug)]
#[command(after_help = "\
Its world is made of what the tools returned then; it expects what came of it then. E-mail addresses, order and tracking
numbers, postcodes, addresses and names become others that are as valid. Names in free text are recognised by rules, which
may overlook some: read the file before you commit it.

Examples:
  deskhand eval import conv_0198c0…
  deskhand eval import transcript.json --name late-parcel     what `deskhand export` wrote
  deskhand eval import conv_0198c0… --without-script          only the shopper's part: any model plays the other

Exit codes: 0 the case passes; 1 it was written, and something in it is not as it was; 2 nothing was written.")]
pub struct Arguments {
    /// A conversation's id, or the file of an exported transcript.
    #[arg(value_name = "CONVERSATION|TRANSCRIPT")]
    source: String,
    /// Write it here [default: evals/suites/NAME.yaml].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The case's name [default: what the shopper wanted, and the end of the conversation's id].
    #[arg(long)]
    name: Option<String>,
    /// Leave the model's part out.
    #[arg(long)]
    without_script: bool,
}

impl Arguments {
    pub async fn run(&self, config: &Config, options: Options, terminal: &Terminal) -> anyhow::Result<Ending> {
        let events = self.events(config).await?;
        let name = self.name.clone().unwrap_or_else(|| name(&events));
        let path =
            self.output.clone().unwrap_or_else(|| config.folder.join(suite::FOLDER).join(format!("{name}.yaml")));
        anyhow::ensure!(!path.exists(), "{} is there already; name another file with --output", path.display());
        let kit = kit(config)?;
        let wish = Wish {
            name,
            zone: zone(config, &events)?,
            policy: policy(config, &events)?,
            script: !self.without_script,
            languages: kit.languages.clone(),
        };
        let text = import::suite(&events, &wish)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        terminal.line(format_args!("Written to {}; read it before you commit it.", path.display()))?;
        tell(&played(config, kit, options, &path).await?, terminal)
    }

    /// Without the people in them, whichever way they come.
    async fn events(&self, config: &Config) -> anyhow::Result<Vec<Event>> {
        let path = Path::new(&self.source);
        let values = if path.is_file() {
            transcript(path)?
        } else {
            let record = Record::find(config, &self.source).await?;
            record.storage.close().await;
            export::anonymous(&record.events)?
        };
        let events = values.into_iter().map(|value| serde_json::from_value(plausible(value)));
        events.collect::<Result<_, _>>().context("an event is of another version of Deskhand, or was changed by hand")
    }
}

pub fn transcript(path: &Path) -> anyhow::Result<Vec<Value>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let wrong = || format!("{} is no transcript; `deskhand export` writes one", path.display());
    let mut transcript: Value = serde_json::from_str(&text).with_context(wrong)?;
    match transcript.get_mut("events").map(Value::take) {
        Some(Value::Array(events)) => Ok(events),
        _ => anyhow::bail!(wrong()),
    }
}

/// `refund-request-3f9a1c`
pub fn name(events: &[Event]) -> String {
    let intent = events.iter().find_map(|event| match &event.body {
        EventBody::Routed { analysis, .. } => Some(analysis.intent.as_str().replace('_', "-")),
        _ => None,
    });
    let id = events.first().map(|event| event.conversation.as_str()).unwrap_or_default();
    let end = id.char_indices().rev().nth(5).and_then(|(from, _)| id.get(from..)).unwrap_or(id);
    format!("{}-{end}", intent.as_deref().unwrap_or("conversation"))
}

pub fn store(events: &[Event]) -> Option<&StoreId> {
    events.iter().find_map(|event| match &event.body {
        EventBody::Opened { store, .. } => Some(store),
        _ => None,
    })
}

fn zone(config: &Config, events: &[Event]) -> anyhow::Result<Option<String>> {
    let Some(store) = store(events) else { return Ok(None) };
    if store.as_str() == SANDBOX_STORE {
        return Ok(Some(sandbox::fixture(config)?.store.timezone));
    }
    Ok(config.stores.get(store.as_str()).and_then(|store| store.zone.clone()))
}

/// A store's own rules, where it has a file of its own, and how far it trusts its agent.
fn policy(config: &Config, events: &[Event]) -> anyhow::Result<BTreeMap<String, Value>> {
    let Some(store) = store(events).and_then(|store| config.stores.get(store.as_str())) else {
        return Ok(BTreeMap::new());
    };
    let mut rules = BTreeMap::new();
    if let Some(path) = &store.policy {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        rules = toml::from_str(&text).with_context(|| format!("{} does not read", path.display()))?;
    }
    rules.extend(
        store.mode.map(|mode| Ok::<_, anyhow::Error>(("mode".to_owned(), serde_json::to_value(mode)?))).transpose()?,
    );
    Ok(rules)
}

async fn played(config: &Config, kit: Kit, options: Options, path: &Path) -> anyhow::Result<Vec<CaseResult>> {
    let suites = suite::read(&[path.to_owned()]);
    if let Some(problem) = suites.unread.first() {
        anyhow::bail!("{problem}");
    }
    let (store, jobs) = (Store::new(&Arc::new(kit), &Arc::new(base(config)?)), suites.loaded.iter().flat_map(jobs));
    let mut results = Vec::new();
    run(store, jobs, options, |result| results.push(result)).await;
    Ok(results)
}

fn tell(results: &[CaseResult], terminal: &Terminal) -> anyhow::Result<Ending> {
    let mut ending = Ending::Done;
    for result in results {
        match result.verdict {
            Verdict::Passed => terminal.line(format_args!("{} passes.", result.id))?,
            Verdict::Skipped => terminal.line(format_args!(
                "{} was not played: it needs a model that understands language (`deskhand eval --model configured`).",
                result.id
            ))?,
            Verdict::Failed | Verdict::Error | Verdict::Stale => {
                terminal.text(harmless(&console::told(result, None)))?;
                ending = Ending::Failed;
            }
        }
    }
    Ok(ending)
}
