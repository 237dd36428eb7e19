//! What comes while a tool is at work: the wire stays as strict servers want it, whoever wrote meanwhile.

use std::time::Duration;

use deskhand::domain::event::{HandoffReason, Status};
use deskhand::sandbox::{Effect, Fault, Vendor};

use crate::mind::{client, sensible};
use crate::support::model_server::ModelServer;
use crate::support::shop::{MODEL_READS_ALL, Setting, Shop};

/// A shop whose model sits behind a strict server, and whose platform takes its time over the next order.
async fn slow_shop(server: &ModelServer) -> Shop {
    let shop = Shop::with(Setting { model: client(server), router: MODEL_READS_ALL, ..Setting::default() }).await;
    shop.sandbox.fault(Fault::new(Effect::Latency { milliseconds: 1_200 }).vendor(Vendor::Shopify).times(1));
    shop
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_comes_while_a_tool_works_has_a_turn_of_its_own() {
    let server = ModelServer::answering(|request| sensible(&request.body).into()).await;
    let shop = slow_shop(&server).await;
    let shopper = shop.shopper().await;
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        shopper.say("how can I pay?").await
    };
    let (first, second) = tokio::join!(shopper.say("where is my order #1001? ana@example.com"), meanwhile);
    assert!(first.contains("1Z61A04V0342517713"), "{first}");
    assert!(!second.contains("1Z61A04V0342517713") && second.contains("no information"), "{second}");
    let while_working = server.requests().into_iter().filter(|request| {
        let messages = request.body["messages"].to_string();
        request.last_role() == "tool" && messages.contains("how can I pay") && !messages.contains("1Z61A04V0342517713")
    });
    assert_eq!(while_working.count(), 0, "the turn under way does not hear of it");
    assert_eq!(shopper.conversation().await.turns, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_that_a_person_took_from_a_tool_at_work_can_be_given_back() {
    let server = ModelServer::answering(|request| sensible(&request.body).into()).await;
    let shop = slow_shop(&server).await;
    let shopper = shop.shopper().await;
    let taken = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        shop.desk.escalate(&shopper.id, HandoffReason::Operator, "a test").await.unwrap();
    };
    let (_, ()) = tokio::join!(shopper.ask("where is my order #1001? ana@example.com"), taken);
    let cut_off = shopper.conversation().await;
    assert!(cut_off.turn.is_none() && cut_off.status == Status::HandoffPending);
    shop.desk.hand_back(&shopper.id, "a test").await.unwrap();
    let reply = shopper.say("where is my order #1001? ana@example.com").await;
    assert!(reply.contains("1Z61A04V0342517713"), "{reply}");
}
