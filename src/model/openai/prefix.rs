//! What requests begin with, in its wire form. Agents share few prompts and lists of tools, each of which is serialised once.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::model::{Message, ToolSpec};

#[derive(Debug, Default)]
pub struct Prefixes {
    prompts: Known<Arc<str>>,
    tools: Known<(Arc<[ToolSpec]>, bool)>,
}

impl Prefixes {
    /// The text of a system message at the beginning.
    pub fn prompt(&self, messages: &[Message]) -> Result<Option<Arc<RawValue>>, serde_json::Error> {
        let Some(Message::System(prompt)) = messages.first() else { return Ok(None) };
        let is_it = |known: &Arc<str>| Arc::ptr_eq(known, prompt);
        self.prompts.json(is_it, || Ok((Arc::clone(prompt), to_raw_value(prompt)?))).map(Some)
    }

    /// `None` for an empty list, which servers refuse.
    pub fn tools(&self, tools: &Arc<[ToolSpec]>, strict: bool) -> Result<Option<Arc<RawValue>>, serde_json::Error> {
        if tools.is_empty() {
            return Ok(None);
        }
        let is_it = |known: &(Arc<[ToolSpec]>, bool)| known.1 == strict && Arc::ptr_eq(&known.0, tools);
        self.tools.json(is_it, || Ok(((Arc::clone(tools), strict), serialise_tools(tools, strict)?))).map(Some)
    }
}

/// So many wire forms of a kind are kept.
const KEPT: usize = 32;

/// Wire forms, with what they were made of.
#[derive(Debug)]
struct Known<T>(Mutex<Vec<(T, Arc<RawValue>)>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Known<T> {
    fn json(
        &self,
        is_it: impl Fn(&T) -> bool,
        make: impl FnOnce() -> Result<(T, Box<RawValue>), serde_json::Error>,
    ) -> Result<Arc<RawValue>, serde_json::Error> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, json)) = known.iter().find(|(of, _)| is_it(of)) {
            return Ok(Arc::clone(json));
        }
        let (of, json) = make()?;
        let json: Arc<RawValue> = json.into();
        if known.len() >= KEPT {
            known.remove(0);
        }
        known.push((of, Arc::clone(&json)));
        Ok(json)
    }
}

#[derive(Serialize)]
struct WireTool<'a> {
    r#type: &'static str,
    function: WireToolFunction<'a>,
}

#[derive(Serialize)]
struct WireToolFunction<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
    parameters: &'a Value,
}

fn serialise_tools(tools: &[ToolSpec], strict: bool) -> Result<Box<RawValue>, serde_json::Error> {
    let wire = tools.iter().map(|tool| WireTool {
        r#type: "function",
        function: WireToolFunction {
            name: &tool.name,
            description: &tool.description,
            strict: strict.then_some(true),
            parameters: &tool.parameters,
        },
    });
    to_raw_value(&wire.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
