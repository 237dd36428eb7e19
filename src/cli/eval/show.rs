//! `deskhand eval show`: one case, as it is played now.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::{Group, kit};
use crate::cli::Ending;
use crate::cli::config::Config;
use crate::cli::terminal::{Terminal, harmless};
use crate::evals::report::console;
use crate::evals::run::{Options, Verdict, run};

/// Play one case and print all of it: what was said, tool calls, what changed, and what is not as expected.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deskhand eval show refunds/one-of-two-mugs
  deskhand eval show late/order-status-3f9a1c evals/suites/late.yaml

Exit codes: 0 it passes; 1 it does not; 2 there is no such case.")]
pub struct Arguments {
    /// As reports print it: `suite/case`.
    #[arg(value_name = "CASE")]
    case: String,
    /// Suites in which it is looked for: files, or folders of them.
    pub suites: Vec<PathBuf>,
}

impl Arguments {
    pub async fn run(
        &self,
        config: &Config,
        groups: Vec<Group>,
        options: Options,
        terminal: &Terminal,
    ) -> anyhow::Result<Ending> {
        let found = groups.into_iter().find_map(|group| {
            let job = group.jobs.into_iter().find(|job| job.id == self.case)?;
            Some((group.base, job))
        });
        let Some((base, job)) = found else {
            anyhow::bail!("there is no case {}; reports name cases as suite/case", self.case);
        };
        let results = run(Arc::new(kit(config)?), base, vec![job], options, |_| ()).await;
        let mut ending = Ending::Done;
        for result in &results {
            terminal.text(harmless(&console::shown(result)))?;
            if matches!(result.verdict, Verdict::Failed | Verdict::Error | Verdict::Stale) {
                ending = Ending::Failed;
            }
        }
        Ok(ending)
    }
}
