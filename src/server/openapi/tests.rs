use std::collections::BTreeSet;

use serde_json::{Value, json};

fn api() -> Value {
    serde_json::to_value(super::openapi()).unwrap()
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| match (name.as_str(), inner) {
            ("$ref", Value::String(target)) => drop(found.insert(target.clone())),
            _ => references(inner, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let api = api();
    let mut found = BTreeSet::new();
    references(&api, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for target in found {
        assert!(api.pointer(target.trim_start_matches('#')).is_some(), "{target}");
    }
}

#[test]
fn every_operation_says_who_may_and_what_errors_look_like() {
    let api = api();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
            if !path.starts_with("/v1") {
                continue;
            }
            assert!(operation["security"][0]["api_key"].is_array(), "{name}");
            let error = &operation["responses"]["401"]["content"]["application/json"]["schema"];
            assert_eq!(*error, json!({"$ref": "#/components/schemas/ErrorBody"}), "{name}");
        }
    }
}

#[test]
fn the_words_are_those_of_the_code() {
    let api = api();
    let words = |schema: &str| api["components"]["schemas"][schema]["enum"].clone();
    assert_eq!(words("Status"), json!(["ai_handling", "handoff_pending", "human_handling", "resolved"]));
    assert_eq!(words("Intent").as_array().unwrap().len(), 15);
    assert_eq!(
        words("ErrorCode"),
        json!([
            "invalid_request",
            "missing_field",
            "invalid_api_key",
            "insufficient_permissions",
            "not_found",
            "conversation_closed",
            "conflict",
            "payload_too_large",
            "rate_limited",
            "approval_expired",
            "integration_error",
            "internal_error"
        ])
    );
}

#[test]
fn streams_are_described_event_by_event() {
    let api = api();
    let content = &api["paths"]["/v1/conversations/{id}/events"]["get"]["responses"]["200"]["content"];
    assert_eq!(content["text/event-stream"]["schema"], json!({"$ref": "#/components/schemas/StreamEvent"}));
    let schemas = api["components"]["schemas"].as_object().unwrap();
    for schema in ["MessageDelta", "MessageCompleted", "ToolCompleted", "Handoff", "TurnCompleted", "EffectMoved"] {
        assert!(schemas.contains_key(schema), "{schema}");
    }
}
