use super::*;

fn settings(toml: &str) -> Result<ShopifySettings, toml::de::Error> {
    toml::from_str(&format!("shop = \"fern.myshopify.com\"\n{toml}"))
}

#[test]
fn either_way_to_sign_in_is_enough() {
    assert_eq!(settings("access_token = \"shpat_1\"").unwrap().validate(), Ok(()));
    assert_eq!(settings("client_id = \"a\"\nclient_secret = \"b\"").unwrap().validate(), Ok(()));
}

#[test]
fn none_half_and_both_are_named() {
    for toml in [
        "",
        "client_id = \"a\"",
        "access_token = \"\"",
        "access_token = \"a\"\nclient_id = \"a\"\nclient_secret = \"b\"",
    ] {
        let error = settings(toml).unwrap().validate().unwrap_err();
        assert_eq!(error.key, "shopify.access_token", "{toml}");
    }
    let error = settings("access_token = \"shpat 1\"").unwrap().validate().unwrap_err();
    assert!(error.to_string().starts_with("shopify.access_token: ") && !error.to_string().contains("shpat 1"));
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(settings("acces_token = \"shpat_1\"").unwrap_err().to_string().contains("acces_token"));
}

#[test]
fn only_a_shops_own_domain_gets_the_credentials() {
    for shop in ["fern.myshopify.com", "Fern-2.myshopify.com"] {
        assert!(is_shop_domain(shop), "{shop}");
    }
    for shop in [
        "",
        ".myshopify.com",
        "-fern.myshopify.com",
        "fern.example.com",
        "fern.myshopify.com.evil.example",
        "evil.example/fern.myshopify.com",
        "https://fern.myshopify.com",
        "a.b.myshopify.com",
        "fern_1.myshopify.com",
        "fern.myshopify.com\n",
    ] {
        assert!(!is_shop_domain(shop), "{shop}");
    }
}

#[test]
fn debug_output_holds_no_secret() {
    let debug = format!("{:?}", settings("client_id = \"a\"\nclient_secret = \"hush-1\"").unwrap());
    assert!(!debug.contains("hush-1"), "{debug}");
}
