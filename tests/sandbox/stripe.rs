//! Stripe as a raw client meets it.

use super::*;

const CUP: &str = "pi_3SWdQ2Kx8JpAlder0bTq7Yhe";

impl Bench {
    fn stripe(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/v1{path}", self.sandbox.stripe_url());
        self.client.request(method, url).basic_auth(&self.sandbox.credentials().stripe_secret_key, Some(""))
    }

    async fn pay_back(&self, key: Option<&str>, form: &[(&str, &str)]) -> Response {
        let request = self.stripe(reqwest::Method::POST, "/refunds").form(form);
        let request = key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key));
        request.send().await.unwrap()
    }

    async fn read(&self, path: &str) -> Value {
        self.stripe(reqwest::Method::GET, path).send().await.unwrap().json().await.unwrap()
    }
}

#[tokio::test]
async fn a_charge_shows_what_went_back_where_it_is_asked_for() {
    let bench = Bench::start().await;
    let plain = bench.read(&format!("/payment_intents/{CUP}")).await;
    assert_eq!((&plain["amount_received"], &plain["currency"]), (&json!(2200), &json!("usd")));
    assert!(plain["latest_charge"].is_string());
    let made = bench.pay_back(None, &[("payment_intent", CUP), ("amount", "500"), ("metadata[a]", "b")]).await;
    assert!(made.headers().contains_key("request-id"));
    let made: Value = made.json().await.unwrap();
    assert_eq!(
        (&made["amount"], &made["metadata"], &made["status"]),
        (&json!(500), &json!({"a": "b"}), &json!("succeeded"))
    );
    let whole = bench.read(&format!("/payment_intents/{CUP}?expand[]=latest_charge")).await;
    let charge = &whole["latest_charge"];
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(500), &json!(false)));
    let rest: Value = bench.pay_back(None, &[("payment_intent", CUP)]).await.json().await.unwrap();
    assert_eq!(rest["amount"], 1700, "all that is left");
    let list = bench.read(&format!("/refunds?payment_intent={CUP}&limit=1")).await;
    assert_eq!((&list["data"][0]["id"], &list["has_more"]), (&rest["id"], &json!(true)), "newest first");
    let next = format!("/refunds?payment_intent={CUP}&starting_after={}", rest["id"].as_str().unwrap());
    assert_eq!(bench.read(&next).await["data"][0]["id"], made["id"]);
    assert_eq!(bench.read(&format!("/refunds/{}", made["id"].as_str().unwrap())).await, made);
}

#[tokio::test]
async fn a_key_is_answered_with_its_first_answer_for_a_day() {
    let bench = Bench::start().await;
    let form = [("payment_intent", CUP), ("amount", "500")];
    let first = bench.pay_back(Some("k"), &form).await;
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first: Value = first.json().await.unwrap();
    let again = bench.pay_back(Some("k"), &form).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    let other = bench.pay_back(Some("k"), &[("payment_intent", CUP), ("amount", "501")]).await;
    assert_eq!(other.status(), 400);
    assert_eq!(other.json::<Value>().await.unwrap()["error"]["type"], "idempotency_error");
    let wrong = [("payment_intent", CUP), ("amount", "9999")];
    assert_eq!(bench.pay_back(Some("l"), &wrong).await.status(), 400);
    assert_eq!(bench.pay_back(Some("l"), &form).await.status(), 200, "what was not executed keeps no key");
    bench.pass(hours(25));
    let later: Value = bench.pay_back(Some("k"), &form).await.json().await.unwrap();
    assert_ne!(later["id"], first["id"]);
}

/// A form, and the status and code with which it is refused.
type Case = (&'static [(&'static str, &'static str)], u16, &'static str);

#[tokio::test]
async fn what_is_wrong_is_named() {
    let bench = Bench::start().await;
    let cases: [Case; 6] = [
        (&[("amount", "1")], 400, "parameter_missing"),
        (&[("payment_intent", "pi_0")], 404, "resource_missing"),
        (&[("payment_intent", CUP), ("amount", "")], 400, "parameter_invalid_integer"),
        (&[("payment_intent", CUP), ("amount", "0")], 400, "parameter_invalid_integer"),
        (&[("payment_intent", CUP), ("amuont", "1")], 400, "parameter_unknown"),
        (&[("payment_intent", CUP), ("reason", "mood")], 400, ""),
    ];
    for (form, status, code) in cases {
        let answer = bench.pay_back(None, form).await;
        assert_eq!(answer.status(), status, "{form:?}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"].as_str().unwrap_or_default(), code, "{body:#}");
    }
    let url = format!("{}/v1/refunds", bench.sandbox.stripe_url());
    assert_eq!(
        bench.client.post(&url).bearer_auth("sk_test_wrong").form(&[("a", "b")]).send().await.unwrap().status(),
        401
    );
    let key = &bench.sandbox.credentials().stripe_secret_key;
    let json = bench.client.post(&url).bearer_auth(key).json(&json!({"payment_intent": CUP})).send().await.unwrap();
    assert_eq!(json.status(), 400, "a form is asked for");
    let old = bench.client.get(&url).bearer_auth(key).header("stripe-version", "yesterday").send().await.unwrap();
    assert_eq!(old.status(), 400);
    assert!(bench.sandbox.world().intents[0].refunds.is_empty());
    assert!(!serde_json::to_string(&bench.sandbox.requests()).unwrap().contains(key.as_str()));
}
