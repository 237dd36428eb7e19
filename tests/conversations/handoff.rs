//! Law 7: a human's conversation is the human's; and its ticket is opened once, whatever happens on the way.

use std::time::Duration;

use deskhand::desk::Pace;
use deskhand::domain::event::{HandoffReason, Status};
use deskhand::sandbox::{Effect, Fault, Vendor};

use crate::shop::{Setting, Shop, Shopper};

/// A shop whose shoppers do not wait long for a reference that will not come in time.
async fn hasty() -> Shop {
    let setting = Setting::default();
    let pace = Pace { ticket: Duration::from_millis(500), ..setting.pace };
    Shop::with(Setting { pace, ..setting }).await
}

fn event_type(event: &deskhand::domain::event::Event) -> String {
    serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned()
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("waited in vain: {what}");
}

async fn handed_off(shopper: &Shopper<'_>, reason: HandoffReason) {
    let conversation = shopper.conversation().await;
    let handoff = conversation.handoff.expect("a hand-off");
    assert_eq!((handoff.reason, conversation.status), (reason, Status::HandoffPending));
}

async fn silent_afterwards(shopper: &Shopper<'_>) {
    // The line with the ticket's reference is written into the ticket, too.
    until("the ticket has all", async || shopper.conversation().await.twin.unwrap().due().is_empty()).await;
    let before = shopper.conversation().await.len;
    let answer = shopper.ask("hello? anybody there?").await;
    assert_eq!(answer.content, None);
    until("it is in the ticket", async || shopper.conversation().await.twin.unwrap().due().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let events = shopper.shop.desk.events(&shopper.id, before).await.unwrap();
    let added: Vec<String> = events.iter().map(event_type).collect();
    assert_eq!(added, ["message.received", "effect", "ticket.mirrored"], "only the shopper's own words were added");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_arrived_is_one_complete_ticket() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let reply = shopper.say("My order #1012 says delivered but nothing came! My email is finn@example.com").await;
    handed_off(&shopper, HandoffReason::NeverArrived).await;
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1);
    let ticket = tickets[0].to_string();
    for part in ["nothing came", "#1012", "finn@example.com", "Proved identity", "What was tried", "Proposed next step"]
    {
        assert!(ticket.contains(part), "{part:?} is not in the ticket: {ticket}");
    }
    assert!(reply.contains(&tickets[0]["id"].to_string()), "the shopper hears the reference: {reply}");
    assert_eq!(shop.mails().len(), 0, "recorded, not e-mailed");
    silent_afterwards(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_for_a_person_and_threats_are_heard() {
    let shop = Shop::open().await;
    for (text, reason) in [
        ("I want to talk to a human please", HandoffReason::Asked),
        ("I will sue you and call my lawyer", HandoffReason::Threat),
        ("You are all crooks and thieves, I hate you!!!", HandoffReason::Anger),
    ] {
        let shopper = shop.shopper().await;
        let reply = shopper.say(text).await;
        handed_off(&shopper, reason).await;
        assert!(reply.contains("reference"), "{reply}");
        silent_afterwards(&shopper).await;
    }
    assert_eq!(shop.tickets().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rude_but_complete_question_is_answered() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let reply = shopper.say("where the hell is my damn order #1001?! ana@example.com").await;
    assert!(reply.contains("1Z61A04V0342517713"), "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_failures_in_a_row_are_a_person_s_case() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    for text in ["blorp fnord", "wibble wobble zzz", "qwx plugh xyzzy"] {
        shopper.say(text).await;
    }
    handed_off(&shopper, HandoffReason::RepeatedFailure).await;
    assert_eq!(shop.tickets().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn manners_are_no_failures() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    for text in ["hi", "hello there", "thanks!", "thank you so much", "bye"] {
        shopper.say(text).await;
    }
    assert_eq!(shopper.conversation().await.status, Status::AiHandling);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_language_without_a_file_gets_one_sentence_and_a_person() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let reply = shopper.say("Bonjour, où est ma commande numéro 1001 ? Merci beaucoup pour votre aide.").await;
    handed_off(&shopper, HandoffReason::Language).await;
    assert!(!reply.contains("UPS"), "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_people_do_is_honestly_handed_over() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    shopper.say("can I swap my jacket from #1005 for a bigger one? chloe@example.com").await;
    handed_off(&shopper, HandoffReason::Topic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ticket_when_the_answer_is_lost_after_the_helpdesk_committed() {
    let shop = Shop::open().await;
    shop.sandbox.fault(Fault::new(Effect::CutAfter).vendor(Vendor::Gorgias).operation("POST /api/tickets").times(1));
    let shopper = shop.shopper().await;
    shopper.say("talk to a human").await;
    ticket_is_known(&shopper).await;
    assert_eq!(shop.tickets().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ticket_after_a_refusal_for_haste_and_after_an_outage() {
    let shop = hasty().await;
    for effect in [Effect::RateLimited { retry_after_seconds: 1 }, Effect::CutBefore, Effect::Status { code: 503 }] {
        let before = shop.tickets().len();
        let setting = format!("{effect:?}");
        shop.sandbox.fault(Fault::new(effect).vendor(Vendor::Gorgias).operation("POST /api/tickets").times(1));
        let shopper = shop.shopper().await;
        shopper.say("talk to a human").await;
        handed_off(&shopper, HandoffReason::Asked).await;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert!(shop.tickets().len() <= before + 1, "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_store_is_told_and_handed_over() {
    let shop = Shop::open().await;
    shop.sandbox.fault(Fault::new(Effect::Status { code: 503 }).vendor(Vendor::Shopify));
    let shopper = shop.shopper().await;
    let reply = shopper.say("where is #1001 ana@example.com").await;
    assert!(!reply.contains("UPS"), "{reply}");
    assert_eq!(shopper.conversation().await.status, Status::HandoffPending);
    assert_eq!(shop.tickets().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_outlives_a_restart() {
    let shop = hasty().await;
    shop.sandbox.fault(Fault::new(Effect::RateLimited { retry_after_seconds: 1 }).vendor(Vendor::Gorgias));
    let id = {
        let shopper = shop.shopper().await;
        let reply = shopper.say("talk to a human").await;
        assert!(!reply.contains("8200"), "{reply}");
        shopper.id.clone()
    };
    shop.sandbox.faults().clear();
    let shop = shop.restart().await;
    let shopper = Shopper { shop: &shop, id, address: String::new() };
    ticket_is_known(&shopper).await;
    assert_eq!(shop.tickets().len(), 1);
}

async fn ticket_is_known(shopper: &Shopper<'_>) {
    for _ in 0..100 {
        if shopper.conversation().await.handoff.is_some_and(|handoff| handoff.ticket.is_some()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no ticket came: {}", shopper.log().await);
}
