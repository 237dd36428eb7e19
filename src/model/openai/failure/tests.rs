use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
}

#[test]
fn errors_are_read_in_every_form() {
    let read = |text: &str| ServerError::from_body(text.as_bytes()).to_string();
    assert_eq!(read(r#"{"error":{"message":"no","type":"t","param":null,"code":null}}"#), "no");
    assert_eq!(read(r#"{"error":{"message":"no","code":402}}"#), "no (402)");
    assert_eq!(read(r#"{"error":"no"}"#), "no");
    assert_eq!(read(r#"[{"error":{"message":"no","code":400,"status":"INVALID_ARGUMENT"}}]"#), "no (400)");
    assert_eq!(read(r#"{"detail":"Not Found"}"#), "Not Found");
    assert_eq!(read(r#"{"object":"error","message":"no","type":"BadRequestError","code":400}"#), "no (400)");
    assert_eq!(read("upstream connect error"), "upstream connect error");
}

#[test]
fn the_wait_is_read_in_every_form() {
    assert_eq!(
        stated_wait(&headers(&[("retry-after-ms", "1500"), ("retry-after", "9")])),
        Some(Duration::from_millis(1_500))
    );
    assert_eq!(stated_wait(&headers(&[("retry-after", "2")])), Some(Duration::from_secs(2)));
    assert_eq!(stated_wait(&headers(&[("retry-after", "-2")])), Some(Duration::ZERO));
    assert_eq!(stated_wait(&headers(&[("retry-after", "soon")])), None);
    assert_eq!(stated_wait(&headers(&[])), None);
    assert_eq!(stated_wait(&headers(&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")])), Some(Duration::ZERO));
    let later = Clock::machine() + jiff::SignedDuration::from_secs(100);
    let date = later.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let wait = stated_wait(&headers(&[("retry-after", &date)])).expect("a wait");
    assert!((97..=100).contains(&wait.as_secs()), "{wait:?}");
    assert_eq!(stated_wait(&headers(&[("retry-after", "1e300")])), None);
}

#[test]
fn a_reason_is_one_short_line_without_secrets() {
    let secrets = Secrets::new(["hunter2-hunter2".into(), "".into()]);
    assert_eq!(secrets.conceal("a\n\tb\u{b}  c."), "a b c");
    assert_eq!(secrets.conceal("key=hunter2-hunter2!"), "key=[redacted]!");
    assert_eq!(secrets.conceal("key (sk-proj-abc) \"sk-x\""), "key [redacted] [redacted]");
    assert_eq!(secrets.conceal(" "), "no reason given");
    let long = secrets.conceal(&"é".repeat(5_000));
    assert_eq!(long.chars().count(), 301);
    assert_eq!(format!("{secrets:?}"), "Secrets(2)");
}

#[test]
fn another_model_helps_where_the_request_itself_is_right() {
    let refused = |status| ModelError::Refused { status, reason: String::new() };
    for status in [404, 408, 409, 500, 503] {
        assert!(another_may_answer(&refused(status)), "{status}");
    }
    for status in [400, 413, 422] {
        assert!(!another_may_answer(&refused(status)), "{status}");
    }
}
