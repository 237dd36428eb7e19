//! Figures of judged rows.

use serde::Serialize;

use super::Judged;
use crate::domain::event::Intent;

/// An intent with fewer rows says too little to be averaged.
pub const ENOUGH_ROWS: u32 = 20;
/// Steps of confidence.
const STEPS: u16 = 10;

#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub rows: u32,
    pub accuracy: f64,
    pub acceptable: f64,
    /// Over the intents with at least [`ENOUGH_ROWS`] rows; none where there is no such intent.
    pub macro_f1: Option<f64>,
    pub intents: Vec<OfIntent>,
    /// For each intent of the labels, how often each intent was read, both in the order of `Intent::ALL`.
    pub confusion: Vec<Vec<u32>>,
    pub calibration: Vec<Step>,
    /// The mean distance between confidence and the share that is acceptable, by steps of confidence.
    pub calibration_error: f64,
    /// Rows of `other` in which a refund or a cancellation was read, wrongly.
    pub money_in_other: u32,
    pub alone: Alone,
}

#[derive(Clone, Debug, Serialize)]
pub struct OfIntent {
    pub intent: Intent,
    pub rows: u32,
    pub read: u32,
    pub recall: Option<f64>,
    pub precision: Option<f64>,
    pub f1: f64,
    /// Rows that were read as something that would do.
    pub acceptable: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub from: f64,
    pub to: f64,
    pub rows: u32,
    pub confidence: f64,
    pub acceptable: f64,
}

/// What needs no model.
#[derive(Clone, Debug, Serialize)]
pub struct Alone {
    pub rows: u32,
    pub share: f64,
    pub acceptable: Option<f64>,
    pub money_in_other: u32,
    /// Rows of `human_agent` and `complaint` that were decided, and as something that would not do.
    pub people_missed: u32,
}

impl Figures {
    pub fn of(judged: &[&Judged<'_>]) -> Self {
        let intents: Vec<OfIntent> = Intent::ALL.map(|intent| of_intent(judged, intent)).into();
        let averaged: Vec<f64> = intents.iter().filter(|of| of.rows >= ENOUGH_ROWS).map(|of| of.f1).collect();
        let calibration = calibration(judged);
        let all = judged.len() as f64;
        let apart = |step: &Step| f64::from(step.rows) * (step.confidence - step.acceptable).abs();
        Self {
            rows: count(judged, |_| true),
            accuracy: share(count(judged, |one| one.is_exact()), count(judged, |_| true)).unwrap_or_default(),
            acceptable: share(count(judged, |one| one.is_acceptable()), count(judged, |_| true)).unwrap_or_default(),
            macro_f1: (!averaged.is_empty()).then(|| averaged.iter().sum::<f64>() / averaged.len() as f64),
            confusion: Intent::ALL.iter().map(|label| confused(judged, *label)).collect(),
            calibration_error: calibration.iter().map(apart).sum::<f64>() / all.max(1.0),
            calibration,
            intents,
            money_in_other: count(judged, |one| takes_money(one, one.opinion.intent)),
            alone: alone(judged),
        }
    }

    pub fn recall(&self, intent: Intent) -> Option<f64> {
        self.intents.iter().find(|of| of.intent == intent)?.recall
    }
}

fn of_intent(judged: &[&Judged<'_>], intent: Intent) -> OfIntent {
    let rows = count(judged, |one| one.row.intent == intent);
    let read = count(judged, |one| one.opinion.intent == intent);
    let right = count(judged, |one| one.row.intent == intent && one.is_exact());
    let accepted = count(judged, |one| one.row.intent == intent && one.is_acceptable());
    let f1 = share(2 * right, rows + read).unwrap_or_default();
    OfIntent {
        intent,
        rows,
        read,
        recall: share(right, rows),
        precision: share(right, read),
        f1,
        acceptable: share(accepted, rows),
    }
}

fn confused(judged: &[&Judged<'_>], label: Intent) -> Vec<u32> {
    let read = |intent| count(judged, |one| one.row.intent == label && one.opinion.intent == intent);
    Intent::ALL.map(read).into()
}

fn calibration(judged: &[&Judged<'_>]) -> Vec<Step> {
    let step_of = |one: &Judged<'_>| (one.opinion.confidence * f64::from(STEPS)).min(f64::from(STEPS - 1)) as u16;
    let step = |at: u16| {
        let inside: Vec<&Judged<'_>> = judged.iter().copied().filter(|one| step_of(one) == at).collect();
        let rows = count(&inside, |_| true);
        let sum: f64 = inside.iter().map(|one| one.opinion.confidence).sum();
        Step {
            from: f64::from(at) / f64::from(STEPS),
            to: f64::from(at + 1) / f64::from(STEPS),
            rows,
            confidence: sum / f64::from(rows.max(1)),
            acceptable: share(count(&inside, |one| one.is_acceptable()), rows).unwrap_or_default(),
        }
    };
    (0..STEPS).map(step).filter(|step| step.rows > 0).collect()
}

fn alone(judged: &[&Judged<'_>]) -> Alone {
    let rows = count(judged, |one| one.alone.is_some());
    let right = count(judged, |one| one.alone.is_some_and(|intent| one.row.accepts(intent)));
    let for_people = |one: &Judged<'_>| matches!(one.row.intent, Intent::HumanAgent | Intent::Complaint);
    Alone {
        rows,
        share: share(rows, count(judged, |_| true)).unwrap_or_default(),
        acceptable: share(right, rows),
        money_in_other: count(judged, |one| one.alone.is_some_and(|intent| takes_money(one, intent))),
        people_missed: count(judged, |one| for_people(one) && one.alone.is_some_and(|intent| !one.row.accepts(intent))),
    }
}

fn takes_money(one: &Judged<'_>, read: Intent) -> bool {
    let money = matches!(read, Intent::RefundRequest | Intent::CancelOrder);
    one.row.intent == Intent::Other && money && !one.row.accepts(read)
}

fn count(judged: &[&Judged<'_>], which: impl Fn(&Judged<'_>) -> bool) -> u32 {
    u32::try_from(judged.iter().filter(|one| which(one)).count()).unwrap_or(u32::MAX)
}

fn share(part: u32, all: u32) -> Option<f64> {
    (all > 0).then(|| f64::from(part) / f64::from(all))
}
