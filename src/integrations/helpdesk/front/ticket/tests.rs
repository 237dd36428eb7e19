use serde_json::{Value, json};

use super::super::super::TranscriptLine;
use super::*;
use crate::domain::customer::Email;
use crate::domain::id::ConversationId;

fn settings(more: &str) -> FrontSettings {
    let least = "api_token = 'k'\napp_id = 'a'\napp_secret = '0123456789abcdef'\nchannel = 'cha_1'\nagent = 'tea_1'\n";
    toml::from_str(&format!("{least}{more}")).unwrap()
}

fn draft(lines: &[(bool, &str)]) -> TicketDraft {
    let line = |(number, (from_customer, text)): (usize, &(bool, &str))| TranscriptLine {
        id: format!("msg_{number}"),
        from_customer: *from_customer,
        text: (*text).to_owned(),
        at: "2026-11-23T20:00:00Z".parse().unwrap(),
    };
    TicketDraft {
        effect: EffectId::new("eff_1"),
        subject: "Chat:\nnever arrived".to_owned(),
        tags: vec!["deskhand-asked".to_owned()],
        customer: TicketCustomer { conversation: ConversationId::new("conv_1"), email: None, name: None },
        transcript: lines.iter().enumerate().map(line).collect(),
        note: "Carrier says delivered.".to_owned(),
    }
}

fn sent(settings: &FrontSettings, draft: &TicketDraft) -> Value {
    serde_json::from_str(&request(settings, draft)).unwrap()
}

#[test]
fn all_that_was_said_is_one_message_of_the_customer_without_the_note() {
    let opening = sent(&settings(""), &draft(&[(true, "nothing <came>"), (false, "(AI) A colleague will help.")]));
    let message = &opening["message"];
    assert_eq!(
        message["body"],
        "<p>[2026-11-23 20:00 UTC] Customer: nothing &lt;came&gt;<br><br>\
         [2026-11-23 20:00 UTC] Agent: (AI) A colleague will help.<br><br>[deskhand eff_1]</p>"
    );
    assert_eq!(message["metadata"], json!({"external_id": "eff_1", "external_conversation_id": "eff_1"}));
    assert_eq!(message["sender"], json!({"handle": "conv_1"}));
    assert_eq!((&message["subject"], &message["delivered_at"]), (&json!("Chat: never arrived"), &json!(1_795_464_000)));
    assert!(!opening.to_string().contains("Carrier"), "the customer does not write it");
}

#[test]
fn what_the_store_wants_of_its_conversations() {
    let mut draft = draft(&[]);
    draft.customer.email = Email::parse("finn@example.com");
    draft.customer.name = Some("Finn".to_owned());
    let opening = sent(&settings("tags = ['From Chat', 'deskhand-asked', ' ']\nsubject = '{subject} !'"), &draft);
    assert_eq!(opening["tags"], json!(["From Chat", "deskhand-asked"]));
    assert_eq!(opening["message"]["subject"], "Chat: never arrived !");
    assert_eq!(opening["message"]["sender"], json!({"handle": "conv_1", "name": "Finn", "email": "finn@example.com"}));
}

#[test]
fn however_long_it_was_the_newest_stays() {
    let long = "🙂".repeat(20_000);
    let mut lines = vec![(true, long.as_str()); 9];
    lines.push((true, "the last word"));
    let body = sent(&settings(""), &draft(&lines))["message"]["body"].as_str().unwrap().to_owned();
    assert!(body.len() < 65_536, "{}", body.len());
    assert!(body.contains("(8 older messages left out)") && body.contains("the last word<br>"), "{}", body.len());
}
