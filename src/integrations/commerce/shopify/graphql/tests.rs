use super::*;
use crate::integrations::http::HttpSettings;

fn graphql() -> GraphQl {
    let settings = "shop = \"fern.myshopify.com\"\naccess_token = \"shpat_1\"";
    GraphQl::new(&toml::from_str(settings).unwrap(), Transport::new(HttpSettings::default()).unwrap()).unwrap()
}

#[test]
fn the_endpoint_is_the_shops_own_and_of_the_pinned_version() {
    assert_eq!(graphql().endpoint.as_str(), "https://fern.myshopify.com/admin/api/2026-10/graphql.json");
}

#[test]
fn user_errors_are_refusals_with_or_without_a_code() {
    let graphql = graphql();
    assert!(graphql.accepted(&[]).is_ok());
    let plain: UserError = serde_json::from_str(r#"{"field":["input","note"],"message":"Note is too long"}"#).unwrap();
    let coded = UserError { field: None, code: Some("NOT_FOUND".to_owned()), ..plain.clone() };
    let said = |error: UserError| graphql.accepted(&[error]).unwrap_err().to_string();
    assert_eq!(said(plain), "Shopify refused (200): input.note: Note is too long");
    assert_eq!(said(coded), "Shopify refused (200): NOT_FOUND: Note is too long");
}

#[test]
fn the_wait_is_what_is_missing_by_what_comes_back() {
    let wait = |requested, available, rate| {
        let status = ThrottleStatus { maximum_available: 2000.0, currently_available: available, restore_rate: rate };
        let cost = Cost { requested_query_cost: Some(requested), throttle_status: Some(status) };
        wait_for(Some(&Extensions { cost: Some(cost) })).as_secs_f64()
    };
    for _ in 0..50 {
        assert!((2.05..=2.47).contains(&wait(300.0, 100.0, 100.0)));
        assert!((0.05..=0.07).contains(&wait(300.0, 400.0, 100.0)), "there is enough by now");
        assert!(wait(300.0, 100.0, 0.0) >= 1.0, "a bucket that never fills is not divided by");
    }
    assert!(wait_for(None) >= UNTOLD_WAIT);
}
