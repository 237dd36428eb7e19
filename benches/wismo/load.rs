//! Shoppers: each opens a conversation, asks once, and reads the stream to its end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::model::Model;
use super::server::Server;
use super::shop::{FIRST, Shop, email};

pub struct Load<'a> {
    shop: &'a Shop,
    server: &'a Server,
    http: reqwest::Client,
    next: AtomicUsize,
}

/// How long the turns of a run took.
pub struct Figures {
    millis: Vec<f64>,
    whole: Duration,
}

impl Figures {
    fn of(mut millis: Vec<f64>, whole: Duration) -> Self {
        millis.sort_by(f64::total_cmp);
        Self { millis, whole }
    }

    pub fn turns(&self) -> usize {
        self.millis.len()
    }

    pub fn middle(&self) -> f64 {
        self.millis[self.turns() / 2]
    }

    pub fn slowest(&self) -> f64 {
        self.millis[self.turns() * 99 / 100]
    }

    pub fn a_second(&self) -> f64 {
        self.turns() as f64 / self.whole.as_secs_f64()
    }
}

impl<'a> Load<'a> {
    pub fn new(shop: &'a Shop, server: &'a Server) -> Self {
        Self { shop, server, http: client(), next: AtomicUsize::default() }
    }

    /// So many turns, so many at a time.
    pub async fn run(&self, at_a_time: usize, turns: usize) -> Figures {
        let began = Instant::now();
        let millis = stream::iter(0..turns).map(|_| self.turn()).buffer_unordered(at_a_time).collect().await;
        Figures::of(millis, began.elapsed())
    }

    /// So many turns, begun one after another within a time, however long each takes.
    pub async fn over(&self, turns: usize, within: Duration) -> Figures {
        let began = Instant::now();
        let all = (0..turns).map(|index| async move {
            tokio::time::sleep(within * u32::try_from(index).unwrap() / u32::try_from(turns).unwrap()).await;
            self.turn().await
        });
        Figures::of(futures_util::future::join_all(all).await, began.elapsed())
    }

    /// Milliseconds from the message to the end of the answer.
    async fn turn(&self) -> f64 {
        let number = FIRST + self.next.fetch_add(1, Ordering::Relaxed) % self.shop.orders;
        let post = |path: String| self.http.post(format!("{}{path}", self.server.url)).bearer_auth(&self.server.key);
        let opened = post("/v1/conversations".to_owned()).json(&json!({"customer": {"email": email(number)}}));
        let opened: Value = opened.send().await.unwrap().json().await.unwrap();
        let id = opened["conversation_id"].as_str().unwrap_or_else(|| panic!("no conversation: {opened}"));
        let began = Instant::now();
        let question = json!({"content": format!("Hi, where is my order #{number}?")});
        let asked =
            post(format!("/v1/conversations/{id}/messages")).header(ACCEPT, "text/event-stream").json(&question);
        let answer = asked.send().await.unwrap().text().await.unwrap();
        let took = began.elapsed();
        assert!(answer.contains("event: turn.completed") && answer.contains("Newark"), "no answer: {answer}");
        took.as_secs_f64() * 1_000.0
    }
}

/// The calls of a turn that nobody can do without, by hand: four to the model, one to the shop, one to the carrier.
pub async fn floor(shop: &Shop, model: &Model, turns: usize) -> Figures {
    let http = client();
    let credentials = shop.sandbox.credentials();
    let graphql = format!("{}/admin/api/2026-10/graphql.json", shop.sandbox.shopify_url());
    let began = Instant::now();
    let mut millis = Vec::new();
    for turn in 0..turns {
        let number = FIRST + turn % shop.orders;
        let began = Instant::now();
        let user = json!({"role": "user", "content": format!("Where is my order #{number}?")});
        let result = json!({"role": "tool", "tool_call_id": "c", "content": "{}"});
        let ask = async |messages: Vec<&Value>| {
            let ask = http.post(format!("{}/chat/completions", model.url())).json(&json!({"messages": messages}));
            ask.send().await.unwrap().bytes().await.unwrap();
        };
        http.post(format!("{}/chat/completions", model.url()))
            .json(&json!({"messages": [&user], "response_format": {}}))
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        ask(vec![&user]).await;
        let query = json!({"query": format!("{{ orders(first: 1, query: \"name:{number}\") {{ nodes {{ id }} }} }}")});
        let order = http.post(&graphql).header("X-Shopify-Access-Token", &credentials.shopify_access_token);
        let order = order.json(&query).send().await.unwrap();
        assert!(order.status().is_success());
        order.bytes().await.unwrap();
        ask(vec![&user, &result]).await;
        let tracker = format!("{}/v2/trackers?tracking_code=TRK{number}", shop.sandbox.easypost_url());
        let tracker = http.get(tracker).bearer_auth(&credentials.easypost_api_key).send().await.unwrap();
        assert!(tracker.status().is_success());
        tracker.bytes().await.unwrap();
        ask(vec![&user, &result, &result]).await;
        millis.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Figures::of(millis, began.elapsed())
}

#[expect(clippy::disallowed_methods, reason = "a load generator is a client like any other")]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
