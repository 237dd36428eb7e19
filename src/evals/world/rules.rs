//! What one policy says otherwise than another.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::policy::Policy;

/// How far an agent is trusted is no rule of a case.
const MODE: &str = "mode";

/// A setting that is not the same in two policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// `refunds.damaged.no_return_limits.USD`
    pub name: String,
    /// None: it is not written.
    pub this: Option<String>,
    pub other: Option<String>,
}

impl Setting {
    /// Both values, in words.
    pub fn values(&self) -> [&str; 2] {
        [&self.this, &self.other].map(|value| value.as_deref().unwrap_or("unwritten"))
    }

    /// `refunds.damaged.no_return_limits.USD: 20.00, not 25.00`
    pub fn told(&self) -> String {
        let [this, other] = self.values();
        format!("{}: {this}, not {other}", self.name)
    }
}

/// Each setting that differs, what is not written included, by name.
pub fn differences(this: &Policy, other: &Policy) -> Vec<Setting> {
    let (this, other) = (settings(this), settings(other));
    let names: BTreeSet<&String> = this.keys().chain(other.keys()).collect();
    let both = names.into_iter().map(|name| Setting {
        name: name.clone(),
        this: this.get(name).cloned(),
        other: other.get(name).cloned(),
    });
    both.filter(|setting| setting.this != setting.other).collect()
}

fn settings(policy: &Policy) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    if let Ok(Value::Object(sections)) = serde_json::to_value(policy) {
        sections.into_iter().filter(|(name, _)| name != MODE).for_each(|(name, value)| read(name, value, &mut all));
    }
    all
}

fn read(path: String, value: Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            fields.into_iter().for_each(|(name, value)| read(format!("{path}.{name}"), value, into));
        }
        Value::Null => {}
        Value::String(text) => drop(into.insert(path, text)),
        value => drop(into.insert(path, value.to_string())),
    }
}
