//! How far a run has come: a line that changes where a person watches, a line now and then elsewhere. All of it goes to
//! standard error.

use std::io::{IsTerminal as _, Write as _};
use std::time::Instant;

use crate::cli::terminal::Terminal;
use crate::evals::run::CaseResult;

/// Lines that are told where nobody watches.
const LINES: usize = 10;

pub struct Progress {
    terminal: Terminal,
    /// What is counted, and what is told of those that need a look.
    things: &'static str,
    trouble: &'static str,
    watched: bool,
    total: usize,
    done: usize,
    unwell: usize,
    started: Instant,
}

impl Progress {
    pub fn new(terminal: Terminal, total: usize) -> Self {
        Self::of(terminal, total, "cases", "not passed")
    }

    pub fn of(terminal: Terminal, total: usize, things: &'static str, trouble: &'static str) -> Self {
        let watched = std::io::stderr().is_terminal();
        Self { terminal, things, trouble, watched, total, done: 0, unwell: 0, started: Instant::now() }
    }

    /// `side` says where it was played, if that is to be told.
    pub fn done(&mut self, result: &CaseResult, side: &str) {
        let id = format!("{}{side}", result.id);
        self.one(&id, result.verdict.is_unwell());
    }

    pub fn one(&mut self, id: &str, unwell: bool) {
        self.done += 1;
        self.unwell += usize::from(unwell);
        let line = self.line();
        if self.watched {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[2K{line}");
            return;
        }
        let step = (self.total / LINES).max(1);
        if unwell {
            self.terminal.remark(format_args!("{}: {id}", self.trouble));
        }
        if self.done.is_multiple_of(step) || self.done == self.total {
            self.terminal.remark(line);
        }
    }

    pub fn end(&self) {
        if self.watched {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[2K");
        }
    }

    fn line(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let (done, total) = (number(self.done), number(self.total));
        let left = (seconds / done * (total - done)).ceil();
        format!(
            "{}/{} {}, {} {}, {:.0}/s, {left:.0} s left",
            self.done,
            self.total,
            self.things,
            self.unwell,
            self.trouble,
            done / seconds
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody plays 2^52 cases")]
fn number(count: usize) -> f64 {
    count as f64
}
