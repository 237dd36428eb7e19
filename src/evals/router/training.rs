//! Teaches the local classifier: multinomial logistic regression, by stochastic steps whose size each weight learns for
//! itself (Adagrad). The order is fixed, so that the same rows give the same weights.

use std::collections::HashMap;

use super::rows::Row;
use crate::agents::router::features::Features;
use crate::agents::router::weights::{INTENTS, Scores, softmax};
use crate::domain::event::Intent;

/// Times that every example is seen.
const ROUNDS: usize = 30;
const RATE: f32 = 0.1;
/// How strongly weights are drawn back to nothing, for all examples together.
const RESTRAINT: f32 = 3.0;
/// A feature of a single example says nothing of others, and is not kept.
const OCCURS: u32 = 2;
/// What the other acceptable intents share of an example.
const ALSO: f32 = 0.08;
/// How far rare intents are weighed up: 0 not at all, 1 until all weigh the same.
const BALANCE: f32 = 0.3;
/// What the first step of a weight is divided by, beside its own slope.
const FIRST: f32 = 1e-3;

/// A row, ready to be learnt from.
#[derive(Clone, Debug)]
pub struct Example {
    pub features: Features,
    intent: Intent,
    target: Scores,
}

impl Example {
    pub fn of(row: &Row) -> Self {
        let also: Vec<Intent> = Intent::ALL.into_iter().filter(|own| *own != row.intent && row.accepts(*own)).collect();
        let share = if also.is_empty() { 0.0 } else { ALSO };
        let target = Intent::ALL.map(|intent| match () {
            () if intent == row.intent => 1.0 - share,
            () if also.contains(&intent) => share / also.len() as f32,
            () => 0.0,
        });
        Self { features: Features::of(&row.text), intent: row.intent, target }
    }
}

/// An example with its features by place.
struct Placed<'a> {
    values: Vec<(usize, f32)>,
    target: &'a Scores,
    weight: f32,
}

/// What the examples teach: for each feature, by hash, how much it speaks for each intent.
pub fn learn(examples: &[&Example]) -> Vec<(u32, Scores)> {
    let hashes = common_features(examples);
    let places: HashMap<u32, usize> = hashes.iter().enumerate().map(|(place, hash)| (*hash, place)).collect();
    let placed = place(examples, &places);
    let mut learnt = Learnt::new(hashes.len(), placed.len());
    let mut order: Vec<&Placed<'_>> = placed.iter().collect();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for _ in 0..ROUNDS {
        dice.shuffle(&mut order);
        order.iter().for_each(|example| learnt.step(example));
    }
    hashes.into_iter().zip(learnt.weights).collect()
}

fn common_features(examples: &[&Example]) -> Vec<u32> {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for (hash, _) in examples.iter().flat_map(|example| &example.features.values) {
        *counts.entry(*hash).or_default() += 1;
    }
    let mut hashes: Vec<u32> = counts.into_iter().filter(|(_, count)| *count >= OCCURS).map(|(hash, _)| hash).collect();
    hashes.sort_unstable();
    hashes
}

fn place<'a>(examples: &[&'a Example], places: &HashMap<u32, usize>) -> Vec<Placed<'a>> {
    let mut counts: HashMap<Intent, u16> = HashMap::new();
    for example in examples {
        *counts.entry(example.intent).or_default() += 1;
    }
    let even = examples.len() as f32 / INTENTS as f32;
    let weight = |intent| (even / counts.get(&intent).copied().map_or(1.0, f32::from)).powf(BALANCE);
    let placed = examples.iter().map(|example| Placed {
        values: example.features.values.iter().filter_map(|(hash, value)| Some((*places.get(hash)?, *value))).collect(),
        target: &example.target,
        weight: weight(example.intent),
    });
    placed.collect()
}

struct Learnt {
    weights: Vec<Scores>,
    /// The squares of the slopes so far.
    squares: Vec<Scores>,
    restraint: f32,
}

impl Learnt {
    fn new(features: usize, examples: usize) -> Self {
        Self {
            weights: vec![[0.0; INTENTS]; features],
            squares: vec![[FIRST; INTENTS]; features],
            restraint: RESTRAINT / examples.max(1) as f32,
        }
    }

    fn step(&mut self, example: &Placed<'_>) {
        let mut error = softmax(&self.scores(example), 1.0);
        error.iter_mut().zip(example.target).for_each(|(share, target)| *share = (*share - target) * example.weight);
        for (place, value) in &example.values {
            let (Some(weights), Some(squares)) = (self.weights.get_mut(*place), self.squares.get_mut(*place)) else {
                continue;
            };
            for ((weight, square), error) in weights.iter_mut().zip(squares).zip(&error) {
                let slope = error * value + self.restraint * *weight;
                *square += slope * slope;
                *weight -= RATE * slope / square.sqrt();
            }
        }
    }

    fn scores(&self, example: &Placed<'_>) -> Scores {
        let mut scores = [0.0; INTENTS];
        for (place, value) in &example.values {
            let Some(weights) = self.weights.get(*place) else { continue };
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += value * weight);
        }
        scores
    }
}

/// The same throws each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(count.max(1)).unwrap_or(1)).unwrap_or_default()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
