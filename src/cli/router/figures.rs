//! The router's figures on a terminal.

use super::super::terminal::Terminal;
use crate::domain::event::Intent;
use crate::evals::router::figures::{ENOUGH_ROWS, Figures, OfIntent, Step};
use crate::evals::router::{Judged, by};

/// The figures of each kind and of each source, where there are several.
pub fn groups(judged: &[Judged<'_>]) -> Vec<(String, Figures)> {
    let (kinds, sources) = (by(judged, |row| &row.kind), by(judged, |row| &row.source));
    let several = [kinds, sources].into_iter().filter(|groups| groups.len() > 1);
    several.flatten().map(|(name, rows)| (name, Figures::of(&rows))).collect()
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

fn f1(figures: &Figures) -> String {
    figures.macro_f1.map_or_else(|| "-".to_owned(), |f1| format!("{f1:.3}"))
}

pub fn summary(figures: &Figures, terminal: &Terminal) -> anyhow::Result<()> {
    let alone = &figures.alone;
    let lines = [
        ("rows", figures.rows.to_string()),
        ("accuracy", percent(Some(figures.accuracy))),
        ("acceptable", percent(Some(figures.acceptable))),
        ("macro-F1", f1(figures)),
        ("recall of human_agent", percent(figures.recall(Intent::HumanAgent))),
        ("recall of complaint", percent(figures.recall(Intent::Complaint))),
        ("refund or cancel seen in other", figures.money_in_other.to_string()),
        ("calibration error", format!("{:.3}", figures.calibration_error)),
        ("decided without a model", percent(Some(alone.share))),
        ("of those acceptable", percent(alone.acceptable)),
        ("of those money seen in other", alone.money_in_other.to_string()),
        ("of those people missed", alone.people_missed.to_string()),
    ];
    for (name, value) in lines {
        terminal.line(format_args!("{name:<34} {value}"))?;
    }
    Ok(())
}

pub fn kinds(groups: &[(String, Figures)], terminal: &Terminal) -> anyhow::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    terminal.line("")?;
    let head = format!(
        "{:<34} {:>5} {:>9} {:>11} {:>9} {:>12} {:>11}",
        "rows of", "n", "accuracy", "acceptable", "macro-F1", "human_agent", "no model"
    );
    terminal.line(terminal.bold(head))?;
    for (name, figures) in groups {
        terminal.line(format_args!(
            "{name:<34} {:>5} {:>9} {:>11} {:>9} {:>12} {:>11}",
            figures.rows,
            percent(Some(figures.accuracy)),
            percent(Some(figures.acceptable)),
            f1(figures),
            percent(figures.recall(Intent::HumanAgent)),
            percent(Some(figures.alone.share)),
        ))?;
    }
    Ok(())
}

pub fn intents(figures: &Figures, terminal: &Terminal) -> anyhow::Result<()> {
    terminal.line("")?;
    let head =
        format!("{:<34} {:>5} {:>9} {:>10} {:>6} {:>11}", "intent", "n", "recall", "precision", "F1", "acceptable");
    terminal.line(terminal.bold(head))?;
    for of in &figures.intents {
        let OfIntent { intent, rows, f1, .. } = of;
        let line = format!(
            "{:<34} {rows:>5} {:>9} {:>10} {f1:>6.3} {:>11}",
            intent.as_str(),
            percent(of.recall),
            percent(of.precision),
            percent(of.acceptable)
        );
        terminal.line(if *rows < ENOUGH_ROWS { terminal.dim(line) } else { line })?;
    }
    Ok(())
}

/// Down the labels, across what was read, by the numbers of the intents.
pub fn confusion(figures: &Figures, terminal: &Terminal) -> anyhow::Result<()> {
    terminal.line("")?;
    let numbers: String = (1..=Intent::ALL.len()).map(|number| format!("{number:>5}")).collect();
    terminal.line(terminal.bold(format_args!("{:<37}{numbers}", "label, and what was read")))?;
    for (number, (label, counts)) in (1..).zip(Intent::ALL.iter().zip(&figures.confusion)) {
        let show = |count: &u32| if *count == 0 { format!("{:>5}", ".") } else { format!("{count:>5}") };
        let counts: String = counts.iter().map(show).collect();
        terminal.line(format_args!("{number:>2} {:<34}{counts}", label.as_str()))?;
    }
    Ok(())
}

pub fn calibration(figures: &Figures, terminal: &Terminal) -> anyhow::Result<()> {
    terminal.line("")?;
    let head = format!("{:<18} {:>6} {:>11} {:>11}", "confidence", "n", "mean", "acceptable");
    terminal.line(terminal.bold(head))?;
    for Step { from, to, rows, confidence, acceptable } in &figures.calibration {
        let steps = format!("{:.0} to {:.0} %", 100.0 * from, 100.0 * to);
        terminal.line(format_args!(
            "{steps:<18} {rows:>6} {:>11} {:>11}",
            percent(Some(*confidence)),
            percent(Some(*acceptable))
        ))?;
    }
    Ok(())
}
