//! `deskhand sandbox`: the simulated vendors alone, and the mail that they sent.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::assemble::{DataFolder, models, sandbox as assembly};
use super::config::Config;
use super::config::settings::SETTINGS;
use super::terminal::{Terminal, harmless};
use super::{Ending, Failure, serve};
use crate::domain::clock::Clock;
use crate::sandbox::{Mail, Sandbox};

/// Run the simulated vendors alone: Shopify, EasyPost, SendGrid and Gorgias over one stored world.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Its control routes (faults, requests, clock, world) listen on a port of their own, on this machine only.

Examples:
  deskhand sandbox --port 9100 --control-port 9101
  deskhand sandbox mail --to nora@example.com"
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
}

impl Arguments {
    pub async fn run(self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        match self.command {
            Some(Command::Mail { to, control }) => mail(config, to, control, terminal).await,
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
    let url = control.or_else(|| DataFolder::control_url(config));
    let none = || Failure::new("no sandbox is running here; start `deskhand demo`, `chat` or `sandbox` first");
    let url = url.ok_or_else(none)?;
    let request = models::client(Duration::from_secs(2))?.get(format!("{}/mail", url.trim().trim_end_matches('/')));
    let query: Vec<(&str, String)> = to.into_iter().map(|to| ("to", to)).collect();
    let answer = request.query(&query).timeout(Duration::from_secs(10)).send().await.map_err(|_| none())?;
    let mails: Vec<Mail> = answer.json().await.with_context(|| format!("{url} is not a sandbox's control address"))?;
    if mails.is_empty() {
        terminal.remark("No mail was sent.");
    }
    for mail in &mails {
        terminal.line(harmless(&mail.rendered()))?;
    }
    Ok(Ending::Done)
}
