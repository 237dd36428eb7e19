use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::*;

fn asked(value: &'static str) -> Option<Duration> {
    let headers = HeaderMap::from_iter([
        (RETRY_AFTER, HeaderValue::from_static(value)),
        (DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT")),
    ]);
    retry::wait_asked_for(StatusCode::TOO_MANY_REQUESTS, &headers, None)
}

#[test]
fn retry_after_in_all_its_forms() {
    assert_eq!(asked("2"), Some(Duration::from_secs(2)));
    assert_eq!(asked(" 2.5 "), Some(Duration::from_millis(2_500)));
    assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
    assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO), "a moment that has passed");
    assert_eq!(asked("1e12"), Some(retry::LONGEST_WAIT));
    for odd in ["", "soon", "-1", "NaN", "inf"] {
        assert_eq!(asked(odd), None, "{odd}");
    }
}

#[test]
fn backoff_doubles_and_never_falls_below_half() {
    for tried in 1..=5 {
        let whole = Duration::from_millis(100) * 2_u32.pow(tried - 1);
        for _ in 0..50 {
            let pause = retry::backoff(Duration::from_millis(100), tried);
            assert!(pause >= whole / 2 && pause <= whole, "{tried}: {pause:?}");
        }
    }
}

#[test]
fn reasons_keep_words_and_lose_what_names_people_or_opens_doors() {
    let cases = [
        ("Invalid API key SG.abcdefgh12345678.xyz", "Invalid API key •••"),
        ("no such customer: ana@example.com.", "no such customer: •••"),
        ("code 314159 for card 4242 4242-4242", "code ••• for card 4242 4242-4242"),
        ("phone +1-503-555-0100", "phone •••"),
        ("limit 40 in 20s, version 2026-10", "limit 40 in 20s, version 2026-10"),
        ("line\r\nbreak\tand tab", "line  break and tab"),
    ];
    for (said, kept) in cases {
        assert_eq!(redaction::for_operator(said), kept);
    }
    assert_eq!(redaction::for_operator(&"ä ".repeat(1_000)).chars().count(), 301);
}

#[test]
fn unreadable_json_is_described_and_not_quoted() {
    let error = serde_json::from_str::<u64>("\"ana@example.com\"").unwrap_err();
    assert!(error.to_string().contains("ana@example.com"), "serde quotes it");
    assert!(!redaction::unreadable(&error).contains("ana"));
}

#[test]
fn base_urls_that_leak_or_lead_nowhere_are_refused() {
    for good in ["https://api.example.com", "http://127.0.0.1:4010/shop"] {
        assert!(check_base_url("x.base_url", &Url::parse(good).unwrap()).is_ok(), "{good}");
    }
    for bad in ["ftp://example.com", "data:text/plain,x", "https://me:pw@example.com", "https://example.com/?a=b"] {
        let error = check_base_url("x.base_url", &Url::parse(bad).unwrap()).unwrap_err();
        assert_eq!(error.key, "x.base_url");
        assert!(!error.to_string().contains("pw"), "{error}");
    }
}

#[test]
fn a_secret_header_does_not_print_itself() {
    let header = secret_header(&SecretString::from("shpat_1".to_owned())).unwrap();
    assert_eq!(format!("{header:?}"), "Sensitive");
    assert!(secret_header(&SecretString::from("a\nb".to_owned())).is_none());
}

#[tokio::test]
async fn background_work_does_not_eat_what_a_shopper_saves_up_for() {
    use crate::integrations::Urgency::{Background, Shopper};
    let budget = budget::Budget::new(Some(Rate { capacity: 10.0, per_second: 40.0 }));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    budget.spend(10.0, Shopper, deadline).await.unwrap();
    let order = std::sync::Mutex::new(Vec::new());
    let spend = |cost, urgency| {
        let (budget, order) = (&budget, &order);
        async move {
            budget.spend(cost, urgency, deadline).await.unwrap();
            order.lock().unwrap().push(urgency);
        }
    };
    tokio::join!(spend(9.0, Shopper), spend(1.0, Background));
    assert_eq!(*order.lock().unwrap(), [Shopper, Background]);
}

#[tokio::test]
async fn a_pause_holds_back_everybody_and_is_not_shortened_by_a_later_one() {
    use crate::integrations::Urgency::Shopper;
    let budget = budget::Budget::new(None);
    budget.pause(Duration::from_millis(200));
    budget.pause(Duration::from_millis(10));
    let soon = tokio::time::Instant::now() + Duration::from_millis(50);
    let left = budget.spend(1.0, Shopper, soon).await.unwrap_err();
    assert!(left > Duration::from_millis(100), "{left:?}");
    let started = tokio::time::Instant::now();
    budget.spend(1.0, Shopper, started + Duration::from_secs(5)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(100));
}
