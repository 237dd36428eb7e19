//! `deskhand doctor`: whether everything that a desk needs is there and works.

use std::fmt::Display;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt as _;

use super::Ending;
use super::assemble::{DataFolder, Shared, clients, live, models, sandbox};
use super::config::{Config, ConfigError};
use super::terminal::{Terminal, chain};
use crate::desk::announcing::Announce;
use crate::integrations::commerce::Acts;
use crate::integrations::http::Transport;
use crate::model::{ChatModel, ChatRequest, Message, ModelError};
use crate::policy::{Mode, Policy};
use crate::storage::sqlite::SqliteStorage;

mod hooks;
mod stuck;

/// How long the model may take to say a word.
const PATIENCE: Duration = Duration::from_secs(30);

/// Check configuration, disk, keys, vendors, model and unfinished work; say what to fix.
#[derive(Args, Debug)]
#[command(
    after_help = "It changes nothing: a file that it writes into the data folder is removed again. The model is asked for one word."
)]
pub struct Arguments {
    /// Ask nobody outside: check files and settings alone.
    #[arg(long)]
    quick: bool,
}

impl Arguments {
    /// A configuration that does not load is what the doctor finds.
    pub async fn run(&self, config: Result<Config, ConfigError>, terminal: &Terminal) -> anyhow::Result<Ending> {
        let mut report = Report { terminal, failed: 0 };
        match config {
            Ok(config) => self.examine(&config, &mut report).await?,
            Err(error) => report.wrong("configuration", error)?,
        }
        if report.failed == 0 {
            terminal.line("\nNothing is wrong.")?;
            return Ok(Ending::Done);
        }
        terminal.line(format_args!("\n{} to fix.", report.failed))?;
        Ok(Ending::Failed)
    }

    async fn examine(&self, config: &Config, report: &mut Report<'_>) -> anyhow::Result<()> {
        let file =
            config.file.as_ref().map_or("no deskhand.toml; defaults".to_owned(), |file| file.display().to_string());
        report.well("configuration", file)?;
        for (name, meant) in &config.strangers {
            let meant = meant.as_ref().map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
            report.wrong("environment", format_args!("{name} is no setting{meant}"))?;
        }
        report.result("data folder", probe(config))?;
        databases(config, report).await?;
        report.result("sandbox", sandbox::fixture(config).map(|fixture| fixture.store.name))?;
        match Shared::load(config) {
            Ok(shared) => {
                report.well("tools", format_args!("{} agree with the code", shared.registry.declarations().count()))?;
                let languages: Vec<&str> = shared.languages.codes().collect();
                report.well("languages", languages.join(", "))?;
                report.result(
                    "project",
                    sandbox::words(config, &shared).map(|_| "prompts, policy and articles read".to_owned()),
                )?;
                self.stores(config, &shared, report).await?;
            }
            Err(error) => report.wrong("project", chain(&error))?,
        }
        self.model(config, report).await
    }

    async fn stores(&self, config: &Config, shared: &Shared, report: &mut Report<'_>) -> anyhow::Result<()> {
        if config.stores.is_empty() {
            return report.well("stores", "none; demo and chat have the sandbox's");
        }
        let transport = Transport::new(config.http.clone())?;
        for (id, store) in &config.stores {
            let name = format!("store {id}");
            let profile = match live::profile(config, shared, id, store) {
                Ok(profile) => profile,
                Err(error) => {
                    report.wrong(&name, error)?;
                    continue;
                }
            };
            let policy = live::words(config, shared, store, &profile).map(|words| words.policy);
            let acts = policy.as_ref().map(acts).unwrap_or_default();
            report.result(&name, policy.map(|policy| format!("mode {:?}", policy.mode).to_lowercase()))?;
            if let Some(found) = announced(live::announce(config, id, store, &transport)) {
                report.result(&format!("{id}.approvals"), found)?;
            }
            match clients(config, id, &store.vendors, &transport) {
                Ok(clients) if self.quick => hooks::heard(id, &clients, false, report).await?,
                Ok(clients) => {
                    for (vendor, found) in clients.check(acts).await {
                        report.result(&format!("{id}.{vendor}"), found.map_err(Into::into))?;
                    }
                    hooks::heard(id, &clients, true, report).await?;
                }
                Err(error) => report.wrong(&name, error)?,
            }
        }
        Ok(())
    }

    async fn model(&self, config: &Config, report: &mut Report<'_>) -> anyhow::Result<()> {
        let model = if config.stores.is_empty() { models::or_offline(config) } else { models::required(config) };
        let model = match model {
            Ok(model) => model,
            Err(error) => return report.wrong("model", chain(&error)),
        };
        if self.quick || !models::leaves(config) {
            return report.well("model", model.description());
        }
        let answered = ask(model.as_ref()).await.map(|()| format!("{} answers", model.description()));
        report.result("model", answered.map_err(Into::into))
    }
}

/// What comes of the tools that the store trusts its agent with.
fn acts(policy: &Policy) -> Acts {
    let any = |tools: &[&str]| tools.iter().any(|tool| policy.mode_of(tool) >= Mode::Approve);
    Acts {
        orders: any(&["issue_refund", "request_goodwill", "cancel_order", "change_shipping_address", "add_order_note"]),
        returns: any(&["create_return"]),
    }
}

/// Who hears of approvals. `None`: nobody is to.
fn announced(announce: Result<Announce, ConfigError>) -> Option<anyhow::Result<String>> {
    let announce = match announce {
        Ok(announce) => announce,
        Err(error) => return Some(Err(error.into())),
    };
    let mail = announce.email.map(|email| format!("mails to {}", email.as_str()));
    let notices = announce.webhook.map(|webhook| format!("signed notices to {}", webhook.host()));
    let all: Vec<String> = mail.into_iter().chain(notices).collect();
    (!all.is_empty()).then(|| Ok(all.join(", ")))
}

/// Creates the folder as a start would, and writes into it.
fn probe(config: &Config) -> anyhow::Result<String> {
    let folder = DataFolder::of_stores(config)?;
    folder.probe()?;
    Ok(folder.path().display().to_string())
}

/// Opens what databases there are with the keyring that is set, and tells what is stuck in them.
async fn databases(config: &Config, report: &mut Report<'_>) -> anyhow::Result<()> {
    let opened = match open(config).await {
        Ok(opened) => opened,
        Err(error) => return report.wrong("database", chain(&error)),
    };
    if opened.is_empty() {
        return report.well("database", "none yet; the first start makes it");
    }
    let paths: Vec<&str> = opened.iter().map(|(path, _)| path.as_str()).collect();
    report.well("database", format_args!("opens with the keyring, in {}", paths.join(" and ")))?;
    for (path, storage) in &opened {
        stuck::tell(&format!("outbox in {path}"), storage, report).await?;
        hooks::tell(&format!("deliveries in {path}"), storage, report).await?;
        storage.close().await;
    }
    Ok(())
}

async fn open(config: &Config) -> anyhow::Result<Vec<(String, SqliteStorage)>> {
    let mut opened = Vec::new();
    for folder in DataFolder::existing(config) {
        opened.push((folder.path().display().to_string(), folder.storage(config).await?));
    }
    Ok(opened)
}

async fn ask(model: &dyn ChatModel) -> Result<(), ModelError> {
    let request = ChatRequest {
        messages: vec![
            Message::System("You are asked whether you can be reached.".into()),
            Message::User("Answer with the word yes.".to_owned()),
        ],
        tools: [].into(),
        response_format: None,
        cache_key: "doctor".to_owned(),
    };
    let slow = ModelError::TooSlow { what: "answer", limit: PATIENCE };
    let asking = async {
        let mut answer = model.ask(&request).await?;
        while let Some(piece) = answer.next().await {
            piece?;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or(Err(slow))
}

struct Report<'a> {
    terminal: &'a Terminal,
    failed: u32,
}

impl Report<'_> {
    fn result(&mut self, name: &str, found: anyhow::Result<String>) -> anyhow::Result<()> {
        match found {
            Ok(detail) => self.well(name, detail),
            Err(error) => self.wrong(name, chain(&error)),
        }
    }

    fn well(&self, name: &str, detail: impl Display) -> anyhow::Result<()> {
        Ok(self.terminal.line(format_args!("{}    {name}: {detail}", self.terminal.good("ok")))?)
    }

    fn wrong(&mut self, name: &str, problem: impl Display) -> anyhow::Result<()> {
        self.failed += 1;
        Ok(self.terminal.line(format_args!("{} {name}: {problem}", self.terminal.bad("wrong")))?)
    }
}
