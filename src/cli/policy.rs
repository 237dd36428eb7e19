//! `deskhand policy`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::assemble::Reading;
use super::config::{Config, SANDBOX_STORE};
use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::domain::order::Order;
use crate::integrations::Urgency;

mod diff;
mod explain;

/// What a store's policy decides.
#[derive(Debug, Subcommand)]
pub enum Command {
    Explain(Explain),
    Diff(diff::Diff),
}

/// Say what would be decided about an order, line by line, and why.
#[derive(Args, Debug)]
#[command(after_help = "\
It asks the store's platform for the order, carriers for parcels of whose delivery the platform does not know, and the
ledger for what the agent has done. Amounts are the order's own prices; the platform quotes what is really paid back.

Examples:
  deskhand policy explain '#1016'
  deskhand policy explain 1016 --store main
  deskhand policy explain 1016 --policy draft.toml      under rules that are not in use yet
  deskhand policy explain 1016 --json | jq .outlook.cancellation.verdict")]
pub struct Explain {
    /// The order as shoppers call it.
    order: String,
    /// A store of the configuration; the sandbox's by default.
    #[arg(long, value_name = "NAME", default_value = SANDBOX_STORE)]
    store: String,
    /// Rules to decide by, in the place of the store's.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print the decisions as data, with all facts.
    #[arg(long)]
    json: bool,
}

impl Command {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        match self {
            Self::Explain(arguments) => arguments.run(config, terminal).await,
            Self::Diff(arguments) => arguments.run(config, terminal).await,
        }
    }
}

impl Explain {
    async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let reading = Reading::open(config, &self.store, self.policy.as_deref()).await?;
        let order = self.read(&reading).await?;
        let told = self.tell(&reading, &order, terminal).await;
        reading.storage.close().await;
        told.map(|()| Ending::Done)
    }

    async fn tell(&self, reading: &Reading, order: &Order, terminal: &Terminal) -> anyhow::Result<()> {
        let judged = reading.books().outlook(order).await;
        let (outlook, spent) = judged.with_context(|| format!("cannot judge the order {:?}", self.order))?;
        if !self.json {
            return explain::Telling { terminal, order, policy: &reading.policy }.all(&outlook, &spent);
        }
        let told = json!({
            "store": self.store, "order_number": order.name, "as_of": reading.clock.now(), "spent": spent,
            "outlook": outlook,
        });
        Ok(terminal.line(serde_json::to_string_pretty(&told)?)?)
    }

    async fn read(&self, reading: &Reading) -> anyhow::Result<Order> {
        let cannot = || format!("cannot read the order {:?}", self.order);
        let found =
            reading.readers.commerce.orders_named(&self.order, Urgency::Background).await.with_context(cannot)?;
        let none = || Failure::new(format!("the store {} has no order {:?}", self.store, self.order));
        let order = found.into_iter().next().ok_or_else(none)?;
        if order.complete {
            return Ok(order);
        }
        let whole = reading.readers.commerce.order(&order.id, Urgency::Background).await.with_context(cannot)?;
        Ok(whole.ok_or_else(none)?)
    }
}
