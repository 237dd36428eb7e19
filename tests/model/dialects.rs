//! Every dialect brings the same answer.

use std::time::Duration;

use deskhand::domain::event::Usage;
use deskhand::model::{ChatModel, ChatRequest, Completion, Message};
use serde_json::{Value, json};

use crate::asking::{answered, model, question, read, settings};
use crate::support::model_server::{Dialect, ModelServer, Part, Reply, Said};

const TEXT: &str = "Gerne! Ihre Bestellung – „№ 1001“ – ist unterwegs 🚚.";

fn arguments(completion: &Completion) -> Vec<(&str, Value)> {
    let parsed = |text: &str| serde_json::from_str(text).expect("whole arguments");
    completion.calls.iter().map(|call| (call.name.as_str(), parsed(&call.arguments))).collect()
}

/// The dialogue as it goes on after an answer with calls.
fn continued(request: &ChatRequest, completion: &Completion) -> ChatRequest {
    let mut next = request.clone();
    next.messages.push(Message::Assistant { text: completion.text.clone(), calls: completion.calls.clone() });
    for call in &completion.calls {
        next.messages.push(Message::Tool { call: call.id.clone(), content: "{}".into() });
    }
    next
}

#[tokio::test]
async fn text_is_the_same_in_every_dialect() {
    for dialect in Dialect::ALL {
        let server = ModelServer::scripted([Said::text(TEXT).in_dialect(dialect)]).await;
        let completion = answered(&model(settings(&server)), &question("Wo ist es?")).await;
        assert_eq!(completion.text, TEXT, "{dialect:?}");
        assert!(completion.calls.is_empty() && !completion.refused && !completion.cut_off, "{dialect:?}");
        assert_eq!(completion.usage, Usage { input_tokens: 40, cached_tokens: 30, output_tokens: 9 }, "{dialect:?}");
        assert_eq!(completion.model, "mock-1", "{dialect:?}");
        assert_eq!(server.requests().len(), 1, "{dialect:?}");
    }
}

#[tokio::test]
async fn calls_are_the_same_in_every_dialect_and_can_be_sent_back() {
    let first = json!({"number": "#1001", "email": "ana@example.com", "note": "a \"quoted\" {brace} é"});
    for dialect in Dialect::ALL {
        let said = Said::text("One moment.")
            .and_call("find_order", first.clone())
            .and_call("find_order", json!({"number": "#1002"}))
            .and_call("list_orders", json!({}))
            .in_dialect(dialect);
        // The second answer calls the same tools, from a server that perhaps counts its ids anew.
        let server = ModelServer::scripted([said.clone(), said, Said::text("Here it is.").in_dialect(dialect)]).await;
        let model = model(settings(&server));
        let mut request = question("Where are my orders?");
        for _ in 0..2 {
            let completion = answered(&model, &request).await;
            let expected = vec![
                ("find_order", first.clone()),
                ("find_order", json!({"number": "#1002"})),
                ("list_orders", json!({})),
            ];
            assert_eq!(arguments(&completion), expected, "{dialect:?}");
            assert_eq!(completion.text, "One moment.", "{dialect:?}");
            request = continued(&request, &completion);
        }
        assert_eq!(answered(&model, &request).await.text, "Here it is.", "{dialect:?}");
    }
}

#[tokio::test]
async fn a_signature_goes_back_with_its_call_only() {
    let said = Said::call("find_order", json!({"number": "1"})).in_dialect(Dialect::Gemini);
    let server = ModelServer::scripted([said, Said::text("Done.")]).await;
    let model = model(settings(&server));
    let request = question("Where?");
    let completion = answered(&model, &request).await;
    answered(&model, &continued(&request, &completion)).await;
    let sent = &server.requests()[1].body["messages"][2]["tool_calls"][0];
    assert_eq!(sent["extra_content"], json!({"google": {"thought_signature": "signature of find_order"}}));
}

#[tokio::test]
async fn ids_that_a_server_uses_twice_are_replaced() {
    let call = |arguments: &str| json!({"index": 0, "id": "call_0", "type": "function", "function": {"name": "find_order", "arguments": arguments}});
    let reply = || {
        Reply::Stream(vec![
            Part::delta(json!({"tool_calls": [call("{\"number\":\"1\"}")]})),
            Part::finish("tool_calls"),
            Part::done(),
        ])
    };
    let server = ModelServer::scripted([reply(), reply(), Said::text("Done.").into()]).await;
    let model = model(settings(&server));
    let first = answered(&model, &question("Where?")).await;
    assert_eq!(first.calls[0].id.as_str(), "call_0");
    let request = continued(&question("Where?"), &first);
    let second = answered(&model, &request).await;
    assert_ne!(second.calls[0].id.as_str(), "call_0");
    answered(&model, &continued(&request, &second)).await;
}

#[tokio::test]
async fn text_arrives_while_the_server_still_speaks() {
    let said = Said::text("one two three four").pausing(Duration::from_millis(30));
    let server = ModelServer::scripted([said]).await;
    let (texts, completion) = read(model(settings(&server)).ask(&question("?")).await.expect("an answer")).await;
    assert!(texts.len() >= 4, "{texts:?}");
    assert_eq!(completion.expect("whole").text, "one two three four");
}

#[tokio::test]
async fn a_refusal_and_a_cut_are_told() {
    let refusal = Reply::Stream(vec![
        Part::delta(json!({"role": "assistant", "content": null, "refusal": ""})),
        Part::delta(json!({"refusal": "I'm sorry, I can't help with that."})),
        Part::finish("stop"),
        Part::done(),
    ]);
    let filtered =
        Reply::Stream(vec![Part::delta(json!({"content": "Well"})), Part::finish("content_filter"), Part::done()]);
    let cut_off =
        Reply::Stream(vec![Part::delta(json!({"content": "Once upon"})), Part::finish("length"), Part::done()]);
    let server = ModelServer::scripted([refusal, filtered, cut_off]).await;
    let model = model(settings(&server));
    let refused = answered(&model, &question("?")).await;
    assert!(refused.refused && refused.text.is_empty());
    assert!(answered(&model, &question("?")).await.refused);
    let cut_off = answered(&model, &question("?")).await;
    assert!(cut_off.cut_off && !cut_off.refused && cut_off.text == "Once upon");
}

#[tokio::test]
async fn a_stream_without_done_is_whole_if_it_said_why_it_stopped() {
    let closed = vec![Part::delta(json!({"content": "Hi"})), Part::finish("stop")];
    let cut = vec![Part::delta(json!({"content": "Hi"})), Part::finish("stop"), Part::Cut];
    let never_closed = vec![Part::delta(json!({"content": "Hi"})), Part::finish("stop"), Part::Silence];
    for parts in [closed, cut, never_closed] {
        let server = ModelServer::scripted([Reply::Stream(parts)]).await;
        assert_eq!(answered(&model(settings(&server)), &question("?")).await.text, "Hi");
    }
}
