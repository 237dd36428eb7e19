//! Figures on rows that were not learnt from: each part of the rows is read by what the other parts teach.

use std::collections::BTreeMap;

use super::rows::Row;
use super::training::{Example, learn};
use crate::agents::router::weights::{Opinion, Scores, Weights, softmax};

/// Temperatures that are tried, in hundredths.
const TRIED: std::ops::RangeInclusive<u16> = 30..=200;

/// Which part a row belongs to, for each row.
pub type Parts = Vec<usize>;

/// Parts of about the same size. Rows that differ in digits, capitals or punctuation only lie in the same part.
pub fn at_random(rows: &[Row], count: usize) -> Parts {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        seen.entry(row.plain()).or_default();
    }
    // In the order of the alphabet neighbours are alike; dealt out like cards they come into different parts, and yet by a
    // rule that anyone can repeat.
    seen.values_mut().enumerate().for_each(|(at, part)| *part = at % count.max(1));
    rows.iter().map(|row| seen.get(&row.plain()).copied().unwrap_or_default()).collect()
}

/// A part for each source.
pub fn by_source(rows: &[Row]) -> Parts {
    let mut sources: Vec<&str> = rows.iter().map(|row| row.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    rows.iter().map(|row| sources.iter().position(|own| *own == row.source).unwrap_or_default()).collect()
}

/// What all parts but one teach, for each part. `also` is learnt from in any case.
pub fn held_out(examples: &[Example], also: &[Example], parts: &Parts) -> Vec<Weights> {
    let count = parts.iter().max().map_or(0, |last| last + 1);
    let of = |part: usize| {
        let rest = examples.iter().zip(parts).filter(|(_, own)| **own != part).map(|(example, _)| example);
        Weights::rounded(&learn(&rest.chain(also).collect::<Vec<_>>()), 1.0)
    };
    // As many at a time as there are processors, whatever their order: each part is learnt by itself.
    std::thread::scope(|scope| {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(count.max(1));
        let handles: Vec<_> = (0..workers)
            .map(|first| scope.spawn(move || (first..count).step_by(workers).map(|part| (part, of(part))).collect()))
            .collect();
        let mut all: Vec<(usize, Weights)> =
            handles.into_iter().flat_map(|handle| handle.join().unwrap_or_else(|_| Vec::new())).collect();
        all.sort_by_key(|(part, _)| *part);
        all.into_iter().map(|(_, weights)| weights).collect()
    })
}

/// Opinions on all rows, each by weights that did not learn from it.
pub fn opinions(examples: &[Example], parts: &Parts, weights: &[Weights]) -> Vec<Opinion> {
    let none = Weights::none();
    let read = |(example, part): (&Example, &usize)| weights.get(*part).unwrap_or(&none).opinion(&example.features);
    examples.iter().zip(parts).map(read).collect()
}

/// The temperature at which confidence comes closest to how often an opinion is acceptable. The opinions are of temperature 1.
pub fn temperature<'a>(opinions: impl Iterator<Item = (&'a Opinion, &'a Row)> + Clone) -> f32 {
    let loss = |temperature: f32| -> f64 {
        let of = |(opinion, row): (&Opinion, &Row)| {
            let outcome = if row.accepts(opinion.intent) { 1.0 } else { 0.0 };
            (confidence_at(&opinion.probabilities, temperature) - outcome).powi(2)
        };
        opinions.clone().map(of).sum()
    };
    let tried = TRIED.map(|hundredths| f32::from(hundredths) / 100.0).map(|tried| (tried, loss(tried)));
    tried.min_by(|left, right| left.1.total_cmp(&right.1)).map_or(1.0, |(best, _)| best)
}

fn confidence_at(probabilities: &Scores, temperature: f32) -> f64 {
    let scores = probabilities.map(|share| share.max(f32::MIN_POSITIVE).ln());
    f64::from(softmax(&scores, temperature).into_iter().fold(0.0, f32::max))
}
