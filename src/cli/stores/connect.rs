//! `deskhand stores connect`: a vendor's credentials are kept, and it is told where to send its events.

use std::io::BufRead as _;
use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use secrecy::ExposeSecret as _;
use url::Url;

use crate::cli::assemble::clients;
use crate::cli::config::settings::{Kind, SETTINGS, Setting};
use crate::cli::config::{Config, Gathered, keep};
use crate::cli::terminal::Terminal;
use crate::cli::{Ending, Failure};
use crate::domain::id::{StoreId, secret_token};
use crate::integrations::clients::Connected;
use crate::integrations::hooks::Source;
use crate::integrations::http::Transport;

/// What vendors' signatures are checked with.
const WEBHOOK_SECRET: &str = "webhook_secret";

/// Have a vendor send its events to your server: what people write in the helpdesk, and where parcels are.
#[derive(Args, Debug)]
#[command(
    after_help = "Credentials that are set nowhere are asked for, or read from standard input, a line each, and kept in the data folder.\nAn address that was registered before for the same store is replaced.\n\nExamples:\n  deskhand stores connect gorgias --store main --url https://agent.example.com\n  deskhand stores connect zendesk --store main --url https://agent.example.com --print   where the server has secrets of its own\n  deskhand stores connect front --store main --url https://agent.example.com       and do what it prints\n  deskhand stores connect intercom --store main --url https://agent.example.com    and do what it prints\n  deskhand stores connect easypost --store main --url https://agent.example.com"
)]
pub struct Arguments {
    /// The vendor: gorgias, zendesk, front, intercom or easypost.
    #[arg(value_parser = source)]
    vendor: Source,
    /// The store.
    #[arg(long)]
    store: String,
    /// Your server's address, as the vendor reaches it.
    #[arg(long)]
    url: Url,
    /// Show secrets that come of it, to be set where the server runs, instead of keeping them here.
    #[arg(long)]
    print: bool,
}

fn source(name: &str) -> Result<Source, String> {
    Source::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Source::ALL.into_iter().map(Source::as_str).collect();
        format!("no vendor of that name sends events; known are {}", known.join(", "))
    })
}

impl Arguments {
    fn section(&self) -> String {
        format!("stores.{}.{}", self.store, self.vendor.as_str())
    }

    fn path(&self, setting: &Setting) -> String {
        let name = setting.key.rsplit('.').next().unwrap_or(setting.key);
        format!("{}.{name}", self.section())
    }

    /// Asks for the vendor's credentials that are set nowhere, makes the secret that its events will carry where it is ours to
    /// make, and keeps them: before the configuration is made of all that is set, since it needs them.
    pub fn complete(&self, gathered: &mut Gathered, terminal: &Terminal) -> anyhow::Result<()> {
        if !gathered.names_store(&self.store) {
            return Ok(());
        }
        let mut given = Vec::new();
        for setting in SETTINGS.iter().filter(|setting| self.concerns(setting)) {
            let path = self.path(setting);
            if gathered.has(&path) {
                continue;
            }
            let value = if setting.key.ends_with(WEBHOOK_SECRET) {
                matches!(self.vendor, Source::EasyPost | Source::Gorgias).then(secret_token)
            } else if setting.required || setting.kind == Kind::Secret {
                answer(setting, &path, terminal)?
            } else {
                None
            };
            let missing = value.is_none() && setting.required;
            given.extend(value.map(|value| (setting, path.clone(), value)));
            if missing {
                return Err(Failure::new(format!(
                    "{path} is missing: give it on a line of standard input, write it into deskhand.toml, or set {}",
                    setting.environment
                ))
                .into());
            }
        }
        for (setting, path, value) in &given {
            gathered.set(setting, path, value)?;
        }
        if self.print {
            for (setting, _, value) in given.iter().filter(|(setting, ..)| setting.key.ends_with(WEBHOOK_SECRET)) {
                shown(setting.environment, value, terminal)?;
            }
            return Ok(());
        }
        let given: Vec<(String, String)> = given.into_iter().map(|(_, path, value)| (path, value)).collect();
        kept(&gathered.credentials(), &given, terminal)
    }

    fn concerns(&self, setting: &Setting) -> bool {
        let mut parts = setting.key.split('.').skip(2);
        setting.of_store() && parts.next() == Some(self.vendor.as_str()) && parts.count() == 1
    }

    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let Self { vendor, store, url, .. } = self;
        let Some(known) = config.stores.get(store) else {
            anyhow::bail!("there is no store {store:?} in the configuration; `deskhand stores list` names them all");
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            anyhow::bail!("--url is not an http(s) address; give your server's, such as https://agent.example.com");
        }
        let clients = clients(config, store, &known.vendors, &Transport::new(config.http.clone())?)?;
        let name = vendor.as_str();
        let connected = clients.connect(*vendor, &StoreId::new(store), url).await.context("nothing was registered")?;
        let origin = url.origin().ascii_serialization();
        match connected {
            Connected::Known => {
                terminal.line(format_args!(
                    "{name} sends its events to {origin} from now on. `deskhand doctor` tells whether they arrive there."
                ))?;
            }
            Connected::Made(secret) => {
                terminal.line(format_args!("{name} sends its events to {origin} from now on."))?;
                self.settle(config, secret.expose_secret(), terminal)?;
            }
            Connected::ByHand(steps) => {
                terminal.remark(format_args!("{name} offers no call for this. Do it there by hand:\n"));
                for (number, step) in (1..).zip(steps) {
                    terminal.line(format_args!("{number}. {step}"))?;
                }
            }
            Connected::NoSecret => {
                return Err(Failure::new(format!("{}.{WEBHOOK_SECRET} is not set", self.section())).into());
            }
            Connected::Elsewhere => {
                return Err(Failure::new(format!("store {store} has no section [stores.{store}.{name}]")).into());
            }
        }
        Ok(Ending::Done)
    }

    /// A secret that the vendor has made for this address: kept, unless another is set where it goes before, or it is only to
    /// be shown.
    fn settle(&self, config: &Config, secret: &str, terminal: &Terminal) -> anyhow::Result<()> {
        let path = format!("{}.{WEBHOOK_SECRET}", self.section());
        let variable = format!("DESKHAND_{}_WEBHOOK_SECRET", self.vendor.as_str().to_uppercase());
        let set_elsewhere = config.is_set(&path) && !config.is_kept(&path);
        if self.print || set_elsewhere {
            let why = if set_elsewhere { format!("; {} has another", config.place(&path)) } else { String::new() };
            terminal.remark(format_args!(
                "It has made a secret for this address alone. Set it where the server runs, and start it anew{why}:\n"
            ));
            return shown(&variable, secret, terminal);
        }
        kept(&config.credentials(), &[(path, secret.to_owned())], terminal)
    }
}

fn shown(variable: &str, secret: &str, terminal: &Terminal) -> anyhow::Result<()> {
    Ok(terminal.line(format_args!("{variable}={secret}"))?)
}

fn kept(path: &Path, settings: &[(String, String)], terminal: &Terminal) -> anyhow::Result<()> {
    if settings.is_empty() {
        return Ok(());
    }
    keep(path, settings).with_context(|| format!("cannot write {}", path.display()))?;
    let names: Vec<&str> = settings.iter().map(|(path, _)| path.as_str()).collect();
    terminal.remark(format_args!("Kept in {}, for its owner's eyes alone: {}.", path.display(), names.join(", ")));
    Ok(())
}

/// What somebody types, or a line of standard input. `None`: nothing.
fn answer(setting: &Setting, path: &str, terminal: &Terminal) -> anyhow::Result<Option<String>> {
    let asked = format!("{path}: {} ", setting.meaning);
    let text = match (terminal.typed, setting.kind) {
        (true, Kind::Secret) => rpassword::prompt_password(asked)?,
        (typed, _) => {
            if typed {
                terminal.text(asked)?;
            }
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            line
        }
    };
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
