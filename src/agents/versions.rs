//! Which words, rules, tools, articles, weights and model agents go by, told apart by content.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::catalog::Catalog;
use crate::domain::event::Versions;
use crate::model::ToolSpec;
use crate::policy::Policy;
use crate::tools::help_center::HelpCenter;

/// Digits of a hash: enough to tell the versions of one project apart.
const DIGITS: usize = 12;

/// What an agent goes by, whoever's rules and whichever model it works with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brief {
    prompt: String,
    tools: String,
}

impl Brief {
    pub fn of(prompt: &str, tools: &[ToolSpec]) -> Self {
        Self { prompt: hash(prompt.as_bytes()), tools: hash(declared(tools).to_string().as_bytes()) }
    }
}

/// Those of all agents of a store, by name. `model` as it is told to people.
pub fn of(catalog: &Catalog, policy: &Policy, help: &HelpCenter, model: &str) -> BTreeMap<String, Versions> {
    let policy = hash(&serde_json::to_vec(policy).unwrap_or_default());
    let articles = hash(written(help).to_string().as_bytes());
    let one = |brief: &Brief| Versions {
        prompt: brief.prompt.clone(),
        policy: policy.clone(),
        tools: brief.tools.clone(),
        articles: Some(articles.clone()),
        weights: Some(catalog.weights_hash.clone()),
        model: model.to_owned(),
    };
    catalog.briefs().map(|(name, brief)| (name.to_owned(), one(brief))).collect()
}

/// In the order in which they are searched: among equals the first is found.
fn written(help: &HelpCenter) -> Value {
    help.articles().map(|article| json!([article.title, article.text])).collect()
}

fn declared(tools: &[ToolSpec]) -> Value {
    let one = |tool: &ToolSpec| json!([tool.name, tool.description, tool.parameters]);
    tools.iter().map(one).collect()
}

pub(super) fn hash(content: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(content));
    hash.truncate(DIGITS);
    hash
}
