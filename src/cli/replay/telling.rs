//! What would change, for people and as data.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::held::Held;
use crate::evals::replay::{Changed, Difference, Fate, unknown};

/// The shape of the JSON; a reader of an older one can tell.
const FORMAT: u32 = 1;
/// Characters of a message that are shown.
const SHOWN: usize = 100;

/// A conversation, and what would become of it.
#[derive(Serialize)]
pub struct Told {
    pub conversation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    #[serde(flatten)]
    pub fate: Fate,
    /// Those that are others today. None: they were not written down.
    pub versions: Option<Vec<Changed>>,
    /// Versions that were not written down then, beside others that were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<&'static str>,
}

impl Told {
    pub fn of(held: &Held) -> Self {
        let (conversation, at) = (held.conversation.clone(), Some(held.at));
        Self { conversation, at, fate: Fate::Unchanged, versions: None, unknown: unknown(&held.versions) }
    }

    /// One that could not even be read.
    pub fn unread(conversation: String, why: String) -> Self {
        let told = Self { conversation, at: None, fate: Fate::Unchanged, versions: None, unknown: Vec::new() };
        told.left_out(why)
    }

    pub fn left_out(self, why: String) -> Self {
        Self { fate: Fate::NotReplayed { why }, ..self }
    }
}

#[derive(Clone, Copy, Default, Serialize)]
pub struct Counts {
    pub replayed: usize,
    pub unchanged: usize,
    pub differ: usize,
    pub not_replayed: usize,
}

/// All that is told; of conversations in which nothing would change, only their number and versions are kept.
pub struct Report {
    model: String,
    counts: Counts,
    /// Versions that are others today, with the number of conversations that went by the earlier one.
    versions: BTreeMap<Changed, usize>,
    /// Conversations from before versions were written down.
    unversioned: usize,
    /// Versions that some did not write down, with the number of those.
    unknown: BTreeMap<&'static str, usize>,
    to_look_at: Vec<Told>,
}

impl Report {
    pub fn new(model: String) -> Self {
        let (counts, versions, unknown) = (Counts::default(), BTreeMap::new(), BTreeMap::new());
        Self { model, counts, versions, unversioned: 0, unknown, to_look_at: Vec::new() }
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn add(&mut self, told: Told) {
        match told.fate {
            Fate::Unchanged => self.counts.unchanged += 1,
            Fate::Differs { .. } => self.counts.differ += 1,
            Fate::NotReplayed { .. } => self.counts.not_replayed += 1,
        }
        self.counts.replayed = self.counts.unchanged + self.counts.differ;
        for changed in told.versions.iter().flatten() {
            *self.versions.entry(changed.clone()).or_default() += 1;
        }
        let played = !matches!(told.fate, Fate::NotReplayed { .. });
        self.unversioned += usize::from(played && told.versions.is_none());
        for name in told.unknown.iter().filter(|_| played) {
            *self.unknown.entry(name).or_default() += 1;
        }
        if !told.fate.is_unchanged() {
            // In their order, whichever came to its end first.
            let at = self
                .to_look_at
                .partition_point(|known| (known.at, &known.conversation) < (told.at, &told.conversation));
            self.to_look_at.insert(at, told);
        }
    }

    pub fn data(&self) -> Value {
        let versions: Vec<Value> = self
            .versions
            .iter()
            .map(|(changed, conversations)| json!({ "changed": changed, "conversations": conversations }))
            .collect();
        json!({
            "format": FORMAT, "model": self.model, "counts": self.counts, "versions": versions,
            "unversioned": self.unversioned, "unknown": self.unknown, "conversations": self.to_look_at,
        })
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for told in &self.to_look_at {
            text.push_str(&conversation(told));
        }
        if !self.versions.is_empty() {
            text.push_str("Other than when they were held:\n");
        }
        for (changed, conversations) in &self.versions {
            let _ = writeln!(text, "  {} ({conversations} conversations)", version(changed));
        }
        if self.unversioned > 0 {
            let _ = writeln!(text, "Of {} conversations no versions were written down.", self.unversioned);
        }
        for (name, conversations) in &self.unknown {
            let _ = writeln!(text, "Of {conversations} conversations no {name} were written down.");
        }
        let Counts { replayed, unchanged, differ, not_replayed } = self.counts;
        let _ = writeln!(
            text,
            "{replayed} replayed: {unchanged} unchanged, {differ} would differ; {not_replayed} could not be replayed.\n\
             Answered by: {}. Words of replies are not compared.",
            self.model
        );
        text
    }
}

fn conversation(told: &Told) -> String {
    let at = told.at.map_or_else(String::new, |at| format!(" · {}", at.strftime("%F %H:%M UTC")));
    let mut text = format!("{}{at}\n", told.conversation);
    match &told.fate {
        Fate::Unchanged => {}
        Fate::NotReplayed { why } => drop(writeln!(text, "  could not be replayed: {why}")),
        Fate::Differs { differences } => {
            let mut turn = None;
            for (index, difference) in differences.iter().enumerate() {
                if index == 0 || difference.turn != turn {
                    let _ = writeln!(text, "  {}", place(difference));
                }
                turn = difference.turn;
                let (then, now) = (list(&difference.then), list(&difference.now));
                let _ = writeln!(text, "    {:<9} {then} → {now}", difference.what);
            }
            let _ = writeln!(text, "  {}", cause(told.versions.as_deref(), &told.unknown));
        }
    }
    text.push('\n');
    text
}

/// `turn 2: “one mug arrived broken …”`
fn place(difference: &Difference) -> String {
    let Some(turn) = difference.turn else { return "in the end".to_owned() };
    let said = difference.said.as_deref().unwrap_or_default().replace('\n', " ");
    let cut = said.char_indices().nth(SHOWN).and_then(|(end, _)| said.get(..end));
    format!("turn {turn}: “{}”", cut.map_or(said.clone(), |cut| format!("{cut}…")))
}

fn list(facts: &[String]) -> String {
    if facts.is_empty() { "none".to_owned() } else { facts.join("; ") }
}

fn cause(versions: Option<&[Changed]>, unknown: &[&str]) -> String {
    match (versions, unknown) {
        (None, _) => "what it went by was not written down".to_owned(),
        (Some([]), []) => {
            "all that it went by is as it was: it comes of the model, or of what its receipts did not tell".to_owned()
        }
        (Some([]), unknown) => format!(
            "all that was written down is as it was: it comes of {}, which were not, of the model, or of what its receipts \
             did not tell",
            unknown.join(" or ")
        ),
        (Some(changed), _) => {
            let names: Vec<String> = changed.iter().map(version).collect();
            format!("otherwise today: {}", names.join(", "))
        }
    }
}

/// `prompt of refunds 0a1b2c3d4e5f → 9f8e7d6c5b4a`
fn version(changed: &Changed) -> String {
    let of = changed.agent.as_ref().map_or_else(String::new, |agent| format!(" of {agent}"));
    let now = changed.now.as_deref().unwrap_or("no such agent");
    format!("{}{of} {} → {now}", changed.what, changed.then)
}
