//! Which tools were called, and with what.

use regex::Regex;
use serde_json::{Map, Value};

use super::Miss;
use super::pairing::pair;
use crate::evals::case::expectations::{CallPattern, Calls};
use crate::evals::outcome::Call;

pub fn judge(expected: &Calls, calls: &[Call]) -> Vec<Miss> {
    let miss =
        |how: &str, patterns: &[CallPattern]| Miss::new(format!("expect.calls.{how}"), listed(patterns), told(calls));
    let mut misses = Vec::new();
    if let Some(patterns) = &expected.exact
        && !(patterns.len() == calls.len() && patterns.iter().zip(calls).all(|(pattern, call)| fits(pattern, call)))
    {
        misses.push(miss("exact", patterns));
    }
    if let Some(patterns) = &expected.ordered {
        let mut rest = calls.iter();
        if !patterns.iter().all(|pattern| rest.any(|call| fits(pattern, call))) {
            misses.push(miss("ordered", patterns));
        }
    }
    if let Some(patterns) = &expected.unordered
        && !(patterns.len() == calls.len() && pair(patterns, calls, fits).iter().all(Option::is_some))
    {
        misses.push(miss("unordered", patterns));
    }
    if let Some(patterns) = &expected.subset
        && !calls.iter().all(|call| patterns.iter().any(|pattern| fits(pattern, call)))
    {
        misses.push(miss("subset", patterns));
    }
    if let Some(patterns) = &expected.superset
        && !pair(patterns, calls, fits).iter().all(Option::is_some)
    {
        misses.push(miss("superset", patterns));
    }
    if let Some(patterns) = &expected.never
        && calls.iter().any(|call| patterns.iter().any(|pattern| fits(pattern, call)))
    {
        misses.push(miss("never", patterns));
    }
    misses
}

fn fits(pattern: &CallPattern, call: &Call) -> bool {
    let none = Map::new();
    let given = call.arguments.as_object().unwrap_or(&none);
    let known = |name: &String| pattern.arguments.contains_key(name);
    pattern.tool == call.tool
        && pattern.arguments.iter().all(|(name, wanted)| is_met(wanted, given.get(name).unwrap_or(&Value::Null)))
        && (!pattern.exact || given.keys().all(known))
}

/// A value, or a matcher.
fn is_met(wanted: &Value, given: &Value) -> bool {
    if let Some(regex) = wanted.get("matches").and_then(Value::as_str) {
        let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        return Regex::new(regex).is_ok_and(|regex| regex.is_match(&text));
    }
    if let Some(any) = wanted.get("any").and_then(Value::as_bool) {
        return any != given.is_null();
    }
    if let Some(about) = wanted.get("about").and_then(Value::as_f64) {
        let within = wanted.get("within").and_then(Value::as_f64).unwrap_or(0.0);
        return given.as_f64().is_some_and(|given| (given - about).abs() <= within);
    }
    wanted == given
}

fn listed(patterns: &[CallPattern]) -> String {
    let one = |pattern: &CallPattern| match pattern.arguments.is_empty() {
        true => pattern.tool.clone(),
        false => format!("{} {}", pattern.tool, serde_json::to_string(&pattern.arguments).unwrap_or_default()),
    };
    patterns.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn told(calls: &[Call]) -> String {
    let calls: Vec<String> = calls.iter().map(|call| format!("{} {}", call.tool, call.arguments)).collect();
    if calls.is_empty() { "no call".to_owned() } else { calls.join(", ") }
}
