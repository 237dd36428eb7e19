//! What a GraphQL request is called: its operation's name and root fields.

use apollo_compiler::ast::{Definition, Document, Selection};
use serde_json::Value;

use super::engine::Engine;

/// The names of one operation: its own, if it has one, and those of its root fields.
pub struct Names {
    own: Option<String>,
    fields: Vec<String>,
}

/// The names of the operation that a request means; empty for what is no GraphQL request.
pub(crate) fn operation_names(body: &[u8]) -> Vec<String> {
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let Some(query) = fields.get("query").and_then(Value::as_str) else { return Vec::new() };
    let Ok(engine) = Engine::shared() else { return Vec::new() };
    let asked = fields.get("operationName").and_then(Value::as_str);
    let prepared = engine.prepare(query);
    let meant = prepared.names.iter().filter(|names| asked.is_none() || names.own.as_deref() == asked);
    meant.flat_map(|names| names.own.iter().chain(&names.fields)).cloned().collect()
}

/// The names of every operation in a document.
pub fn of_document(document: &Document) -> Vec<Names> {
    let operations = document.definitions.iter().filter_map(Definition::as_operation_definition);
    let named = operations.map(|operation| {
        let fields = operation.selection_set.iter().filter_map(Selection::as_field);
        Names {
            own: operation.name.as_ref().map(ToString::to_string),
            fields: fields.map(|field| field.name.to_string()).collect(),
        }
    });
    named.collect()
}
