use super::*;

fn mail() -> Value {
    json!({
        "personalizations": [{"to": [{"email": "ana@example.com"}], "custom_args": {"effect": "eff_1"}}],
        "from": {"email": "help@juniperandpine.example", "name": "Juniper & Pine"},
        "subject": "Your code",
        "content": [{"type": "text/plain", "value": "123456"}],
    })
}

impl Bench {
    async fn send(&self, key: &str, mail: &Value) -> Response {
        let url = format!("{}/v3/mail/send", self.sandbox.sendgrid_url());
        self.client.post(url).bearer_auth(key).json(mail).send().await.unwrap()
    }
}

#[tokio::test]
async fn an_accepted_mail_is_kept_and_can_be_read() {
    let bench = Bench::start().await;
    let key = bench.sandbox.credentials().sendgrid_api_key.clone();
    let response = bench.send(&key, &mail()).await;
    assert_eq!(response.status(), 202);
    let id = response.headers()["x-message-id"].to_str().unwrap().to_owned();
    assert_eq!(response.text().await.unwrap(), "");
    let world = bench.sandbox.world();
    assert_eq!(world.mails.len(), 1);
    assert_eq!((&world.mails[0].id, &world.mails[0].custom_args), (&id, &json!({"effect": "eff_1"})));
    let rendered = world.mails[0].rendered();
    assert!(rendered.contains("To: ana@example.com\nSubject: Your code\n\n123456\n"), "{rendered}");

    let read = bench.client.get(format!("{}/mail?to=ANA@example.com", bench.sandbox.control_url()));
    let read: Value = read.send().await.unwrap().json().await.unwrap();
    assert_eq!((read.as_array().unwrap().len(), &read[0]["text"]), (1, &json!("123456")));
}

#[tokio::test]
async fn a_mail_that_sendgrid_would_refuse_is_refused() {
    let bench = Bench::start().await;
    let key = bench.sandbox.credentials().sendgrid_api_key.clone();
    assert_eq!(bench.send("SG.wrong", &mail()).await.status(), 401);
    let scopes = |key: &str| bench.client.get(format!("{}/v3/scopes", bench.sandbox.sendgrid_url())).bearer_auth(key);
    assert_eq!(scopes("SG.wrong").send().await.unwrap().status(), 401);
    let granted: Value = scopes(&key).send().await.unwrap().json().await.unwrap();
    assert_eq!(granted["scopes"], json!(["mail.send"]));
    let cases = [
        ("/personalizations", json!([]), "personalizations"),
        ("/personalizations/0/to", json!([]), "personalizations.0.to"),
        ("/personalizations/0/to/0/email", json!("not an address"), "personalizations.0.to.0.email"),
        ("/personalizations/0/custom_args", json!({"n": 1}), "personalizations.0.custom_args"),
        ("/from", json!({}), "from.email"),
        ("/subject", json!(""), "subject"),
        ("/content", json!([]), "content"),
        ("/content/0/value", json!(""), "content.0.value"),
        ("/content", json!([{"type": "text/html", "value": "a"}, {"type": "text/plain", "value": "b"}]), "content"),
    ];
    for (pointer, value, field) in cases {
        let mut wrong = mail();
        *wrong.pointer_mut(pointer).unwrap() = value;
        let response = bench.send(&key, &wrong).await;
        assert_eq!(response.status(), 400, "{pointer}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["field"], field, "{body:#}");
    }
    let mut pretended = mail();
    pretended["mail_settings"] = json!({"sandbox_mode": {"enable": true}});
    assert_eq!(bench.send(&key, &pretended).await.status(), 200);
    assert!(bench.sandbox.world().mails.is_empty());
}

#[tokio::test]
async fn a_mail_with_a_large_attachment_is_taken() {
    let bench = Bench::start().await;
    let key = bench.sandbox.credentials().sendgrid_api_key.clone();
    let mut large = mail();
    large["attachments"] = json!([{"content": "A".repeat(5_000_000), "filename": "a.txt"}]);
    assert_eq!(bench.send(&key, &large).await.status(), 202);
    large["attachments"][0]["content"] = json!("A".repeat(31 * 1024 * 1024));
    assert_eq!(bench.send(&key, &large).await.status(), 413);
}
