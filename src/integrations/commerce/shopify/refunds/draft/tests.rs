use serde_json::{Value, json};

use super::super::super::graphql::changing;
use super::super::super::operations;
use super::*;
use crate::domain::money::Money;
use crate::domain::order::OrderId;
use crate::integrations::commerce::refunds::RefundOf;

fn draft() -> RefundDraft {
    let yen = "JPY".parse().unwrap();
    RefundDraft {
        effect: EffectId::new("eff_1"),
        of: RefundOf {
            order: OrderId::new("gid://shopify/Order/7"),
            lines: vec![LineQuantity { line: "gid://shopify/LineItem/1".to_owned(), quantity: 2 }],
            shipping: true,
        },
        shares: vec![RefundShare {
            payment: "gid://shopify/OrderTransaction/3".to_owned(),
            gateway: "shopify_payments".to_owned(),
            amount: Money::from_minor(12_800, yen),
        }],
        restock: None,
        notify: true,
        note: "Came broken".to_owned(),
    }
}

fn written(draft: &RefundDraft) -> (String, Value) {
    let body = changing::body(&operations::REFUND_CREATE, &variables(draft));
    let value = serde_json::from_str(&body).unwrap();
    (body, value)
}

#[test]
fn the_request_carries_the_effect_twice_and_all_of_the_refund() {
    let (body, value) = written(&draft());
    assert!(body.starts_with(&planted(&EffectId::new("eff_1"))), "{body}");
    assert!(
        !body.starts_with(&planted(&EffectId::new("eff_"))) && !body.starts_with(&planted(&EffectId::new("eff_11")))
    );
    let expected = json!({"key": "eff_1", "input": {
        "orderId": "gid://shopify/Order/7", "currency": "JPY", "note": "Came broken [deskhand eff_1]", "notify": true,
        "refundLineItems": [
            {"lineItemId": "gid://shopify/LineItem/1", "quantity": 2, "restockType": "NO_RESTOCK"}],
        "shipping": {"fullRefund": true},
        "transactions": [{"orderId": "gid://shopify/Order/7", "parentId": "gid://shopify/OrderTransaction/3",
            "gateway": "shopify_payments", "kind": "REFUND", "amount": "12800"}],
    }});
    assert_eq!(value["variables"], expected);
    assert_eq!(value["operationName"], "RefundCreate");
}

#[test]
fn units_go_back_by_whether_they_had_left() {
    for (goods, word) in [(RestockedGoods::Unsent, "CANCEL"), (RestockedGoods::Returned, "RETURN")] {
        let location = "gid://shopify/Location/9".to_owned();
        let (_, value) = written(&RefundDraft { restock: Some(Restock { goods, location }), ..draft() });
        let line = &value["variables"]["input"]["refundLineItems"][0];
        assert_eq!((&line["restockType"], &line["locationId"]), (&json!(word), &json!("gid://shopify/Location/9")));
    }
}

#[test]
fn what_is_not_asked_for_is_not_sent() {
    let mut bare = draft();
    (bare.of.shipping, bare.shares) = (false, vec![]);
    let (_, value) = written(&bare);
    let input = value["variables"]["input"].as_object().unwrap();
    assert!(!input.contains_key("shipping") && !input.contains_key("currency"), "{input:?}");
}

#[test]
fn a_note_is_the_effects_by_its_end_alone() {
    let effect = EffectId::new("eff_1");
    assert!(mark::ends(Some("Came broken [deskhand eff_1]"), &effect));
    assert!(mark::ends(Some("[deskhand eff_1]\n"), &effect));
    for other in ["", "eff_1", "[deskhand eff_11]", "[deskhand eff_1] or so", "see [deskhand eff_1] [deskhand eff_2]"] {
        assert!(!mark::ends(Some(other), &effect), "{other}");
    }
    assert!(!mark::ends(None, &effect));
}

#[test]
fn a_note_that_pretends_does_not_pass_for_another_effects() {
    let forged = RefundDraft { note: format!("x [deskhand eff_2]\n{}", "y ".repeat(2_000)), ..draft() };
    let note = note(&forged.note, &forged.effect);
    assert!(mark::ends(Some(&note), &EffectId::new("eff_1")) && !mark::ends(Some(&note), &EffectId::new("eff_2")));
    assert!(note.chars().count() < 530 && !note.contains('\n'), "{note}");
    assert_eq!(super::note(" ", &draft().effect), "[deskhand eff_1]");
}
