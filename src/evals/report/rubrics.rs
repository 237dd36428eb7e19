//! What a model holds of conversations, told apart from what was expected of them.

use std::io;

use super::Report;
use crate::evals::rubric::{Judged, Opinion, Rubrics};
use crate::evals::run::Trial;

/// Said wherever opinions are told.
const NO_VERDICT: &str = "they decide nothing";

/// All opinions of a run, on one line.
pub fn told(all: &Rubrics) -> String {
    let Rubrics { hold, judged, not_judged, judges } = all;
    let by = judges.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
    let not = if *not_judged > 0 { format!(", {not_judged} not judged") } else { String::new() };
    match judged {
        0 => format!("rubrics: {not_judged} sentences not judged; {NO_VERDICT}"),
        _ => format!("rubrics: {hold} of {judged} hold, judged by {by}{not}; {NO_VERDICT}"),
    }
}

/// What is held of one trial, a line each.
pub fn lines(trial: &Trial) -> Vec<String> {
    let Some(opinion) = &trial.rubric else { return Vec::new() };
    if let Some(why) = &opinion.not_judged {
        return vec![format!("rubric not judged: {why}")];
    }
    let whose = opinion.judge.as_deref().unwrap_or_default();
    let head = format!("rubric, an opinion of {whose} that decides nothing:");
    let line = |holds: bool| if holds { "holds" } else { "does not hold" };
    let told = opinion.sentences.iter().map(|judged| format!("  {}: {}", line(judged.holds), reasoned(judged)));
    std::iter::once(head).chain(told).collect()
}

fn reasoned(judged: &Judged) -> String {
    if judged.why.is_empty() { judged.sentence.clone() } else { format!("{} ({})", judged.sentence, judged.why) }
}

/// What does not hold or was not judged, in all trials, with the case's name before it.
pub fn doubts(report: &Report) -> io::Result<Vec<String>> {
    let mut doubts = Vec::new();
    for summary in report.cases.iter().filter(|summary| summary.rubrics.is_some()) {
        let opinions = summary.whole.read()?.trials.into_iter().filter_map(|trial| trial.rubric);
        doubts.extend(opinions.flat_map(|opinion| doubted(&opinion)).map(|what| format!("{}: {what}", summary.id)));
    }
    Ok(doubts)
}

fn doubted(opinion: &Opinion) -> Vec<String> {
    let not = opinion.not_judged.iter().map(|why| format!("not judged: {why}"));
    let doubted = opinion.sentences.iter().filter(|judged| !judged.holds);
    not.chain(doubted.map(|judged| format!("does not hold: {}", reasoned(judged)))).collect()
}
