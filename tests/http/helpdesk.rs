//! Houses whose people work in a helpdesk, whichever it is, and what can be seen there.

use std::time::Duration;

use deskhand::desk::Pace;
use deskhand::sandbox::helpdesk::{Side, TicketShown};
use deskhand::sandbox::world::front;
use deskhand::sandbox::{Act, Effect, Fault, Fixture, Vendor};
use deskhand::storage::deliveries::Deliveries as _;
use deskhand::storage::outbox::Outbox as _;
use serde_json::Value;

use super::house::{House, Wishes};

/// Each flow with each helpdesk: another one is a line here.
macro_rules! at_each_helpdesk {
    ($($flow:ident),* $(,)?) => {$(
        mod $flow {
            $crate::helpdesk::at_each_helpdesk!(@of $flow, front: Front);
            $crate::helpdesk::at_each_helpdesk!(@of $flow, gorgias: Gorgias);
            $crate::helpdesk::at_each_helpdesk!(@of $flow, intercom: Intercom);
            $crate::helpdesk::at_each_helpdesk!(@of $flow, zendesk: Zendesk);
        }
    )*};
    (@of $flow:ident, $name:ident: $vendor:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            super::$flow(super::Vendor::$vendor).await;
        }
    };
}

pub(crate) use at_each_helpdesk;

pub async fn house_with(helpdesk: Vendor, change: impl FnOnce(&mut Wishes)) -> House {
    let policy = toml::from_str(Fixture::juniper_and_pine_policy()).unwrap();
    let pace = Pace { absence: Duration::from_millis(400), ..Wishes::default().pace };
    let mut wishes = Wishes { policy, pace, helpdesk, offline: true, ..Wishes::default() };
    change(&mut wishes);
    let house = House::with(wishes).await;
    house.hear_the_helpdesk().await;
    house
}

/// A conversation that was handed over, and the number of its ticket.
pub async fn handed_over(house: &House) -> (String, u64) {
    let conversation = house.conversation().await;
    house.store().say(&conversation, "I want to talk to a human please").await.expect(200);
    let ticket = ticket_of(house, &conversation).await;
    (conversation, ticket)
}

pub async fn ticket_of(house: &House, conversation: &str) -> u64 {
    let path = format!("/v1/conversations/{conversation}");
    for _ in 0..200 {
        let answer = house.store().get(&path).await.expect(200);
        if let Some(reference) = answer.body["ticket"]["reference"].as_str() {
            assert!(
                answer.body["ticket"]["url"].as_str().is_some_and(|url| url.ends_with(reference)),
                "{}",
                answer.text
            );
            // People know Front's conversations by the number that its pages show.
            return match house.helpdesk {
                Vendor::Front => front::number("cnv", reference).unwrap(),
                _ => reference.parse().unwrap(),
            };
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no ticket was opened");
}

pub fn reply(text: &str) -> Act {
    Act::Reply { text: text.to_owned(), by: None }
}

pub async fn status(house: &House, conversation: &str) -> String {
    let answer = house.store().get(&format!("/v1/conversations/{conversation}")).await.expect(200);
    answer.body["status"].as_str().unwrap().to_owned()
}

/// Everything that was said, with who said it.
pub async fn said(house: &House, conversation: &str) -> Vec<(String, String)> {
    let answer = house.store().get(&format!("/v1/conversations/{conversation}")).await.expect(200);
    let messages = answer.body["messages"].as_array().unwrap().clone();
    let text = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    messages.iter().map(|message| (text(message, "author"), text(message, "content"))).collect()
}

/// What customer and agent said, as the ticket has it.
pub fn in_ticket(house: &House, ticket: u64) -> Vec<String> {
    let world = house.sandbox.world();
    match house.helpdesk {
        // Where nothing of ours is public, it says who spoke; what was said in a row may stand in one comment.
        Vendor::Zendesk => {
            let comments = &world.zendesk.ticket(ticket).expect("the ticket").comments;
            let spoken = comments.iter().filter_map(|comment| match comment.public {
                true => Some(comment.body.as_str()),
                false => comment.body.strip_prefix("Customer:\n").or_else(|| comment.body.strip_prefix("Agent:\n")),
            });
            let paragraphs = spoken.flat_map(|body| body.split("\n\n"));
            paragraphs.filter(|text| !text.starts_with("[deskhand eff_")).map(str::to_owned).collect()
        }
        Vendor::Intercom => {
            let parts = &world.intercom.conversation(ticket).expect("the conversation").parts;
            let spoken = parts.iter().filter_map(|part| match (part.kind.as_str(), part.text.as_deref()?) {
                ("note", text) => text.strip_prefix("Agent:\n"),
                (_, text) => Some(text),
            });
            let paragraphs = spoken.flat_map(|text| text.split("\n\n"));
            paragraphs.filter(|text| !text.starts_with("[deskhand eff_")).map(str::to_owned).collect()
        }
        Vendor::Front => {
            let shown = TicketShown::all(&world).into_iter().find(|own| own.id == ticket).expect("the conversation");
            let said = shown.messages.into_iter().filter(|message| message.by != Side::Note);
            said.flat_map(|message| message.text.split("\n\n").map(str::to_owned).collect::<Vec<_>>()).collect()
        }
        _ => {
            let messages = &world.helpdesk.ticket(ticket).expect("the ticket").messages;
            messages.iter().filter(|message| message.public).map(|message| message.body_text.clone().unwrap()).collect()
        }
    }
}

/// Everything that stands in it.
pub fn whole_ticket(house: &House, ticket: u64) -> String {
    let world = house.sandbox.world();
    let of_front = TicketShown::all(&world).into_iter().filter(|own| own.vendor == Vendor::Front && own.id == ticket);
    let of_front = of_front.flat_map(|own| own.messages).map(|message| message.text);
    let of_zendesk = world.zendesk.tickets.iter().flat_map(|own| &own.comments).map(|comment| comment.body.clone());
    let of_gorgias = world.helpdesk.ticket(ticket).into_iter().flat_map(|own| own.messages.clone());
    let of_intercom = world.intercom.conversations.iter().flat_map(|own| {
        let said = own.parts.iter().filter_map(|part| part.text.clone());
        std::iter::once(own.text.clone()).chain(said)
    });
    of_front
        .chain(of_zendesk)
        .chain(of_intercom)
        .chain(of_gorgias.filter_map(|message| message.body_text))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Strikes what is written into the ticket.
pub fn write_fault(house: &House, ticket: u64, effect: Effect) -> Fault {
    let operation = match house.helpdesk {
        Vendor::Zendesk => format!("PUT /api/v2/tickets/{ticket}"),
        Vendor::Intercom => format!("POST /conversations/{ticket}/reply"),
        Vendor::Front => format!("POST /channels/{}/inbound_messages", front::id("cha", front::CHANNEL)),
        _ => format!("POST /api/tickets/{ticket}/messages"),
    };
    Fault::new(effect).vendor(house.helpdesk).operation(operation).times(1)
}

pub fn times(lines: &[String], text: &str) -> usize {
    lines.iter().filter(|line| line.contains(text)).count()
}

pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("waited in vain: {what}");
}

/// Until every event of the helpdesk has come and was worked off, whatever the agent is still at.
pub async fn all_is_told(house: &House) {
    until("every event is taken and worked off", async || told(house).await).await;
}

async fn told(house: &House) -> bool {
    let world = house.sandbox.world();
    let waiting = [world.helpdesk.notices.len(), world.zendesk.notices.len(), world.front.notices.len()];
    let taken = waiting == [0; 3] && world.intercom.notices.is_empty();
    taken && house.storage.waiting_deliveries().await.unwrap() == 0
}

/// Until nothing is on its way between the helpdesk and here any more.
pub async fn is_quiet(house: &House) {
    until("all is told, and nothing waits", async || told(house).await && waiting_work(house).await == 0).await;
    assert!(house.storage.dead_deliveries(10).await.unwrap().is_empty());
}

pub async fn waiting_work(house: &House) -> u64 {
    house.storage.depth().await.unwrap().0
}
