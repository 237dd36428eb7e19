//! The conversations of `evals/paraphrases`. The head of `original.yaml` describes them.

use deskhand::domain::yaml;
use serde::Deserialize;

use crate::facts::{Facts, State};
use crate::outcomes::Expected;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paraphrase {
    pub id: String,
    /// Any state will do where the words name no order.
    #[serde(default)]
    pub order: State,
    #[serde(default, rename = "as")]
    pub speaker: Speaker,
    pub says: Vec<String>,
    pub expect: Vec<Expected>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    #[default]
    Anybody,
    Verified,
}

pub fn read() -> Vec<Paraphrase> {
    let files = [
        include_str!("../../evals/paraphrases/original.yaml"),
        include_str!("../../evals/paraphrases/first.yaml"),
        include_str!("../../evals/paraphrases/second.yaml"),
        include_str!("../../evals/paraphrases/third.yaml"),
        include_str!("../../evals/paraphrases/fourth.yaml"),
    ];
    files.into_iter().flat_map(|file| yaml::read::<Vec<Paraphrase>>(file).unwrap()).collect()
}

/// The line as the shopper of these orders writes it. `{code}` stays: nobody knows it yet.
pub fn written(line: &str, order: &Facts, other: &Facts) -> String {
    // Two letters change places, as they do under hasty fingers.
    let typo: String = {
        let mut letters: Vec<char> = order.email.chars().collect();
        letters.swap(0, 1);
        letters.into_iter().collect()
    };
    line.replace("{number}", &order.number)
        .replace("{name}", &order.name)
        .replace("{email}", &order.email)
        .replace("{postcode}", &order.postcode)
        .replace("{product}", &order.product)
        .replace("{other_number}", &other.number)
        .replace("{typo_email}", &typo)
        .replace("{stranger_email}", "nobody.inparticular@elsewhere.example")
}
