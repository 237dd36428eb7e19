use serde_json::json;

use super::{balance, record, refusal, state};

#[test]
fn a_payment_moves_to_a_gift_card_and_back_again_only_by_a_new_order() {
    let mut state = state();
    let order = record(
        &mut state,
        "modify_pending_order_payment",
        &json!({"order_id": "#new", "payment_method_id": "gift-large"}),
    );
    assert_eq!(
        order["payment_history"],
        json!([
            {"transaction_type": "payment", "amount": 30.05, "payment_method_id": "card"},
            {"transaction_type": "payment", "amount": 30.05, "payment_method_id": "gift-large"},
            {"transaction_type": "refund", "amount": 30.05, "payment_method_id": "card"},
        ])
    );
    assert_eq!(order["status"], "pending");
    assert_eq!(balance(&mut state, "gift-large"), 70.05);
    let again = json!({"order_id": "#new", "payment_method_id": "pal"});
    let refusal = refusal(&mut state, "modify_pending_order_payment", &again);
    assert_eq!(refusal, "There should be exactly one payment for a pending order");
}

#[test]
fn a_payment_moves_from_one_gift_card_to_another() {
    let mut state = state();
    let arguments = json!({"order_id": "#gift", "payment_method_id": "gift-large"});
    record(&mut state, "modify_pending_order_payment", &arguments);
    assert_eq!(balance(&mut state, "gift-small"), 7.25);
    assert_eq!(balance(&mut state, "gift-large"), 94.85);
}

#[test]
fn cancelling_pays_a_gift_card_back_at_once() {
    let mut state = state();
    let arguments = json!({"order_id": "#gift", "reason": "ordered by mistake"});
    let order = record(&mut state, "cancel_pending_order", &arguments);
    assert_eq!(order["cancel_reason"], "ordered by mistake");
    assert_eq!(order["payment_history"][1]["transaction_type"], "refund");
    assert_eq!(balance(&mut state, "gift-small"), 7.25);
}

#[test]
fn every_modified_item_takes_the_last_ones_price_and_options() {
    let mut state = state();
    let order = record(
        &mut state,
        "modify_pending_order_items",
        &json!({
            "order_id": "#new", "item_ids": ["mug-red", "hat-s"], "new_item_ids": ["mug-blue", "hat-l"],
            "payment_method_id": "gift-small",
        }),
    );
    assert_eq!(order["items"][0]["item_id"], "mug-blue");
    assert_eq!(order["items"][0]["price"], 19.5);
    assert_eq!(order["items"][0]["options"], order["items"][1]["options"]);
    assert_eq!(order["items"][1]["item_id"], "hat-l");
    assert_eq!(order["items"][1]["price"], 19.5);
    assert_eq!(order["status"], "pending (item modified)");
    assert_eq!(balance(&mut state, "gift-small"), 0.2);
}

#[test]
fn an_order_with_modified_items_may_still_get_another_address() {
    let mut state = state();
    let address = json!({"address1": "a", "address2": "b", "city": "c", "state": "s", "country": "d", "zip": "1"});
    let mut arguments = address.clone();
    arguments["order_id"] = json!("#changed");
    assert_eq!(record(&mut state, "modify_pending_order_address", &arguments)["address"], address);
}

#[test]
fn two_of_the_same_item_are_exchanged() {
    let mut state = state();
    let order = record(
        &mut state,
        "exchange_delivered_order_items",
        &json!({
            "order_id": "#here", "item_ids": ["mug-red", "mug-red"], "new_item_ids": ["mug-gold", "mug-blue"],
            "payment_method_id": "pal",
        }),
    );
    assert_eq!(order["status"], "exchange requested");
    assert_eq!(order["exchange_new_items"], json!(["mug-blue", "mug-gold"]));
    assert_eq!(order["exchange_price_difference"], 92.25);
    assert_eq!(order["items"][0]["item_id"], "mug-red");
}

#[test]
fn a_return_may_go_to_any_gift_card() {
    let mut state = state();
    let arguments = json!({"order_id": "#here", "item_ids": ["mug-red", "lamp"], "payment_method_id": "gift-small"});
    let order = record(&mut state, "return_delivered_order_items", &arguments);
    assert_eq!(order["return_items"], json!(["lamp", "mug-red"]));
    assert_eq!(order["return_payment_method_id"], "gift-small");
    assert_eq!(balance(&mut state, "gift-small"), 2.0);
}

#[test]
fn an_exchange_of_nothing_differs_by_the_integer_zero() {
    let mut state = state();
    let arguments = json!({
        "order_id": "#here", "item_ids": [], "new_item_ids": [], "payment_method_id": "card",
    });
    let answer = state.call("exchange_delivered_order_items", &arguments);
    assert!(answer.text.contains(r#""exchange_price_difference": 0, "#), "{answer:?}");
}
