use super::*;

fn read(toml: &str) -> Result<Amounts, String> {
    #[derive(Deserialize)]
    struct File {
        limits: Amounts,
    }
    toml::from_str::<File>(toml).map(|file| file.limits).map_err(|error| error.message().to_owned())
}

#[test]
fn amounts_are_read_to_minor_units_of_their_currency() {
    let limits = read(r#"limits = { USD = "150.00", JPY = "12800", KWD = "1.5" }"#).unwrap();
    let minor = |code: &str| limits.of(code.parse().unwrap()).map(Money::minor);
    assert_eq!(
        (minor("USD"), minor("JPY"), minor("KWD"), minor("EUR")),
        (Some(15_000), Some(12_800), Some(1_500), None)
    );
    assert_eq!(serde_json::to_string(&limits).unwrap(), r#"{"JPY":"12800","KWD":"1.500","USD":"150.00"}"#);
}

#[test]
fn what_is_no_amount_is_refused_with_the_way_out() {
    let refused = |toml: &str| read(toml).unwrap_err();
    assert_eq!(refused(r#"limits = { USD = "15O" }"#), r#""15O" is not an amount in USD; write one such as "150.00""#);
    assert_eq!(refused(r#"limits = { JPY = "12.5" }"#), r#""12.5" is not an amount in JPY; write one such as "150""#);
    assert_eq!(
        refused(r#"limits = { USD = "-1.00" }"#),
        r#"-1.00 USD is less than nothing; write one such as "150.00""#
    );
    assert_eq!(
        refused("limits = { USD = 150.0 }"),
        r#"invalid type: floating point `150.0`, expected an amount in quotes, such as "150.00""#
    );
    assert_eq!(
        refused(r#"limits = { DOLLAR = "1" }"#),
        r#"unknown currency "DOLLAR"; use an ISO 4217 code such as USD"#
    );
}
