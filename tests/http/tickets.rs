//! The ticket of a conversation through its life: opened, handed over again, closed, and whose it is.

use deskhand::desk::manners::{LeftShoppers, Tickets};
use deskhand::integrations::Urgency;
use deskhand::policy::OnApproval;
use deskhand::sandbox::helpdesk::TicketShown;
use deskhand::sandbox::world::front;
use deskhand::sandbox::{Act, Effect, Fault, Vendor};
use deskhand::storage::deliveries::Deliveries as _;
use serde_json::{Value, json};

use super::helpdesk::{
    at_each_helpdesk, handed_over, house_with, in_ticket, is_quiet, reply, status, ticket_of, times, until,
    waiting_work, whole_ticket,
};
use super::house::House;

at_each_helpdesk! {
    a_second_hand_off_goes_into_the_same_ticket,
    what_is_resolved_here_is_closed_there_and_a_later_matter_has_a_ticket_of_its_own,
    a_customer_who_is_proved_later_becomes_the_tickets_own,
    every_conversation_has_a_ticket_from_the_first_message_on_where_the_store_wants_it,
    where_nothing_is_to_be_mailed_the_ticket_carries_no_address,
    an_address_of_the_stores_own_stands_for_the_shoppers,
    what_waits_for_a_yes_has_a_ticket_and_the_agent_goes_on,
}

/// Tags, whether it is open, and its customer's address: nobody's, where it was made up.
async fn seen(house: &House, ticket: u64) -> (Vec<String>, bool, Option<String>) {
    let reader = house.reader();
    let id = match house.helpdesk {
        Vendor::Front => front::id("cnv", ticket),
        _ => ticket.to_string(),
    };
    let view = reader.ticket(&id, Urgency::Shopper).await.unwrap().expect("the ticket");
    (view.tags, view.open, view.customer.map(|email| email.as_str().to_owned()))
}

fn tickets(house: &House) -> Vec<u64> {
    TicketShown::all(&house.sandbox.world()).into_iter().map(|ticket| ticket.id).collect()
}

async fn hand_back(house: &House, conversation: &str, ticket: u64) {
    house.sandbox.act(ticket, Act::Tag { name: "deskhand-handback".to_owned(), by: None }).await.unwrap();
    until("the agent has it", async || status(house, conversation).await == "ai_handling").await;
}

async fn a_second_hand_off_goes_into_the_same_ticket(helpdesk: Vendor) {
    let house = house_with(helpdesk, |_| ()).await;
    let (conversation, ticket) = handed_over(&house).await;
    for round in 2..=3 {
        hand_back(&house, &conversation, ticket).await;
        is_quiet(&house).await;
        let (tags, ..) = seen(&house, ticket).await;
        assert!(!tags.contains(&"deskhand-handback".to_owned()), "it can be put there again: {tags:?}");
        let answer = house.store().say(&conversation, "let me talk to a human, please").await.expect(200);
        assert_eq!(answer.body["status"], "handoff_pending");
        let response = answer.body["response"]["content"].as_str().unwrap();
        let reference = match helpdesk {
            Vendor::Front => front::id("cnv", ticket),
            _ => ticket.to_string(),
        };
        assert!(response.contains(&reference), "the same reference is told: {response}");
        until("the summary is there anew", async || {
            whole_ticket(&house, ticket).matches("Why a person").count() == round
        })
        .await;
    }
    is_quiet(&house).await;
    assert_eq!((tickets(&house), ticket_of(&house, &conversation).await), (vec![ticket], ticket));
    let (tags, open, _) = seen(&house, ticket).await;
    assert!(open && tags.contains(&"deskhand-asked".to_owned()), "{tags:?}");
    assert_eq!(status(&house, &conversation).await, "handoff_pending");
}

async fn what_is_resolved_here_is_closed_there_and_a_later_matter_has_a_ticket_of_its_own(helpdesk: Vendor) {
    let house = house_with(helpdesk, |_| ()).await;
    let (conversation, ticket) = handed_over(&house).await;
    house.store().post(&format!("/v1/conversations/{conversation}/resolve"), &json!({})).await.expect(200);
    is_quiet(&house).await;
    assert!(!seen(&house, ticket).await.1, "it is closed there");
    assert_eq!(status(&house, &conversation).await, "resolved");
    house.store().say(&conversation, "hello again, I want to talk to a human").await.expect(200);
    until("another ticket is open", async || tickets(&house).len() == 2).await;
    is_quiet(&house).await;
    assert_ne!(ticket_of(&house, &conversation).await, ticket);
    assert_eq!(times(&in_ticket(&house, ticket), "hello again"), 0, "it is a matter of its own");
}

async fn a_customer_who_is_proved_later_becomes_the_tickets_own(helpdesk: Vendor) {
    let house = house_with(helpdesk, |_| ()).await;
    let (conversation, ticket) = handed_over(&house).await;
    let (_, _, visitor) = seen(&house, ticket).await;
    assert_eq!(visitor, None);
    hand_back(&house, &conversation, ticket).await;
    house.store().say(&conversation, "where is #1001? ana@example.com").await.expect(200);
    is_quiet(&house).await;
    // At Intercom a contact of ours has an address only where the store wishes that it is mailed.
    let hers = (helpdesk != Vendor::Intercom).then_some("ana@example.com");
    assert_eq!(seen(&house, ticket).await.2.as_deref(), hers);
    assert_eq!(tickets(&house), [ticket]);
}

async fn every_conversation_has_a_ticket_from_the_first_message_on_where_the_store_wants_it(helpdesk: Vendor) {
    let house = house_with(helpdesk, |wishes| wishes.manners.tickets = Tickets::EveryConversation).await;
    let conversation = house.conversation().await;
    house.store().say(&conversation, "where is #1001? ana@example.com").await.expect(200);
    until("there is a ticket", async || tickets(&house).len() == 1).await;
    let ticket = tickets(&house)[0];
    until("the answer is in it", async || {
        times(&in_ticket(&house, ticket), "1Z61A04V0342517713") == 1
            && whole_ticket(&house, ticket).contains("where is #1001?")
    })
    .await;
    is_quiet(&house).await;
    assert_eq!(status(&house, &conversation).await, "ai_handling");
    assert!(seen(&house, ticket).await.0.contains(&"deskhand-conversation".to_owned()));
    // Who is handed over then is handed over in it.
    house.store().say(&conversation, "thanks. I want to talk to a human please").await.expect(200);
    assert_eq!(ticket_of(&house, &conversation).await, ticket);
    is_quiet(&house).await;
    assert_eq!(tickets(&house), [ticket]);
    let whole = whole_ticket(&house, ticket);
    assert!(whole.contains("the shopper asked for a person") && whole.contains("- order #1001: https://"), "{whole}");
}

async fn where_nothing_is_to_be_mailed_the_ticket_carries_no_address(helpdesk: Vendor) {
    let house = house_with(helpdesk, |wishes| wishes.manners.left_shoppers = LeftShoppers::Chat).await;
    let conversation = house.conversation().await;
    house.store().say(&conversation, "where is #1001? ana@example.com").await.expect(200);
    house.store().say(&conversation, "I want to talk to a human please").await.expect(200);
    let ticket = ticket_of(&house, &conversation).await;
    let (_, _, customer) = seen(&house, ticket).await;
    assert_eq!(customer, None);
    until("the note says so, wherever it is an entry of its own", async || {
        whole_ticket(&house, ticket).contains("ana@example.com; nothing is mailed there")
    })
    .await;
    house.sandbox.act(ticket, reply("It is on its way.")).await.unwrap();
    until("it is in the chat", async || status(&house, &conversation).await == "human_handling").await;
    is_quiet(&house).await;
    let mails = house.sandbox.world().mails;
    assert!(mails.iter().all(|mail| !mail.to.contains(&"ana@example.com".to_owned())), "{mails:?}");
}

async fn an_address_of_the_stores_own_stands_for_the_shoppers(helpdesk: Vendor) {
    let house = house_with(helpdesk, |wishes| {
        wishes.manners.left_shoppers = LeftShoppers::Relay;
        wishes.manners.relay_domain = Some("relay.juniper.example".to_owned());
    })
    .await;
    let conversation = house.conversation().await;
    house.store().say(&conversation, "where is #1001? ana@example.com").await.expect(200);
    house.store().say(&conversation, "I want to talk to a human please").await.expect(200);
    let ticket = ticket_of(&house, &conversation).await;
    let relay = format!("{conversation}@relay.juniper.example");
    // At Intercom a contact of ours has an address only where the store wishes that it is mailed.
    let expected = (helpdesk != Vendor::Intercom).then_some(relay.as_str());
    assert_eq!(seen(&house, ticket).await.2.as_deref(), expected);
    house.sandbox.act(ticket, reply("It is on its way.")).await.unwrap();
    until("it is in the chat", async || status(&house, &conversation).await == "human_handling").await;
    is_quiet(&house).await;
    assert!(whole_ticket(&house, ticket).contains("ana@example.com; nothing is mailed there"));
    let mails = house.sandbox.world().mails;
    assert!(mails.iter().all(|mail| !mail.to.contains(&"ana@example.com".to_owned())), "{mails:?}");
}

async fn what_waits_for_a_yes_has_a_ticket_and_the_agent_goes_on(helpdesk: Vendor) {
    let house = house_with(helpdesk, |wishes| {
        wishes.policy.refunds.damaged.no_return = deskhand::policy::rules::Handling::Approval;
        wishes.policy.people.approvals = OnApproval::Ticket;
    })
    .await;
    let conversation = house.conversation().await;
    let said = "order 1016 hal@example.com, one mug arrived broken, I want my money back";
    let answer = house.store().say(&conversation, said).await.expect(200);
    assert_eq!(answer.body["status"], "ai_handling", "{}", answer.text);
    until("there is a ticket", async || tickets(&house).len() == 1).await;
    is_quiet(&house).await;
    let approvals = house.approver().get("/v1/approvals?state=pending").await.expect(200).body;
    let approval = approvals["approvals"][0]["approval_id"].as_str().expect("an approval").to_owned();
    let ticket = tickets(&house)[0];
    assert!(whole_ticket(&house, ticket).contains(&approval));
    let answer = house.store().say(&conversation, "where is #1001? ana@example.com").await.expect(200);
    assert_ne!(answer.body["response"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_begun_before_the_tag_was_taken_off_does_not_give_a_person_s_conversation_back() {
    let house = house_with(Vendor::Gorgias, |_| ()).await;
    let (conversation, ticket) = handed_over(&house).await;
    is_quiet(&house).await;
    let strike = |effect, operation: String| {
        house.sandbox.fault(Fault::new(effect).vendor(Vendor::Gorgias).operation(operation).times(1));
    };
    strike(Effect::Latency { milliseconds: 2_000 }, format!("DELETE /api/tickets/{ticket}/tags"));
    hand_back(&house, &conversation, ticket).await;
    until("the tag has been looked at", async || {
        house.sandbox.look(|world| world.helpdesk.notices.is_empty())
            && house.storage.waiting_deliveries().await.unwrap() == 0
    })
    .await;
    strike(Effect::Hold { barrier: "look".to_owned() }, format!("GET /api/tickets/{ticket}"));
    house.sandbox.act(ticket, reply("Rosa here.")).await.unwrap();
    until("Deskhand has taken the tag off", async || waiting_work(&house).await == 0).await;
    assert_eq!(house.sandbox.faults().release("look"), 1, "a look that has seen the tag is under way");
    is_quiet(&house).await;
    assert_eq!(status(&house, &conversation).await, "human_handling");
}
