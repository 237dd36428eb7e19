use serde_json::json;

use super::*;

#[test]
fn the_request_begins_with_the_effect_and_fits() {
    let draft = CancellationDraft {
        effect: EffectId::new("eff_1"),
        order: OrderId::new("gid://shopify/Order/7"),
        reason: CancellationReason::Customer,
        refund: true,
        restock: true,
        notify: false,
        note: format!("changed\ntheir \"mind\" {}", "x".repeat(300)),
    };
    let body = changing::body(&operations::ORDER_CANCEL, &variables(&draft));
    assert!(body.starts_with(&planted(&draft.effect)), "{body}");
    assert!(
        !body.starts_with(&planted(&EffectId::new("eff_11"))) && !body.starts_with(&planted(&EffectId::new("eff_")))
    );
    assert_eq!(order_of(&body).as_deref(), Some("gid://shopify/Order/7"));
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    let note = value["variables"]["staffNote"].as_str().unwrap();
    assert_eq!(note.chars().count(), 255);
    assert!(note.starts_with("[deskhand eff_1] changed their \"mind\" xx"), "{note}");
    assert_eq!(value["variables"]["reason"], "CUSTOMER");
    assert_eq!(value["variables"]["refundMethod"], json!({"originalPaymentMethodsRefund": true}));
}

#[test]
fn an_order_tells_who_cancelled_it_and_where_the_money_is() {
    let read = |note: serde_json::Value, at: serde_json::Value| {
        let amount = json!({"presentmentMoney": {"amount": "89.0", "currencyCode": "USD"}});
        let order: CancelledOrder = serde_json::from_value(json!({
            "cancelledAt": at, "cancelReason": "CUSTOMER", "cancellation": {"staffNote": note},
            "presentmentCurrencyCode": "USD",
            "transactions": [{"kind": "SALE", "status": "SUCCESS", "amountSet": amount},
                             {"kind": "REFUND", "status": "PENDING", "amountSet": amount}],
        }))
        .unwrap();
        order.record(&EffectId::new("eff_1")).unwrap()
    };
    let at = json!("2026-11-23T20:00:00Z");
    let ours = read(json!("[deskhand eff_1] changed their mind"), at.clone()).unwrap();
    assert!(ours.by_effect);
    let (amount, state) = ours.repaid.unwrap();
    assert_eq!((amount.to_string().as_str(), state.as_str()), ("89.00 USD", "pending"));
    for other in [json!("[deskhand eff_11]"), json!("see [deskhand eff_1]"), json!(null)] {
        assert!(!read(other, at.clone()).unwrap().by_effect);
    }
    assert_eq!(read(json!("[deskhand eff_1]"), json!(null)), None);
}
