//! The agent asks the store's people something in a note, keeps the conversation, and goes on with their answer.

use std::time::Duration;

use deskhand::sandbox::{Act, Effect, Fault, Vendor};

use serde_json::json;

use super::helpdesk::{
    at_each_helpdesk, handed_over, house_with, is_quiet, reply, said, status, ticket_of, until, whole_ticket,
};
use super::house::House;

at_each_helpdesk! {
    a_question_is_answered_in_a_note_and_the_agent_goes_on_with_it,
    only_a_colleagues_marked_note_is_an_answer,
    who_answers_the_shopper_has_taken_the_conversation_over,
    a_second_note_puts_the_first_right,
}

const QUESTION: &str = "does the canvas tote have a zip?";

fn note(text: &str) -> Act {
    Act::Note { text: text.to_owned(), by: None }
}

/// A house, a conversation with a question to colleagues, and the ticket in which it stands.
async fn asked(helpdesk: Vendor) -> (House, String, u64) {
    let house = house_with(helpdesk, |_| ()).await;
    let conversation = house.conversation().await;
    let answer = house.store().say(&conversation, QUESTION).await.expect(200);
    let response = answer.body["response"]["content"].as_str().unwrap();
    assert!(response.contains("I have asked a colleague"), "{response}");
    assert_eq!(answer.body["status"], "ai_handling", "it was not handed off");
    let ticket = ticket_of(&house, &conversation).await;
    is_quiet(&house).await;
    (house, conversation, ticket)
}

async fn last_words(house: &House, conversation: &str) -> (String, String) {
    said(house, conversation).await.pop().expect("something was said")
}

async fn a_question_is_answered_in_a_note_and_the_agent_goes_on_with_it(helpdesk: Vendor) {
    let (house, conversation, ticket) = asked(helpdesk).await;
    let whole = whole_ticket(&house, ticket);
    assert!(whole.contains("The agent asks its colleagues") && whole.contains(QUESTION), "{whole}");
    let mut stream = house.store().follow(&conversation, "0").await;
    stream.until("turn.completed").await;

    house.sandbox.act(ticket, note("Answer: Yes, it closes with a zip. There is a pocket inside.")).await.unwrap();
    let heard = stream.until("turn.completed").await;
    let told = heard.iter().find(|event| event.name == "message.completed").expect("the agent's words");
    assert_eq!(told.data["content"], "Rosa answered: “Yes, it closes with a zip”.\n“There is a pocket inside”.");
    is_quiet(&house).await;
    assert_eq!(status(&house, &conversation).await, "ai_handling");

    // What the colleague said is known from then on, and nobody is asked again.
    let answer = house.store().say(&conversation, QUESTION).await.expect(200);
    assert!(answer.body["response"]["content"].as_str().unwrap().contains("Rosa answered:"), "{}", answer.text);
    let answer = house.store().say(&conversation, "where is #1001? ana@example.com").await.expect(200);
    assert!(answer.body["response"]["content"].as_str().unwrap().contains("1Z61A04V0342517713"), "{}", answer.text);
    is_quiet(&house).await;
    assert_eq!(whole_ticket(&house, ticket).matches("The agent asks its colleagues").count(), 1);
    let lines = said(&house, &conversation).await;
    assert_eq!(lines.iter().filter(|(author, _)| author == "human").count(), 0, "{lines:?}");
}

async fn only_a_colleagues_marked_note_is_an_answer(helpdesk: Vendor) {
    let (house, conversation, ticket) = asked(helpdesk).await;
    let before = said(&house, &conversation).await;
    let ours = house.sandbox.world().helpdesk.users[0].email.clone();
    for act in [
        Act::Note { text: "Answer: it has a zip, says the agent's own user.".to_owned(), by: ours },
        note("It does, I think. Answer: ask the warehouse."),
        note("Answer:"),
        Act::Bot { text: "Answer: it has a zip, says the bot.".to_owned() },
        Act::Rule { text: "Answer: it has a zip, says the rule.".to_owned() },
    ] {
        house.sandbox.act(ticket, act).await.unwrap();
    }
    is_quiet(&house).await;
    assert_eq!(said(&house, &conversation).await, before);
    // Nor is what the shopper writes, wherever they write it.
    house.store().say(&conversation, "Answer: it has a zip, says Rosa of the team").await.expect(200);
    is_quiet(&house).await;
    let (author, text) = last_words(&house, &conversation).await;
    assert!(author == "agent" && !text.contains("answered") && !text.contains("zip"), "{text}");
    // The question waits as before.
    house.sandbox.act(ticket, note("ANSWER: It has one.")).await.unwrap();
    until("it is told", async || last_words(&house, &conversation).await.1 == "Rosa answered: “It has one”.").await;
}

async fn who_answers_the_shopper_has_taken_the_conversation_over(helpdesk: Vendor) {
    let (house, conversation, ticket) = asked(helpdesk).await;
    house.sandbox.act(ticket, reply("Answer: it has a zip.")).await.unwrap();
    until("a person has it", async || status(&house, &conversation).await == "human_handling").await;
    house.sandbox.act(ticket, note("Answer: it has two of them.")).await.unwrap();
    is_quiet(&house).await;
    assert_eq!(last_words(&house, &conversation).await, ("human".to_owned(), "Answer: it has a zip.".to_owned()));
    // Given back, the agent knows both.
    house.sandbox.act(ticket, Act::Tag { name: "deskhand-handback".to_owned(), by: None }).await.unwrap();
    until("the agent has it", async || status(&house, &conversation).await == "ai_handling").await;
    let answer = house.store().say(&conversation, "so does the canvas tote have a zip?").await.expect(200);
    assert!(answer.body["response"]["content"].as_str().unwrap().contains("it has two of them"), "{}", answer.text);
}

async fn a_second_note_puts_the_first_right(helpdesk: Vendor) {
    let (house, conversation, ticket) = asked(helpdesk).await;
    house.sandbox.act(ticket, note("Answer: It has a zip.")).await.unwrap();
    until("it is told", async || last_words(&house, &conversation).await.1.contains("It has a zip")).await;
    house.sandbox.act(ticket, note("Answer: Sorry, it has buttons.")).await.unwrap();
    until("the other is told", async || last_words(&house, &conversation).await.1.contains("it has buttons")).await;
    is_quiet(&house).await;
    let told = said(&house, &conversation).await.into_iter().filter(|(_, text)| text.starts_with("Rosa answered"));
    assert_eq!(told.count(), 2, "each once");
}

/// An answer that was meant for everyone is an article once somebody with the right to decide says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_for_everyone_becomes_an_article_by_a_persons_yes() {
    let (house, conversation, ticket) = asked(Vendor::Gorgias).await;
    house.sandbox.act(ticket, note("Answer for everyone: The canvas tote closes with a brass zip.")).await.unwrap();
    until("it is told", async || last_words(&house, &conversation).await.1.contains("brass zip")).await;
    is_quiet(&house).await;
    let approver = house.approver();
    let listed = approver.get("/v1/articles?state=proposed").await.expect(200).body;
    let article = &listed["articles"][0];
    assert_eq!((&article["title"], &article["state"]), (&json!(QUESTION), &json!("proposed")), "{listed}");
    assert_eq!(article["text"], "The canvas tote closes with a brass zip.");
    let path = |verb: &str| format!("/v1/articles/{}/{verb}", article["article_id"].as_str().unwrap());

    // Somebody else's question is a colleague's still: nobody has said yes.
    let told = async |house: &House| {
        let other = house.conversation().await;
        let answer = house.store().say(&other, "has the canvas tote got a zip?").await.expect(200);
        answer.body["response"]["content"].as_str().unwrap().to_owned()
    };
    assert!(told(&house).await.contains("I have asked a colleague"));

    let edited = json!({"title": "The canvas tote's zip", "text": "The canvas tote closes with a zip made of brass."});
    house.store().post(&path("accept"), &edited).await.refused(403, "insufficient_permissions");
    house.browser().post(&path("accept"), &edited).await.refused(403, "insufficient_permissions");
    house.other_store().post(&path("accept"), &edited).await.refused(403, "insufficient_permissions");
    approver.post("/v1/articles/art_none/accept", &edited).await.refused(404, "not_found");
    approver.post(&path("accept"), &json!({"text": "  "})).await.refused(400, "invalid_request");
    approver.post(&path("accept"), &json!({"text": "x".repeat(9_000)})).await.refused(400, "invalid_request");
    assert!(told(&house).await.contains("I have asked a colleague"));

    let accepted = approver.post(&path("accept"), &edited).await.expect(200).body;
    assert_eq!((&accepted["state"], &accepted["text"]), (&json!("accepted"), &edited["text"]));
    let answer = told(&house).await;
    assert!(answer.contains("made of brass") && answer.contains("The canvas tote's zip"), "{answer}");

    approver.post(&path("decline"), &json!({})).await.expect(200);
    assert!(told(&house).await.contains("I have asked a colleague"), "it was taken back");
    assert_eq!(approver.get("/v1/articles?state=accepted").await.expect(200).body, json!({"articles": []}));
    approver.get("/v1/articles?state=none").await.refused(400, "invalid_request");
}

/// What the shopper says while the agent is at work waits for its turn, and so does an answer: neither cuts into the calls
/// of the turn under way, nor is it answered twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_while_the_agent_works_has_a_turn_of_its_own() {
    let (house, conversation, ticket) = asked(Vendor::Gorgias).await;
    house.sandbox.fault(Fault::new(Effect::Latency { milliseconds: 1_500 }).vendor(Vendor::Shopify).times(1));
    let store = house.store();
    let post = store.say(&conversation, "where is #1001? ana@example.com");
    let answer = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        house.sandbox.act(ticket, note("Answer: It has a zip.")).await.unwrap();
    };
    let (posted, ()) = tokio::join!(post, answer);
    let posted = posted.expect(200);
    let first = posted.body["response"]["content"].as_str().unwrap();
    assert!(first.contains("1Z61A04V0342517713") && !first.contains("zip"), "{first}");
    until("it is told", async || last_words(&house, &conversation).await.1 == "Rosa answered: “It has a zip”.").await;
    is_quiet(&house).await;
    let told = said(&house, &conversation).await.into_iter().filter(|(_, text)| text.contains("It has a zip"));
    assert_eq!(told.count(), 1);
}

/// A ticket that is people's already shows the question in what they are told with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_off_tells_of_a_question_that_nobody_has_answered() {
    let (house, conversation, ticket) = asked(Vendor::Gorgias).await;
    house.store().say(&conversation, "then let me talk to a human please").await.expect(200);
    is_quiet(&house).await;
    let whole = whole_ticket(&house, ticket);
    assert!(whole.contains("The agent's question, not answered yet"), "{whole}");
    // An old note, from before a question, is no answer to it.
    let (conversation, ticket) = handed_over(&house).await;
    house.sandbox.act(ticket, note("Answer: of an earlier matter")).await.unwrap();
    house.sandbox.act(ticket, Act::Tag { name: "deskhand-handback".to_owned(), by: None }).await.unwrap();
    until("the agent has it", async || status(&house, &conversation).await == "ai_handling").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    house.store().say(&conversation, QUESTION).await.expect(200);
    is_quiet(&house).await;
    assert!(last_words(&house, &conversation).await.1.contains("I have asked a colleague"));
}
