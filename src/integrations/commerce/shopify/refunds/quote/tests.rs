use serde_json::{Value, json};

use super::super::wire::Suggesting;
use super::*;
use crate::domain::order::OrderId;

fn money(amount: &str) -> Value {
    json!({"presentmentMoney": {"amount": amount, "currencyCode": "USD"}})
}

fn suggestion() -> Value {
    json!({"presentmentCurrencyCode": "USD", "taxesIncluded": false, "suggestedRefund": {
        "amountSet": money("23.5"), "maximumRefundableSet": money("48.0"),
        "refundLineItems": [{"lineItem": {"id": "l1"}, "quantity": 2, "subtotalSet": money("15.0"),
                             "totalTaxSet": money("1.5")}],
        "shipping": {"amountSet": money("6.0"), "taxSet": money("1.0")},
        "suggestedTransactions": [share("shopify_payments", "20.0", "t1"), share("gift_card", "3.5", "t2"),
                                  share("paypal", "0.0", "t3")],
    }})
}

fn share(gateway: &str, amount: &str, parent: &str) -> Value {
    json!({"gateway": gateway, "amountSet": money(amount),
           "parentTransaction": {"id": parent, "manualPaymentGateway": false}})
}

fn quote(suggestion: Value) -> Result<RefundQuote, Unquotable> {
    let asked = RefundOf {
        order: OrderId::new("gid://shopify/Order/1"),
        lines: vec![LineQuantity { line: "l1".to_owned(), quantity: 2 }],
        shipping: true,
    };
    let parts: Option<Suggesting> = serde_json::from_value(suggestion).unwrap();
    let (order, suggestion) = parts.and_then(Suggesting::parts).unwrap();
    of(&asked, &order, suggestion)
}

#[test]
fn a_suggestion_is_read_with_its_taxes_and_without_empty_shares() {
    let read = quote(suggestion()).unwrap();
    assert_eq!((read.amount.minor(), read.maximum.minor(), read.shipping.minor()), (2350, 4800, 700));
    assert_eq!(read.lines[0].1.minor(), 1650);
    let shares: Vec<_> = read.shares.iter().map(|it| (it.payment.as_str(), it.gateway.as_str())).collect();
    assert_eq!(shares, [("t1", "shopify_payments"), ("t2", "gift_card")]);

    let mut included = suggestion();
    included["taxesIncluded"] = json!(true);
    let read = quote(included).unwrap();
    assert_eq!((read.lines[0].1.minor(), read.shipping.minor()), (1500, 600));
}

#[test]
fn a_suggestion_that_is_no_answer_to_the_question_is_refused() {
    let changed = |pointer: &str, value: Value| {
        let mut suggestion = suggestion();
        *suggestion.pointer_mut(&format!("/suggestedRefund/{pointer}")).unwrap() = value;
        quote(suggestion).unwrap_err().to_string()
    };
    assert!(changed("refundLineItems/0/quantity", json!(1)).contains("other units"));
    assert!(changed("refundLineItems", json!([])).contains("other units"));
    assert!(changed("amountSet", money("24.0")).contains("add up"));
    assert!(changed("maximumRefundableSet", money("23.0")).contains("add up"));
    assert!(changed("suggestedTransactions/0/amountSet", money("-20.0")).contains("add up"));
    assert!(changed("suggestedTransactions/0/parentTransaction", Value::Null).contains("which payment"));
    assert!(changed("suggestedTransactions/1/gateway", Value::Null).contains("which payment"));
    assert!(changed("suggestedTransactions/0/parentTransaction/manualPaymentGateway", json!(true)).contains("outside"));
    assert!(changed("amountSet/presentmentMoney/currencyCode", json!("EUR")).contains("EUR"));
    assert!(changed("amountSet/presentmentMoney/amount", json!("23.505")).contains("not an amount"));
}
