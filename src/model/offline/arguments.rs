//! Arguments that fit a tool's schema.

use serde_json::{Map, Value};

use crate::model::ToolSpec;

/// `wanted`, fitted to the schema: every property is there, no other one, and values of an enumeration only.
pub fn fit(tool: &ToolSpec, wanted: &Value) -> Value {
    let root = &tool.parameters;
    let properties = root.get("properties").and_then(Value::as_object);
    let fitted: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), fit_value(Schema { root, own: schema }, wanted.get(name))))
        .collect();
    Value::Object(fitted)
}

/// The values that an argument may take, when the schema lists them.
pub fn options<'a>(tool: &'a ToolSpec, argument: &str) -> Vec<&'a str> {
    let root = &tool.parameters;
    let own = root.get("properties").and_then(|properties| properties.get(argument));
    let listed = own.and_then(|own| Schema { root, own }.listed()).unwrap_or_default();
    listed.into_iter().filter_map(Value::as_str).collect()
}

fn fit_value(schema: Schema<'_>, wanted: Option<&Value>) -> Value {
    if let Some(options) = schema.listed() {
        let chosen = wanted.filter(|value| options.contains(value)).cloned();
        let other = options.iter().find(|value| value.as_str() == Some("other"));
        return chosen.or_else(|| other.or(options.first()).map(|value| (*value).clone())).unwrap_or(Value::Null);
    }
    match wanted {
        Some(Value::String(text)) => Value::String(text.chars().take(schema.longest()).collect()),
        Some(value) if !value.is_null() || schema.takes("null") => value.clone(),
        _ if schema.takes("null") => Value::Null,
        _ if schema.takes("integer") || schema.takes("number") => Value::from(1),
        _ if schema.takes("boolean") => Value::Bool(false),
        _ if schema.takes("array") => Value::Array(Vec::new()),
        _ if schema.takes("object") => Value::Object(Map::new()),
        _ => Value::String(String::new()),
    }
}

/// A schema inside the one that holds its definitions.
#[derive(Clone, Copy)]
struct Schema<'a> {
    root: &'a Value,
    own: &'a Value,
}

impl<'a> Schema<'a> {
    /// What `$ref` points to. A few steps only: a reference may lead back to itself.
    fn resolved(self) -> Self {
        let mut schema = self;
        for _ in 0..8 {
            let target = schema.own.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
            let Some(own) = target.and_then(|path| self.root.pointer(path)) else { break };
            schema.own = own;
        }
        schema
    }

    /// The schemas of which one must hold.
    fn branches(self) -> impl Iterator<Item = Schema<'a>> {
        let own = self.resolved().own;
        let lists = ["anyOf", "oneOf"].into_iter().filter_map(move |key| own.get(key).and_then(Value::as_array));
        lists.flatten().map(move |own| Schema { root: self.root, own }.resolved())
    }

    /// The values of an enumeration, written as `enum` or as constants to choose from.
    fn listed(self) -> Option<Vec<&'a Value>> {
        let own = self.resolved().own;
        if let Some(values) = own.get("enum").and_then(Value::as_array) {
            return Some(values.iter().collect());
        }
        let constants: Vec<&Value> = self
            .branches()
            .flat_map(|branch| {
                let list = branch.own.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                branch.own.get("const").into_iter().chain(list)
            })
            .collect();
        (!constants.is_empty()).then_some(constants)
    }

    /// Whether a type is allowed: `"type": "null"`, `"type": ["string", "null"]`, or in a branch.
    fn takes(self, kind: &str) -> bool {
        let own = self.resolved().own;
        let named = match own.get("type") {
            Some(Value::String(own)) => own == kind,
            Some(Value::Array(kinds)) => kinds.iter().any(|own| own.as_str() == Some(kind)),
            _ => false,
        };
        named || own.get("anyOf").or(own.get("oneOf")).is_some_and(|_| self.branches().any(|branch| branch.names(kind)))
    }

    fn names(self, kind: &str) -> bool {
        self.own.get("type").and_then(Value::as_str) == Some(kind)
    }

    fn longest(self) -> usize {
        let own = self.resolved().own;
        own.get("maxLength").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
    }
}
