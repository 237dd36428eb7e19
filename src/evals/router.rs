//! How well messages are read: training of the local classifier, and its figures on rows that it did not learn from.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::agents::router::features::Features;
use crate::agents::router::local;
use crate::agents::router::weights::{Opinion, Weights};
use crate::domain::event::Intent;
use crate::model::Message;
use crate::policy;

pub mod figures;
pub mod folds;
pub mod page;
pub mod rows;
pub mod training;

use rows::Row;

/// A row, and what was read in it.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    pub row: &'a Row,
    pub opinion: Opinion,
    /// What would be decided without a model, were it the first message of a conversation.
    pub alone: Option<Intent>,
}

impl Judged<'_> {
    pub fn is_exact(&self) -> bool {
        self.opinion.intent == self.row.intent
    }

    pub fn is_acceptable(&self) -> bool {
        self.row.accepts(self.opinion.intent)
    }
}

/// Reads every row. `weights` may differ from row to row.
pub fn judge<'a>(rows: &'a [Row], weights: impl Fn(usize) -> &'a Weights) -> Vec<Judged<'a>> {
    let judged = rows.iter().enumerate().map(|(at, row)| {
        let weights = weights(at);
        Judged { row, opinion: weights.opinion(&Features::of(&row.text)), alone: alone(&row.text, weights) }
    });
    judged.collect()
}

fn alone(text: &str, weights: &Weights) -> Option<Intent> {
    let messages = [Message::System("".into()), Message::User(text.to_owned())];
    let sure_from = policy::Router::default().sure_from;
    local::read(&messages, None, weights, sure_from).map(|analysis| analysis.intent)
}

/// How long the classifier takes for a message, without what else is done about it.
pub fn time_per_message(rows: &[Row], weights: &Weights) -> Duration {
    let first = rows.iter().take(20).map(|row| weights.opinion(&Features::of(&row.text)).confidence);
    // Tables are made at the first use.
    let warm: f64 = first.sum();
    let started = Instant::now();
    let sum: f64 = rows.iter().map(|row| weights.opinion(&Features::of(&row.text)).confidence).sum();
    let taken = started.elapsed();
    let read = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1);
    if warm.is_finite() && sum.is_finite() { taken / read } else { Duration::ZERO }
}

/// The judged rows of each kind, where rows say of which kind they are.
pub fn by<'j, 'a>(judged: &'j [Judged<'a>], key: impl Fn(&Row) -> &str) -> BTreeMap<String, Vec<&'j Judged<'a>>> {
    let mut groups: BTreeMap<String, Vec<&Judged<'a>>> = BTreeMap::new();
    for one in judged {
        groups.entry(key(one.row).to_owned()).or_default().push(one);
    }
    groups.remove("");
    groups
}
