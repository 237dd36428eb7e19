use reqwest::header::HeaderValue;

use super::*;

const BODY: &[u8] =
    br#"{"type":"zen:event-type:ticket.comment_added","id":"evt_1","detail":{"id":"5158","status":"OPEN"}}"#;
const SECRET: &str = "a secret of Zendesk's own";

fn events() -> Events {
    Events::new(&SecretString::from(SECRET))
}

fn signed(moment: &str, body: &[u8]) -> HeaderMap {
    let mut digest = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    digest.update(moment.as_bytes());
    digest.update(body);
    with(moment, &STANDARD.encode(digest.finalize().into_bytes()))
}

fn with(moment: &str, signature: &str) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(text).unwrap();
    HeaderMap::from_iter([(MOMENT.parse().unwrap(), value(moment)), (SIGNATURE.parse().unwrap(), value(signature))])
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

#[test]
fn only_what_zendesk_signed_a_moment_ago_is_believed() {
    let (events, sent) = (events(), "2026-11-23T16:00:00Z");
    let headers = signed(sent, BODY);
    for now in [sent, "2026-11-23T16:05:00Z", "2026-11-23T15:55:00Z"] {
        assert!(events.is_signed_at(at(now), &headers, BODY), "{now}");
    }
    for now in ["2026-11-23T16:05:01Z", "2026-11-23T15:54:59Z"] {
        assert!(!events.is_signed_at(at(now), &headers, BODY), "{now}");
    }
    let now = at(sent);
    assert!(!events.is_signed_at(now, &headers, b"{}"), "another body");
    let mut later = headers.clone();
    later.insert(MOMENT, HeaderValue::from_static("2026-11-23T16:00:01Z"));
    assert!(!events.is_signed_at(now, &later, BODY), "another moment");
    let signature = headers[SIGNATURE].to_str().unwrap();
    for headers in [
        HeaderMap::new(),
        with(sent, ""),
        with(sent, &signature[..20]),
        with("yesterday", signature),
        with("", signature),
        signed("yesterday", BODY),
    ] {
        assert!(!events.is_signed_at(now, &headers, BODY), "{headers:?}");
    }
    let mut twice = headers.clone();
    twice.append(SIGNATURE, headers[SIGNATURE].clone());
    assert!(!events.is_signed_at(now, &twice, BODY));
    let other = Events::new(&SecretString::from("another secret"));
    assert!(!other.is_signed_at(now, &headers, BODY));
}

#[test]
fn it_is_signed_for_an_address_that_ends_in_nothing_else() {
    let headers = signed(&Clock::machine().to_string(), BODY);
    assert!(events().is_signed("", &headers, BODY));
    assert!(!events().is_signed("tail", &headers, BODY));
    assert!(!events().is_signed("", &signed("2026-01-01T00:00:00Z", BODY), BODY), "long ago");
}

#[test]
fn a_body_says_where_to_look_and_nothing_else() {
    let hint = Hint {
        event: "evt_1".to_owned(),
        kind: "zen:event-type:ticket.comment_added".to_owned(),
        object: "5158".to_owned(),
    };
    assert_eq!(events().read(BODY), Heard::Hint(hint));
    let of_users = r#"{"type":"zen:event-type:user.created","id":"evt_2","detail":{"id":"1"}}"#;
    assert_eq!(events().read(of_users.as_bytes()), Heard::Nothing);
    for body in [
        "",
        "not json",
        "[]",
        r#"{"type":"zen:event-type:ticket.comment_added","id":"evt_1"}"#,
        r#"{"type":"zen:event-type:ticket.comment_added","id":"evt_1","detail":{"id":"../users"}}"#,
        r#"{"type":"zen:event-type:ticket.comment_added","id":"evt_1","detail":{"id":""}}"#,
        r#"{"type":"zen:event-type:ticket.comment_added","id":"","detail":{"id":"1"}}"#,
    ] {
        assert!(matches!(events().read(body.as_bytes()), Heard::Unreadable(_)), "{body}");
    }
}
