use jiff::Timestamp;
use serde_json::Value;

use super::super::message::planted;
use super::*;
use crate::domain::customer::Email;
use crate::domain::id::{ConversationId, EffectId};
use crate::integrations::helpdesk::TicketCustomer;

fn settings() -> GorgiasSettings {
    let json = r#"{"domain":"fern","user":"api@fern.example","api_key":"k","agent":"ai@fern.example",
        "subject":"[AI] {subject}","tags":["ai-handoff"],"assignee_team":7,"priority":"high"}"#;
    serde_json::from_str(json).unwrap()
}

fn line(number: usize, from_customer: bool, text: &str) -> TranscriptLine {
    let at = Timestamp::from_second(1_764_000_000 + i64::try_from(number).unwrap()).unwrap();
    TranscriptLine { id: format!("msg_{number}"), from_customer, text: text.to_owned(), at }
}

fn customer(email: Option<Email>) -> TicketCustomer {
    TicketCustomer { conversation: ConversationId::new("conv_1"), email, name: Some("Ana, the CEO".to_owned()) }
}

fn draft(transcript: Vec<TranscriptLine>) -> TicketDraft {
    TicketDraft {
        effect: EffectId::new("eff_1"),
        subject: "Where is #1012?".to_owned(),
        tags: vec!["missing-parcel".to_owned(), "ai-handoff".to_owned()],
        customer: customer(Email::parse("ana@example.com")),
        transcript,
        note: "Carrier says delivered.".to_owned(),
    }
}

fn json(draft: &TicketDraft) -> Value {
    serde_json::from_str(&request(&settings(), draft)).unwrap()
}

#[test]
fn the_transcript_is_recorded_and_the_note_is_internal() {
    let ticket = json(&draft(vec![line(1, true, "where is it <b>\"now\"</b>"), line(2, false, "I look.")]));
    assert_eq!(ticket["external_id"], "eff_1");
    assert_eq!(ticket["subject"], "[AI] Where is #1012?");
    assert_eq!(ticket["tags"], serde_json::json!([{"name": "ai-handoff"}, {"name": "missing-parcel"}]));
    assert_eq!(ticket["assignee_team"]["id"], 7);
    assert_eq!(ticket["priority"], "high");
    assert_eq!(ticket["customer"], serde_json::json!({"email": "ana@example.com"}), "no name: it would rename her");
    let [first, second, note] = ticket["messages"].as_array().unwrap().as_slice() else { panic!("{ticket}") };
    assert_eq!((&first["from_agent"], &first["sender"]["email"]), (&Value::Bool(false), &"ana@example.com".into()));
    assert_eq!(first["body_text"], "where is it <b>\"now\"</b>");
    assert_eq!((&second["from_agent"], &second["sender"]["email"]), (&Value::Bool(true), &"ai@fern.example".into()));
    for message in [first, second] {
        assert_eq!(message["channel"], "api");
        assert!(message["sent_datetime"].is_string(), "without it Gorgias mails the message");
    }
    assert_eq!((&note["channel"], &note["public"]), (&"internal-note".into(), &Value::Bool(false)));
    assert_eq!(note["body_text"], "Carrier says delivered.");
}

#[test]
fn the_id_that_the_permit_is_compared_with_stands_first() {
    assert!(request(&settings(), &draft(vec![])).starts_with(&planted(&EffectId::new("eff_1"))));
}

#[test]
fn a_shopper_without_an_address_gets_one_at_which_nothing_arrives() {
    let ticket = json(&TicketDraft { customer: customer(None), ..draft(vec![line(1, true, "hi")]) });
    assert_eq!(ticket["customer"]["email"], "conv_1@visitor.invalid");
    assert_eq!(ticket["customer"]["name"], "Ana, the CEO");
    assert_eq!(ticket["messages"][0]["sender"], serde_json::json!({"email": "conv_1@visitor.invalid"}));
}

#[test]
fn five_hundred_messages_are_the_most_and_nothing_is_lost_beyond() {
    let said = |count: usize| {
        draft((0..count).map(|number| line(number, number % 2 == 0, &format!("line {number}"))).collect())
    };
    let fits = json(&said(499));
    assert_eq!(fits["messages"].as_array().unwrap().len(), 500);
    assert_eq!(fits["messages"][0]["body_text"], "line 0");

    let ticket = json(&said(620));
    let messages = ticket["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 500);
    let earlier = messages[0]["body_text"].as_str().unwrap();
    assert_eq!(messages[0]["channel"], "internal-note");
    assert!(earlier.contains("Customer: line 0\n") && earlier.ends_with("Agent: line 121"), "{earlier}");
    assert_eq!(messages[1]["body_text"], "line 122");
    assert_eq!(messages[498]["body_text"], "line 619");
}

#[test]
fn long_texts_are_bounded_and_the_newest_of_the_joined_kept() {
    let long = "ä".repeat(30_000);
    let ticket = json(&draft(vec![line(1, true, &long)]));
    assert_eq!(ticket["messages"][0]["body_text"].as_str().unwrap().chars().count(), 20_000);

    let lines = (0..700).map(|number| line(number, true, &format!("{number} {}", "x".repeat(1_000)))).collect();
    let ticket = json(&draft(lines));
    let earlier = ticket["messages"][0]["body_text"].as_str().unwrap();
    assert!(earlier.chars().count() <= 20_000);
    assert!(earlier.contains("older messages left out") && earlier.contains("Customer: 201 x"), "{}", &earlier[..200]);
}

#[test]
fn an_empty_line_is_not_refused_for_being_empty() {
    let ticket = json(&TicketDraft { note: String::new(), ..draft(vec![line(1, true, " ")]) });
    assert_eq!(ticket["messages"][0]["body_text"], "(empty)");
    assert_eq!(ticket["messages"][1]["body_text"], "(no summary)");
}

#[test]
fn a_subject_is_one_line() {
    let ticket = json(&TicketDraft { subject: "a\r\nBcc: {subject}".to_owned(), ..draft(vec![]) });
    assert_eq!(ticket["subject"], "[AI] a  Bcc: {subject}");
}
