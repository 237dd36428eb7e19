//! What Intercom's client asks for in all that it does, and what the sandbox answers, by Intercom's own description.

use std::path::Path;

use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::id::{ConversationId, EffectId};
use deskhand::integrations::Urgency;
use deskhand::integrations::helpdesk::intercom::Intercom;
use deskhand::integrations::helpdesk::{
    EntryKind, HelpdeskReader, HelpdeskWriter, TicketChange, TicketCustomer, TicketDraft, TicketEntry, TranscriptLine,
};
use deskhand::sandbox::{Fixture, INTERCOM_WORKSPACE, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::labels::nullable;
use super::relay::{Relay, Said};
use super::requests::{description, transport, violations};
use super::{Tally, permit};

pub async fn check(shared: &Path, tally: &mut Tally) {
    let intercom = nullable(description(shared, "specs/intercom/intercom-2.16.yaml.gz"));
    let sandbox = Sandbox::start(SandboxOptions::new(Fixture::juniper_and_pine().unwrap())).await.unwrap();
    let relay = Relay::before(sandbox.intercom_url()).await;
    all_of_it(&sandbox, &relay.base).await;
    let mut kinds: Vec<String> = relay.said().iter().map(|it| format!("{} {}", it.method, kind(&it.path))).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds.len(), 16, "{kinds:#?}");
    relay.said().iter().for_each(|it| judge(&intercom, it, tally));
}

/// Everything that the client can do, with what goes wrong.
async fn all_of_it(sandbox: &Sandbox, base: &str) {
    let (agent, person) = sandbox.look(|world| (world.helpdesk.users[0].id, world.helpdesk.users[1].id));
    let settings = json!({
        "app_id": INTERCOM_WORKSPACE, "admin": agent, "base_url": base, "tags": ["ai"], "team": 7, "mail_contacts": true,
        "access_token": sandbox.credentials().intercom_access_token,
    });
    let client = Intercom::new(serde_json::from_value(settings).unwrap(), transport()).unwrap();
    client.check().await.unwrap();
    let customer = |email: &str| TicketCustomer {
        conversation: ConversationId::new("conv_1"),
        email: Email::parse(email),
        name: Some("Finn".to_owned()),
    };
    let mut tickets = Vec::new();
    // The second one's contact is known by the same address.
    for (number, email) in [(1, "finn@example.com"), (2, "finn@example.com"), (3, "")] {
        let line = |number: usize| TranscriptLine {
            id: format!("msg_{number}"),
            from_customer: number.is_multiple_of(2),
            text: "x".repeat(number * 100),
            at: Clock::machine(),
        };
        let draft = TicketDraft {
            effect: EffectId::new(format!("eff_{number}")),
            subject: "Never arrived ".repeat(200),
            tags: vec!["deskhand-asked".to_owned()],
            customer: customer(email),
            transcript: (0..if number == 1 { 700 } else { 3 }).map(line).collect(),
            note: "Carrier says delivered.".to_owned(),
        };
        let opened = client.open_ticket(permit(&draft.effect), &client.request(&draft)).await.unwrap();
        let found = client.ticket_of(&draft.effect, Urgency::Shopper).await.unwrap().unwrap();
        assert_eq!(found, opened);
        assert_eq!(client.ticket_of(&draft.effect, Urgency::Shopper).await.unwrap().unwrap(), opened);
        tickets.push(opened.id);
    }
    let ticket = tickets[0].as_str();
    for kind in [EntryKind::Customer, EntryKind::Agent, EntryKind::Note, EntryKind::Reply] {
        let effect = EffectId::new(format!("eff_{kind:?}"));
        let entry = TicketEntry {
            effect: effect.clone(),
            kind,
            customer: customer("finn@example.com"),
            text: "And <now>?".to_owned(),
            at: Clock::machine(),
            reply_path: None,
        };
        let id = client.write(permit(&effect), ticket, &client.entry(&entry)).await.unwrap();
        let view = client.ticket(ticket, Urgency::Shopper).await.unwrap().unwrap();
        let own = view.messages.iter().find(|message| message.id == id).expect("it is shown");
        assert_eq!(own.external_id.is_some(), kind != EntryKind::Reply, "{kind:?}");
        assert!(own.text.contains("And <now>?"), "{}", own.text);
    }
    let changes = |change: TicketChange| {
        let client = &client;
        async move {
            client.change(permit(&change.effect), ticket, &change.request()).await.unwrap();
            let view = client.ticket(ticket, Urgency::Shopper).await.unwrap().unwrap();
            assert!(change.holds_in(&view), "{view:?}");
        }
    };
    let of = |name: &str| TicketChange::of(EffectId::new(name));
    let (add_tags, remove_tags) = (vec!["vip".to_owned()], vec!["AI".to_owned()]);
    let (assignee, team) = (Some(person.to_string()), Some("8".to_owned()));
    let customer = Email::parse("new@example.com");
    changes(TicketChange { open: Some(false), add_tags, remove_tags, assignee, team, customer, ..of("eff_c1") }).await;
    changes(TicketChange { open: Some(true), ..of("eff_c2") }).await;
    assert!(!client.taggings(ticket, Urgency::Shopper).await.unwrap().is_empty());
    assert_eq!(client.ticket("1", Urgency::Shopper).await.unwrap(), None);
}

/// The path as the description writes it.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match segments.as_slice() {
        ["conversations", "search"] | ["contacts", "search"] => path.to_owned(),
        ["conversations", _] => "/conversations/{conversation_id}".to_owned(),
        ["conversations", _, what] => format!("/conversations/{{conversation_id}}/{what}"),
        ["conversations", _, "tags", _] => "/conversations/{conversation_id}/tags/{tag_id}".to_owned(),
        ["contacts", "find_by_external_id", _] => "/contacts/find_by_external_id/{external_id}".to_owned(),
        ["contacts", _] => "/contacts/{contact_id}".to_owned(),
        ["admins", _] => "/admins/{admin_id}".to_owned(),
        _ => path.to_owned(),
    }
}

fn judge(description: &Value, said: &Said, tally: &mut Tally) {
    let path = kind(&said.path);
    let operation = format!("/paths/{}/{}", path.replace('~', "~0").replace('/', "~1"), said.method.to_lowercase());
    assert!(description.pointer(&operation).is_some(), "no such operation: {} {path}", said.method);
    let what = format!("Intercom's {} {path}", said.method);
    let content = "content/application~1json/schema";
    if said.asked.is_object() {
        tally.of(&what, violations(description, &format!("{operation}/requestBody/{content}"), &said.asked));
    }
    let own = format!("{operation}/responses/{}/{content}", said.status);
    let answer = match description.pointer(&own) {
        Some(_) => own,
        None if said.status >= 400 => "/components/schemas/error".to_owned(),
        None => panic!("{what} answers {}, which is not described", said.status),
    };
    tally.of(&format!("{what}, answer {}", said.status), violations(description, &answer, &said.answered));
}
