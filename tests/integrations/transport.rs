//! The transport itself: retries, waiting, budgets, breaker, limits.

use std::time::{Duration, Instant};

use deskhand::integrations::http::{Account, AccountSettings, Call, HttpSettings, Outgoing, Rate, Safety, client};
use deskhand::integrations::{Urgency, Vendor, VendorError, WriteError};

use crate::server::{Replies, Reply, Server, answer, hasty, transport};

fn account(server: &Server, settings: HttpSettings, rate: Option<Rate>) -> Account {
    Account::new(
        transport(settings),
        AccountSettings {
            vendor: Vendor::Gorgias,
            base: server.base.clone(),
            rate,
            request_id_headers: &["x-request-id"],
            reset_header: None,
        },
    )
}

async fn send(account: &Account, safety: Safety, urgency: Urgency) -> Result<u16, VendorError> {
    let call = account.call("test", safety, urgency);
    send_by(account, &call).await
}

async fn send_by(account: &Account, call: &Call) -> Result<u16, VendorError> {
    let outgoing = Outgoing::post_json(account.url(&["thing"]), "{}");
    Ok(account.send(call, &outgoing).await?.status.as_u16())
}

#[tokio::test]
async fn each_safety_is_tried_as_often_as_is_safe() {
    use Safety::{Idempotent, Read, Write};
    let replies: [(&str, Replies, [usize; 3]); 10] = [
        ("200", || answer(200, "{}"), [1, 1, 1]),
        ("404", || answer(404, "{}"), [1, 1, 1]),
        ("429", || answer(429, "{}"), [3, 3, 3]),
        ("500", || answer(500, "{}"), [3, 1, 1]),
        ("502", || answer(502, "{}"), [3, 3, 1]),
        ("503", || answer(503, "{}"), [3, 3, 1]),
        ("504", || answer(504, "{}"), [3, 3, 1]),
        ("cut", || Reply::Cut, [3, 3, 1]),
        ("cut body", || Reply::CutBody { status: 200 }, [3, 3, 1]),
        ("silent", || Reply::Silent(Duration::from_secs(5)), [3, 3, 1]),
    ];
    for (name, reply, expected) in replies {
        for (safety, expected) in [Read, Idempotent, Write].into_iter().zip(expected) {
            let server = Server::start(move |_, _| reply()).await;
            let account = account(&server, hasty(), None);
            let _ = send(&account, safety, Urgency::Shopper).await;
            assert_eq!(server.count(), expected, "{name} {safety:?}");
        }
    }
}

#[tokio::test]
async fn one_that_was_turned_away_after_an_earlier_try_left_may_have_happened() {
    let cases: [(Replies, bool); 3] =
        [(|| Reply::Silent(Duration::from_secs(5)), true), (|| Reply::Cut, true), (|| answer(429, "{}"), false)];
    for (first, left) in cases {
        let server = Server::start(move |_, before| if before == 0 { first() } else { answer(429, "{}") }).await;
        let account = account(&server, hasty(), None);
        let call = account.call("test", Safety::Idempotent, Urgency::Shopper);
        let outcome = account.send(&call, &Outgoing::post_json(account.url(&["thing"]), "{}")).await;
        assert_eq!(server.count(), 3);
        match outcome {
            Ok(answer) => assert!(!left && answer.status.as_u16() == 429),
            Err(failure) => {
                assert!(
                    left && matches!(WriteError::from(failure), WriteError::Unknown(VendorError::Throttled { .. }))
                );
            }
        }
    }
}

#[tokio::test]
async fn a_passing_failure_is_not_noticed() {
    let server = Server::start(|_, before| match before {
        0 => Reply::Cut,
        1 => answer(502, "<html>"),
        _ => answer(200, "{}"),
    })
    .await;
    assert_eq!(send(&account(&server, hasty(), None), Safety::Read, Urgency::Shopper).await.unwrap(), 200);
}

#[tokio::test]
async fn retry_after_is_read_as_seconds_fraction_and_date() {
    let date = |_: ()| answer(429, "{}").with("date", "Mon, 21 Sep 2026 14:13:20 GMT");
    let asked: [(Reply, u128); 3] = [
        (answer(429, "{}").with("retry-after", "1"), 1_000),
        (answer(503, "{}").with("retry-after", "0.4"), 400),
        (date(()).with("retry-after", "Mon, 21 Sep 2026 14:13:21 GMT"), 1_000),
    ];
    for (reply, expected) in asked {
        let reply = std::sync::Mutex::new(Some(reply));
        let server = Server::start(move |_, _| reply.lock().unwrap().take().unwrap_or_else(|| answer(200, "{}"))).await;
        assert_eq!(send(&account(&server, hasty(), None), Safety::Read, Urgency::Shopper).await.unwrap(), 200);
        let requests = server.requests();
        let waited = (requests[1].at - requests[0].at).as_millis();
        assert!(waited >= expected && waited < expected + 500, "{waited} for {expected}");
    }
}

#[tokio::test]
async fn a_shopper_does_not_wait_longer_than_patience_and_the_next_call_knows() {
    let server = Server::start(|_, _| answer(429, "{}").with("retry-after", "30")).await;
    let account = account(&server, hasty(), None);
    let started = Instant::now();
    assert_eq!(send(&account, Safety::Read, Urgency::Shopper).await.unwrap(), 429);
    let error = send(&account, Safety::Read, Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Throttled { wait, .. } if wait > Duration::from_secs(25)), "{error}");
    assert_eq!(server.count(), 1, "the account rests for as long as the vendor asked");
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn an_odd_retry_after_neither_locks_the_account_for_ever_nor_crashes() {
    for odd in ["soon", "-5", "NaN", "1e300", "99999999999999999999", "Mon, 99 Foo"] {
        let server = Server::start(move |_, _| answer(429, "{}").with("retry-after", odd)).await;
        let account = account(&server, hasty(), None);
        let _ = send(&account, Safety::Read, Urgency::Shopper).await;
        match send(&account, Safety::Read, Urgency::Shopper).await {
            Ok(status) => assert_eq!(status, 429),
            Err(VendorError::Throttled { wait, .. }) => assert!(wait <= Duration::from_secs(300), "{odd} {wait:?}"),
            Err(other) => panic!("{odd}: {other}"),
        }
    }
}

#[tokio::test]
async fn a_call_ends_with_its_patience() {
    let server = Server::start(|_, _| Reply::Silent(Duration::from_secs(30))).await;
    let settings = HttpSettings { attempt_timeout_ms: 400, shopper_patience_ms: 600, attempts: 10, ..hasty() };
    let started = Instant::now();
    let error = send(&account(&server, settings, None), Safety::Read, Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Unavailable { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_body_that_never_ends_is_left() {
    for reply in [(|| Reply::SilentBody) as Replies, || answer(200, "x".repeat(5_000))] {
        let server = Server::start(move |_, _| reply()).await;
        let settings = HttpSettings { answer_limit_bytes: 1_000, ..hasty() };
        let error = send(&account(&server, settings, None), Safety::Write, Urgency::Shopper).await.unwrap_err();
        assert!(matches!(error, VendorError::Unavailable { .. }), "{error}");
    }
}

#[tokio::test]
async fn errors_name_the_request_of_a_broken_answer() {
    let server = Server::start(|_, _| Reply::CutBody { status: 200 }).await;
    let error = send(&account(&server, hasty(), None), Safety::Write, Urgency::Shopper).await.unwrap_err();
    assert!(error.to_string().contains("cut-1"), "{error}");
}

#[tokio::test]
async fn the_breaker_leaves_a_dead_vendor_alone_and_tries_again_with_one_call() {
    let healthy = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let switch = healthy.clone();
    let server = Server::start(move |_, _| match switch.load(std::sync::atomic::Ordering::SeqCst) {
        true => answer(200, "{}"),
        false => answer(500, "{}"),
    })
    .await;
    let settings = HttpSettings { attempts: 1, breaker_failures: 4, breaker_pause_ms: 300, ..hasty() };
    let account = account(&server, settings, None);
    for _ in 0..4 {
        assert_eq!(send(&account, Safety::Read, Urgency::Shopper).await.unwrap(), 500);
    }
    let error = send(&account, Safety::Read, Urgency::Shopper).await.unwrap_err();
    assert!(matches!(&error, VendorError::Unavailable { .. }) && error.to_string().contains("left alone"), "{error}");
    assert_eq!(server.count(), 4, "open: nothing leaves");

    tokio::time::sleep(Duration::from_millis(350)).await;
    let calls = (0..5).map(|_| send(&account, Safety::Read, Urgency::Shopper));
    let tried = futures_util::future::join_all(calls).await;
    assert_eq!(tried.iter().filter(|outcome| outcome.is_ok()).count(), 1, "half open: one tries");
    assert!(send(&account, Safety::Read, Urgency::Shopper).await.is_err(), "it failed: open again, for longer");
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert!(send(&account, Safety::Read, Urgency::Shopper).await.is_err());
    assert_eq!(server.count(), 5);

    tokio::time::sleep(Duration::from_millis(350)).await;
    healthy.store(true, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(send(&account, Safety::Read, Urgency::Shopper).await.unwrap(), 200);
    }
}

#[tokio::test]
async fn refusals_do_not_open_the_breaker() {
    let server = Server::start(|_, before| answer(if before % 2 == 0 { 404 } else { 429 }, "{}")).await;
    let account = account(&server, HttpSettings { attempts: 1, breaker_failures: 2, ..hasty() }, None);
    for _ in 0..10 {
        assert!(send(&account, Safety::Read, Urgency::Shopper).await.is_ok());
    }
}

#[tokio::test]
async fn a_caller_who_leaves_during_the_trial_does_not_block_the_account() {
    let server = Server::start(|_, before| match before {
        0 => answer(500, "{}"),
        1 => Reply::Silent(Duration::from_secs(30)),
        _ => answer(200, "{}"),
    })
    .await;
    let settings = HttpSettings { attempts: 1, breaker_failures: 1, breaker_pause_ms: 50, ..hasty() };
    let account = account(&server, settings, None);
    let _ = send(&account, Safety::Read, Urgency::Shopper).await;
    tokio::time::sleep(Duration::from_millis(80)).await;
    let left = tokio::time::timeout(Duration::from_millis(50), send(&account, Safety::Read, Urgency::Shopper)).await;
    assert!(left.is_err());
    assert_eq!(send(&account, Safety::Read, Urgency::Shopper).await.unwrap(), 200);
}

#[tokio::test]
async fn a_shopper_goes_before_background_work_that_waited_longer() {
    let server = Server::start(|_, _| answer(200, "{}")).await;
    let account = account(&server, hasty(), Some(Rate { capacity: 2.0, per_second: 5.0 }));
    for _ in 0..2 {
        send(&account, Safety::Read, Urgency::Shopper).await.unwrap();
    }
    let order = std::sync::Mutex::new(Vec::new());
    let call = |urgency, delay| {
        let (account, order) = (&account, &order);
        async move {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            send(account, Safety::Read, urgency).await.unwrap();
            order.lock().unwrap().push(urgency);
        }
    };
    use Urgency::{Background, Shopper};
    tokio::join!(call(Background, 0), call(Background, 0), call(Shopper, 50), call(Shopper, 60), call(Shopper, 70));
    assert_eq!(*order.lock().unwrap(), [Shopper, Shopper, Shopper, Background, Background]);
}

#[tokio::test]
async fn background_work_leaves_a_part_of_the_budget() {
    let server = Server::start(|_, _| answer(200, "{}")).await;
    let settings = HttpSettings { background_patience_ms: 100, ..hasty() };
    let account = account(&server, settings, Some(Rate { capacity: 8.0, per_second: 0.1 }));
    let mut done = 0;
    while send(&account, Safety::Read, Urgency::Background).await.is_ok() {
        done += 1;
    }
    assert_eq!(done, 6);
    for _ in 0..2 {
        send(&account, Safety::Read, Urgency::Shopper).await.unwrap();
    }
    let error = send(&account, Safety::Read, Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Throttled { .. }), "{error}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Server::start(|_, _| answer(200, "{}")).await;
    let target = other.base.to_string();
    let server = Server::start(move |_, _| answer(307, "").with("location", target.clone())).await;
    assert_eq!(send(&account(&server, hasty(), None), Safety::Read, Urgency::Shopper).await.unwrap(), 307);
    // As the clients of models are made, too.
    let client = client::builder().build().unwrap();
    assert_eq!(client.get(server.base.clone()).send().await.unwrap().status(), 307);
    assert_eq!(other.count(), 0, "credentials do not travel to where a redirect points");
}

#[tokio::test]
async fn path_segments_are_escaped() {
    let server = Server::start(|_, _| answer(200, "{}")).await;
    let account = account(&server, hasty(), None);
    let call = account.call("test", Safety::Read, Urgency::Shopper);
    account.send(&call, &Outgoing::get(account.url(&["a", "../b?c=d#e", "f/g"]))).await.unwrap();
    assert_eq!(server.requests()[0].target, "/a/..%2Fb%3Fc=d%23e/f%2Fg");
}
