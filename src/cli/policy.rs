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
use crate::policy::ask::{Situation, Spent};

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
It asks the store's platform for the order, and nobody for anything else. Amounts are the order's own prices; the platform
quotes what is really paid back. What the agent has paid so far is left out: limits are told as if unused.

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
        let spent = Spent::nothing(order.currency);
        let situation = Situation {
            order: &order,
            carriers: &[],
            customer_tags: None,
            spent: &spent,
            now: reading.now,
            zone: &reading.profile.zone,
        };
        let outlook = reading.policy.outlook(&situation);
        if self.json {
            let told =
                json!({"store": self.store, "order_number": order.name, "as_of": reading.now, "outlook": outlook});
            terminal.line(serde_json::to_string_pretty(&told)?)?;
        } else {
            explain::Telling { terminal, order: &order }.all(&outlook)?;
        }
        Ok(Ending::Done)
    }

    async fn read(&self, reading: &Reading) -> anyhow::Result<Order> {
        let cannot = || format!("cannot read the order {:?}", self.order);
        let found = reading.commerce.orders_named(&self.order, Urgency::Background).await.with_context(cannot)?;
        let none = || Failure::new(format!("the store {} has no order {:?}", self.store, self.order));
        let order = found.into_iter().next().ok_or_else(none)?;
        if order.complete {
            return Ok(order);
        }
        let whole = reading.commerce.order(&order.id, Urgency::Background).await.with_context(cannot)?;
        Ok(whole.ok_or_else(none)?)
    }
}
