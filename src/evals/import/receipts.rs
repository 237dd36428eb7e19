//! What tools were called with, and what they returned.

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::event::{Event, EventBody};

pub struct Receipt<'e> {
    pub arguments: Value,
    pub content: &'e Value,
}

impl Receipt<'_> {
    pub fn text(&self, field: &str) -> Option<&str> {
        self.content.get(field)?.as_str()
    }
}

/// In the order in which they came.
pub fn of(events: &[Event]) -> Vec<Receipt<'_>> {
    let mut arguments: HashMap<&str, Value> = HashMap::new();
    let mut receipts = Vec::new();
    for event in events {
        match &event.body {
            EventBody::ModelAnswered { calls, .. } => {
                let given = calls.iter().map(|call| (call.id.as_str(), written(&call.arguments)));
                arguments.extend(given);
            }
            EventBody::ToolCompleted { call, receipt, .. } => receipts
                .push(Receipt { arguments: arguments.remove(call.as_str()).unwrap_or_default(), content: receipt }),
            _ => {}
        }
    }
    receipts
}

/// What a model wrote, as JSON where it is that.
pub fn written(arguments: &str) -> Value {
    serde_json::from_str(arguments).unwrap_or_else(|_| Value::from(arguments))
}

/// Every part of a value, itself among them.
pub fn parts(value: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match value {
        Value::Array(items) => items.iter().flat_map(parts).collect(),
        Value::Object(fields) => fields.values().flat_map(parts).collect(),
        _ => Vec::new(),
    };
    std::iter::once(value).chain(below).collect()
}
