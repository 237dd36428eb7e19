use serde_json::{Value, json};

use super::Pseudonyms;

fn replaced(events: &[Value]) -> String {
    let mut pseudonyms = Pseudonyms::learn(events);
    let events: Vec<Value> = events.iter().map(|event| pseudonyms.replace(event.clone())).collect();
    serde_json::to_string(&events).unwrap()
}

#[test]
fn what_names_a_person_is_gone_wherever_it_stands() {
    let events = [
        json!({"type": "conversation.opened", "customer": {"email": "kim.berg@example.com", "name": "Kim Berg"}}),
        json!({"type": "message.received", "content": "Hi, Kim here. Order 1042, KIM.BERG@example.com, zip 97205, call +1 503 555 0100"}),
        json!({"type": "message.received", "content": "I live at 12 Alder Grove Road. My name is Tove Lindqvist. Is #1042 late?"}),
        json!({"type": "routed", "analysis": {"entities": {"order_numbers": ["1042"], "postcodes": ["97205"], "emails": []}}}),
        json!({"type": "model.answered", "calls": [{"id": "c", "name": "find_order", "arguments": "{\"order_number\":\"1042\",\"postcode\":\"97205\",\"email\":null}"}]}),
        json!({"type": "tool.completed", "receipt": {"order": {"order_number": "#1042", "shipments": [{"tracking_number": "1Z999", "tracking_url": "https://ups.example/1Z999"}]}, "sent_to": "k•••@example.com"}}),
        json!({"type": "policy.decided", "code": "outside_window", "judged": {"basis": {"order": {"number": 1042, "note": "Kim's"}}}}),
        json!({"type": "message.completed", "content": "Thank you, Tove. Parcel 1Z999 of #1042 goes to Alder Grove."}),
    ];
    let text = replaced(&events);
    for personal in
        ["kim", "Kim", "KIM", "Berg", "1042", "97205", "555", "Alder Grove Road", "Tove", "Lindqvist", "1Z999", "k•••"]
    {
        assert!(!text.contains(personal), "{personal} is still in {text}");
    }
    assert!(text.contains("find_order") && text.contains("late?") && text.contains("outside_window"), "{text}");
}

#[test]
fn the_same_value_has_the_same_placeholder_and_another_has_another() {
    let events = [
        json!({"content": "Where is #1001? ana@example.com"}),
        json!({"content": "no, 1001 and #1002, Ana@example.com"}),
    ];
    let text = replaced(&events);
    assert_eq!(
        text,
        r#"[{"content":"Where is [order-1]? [email-1]"},{"content":"no, [order-1] and [order-2], [email-1]"}]"#
    );
}

#[test]
fn what_names_nobody_stays() {
    let events = [
        json!({"type": "routed", "conversation": "conv_1", "seq": 4, "agent": "wismo", "content": "It arrives on Friday for $64.00."}),
    ];
    assert_eq!(replaced(&events), serde_json::to_string(&events).unwrap());
}
