//! What came of replays, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::evals::tau2::difference::Difference;
use crate::evals::tau2::gold::{Gold, Replayed};
use crate::evals::tau2::recorded::{Compared, reasons};

const FORMAT: u32 = 1;

pub struct Told<'t> {
    pub gold: &'t Gold,
    pub conversations: &'t [Compared],
}

#[derive(Serialize)]
struct Whole<'t> {
    format: u32,
    gold: &'t [Replayed],
    conversations: &'t [Compared],
    problems: &'t [String],
}

impl Told<'_> {
    pub fn is_well(&self) -> bool {
        self.gold.problems.is_empty()
            && self.gold.tasks.iter().all(Replayed::is_well)
            && self.conversations.iter().all(Compared::is_well)
    }

    pub fn json(&self) -> serde_json::Result<String> {
        let (gold, problems) = (self.gold.tasks.as_slice(), self.gold.problems.as_slice());
        serde_json::to_string_pretty(&Whole { format: FORMAT, gold, conversations: self.conversations, problems })
    }

    pub fn summary(&self) -> String {
        let mut text = String::new();
        self.gold(&mut text);
        if !self.conversations.is_empty() {
            self.conversations(&mut text);
        }
        text
    }

    fn gold(&self, text: &mut String) {
        let tasks = &self.gold.tasks;
        let compared = tasks.iter().filter(|task| task.compared).count();
        let equal = tasks.iter().filter(|task| task.compared && task.is_well()).count();
        let steps: usize = tasks.iter().map(|task| task.steps.len()).sum();
        let rest = tasks.len() - compared;
        let without = if rest > 0 { format!(", {rest} without a reference") } else { String::new() };
        let _ = writeln!(
            text,
            "Gold actions: {}, {}; {equal} of {compared} equal to the reference in every output and hash{without}",
            counted(tasks.len(), "task"),
            counted(steps, "step"),
        );
        let failing: Vec<String> = tasks
            .iter()
            .flat_map(|task| task.failing().map(move |step| (task, step)))
            .map(|(task, step)| format!("  task {}, {} {}: {}", task.task_id, step.action_id, step.name, step.output))
            .collect();
        if !failing.is_empty() {
            let _ = writeln!(text, "Steps whose tool refused: {}", failing.len());
            for line in failing {
                let _ = writeln!(text, "{line}");
            }
        }
        let wrong = tasks.iter().filter(|task| !task.is_well());
        for task in wrong {
            for difference in &task.differences {
                let _ = writeln!(text, "DIFFERENT task {}: {difference}", task.task_id);
            }
        }
        for problem in &self.gold.problems {
            let _ = writeln!(text, "PROBLEM {problem}");
        }
    }

    fn conversations(&self, text: &mut String) {
        let mut versions: Vec<&str> = self.conversations.iter().map(|one| one.env_version.as_str()).collect();
        versions.sort_unstable();
        versions.dedup();
        for version in versions {
            let of: Vec<&Compared> = self.conversations.iter().filter(|one| one.env_version == version).collect();
            of_version(text, version, &of);
        }
        for one in self.conversations {
            for fault in &one.faults {
                let _ = writeln!(text, "DIFFERENT {}: {fault}", one.id);
            }
        }
        for one in self.conversations {
            for remark in &one.remarks {
                let _ = writeln!(text, "remark on {}: {remark}", one.id);
            }
        }
    }
}

fn of_version(text: &mut String, version: &str, of: &[&Compared]) {
    let sum = |part: fn(&Compared) -> usize| of.iter().map(|one| part(one)).sum::<usize>();
    let (calls, equal) = (sum(|one| one.calls), sum(|one| one.outputs_equal));
    let content = sum(|one| one.contents_equal) - equal;
    let matching = |wanted| of.iter().filter(|one| one.db_match == Some(wanted)).count();
    let name = if version.is_empty() { "unread" } else { version };
    let _ = writeln!(
        text,
        "\nConversations of {name}: {}, {}; {equal} outputs equal ({}), {content} more but for their form",
        of.len(),
        counted(calls, "call"),
        share(equal, calls),
    );
    let _ = writeln!(
        text,
        "  the database at the end: {} as the task's actions leave it, {} not, {} without a task",
        matching(true),
        matching(false),
        of.len() - matching(true) - matching(false)
    );
    for (reason, count) in reasons(of.iter().copied()) {
        let _ = writeln!(text, "  {count:>5}  {reason}");
    }
    for one in of {
        for Difference { call, tool, reason, .. } in &one.differences {
            let _ = writeln!(text, "  {}, call {call} {tool}: {reason}", one.id);
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn share(part: usize, of: usize) -> String {
    if of == 0 {
        return "none".to_owned();
    }
    // In tenths of a percent, rounded down: 100 % is all of them.
    let tenths = part * 1_000 / of;
    format!("{}.{} %", tenths / 10, tenths % 10)
}
