//! SendGrid's writer.

use deskhand::domain::customer::Email;
use deskhand::domain::id::EffectId;
use deskhand::integrations::messaging::sendgrid::{SendGrid, SendGridSettings};
use deskhand::integrations::messaging::{Mail, MailWriter};
use deskhand::integrations::{VendorError, WriteError};
use serde_json::{Value, json};
use url::Url;

use crate::server::{Server, answer, hasty, transport};
use crate::writes::{check_every_failure, permit};

pub fn settings(base: Url) -> SendGridSettings {
    SendGridSettings {
        api_key: "SG.0123456789.abc".to_owned().into(),
        from: Email::parse("help@fern.example").unwrap(),
        from_name: Some("Fern & Fog".to_owned()),
        reply_to: None,
        base_url: Some(base),
    }
}

fn client(base: Url) -> SendGrid {
    SendGrid::new(settings(base), transport(hasty())).unwrap()
}

fn mail() -> Mail {
    Mail {
        effect: EffectId::new("eff_7"),
        to: Email::parse("ana@example.com").unwrap(),
        subject: "Your code".to_owned(),
        text: "314159 \"quoted\" <b>\n{{name}}".to_owned(),
    }
}

#[tokio::test]
async fn a_mail_leaves_as_plain_text_without_tracking_and_carries_its_effect() {
    let server = Server::start(|_, _| answer(202, "").with("x-message-id", "sg-1")).await;
    let client = client(server.base.clone());
    let request = client.request(&mail());
    assert_eq!(request, client.request(&mail()), "the same mail is the same bytes");
    assert_eq!(client.send(permit("eff_7"), &request).await.unwrap().as_deref(), Some("sg-1"));

    let received = server.requests().remove(0);
    assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/v3/mail/send"));
    assert_eq!(received.header("authorization"), Some("Bearer SG.0123456789.abc"));
    assert_eq!(received.body, request);
    let body = received.json();
    assert_eq!(
        body["personalizations"],
        json!([{"to": [{"email": "ana@example.com"}], "custom_args": {"deskhand_effect": "eff_7"}}])
    );
    assert_eq!(body["from"], json!({"email": "help@fern.example", "name": "Fern & Fog"}));
    assert_eq!(body["content"], json!([{"type": "text/plain", "value": "314159 \"quoted\" <b>\n{{name}}"}]));
    for kind in ["click_tracking", "open_tracking", "subscription_tracking"] {
        assert_eq!(body["tracking_settings"][kind]["enable"], Value::Bool(false));
    }
}

#[tokio::test]
async fn every_failure_is_told_apart() {
    check_every_failure(|base| async move {
        let client = client(base);
        client.send(permit("eff_7"), &client.request(&mail())).await
    })
    .await;
}

#[tokio::test]
async fn a_limit_that_is_renewed_later_is_not_waited_out() {
    let server = Server::start(|_, _| {
        answer(429, "{}").with("x-ratelimit-reset", "1790000060").with("date", "Mon, 21 Sep 2026 14:13:20 GMT")
    })
    .await;
    let client = client(server.base.clone());
    let error = client.send(permit("eff_7"), &client.request(&mail())).await.unwrap_err();
    let WriteError::NotSent(VendorError::Throttled { wait, .. }) = error else { panic!("{error}") };
    assert_eq!(wait.as_secs(), 60);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_permit_for_another_mail_lets_nothing_out() {
    let server = Server::start(|_, _| answer(202, "")).await;
    let client = client(server.base.clone());
    let error = client.send(permit("eff_8"), &client.request(&mail())).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn what_sendgrid_says_reaches_the_operator() {
    let body = json!({"errors": [{"message": "The from address does not match a verified Sender Identity", "field": "from",
                                  "help": null}], "id": "1"});
    let server = Server::start(move |_, _| answer(403, body.to_string())).await;
    let client = client(server.base.clone());
    let error = client.send(permit("eff_7"), &client.request(&mail())).await.unwrap_err();
    assert!(error.to_string().contains("from: The from address does not match"), "{error}");
}

#[tokio::test]
async fn check_says_what_it_can_and_what_it_cannot() {
    let server = Server::start(|_, _| answer(200, r#"{"scopes":["mail.send","stats.read"]}"#)).await;
    let said = client(server.base.clone()).check().await.unwrap();
    assert!(said.contains("may send mail") && said.contains("only when a mail is sent"), "{said}");
    assert_eq!(server.requests()[0].target, "/v3/scopes");

    let server = Server::start(|_, _| answer(200, r#"{"scopes":["stats.read"]}"#)).await;
    let error = client(server.base.clone()).check().await.unwrap_err();
    assert!(matches!(error, VendorError::Credentials { .. }) && error.to_string().contains("mail.send"), "{error}");
}
