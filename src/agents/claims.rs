//! No claim without a receipt: a sentence of an agent leaves only when everything that it asserts stands in what this
//! conversation has seen.
//!
//! The world is closed. Every word must be known to the language's file (or to a receipt), every digit must belong to
//! something that can be checked, and every claim needs the receipt that makes it true. What cannot be read is withheld.

use thiserror::Error;

use crate::agents::language::Language;

mod addresses;
mod atoms;
mod carriers;
mod clause;
mod deeds;
mod evidence;
mod judge;
mod license;
mod naming;
mod particulars;
mod quotes;
mod reading;
mod refunds;
mod returns;
mod scope;
mod sentences;
mod source;
mod text;
mod truth;

pub use evidence::Evidence;
pub use sentences::Sentences;

/// Why a sentence is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Signs or mark-up that may hide something.
    Unreadable,
    TooLong,
    /// A word that no file and no receipt knows.
    Word,
    Amount,
    Percentage,
    Count,
    Date,
    Duration,
    Number,
    OrderNumber,
    TrackingNumber,
    Address,
    Carrier,
    Place,
    /// Where goods or money are said to be.
    Status,
    /// What the store is said to have done or to be doing.
    Action,
    Promise,
    Rule,
    /// Which product is to be had, and at what price.
    Product,
    /// A bare *yes* or *done*.
    Answer,
}

/// A sentence that may not be said, for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason:?}: {text}")]
pub struct Withheld {
    pub reason: Reason,
    /// What was not backed. It quotes the sentence, so it is personal data.
    pub text: String,
}

impl Withheld {
    fn new(reason: Reason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into() }
    }
}

/// What the sentences of a reply so far were about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The order last named.
    order: Option<String>,
    /// The parcels last spoken of, counted from 0; `None` is all of them.
    parcels: Option<Vec<usize>>,
    /// The last sentence had a claim that was checked.
    backed: bool,
}

/// Checks one sentence. Returns what the reply is about after it, for the next one.
pub fn check(language: &Language, evidence: &Evidence, said: &Said, sentence: &str) -> Result<Said, Withheld> {
    let numberless = carriers::taken_out(evidence, sentence);
    let (evidence, sentence) = numberless.as_ref().map_or((evidence, sentence), |(known, rest)| (known, rest.as_str()));
    let unquoted = quotes::taken_out(language, evidence, sentence);
    let (evidence, sentence) = unquoted.as_ref().map_or((evidence, sentence), |(known, rest)| (known, rest.as_str()));
    let placeless = addresses::taken_out(language, evidence, sentence);
    let (evidence, sentence) = placeless.as_ref().map_or((evidence, sentence), |(known, rest)| (known, rest.as_str()));
    judge::sentence(language, evidence, said, sentence)
}

#[cfg(test)]
mod tests;
