//! JSON schemas of arguments, in the strict form that model providers enforce: every property required, no extra ones.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The strict schema of a type of arguments.
pub fn strict<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tighten(&mut schema);
    if let Value::Object(root) = &mut schema {
        root.remove("description");
        root.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        root.entry("required").or_insert_with(|| Value::Array(Vec::new()));
        root.insert("additionalProperties".into(), Value::Bool(false));
    }
    schema
}

fn tighten(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    for dropped in ["$schema", "title", "format", "default"] {
        object.remove(dropped);
    }
    if let Some(choices) = object.remove("oneOf") {
        object.insert("anyOf".into(), choices);
    }
    if let Some(Value::Object(properties)) = object.get("properties") {
        let names = properties.keys().cloned().map(Value::String).collect();
        object.insert("required".into(), Value::Array(names));
        object.insert("additionalProperties".into(), Value::Bool(false));
    }
    for (key, value) in object.iter_mut() {
        match value {
            Value::Object(properties) if key == "properties" => properties.values_mut().for_each(tighten),
            Value::Object(_) => tighten(value),
            Value::Array(items) if key == "anyOf" => items.iter_mut().for_each(tighten),
            _ => {}
        }
    }
}
