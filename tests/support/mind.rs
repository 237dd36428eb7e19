//! A sensible mind for the scripted server: what a request asks for, read from the wire.

use deskhand::domain::event::ToolCall;
use deskhand::domain::id::CallId;
use deskhand::model::offline;
use deskhand::model::{ChatRequest, Completion, Message, ResponseFormat, ToolSpec};
use serde_json::Value;

use super::model_server::Said;

/// What the offline model would say to a request that came over the wire.
pub fn sensible(body: &Value) -> Said {
    let Completion { text, calls, .. } = offline::complete(&request(body));
    let mut said = Said::text(text);
    for call in calls {
        said = said.and_call(&call.name, serde_json::from_str(&call.arguments).unwrap());
    }
    said
}

fn request(body: &Value) -> ChatRequest {
    let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
    let tools: Vec<ToolSpec> = list("tools")
        .iter()
        .map(|tool| ToolSpec {
            name: text(&tool["function"]["name"]),
            description: text(&tool["function"]["description"]),
            parameters: tool["function"]["parameters"].clone(),
        })
        .collect();
    let format = body.pointer("/response_format/json_schema");
    ChatRequest {
        messages: list("messages").iter().map(message).collect(),
        tools: tools.into(),
        response_format: format
            .map(|format| ResponseFormat { name: text(&format["name"]), schema: format["schema"].clone() }),
        cache_key: String::new(),
    }
}

fn message(message: &Value) -> Message {
    let content = text(&message["content"]);
    match message["role"].as_str().unwrap() {
        "system" => Message::System(content.into()),
        "user" => Message::User(content),
        "tool" => Message::Tool { call: CallId::new(text(&message["tool_call_id"])), content },
        _ => Message::Assistant {
            text: content,
            calls: message["tool_calls"].as_array().into_iter().flatten().map(call).collect(),
        },
    }
}

fn call(call: &Value) -> ToolCall {
    ToolCall {
        id: CallId::new(text(&call["id"])),
        name: text(&call["function"]["name"]),
        arguments: text(&call["function"]["arguments"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
