//! What a strict server refuses.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Recorded;

/// Everything that is wrong with a request.
pub fn violations(request: &Recorded) -> Vec<String> {
    let body = &request.body;
    let mut found = Vec::new();
    if !request.path.split('?').next().unwrap_or_default().ends_with("/chat/completions") {
        found.push(format!("the path is {}", request.path));
    }
    let Some(messages) = body["messages"].as_array().filter(|messages| !messages.is_empty()) else {
        found.push("there are no messages".to_owned());
        return found;
    };
    if body["model"].as_str().is_none_or(str::is_empty) {
        found.push("there is no model".to_owned());
    }
    if body["stream"] != true {
        found.push("stream is not true".to_owned());
    }
    found.extend(pairing(messages));
    found.extend(tools(body));
    found
}

/// Each call is answered by exactly one result, before anything else is said.
fn pairing(messages: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for (position, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            if !open.remove(id) {
                found.push(format!("message {position} answers {id:?}, which no open call has"));
            }
            if !message["content"].is_string() {
                found.push(format!("message {position} has no content"));
            }
            continue;
        }
        if !open.is_empty() {
            found.push(format!("before message {position}, the calls {open:?} are not answered"));
            open.clear();
        }
        let has_calls = message.get("tool_calls").is_some();
        match role {
            "system" | "user" if message["content"].is_string() => {}
            "assistant" if has_calls || message["content"].is_string() => {}
            _ => found.push(format!("message {position} ({role:?}) has no usable content")),
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let id = call["id"].as_str().unwrap_or_default();
            if id.is_empty() || !used.insert(id) {
                found.push(format!("message {position}: the call id {id:?} is empty or used before"));
            }
            open.insert(id);
            found.extend(call_problem(call).map(|problem| format!("message {position}: {problem}")));
        }
    }
    if !open.is_empty() {
        found.push(format!("at the end, the calls {open:?} are not answered"));
    }
    found
}

fn call_problem(call: &Value) -> Option<String> {
    let function = &call["function"];
    let arguments = function["arguments"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    if call["type"] != "function" {
        return Some("the call's type is not function".to_owned());
    }
    if !is_name(&function["name"]) {
        return Some(format!("{} is no name of a tool", function["name"]));
    }
    if !arguments.is_some_and(|arguments| arguments.is_object()) {
        return Some(format!("the arguments {} are no object in a string", function["arguments"]));
    }
    None
}

fn is_name(name: &Value) -> bool {
    let allowed = |mark: char| mark.is_ascii_alphanumeric() || matches!(mark, '_' | '-');
    name.as_str().is_some_and(|name| (1..=64).contains(&name.len()) && name.chars().all(allowed))
}

fn tools(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if body.get("tools").is_none() && body.get("parallel_tool_calls").is_some() {
        found.push("parallel_tool_calls without tools".to_owned());
    }
    if body.get("tools").is_some_and(|tools| tools.as_array().is_none_or(Vec::is_empty)) {
        found.push("tools is not a filled list".to_owned());
    }
    let mut names = BTreeSet::new();
    for tool in body["tools"].as_array().into_iter().flatten() {
        let function = &tool["function"];
        if tool["type"] != "function" || !is_name(&function["name"]) || !names.insert(function["name"].as_str()) {
            found.push(format!("the tool {} is badly or doubly named", function["name"]));
        }
        found.extend(not_strict(&function["parameters"], &format!("tool {}", function["name"])));
    }
    if let Some(format) = body.get("response_format") {
        found.extend(not_strict(&format["json_schema"]["schema"], "response_format"));
    }
    found
}

/// Where a schema is not strict: every property required, no extra ones, at every depth.
fn not_strict(schema: &Value, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(properties) = schema["properties"].as_object() {
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let named: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        if required != named {
            found.push(format!("{place}: properties {named:?}, required {required:?}"));
        }
        if schema["additionalProperties"] != false {
            found.push(format!("{place}: additionalProperties is not false"));
        }
    } else if schema["type"] == "object" {
        found.push(format!("{place}: an object without properties"));
    }
    match schema {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| found.extend(not_strict(field, &format!("{place}/{name}"))));
        }
        Value::Array(items) => items.iter().for_each(|item| found.extend(not_strict(item, place))),
        _ => {}
    }
    found
}
