//! Law 13: trust is earned in steps.

use deskhand::domain::event::{HandoffReason, Status};
use deskhand::policy::{Caps, Mode, Policy};

use crate::shop::{STORE, Setting, Shop};

const QUESTION: &str = "where is #1001 ana@example.com";

async fn in_mode(mode: Mode) -> Shop {
    Shop::with(Setting { policy: Policy { mode, ..Policy::default() }, ..Setting::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn observe_reads_and_answers_nobody() {
    let shop = in_mode(Mode::Observe).await;
    let shopper = shop.shopper().await;
    assert_eq!(shopper.ask(QUESTION).await.content, None);
    let conversation = shopper.conversation().await;
    assert!(conversation.draft.is_some_and(|draft| draft.contains("UPS")));
    assert_eq!(shopper.ask("talk to a human").await.content, None);
    assert_eq!(shop.tickets().len() + shop.mails().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn draft_prepares_and_a_person_sends() {
    let shop = in_mode(Mode::Draft).await;
    let shopper = shop.shopper().await;
    let reply = shopper.say(QUESTION).await;
    assert!(!reply.contains("UPS"), "{reply}");
    assert_eq!(shopper.conversation().await.status, Status::HandoffPending);
    let ticket = shop.tickets()[0].to_string();
    assert!(ticket.contains("Proposed reply") && ticket.contains("UPS"), "{ticket}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approve_answers_but_sends_no_code() {
    let shop = in_mode(Mode::Approve).await;
    let shopper = shop.shopper().await;
    assert!(shopper.say(QUESTION).await.contains("UPS"));
    shopper.say("list all my orders").await;
    assert_eq!(shop.mails().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_store_sends_everything_to_people() {
    let shop = Shop::open().await;
    let store = deskhand::domain::id::StoreId::new(STORE);
    shop.desk.storage().set_paused(&store, true, shop.desk.clock().now()).await.unwrap();
    let shopper = shop.shopper().await;
    let reply = shopper.say(QUESTION).await;
    assert!(!reply.contains("UPS"), "{reply}");
    assert_eq!(shopper.conversation().await.handoff.unwrap().reason, HandoffReason::StorePolicy);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_a_cap_a_person_answers() {
    let caps = Caps { turns_per_conversation: 1, ..Caps::default() };
    let policy = Policy { mode: Mode::Act, caps, ..Policy::default() };
    let shop = Shop::with(Setting { policy, ..Setting::default() }).await;
    let shopper = shop.shopper().await;
    shopper.say("hello").await;
    shopper.say(QUESTION).await;
    assert_eq!(shopper.conversation().await.handoff.unwrap().reason, HandoffReason::StorePolicy);
}
