use reqwest::header::HeaderValue;
use serde_json::json;

use super::*;

const SECRET: &str = "the app's own client secret";

fn events() -> Events {
    Events::new(&SecretString::from(SECRET), "fern1")
}

fn with(signature: &str) -> HeaderMap {
    HeaderMap::from_iter([(SIGNATURE.parse().unwrap(), HeaderValue::from_str(signature).unwrap())])
}

fn signed(body: &[u8]) -> HeaderMap {
    let mut digest = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    digest.update(body);
    with(&format!("sha1={}", hex::encode(digest.finalize().into_bytes())))
}

fn event(topic: &str, item: Value) -> Value {
    json!({"type": "notification_event", "app_id": "fern1", "topic": topic, "id": "notif_1", "created_at": 1_795_449_600,
           "delivery_attempts": 1, "data": {"type": "notification_event_data", "item": item}})
}

#[test]
fn only_what_the_app_signed_is_believed() {
    let body = event("conversation.admin.replied", json!({"type": "conversation", "id": "5"})).to_string();
    let (events, headers) = (events(), signed(body.as_bytes()));
    assert!(events.is_signed("", &headers, body.as_bytes()));
    assert!(!events.is_signed("tail", &headers, body.as_bytes()));
    assert!(!events.is_signed("", &headers, b"{}"), "another body");
    let signature = headers[SIGNATURE].to_str().unwrap();
    let bare = signature.strip_prefix("sha1=").unwrap();
    for given in ["", "sha1=", bare, &signature[..25], &format!("sha256={bare}"), "sha1=not hexadecimal"] {
        assert!(!events.is_signed("", &with(given), body.as_bytes()), "{given}");
    }
    assert!(!events.is_signed("", &HeaderMap::new(), body.as_bytes()));
    let mut twice = headers.clone();
    twice.append(SIGNATURE, headers[SIGNATURE].clone());
    assert!(!events.is_signed("", &twice, body.as_bytes()));
    let other = Events::new(&SecretString::from("another app's secret"), "fern1");
    assert!(!other.is_signed("", &headers, body.as_bytes()));
}

#[test]
fn a_body_says_where_to_look_and_nothing_else() {
    let read = |event: &Value| events().read(event.to_string().as_bytes());
    let hint = |kind: &str, object: &str| {
        Heard::Hint(Hint { event: "notif_1".to_owned(), kind: kind.to_owned(), object: object.to_owned() })
    };
    for (topic, item) in [
        ("conversation.admin.replied", json!({"type": "conversation", "id": "5"})),
        ("conversation.user.replied", json!({"type": "conversation", "id": 5})),
        ("conversation.admin.closed", json!({"id": "5"})),
        ("conversation_part.tag.created", json!({"type": "conversation_part", "id": "9", "conversation": {"id": "5"}})),
        ("conversation_part.tag.created", json!({"type": "tag", "id": "9", "conversation_id": "5"})),
    ] {
        assert_eq!(read(&event(topic, item)), hint(topic, "5"), "{topic}");
    }
    let mut other = event("conversation.admin.replied", json!({"type": "conversation", "id": "5"}));
    other["app_id"] = json!("another");
    assert_eq!(read(&other), Heard::Nothing, "of another workspace");
    assert_eq!(read(&json!({"type": "notification_event", "topic": "ping"})), Heard::Nothing);
    assert_eq!(read(&event("contact.created", json!({"type": "contact", "id": "5"}))), Heard::Nothing);
    for item in [
        json!({"type": "conversation", "id": "../contacts"}),
        json!({"type": "conversation", "id": ""}),
        json!({"type": "conversation_part", "id": "5"}),
        json!({}),
    ] {
        assert!(matches!(read(&event("conversation.admin.noted", item.clone())), Heard::Unreadable(_)), "{item}");
    }
    let mut nameless = event("conversation.admin.noted", json!({"type": "conversation", "id": "5"}));
    nameless["id"] = Value::Null;
    assert!(matches!(read(&nameless), Heard::Unreadable(_)));
    for body in ["", "not json", "[]"] {
        assert!(matches!(events().read(body.as_bytes()), Heard::Unreadable(_)), "{body}");
    }
}
