use serde_json::{Value, json};

use super::{refusal, state};

fn check<const N: usize>(tool: &str, refusals: [(Value, &str); N]) {
    for (arguments, expected) in refusals {
        assert_eq!(refusal(&mut state(), tool, &arguments), expected, "{arguments}");
    }
}

fn items(order_id: &str, old: &[&str], new: &[&str], payment_method_id: &str) -> Value {
    json!({
        "order_id": order_id, "item_ids": old, "new_item_ids": new, "payment_method_id": payment_method_id,
    })
}

#[test]
fn the_call_itself() {
    check("think", [(json!({"thought": "hm"}), "Tool 'think' not found.")]);
    let call = "RetailTools.return_delivered_order_items()";
    let missing =
        format!("{call} missing 3 required positional arguments: 'order_id', 'item_ids', and 'payment_method_id'");
    let two = format!("{call} missing 2 required positional arguments: 'item_ids' and 'payment_method_id'");
    let one = format!("{call} missing 1 required positional argument: 'item_ids'");
    let unexpected = format!("{call} got an unexpected keyword argument 'reason'");
    check(
        "return_delivered_order_items",
        [
            (json!({}), &missing),
            (json!({"order_id": "#here"}), &two),
            (json!({"order_id": "#here", "payment_method_id": "card"}), &one),
            (json!({"order_id": "#here", "reason": "broken"}), &unexpected),
        ],
    );
}

#[test]
fn arguments_of_the_wrong_type() {
    check(
        "return_delivered_order_items",
        [
            (json!("#here"), "the arguments should be a JSON object"),
            (Value::Null, "the arguments should be a JSON object"),
            (
                json!({"order_id": 5, "item_ids": [], "payment_method_id": "card"}),
                "the argument 'order_id' should be a string",
            ),
            (
                json!({"order_id": "#here", "item_ids": "lamp", "payment_method_id": "card"}),
                "the argument 'item_ids' should be a list of strings",
            ),
            (
                json!({"order_id": "#here", "item_ids": ["lamp", 1], "payment_method_id": "card"}),
                "the argument 'item_ids' should be a list of strings",
            ),
        ],
    );
}

#[test]
fn records_that_are_not_there() {
    check("get_order_details", [(json!({"order_id": "new"}), "Order not found")]);
    check("get_user_details", [(json!({"user_id": "eve"}), "User not found")]);
    check("get_product_details", [(json!({"product_id": "mug-red"}), "Product not found")]);
    let stranger = json!({"first_name": "Ada", "last_name": "Byron", "zip": "42"});
    check("find_user_id_by_name_zip", [(stranger, "User not found")]);
    check("find_user_id_by_email", [(json!({"email": ""}), "User not found")]);
    check("calculate", [(json!({"expression": "1/0"}), "division by zero")]);
}

#[test]
fn cancelling() {
    let cancel = |order_id: &str, reason: &str| json!({"order_id": order_id, "reason": reason});
    check(
        "cancel_pending_order",
        [
            (cancel("#none", "too late"), "Order not found"),
            (cancel("#here", "too late"), "Non-pending order cannot be cancelled"),
            (cancel("#changed", "no longer needed"), "Non-pending order cannot be cancelled"),
            (cancel("#new", "too late"), "Invalid reason"),
            (cancel("#lost", "no longer needed"), "User not found"),
        ],
    );
}

#[test]
fn modifying_items() {
    check(
        "modify_pending_order_items",
        [
            (items("#here", &["x"], &[], "x"), "Non-pending order cannot be modified"),
            (items("#changed", &["mug-red"], &["mug-blue"], "card"), "Non-pending order cannot be modified"),
            (items("#new", &["hat-s", "hat-s"], &[], "x"), "hat-s not found"),
            (items("#new", &["hat-s"], &[], "x"), "The number of items to be exchanged should match"),
            (
                items("#new", &["hat-s", "mug-red"], &["hat-l", "mug-red"], "x"),
                "The new item id should be different from the old item id",
            ),
            (items("#new", &["mug-red"], &["hat-l"], "x"), "Variant not found"),
            (items("#new", &["mug-red"], &["mug-grey"], "x"), "New item mug-grey not found or available"),
            (items("#new", &["mug-red"], &["mug-blue"], "x"), "Payment method not found"),
            (
                items("#new", &["mug-red"], &["mug-blue"], "gift-small"),
                "Insufficient gift card balance to pay for the new item",
            ),
        ],
    );
}

#[test]
fn modifying_the_payment() {
    let payment = |order_id: &str, id: &str| json!({"order_id": order_id, "payment_method_id": id});
    check(
        "modify_pending_order_payment",
        [
            (payment("#here", "x"), "Non-pending order cannot be modified"),
            (payment("#lost", "card"), "User not found"),
            (payment("#changed", "x"), "Payment method not found"),
            (payment("#changed", "pal"), "There should be exactly one payment for a pending order"),
            (payment("#new", "card"), "The new payment method should be different from the current one"),
            (payment("#new", "gift-small"), "Insufficient gift card balance to pay for the order"),
        ],
    );
}

#[test]
fn modifying_the_address() {
    let address = |order_id: &str| {
        json!({
            "order_id": order_id,
            "address1": "a", "address2": "b", "city": "c", "state": "s", "country": "d", "zip": "1",
        })
    };
    check("modify_pending_order_address", [(address("#here"), "Non-pending order cannot be modified")]);
}

#[test]
fn exchanging() {
    check(
        "exchange_delivered_order_items",
        [
            (items("#new", &["x"], &[], "x"), "Non-delivered order cannot be exchanged"),
            (items("#here", &["mug-red"; 3], &[], "x"), "Number of mug-red not found."),
            (items("#here", &["mug-red"; 2], &["mug-blue"], "x"), "The number of items to be exchanged should match."),
            (items("#here", &["lamp"], &["lamp"], "x"), "Product not found"),
            (items("#here", &["mug-red"], &["hat-l"], "x"), "Variant not found"),
            (items("#here", &["mug-red"], &["mug-grey"], "x"), "New item mug-grey not found or available"),
            (items("#here", &["mug-red"], &["mug-blue"], "x"), "Payment method not found"),
            (
                items("#here", &["mug-red"], &["mug-blue"], "gift-small"),
                "Insufficient gift card balance to pay for the price difference",
            ),
        ],
    );
}

fn returned(order_id: &str, item_ids: &[&str], payment_method_id: &str) -> Value {
    json!({"order_id": order_id, "item_ids": item_ids, "payment_method_id": payment_method_id})
}

#[test]
fn returning() {
    check(
        "return_delivered_order_items",
        [
            (returned("#new", &["x"], "x"), "Non-delivered order cannot be returned"),
            (returned("#here", &["x"], "x"), "Payment method not found"),
            (returned("#here", &["x"], "pal"), "Payment method should be the original payment method"),
            (returned("#here", &["lamp", "lamp"], "gift-small"), "Some item not found"),
        ],
    );
}
