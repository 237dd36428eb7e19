use serde_json::{Value, json};

use super::super::super::{TicketCustomer, TranscriptLine};
use super::*;
use crate::domain::customer::Email;
use crate::domain::id::ConversationId;

fn settings(more: &str) -> IntercomSettings {
    let least = "app_id = 'fern1'\naccess_token = 'k'\nadmin = 11\n";
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
        note: "For colleagues only.".to_owned(),
    }
}

fn made(settings: &IntercomSettings, draft: &TicketDraft) -> Value {
    serde_json::from_str(&request(settings, draft)).unwrap()
}

#[test]
fn all_that_was_said_is_the_first_message_and_the_note_is_none_of_it() {
    let made = made(&settings(""), &draft(&[(true, "nothing came"), (false, "(AI) A colleague will help.")]));
    assert_eq!(
        made["body"],
        "Chat: never arrived\n\nWhat was said\n\n[2026-11-23 20:00 UTC] Customer: nothing came\n\n\
         [2026-11-23 20:00 UTC] Agent: (AI) A colleague will help.\n\n[deskhand eff_1]"
    );
    assert_eq!(made["contact"], json!({"role": "user", "external_id": "eff_1"}));
    assert_eq!(made["tags"], json!(["deskhand-asked"]));
    assert!(!made.to_string().contains("colleagues only"), "the contact may read the first message");
}

#[test]
fn an_address_is_told_to_people_and_is_the_contacts_only_where_the_store_wishes_so() {
    let mut draft = draft(&[]);
    draft.customer.email = Email::parse("finn@example.com");
    draft.customer.name = Some(" Finn ".to_owned());
    let without = made(&settings(""), &draft);
    assert_eq!(without["contact"], json!({"role": "user", "external_id": "eff_1", "name": "Finn"}));
    assert!(without["body"].as_str().unwrap().contains("finn@example.com"));
    let with = made(&settings("mail_contacts = true\ntags = ['Chat', 'DESKHAND-ASKED']\nteam = 7"), &draft);
    assert_eq!(with["contact"]["email"], "finn@example.com");
    assert_eq!((&with["tags"], &with["team"]), (&json!(["Chat", "DESKHAND-ASKED"]), &json!(7)));
}

#[test]
fn however_long_it_was_it_fits_and_the_newest_stays() {
    let long = "🙂".repeat(20_000);
    let mut lines = vec![(true, long.as_str()); 9];
    lines.push((true, "the last word"));
    let made = made(&settings(""), &draft(&lines));
    let body = made["body"].as_str().unwrap();
    assert!(body.chars().count() <= ROOM, "{}", body.chars().count());
    assert!(body.contains("older messages left out)") && body.ends_with("the last word\n\n[deskhand eff_1]"));
}
