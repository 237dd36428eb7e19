//! The shape of a language file. Lists of phrases are text, one phrase a line or set apart by `|`; a `~` after a word
//! admits the language's endings.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lexicon::{Concept, Form, Marker};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub code: String,
    pub name: String,
    /// What `~` stands for.
    pub endings: String,
    pub abbreviations: Vec<String>,
    pub stop_words: String,
    /// Set apart by spaces: words between a person and what is quoted of them.
    #[serde(default)]
    pub reporting: String,
    pub numbers: Numbers,
    pub money: MoneyWords,
    pub dates: Dates,
    pub markers: BTreeMap<Marker, String>,
    pub claims: BTreeMap<Concept, BTreeMap<Form, String>>,
    pub neutral: Neutral,
    pub lines: LineTexts,
}

/// What an agent may say freely: words that assert nothing about orders, money or the store.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Neutral {
    /// Set apart by spaces.
    pub words: String,
    /// Set apart by spaces: words that are free only in what is asked, offered or supposed.
    #[serde(default)]
    pub mentioned: String,
    pub phrases: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numbers {
    pub decimal: char,
    pub grouping: String,
    pub units: BTreeMap<String, u64>,
    pub tens: BTreeMap<String, u64>,
    pub multipliers: BTreeMap<String, u64>,
    /// Joins a unit before its tens into one word, where the language does so.
    pub unit_before_tens: Option<String>,
    pub percent: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MoneyWords {
    pub symbols: BTreeMap<String, Vec<String>>,
    pub words: BTreeMap<String, Vec<String>>,
    /// Words for hundredths of a currency; amounts in them are never said.
    pub minor_words: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dates {
    pub months: BTreeMap<String, i8>,
    /// 1 is Monday.
    pub weekdays: BTreeMap<String, i8>,
    /// Days from today.
    pub relative: BTreeMap<String, i64>,
    /// Weeks from this one.
    pub weeks: BTreeMap<String, i64>,
    pub next: String,
    pub last: String,
    pub this: String,
    pub day_suffixes: String,
    pub between_day_and_month: String,
    pub month_before_day: bool,
    /// `m/d/y`, `d.m.y`: how all-digit dates are written.
    pub numeric: Vec<String>,
    pub ago_before: String,
    pub ago_after: String,
    pub ahead_before: String,
    pub day_units: String,
    pub week_units: String,
    /// Units of duration that never make a date.
    pub other_units: String,
    pub minute_units: String,
    pub before_noon: String,
    pub after_noon: String,
    /// Words between two ends of a range.
    pub range: String,
    /// Words before a bare day of the month.
    pub before_day: String,
    /// Words for a time of day that no receipt tells exactly.
    pub clock: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineTexts {
    pub handoff_opening: BTreeMap<String, String>,
    pub handoff_reference: String,
    pub handoff_without_reference: String,
    pub agent_silent_notice: String,
    /// What a shopper who waits for a person is told: where people are there, and where they are not.
    pub staffed_now: String,
    pub staffed_from: String,
    pub leave_address: String,
    /// A day as the language writes it, and its words in their order, the first of them Monday and January.
    pub date_form: String,
    pub weekday_names: [String; 7],
    pub month_names: [String; 12],
    pub apology_error: String,
    pub queue_notice: String,
    pub code_mail_subject: String,
    pub code_mail_body: String,
    pub refund_made: String,
    pub refund_submitted: String,
    pub refund_failed: String,
    pub return_open: String,
    pub return_turned_down: String,
    pub return_arrived: String,
    pub label_ready: String,
    pub order_cancelled: String,
    pub cancellation_submitted: String,
    pub address_changed: String,
    pub not_done: String,
    pub approval_denied: String,
    pub approval_expired: String,
    pub person_will_answer: String,
}

/// A language without claims: one sentence, and the words by which it is recognised.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Other {
    /// In the language itself, for the reader of the file.
    #[serde(rename = "name")]
    _name: String,
    pub person_will_answer: String,
    pub handoff_reference: Option<String>,
    #[serde(default)]
    pub stop_words: String,
}

/// The phrases of a list.
pub(super) fn phrases(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('|')).map(str::trim).filter(|phrase| !phrase.is_empty())
}
