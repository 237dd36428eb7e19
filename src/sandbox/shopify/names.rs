//! What a GraphQL request is called: its operation's name and root fields.

use apollo_compiler::ast::{Definition, Document, Selection};
use serde_json::Value;

/// The operation's name and the names of its root fields; empty for what is no GraphQL request.
pub(crate) fn operation_names(body: &[u8]) -> Vec<String> {
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let Some(query) = fields.get("query").and_then(Value::as_str) else { return Vec::new() };
    let asked = fields.get("operationName").and_then(Value::as_str);
    let document = match Document::parse(query, "query.graphql") {
        Ok(document) => document,
        Err(broken) => broken.partial,
    };
    let operations = document.definitions.iter().filter_map(Definition::as_operation_definition);
    let mut names = Vec::new();
    for operation in operations.filter(|o| asked.is_none() || o.name.as_ref().map(|name| name.as_str()) == asked) {
        names.extend(operation.name.iter().map(ToString::to_string));
        let fields = operation.selection_set.iter().filter_map(Selection::as_field);
        names.extend(fields.map(|field| field.name.to_string()));
    }
    names
}
