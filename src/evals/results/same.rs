//! Names that are made anew in each run, replaced by ones that are not.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::domain::anew::{self, Pattern, replaced};
use crate::evals::outcome::Line;
use crate::evals::run::CaseResult;

static ID: Pattern = LazyLock::new(|| Regex::new(anew::ID).ok());
static SERVER: Pattern = LazyLock::new(|| Regex::new(anew::SERVER).ok());
static SECRET: Pattern = LazyLock::new(|| Regex::new(anew::SECRET).ok());

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

pub fn in_case(case: &mut CaseResult) {
    for trial in &mut case.trials {
        let codes = trial.outcome.as_ref().map(|outcome| outcome.codes.clone()).unwrap_or_default();
        let mut same = Same { codes, ..Same::default() };
        for miss in &mut trial.misses {
            miss.happened = same.text(&miss.happened);
        }
        trial.error = trial.error.take().map(|error| same.text(&error));
        trial.stale = trial.stale.take().map(|stale| same.text(&stale));
        if let Some(opinion) = &mut trial.rubric {
            opinion.not_judged = opinion.not_judged.take().map(|why| same.text(&why));
            opinion.sentences.iter_mut().for_each(|judged| judged.why = same.text(&judged.why));
        }
        let Some(outcome) = &mut trial.outcome else { continue };
        for line in &mut outcome.lines {
            match line {
                Line::Shopper { text }
                | Line::Agent { text }
                | Line::Desk { text }
                | Line::Person { text }
                | Line::World { text } => {
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
