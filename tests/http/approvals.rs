//! Who may decide about effects that wait for a yes, and what they hear.

use serde_json::{Value, json};

use super::held_model::Script;
use super::house::{House, Wishes};

const POLICY: &str = "mode = \"act\"\n[refunds.damaged]\nno_return = \"approval\"\n[returns]\nwindow_days = 30\n";

/// A shop in which a torn jacket waits for a yes, and the approval as the list has it.
async fn waiting() -> (House, String, Value) {
    let house = House::with(Wishes { policy: toml::from_str(POLICY).unwrap(), ..Wishes::default() }).await;
    let find = json!({"order_number": "#1005", "email": "chloe@example.com", "postcode": null});
    let items = json!([{"line": 1, "quantity": 1}]);
    let refund = json!({"order_number": "#1005", "items": items, "reason": "damaged"});
    house.model.then(Script::Call("find_order", find)).then(Script::Call("issue_refund", refund)).say("Hello.");
    let id = house.conversation().await;
    let said = "refund please: jacket of #1005, chloe@example.com, is torn";
    house.store().say(&id, said).await.expect(200);
    let listed = house.approver().get("/v1/approvals?state=pending").await.expect(200).body;
    let approval = listed["approvals"][0].clone();
    assert_eq!((&approval["state"], &approval["conversation_id"]), (&json!("pending"), &json!(id)));
    assert_eq!(approval["proposal"]["amount"], json!({"amount": "320.00", "currency": "USD"}));
    let item = &approval["proposal"]["items"][0];
    assert!(
        item["title"].as_str().is_some_and(|title| title.contains("Jacket")) && item["quantity"] == 1,
        "{approval}"
    );
    (house, id, approval)
}

fn path(approval: &Value, verb: &str) -> String {
    format!("/v1/approvals/{}/{verb}", approval["approval_id"].as_str().unwrap())
}

#[tokio::test]
async fn only_a_key_that_was_made_for_it_decides() {
    let (house, _, approval) = waiting().await;
    for caller in [house.store(), house.browser(), house.other_store()] {
        caller.get("/v1/approvals").await.refused(403, "insufficient_permissions");
        for verb in ["approve", "deny"] {
            caller.post(&path(&approval, verb), &json!({})).await.refused(403, "insufficient_permissions");
        }
    }
    house.nobody().post(&path(&approval, "approve"), &json!({})).await.refused(401, "invalid_api_key");
    assert!(house.refunds("#1005").is_empty());
}

#[tokio::test]
async fn a_yes_is_said_once_and_told_in_the_conversation() {
    let (house, id, approval) = waiting().await;
    let approver = house.approver();
    approver.post(&path(&approval, "approve"), &json!({"amount": "999.00"})).await.refused(400, "invalid_request");
    approver.post("/v1/approvals/appr_none/approve", &json!({})).await.refused(404, "not_found");
    let yes = approver.post(&path(&approval, "approve"), &json!({"note": "photo seen"})).await.expect(200).body;
    assert_eq!((&yes["approval"]["state"], &yes["effect"]["state"]), (&json!("approved"), &json!("confirmed")));
    approver.post(&path(&approval, "approve"), &json!({})).await.refused(409, "conflict");
    approver.post(&path(&approval, "deny"), &json!({})).await.refused(409, "conflict");
    assert_eq!(house.refunds("#1005"), ["320.00"]);
    let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200);
    assert!(read.text.contains("$320.00 has been refunded for order #1005"), "{}", read.text);
}

#[tokio::test]
async fn a_no_tells_why() {
    let (house, id, approval) = waiting().await;
    let message = json!({"message": "The photo shows no tear."});
    let no = house.approver().post(&path(&approval, "deny"), &message).await.expect(200).body;
    assert_eq!(no["approval"]["state"], "denied");
    assert!(house.refunds("#1005").is_empty());
    let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200);
    assert!(read.text.contains("The photo shows no tear."), "{}", read.text);
}
