//! Approvals that wait are announced: one mail, and a signed notice that comes until the store's own server takes it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deskhand::desk::announcing::Announce;
use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::effect::ApprovalState;
use deskhand::domain::id::StoreId;
use deskhand::integrations::http::{HttpSettings, Transport};
use deskhand::integrations::webhook::{Webhook, WebhookSettings};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::{Connection as _, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::played::Played;
use crate::shop::{MODEL_READS_ALL, STORE, Setting, Shop, Shopper, install_tls};

const SECRET: &str = "a secret of the receiver's";

/// What the receiver does with a request once it has read it.
#[derive(Clone, Copy)]
enum Then {
    Answer(u16),
    /// Hangs up without a word.
    Cut,
}

/// A request as it arrived.
#[derive(Clone)]
struct Arrived {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Arrived {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).expect("the header")
    }

    /// Verifies as the documentation tells a receiver to.
    fn is_signed(&self, secret: &str) -> bool {
        let (at, digest) = self.header("deskhand-signature").split_once(",v1=").unwrap();
        let at = at.strip_prefix("t=").unwrap();
        let age = Clock::machine().as_second() - at.parse::<i64>().unwrap();
        let mut expected = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        expected.update(format!("{at}.{}", self.body).as_bytes());
        age.abs() < 300 && expected.verify_slice(&hex::decode(digest).unwrap()).is_ok()
    }
}

/// A server of the store's own: it plays what it is told, then takes everything.
#[derive(Clone)]
struct Receiver {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    url: String,
}

impl Receiver {
    async fn playing(script: impl IntoIterator<Item = Then>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/deskhand?shop=7", listener.local_addr().unwrap());
        let receiver = Self { arrived: Arc::default(), url };
        let mut script: VecDeque<Then> = script.into_iter().collect();
        let arrived = Arc::clone(&receiver.arrived);
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let Some(request) = read(&mut socket).await else { continue };
                arrived.lock().unwrap().push(request);
                if let Then::Answer(status) = script.pop_front().unwrap_or(Then::Answer(204)) {
                    let answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    socket.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        receiver
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    async fn until(&self, count: usize) -> Vec<Arrived> {
        for _ in 0..200 {
            if self.arrived().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let arrived = self.arrived();
        assert_eq!(arrived.len(), count);
        arrived
    }

    fn webhook(&self) -> Arc<Webhook> {
        install_tls();
        let settings = WebhookSettings { url: self.url.parse().unwrap(), secret: SECRET.to_owned().into() };
        Arc::new(Webhook::new(settings, Transport::new(HttpSettings::default()).unwrap()).unwrap())
    }
}

async fn read(socket: &mut TcpStream) -> Option<Arrived> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let path = lines.next()?.split(' ').nth(1)?.to_owned();
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse::<usize>().ok()?;
            if body.len() >= length {
                return Some(Arrived { path, headers, body: body.to_owned() });
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn shop(model: &Played, announce: Announce) -> Shop {
    Shop::with(Setting { model: Arc::new(model.clone()), router: MODEL_READS_ALL, announce, ..Setting::default() })
        .await
}

/// Both mugs: more than the store pays without a yes.
async fn ask(shopper: &Shopper<'_>, model: &Played) {
    let find = json!({"order_number": "#1016", "email": "hal@example.com", "postcode": null});
    let items = json!([{"line": 1, "quantity": 2}]);
    let refund = json!({"order_number": "#1016", "items": items, "reason": "damaged"});
    model.then([("find_order", find), ("issue_refund", refund)]);
    shopper.ask("#1016, hal@example.com: both arrived broken, I want my money back").await;
}

async fn rests(shop: &Shop) {
    for _ in 0..200 {
        if shop.desk.storage().depth().await.unwrap().0 == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("work is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_comes_until_it_is_taken_with_one_id_and_the_same_bytes() {
    let receiver = Receiver::playing([Then::Answer(500), Then::Cut]).await;
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model, Announce { email: None, webhook: Some(receiver.webhook()) }).await;
    let shopper = shop.shopper().await;
    ask(&shopper, &model).await;
    let arrived = receiver.until(3).await;
    rests(&shop).await;
    assert_eq!(receiver.arrived().len(), 3, "once taken, it comes no more");
    let approvals = shop.desk.approvals(&StoreId::new(STORE), Some(ApprovalState::Pending)).await.unwrap();
    let [approval] = approvals.as_slice() else { panic!("{approvals:?}") };
    for request in &arrived {
        assert_eq!(request.header("deskhand-id"), approval.id.as_str());
        assert_eq!(
            (request.path.as_str(), request.header("content-type")),
            ("/hooks/deskhand?shop=7", "application/json")
        );
        assert_eq!(request.body, arrived[0].body);
        assert!(request.is_signed(SECRET) && !request.is_signed("another secret"));
        assert!(!Arrived { body: request.body.replace("#1016", "#1017"), ..request.clone() }.is_signed(SECRET));
    }
    let told: Value = serde_json::from_str(&arrived[0].body).unwrap();
    insta::assert_json_snapshot!(told, {
        ".approval_id" => "[ID]", ".conversation_id" => "[ID]", ".created_at" => "[TIME]", ".expires_at" => "[TIME]",
    });
    assert_eq!(told["approval_id"], approval.id.as_str());
    assert!(!arrived[0].body.contains("hal"), "nobody is named: {}", arrived[0].body);
    assert_eq!(shop.mails(), Vec::<Value>::new());
    // Insisting asks nobody anew.
    ask(&shopper, &model).await;
    rests(&shop).await;
    assert_eq!(receiver.arrived().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_mail_tells_the_stores_people() {
    let model = Played::new("damaged_or_wrong_item");
    let email = Email::parse("owner@test.example");
    let shop = shop(&model, Announce { email, webhook: None }).await;
    ask(&shop.shopper().await, &model).await;
    rests(&shop).await;
    let shop = shop.restart().await;
    ask(&shop.shopper().await, &model).await;
    rests(&shop).await;
    let mails = shop.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    let text = mail.to_string();
    for wanted in
        ["owner@test.example", "Needs a yes: refund of 48.00 USD on order #1016", "2 × Stoneware Trail Mug", "appr_"]
    {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    assert!(!text.contains("hal@"), "nobody is named: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_gone_is_given_up_and_holds_up_nothing() {
    let receiver = Receiver::playing([Then::Answer(410)]).await;
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model, Announce { email: None, webhook: Some(receiver.webhook()) }).await;
    ask(&shop.shopper().await, &model).await;
    rests(&shop).await;
    let dead = shop.desk.storage().dead_letters(10).await.unwrap();
    let [letter] = dead.as_slice() else { panic!("{dead:?}") };
    assert_eq!((letter.kind.as_str(), letter.attempts), ("approval_webhook", 1));
    assert!(letter.problem.as_deref().unwrap().contains("410"), "{letter:?}");
    assert_eq!(receiver.arrived().len(), 1);
}

/// A notice that its address turns away twice, and whose job has been through this besides before the second time.
async fn turned_away_twice(beside: &'static str) -> (Shop, Receiver) {
    let receiver = Receiver::playing([Then::Answer(500), Then::Answer(500)]).await;
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model, Announce { email: None, webhook: Some(receiver.webhook()) }).await;
    ask(&shop.shopper().await, &model).await;
    receiver.until(1).await;
    let database = format!("sqlite:{}", shop.folder.path().join("deskhand.db").display());
    let mut database = SqliteConnection::connect(&database).await.unwrap();
    assert_eq!(sqlx::query(beside).execute(&mut database).await.unwrap().rows_affected(), 1);
    database.close().await.unwrap();
    rests(&shop).await;
    (shop, receiver)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_given_up_for_its_own_failures_and_not_for_the_ends_of_desks() {
    let (shop, receiver) = turned_away_twice("UPDATE outbox SET attempts = attempts + 40").await;
    assert!(shop.desk.storage().dead_letters(10).await.unwrap().is_empty(), "a try that was cut short is no failure");
    assert_eq!(receiver.arrived().len(), 3);

    let (shop, receiver) = turned_away_twice("UPDATE outbox SET failures = 19").await;
    let dead = shop.desk.storage().dead_letters(10).await.unwrap();
    let [letter] = dead.as_slice() else { panic!("{dead:?}") };
    assert_eq!((letter.kind.as_str(), letter.attempts), ("approval_webhook", 2));
    assert!(letter.problem.as_deref().unwrap().contains("500"), "{letter:?}");
    assert_eq!(receiver.arrived().len(), 2);
}

#[test]
fn addresses_that_would_give_orders_away_are_refused() {
    let settings =
        |url: &str, secret: &str| WebhookSettings { url: url.parse().unwrap(), secret: secret.to_owned().into() };
    for good in ["https://example.com/hook?a=b", "http://127.0.0.1:9000/", "http://[::1]:9000/", "http://localhost/x"] {
        assert!(settings(good, SECRET).validate().is_ok(), "{good}");
    }
    for bad in
        ["http://example.com/hook", "http://127.0.0.1.example.com/", "http://10.0.0.7/", "https://me:pw@example.com/"]
    {
        let error = settings(bad, SECRET).validate().unwrap_err();
        assert_eq!(error.key, "approvals.webhook_url");
        assert!(!error.to_string().contains("pw"), "{error}");
    }
    assert_eq!(settings("https://example.com/", "short").validate().unwrap_err().key, "approvals.webhook_secret");
}
