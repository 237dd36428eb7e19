//! Two outputs of one call that are not the same text, and why.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::retail::{Answer, Fault};

/// How tools' errors begin.
pub const ERROR: &str = "Error: ";
/// Characters of an output that a line tells, and how many of them are before the difference.
const SHOWN: usize = 80;
const BEFORE: usize = 30;

#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// From 1.
    pub call: usize,
    pub tool: String,
    pub reason: Reason,
    pub recorded: String,
    pub ours: String,
}

/// What explains it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The same content.
    Form,
    FewerFields(BTreeSet<String>),
    OtherWords,
    NoSuchTool,
    FailedThen(String),
    FailsNow,
    OtherValues(BTreeSet<String>),
    OtherText,
}

impl Reason {
    /// Whether only the form is another one.
    pub fn is_of_form(&self) -> bool {
        matches!(self, Self::Form)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        match self {
            Self::Form => write!(f, "the same record, with its fields in another order or without nulls"),
            Self::FewerFields(names) => write!(f, "the recorded record lacks {}", list(names)),
            Self::OtherWords => write!(f, "the same error, with other capitals"),
            Self::NoSuchTool => write!(f, "the benchmark has no such tool any more"),
            Self::FailedThen(text) => write!(f, "the recorded tool failed ({text})"),
            Self::FailsNow => write!(f, "the tool fails here"),
            Self::OtherValues(names) => write!(f, "other values in {}", list(names)),
            Self::OtherText => write!(f, "another text"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [recorded, ours] = apart(&self.recorded, &self.ours);
        write!(f, "call {} {}: {}; recorded {recorded:?}, here {ours:?}", self.call, self.tool, self.reason)
    }
}

/// Both texts where they begin to differ, with a little of what stands before.
pub fn apart(one: &str, other: &str) -> [String; 2] {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = same.saturating_sub(BEFORE);
    [one, other].map(|text| {
        let mut rest = text.chars().skip(from);
        let shown: String = rest.by_ref().take(SHOWN).collect();
        let cut = |is_cut: bool| if is_cut { "…" } else { "" };
        format!("{}{shown}{}", cut(from > 0), cut(rest.next().is_some()))
    })
}

/// `None`: they are the same text.
pub fn between(call: usize, tool: &str, recorded: &str, ours: &Answer) -> Option<Difference> {
    (recorded != ours.text).then(|| Difference {
        call,
        tool: tool.to_owned(),
        reason: reason(recorded, ours),
        recorded: recorded.to_owned(),
        ours: ours.text.clone(),
    })
}

fn reason(recorded: &str, ours: &Answer) -> Reason {
    let record = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object).map(without_nulls);
    if ours.fault == Some(Fault::UnknownTool) {
        return Reason::NoSuchTool;
    }
    match (recorded.strip_prefix(ERROR), ours.text.strip_prefix(ERROR)) {
        (Some(then), Some(now)) if then.to_lowercase() == now.to_lowercase() => Reason::OtherWords,
        (Some(_), Some(_)) => Reason::OtherText,
        (Some(then), None) => Reason::FailedThen(then.to_owned()),
        (None, Some(_)) => Reason::FailsNow,
        (None, None) => match (record(recorded), record(&ours.text)) {
            (Some(then), Some(now)) => of_records(&then, &now),
            _ => Reason::OtherText,
        },
    }
}

fn of_records(then: &Value, now: &Value) -> Reason {
    let names = |value: &Value| value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let (before, after): (BTreeSet<String>, BTreeSet<String>) = (names(then), names(now));
    let differing = |name: &&String| then.get(name.as_str()) != now.get(name.as_str());
    let differing: BTreeSet<String> = before.union(&after).filter(differing).cloned().collect();
    let missing: BTreeSet<String> = after.difference(&before).cloned().collect();
    if differing.is_empty() {
        Reason::Form
    } else if differing == missing {
        Reason::FewerFields(missing)
    } else {
        Reason::OtherValues(differing)
    }
}

/// Older tools left them out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}
