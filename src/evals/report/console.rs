//! For people who read a terminal, or a build's log.

use std::fmt::Write as _;
use std::io;

use super::{Report, problems, rubrics};
use crate::evals::outcome::{Line, Outcome};
use crate::evals::run::{CaseResult, Trial, Verdict};
use crate::evals::spending::{NOT_RUN, Spent};
use crate::evals::suite::FOLDER;

mod sides;

/// Characters of a receipt that are shown.
const SHOWN: usize = 200;

/// Cases that did not pass.
pub fn cases(report: &Report) -> impl Iterator<Item = io::Result<String>> {
    report.unwell().map(|case| case.map(|case| format!("{}\n", of_report(report, &case))))
}

/// All cases together.
pub fn summary(report: &Report) -> io::Result<String> {
    let mut text = String::new();
    let width = report.themes.keys().map(|name| name.chars().count()).max().unwrap_or(0).max(5);
    let _ = writeln!(
        text,
        "{:width$}  {:>6}  {:>6}  {:>6}  {:>5}  {:>7}  rate",
        "theme", "passed", "failed", "errors", "stale", "skipped"
    );
    for (name, theme) in &report.themes {
        let counts = theme.counts;
        let _ = writeln!(
            text,
            "{name:width$}  {:>6}  {:>6}  {:>6}  {:>5}  {:>7}  {}",
            counts.passed,
            counts.failed,
            counts.errors,
            counts.stale,
            counts.skipped,
            theme.rate.told()
        );
    }
    let counts = report.counts;
    let _ = writeln!(
        text,
        "\n{} of {} cases passed, {} failed, {} could not be played, {}{} skipped; {}",
        counts.passed,
        counts.played(),
        counts.failed,
        counts.errors,
        stale(report),
        counts.skipped,
        report.rate.told()
    );
    if report.trials > 1 {
        for (at, rate) in report.pass_hat.iter().enumerate() {
            let _ = writeln!(text, "pass^{} {}", at + 1, rate.told());
        }
    }
    let _ = writeln!(text, "Model: {}", report.model);
    text.push_str(&beside(report)?);
    if let Some(policy) = &report.policy {
        let _ = writeln!(text, "Policy: {policy}; for the suites that ship, laid over the demo store's");
        for rule in &report.rules {
            let _ = writeln!(text, "  {rule}");
        }
    }
    if report.has_costs() {
        let _ = writeln!(text, "{}", spent(report.spent));
    }
    if report.offline {
        text.push_str("The offline model tests policy, tools, router and runtime; it tells nothing of a language model's wording.\n");
    }
    if report.not_run() > 0 {
        let _ = writeln!(text, "{} cases: {NOT_RUN}", report.not_run());
    }
    text.push_str(&compared(report)?);
    text.push_str(&report.against.as_ref().map(sides::table).unwrap_or_default());
    Ok(text)
}

/// Who else took part, and what was held of it.
fn beside(report: &Report) -> io::Result<String> {
    let mut text = String::new();
    let customers: Vec<&str> = report.customers().into_iter().collect();
    if !customers.is_empty() {
        let _ = writeln!(text, "Customers: played by {}", customers.join(" and "));
    }
    if let Some(all) = &report.rubrics {
        let _ = writeln!(text, "{}", rubrics::told(all));
        for doubt in rubrics::doubts(report)? {
            let _ = writeln!(text, "  {doubt}");
        }
    }
    Ok(text)
}

/// Only cassettes can be.
fn stale(report: &Report) -> String {
    if report.counts.stale == 0 { String::new() } else { format!("{} stale, ", report.counts.stale) }
}

fn spent(spent: Spent) -> String {
    let Spent { model_calls, input_tokens, cached_tokens, output_tokens, cost } = spent;
    let cost = cost.map_or_else(String::new, |cost| format!(", {cost} USD"));
    format!(
        "{model_calls} model calls, {input_tokens} tokens read ({cached_tokens} cached), {output_tokens} written{cost}"
    )
}

fn compared(report: &Report) -> io::Result<String> {
    let Some(comparison) = &report.comparison else { return Ok(String::new()) };
    let mut text = "\nAgainst the baseline:\n".to_owned();
    for one in report.changed()? {
        let _ = writeln!(text, "  {}: {}", one.word, with(one.case, &one.problem));
    }
    if comparison.is_unchanged() {
        text.push_str("  nothing has changed\n");
    }
    if let Some(chance) = comparison.chance_of_worse.filter(|_| report.trials > 1) {
        let _ = writeln!(text, "  so many cases pass less often by chance alone with a probability of {chance:.3}");
    }
    Ok(text)
}

fn with(name: &str, problem: &str) -> String {
    if problem.is_empty() { name.to_owned() } else { format!("{name}\n    {problem}") }
}

/// A case that did not pass, and the way into its world, where there is one.
pub fn of_report(report: &Report, case: &CaseResult) -> String {
    if report.opens { told(case, report.policy.as_deref()) } else { unwell(case) }
}

/// A case that did not pass, and the way into its world.
pub fn told(case: &CaseResult, policy: Option<&str>) -> String {
    let elsewhere = if case.file.contains(FOLDER) { String::new() } else { format!(" {}", case.file) };
    let policy = policy.map_or_else(String::new, |file| format!(" --policy {file}"));
    format!("{}  deskhand eval show {}{elsewhere}{policy} --chat\n", unwell(case), case.id)
}

/// What was expected, what happened, the conversation, the changes.
fn unwell(case: &CaseResult) -> String {
    let mut text = String::new();
    let place = case.line.map_or_else(|| case.file.clone(), |line| format!("{}:{line}", case.file));
    let word = match case.verdict {
        Verdict::Error => "ERROR",
        Verdict::Stale => "STALE",
        Verdict::Passed | Verdict::Failed | Verdict::Skipped => "FAILED",
    };
    let _ = writeln!(text, "{word} {}  ({place})", case.id);
    let Some(trial) = case.telling() else { return text };
    if case.trials.len() > 1 {
        let _ = writeln!(text, "  {} of {} trials passed", case.passed(), case.trials.len());
    }
    for problem in problems(trial) {
        let _ = writeln!(text, "  ✗ {problem}");
    }
    // What was said after the words ran out tells nothing.
    if let Some(outcome) = trial.outcome.as_ref().filter(|_| case.verdict != Verdict::Stale) {
        text.push_str(&conversation(outcome));
    }
    text.push_str(&opinion(trial));
    text
}

fn opinion(trial: &Trial) -> String {
    rubrics::lines(trial).into_iter().fold(String::new(), |text, line| format!("{text}  {line}\n"))
}

/// A case, whatever became of it, with all that was kept of it.
pub fn shown(case: &CaseResult) -> String {
    let first = case.trials.first().and_then(|trial| Some((trial, trial.outcome.as_ref()?)));
    match (case.verdict, first) {
        (Verdict::Passed, Some((trial, outcome))) => {
            format!("{}\n{}{}  all is as expected\n", case.id, conversation(outcome), opinion(trial))
        }
        (Verdict::Skipped, _) => {
            format!("{} was not played: {}\n", case.id, case.skipped.as_deref().unwrap_or_default())
        }
        _ => unwell(case),
    }
}

fn conversation(outcome: &Outcome) -> String {
    let mut text = String::new();
    for line in &outcome.lines {
        let told = match line {
            Line::Shopper { text } => format!("shopper> {text}"),
            Line::Agent { text } => format!("agent>   {text}"),
            Line::Desk { text } => format!("desk>    {text}"),
            Line::Person { text } => format!("person>  {text}"),
            Line::Tool { name, arguments, outcome, receipt } => {
                let receipt: String = receipt.to_string().chars().take(SHOWN).collect();
                format!("  · {name} {arguments}: {outcome} {receipt}")
            }
            Line::Withheld { sentence, reason } => format!("  · withheld ({reason}): {sentence}"),
            Line::World { text } => format!("  — {text}"),
            Line::Failed { code, message } => format!("  ! {code}: {message}"),
        };
        for part in told.lines() {
            let _ = writeln!(text, "    {part}");
        }
    }
    for change in &outcome.changes {
        let _ = writeln!(text, "    world: {change}");
    }
    text
}
