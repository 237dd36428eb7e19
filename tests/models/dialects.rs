//! A conversation goes the same way in every dialect of the wire.

use crate::mind::{client, sensible};
use crate::support::model_server::{Dialect, ModelServer};
use crate::support::shop::{MODEL_READS_ALL, Setting, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialect_tells_the_same() {
    let mut heard: Vec<(Dialect, Vec<String>)> = Vec::new();
    for dialect in Dialect::ALL {
        let server = ModelServer::answering(move |request| sensible(&request.body).in_dialect(dialect).into()).await;
        let shop = Shop::with(Setting { model: client(&server), router: MODEL_READS_ALL, ..Setting::default() }).await;
        let shopper = shop.shopper().await;
        let mut replies = Vec::new();
        for line in ["where is my order #1001?", "ana@example.com", "and when was it placed? #1003 ben@example.com"] {
            replies.push(shopper.say(line).await);
        }
        assert!(replies.iter().any(|reply| reply.contains("1Z61A04V0342517713")), "{dialect:?}: {replies:?}");
        heard.push((dialect, replies));
    }
    let (_, first) = &heard[0];
    for (dialect, replies) in &heard {
        assert_eq!(replies, first, "{dialect:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_cannot_be_reached_is_an_honest_sentence_and_a_person() {
    use deskhand::domain::event::{HandoffReason, Status};
    use deskhand::model::openai::{OpenAiModel, OpenAiSettings};
    crate::support::shop::install_tls();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut settings = OpenAiSettings::new("dead");
    settings.base_url = format!("http://{closed}/v1").parse().unwrap();
    settings.retries = 0;
    #[expect(clippy::disallowed_methods, reason = "a test's own client")]
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let model = std::sync::Arc::new(OpenAiModel::new(settings, http).unwrap());
    let shop = Shop::with(Setting { model, router: MODEL_READS_ALL, ..Setting::default() }).await;
    let shopper = shop.shopper().await;
    let reply = shopper.say("where is #1001? ana@example.com").await;
    let conversation = shopper.conversation().await;
    assert_eq!(conversation.status, Status::HandoffPending);
    assert_eq!(conversation.handoff.unwrap().reason, HandoffReason::VendorOutage);
    assert!(!reply.is_empty());
    assert_eq!(shop.tickets().len(), 1);
}
