//! What a model holds of conversations, told apart from what was expected of them.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::evals::rubric::{Judged, Opinion};
use crate::evals::run::{CaseResult, Trial};

/// Said wherever opinions are told.
const NO_VERDICT: &str = "they decide nothing";

/// All opinions of a run together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rubrics {
    pub hold: usize,
    /// Sentences that were judged.
    pub judged: usize,
    pub not_judged: usize,
    pub judges: BTreeSet<String>,
}

impl Rubrics {
    /// `None`: no case that was played has any.
    pub fn of(cases: &[CaseResult]) -> Option<Self> {
        let mut all: Option<Self> = None;
        for opinion in cases.iter().flat_map(|case| &case.trials).filter_map(|trial| trial.rubric.as_ref()) {
            let all = all.get_or_insert_default();
            all.hold += opinion.sentences.iter().filter(|judged| judged.holds).count();
            all.judged += opinion.sentences.len();
            all.not_judged += if opinion.not_judged.is_some() { opinion.of } else { 0 };
            all.judges.extend(opinion.judge.clone());
        }
        all
    }

    /// On one line.
    pub fn told(&self) -> String {
        let Self { hold, judged, not_judged, judges } = self;
        let by = judges.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
        let not = if *not_judged > 0 { format!(", {not_judged} not judged") } else { String::new() };
        match judged {
            0 => format!("rubrics: {not_judged} sentences not judged; {NO_VERDICT}"),
            _ => format!("rubrics: {hold} of {judged} hold, judged by {by}{not}; {NO_VERDICT}"),
        }
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
pub fn doubts(cases: &[CaseResult]) -> Vec<String> {
    let of = |(case, opinion): (&CaseResult, &Opinion)| {
        let id = case.id.clone();
        let not = opinion.not_judged.iter().map(|why| format!("not judged: {why}"));
        let doubted = opinion.sentences.iter().filter(|judged| !judged.holds);
        let doubted = doubted.map(|judged| format!("does not hold: {}", reasoned(judged)));
        not.chain(doubted).map(move |what| format!("{id}: {what}")).collect::<Vec<_>>()
    };
    let trials = cases.iter().flat_map(|case| case.trials.iter().map(move |trial| (case, trial)));
    trials.filter_map(|(case, trial)| Some((case, trial.rubric.as_ref()?))).flat_map(of).collect()
}
