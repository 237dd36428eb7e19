//! `deskhand eval show`: one case, as it is played now.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::answering::{Answers, Who};
use super::choosing::{Group, command_line};
use super::kit;
use super::sides::Rules;
use crate::cli::Ending;
use crate::cli::config::Config;
use crate::cli::terminal::{Terminal, harmless};
use crate::evals::report::console;
use crate::evals::run::{Options, run};
use crate::evals::store::Store;

mod talking;

/// Play one case and print all of it: what was said, tool calls, what changed, and what is not as expected.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deskhand eval show refunds/one-of-two-mugs
  deskhand eval show late/order-status-3f9a1c evals/suites/late.yaml
  deskhand eval show refunds/one-of-two-mugs --chat      then go on talking; /later 3d lets time pass
  echo 'And when will it arrive?' | deskhand eval show wismo/in-transit --chat

Exit codes: 0 it passes; 1 it does not; 2 there is no such case. With --chat: 0 once the conversation has ended.")]
pub struct Arguments {
    /// As reports print it: `suite/case`.
    #[arg(value_name = "CASE")]
    case: String,
    /// Suites in which it is looked for: files, or folders of them.
    pub suites: Vec<PathBuf>,
    /// Leave its world open, and go on with its conversation in this terminal, with that model; after a cassette, with the
    /// offline one.
    #[arg(long)]
    chat: bool,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    pub who: Who,
}

impl Arguments {
    pub async fn run(
        &self,
        config: &Config,
        groups: Vec<Group>,
        options: Options,
        terminal: &Terminal,
    ) -> anyhow::Result<Ending> {
        let found = groups.iter().find_map(|group| Some((group, group.job(&self.case)?)));
        let Some((group, job)) = found else {
            anyhow::bail!("there is no case {}; reports name cases as suite/case", self.case);
        };
        let base = group.under(self.rules.written(config)?.as_deref())?;
        let Answers { models, voices, offline } = self.who.answers(config, &command_line(&self.suites))?;
        let (kit, options) = (Arc::new(kit(config)?), Options { models, voices, offline, keep_all: true, ..options });
        let store = Store::new(&kit, &base);
        if self.chat {
            return talking::go_on(&store, job, &options, terminal).await;
        }
        let mut results = Vec::new();
        run(store, [job], options, |result| results.push(result)).await;
        let mut ending = Ending::Done;
        for result in &results {
            terminal.text(harmless(&console::shown(result)))?;
            if result.verdict.is_unwell() {
                ending = Ending::Failed;
            }
        }
        Ok(ending)
    }
}
