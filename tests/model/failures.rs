//! What goes wrong, and what becomes of it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deskhand::model::openai::{OpenAiModel, OpenAiSettings, SettingsError};
use deskhand::model::{ChatModel, ModelError};
use futures_util::StreamExt;
use serde_json::json;

use crate::asking::{answered, http, model, question, read, settings};
use crate::support::model_server::{ModelServer, Part, Reply, Said};

/// A name for a reply that fails, and the reply.
fn failing(status: u16) -> Reply {
    Reply::error(status, "server_error", "it hurts")
}

async fn error_of(model: &OpenAiModel) -> ModelError {
    model.ask(&question("Hi")).await.err().expect("an error")
}

/// The error of an answer that had begun.
async fn error_within(model: &OpenAiModel) -> (String, ModelError) {
    let (texts, outcome) = read(model.ask(&question("Hi")).await.expect("a beginning")).await;
    (texts.concat(), outcome.expect_err("an error"))
}

fn began(text: &str) -> Part {
    Part::delta(json!({"content": text}))
}

#[tokio::test]
async fn one_server_error_costs_one_more_request() {
    for status in [408, 409, 429, 500, 502, 503, 529] {
        let server = ModelServer::scripted([failing(status), Said::text("ok").into()]).await;
        assert_eq!(answered(&model(settings(&server)), &question("Hi")).await.text, "ok");
        assert_eq!(server.requests().len(), 2, "{status}");
        assert_eq!(server.requests()[0].raw, server.requests()[1].raw);
    }
}

#[tokio::test]
async fn retries_end() {
    let server = ModelServer::answering(|_| failing(500)).await;
    let error = error_of(&model(settings(&server))).await;
    assert_eq!(error.to_string(), "the model refused the request (500): it hurts (server_error)");
    assert_eq!(server.requests().len(), 3, "two retries, and none of the crate's own");

    let server = ModelServer::answering(|_| failing(500)).await;
    error_of(&model(OpenAiSettings { retries: 0, ..settings(&server) })).await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_cannot_pass_is_not_tried_again() {
    let reply = |status, code| Reply::error(status, code, "no");
    let cases = [
        (reply(400, "invalid_request_error"), "the model refused the request (400): no (invalid_request_error)"),
        (reply(401, "invalid_api_key"), "the model's key is not accepted: no (invalid_api_key). Check OPENAI_API_KEY"),
        (reply(403, "forbidden"), "the model's key is not accepted: no (forbidden). Check OPENAI_API_KEY"),
        (reply(402, "402"), "the model's quota is used up: no (402)"),
        (reply(429, "insufficient_quota"), "the model's quota is used up: no (insufficient_quota)"),
        (
            reply(404, "model_not_found"),
            "the model refused the request (404): no (model_not_found). Check DESKHAND_MODEL and the path of OPENAI_BASE_URL",
        ),
    ];
    for (reply, sentence) in cases {
        let server = ModelServer::scripted([reply]).await;
        assert_eq!(error_of(&model(settings(&server))).await.to_string(), sentence);
        assert_eq!(server.requests().len(), 1, "{sentence}");
    }
}

#[tokio::test]
async fn the_server_may_overrule() {
    let told = |status, name, value: &str| Reply::Status {
        status,
        headers: vec![(name, value.to_owned()), ("retry-after-ms", "1".to_owned())],
        body: "{}".to_owned(),
    };
    let server = ModelServer::scripted([told(500, "x-should-retry", "false")]).await;
    error_of(&model(settings(&server))).await;
    let server = ModelServer::scripted([told(418, "x-should-retry", "true"), Said::text("ok").into()]).await;
    answered(&model(settings(&server)), &question("Hi")).await;
}

#[tokio::test]
async fn the_wait_is_the_servers_or_grows() {
    let waits = |headers: Vec<(&'static str, String)>| Reply::Status { status: 429, headers, body: "{}".to_owned() };
    let asks_after = async |reply: Reply| {
        let server = ModelServer::scripted([reply, Said::text("ok").into()]).await;
        let model = model(settings(&server));
        let start = Instant::now();
        answered(&model, &question("Hi")).await;
        start.elapsed()
    };
    let milliseconds = asks_after(waits(vec![("retry-after-ms", "150".into()), ("retry-after", "60".into())])).await;
    assert!((150..1_000).contains(&milliseconds.as_millis()), "{milliseconds:?}");
    let seconds = asks_after(waits(vec![("retry-after", "1".into())])).await;
    assert!((1_000..2_000).contains(&seconds.as_millis()), "{seconds:?}");
    let own = asks_after(waits(vec![])).await;
    assert!((375..1_000).contains(&own.as_millis()), "half a second, less up to a quarter: {own:?}");
}

#[tokio::test]
async fn nobody_waits_longer_than_for_a_first_token() {
    let throttled =
        Reply::Status { status: 429, headers: vec![("retry-after", "30".to_owned())], body: "{}".to_owned() };
    let server = ModelServer::scripted([throttled]).await;
    let error = error_of(&model(settings(&server))).await;
    assert!(matches!(error, ModelError::Throttled { wait } if wait == Duration::from_secs(30)), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_broken_line_before_the_first_byte_is_tried_again() {
    let error_event = Part::data(json!({"error": {"message": "overloaded", "code": 502}}));
    let cases = [
        Reply::HangUp,
        Reply::Stream(vec![Part::Cut]),
        Reply::Stream(vec![]),
        Reply::Stream(vec![Part::delta(json!({"role": "assistant", "content": ""})), Part::Cut]),
        Reply::Stream(vec![Part::raw("data: {\"choices\": [{\"del"), Part::Cut]),
        Reply::Stream(vec![Part::raw("data: <oops>\n\n")]),
        Reply::Stream(vec![Part::done()]),
        Reply::Stream(vec![error_event]),
        Reply::Stream(vec![Part::raw("event: error\ndata: {\"message\": \"busy\"}\n\n")]),
        Reply::Stream(vec![Part::raw("\u{0}\u{1}\u{2} garbage")]),
    ];
    for reply in cases {
        let server = ModelServer::answering({
            let mut first = Some(reply.clone());
            move |_| first.take().unwrap_or_else(|| Said::text("ok").into())
        })
        .await;
        let fast = OpenAiSettings { retries: 1, ..settings(&server) };
        assert_eq!(answered(&model(fast), &question("Hi")).await.text, "ok", "{reply:?}");
        assert_eq!(server.requests().len(), 2, "{reply:?}");
    }
}

#[tokio::test]
async fn an_error_inside_a_200_is_judged_like_any_other() {
    let inside = |error| Reply::Stream(vec![Part::data(json!({ "error": error }))]);
    let cases = [
        (inside(json!({"message": "no credit", "code": 402})), "the model's quota is used up: no credit (402)"),
        (
            inside(json!({"message": "bad", "code": "invalid_api_key"})),
            "the model's key is not accepted: bad (invalid_api_key). Check OPENAI_API_KEY",
        ),
        (
            inside(json!({"message": "long", "type": "invalid_request_error"})),
            "the model refused the request (400): long",
        ),
    ];
    for (reply, sentence) in cases {
        let server = ModelServer::scripted([reply]).await;
        assert_eq!(error_of(&model(settings(&server))).await.to_string(), sentence);
    }
}

#[tokio::test]
async fn after_the_first_byte_it_broke_off_and_nothing_is_spliced() {
    let call =
        json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "find_order", "arguments": "{\"nu"}}]});
    let cases = [
        (vec![began("Your parcel"), Part::Cut], "Your parcel"),
        (vec![began("Your parcel")], "Your parcel"),
        (
            vec![
                began("Your parcel"),
                Part::data(json!({"error": {"message": "upstream", "code": 502},
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]})),
            ],
            "Your parcel",
        ),
        (vec![began("Your parcel"), Part::finish("error"), Part::done()], "Your parcel"),
        (vec![began("Your parcel"), Part::raw("data: garbage\n\n")], "Your parcel"),
        (vec![began("Your parcel"), Part::raw("event: error\ndata: dead\n\n")], "Your parcel"),
        (vec![Part::delta(call), Part::Pause(Duration::from_millis(20)), Part::Cut], ""),
    ];
    for (mut parts, said) in cases {
        // What was said must be on its way before the line breaks.
        parts.insert(1, Part::Pause(Duration::from_millis(30)));
        let server = ModelServer::scripted([Reply::Stream(parts.clone())]).await;
        let fallback = OpenAiSettings { fallback_model: Some("other".into()), ..settings(&server) };
        let (text, error) = error_within(&model(fallback)).await;
        assert_eq!(text, said, "{parts:?}");
        assert!(matches!(error, ModelError::BrokenOff { .. }), "{error}");
        assert_eq!(server.requests().len(), 1, "{parts:?}");
    }
}

#[tokio::test]
async fn the_fallback_answers_what_the_first_does_not() {
    let server = ModelServer::answering(|request| match request.body["model"].as_str() {
        Some("gpt-test") => failing(503),
        _ => Said::text("from the other").into(),
    })
    .await;
    let settings = OpenAiSettings { fallback_model: Some("other".into()), ..settings(&server) };
    assert_eq!(answered(&model(settings), &question("Hi")).await.text, "from the other");
    let models: Vec<_> = server.requests().iter().map(|request| request.body["model"].clone()).collect();
    assert_eq!(models, ["gpt-test", "gpt-test", "gpt-test", "other"]);
}

#[tokio::test]
async fn a_fallback_elsewhere_never_gets_the_first_key() {
    let elsewhere = ModelServer::scripted([Said::text("hello"), Said::text("hello")]).await;
    let dead = OpenAiSettings {
        base_url: "http://127.0.0.1:1/v1".parse().expect("a URL"),
        fallback_model: Some("other".into()),
        fallback_base_url: Some(elsewhere.base_url().parse().expect("a URL")),
        retries: 0,
        extra_headers: [("x-team".to_owned(), "secret".into())].into(),
        ..settings(&elsewhere)
    };
    answered(&model(dead.clone()), &question("Hi")).await;
    assert!(!elsewhere.requests()[0].headers.contains_key("authorization"));
    assert!(!elsewhere.requests()[0].headers.contains_key("x-team"));
    let keyed = OpenAiSettings { fallback_api_key: Some("other-key".into()), ..dead };
    answered(&model(keyed), &question("Hi")).await;
    assert_eq!(elsewhere.requests()[1].headers["authorization"], "Bearer other-key");
}

#[tokio::test]
async fn a_bad_request_is_not_put_to_the_fallback() {
    let server = ModelServer::scripted([Reply::error(400, "invalid_request_error", "no")]).await;
    error_of(&model(OpenAiSettings { fallback_model: Some("other".into()), ..settings(&server) })).await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn when_both_fail_the_first_models_trouble_is_told() {
    let server = ModelServer::answering(|request| match request.body["model"].as_str() {
        Some("gpt-test") => Reply::error(401, "invalid_api_key", "no"),
        _ => failing(500),
    })
    .await;
    let error = error_of(&model(OpenAiSettings { fallback_model: Some("other".into()), ..settings(&server) })).await;
    assert!(matches!(error, ModelError::Credentials { .. }), "{error}");
}

#[tokio::test]
async fn a_dead_address_is_told_in_a_sentence() {
    let server = ModelServer::scripted([Said::text("never")]).await;
    let dead =
        OpenAiSettings { base_url: "http://127.0.0.1:1/v1".parse().expect("a URL"), retries: 0, ..settings(&server) };
    assert_eq!(
        error_of(&model(dead)).await.to_string(),
        "the model at 127.0.0.1:1 cannot be reached: Connection refused (os error 111). Check OPENAI_BASE_URL and the network"
    );
    let nowhere = OpenAiSettings {
        base_url: "http://no-such-host.invalid/v1".parse().expect("a URL"),
        retries: 0,
        ..settings(&server)
    };
    let sentence = error_of(&model(nowhere)).await.to_string();
    assert!(sentence.starts_with("the model at no-such-host.invalid cannot be reached: "), "{sentence}");
}

#[tokio::test]
async fn a_web_page_is_told_as_what_it_is() {
    let page = || Reply::Stream(vec![Part::raw("<!DOCTYPE html>\n<html><body>Welcome to nginx!</body></html>")]);
    let server = ModelServer::scripted([page()]).await;
    let sentence = error_of(&model(OpenAiSettings { retries: 0, ..settings(&server) })).await.to_string();
    assert!(sentence.contains("no chat completion") && sentence.contains("<!DOCTYPE html>"), "{sentence}");
    let gateway =
        Reply::Status { status: 502, headers: vec![], body: "<html>\n<h1>502 Bad Gateway</h1>\n</html>".to_owned() };
    let server = ModelServer::scripted([gateway]).await;
    let sentence = error_of(&model(OpenAiSettings { retries: 0, ..settings(&server) })).await.to_string();
    assert_eq!(sentence, "the model refused the request (502): <html> <h1>502 Bad Gateway</h1> </html>");
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_not_repeated_by_us() {
    let echo = |key: &str| {
        Reply::error(401, "invalid_api_key", &format!("Incorrect API key provided: {key}. Look at the site."))
    };
    let server =
        ModelServer::scripted([echo("sk-test-0123456789"), echo("sk-proj-***xyz"), echo("header-secret")]).await;
    let settings =
        OpenAiSettings { extra_headers: [("x-team".to_owned(), "header-secret".into())].into(), ..settings(&server) };
    let shown = format!("{settings:?}");
    let model = model(settings);
    for _ in 0..3 {
        let error = error_of(&model).await;
        let told = format!("{error} {error:?}");
        assert!(told.contains("[redacted]"), "{told}");
        for secret in ["0123456789", "xyz", "header-secret"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    assert!(!shown.contains("0123456789") && !shown.contains("header-secret"), "{shown}");
    assert!(!model.description().contains("sk-"));
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_once() {
    let good = OpenAiSettings::new("gpt-test");
    let refused = |settings: OpenAiSettings| OpenAiModel::new(settings, http()).err().expect("an error");
    let url = |text: &str| text.parse().expect("a URL");
    let cases = [
        (OpenAiSettings { base_url: url("ftp://x/"), ..good.clone() }, SettingsError::BaseUrl { key: "base_url" }),
        (
            OpenAiSettings { base_url: url("http://u:p@x/"), ..good.clone() },
            SettingsError::UrlWithCredentials { key: "base_url" },
        ),
        (OpenAiSettings { api_key: Some("sk-1\nx".into()), ..good.clone() }, SettingsError::Key { key: "api_key" }),
        (OpenAiSettings { model: " ".into(), ..good.clone() }, SettingsError::Model),
        (OpenAiSettings { idle_limit: Duration::ZERO, ..good.clone() }, SettingsError::Zero { key: "idle_limit" }),
        (
            OpenAiSettings { extra_headers: [("a b".to_owned(), "c".into())].into(), ..good.clone() },
            SettingsError::Header { name: "a b".into() },
        ),
    ];
    for (settings, error) in cases {
        assert_eq!(refused(settings), error);
    }
}

#[tokio::test]
async fn a_description_names_model_and_host() {
    let server = ModelServer::scripted([Said::text("never")]).await;
    let host = server.base_url().replace("http://", "").replace("/v1", "");
    assert_eq!(model(settings(&server)).description(), format!("gpt-test at {host}"));
    let openai = OpenAiModel::new(OpenAiSettings::new("gpt-5.2"), http()).expect("good settings");
    assert_eq!(openai.description(), "gpt-5.2 at api.openai.com");
}

#[tokio::test]
async fn an_endless_answer_ends() {
    let line = format!(": {}\n", "x".repeat(64 * 1024));
    let flood = vec![Part::Bytes(line.into_bytes()); 300];
    let server = ModelServer::scripted([Reply::Stream(
        [vec![began("Hi"), Part::Pause(Duration::from_millis(20))], flood].concat(),
    )])
    .await;
    let mut answer = model(settings(&server)).ask(&question("Hi")).await.expect("a beginning");
    let mut last = None;
    while let Some(piece) = answer.next().await {
        last = Some(piece);
    }
    let error = last.expect("a piece").expect_err("an error");
    assert_eq!(error.to_string(), "the model's answer broke off: the answer is longer than 16777216 bytes");
}

#[tokio::test]
async fn logs_carry_no_key_and_no_words_of_a_dialogue() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let everything =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    // Where there is one subscriber alone, what another test's thread comes to first would stay silent in this one.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let _guard = tracing::subscriber::set_default(everything.finish());
    let garbled = Part::raw("data: {\"choices\":[{\"delta\":{\"content\":\"Dear Ana Lopez\" oops\n\n");
    let server = ModelServer::scripted([
        failing(500),
        Reply::Stream(vec![began("Dear"), Part::Pause(Duration::from_millis(30)), garbled]),
        Reply::error(401, "invalid_api_key", "wrong: sk-test-0123456789"),
    ])
    .await;
    let model = model(settings(&server));
    let (_, broken_off) = read(model.ask(&question("I am Ana Lopez")).await.expect("a beginning")).await;
    error_of(&model).await;
    let log = String::from_utf8_lossy(&log.0.lock().expect("no panic")).into_owned();
    assert!(log.contains("the model is asked again"), "the log is listened to");
    let told = format!("{log} {:?}", broken_off.expect_err("an error"));
    for private in ["0123456789", "Ana", "Lopez"] {
        let line = told.lines().find(|line| line.contains(private));
        assert!(line.is_none(), "{line:?}");
    }
}

#[tokio::test]
async fn an_error_names_the_servers_request_id() {
    let headers = vec![("x-request-id", "req_77".to_owned()), ("x-should-retry", "false".to_owned())];
    let server = ModelServer::scripted([Reply::Status { status: 500, headers, body: String::new() }]).await;
    let sentence = error_of(&model(settings(&server))).await.to_string();
    assert_eq!(sentence, "the model refused the request (500): Internal Server Error, request req_77");
}
