//! How long cases took, which no report tells: two runs give the same bytes.

use std::cmp::Reverse;
use std::time::Duration;

use crate::cli::terminal::Terminal;
use crate::evals::domain::Phases;
use crate::evals::run::CaseResult;

/// Cases that are named.
const SLOWEST: usize = 10;

#[derive(Default)]
pub struct Timings {
    slowest: Vec<(Duration, String)>,
    all: Duration,
    phases: Phases,
}

impl Timings {
    pub fn add(&mut self, result: &CaseResult) {
        let took = result.trials.iter().map(|trial| trial.took).sum();
        self.all += took;
        for phases in result.trials.iter().map(|trial| &trial.phases) {
            self.phases.opening += phases.opening;
            self.phases.conversation += phases.conversation;
            self.phases.looking += phases.looking;
            self.phases.closing += phases.closing;
        }
        self.slowest.push((took, result.id.clone()));
        self.slowest.sort_by_key(|(took, _)| Reverse(*took));
        self.slowest.truncate(SLOWEST);
    }

    /// Of all cases together, waiting included.
    pub fn tell(&self, terminal: &Terminal) {
        terminal.remark("Slowest:");
        for (took, id) in &self.slowest {
            terminal.remark(format_args!("  {:>6} ms  {id}", took.as_millis()));
        }
        let share = |name: &str, part: Duration| {
            let percent = 100.0 * part.as_secs_f64() / self.all.as_secs_f64().max(f64::EPSILON);
            terminal.remark(format_args!("  {percent:>5.1} %  {name}"));
        };
        terminal.remark("Where their time went:");
        share("a sandbox, a database and a desk are opened", self.phases.opening);
        share("the conversation, and what it leads to", self.phases.conversation);
        share("world, ledger and log are read", self.phases.looking);
        share("all of it is closed", self.phases.closing);
    }
}
