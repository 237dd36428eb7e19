//! No secret and no personal data in errors, debug output or logs, down to the trace level of every crate below.

use std::io::Write;
use std::sync::{Arc, Mutex};

use deskhand::domain::customer::Email;
use deskhand::integrations::Urgency;
use deskhand::integrations::commerce::shopify::{Shopify, ShopifySettings};
use deskhand::integrations::commerce::{Acts, CommerceReader, OrderStatusFilter};
use deskhand::integrations::helpdesk::front::Front;
use deskhand::integrations::helpdesk::gorgias::Gorgias;
use deskhand::integrations::helpdesk::intercom::Intercom;
use deskhand::integrations::helpdesk::zendesk::Zendesk;
use deskhand::integrations::helpdesk::{HelpdeskReader, HelpdeskWriter};
use deskhand::integrations::messaging::sendgrid::SendGrid;
use deskhand::integrations::messaging::{Mail, MailWriter};
use deskhand::integrations::shipping::TrackingReader;
use deskhand::integrations::shipping::easypost::EasyPost;

use crate::server::{Received, Reply, Server, answer, hasty, transport};
use crate::writes::permit;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All that must never be seen, as the clients below hold and send it.
const SECRETS: [&str; 16] = [
    "shpat_0123456789abcdef",
    "shpat_granted_777777",
    "shpss_client_secret_1",
    "EZTK_0123456789",
    "SG.0123456789.abc",
    "gorgias-key-1234567",
    "YXBpQGZlcm4uZXhhbXBsZTpnb3JnaWFzLWtleS0xMjM0NTY3",
    "zendesk-token-1234567",
    "intercom-token-1234567",
    "YXBpQGZlcm4uZXhhbXBsZS90b2tlbjp6ZW5kZXNrLXRva2VuLTEyMzQ1Njc",
    "front-token-1234567",
    "front-app-secret-1234567",
    "ana@example.com",
    "ana%40example.com",
    "finn@example.com",
    "314159",
];

/// A vendor that repeats in its errors all that it was sent, as careless ones do.
fn parrot(request: &Received, status: u16) -> Reply {
    let headers: Vec<&str> = request.headers.iter().map(|(_, value)| value.as_str()).collect();
    let echo = serde_json::json!({
        "errors": [{"message": format!("bad {} {} {}", headers.join(" "), request.body, request.target)}],
        "error": {"code": "BAD", "msg": headers.join(" "), "message": request.body, "errors": [headers.join(" ")]},
    });
    answer(status, echo.to_string()).with("x-request-id", "req-1")
}

async fn everything(server: &Server, said: &mut Vec<String>) {
    let fixed = crate::shopify::settings(server);
    let granted = ShopifySettings {
        access_token: None,
        client_id: Some("client-1".to_owned()),
        client_secret: Some("shpss_client_secret_1".to_owned().into()),
        ..fixed.clone()
    };
    let email = Email::parse("ana@example.com").unwrap();
    for settings in [fixed, granted] {
        said.push(format!("{settings:?}"));
        let shopify = Shopify::new(settings, transport(hasty())).unwrap();
        note(said, shopify.orders_of(&email, OrderStatusFilter::Any, None, Urgency::Shopper).await.map(drop));
        note(said, shopify.check(Acts::default()).await.map(drop));
    }
    let settings = crate::easypost::settings(server);
    said.push(format!("{settings:?}"));
    let easypost = EasyPost::new(settings, transport(hasty())).unwrap();
    note(said, easypost.track("ana@example.com", None, Urgency::Shopper).await.map(drop));

    let settings = crate::sendgrid::settings(server.base.clone());
    said.push(format!("{settings:?}"));
    let sendgrid = SendGrid::new(settings, transport(hasty())).unwrap();
    let mail = Mail {
        effect: deskhand::domain::id::EffectId::new("eff_7"),
        to: email,
        subject: "Your code".to_owned(),
        text: "314159".to_owned(),
    };
    note(said, sendgrid.send(permit("eff_7"), &sendgrid.request(&mail)).await.map(drop));
    note(said, sendgrid.check().await.map(drop));

    let settings = crate::gorgias::settings(server.base.clone());
    said.push(format!("{settings:?}"));
    let gorgias = Gorgias::new(settings, transport(hasty())).unwrap();
    let request = gorgias.request(&crate::gorgias::draft());
    note(said, gorgias.open_ticket(permit("eff_5"), &request).await.map(drop));
    note(said, gorgias.check().await.map(drop));

    let settings = crate::zendesk::settings(server.base.clone());
    said.push(format!("{settings:?}"));
    let zendesk = Zendesk::new(settings, transport(hasty())).unwrap();
    let request = zendesk.request(&crate::zendesk::draft());
    note(said, zendesk.open_ticket(permit("eff_5"), &request).await.map(drop));
    note(said, zendesk.check().await.map(drop));
    let settings = crate::intercom::settings(server.base.clone());
    said.push(format!("{settings:?}"));
    let intercom = Intercom::new(settings, transport(hasty())).unwrap();
    let request = intercom.request(&crate::intercom::draft());
    note(said, intercom.open_ticket(permit("eff_5"), &request).await.map(drop));
    note(said, intercom.check().await.map(drop));
    let settings = crate::front::settings(server.base.clone());
    said.push(format!("{settings:?}"));
    let front = Front::new(settings, transport(hasty())).unwrap();
    let request = front.request(&crate::front::draft());
    note(said, front.open_ticket(permit("eff_5"), &request).await.map(drop));
    note(said, front.check().await.map(drop));
    note(said, zendesk.register(&"https://desk.example".parse().unwrap()).await.map(drop));
}

fn note<E: std::fmt::Display + std::fmt::Debug>(said: &mut Vec<String>, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        said.push(format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn nothing_secret_or_personal_is_ever_shown() {
    let vendors: [fn(&Received, usize) -> Reply; 6] = [
        |request, _| match request.target.as_str() {
            "/admin/oauth/access_token" => answer(200, r#"{"access_token":"shpat_granted_777777","expires_in":86399}"#),
            _ => parrot(request, 200),
        },
        |request, _| parrot(request, 401),
        |request, _| parrot(request, 422),
        |request, _| parrot(request, 500),
        |_, _| Reply::Cut,
        |request, _| answer(200, format!("{{\"data\":{{\"orders\":{:?}}},\"trackers\":1", request.body)),
    ];
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // For the whole process: what the other tests do is listened to as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut said = Vec::new();
    for vendor in vendors {
        let server = Server::start(vendor).await;
        everything(&server, &mut said).await;
    }

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in ["vendor_call", "Shopify", "EasyPost", "mail_send", "open_ticket", "status=401", "ms="] {
        assert!(logged.contains(expected), "the log is not what it should be: no {expected}\n{logged}");
    }
    assert!(said.len() > 85, "{} errors and settings were to be looked at", said.len());
    let shown = said.join("\n");
    for secret in SECRETS {
        for (place, text) in [("log", &logged), ("errors", &shown)] {
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} stands in the {place}: {line:?}");
        }
    }
}
