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

/// The address, taken before anything else starts.
pub struct Door(tokio::net::TcpListener);

impl Door {
    pub async fn open(address: SocketAddr) -> Result<Self, ServerError> {
        Ok(Self(server::bind(address).await?))
    }

    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.0.local_addr()?)
    }

    /// Serves until Ctrl-C or SIGTERM.
    pub async fn serve(self, config: &Config, house: House, settings: ServerSettings) -> anyhow::Result<Ending> {
        let token_secret = match &config.server.token_secret {
            Some(secret) => secret.clone(),
            None => house.folder.secret("token-secret")?,
        };
        let parts = ServerParts {
            desk: house.desk.clone(),
            listener: self.0,
            settings,
            token_secret,
            customer_token_secrets: house.customer_token_secrets.clone(),
        };
        let stop = CancellationToken::new();
        let signals = tokio::spawn(cancel_on_signal(stop.clone()));
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

async fn cancel_on_signal(stop: CancellationToken) {
    signal().await;
    stop.cancel();
}

/// Waits until someone asks this process to stop.
#[cfg(unix)]
pub async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return interrupted().await };
    tokio::select! {
        () = interrupted() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
pub async fn signal() {
    interrupted().await;
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "Ctrl-C cannot be heard; the program must be stopped from outside");
        std::future::pending::<()>().await;
    }
}
