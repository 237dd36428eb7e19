//! The agent of the benchmark: its policy as the prompt, and its tools as their schemas declare them.

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use super::retail::TOOLS;
use crate::agents::catalog::{Agent, Catalog};
use crate::agents::versions::Brief;
use crate::domain::event::Intent;
use crate::model::ToolSpec;

/// The file of its prompt.
pub const PROMPT: &str = "tau2-agent.md";
const NAME: &str = "retail";
const POLICY_PLACE: &str = "{{policy}}";

#[derive(Deserialize)]
struct Declared {
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    description: String,
    parameters: Value,
}

/// The one agent, who has everything that customers want.
///
/// # Errors
/// `tools` is no list of schemas, or has another set of tools than there is code for.
pub fn agents(prompt: &str, policy: &str, tools: &[u8]) -> anyhow::Result<Catalog> {
    let declared: Vec<Declared> = serde_json::from_slice(tools).context("tools.json is no list of tool schemas")?;
    let tools: Vec<ToolSpec> = declared.into_iter().map(|tool| spec(tool.function)).collect();
    for tool in TOOLS {
        anyhow::ensure!(tools.iter().any(|spec| spec.name == tool.name), "tools.json has no {}", tool.name);
    }
    let stranger = tools.iter().find(|spec| TOOLS.iter().all(|tool| tool.name != spec.name));
    anyhow::ensure!(stranger.is_none(), "tools.json has {}, for which there is no code", stranger_name(stranger));
    Ok(catalog(&prompt.replace(POLICY_PLACE, policy.trim()), tools))
}

/// The agent of recordings, whose words are written down: nothing is asked of a model.
pub fn nobody() -> Catalog {
    catalog("", Vec::new())
}

fn catalog(prompt: &str, tools: Vec<ToolSpec>) -> Catalog {
    Catalog::of([Agent {
        name: NAME.to_owned(),
        description: "The retail agent of the benchmark.".to_owned(),
        intents: Intent::ALL.to_vec(),
        hands_to: Vec::new(),
        brief: Brief::of(prompt, &tools),
        prompt: prompt.into(),
        tools: tools.into(),
    }])
}

/// Servers that hold a model to a schema want it to say that nothing else may be given.
fn spec(function: Function) -> ToolSpec {
    let Function { name, description, mut parameters } = function;
    if let Value::Object(schema) = &mut parameters {
        schema.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    ToolSpec { name, description, parameters }
}

fn stranger_name(stranger: Option<&ToolSpec>) -> &str {
    stranger.map_or("", |spec| spec.name.as_str())
}
