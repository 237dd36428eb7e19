//! The helpdesk as a channel: what customers write there is answered there, as far as the store lets the agent.

use deskhand::domain::effect::EffectState;
use deskhand::domain::event::EventBody;
use deskhand::domain::id::ConversationId;
use deskhand::policy::Mode;
use deskhand::sandbox::helpdesk::TicketShown;
use deskhand::sandbox::world::{MailVia, front};
use deskhand::sandbox::{Act, Carriage, Effect, Fault, FromCustomer, Vendor};
use deskhand::storage::ledger::Ledger as _;
use deskhand::storage::log::EventLog as _;
use serde_json::Value;

use super::helpdesk::{
    all_is_told, at_each_helpdesk, house_with, is_quiet, reply, until, waiting_work, whole_ticket, write_fault,
};
use super::house::{House, Wishes};

at_each_helpdesk! {
    a_customer_who_writes_by_mail_is_answered_there_once,
    only_a_draft_is_left_where_people_send,
    nothing_is_written_where_the_agent_only_observes,
    who_writes_first_a_person_or_the_agent_the_agent_never_writes_after_a_person,
    tickets_that_people_have_or_that_are_old_are_left_alone,
    an_answer_whose_fate_nobody_knows_is_not_sent_twice,
    a_code_that_comes_back_by_mail_proves_the_customer,
    the_helpdesks_own_chat_is_answered_in_it,
    what_people_closed_is_the_agents_again_when_the_customer_writes_again,
    an_answer_on_its_way_is_not_called_unsent_because_a_person_came,
    a_person_of_whom_no_event_has_come_yet_is_seen_before_the_agent_answers,
}

fn at_home(helpdesk: Vendor, mode: Mode) -> impl Future<Output = House> {
    house_with(helpdesk, move |wishes: &mut Wishes| {
        wishes.manners.channel = true;
        wishes.policy.mode = mode;
    })
}

fn letter(text: &str) -> FromCustomer {
    let subject = Some("A question".to_owned());
    FromCustomer { email: "ana@example.com".to_owned(), name: None, subject, text: text.to_owned(), chat: false }
}

async fn writes(house: &House, text: &str) -> u64 {
    house.sandbox.hear(house.helpdesk, &letter(text)).await.unwrap()
}

/// The texts that the helpdesk sent to the customer.
fn mailed(house: &House) -> Vec<String> {
    let mails = house.sandbox.world().mails.into_iter();
    let sent = mails
        .filter(|mail| matches!(mail.via, MailVia::Gorgias | MailVia::Zendesk | MailVia::Front | MailVia::Intercom));
    sent.map(|mail| mail.text.unwrap_or_default()).collect()
}

async fn conversations(house: &House) -> Vec<Value> {
    let listed = house.store().get("/v1/conversations").await.expect(200).body;
    listed["conversations"].as_array().unwrap().clone()
}

async fn only_conversation(house: &House) -> Value {
    let all = conversations(house).await;
    assert_eq!(all.len(), 1, "{all:?}");
    let id = all[0]["conversation_id"].as_str().unwrap();
    house.store().get(&format!("/v1/conversations/{id}")).await.expect(200).body
}

async fn a_customer_who_writes_by_mail_is_answered_there_once(helpdesk: Vendor) {
    let house = at_home(helpdesk, Mode::Act).await;
    let ticket = writes(&house, "Hello, where is my order #1001?").await;
    until("it is answered", async || mailed(&house).iter().any(|text| text.contains("1001"))).await;
    is_quiet(&house).await;
    let conversation = only_conversation(&house).await;
    assert_eq!(conversation["status"], "ai_handling");
    let before = mailed(&house).len();
    assert_eq!(before, 1, "one answer to one letter: {:?}", mailed(&house));
    assert!(!mailed(&house)[0].contains("1Z61A04V0342517713"), "an address alone proves nothing");
    house.sandbox.act(ticket, Act::Mail { text: "My postcode is 97205".to_owned() }).await.unwrap();
    until("with a second fact it is told", async || {
        mailed(&house).iter().any(|text| text.contains("1Z61A04V0342517713"))
    })
    .await;
    is_quiet(&house).await;
    assert_eq!(mailed(&house).len(), 2);
    // Handed over, it is the same ticket, with all that a colleague needs.
    house.sandbox.act(ticket, Act::Mail { text: "I want to talk to a human please".to_owned() }).await.unwrap();
    until("a person is asked", async || whole_ticket(&house, ticket).contains("the shopper asked for a person")).await;
    is_quiet(&house).await;
    assert_eq!(only_conversation(&house).await["status"], "handoff_pending");
    assert_eq!(TicketShown::all(&house.sandbox.world()).len(), 1);
    assert_eq!(mailed(&house).len(), 3, "{:?}", mailed(&house));
    house.sandbox.act(ticket, Act::Mail { text: "are you there?".to_owned() }).await.unwrap();
    is_quiet(&house).await;
    assert_eq!(mailed(&house).len(), 3, "the agent is silent");
}

async fn only_a_draft_is_left_where_people_send(helpdesk: Vendor) {
    let house = at_home(helpdesk, Mode::Draft).await;
    let ticket = writes(&house, "where is order #1001? my postcode is 97205").await;
    until("a draft is there", async || {
        let whole = whole_ticket(&house, ticket);
        whole.contains("Proposed reply (not sent)") && whole.contains("1Z61A04V0342517713")
    })
    .await;
    house.sandbox.act(ticket, Act::Mail { text: "and where is #1007?".to_owned() }).await.unwrap();
    until("and one for the next", async || whole_ticket(&house, ticket).matches("Proposed reply").count() == 2).await;
    is_quiet(&house).await;
    assert_eq!(mailed(&house), [] as [String; 0]);
}

async fn nothing_is_written_where_the_agent_only_observes(helpdesk: Vendor) {
    let house = at_home(helpdesk, Mode::Observe).await;
    let ticket = writes(&house, "where is order #1001? my postcode is 97205").await;
    until("the agent has read it", async || !conversations(&house).await.is_empty()).await;
    let conversation = only_conversation(&house).await["conversation_id"].as_str().unwrap().to_owned();
    let id = ConversationId::new(conversation);
    until("and what it would have said is kept", async || {
        let events = house.storage.read(&id, 0).await.unwrap();
        events.iter().any(|event| matches!(event.body, EventBody::Drafted { .. }))
    })
    .await;
    is_quiet(&house).await;
    assert_eq!(mailed(&house), [] as [String; 0]);
    assert_eq!(whole_ticket(&house, ticket), "where is order #1001? my postcode is 97205");
}

async fn who_writes_first_a_person_or_the_agent_the_agent_never_writes_after_a_person(helpdesk: Vendor) {
    for _ in 0..3 {
        let house = at_home(helpdesk, Mode::Act).await;
        let ticket = writes(&house, "where is order #1001? my postcode is 97205").await;
        house.sandbox.act(ticket, reply("Rosa here, I look into it.")).await.unwrap();
        until("somebody has answered", async || !mailed(&house).is_empty()).await;
        is_quiet(&house).await;
        house.sandbox.act(ticket, Act::Mail { text: "and #1007?".to_owned() }).await.unwrap();
        is_quiet(&house).await;
        let mailed = mailed(&house);
        let person = mailed.iter().position(|text| text.starts_with("Rosa")).expect("the person's own");
        assert_eq!(person, mailed.len() - 1, "nothing of the agent's after it: {mailed:?}");
    }
}

async fn a_person_of_whom_no_event_has_come_yet_is_seen_before_the_agent_answers(helpdesk: Vendor) {
    let house = at_home(helpdesk, Mode::Act).await;
    let ticket = writes(&house, "where is order #1001?").await;
    until("it is answered", async || mailed(&house).len() == 1).await;
    is_quiet(&house).await;
    // The agent takes its time over an order, and a person is faster, whose event is late.
    house.sandbox.fault(Fault::new(Effect::Latency { milliseconds: 3_000 }).vendor(Vendor::Shopify).times(1));
    house.sandbox.act(ticket, Act::Mail { text: "My postcode is 97205".to_owned() }).await.unwrap();
    until("the agent has heard it", async || only_conversation(&house).await.to_string().contains("97205")).await;
    // A read of the ticket for an event of the letter would see the person, too.
    all_is_told(&house).await;
    house.sandbox.carry(Carriage { late_milliseconds: 8_000, ..Carriage::default() });
    house.sandbox.act(ticket, reply("Rosa here.")).await.unwrap();
    until("the agent's answer is left to people", async || whole_ticket(&house, ticket).contains("this was not sent"))
        .await;
    house.sandbox.carry(Carriage::default());
    is_quiet(&house).await;
    assert!(mailed(&house).iter().all(|text| !text.contains("1Z61A04V0342517713")), "{:?}", mailed(&house));
    assert_eq!(only_conversation(&house).await["status"], "human_handling");
}

/// An answer that was turned away is looked after anew before it goes again: a person who was faster ends it, in the ledger, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_a_person_made_needless_waits_no_more() {
    let house = at_home(Vendor::Gorgias, Mode::Act).await;
    let ticket = writes(&house, "where is order #1001?").await;
    until("it is answered", async || mailed(&house).len() == 1).await;
    is_quiet(&house).await;
    house.sandbox.fault(write_fault(&house, ticket, Effect::RateLimited { retry_after_seconds: 1 }).times(100));
    house.sandbox.act(ticket, Act::Mail { text: "My postcode is 97205".to_owned() }).await.unwrap();
    let turned_away = || house.sandbox.requests().iter().any(|request| request.status == Some(429));
    until("the answer was turned away", async || turned_away()).await;
    house.sandbox.act(ticket, reply("Rosa here.")).await.unwrap();
    house.sandbox.faults().clear();
    until("it is left to people", async || whole_ticket(&house, ticket).contains("this was not sent")).await;
    is_quiet(&house).await;
    let id = ConversationId::new(only_conversation(&house).await["conversation_id"].as_str().unwrap());
    let entries = house.storage.effects_of(&id).await.unwrap();
    let states = |state: EffectState| entries.iter().filter(|effect| effect.state == state).count();
    assert_eq!((states(EffectState::Proposed), states(EffectState::Failed)), (0, 1), "{entries:?}");
    assert!(mailed(&house).iter().all(|text| !text.contains("1Z61A04V0342517713")));
}

async fn tickets_that_people_have_or_that_are_old_are_left_alone(helpdesk: Vendor) {
    let house = house_with(helpdesk, |wishes| wishes.manners.channel = false).await;
    let ticket = writes(&house, "where is order #1001? my postcode is 97205").await;
    is_quiet(&house).await;
    assert_eq!(conversations(&house).await.len(), 0, "the store did not ask for it");
    drop(house);

    let house = at_home(helpdesk, Mode::Act).await;
    house.sandbox.act(ticket, Act::Close { by: None }).await.unwrap_err();
    let strike = Fault::new(Effect::Status { code: 503 }).vendor(helpdesk);
    house.sandbox.fault(strike.times(1));
    let taken = writes(&house, "where is order #1001? my postcode is 97205").await;
    house.sandbox.act(taken, Act::Assign { by: None }).await.unwrap();
    house.sandbox.act(taken, reply("I have it.")).await.unwrap();
    is_quiet(&house).await;
    assert!(mailed(&house).iter().all(|text| text == "I have it."), "{:?}", mailed(&house));
}

async fn an_answer_whose_fate_nobody_knows_is_not_sent_twice(helpdesk: Vendor) {
    for (effect, arrives) in [(Effect::CutAfter, 1), (Effect::CutBefore, 0)] {
        let house = at_home(helpdesk, Mode::Act).await;
        let ticket = writes(&house, "where is order #1001?").await;
        until("it is answered", async || mailed(&house).len() == 1).await;
        is_quiet(&house).await;
        house.sandbox.fault(reply_fault(&house, ticket, effect));
        house.sandbox.act(ticket, Act::Mail { text: "My postcode is 97205".to_owned() }).await.unwrap();
        if arrives == 1 {
            until("it has arrived", async || mailed(&house).len() == 2).await;
        } else {
            until("a mark is left", async || whole_ticket(&house, ticket).contains("may be missing here")).await;
        }
        until("it has come to an end", async || waiting_work(&house).await == 0).await;
        assert_eq!(mailed(&house).len(), 1 + arrives, "{:?}", mailed(&house));
    }
}

async fn a_code_that_comes_back_by_mail_proves_the_customer(helpdesk: Vendor) {
    let house = at_home(helpdesk, Mode::Act).await;
    let ticket = writes(&house, "where is order #1001? my postcode is 97205").await;
    until("it is answered", async || !mailed(&house).is_empty()).await;
    house.sandbox.act(ticket, Act::Mail { text: "show me all my orders".to_owned() }).await.unwrap();
    let code = || {
        let mails = house.sandbox.world().mails.into_iter().rev();
        let text = mails.filter(|mail| mail.via == MailVia::Sendgrid).find_map(|mail| mail.text)?;
        let digits = text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6)?;
        Some(digits.to_owned())
    };
    until("a code has been mailed", async || code().is_some()).await;
    is_quiet(&house).await;
    let code = code().unwrap();
    house.sandbox.act(ticket, Act::Mail { text: format!("it's {code}") }).await.unwrap();
    until("it is proved", async || {
        let conversation = only_conversation(&house).await;
        let id = ConversationId::new(conversation["conversation_id"].as_str().unwrap());
        let events = house.storage.read(&id, 0).await.unwrap();
        events.iter().any(|event| matches!(event.body, EventBody::CodeChecked { right: true, .. }))
    })
    .await;
    is_quiet(&house).await;
    assert!(!format!("{:?}", only_conversation(&house).await).contains(&code), "the code is nowhere in the log");
}

/// Strikes what the helpdesk is to send to the customer.
fn reply_fault(house: &House, ticket: u64, effect: Effect) -> Fault {
    match house.helpdesk {
        Vendor::Front => {
            let operation = format!("POST /conversations/{}/messages", front::id("cnv", ticket));
            Fault::new(effect).vendor(Vendor::Front).operation(operation).times(1)
        }
        _ => write_fault(house, ticket, effect),
    }
}

async fn the_helpdesks_own_chat_is_answered_in_it(helpdesk: Vendor) {
    let house = at_home(helpdesk, Mode::Act).await;
    let chat = FromCustomer { chat: true, subject: None, ..letter("where is order #1001? my postcode is 97205") };
    let ticket = house.sandbox.hear(helpdesk, &chat).await.unwrap();
    until("it is answered", async || whole_ticket(&house, ticket).contains("1Z61A04V0342517713")).await;
    is_quiet(&house).await;
    if helpdesk == Vendor::Gorgias {
        let world = house.sandbox.world();
        let own = world.helpdesk.ticket(ticket).unwrap().messages.last().unwrap().clone();
        assert_eq!((own.channel.as_str(), own.integration_id.is_some()), ("chat", true));
        assert!(own.delivered_to_customer && own.receiver.is_some());
    }
}

async fn what_people_closed_is_the_agents_again_when_the_customer_writes_again(helpdesk: Vendor) {
    let house = at_home(helpdesk, Mode::Act).await;
    let ticket = writes(&house, "Hello, I want to talk to a human please").await;
    until("a person is asked", async || !mailed(&house).is_empty()).await;
    is_quiet(&house).await;
    house.sandbox.act(ticket, reply("Rosa here. All is well with it.")).await.unwrap();
    house.sandbox.act(ticket, Act::Close { by: None }).await.unwrap();
    is_quiet(&house).await;
    assert_eq!(only_conversation(&house).await["status"], "resolved");
    house
        .sandbox
        .act(ticket, Act::Mail { text: "where is order #1001? my postcode is 97205".to_owned() })
        .await
        .unwrap();
    until("the agent answers", async || mailed(&house).iter().any(|text| text.contains("1Z61A04V0342517713"))).await;
    is_quiet(&house).await;
    assert_eq!(only_conversation(&house).await["status"], "ai_handling");
}

async fn an_answer_on_its_way_is_not_called_unsent_because_a_person_came(helpdesk: Vendor) {
    let house = at_home(helpdesk, Mode::Act).await;
    let ticket = writes(&house, "where is order #1001?").await;
    until("it is answered", async || mailed(&house).len() == 1).await;
    is_quiet(&house).await;
    house.sandbox.fault(reply_fault(&house, ticket, Effect::CutAfter));
    house.sandbox.act(ticket, Act::Mail { text: "My postcode is 97205".to_owned() }).await.unwrap();
    until("it has been mailed, and nobody here knows", async || mailed(&house).len() == 2).await;
    house.sandbox.act(ticket, reply("Rosa here, too.")).await.unwrap();
    until("it has come to an end", async || waiting_work(&house).await == 0).await;
    let whole = whole_ticket(&house, ticket);
    assert!(!whole.contains("was not sent"), "it was: {whole}");
    assert_eq!(mailed(&house).iter().filter(|text| text.contains("1Z61A04V0342517713")).count(), 1);
}
