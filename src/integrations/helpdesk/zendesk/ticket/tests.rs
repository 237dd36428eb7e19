use serde_json::{Value, json};

use super::super::super::TranscriptLine;
use super::*;
use crate::domain::customer::Email;
use crate::domain::id::ConversationId;

fn settings(more: &str) -> ZendeskSettings {
    let least = "subdomain = 'fern'\nuser = 'api@fern.example'\napi_token = 'k'\n";
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

fn sent(settings: &ZendeskSettings, draft: &TicketDraft) -> Value {
    let request = request(settings, draft);
    assert!(request.starts_with(&planted(&draft.effect)));
    serde_json::from_str::<Value>(&request).unwrap()["ticket"].clone()
}

#[test]
fn all_that_was_said_is_one_comment_that_nobody_is_mailed() {
    let ticket = sent(&settings(""), &draft(&[(true, "nothing came"), (false, "(AI) A colleague will help.")]));
    assert_eq!(ticket["comment"]["public"], false);
    assert_eq!(
        ticket["comment"]["body"],
        "Carrier says delivered.\n\nWhat was said\n\n[2026-11-23 20:00 UTC] Customer: nothing came\n\n\
         [2026-11-23 20:00 UTC] Agent: (AI) A colleague will help."
    );
    assert_eq!(ticket["subject"], "Chat: never arrived");
    let visitor = "conv_1@visitor.invalid";
    assert_eq!(ticket["requester"], json!({"name": visitor, "email": visitor}));
}

#[test]
fn what_the_store_wants_of_its_tickets() {
    let settings =
        settings("tags = ['From Chat', 'deskhand-asked']\npriority = 'high'\ngroup = 7\nsubject = '{subject} !'");
    let mut draft = draft(&[]);
    draft.customer.email = Email::parse("finn@example.com");
    draft.customer.name = Some("Finn".to_owned());
    let ticket = sent(&settings, &draft);
    assert_eq!(ticket["tags"], json!(["from_chat", "deskhand-asked"]));
    assert_eq!((&ticket["priority"], &ticket["group_id"]), (&json!("high"), &json!(7)));
    assert_eq!(ticket["subject"], "Chat: never arrived !");
    assert_eq!(ticket["requester"], json!({"name": "Finn", "email": "finn@example.com"}));
}

#[test]
fn however_long_it_was_it_fits_and_the_newest_stays() {
    let long = "🙂".repeat(20_000);
    let mut lines = vec![(true, long.as_str()); 9];
    lines.push((true, "the last word"));
    let mut draft = draft(&lines);
    draft.note = long.clone();
    let body = sent(&settings(""), &draft)["comment"]["body"].as_str().unwrap().to_owned();
    assert!(body.len() < 65_536, "{}", body.len());
    assert!(body.contains("(8 older messages left out)") && body.ends_with("the last word"));
}
