//! What Front sends: it is believed if it is signed, and answered as Front wants to read it.

use super::*;

/// What nobody signed a moment ago changes nothing; what Front wants to read it gets, however often it comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_front_did_not_sign_a_moment_ago_changes_nothing_and_what_it_did_is_acknowledged() {
    let house = house(Vendor::Front).await;
    let (conversation, ticket) = handed_over(&house).await;
    is_quiet(&house).await;
    let secret = house.sandbox.credentials().front_app_secret.clone();
    let path = house.helpdesk_path();
    let link = format!("https://demo.api.frontapp.com/conversations/{}", front::id("cnv", ticket));
    let message = |id: &str| {
        json!({"type": "message", "payload": {"id": id, "_links": {"related": {"conversation": link}}},
            "metadata": {"external_conversation_ids": ["eff_1"]}})
        .to_string()
    };
    let nobody = house.nobody();
    let body = message("msg_1");
    let post = |path: &str, secret: &str, moment: &str, body: &str| {
        let mut digest = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        digest.update(format!("{moment}:{body}").as_bytes());
        let signature = STANDARD.encode(digest.finalize().into_bytes());
        let request = nobody.request(Method::POST, path).body(body.to_owned());
        request.header("X-Front-Signature", signature).header("X-Front-Request-Timestamp", moment)
    };
    let now = Clock::machine();
    let fresh = now.as_millisecond().to_string();
    let stale = (now - SignedDuration::from_mins(6)).as_millisecond().to_string();
    let requests = [
        nobody.request(Method::POST, &path).body(body.clone()),
        post(&path, "another secret", &fresh, &body),
        post(&path, &secret, &stale, &body),
        post(&path, &secret, "", &body),
        post(&path, &secret, &fresh, &body).body(message("msg_2")),
        post(&format!("{path}/tail"), &secret, &fresh, &body),
        post(&path.replace(STORE, OTHER_STORE), &secret, &fresh, &body),
        post(&path.replace("front", "gorgias"), &secret, &fresh, &body),
    ];
    for request in requests {
        send(request).await.refused(401, "invalid_api_key");
    }
    for text in ["not json", "", "[]", r#"{"type":"archive","id":"evt_1","conversation":{"id":"../x"}}"#] {
        let answer = send(post(&path, &secret, &fresh, text)).await.expect(200);
        assert_eq!(answer.body, json!({"received": true}));
    }
    assert_eq!(house.storage.waiting_deliveries().await.unwrap(), 0);

    let before = said(&house, &conversation).await;
    for _ in 0..3 {
        let answer = send(post(&path, &secret, &fresh, &body)).await.expect(200);
        let expected = json!({"type": "success", "external_id": "msg_1", "external_conversation_id": "eff_1"});
        assert_eq!(answer.body, expected);
    }
    let added = json!({"type": "authorization", "payload": {"channel_id": "cha_1"}}).to_string();
    let answer = send(post(&path, &secret, &fresh, &added)).await.expect(200);
    let url = format!("https://{}{path}", house.address);
    assert_eq!(answer.body, json!({"type": "success", "webhook_url": url}));
    is_quiet(&house).await;
    assert_eq!(said(&house, &conversation).await, before);
    assert_eq!(status(&house, &conversation).await, "handoff_pending");
}

/// A conversation of somebody else's, into which people merge one of ours.
async fn merged(house: &House, ticket: u64) -> u64 {
    let survivor = ticket + 1_000;
    house
        .sandbox
        .change(|world| {
            let mut other = world.front.conversation(ticket).unwrap().clone();
            other.number = survivor;
            other.external_ids.clear();
            other.messages.truncate(1);
            other.messages[0].kind = "email".to_owned();
            other.messages[0].external_id = None;
            other.messages[0].at -= SignedDuration::from_hours(1);
            other.messages[0].body = "<p>an older mail</p>".to_owned();
            other.comments.clear();
            world.front.conversations.push(other);
        })
        .await;
    house.sandbox.merge_conversations(ticket, survivor).await;
    survivor
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_people_have_merged_it_the_conversation_goes_on_in_the_other() {
    let house = house(Vendor::Front).await;
    let (conversation, ticket) = handed_over(&house).await;
    is_quiet(&house).await;
    let survivor = merged(&house, ticket).await;
    house.sandbox.act(survivor, reply("I have both in one now.")).await.unwrap();
    until("it is heard", async || {
        said(&house, &conversation).await.contains(&("human".to_owned(), "I have both in one now.".to_owned()))
    })
    .await;
    house.store().say(&conversation, "Good to know").await.expect(202);
    until("it is there", async || times(&in_ticket(&house, survivor), "Good to know") == 1).await;
    is_quiet(&house).await;
    assert_eq!(status(&house, &conversation).await, "human_handling");
    let lines = said(&house, &conversation).await;
    assert!(lines.iter().all(|(_, text)| !text.contains("an older mail")), "that was said elsewhere: {lines:?}");
}
