//! Arguments that fit a tool's schema.

use serde_json::{Map, Value};

use crate::model::ToolSpec;

/// `wanted`, fitted to the schema: every required property is there, no other one, values of an enumeration only.
pub fn fit(tool: &ToolSpec, wanted: &Value) -> Value {
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    let fitted: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), fit_value(schema, wanted.get(name))))
        .collect();
    Value::Object(fitted)
}

fn fit_value(schema: &Value, wanted: Option<&Value>) -> Value {
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        let chosen = wanted.filter(|value| options.contains(value));
        let other = options.iter().find(|value| value.as_str() == Some("other"));
        return chosen.or(other).or_else(|| options.first()).cloned().unwrap_or(Value::Null);
    }
    match wanted {
        Some(Value::String(text)) => Value::String(cut(text, schema.get("maxLength").and_then(Value::as_u64))),
        Some(value) if !value.is_null() || takes(schema, "null") => value.clone(),
        _ if takes(schema, "null") => Value::Null,
        _ if takes(schema, "integer") || takes(schema, "number") => Value::from(1),
        _ if takes(schema, "boolean") => Value::Bool(false),
        _ if takes(schema, "array") => Value::Array(Vec::new()),
        _ if takes(schema, "object") => Value::Object(Map::new()),
        _ => Value::String(String::new()),
    }
}

/// Whether the schema allows a type: `"type": "null"`, `"type": ["string", "null"]`, or one of `anyOf`.
fn takes(schema: &Value, kind: &str) -> bool {
    let named = match schema.get("type") {
        Some(Value::String(own)) => own == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|own| own.as_str() == Some(kind)),
        _ => false,
    };
    let branches = ["anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key).and_then(Value::as_array)).flatten();
    named || branches.into_iter().any(|branch| takes(branch, kind))
}

fn cut(text: &str, limit: Option<u64>) -> String {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    text.chars().take(limit).collect()
}

/// The values that an argument may take, when the schema lists them.
pub fn options<'a>(tool: &'a ToolSpec, argument: &str) -> Vec<&'a str> {
    let values = tool.parameters.pointer(&format!("/properties/{argument}/enum")).and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_str).collect()
}
