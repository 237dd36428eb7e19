//! Names that are made anew in each run, replaced by ones that are not.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::evals::outcome::Line;
use crate::evals::run::CaseResult;

/// Ids, and addresses of servers that were there for one case.
static ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(conv|msg|turn|eff|appr|call|key|req)_[0-9a-f]{12,}\b").ok());
static SERVER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"http://127\.0\.0\.1:\d+").ok());
/// Names of files that nobody should guess.
static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[A-Za-z0-9_-]{40,}\b").ok());

/// Ids by the order in which they come, and one-time codes.
#[derive(Default)]
struct Same {
    ids: HashMap<String, String>,
    codes: Vec<String>,
}

impl Same {
    fn text(&mut self, text: &str) -> String {
        let text = self.codes.iter().fold(text.to_owned(), |text, code| text.replace(code, "{code}"));
        let text = replaced(&SERVER, &text, |_| "http://sandbox".to_owned());
        let text = replaced(&SECRET, &text, |_| "…".to_owned());
        replaced(&ID, &text, |id| {
            let next = self.ids.len() + 1;
            let kind = id.split('_').next().unwrap_or_default();
            self.ids.entry(id.to_owned()).or_insert_with(|| format!("{kind}_{next}")).clone()
        })
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            _ => {}
        }
    }
}

fn replaced(regex: &LazyLock<Option<Regex>>, text: &str, mut by: impl FnMut(&str) -> String) -> String {
    match regex.as_ref() {
        Some(regex) => regex
            .replace_all(text, |found: &regex::Captures<'_>| by(found.get(0).map_or("", |all| all.as_str())))
            .into_owned(),
        None => text.to_owned(),
    }
}

pub fn in_case(case: &mut CaseResult) {
    for trial in &mut case.trials {
        let codes = trial.outcome.as_ref().map(|outcome| outcome.codes.clone()).unwrap_or_default();
        let mut same = Same { codes, ..Same::default() };
        for miss in &mut trial.misses {
            miss.happened = same.text(&miss.happened);
        }
        trial.error = trial.error.take().map(|error| same.text(&error));
        let Some(outcome) = &mut trial.outcome else { continue };
        for line in &mut outcome.lines {
            match line {
                Line::Shopper { text } | Line::Agent { text } | Line::Desk { text } | Line::World { text } => {
                    *text = same.text(text);
                }
                Line::Tool { arguments, receipt, .. } => {
                    *arguments = same.text(arguments);
                    same.value(receipt);
                }
                Line::Withheld { sentence: text, .. } | Line::Failed { message: text, .. } => *text = same.text(text),
            }
        }
        outcome.calls.iter_mut().for_each(|call| same.value(&mut call.arguments));
        outcome.failures.iter_mut().for_each(|failure| *failure = same.text(failure));
    }
}
