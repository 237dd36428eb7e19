use super::*;

#[test]
fn names_keep_what_orders_are_called_by_and_nothing_else() {
    assert_eq!(by_name("#1001", None), r##"name:"#1001" OR name:"1001""##);
    assert_eq!(by_name(" EN1001-A ", None), r##"name:"#EN1001-A" OR name:"EN1001-A""##);
    assert_eq!(by_name("1001\" OR email:*", None), r##"name:"#1001ORemail" OR name:"1001ORemail""##);
    assert_eq!(by_name(&"9".repeat(500), None).len(), 2 * LONGEST_NAME + r##"name:"#" OR name:"""##.len());
}

#[test]
fn a_mere_number_is_also_searched_for_as_the_shop_writes_it() {
    let format = |prefix: &str, suffix: &str| NumberFormat { prefix: prefix.to_owned(), suffix: suffix.to_owned() };
    let english = format("EN", "-A");
    assert_eq!(by_name("#1001", Some(&english)), r##"name:"#1001" OR name:"1001" OR name:"EN1001-A""##);
    assert_eq!(by_name("EN1001-A", Some(&english)), by_name("EN1001-A", None));
    assert_eq!(by_name("1001", Some(&format("#", ""))), by_name("1001", None));
    assert_eq!(by_name("7", Some(&format("\"x", ""))), r##"name:"#7" OR name:"7" OR name:"\"x7""##);
}

#[test]
fn an_address_stands_in_quotes() {
    let odd = Email::parse("or'%+{}|~@b.example").unwrap();
    assert_eq!(by_email(&odd, OrderStatusFilter::Any), r#"email:"or'%+{}|~@b.example""#);
    assert!(Email::parse("a@b.c OR email:*").is_none());
    assert!(Email::parse("\"a\\\"@b.example").is_none());
    assert_eq!(quoted(r#"a"b\c"#), r#"a\"b\\c"#);
}

#[test]
fn each_status_is_one_term() {
    let email = Email::parse("a@b.example").unwrap();
    for (status, term) in [
        (OrderStatusFilter::Open, "open"),
        (OrderStatusFilter::Closed, "closed"),
        (OrderStatusFilter::Cancelled, "cancelled"),
    ] {
        assert_eq!(by_email(&email, status), format!("email:\"a@b.example\" status:{term}"));
    }
}

#[test]
fn product_words_are_terms_never_operators() {
    let all = |text| products(text, Matching::AllWords);
    assert_eq!(all("wool OR status:draft").unwrap(), r#""wool" "OR" "status" "draft" status:active"#);
    assert_eq!(all("  ?!\"  "), None);
    assert_eq!(all("a b c d e f g h i j").unwrap().matches('"').count(), 2 * MOST_WORDS);
}

#[test]
fn words_of_a_title_are_alternatives_among_what_is_sold() {
    let some = |text| products(text, Matching::SomeInTitle);
    assert_eq!(some("wool) OR (").unwrap(), r#"(title:"wool" OR title:"OR") status:active"#);
    assert_eq!(some("?!"), None);
}

#[test]
fn only_ids_of_orders_are_ids_of_orders() {
    assert!(is_order_id("gid://shopify/Order/1001"));
    for other in ["", "1001", "gid://shopify/Order/", "gid://shopify/Order/1a", "gid://shopify/Customer/1"] {
        assert!(!is_order_id(other), "{other}");
    }
}
