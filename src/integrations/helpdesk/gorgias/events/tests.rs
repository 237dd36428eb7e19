use reqwest::header::{HeaderMap, HeaderValue};

use super::*;

const BODY: &[u8] = br#"{"event_id":"1897045193","event_type":"ticket-message-created","ticket_id":"82000001"}"#;

fn events() -> Events {
    Events::new(&SecretString::from("a secret of the store's own".to_owned()))
}

fn told(token: &str) -> HeaderMap {
    HeaderMap::from_iter([(TOKEN.parse().unwrap(), HeaderValue::from_str(token).unwrap())])
}

fn token() -> String {
    let integration = events().integration("Deskhand", &Url::parse("https://agent.example").unwrap());
    integration["http"]["headers"][TOKEN].as_str().unwrap().to_owned()
}

#[test]
fn only_who_was_told_both_secrets_is_believed() {
    let (events, token) = (events(), token());
    let tail = events.tail().to_owned();
    assert!(events.is_signed(&tail, &told(&token), BODY));
    let other = Events::new(&SecretString::from("another secret".to_owned()));
    for (tail, token) in [
        ("", token.as_str()),
        (other.tail(), token.as_str()),
        (&tail[..30], token.as_str()),
        (&tail, ""),
        (&tail, &token[..62]),
        (&tail, "a secret of the store's own"),
    ] {
        assert!(!events.is_signed(tail, &told(token), BODY), "{tail} {token}");
    }
    assert!(!events.is_signed(&tail, &HeaderMap::new(), BODY));
    let mut twice = told(&token);
    twice.append(TOKEN, HeaderValue::from_str(&token).unwrap());
    assert!(!events.is_signed(&tail, &twice, BODY));
}

#[test]
fn a_body_says_where_to_look_and_nothing_else() {
    let hint = Hint {
        event: "1897045193".to_owned(),
        kind: "ticket-message-created".to_owned(),
        object: "82000001".to_owned(),
    };
    assert_eq!(events().read(BODY), Heard::Hint(hint));
    for body in [
        "",
        "not json",
        "[]",
        r#"{"event_id":"1","event_type":"x","ticket_id":"../users"}"#,
        r#"{"event_id":"1","event_type":"x","ticket_id":""}"#,
        r#"{"event_id":"","event_type":"x","ticket_id":"1"}"#,
        r#"{"event_id":"1","event_type":"x"}"#,
    ] {
        assert!(matches!(events().read(body.as_bytes()), Heard::Unreadable(_)), "{body}");
    }
}
