//! Which words, rules, tools and model agents go by, told apart by content.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::catalog::{Agent, Catalog};
use crate::domain::event::Versions;
use crate::model::ToolSpec;
use crate::policy::Policy;

/// Digits of a hash: enough to tell the versions of one project apart.
const DIGITS: usize = 12;

/// Those of all agents, by name. `model` as it is told to people.
pub fn of(catalog: &Catalog, policy: &Policy, model: &str) -> BTreeMap<String, Versions> {
    let policy = hash(&serde_json::to_vec(policy).unwrap_or_default());
    let one = |agent: &Agent| Versions {
        prompt: hash(agent.prompt.as_bytes()),
        policy: policy.clone(),
        tools: hash(declared(&agent.tools).to_string().as_bytes()),
        model: model.to_owned(),
    };
    catalog.agents().map(|agent| (agent.name.clone(), one(agent))).collect()
}

fn declared(tools: &[ToolSpec]) -> Value {
    let one = |tool: &ToolSpec| json!([tool.name, tool.description, tool.parameters]);
    tools.iter().map(one).collect()
}

fn hash(content: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(content));
    hash.truncate(DIGITS);
    hash
}
