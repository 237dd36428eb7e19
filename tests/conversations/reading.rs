//! The model is asked what a message is about only where the classifier in the program is not sure, and never passed over
//! where a person may be wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use deskhand::domain::event::{Intent, Sentiment, Status};
use deskhand::model::offline::OfflineModel;
use deskhand::model::{Answer, ChatModel, ChatRequest, ModelError};
use deskhand::policy::Router;

use crate::shop::{MODEL_READS_ALL, Setting, Shop, Shopper};

/// The stand-in, and how often it was asked what a message is about.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Counting {
    /// How often since the last time.
    fn read(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl ChatModel for Counting {
    fn description(&self) -> String {
        "counting".to_owned()
    }

    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError> {
        if request.response_format.is_some() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        OfflineModel.ask(request).await
    }
}

async fn shop(router: Router) -> (Shop, Counting) {
    let model = Counting::default();
    (Shop::with(Setting { model: Arc::new(model.clone()), router, ..Setting::default() }).await, model)
}

async fn intent(shopper: &Shopper<'_>) -> Intent {
    shopper.conversation().await.analysis.unwrap().intent
}

#[tokio::test]
async fn a_plain_question_and_the_facts_for_it_need_no_model_to_be_read() {
    let (shop, model) = shop(Router::default()).await;
    let shopper = shop.shopper().await;
    shopper.say("where's my package?").await;
    assert_eq!((model.read(), intent(&shopper).await), (0, Intent::OrderStatus));
    shopper.say("1001").await;
    assert_eq!((model.read(), intent(&shopper).await), (0, Intent::OrderStatus));
    let told = shopper.say("ana@example.com").await;
    assert_eq!((model.read(), intent(&shopper).await), (0, Intent::OrderStatus));
    assert!(told.contains("in transit"), "{told}");
    let analysis = shopper.conversation().await.analysis.unwrap();
    assert_eq!(analysis.entities.emails, ["ana@example.com"]);
    shopper.say("I want to cancel order 1003").await;
    assert_eq!((model.read(), intent(&shopper).await), (0, Intent::CancelOrder));
}

#[tokio::test]
async fn what_is_not_plain_is_the_models_to_read() {
    let (shop, model) = shop(Router::default()).await;
    let unclear = [
        "flurble wompf the gribbly",
        "wo ist mein Paket?",
        "je voudrais renvoyer ma commande",
        "1001",
        "and what about the thing from before",
    ];
    for text in unclear {
        let shopper = shop.shopper().await;
        shopper.say(text).await;
        assert_eq!(model.read(), 1, "{text}");
    }
}

#[tokio::test]
async fn an_answer_that_may_mean_something_else_by_what_was_asked_is_the_models_to_read() {
    let (shop, model) = shop(Router::default()).await;
    let shopper = shop.shopper().await;
    shopper.say("one of my mugs from order 1016 arrived broken, i want my money back").await;
    model.read();
    shopper.say("actually, is it waterproof?").await;
    assert_eq!(model.read(), 1);
}

#[tokio::test]
async fn rage_threats_and_wishes_for_a_person_are_never_passed_over() {
    let (shop, model) = shop(Router::default()).await;
    let cases = [
        "where is my order? I will sue you",
        "my lawyer will hear about this, cancel my order",
        "WHERE IS MY PARCEL YOU THIEVES!!",
        "fuck you all",
        "where is my order, and let me talk to a human",
        "cancel my order or I go to the press",
        "I want my money back or I file a chargeback",
    ];
    for text in cases {
        let shopper = shop.shopper().await;
        let answer = shopper.ask(text).await;
        let asked = model.read();
        let analysis = shopper.conversation().await.analysis.unwrap();
        let seen = asked == 1
            || analysis.intent == Intent::HumanAgent
            || matches!(analysis.sentiment, Sentiment::Angry | Sentiment::Threat);
        assert!(seen, "{text}: {analysis:?}");
        let threat = analysis.sentiment == Sentiment::Threat;
        assert!(!threat || answer.status != Status::AiHandling, "{text}");
    }
    for text in ["I want to talk to a person", "human please", "can somebody call me"] {
        let shopper = shop.shopper().await;
        let answer = shopper.ask(text).await;
        assert_ne!(answer.status, Status::AiHandling, "{text}");
    }
}

#[tokio::test]
async fn a_store_may_have_every_message_read_by_the_model() {
    let (shop, model) = shop(MODEL_READS_ALL).await;
    let shopper = shop.shopper().await;
    for text in ["where's my package?", "1001", "ana@example.com"] {
        shopper.say(text).await;
        assert_eq!(model.read(), 1, "{text}");
    }
}
