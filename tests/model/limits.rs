//! Limits of time, and clients that leave.

use std::time::{Duration, Instant};

use deskhand::model::openai::OpenAiSettings;
use deskhand::model::{ChatModel, ModelError, Piece};
use futures_util::StreamExt;
use serde_json::json;

use crate::asking::{answered, model, question, read, settings};
use crate::support::model_server::{ModelServer, Part, Reply, Said};

const LIMIT: Duration = Duration::from_millis(250);

fn word(text: &str) -> Part {
    Part::delta(json!({"content": text}))
}

fn repeated(part: Part, pause: u64, times: usize) -> Vec<Part> {
    vec![[part, Part::Pause(Duration::from_millis(pause))]; times].into_iter().flatten().collect()
}

#[tokio::test]
async fn an_answer_that_does_not_begin_is_given_up() {
    let comments = repeated(Part::raw(": OPENROUTER PROCESSING\n\n"), 100, 20);
    let role_only = vec![Part::delta(json!({"role": "assistant", "content": ""})), Part::Silence];
    for reply in [Reply::Ignore, Reply::Stream(vec![Part::Silence]), Reply::Stream(role_only), Reply::Stream(comments)]
    {
        let server = ModelServer::scripted([reply.clone()]).await;
        let settings = OpenAiSettings { first_token_limit: LIMIT, ..settings(&server) };
        let start = Instant::now();
        let error = model(settings).ask(&question("Hi")).await.err().expect("an error");
        assert!(matches!(error, ModelError::TooSlow { what: "begin its answer", limit: LIMIT }), "{error}");
        assert!((250..900).contains(&start.elapsed().as_millis()), "{:?} {reply:?}", start.elapsed());
        assert_eq!(server.requests().len(), 1, "who has waited that long does not wait again");
        server.clients_left(1).await;
    }
}

#[tokio::test]
async fn a_slow_model_gives_way_to_the_fallback() {
    let server = ModelServer::answering(|request| match request.body["model"].as_str() {
        Some("gpt-test") => Reply::Ignore,
        _ => Said::text("fast").into(),
    })
    .await;
    let settings =
        OpenAiSettings { first_token_limit: LIMIT, fallback_model: Some("other".into()), ..settings(&server) };
    assert_eq!(answered(&model(settings), &question("Hi")).await.text, "fast");
}

#[tokio::test]
async fn a_silence_in_the_middle_is_given_up() {
    let server = ModelServer::scripted([Reply::Stream(vec![word("Your"), Part::Silence])]).await;
    let settings = OpenAiSettings { idle_limit: LIMIT, ..settings(&server) };
    let (texts, outcome) = read(model(settings).ask(&question("Hi")).await.expect("a beginning")).await;
    assert_eq!(texts.concat(), "Your");
    let error = outcome.expect_err("an error");
    assert!(matches!(error, ModelError::TooSlow { what: "go on with its answer", limit: LIMIT }), "{error}");
    server.clients_left(1).await;
}

#[tokio::test]
async fn a_steady_answer_may_take_longer_than_the_idle_limit() {
    let steady = repeated(word("a"), 100, 8);
    let whole = [steady, vec![Part::finish("stop"), Part::done()]].concat();
    let server = ModelServer::scripted([Reply::Stream(whole)]).await;
    let settings = OpenAiSettings { idle_limit: LIMIT, first_token_limit: LIMIT, ..settings(&server) };
    assert_eq!(answered(&model(settings), &question("Hi")).await.text, "aaaaaaaa");
}

#[tokio::test]
async fn everything_together_has_its_limit() {
    let drip = repeated(word("a"), 50, 100);
    let server = ModelServer::scripted([Reply::Stream(drip)]).await;
    let settings = OpenAiSettings { total_limit: Duration::from_millis(400), ..settings(&server) };
    let start = Instant::now();
    let (_, outcome) = read(model(settings).ask(&question("Hi")).await.expect("a beginning")).await;
    let error = outcome.expect_err("an error");
    assert_eq!(error.to_string(), "the model did not finish its answer within 0 s");
    assert!((400..900).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn retries_stay_within_the_total() {
    let throttled =
        || Reply::Status { status: 503, headers: vec![("retry-after-ms", "300".to_owned())], body: "{}".to_owned() };
    let server = ModelServer::answering(move |_| throttled()).await;
    let settings = OpenAiSettings { total_limit: Duration::from_millis(500), retries: 50, ..settings(&server) };
    let start = Instant::now();
    model(settings).ask(&question("Hi")).await.err().expect("an error");
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn the_pools_own_time_out_does_not_cut_an_answer() {
    #[expect(clippy::disallowed_methods, reason = "the test stands in for the transport")]
    let impatient = || {
        drop(rustls::crypto::ring::default_provider().install_default());
        reqwest::Client::builder().timeout(Duration::from_millis(150)).no_proxy().build().expect("a client")
    };
    let server = ModelServer::scripted([Said::text("a b c d e f").pausing(Duration::from_millis(60))]).await;
    let model = deskhand::model::openai::OpenAiModel::new(settings(&server), impatient()).expect("good settings");
    assert_eq!(answered(&model, &question("Hi")).await.text, "a b c d e f");
}

#[tokio::test]
async fn who_leaves_closes_the_line() {
    let server = ModelServer::answering(|_| Reply::Stream(vec![word("Your"), Part::Silence])).await;
    let model = model(settings(&server));
    let mut answer = model.ask(&question("Hi")).await.expect("a beginning");
    assert_eq!(answer.next().await.expect("a piece").expect("text"), Piece::Text("Your".into()));
    drop(answer);
    server.clients_left(1).await;

    // The same before the first byte.
    let server = ModelServer::answering(|_| Reply::Ignore).await;
    let model = crate::asking::model(settings(&server));
    let request = question("Hi");
    tokio::time::timeout(Duration::from_millis(100), model.ask(&request)).await.err().expect("no answer");
    server.clients_left(1).await;
}
