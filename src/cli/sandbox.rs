//! `deskhand sandbox`: the simulated vendors alone, the mail that they sent, their clock, and the people at the helpdesk.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::assemble::{DataFolder, models, sandbox as assembly};
use super::config::Config;
use super::config::settings::SETTINGS;
use super::terminal::{Terminal, harmless};
use super::{Ending, Failure, serve};
use crate::domain::clock::Clock;
use crate::domain::durations;
use crate::sandbox::{Mail, Sandbox};

mod helpdesk;

/// Run the simulated vendors alone: Shopify, EasyPost, Stripe, SendGrid, Gorgias, Zendesk, Front and Intercom over one stored world.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Its control routes (faults, requests, clock, world) listen on a port of their own, on this machine only.

Examples:
  deskhand sandbox --port 9100 --control-port 9101
  deskhand sandbox mail --to nora@example.com
  deskhand sandbox later 10d                    parcels travel, returns arrive, codes expire
  deskhand sandbox tickets                      what people at the helpdesk see
  deskhand sandbox reply 82000001 \"I am on it.\""
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where the vendors listen on this machine; 0 is any free port.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Where the control routes listen on this machine; 0 is any free port.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    control_port: u16,
    /// Begin the world anew.
    #[arg(long)]
    fresh: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the mail that the running sandbox sent: of demo, chat or sandbox.
    Mail {
        /// Only mail to this address.
        #[arg(long, value_name = "EMAIL")]
        to: Option<String>,
        /// The sandbox's control address [default: that of the data folder's sandbox].
        #[arg(long, value_name = "URL")]
        control: Option<String>,
    },
    #[command(flatten)]
    Helpdesk(helpdesk::Command),
    /// Let time pass in the running sandbox: of demo, chat or sandbox. It never goes back.
    Later {
        /// How much: 36h, 10d, 2w.
        #[arg(value_name = "TIME", value_parser = durations::parse)]
        time: SignedDuration,
        /// The sandbox's control address [default: that of the data folder's sandbox].
        #[arg(long, value_name = "URL")]
        control: Option<String>,
    },
}

impl Arguments {
    pub async fn run(self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        match self.command {
            Some(Command::Mail { to, control }) => mail(config, to, control, terminal).await,
            Some(Command::Helpdesk(command)) => command.run(config, terminal).await,
            Some(Command::Later { time, control }) => later(config, time, control, terminal).await,
            None => self.serve(config, terminal).await,
        }
    }

    async fn serve(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let mut signals = serve::Signals::listen();
        let folder = DataFolder::of_sandbox(config)?;
        let ports = assembly::Ports { vendors: local(self.port), control: local(self.control_port) };
        let sandbox = assembly::start_at(config, &folder, Clock::system(), self.fresh, ports).await?;
        terminal.text(credentials(&sandbox))?;
        terminal.remark(format_args!("\nControl routes: {}\nStop with Ctrl-C.", sandbox.control_url()));
        signals.received().await;
        sandbox.shutdown().await;
        Ok(Ending::Done)
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// Lines for a shell: what a store's settings would be for this sandbox.
fn credentials(sandbox: &Sandbox) -> String {
    let settings = assembly::Reached::here(sandbox).settings();
    let lines = settings.iter().filter_map(|(key, value)| {
        let setting = SETTINGS.iter().find(|setting| setting.key.strip_prefix("stores.*.") == Some(key))?;
        Some(format!("export {}='{}'\n", setting.environment, value.replace('\'', "'\\''")))
    });
    // Its app may read every order; a setting that is no text.
    lines.chain(["export DESKHAND_SHOPIFY_ALL_ORDERS='true'\n".to_owned()]).collect()
}

async fn mail(
    config: &Config,
    to: Option<String>,
    control: Option<String>,
    terminal: &Terminal,
) -> anyhow::Result<Ending> {
    let url = control_url(config, control)?;
    let request = models::client(Duration::from_secs(2))?.get(format!("{url}/mail"));
    let query: Vec<(&str, String)> = to.into_iter().map(|to| ("to", to)).collect();
    let answer = request.query(&query).timeout(Duration::from_secs(10)).send().await.map_err(|_| none_runs())?;
    let mails: Vec<Mail> = answer.json().await.with_context(|| format!("{url} is not a sandbox's control address"))?;
    if mails.is_empty() {
        terminal.remark("No mail was sent.");
    }
    for mail in &mails {
        terminal.line(harmless(&mail.rendered()))?;
    }
    Ok(Ending::Done)
}

async fn later(
    config: &Config,
    time: SignedDuration,
    control: Option<String>,
    terminal: &Terminal,
) -> anyhow::Result<Ending> {
    let url = control_url(config, control)?;
    let request = models::client(Duration::from_secs(2))?.post(format!("{url}/clock"));
    let request = request.json(&json!({"advance_seconds": time.as_secs()})).timeout(Duration::from_secs(10));
    let answer = request.send().await.map_err(|_| none_runs())?;
    let told: Value = answer.json().await.with_context(|| format!("{url} is not a sandbox's control address"))?;
    let now = told.get("now").and_then(Value::as_str).unwrap_or_default();
    terminal.line(format_args!("In the sandbox it is {now} now."))?;
    Ok(Ending::Done)
}

fn control_url(config: &Config, given: Option<String>) -> Result<String, Failure> {
    let url = given.or_else(|| DataFolder::control_url(config)).ok_or_else(none_runs)?;
    Ok(url.trim().trim_end_matches('/').to_owned())
}

fn none_runs() -> Failure {
    Failure::new("no sandbox is running here; start `deskhand demo`, `chat` or `sandbox` first")
}
