//! Whatever stands in messages and results: no panic, valid answers, an end.

use deskhand::domain::event::ToolCall;
use deskhand::domain::id::CallId;
use deskhand::model::{ChatRequest, Message};
use deskhand::tools::registry::{Registry, Tools};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::harness::{Chat, ask, assert_valid, general, route_messages, wismo};
use super::status::{order, parcel};

/// Words that lead the rules somewhere, mixed with anything.
fn line() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(vec![
        "where is",
        "my order",
        "1001",
        "#EN-20417-A",
        "and",
        "mia@shop.example",
        "zoe@shop.example",
        "97205",
        "never arrived",
        "says delivered",
        "human",
        "yes",
        "no,",
        "I meant",
        "show my orders",
        "[one-time code]",
        "new code",
        "refund",
        "kettle?",
        "policy",
        "both",
        "the other one",
        "update",
        "ß",
        "💥",
        "\u{202e}",
        "lawyer",
        "thanks",
        "SW1A 1AA",
        "not",
    ]);
    prop_oneof![prop::collection::vec(telling, 0..8).prop_map(|words| words.join(" ")), any::<String>(), "[ -~]{0,80}",]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("2031-03-05")),
        Just(json!("delivered")),
    ];
    let key = prop::sample::select(vec![
        "found",
        "order",
        "orders",
        "shipments",
        "error",
        "code",
        "status",
        "order_number",
        "as_of",
        "latest_scan",
        "items",
        "title",
        "amount",
        "currency",
        "total",
        "refunded",
        "articles",
        "products",
        "text",
        "verified",
        "tries_left",
        "x",
    ]);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

/// A result as a tool gives it, or one that has lost its shape.
fn result() -> impl Strategy<Value = Value> {
    let shaped = prop::sample::select(vec![
        json!({"found": true, "as_of": "2031-03-05", "order": order("#1001", "shipped", json!([parcel(1, "in_transit")]))}),
        json!({"found": false, "locked": true}),
        json!({"as_of": "2031-03-05", "order_number": "#1001", "shipments": [parcel(1, "delivered"), parcel(2, "odd")]}),
        json!({"error": {"code": "assurance", "message": ""}}),
        json!({"error": {"code": "invalid_arguments", "message": ""}}),
        json!({"error": {"code": "attempts_used_up", "message": ""}}),
        json!({"error": {"code": "not_found", "message": ""}}),
        json!({"error": {"code": "not_possible", "message": ""}}),
        json!({"error": {}}),
        json!({"sent": true}),
        json!({"verified": true}),
    ]);
    prop_oneof![shaped, json_value()]
}

fn message() -> impl Strategy<Value = Message> {
    let registry = Registry::load(&Tools::default(), None).unwrap();
    let mut names: Vec<String> = registry.declarations().map(|tool| tool.name.clone()).collect();
    names.push("unknown".to_owned());
    let tool = prop::sample::select(names);
    let id = || (0u8..6).prop_map(|number| CallId::new(format!("c{number}")));
    let arguments = prop_oneof![any::<String>(), Just("{\"order_number\":\"1001\"}".to_owned()), Just("{}".to_owned())];
    let call = (id(), tool, arguments).prop_map(|(id, name, arguments)| ToolCall { id, name, arguments });
    prop_oneof![
        4 => line().prop_map(Message::User),
        1 => line().prop_map(|text| Message::System(text.into())),
        2 => (line(), prop::collection::vec(call, 0..3)).prop_map(|(text, calls)| Message::Assistant { text, calls }),
        2 => (id(), result()).prop_map(|(call, result)| Message::Tool { call, content: result.to_string() }),
        1 => (id(), any::<String>()).prop_map(|(call, content)| Message::Tool { call, content }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_dialogue_gets_a_valid_answer(messages in prop::collection::vec(message(), 0..12), wismo_asks in any::<bool>()) {
        let tools = if wismo_asks { wismo() } else { general() };
        let request = ChatRequest {
            messages: messages.clone(), tools: tools.clone(), response_format: None, cache_key: String::new(),
        };
        let answer = ask(&request);
        prop_assert!(!answer.text.is_empty() || !answer.calls.is_empty());
        for call in &answer.calls {
            let spec = tools.iter().find(|tool| tool.name == call.name).expect("an offered tool");
            assert_valid(&spec.parameters, &serde_json::from_str(&call.arguments).unwrap());
        }
        route_messages(messages);
    }

    /// The harness fails when a call is repeated for one message, or when there is no end.
    #[test]
    fn any_results_come_to_an_end(lines in prop::collection::vec(line(), 1..5), results in prop::collection::vec(result(), 1..6), wismo_asks in any::<bool>()) {
        let mut next = 0;
        let script = move |_: &str, _: &Value| {
            next += 1;
            results[next % results.len()].clone()
        };
        let mut chat = Chat::new(if wismo_asks { wismo() } else { general() }, script);
        chat.may_be_withheld = true;
        for line in lines {
            chat.say(&line);
        }
    }
}
