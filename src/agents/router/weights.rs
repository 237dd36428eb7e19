//! What the local classifier has learnt: for each feature, how much it speaks for each intent.

use std::sync::{Arc, LazyLock};

use thiserror::Error;

use super::features::Features;
use crate::agents::catalog;
use crate::domain::event::Intent;

/// The file, among the prompts.
pub const FILE: &str = "router/weights.bin";
/// How many intents there are.
pub const INTENTS: usize = Intent::ALL.len();

const MAGIC: &[u8; 4] = b"DHR1";
const STEPS: f32 = 127.0;
/// Bytes of a feature's hash.
const HASH: usize = size_of::<u32>();

/// One number for each intent, in the order of [`Intent::ALL`].
pub type Scores = [f32; INTENTS];

#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Hashes of the known features, ascending.
    known: Vec<u32>,
    /// Of each known feature, in steps.
    steps: Vec<[i8; INTENTS]>,
    /// How large a step is, for each intent.
    step: Scores,
    /// What scores are divided by, so that probabilities are what they say.
    temperature: f32,
}

#[derive(Debug, Error)]
pub enum WeightsError {
    #[error("these are no weights of this version; make them anew with `deskhand router train`")]
    Foreign,
    #[error("the weights end early; make them anew with `deskhand router train`")]
    Cut,
}

/// What the classifier makes of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    pub intent: Intent,
    /// From 0 to 1: how often such an opinion was right on messages that were not learnt from.
    pub confidence: f64,
    pub probabilities: Scores,
    /// The share of the words that occurred where it has learnt.
    pub known: f64,
}

impl Opinion {
    pub fn probability(&self, intent: Intent) -> f64 {
        let place = Intent::ALL.iter().position(|own| *own == intent);
        place.and_then(|place| self.probabilities.get(place)).map_or(0.0, |share| f64::from(*share))
    }
}

impl Weights {
    /// Those that the program brings.
    pub fn built_in() -> Arc<Self> {
        static BUILT_IN: LazyLock<Arc<Weights>> = LazyLock::new(|| {
            let read = catalog::file(FILE).and_then(|bytes| Weights::read(&bytes).ok());
            Arc::new(read.unwrap_or_else(Weights::none))
        });
        Arc::clone(&BUILT_IN)
    }

    /// Knows nothing, and so is never sure.
    pub fn none() -> Self {
        Self { known: Vec::new(), steps: Vec::new(), step: [0.0; INTENTS], temperature: 1.0 }
    }

    /// Rounds what was learnt to steps. `learnt` is ascending by hash.
    pub fn rounded(learnt: &[(u32, Scores)], temperature: f32) -> Self {
        let mut step = [0.0_f32; INTENTS];
        for (_, scores) in learnt {
            step.iter_mut().zip(scores).for_each(|(most, score)| *most = most.max(score.abs()));
        }
        step.iter_mut().for_each(|most| *most /= STEPS);
        let round = |scores: &Scores| {
            let mut steps = [0_i8; INTENTS];
            for ((steps, score), step) in steps.iter_mut().zip(scores).zip(&step) {
                *steps = if *step > 0.0 { (score / step).round().clamp(-STEPS, STEPS) as i8 } else { 0 };
            }
            steps
        };
        let steps = learnt.iter().map(|(_, scores)| round(scores)).collect();
        Self { known: learnt.iter().map(|(hash, _)| *hash).collect(), steps, step, temperature }
    }

    pub fn at_temperature(self, temperature: f32) -> Self {
        Self { temperature, ..self }
    }

    pub fn features(&self) -> usize {
        self.known.len()
    }

    pub fn opinion(&self, features: &Features) -> Opinion {
        let probabilities = softmax(&self.scores(features), self.temperature);
        let best = Intent::ALL.into_iter().zip(probabilities).max_by(|left, right| left.1.total_cmp(&right.1));
        let (intent, confidence) = best.unwrap_or((Intent::Other, 0.0));
        let words = features.words.len().max(1) as f64;
        let known = features.words.iter().filter(|word| self.known.binary_search(word).is_ok()).count() as f64;
        Opinion { intent, confidence: f64::from(confidence), probabilities, known: known / words }
    }

    fn scores(&self, features: &Features) -> Scores {
        let mut scores = [0.0; INTENTS];
        for (hash, value) in &features.values {
            let place = self.known.binary_search(hash).ok();
            let Some(steps) = place.and_then(|place| self.steps.get(place)) else { continue };
            for (score, steps) in scores.iter_mut().zip(steps) {
                *score += value * f32::from(*steps);
            }
        }
        scores.iter_mut().zip(&self.step).for_each(|(score, step)| *score *= step);
        scores
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u32::try_from(self.known.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(self.temperature.to_le_bytes());
        bytes.extend(self.step.iter().flat_map(|step| step.to_le_bytes()));
        bytes.extend(self.known.iter().flat_map(|hash| hash.to_le_bytes()));
        bytes.extend(self.steps.iter().flatten().flat_map(|steps| steps.to_le_bytes()));
        bytes
    }

    pub fn read(bytes: &[u8]) -> Result<Self, WeightsError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(WeightsError::Foreign)?;
        let mut numbers = Numbers(rest);
        let count = usize::try_from(u32::from_le_bytes(numbers.take()?)).map_err(|_| WeightsError::Cut)?;
        let temperature = f32::from_le_bytes(numbers.take()?);
        let mut step = [0.0; INTENTS];
        for step in &mut step {
            *step = f32::from_le_bytes(numbers.take()?);
        }
        let parts = numbers.0.split_at_checked(count.saturating_mul(HASH));
        let (known, steps) = parts.filter(|(_, steps)| steps.len() == count * INTENTS).ok_or(WeightsError::Cut)?;
        let known: Vec<u32> = known.as_chunks().0.iter().copied().map(u32::from_le_bytes).collect();
        let steps = steps.as_chunks().0.iter().map(|steps| steps.map(u8::cast_signed)).collect();
        let sound = temperature.is_finite() && temperature > 0.0 && step.iter().all(|step: &f32| step.is_finite());
        if !sound || !known.is_sorted() {
            return Err(WeightsError::Foreign);
        }
        Ok(Self { known, steps, step, temperature })
    }
}

/// Bytes that are taken from the front.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], WeightsError> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or(WeightsError::Cut)?;
        self.0 = rest;
        Ok(*first)
    }
}

/// Scores as probabilities.
pub fn softmax(scores: &Scores, temperature: f32) -> Scores {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut shares = scores.map(|score| ((score - most) / temperature).exp());
    let all: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= all);
    shares
}
