use reqwest::header::HeaderValue;

use super::*;

const MESSAGE: &str = r#"{"type":"message","payload":{"id":"msg_1a","_links":{"related":{"conversation":"https://acme.api.frontapp.com/conversations/cnv_9z"}}},"metadata":{"external_conversation_id":"eff_1","external_conversation_ids":["eff_1","eff_2"]}}"#;
const SECRET: &str = "front-app-secret";

fn events() -> Events {
    Events::new(&SecretString::from(SECRET))
}

fn signed(moment: &str, body: &str) -> HeaderMap {
    let mut digest = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    digest.update(format!("{moment}:{body}").as_bytes());
    with(moment, &STANDARD.encode(digest.finalize().into_bytes()))
}

fn with(moment: &str, signature: &str) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(text).unwrap();
    HeaderMap::from_iter([(MOMENT.parse().unwrap(), value(moment)), (SIGNATURE.parse().unwrap(), value(signature))])
}

fn read(body: &str) -> Heard {
    events().read(body.as_bytes())
}

#[test]
fn only_what_front_signed_a_moment_ago_is_believed() {
    let (events, sent) = (events(), 1_795_449_600_000_i64);
    let headers = signed(&sent.to_string(), MESSAGE);
    let at = |milliseconds: i64| Timestamp::from_millisecond(sent + milliseconds).unwrap();
    for off in [0, 300_000, -300_000] {
        assert!(events.is_signed_at(at(off), &headers, MESSAGE.as_bytes()), "{off}");
    }
    for off in [300_001, -300_001] {
        assert!(!events.is_signed_at(at(off), &headers, MESSAGE.as_bytes()), "{off}");
    }
    assert!(!events.is_signed_at(at(0), &headers, b"{}"), "another body");
    let mut later = headers.clone();
    later.insert(MOMENT, HeaderValue::from_static("1795449600001"));
    assert!(!events.is_signed_at(at(0), &later, MESSAGE.as_bytes()), "another moment");
    let signature = headers[SIGNATURE].to_str().unwrap();
    for headers in [
        HeaderMap::new(),
        with("1795449600000", ""),
        with("1795449600000", &signature[..20]),
        with("yesterday", signature),
        with("", signature),
        signed("yesterday", MESSAGE),
        signed("1795449600", MESSAGE),
    ] {
        assert!(!events.is_signed_at(at(0), &headers, MESSAGE.as_bytes()), "{headers:?}");
    }
    let mut twice = headers.clone();
    twice.append(SIGNATURE, headers[SIGNATURE].clone());
    assert!(!events.is_signed_at(at(0), &twice, MESSAGE.as_bytes()));
    let other = Events::new(&SecretString::from("another secret"));
    assert!(!other.is_signed_at(at(0), &headers, MESSAGE.as_bytes()));
}

#[test]
fn it_is_signed_for_an_address_that_ends_in_nothing_else() {
    let headers = signed(&Clock::machine().as_millisecond().to_string(), MESSAGE);
    assert!(events().is_signed("", &headers, MESSAGE.as_bytes()));
    assert!(!events().is_signed("tail", &headers, MESSAGE.as_bytes()));
}

#[test]
fn a_message_of_the_channel_says_where_to_look_and_is_acknowledged_by_name() {
    let hint = |object: &str| {
        Heard::Hint(Hint { event: "msg_1a".to_owned(), kind: "message".to_owned(), object: object.to_owned() })
    };
    assert_eq!(read(MESSAGE), hint("eff_1"), "whatever it was merged into");
    assert_eq!(read(&MESSAGE.replace("eff_", "thread_")), hint("cnv_9z"));
    let acknowledge = |body: &str| events().acknowledge("https://desk.example/x", &HeaderMap::new(), body.as_bytes());
    let expected = json!({"type": "success", "external_id": "msg_1a", "external_conversation_id": "eff_1"});
    assert_eq!(acknowledge(MESSAGE), Some(expected));
    let older = MESSAGE.replace(r#","external_conversation_ids":["eff_1","eff_2"]"#, "");
    assert_eq!(acknowledge(&older).unwrap()["external_conversation_id"], "eff_1");
    let new = json!({"type": "message_autoreply", "payload": {"id": "msg_2"}, "metadata": {}}).to_string();
    assert_eq!(acknowledge(&new).unwrap()["external_conversation_id"], "msg_2", "a conversation that begins in Front");
    let added = acknowledge(r#"{"type":"authorization","payload":{"channel_id":"cha_1"}}"#);
    assert_eq!(added, Some(json!({"type": "success", "webhook_url": "https://desk.example/x"})));
    assert_eq!(acknowledge(r#"{"type":"conversation_archived","payload":{}}"#), None);
    assert_eq!(acknowledge("not json"), None);
}

#[test]
fn who_enters_the_address_is_answered_what_they_ask() {
    let headers = HeaderMap::from_iter([(CHALLENGE.parse().unwrap(), HeaderValue::from_static("abc"))]);
    let body = r#"{"type":"sync","authorization":{"id":"cmp_1"}}"#;
    assert_eq!(events().acknowledge("", &headers, body.as_bytes()), Some(json!({"challenge": "abc"})));
    assert_eq!(read(body), Heard::Nothing);
}

#[test]
fn events_say_where_to_look_with_an_envelope_or_without() {
    let hint = |kind: &str| {
        Heard::Hint(Hint { event: "evt_1".to_owned(), kind: kind.to_owned(), object: "cnv_9z".to_owned() })
    };
    let enveloped = r#"{"type":"conversation_archived","authorization":{"id":"cmp_1"},"payload":{"id":"evt_1","type":"archive","conversation":{"id":"cnv_9z"}}}"#;
    assert_eq!(read(enveloped), hint("conversation_archived"));
    assert_eq!(read(r#"{"type":"archive","id":"evt_1","conversation":{"id":"cnv_9z"}}"#), hint("archive"));
    let mail = r#"{"type":"inbound_received","payload":{"id":"evt_1","conversation":{"id":"cnv_9z"},"target":{"data":{"type":"email"}}}}"#;
    assert_eq!(read(mail), hint("inbound_received"));
    assert_eq!(read(&mail.replace("email", "custom")), Heard::Nothing, "what came in on the channel came from here");
    assert_eq!(read(r#"{"type":"message_imported","payload":{"id":"msg_1"}}"#), Heard::Nothing);
    for body in [
        "",
        "not json",
        "[]",
        r#"{"type":""}"#,
        r#"{"type":"message","payload":{"id":"msg_1"}}"#,
        r#"{"type":"message","payload":{"id":"../x","_links":{"related":{"conversation":"https://x/conversations/cnv_1"}}}}"#,
        r#"{"type":"message","payload":{"id":"msg_1","_links":{"related":{"conversation":"https://x/conversations/..%2f"}}}}"#,
        r#"{"type":"archive","id":"evt_1","conversation":{"id":"cnv_"}}"#,
        r#"{"type":"archive","conversation":{"id":"cnv_1"}}"#,
    ] {
        assert!(matches!(read(body), Heard::Unreadable(_)), "{body}");
    }
}
