use serde_json::json;

use super::*;

fn record(transactions: &[(&str, &str, &str)], goes_on: bool) -> RefundRecord {
    let money = |amount: &str| json!({"presentmentMoney": {"amount": amount, "currencyCode": "USD"}});
    let nodes: Vec<_> = transactions
        .iter()
        .map(|(kind, status, amount)| json!({"kind": kind, "status": status, "amountSet": money(amount)}))
        .collect();
    let page = json!({"nodes": nodes, "pageInfo": {"hasNextPage": goes_on, "endCursor": "c"}});
    let refund = json!({"id": "gid://shopify/Refund/1", "totalRefundedSet": money("0.0"), "transactions": page});
    of(serde_json::from_value(refund).unwrap()).unwrap()
}

fn state(statuses: &[&str]) -> RefundState {
    let transactions: Vec<_> = statuses.iter().map(|status| ("REFUND", *status, "10.0")).collect();
    record(&transactions, false).state
}

#[test]
fn only_a_success_is_paid() {
    assert_eq!(state(&["SUCCESS"]), RefundState::Paid);
    for pending in ["PENDING", "AWAITING_RESPONSE", "UNKNOWN"] {
        assert_eq!(state(&[pending]), RefundState::Pending, "{pending}");
    }
    for failed in ["FAILURE", "ERROR"] {
        assert_eq!(state(&[failed]), RefundState::Failed, "{failed}");
    }
    assert_eq!(state(&["ON_HOLD"]), RefundState::Other("on_hold".to_owned()));
    assert_eq!(state(&[]), RefundState::Failed, "no money moved");
}

#[test]
fn several_payments_are_as_far_as_the_slowest() {
    assert_eq!(state(&["SUCCESS", "SUCCESS"]), RefundState::Paid);
    assert_eq!(state(&["PENDING", "SUCCESS"]), RefundState::Pending);
    assert_eq!(state(&["SUCCESS", "FAILURE"]), RefundState::Failed);
    assert_eq!(state(&["FAILURE", "PENDING"]), RefundState::Pending);
    assert_eq!(state(&["NEW_WORD", "PENDING"]), RefundState::Other("new_word".to_owned()));
}

#[test]
fn the_amount_is_what_moved_or_is_on_its_way() {
    let transactions = [
        ("REFUND", "SUCCESS", "20.0"),
        ("REFUND", "PENDING", "5.5"),
        ("REFUND", "FAILURE", "28.0"),
        ("VOID", "SUCCESS", "9.0"),
    ];
    assert_eq!(record(&transactions, false).amount.to_string(), "25.50 USD");
}

#[test]
fn a_list_that_goes_on_is_never_paid() {
    assert_eq!(record(&[("REFUND", "SUCCESS", "20.0")], true).state, RefundState::Pending);
}
