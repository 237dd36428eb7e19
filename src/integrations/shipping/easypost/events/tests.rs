use reqwest::header::{HeaderMap, HeaderValue};

use super::*;

/// `sécret`, in one character and in two: EasyPost means the same by both.
const SECRETS: [&str; 2] = ["s\u{e9}cret", "se\u{301}cret"];
const BODY: &str = r#"{"id":"evt_1","description":"tracker.updated"}"#;
const SIGNED: &str = "hmac-sha256-hex=9179bd2b42891a82d83aaceeee9761309c9c5ee02f19579dca91d3ed24d68f62";
/// Under the bytes of the one character.
const UNNORMALISED: &str = "hmac-sha256-hex=d121bff65e97874ca83e4aaae7ad2fad6a840ec1f2e4621b4497d2df40ccbf23";

fn events(secret: &str) -> Events {
    Events::new(&SecretString::from(secret))
}

fn headers(values: &[&str]) -> HeaderMap {
    values.iter().map(|value| ("X-Hmac-Signature".parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
}

#[test]
fn the_key_is_the_secret_taken_apart() {
    for secret in SECRETS {
        assert!(events(secret).is_signed("", &headers(&[SIGNED]), BODY.as_bytes()), "{secret}");
        assert!(!events(secret).is_signed("", &headers(&[UNNORMALISED]), BODY.as_bytes()), "{secret}");
    }
    assert!(!events("secret").is_signed("", &headers(&[SIGNED]), BODY.as_bytes()));
}

#[test]
fn nothing_but_the_one_signature_of_these_bytes_is_good() {
    let digits = SIGNED.strip_prefix(SCHEME).unwrap();
    let shorter = digits.get(..62).unwrap();
    let bad = [digits.to_owned(), format!("hmac-sha256-hex={shorter}"), SCHEME.to_owned(), String::new()];
    let events = events(SECRETS[0]);
    for text in &bad {
        assert!(!events.is_signed("", &headers(&[text]), BODY.as_bytes()), "{text}");
    }
    assert!(!events.is_signed("", &headers(&[]), BODY.as_bytes()));
    let twice = "X-Hmac-Signature".parse::<reqwest::header::HeaderName>().unwrap();
    let mut both = headers(&[SIGNED]);
    both.append(twice, HeaderValue::from_static(SIGNED));
    assert!(events.is_signed("", &headers(&[SIGNED]), BODY.as_bytes()));
    assert!(!events.is_signed("tail", &headers(&[SIGNED]), BODY.as_bytes()), "an address of another vendor's");
    assert!(!events.is_signed("", &both, BODY.as_bytes()), "which of them is meant?");
    let altered = BODY.replace("evt_1", "evt_2");
    assert!(!events.is_signed("", &headers(&[SIGNED]), altered.as_bytes()));
}

#[test]
fn only_trackers_of_shipments_are_heard() {
    let events = events("a secret of ours");
    let event = |description: &str, result: &str| {
        events.read(format!(r#"{{"id":"evt_1","description":"{description}","result":{result}}}"#).as_bytes())
    };
    let hint =
        |kind: &str| Heard::Hint(Hint { event: "evt_1".to_owned(), kind: kind.to_owned(), object: "shp_1".to_owned() });
    for kind in ["tracker.updated", "tracker.created", "tracker.teleported"] {
        assert_eq!(event(kind, r#"{"shipment_id":"shp_1","status":7,"weight":614.4}"#), hint(kind));
    }
    for result in [r#"{"shipment_id":null}"#, "{}", "null", "[]", r#"{"shipment_id":7}"#, r#"{"shipment_id":"a b"}"#] {
        assert_eq!(event("tracker.updated", result), Heard::Nothing, "{result}");
    }
    for kind in ["refund.successful", "batch.updated", "trackers"] {
        assert_eq!(event(kind, r#"{"shipment_id":"shp_1"}"#), Heard::Nothing, "{kind}");
    }
    assert_eq!(events.read(BODY.as_bytes()), Heard::Nothing, "it says of no shipment");
}

#[test]
fn what_does_not_read_says_so_without_its_words() {
    let long = format!(r#"{{"id":"{}","description":"tracker.updated"}}"#, "e".repeat(129));
    let ids =
        [r#"{"id":"","description":"tracker.updated"}"#, r#"{"id":"nora smith","description":"tracker.updated"}"#];
    for body in ["nora", "", "[1]", r#"{"description":"nora"}"#, r#"{"id":7,"description":"nora"}"#, &long]
        .into_iter()
        .chain(ids)
    {
        let Heard::Unreadable(why) = events("a secret of ours").read(body.as_bytes()) else { panic!("{body}") };
        assert!(!why.contains("nora"), "{why}");
    }
}
