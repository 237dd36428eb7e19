//! What a request asks, in a form that is the same in each run.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::names::{Hidden, Names};

/// The agent of a request that does not say which one asks.
pub const UNNAMED: &str = "agent";
/// Characters of a hash that are kept.
const HASH: usize = 16;

/// What stands in every request of an agent; of most of it, hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeOf {
    /// Who is asked. In a file, only where it is not the cassette's own model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub prompt: String,
    /// By their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, String>,
    /// Of the schema that the answer must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

/// A request as it is compared.
#[derive(Clone, Debug)]
pub struct Asked {
    pub agent: String,
    pub made_of: MadeOf,
    /// All but the prompt.
    pub messages: Vec<Value>,
    /// What stands for what in them.
    pub names: Names,
}

impl Asked {
    /// `body` is that of `POST /chat/completions`. What says how to answer, and not what is asked, does not count.
    pub fn of(body: &[u8], hidden: Arc<Hidden>) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let all = list(&body, "messages");
        let (prompt, rest) = match all.split_first() {
            Some((first, rest)) if first.get("role").is_some_and(|role| role == "system") => (hash(first), rest),
            _ => (String::new(), all),
        };
        let tool = |tool: &Value| Some((tool.pointer("/function/name")?.as_str()?.to_owned(), hash(tool)));
        let agent = text("/prompt_cache_key").rsplit(':').next().unwrap_or_default().to_owned();
        let mut names = Names::without(hidden);
        let mut messages = messages(rest);
        messages.iter_mut().for_each(|message| names.value(message));
        Self {
            agent: if agent.is_empty() { UNNAMED.to_owned() } else { agent },
            made_of: MadeOf {
                model: Some(text("/model")),
                prompt,
                tools: list(&body, "tools").iter().filter_map(tool).collect(),
                format: body.get("response_format").map(hash),
            },
            messages,
            names,
        }
    }
}

fn list<'a>(body: &'a Value, key: &str) -> &'a [Value] {
    body.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn hash(value: &Value) -> String {
    let mut hash = hex::encode(Sha256::digest(value.to_string()));
    hash.truncate(HASH);
    hash
}

/// Calls have the number in which they come, and results stand in the order of their calls.
fn messages(all: &[Value]) -> Vec<Value> {
    let mut calls: Vec<String> = Vec::new();
    let mut told: Vec<Value> = Vec::new();
    for message in all {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        let mut shown = json!({ "role": role });
        if role == "tool" {
            let id = message.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
            set(&mut shown, "call", json!(calls.iter().rposition(|known| known == id).map(|at| at + 1)));
        }
        let content = message.get("content").filter(|content| !content.is_null());
        if let Some(content) = content {
            set(&mut shown, "content", if role == "tool" { unwrapped(content) } else { content.clone() });
        }
        let made: Vec<Value> = list(message, "tool_calls").iter().map(|made| call(made, &mut calls)).collect();
        if !made.is_empty() {
            set(&mut shown, "calls", Value::Array(made));
        }
        told.push(shown);
    }
    let is_result = |message: &Value| message.get("role").is_some_and(|role| role == "tool");
    told.chunk_by_mut(|left, right| is_result(left) && is_result(right))
        .for_each(|together| together.sort_by_key(|message| message.get("call").and_then(Value::as_u64)));
    told
}

fn call(made: &Value, calls: &mut Vec<String>) -> Value {
    calls.push(made.get("id").and_then(Value::as_str).unwrap_or_default().to_owned());
    let arguments = made.pointer("/function/arguments").unwrap_or(&Value::Null);
    json!({ "call": calls.len(), "name": made.pointer("/function/name"), "arguments": unwrapped(arguments) })
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

/// JSON that is written as a text.
fn unwrapped(text: &Value) -> Value {
    let inner: Option<Value> = text.as_str().and_then(|text| serde_json::from_str(text).ok());
    inner.filter(|inner| inner.is_object() || inner.is_array()).unwrap_or_else(|| text.clone())
}
