//! `deskhand serve`, and what it shares with the demo: running a server until a signal comes.

use std::net::SocketAddr;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::Ending;
use super::assemble::{self, House};
use super::config::Config;
use super::terminal::Terminal;
use crate::server::{self, ServerError, ServerParts, ServerSettings};

/// Run the server for the stores of the configuration.
#[derive(Args, Debug)]
#[command(after_help = "\
Keys for the API: deskhand stores add-key NAME.
A store begins in the mode observe: the agent reads and records what it would say, and answers nobody.
Stop it with Ctrl-C or SIGTERM: turns under way are finished, or taken up by the next start.

Example:
  OPENAI_API_KEY=sk-… deskhand serve --address 0.0.0.0:8787")]
pub struct Arguments {
    /// Where to listen [default: 127.0.0.1:8787].
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<String>,
}

impl Arguments {
    /// What the flags set.
    pub fn settings(&self) -> Vec<(&'static str, &'static str, String)> {
        self.address.iter().map(|address| ("server.address", "--address", address.clone())).collect()
    }

    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let door = Door::open(config.server.address).await.map_err(|error| in_use(error, "--address"))?;
        let house = assemble::live(config).await?;
        terminal.line(format_args!("Listening on http://{}\nmodel: {}", door.address()?, house.model))?;
        for store in house.desk.stores() {
            let mode = serde_json::to_value(store.policy.mode)?;
            terminal.line(format_args!("store {}: mode {}", store.profile.id, mode.as_str().unwrap_or_default()))?;
        }
        door.serve(config, house, config.server.settings.clone()).await
    }
}

/// The address, taken before anything else starts, and an ear for whoever wants it closed again.
pub struct Door {
    listener: tokio::net::TcpListener,
    signals: Signals,
}

impl Door {
    pub async fn open(address: SocketAddr) -> Result<Self, ServerError> {
        Ok(Self { listener: server::bind(address).await?, signals: Signals::listen() })
    }

    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until Ctrl-C or SIGTERM.
    pub async fn serve(self, config: &Config, house: House, settings: ServerSettings) -> anyhow::Result<Ending> {
        let token_secret = match &config.server.token_secret {
            Some(secret) => secret.clone(),
            None => house.folder.secret("token-secret")?,
        };
        let private = match config.server.private_address {
            Some(address) => Some(server::bind(address).await?),
            None => None,
        };
        let parts = ServerParts {
            desk: house.desk.clone(),
            listener: self.listener,
            private,
            settings,
            token_secret,
            customer_token_secrets: house.customer_token_secrets.clone(),
        };
        let stop = CancellationToken::new();
        let signals = tokio::spawn(cancel_on_signal(self.signals, stop.clone()));
        let served = server::serve(parts, stop).await;
        signals.abort();
        house.close().await;
        served?;
        Ok(Ending::Done)
    }
}

/// Says what to type instead.
pub fn in_use(error: ServerError, flag: &str) -> anyhow::Error {
    match error {
        ServerError::AddressInUse { address } => {
            let port = address.port().checked_add(1).unwrap_or(8788);
            let other =
                if flag == "--port" { port.to_string() } else { SocketAddr::new(address.ip(), port).to_string() };
            anyhow::anyhow!("port {} is in use; try {flag} {other}", address.port())
        }
        error => error.into(),
    }
}

async fn cancel_on_signal(mut signals: Signals, stop: CancellationToken) {
    signals.received().await;
    stop.cancel();
}

/// Ctrl-C and SIGTERM, heard from the moment in which this is made: a process that has said that it is ready can be
/// asked to stop.
#[cfg(unix)]
pub struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
        let heard = kinds.into_iter().filter_map(|kind| {
            signal(kind).inspect_err(|error| tracing::error!(%error, "a signal to stop cannot be heard")).ok()
        });
        Self(heard.collect())
    }

    /// Waits until someone asks this process to stop.
    pub async fn received(&mut self) {
        if self.0.is_empty() {
            std::future::pending::<()>().await;
        }
        futures_util::future::select_all(self.0.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
    }
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn listen() -> Self {
        Self
    }

    /// Waits until someone asks this process to stop.
    pub async fn received(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C cannot be heard; the program must be stopped from outside");
            std::future::pending::<()>().await;
        }
    }
}
