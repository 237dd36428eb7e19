//! What one policy says otherwise than another.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::policy::Policy;

/// How far an agent is trusted is no rule of a case.
const MODE: &str = "mode";

/// A line for each setting, what is not written included: `refunds.damaged.no_return_limits.USD: 20.00, not 25.00`.
pub fn differences(now: &Policy, then: &Policy) -> Vec<String> {
    let (now, then) = (settings(now), settings(then));
    let mut lines: BTreeMap<&String, String> = BTreeMap::new();
    for (key, value) in &now {
        match then.get(key) {
            Some(other) if other == value => {}
            Some(other) => drop(lines.insert(key, format!("{key}: {value}, not {other}"))),
            None => drop(lines.insert(key, format!("{key}: {value}, not unwritten"))),
        }
    }
    for (key, value) in then.iter().filter(|(key, _)| !now.contains_key(*key)) {
        lines.insert(key, format!("{key}: unwritten, not {value}"));
    }
    lines.into_values().collect()
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
