//! What is sent.

use std::sync::Arc;

use deskhand::domain::event::ToolCall;
use deskhand::domain::id::CallId;
use deskhand::model::openai::OpenAiSettings;
use deskhand::model::{ChatModel, ChatRequest, Message, ResponseFormat};
use serde_json::{Value, json};

use crate::asking::{answered, model, question, settings, tools};
use crate::support::model_server::{ModelServer, Recorded, Reply, Said};

fn unknown_parameter(name: &str) -> Reply {
    let body = json!({"error": {"message": format!("Unrecognized request argument supplied: {name}"),
        "type": "invalid_request_error", "param": null, "code": null}});
    Reply::Status { status: 400, headers: vec![], body: body.to_string() }
}

fn rich(server: &ModelServer) -> OpenAiSettings {
    OpenAiSettings { temperature: Some(0.2), max_output_tokens: 700, ..settings(server) }
}

fn structured(mut request: ChatRequest) -> ChatRequest {
    let schema = json!({"type": "object", "properties": {"intent": {"type": "string"}}, "required": ["intent"],
        "additionalProperties": false});
    request.response_format = Some(ResponseFormat { name: "analysis".into(), schema });
    request
}

#[tokio::test]
async fn a_request_says_all_that_it_should() {
    let server = ModelServer::scripted([Said::text("ok")]).await;
    answered(&model(rich(&server)), &structured(question("Where?"))).await;
    let Recorded { path, headers, body, .. } = server.requests().remove(0);
    assert_eq!(path, "/v1/chat/completions");
    assert_eq!(headers["authorization"], "Bearer sk-test-0123456789");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(body["model"], "gpt-test");
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    assert_eq!(body["temperature"], 0.2);
    assert_eq!(body["max_completion_tokens"], 700);
    assert_eq!(body["parallel_tool_calls"], true);
    assert_eq!(body["prompt_cache_key"], "agent-wismo");
    let tool = &body["tools"][0];
    assert_eq!((&tool["type"], &tool["function"]["name"]), (&json!("function"), &json!("find_order")));
    assert_eq!(tool["function"]["strict"], true);
    assert_eq!(tool["function"]["parameters"], tools()[0].parameters);
    let format = &body["response_format"];
    assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&json!("json_schema"), &json!(true)));
    assert_eq!(format["json_schema"]["name"], "analysis");
    let messages = json!([{"role": "system", "content": "You help shoppers."}, {"role": "user", "content": "Where?"}]);
    assert_eq!(body["messages"], messages);
}

#[tokio::test]
async fn two_requests_of_an_agent_share_their_beginning_to_the_byte() {
    let server = ModelServer::scripted([Said::text("a"), Said::text("b")]).await;
    let model = model(rich(&server));
    answered(&model, &question("Where is #1001?")).await;
    // Another conversation of the same agent: the tools are equal, but another list in memory.
    let mut other = question("I want my money back");
    other.messages.push(Message::Assistant { text: "Which order?".into(), calls: vec![] });
    other.messages.push(Message::User("#1002".into()));
    answered(&model, &other).await;
    let requests = server.requests();
    let [first, second] = [requests[0].raw.as_bytes(), requests[1].raw.as_bytes()];
    let shared = first.iter().zip(second).take_while(|(left, right)| left == right).count();
    let differs = r#"{"role":"user","content":""#;
    let expected = String::from_utf8_lossy(first).find(differs).expect("the user's message") + differs.len();
    assert_eq!(shared, expected);
    assert!(String::from_utf8_lossy(&first[..shared]).contains("list_orders"), "the tools are in the shared beginning");
}

#[tokio::test]
async fn without_tools_nothing_is_said_of_them() {
    let server = ModelServer::scripted([Said::text("ok")]).await;
    let request = ChatRequest { tools: Arc::from([]), cache_key: String::new(), ..question("Hi") };
    answered(&model(settings(&server)), &request).await;
    let body = &server.requests()[0].body;
    for absent in ["tools", "parallel_tool_calls", "prompt_cache_key", "temperature", "response_format"] {
        assert!(body.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn strictness_is_a_setting() {
    let server = ModelServer::scripted([Said::text("ok")]).await;
    let settings = OpenAiSettings { strict_tools: false, parallel_tool_calls: false, ..settings(&server) };
    answered(&model(settings), &question("Hi")).await;
    let body = &server.requests()[0].body;
    assert!(body["tools"][0]["function"].get("strict").is_none());
    assert_eq!(body["parallel_tool_calls"], false);
}

#[tokio::test]
async fn what_a_server_does_not_know_is_left_out_and_remembered() {
    let known = |body: &Value| -> Option<&'static str> {
        ["prompt_cache_key", "stream_options", "parallel_tool_calls", "max_completion_tokens"]
            .into_iter()
            .find(|name| body.get(name).is_some())
    };
    let server = ModelServer::answering(move |request| match known(&request.body) {
        Some(name) => unknown_parameter(name),
        None if request.body["tools"][0]["function"].get("strict").is_some() => Reply::Status {
            status: 422,
            headers: vec![],
            body: json!({"detail": [{"type": "extra_forbidden", "loc": ["body", "tools", 0, "function", "strict"],
                "msg": "Extra inputs are not permitted"}]})
            .to_string(),
        },
        None => Said::text("ok").into(),
    })
    .await;
    let model = model(settings(&server));
    answered(&model, &question("Hi")).await;
    assert_eq!(server.requests().len(), 6);
    answered(&model, &question("Hi")).await;
    assert_eq!(server.requests().len(), 7, "it is known by now");
    let last = &server.requests()[6].body;
    assert_eq!(last["max_tokens"], 4_096, "the old name stands in");
    assert!(last["tools"][0]["function"].get("strict").is_none());
}

#[tokio::test]
async fn a_wrong_value_is_not_hidden_by_leaving_it_out() {
    let body = json!({"error": {"message": "Invalid schema for response_format 'analysis'", "param": "response_format",
        "type": "invalid_request_error", "code": "invalid_json_schema"}});
    let server = ModelServer::scripted([Reply::Status { status: 400, headers: vec![], body: body.to_string() }]).await;
    let error = model(settings(&server)).ask(&structured(question("Hi"))).await.err().expect("an error");
    assert_eq!(
        error.to_string(),
        "the model refused the request (400): Invalid schema for response_format 'analysis' (invalid_json_schema)"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_made_up_call_can_be_sent_back() {
    let server = ModelServer::scripted([Said::text("Sorry.")]).await;
    let mut request = question("Hi");
    let call = |id: &str, name: &str, arguments: &str| ToolCall {
        id: CallId::new(id),
        name: name.into(),
        arguments: arguments.into(),
    };
    let calls = vec![
        call("a", "drop table; --", "{\"number\": "),
        call("b", &"x".repeat(90), "[1]"),
        call("c", "find_order", "{\"number\":\"1\"}"),
    ];
    let results =
        calls.iter().map(|call| Message::Tool { call: call.id.clone(), content: "no".into() }).collect::<Vec<_>>();
    request.messages.push(Message::Assistant { text: String::new(), calls });
    request.messages.extend(results);
    answered(&model(settings(&server)), &request).await;
    let sent = &server.requests()[0].body["messages"][2];
    assert_eq!(sent["content"], Value::Null);
    assert_eq!(
        sent["tool_calls"][0]["function"],
        json!({"name": "drop_table__--", "arguments": r#"{"unreadable":"{\"number\": "}"#})
    );
    assert_eq!(sent["tool_calls"][2]["function"]["arguments"], r#"{"number":"1"}"#);
}

#[tokio::test]
async fn a_long_dialogue_is_cut_to_the_budget() {
    let server = ModelServer::scripted([Said::text("ok"), Said::text("ok")]).await;
    let settings = OpenAiSettings { token_budget: 2_000, ..settings(&server) };
    let model = model(settings);
    let mut request = question("the first question");
    for turn in 0..40 {
        let id = CallId::new(format!("call_{turn}"));
        let call = ToolCall { id: id.clone(), name: "find_order".into(), arguments: "{}".into() };
        request.messages.push(Message::Assistant { text: String::new(), calls: vec![call] });
        request.messages.push(Message::Tool { call: id, content: "The parcel is on its way. ".repeat(20) });
        request.messages.push(Message::Assistant { text: "It is on its way.".into(), calls: vec![] });
        request.messages.push(Message::User(format!("question {turn}")));
    }
    answered(&model, &request).await;
    let body = server.requests()[0].body.clone();
    let messages = body["messages"].as_array().expect("messages");
    assert!((5..60).contains(&messages.len()), "{}", messages.len());
    assert_eq!(messages[0]["role"], "system");
    assert_eq!(messages[1]["role"], "user", "a turn begins with its question");
    assert_eq!(server.requests()[0].last_content(), "question 39");
    assert_eq!(server.requests()[0].last_role(), "user");
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = ModelServer::scripted((0..5).map(|_| Said::text("a b c d"))).await;
    let model = model(settings(&server));
    for _ in 0..5 {
        answered(&model, &question("Hi")).await;
    }
    let connections: Vec<usize> = server.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0; 5]);
}

#[tokio::test]
async fn a_base_url_may_carry_a_query_and_the_key_a_header_of_its_own() {
    let server = ModelServer::scripted([Said::text("ok")]).await;
    let settings = OpenAiSettings {
        base_url: format!("{}/deployments/x/?api-version=2026-01-01", server.base_url()).parse().expect("a URL"),
        api_key: None,
        extra_headers: [("api-key".to_owned(), "azure-secret".into())].into(),
        ..settings(&server)
    };
    answered(&model(settings), &question("Hi")).await;
    let request = server.requests().remove(0);
    assert_eq!(request.path, "/v1/deployments/x/chat/completions?api-version=2026-01-01");
    assert_eq!(request.headers["api-key"], "azure-secret");
    assert!(!request.headers.contains_key("authorization"));
}

#[tokio::test]
async fn the_server_under_the_tests_refuses_what_real_ones_refuse() {
    let server = ModelServer::scripted([Said::text("never")]).await;
    server.tolerate_violations();
    let mut orphan = question("Hi");
    orphan.messages.push(Message::Tool { call: CallId::new("nobody's"), content: "x".into() });
    let mut unanswered = question("Hi");
    let call = ToolCall { id: CallId::new("a"), name: "find_order".into(), arguments: "{}".into() };
    unanswered.messages.push(Message::Assistant { text: String::new(), calls: vec![call] });
    let mut lax = question("Hi");
    let mut tool = tools()[0].clone();
    tool.parameters["required"] = json!(["number"]);
    lax.tools = Arc::from([tool]);
    let model = model(settings(&server));
    for (request, problem) in [(orphan, "no open call"), (unanswered, "not answered"), (lax, "required {\"number\"}")] {
        let error = model.ask(&request).await.err().expect("an error").to_string();
        assert!(error.contains(problem), "{error}");
    }
    assert_eq!(server.violations().len(), 3);
}
