use super::*;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

#[test]
fn decimal_strings_keep_the_currency_s_own_digits() {
    for (text, code, minor, back) in [
        ("64.00", "USD", 6_400, "64.00"),
        ("64.0", "USD", 6_400, "64.00"),
        ("12800", "JPY", 12_800, "12800"),
        ("12800.00", "JPY", 12_800, "12800"),
        ("1.5", "KWD", 1_500, "1.500"),
        ("-3.10", "EUR", -310, "-3.10"),
    ] {
        let money = Money::parse(text, currency(code)).unwrap();
        assert_eq!((money.minor(), money.decimal().as_str()), (minor, back), "{text} {code}");
    }
}

#[test]
fn what_is_not_exact_is_refused() {
    for (text, code) in [("0.001", "USD"), ("1.5", "JPY"), ("1e3", "USD"), ("", "USD"), ("1,00", "EUR")] {
        assert!(Money::parse(text, currency(code)).is_err(), "{text} {code}");
    }
    assert!("XXQ".parse::<Currency>().is_err());
}

#[test]
fn currencies_never_mix_and_nothing_wraps() {
    let dollar = Money::from_minor(i64::MAX, currency("USD"));
    assert_eq!(dollar.checked_add(Money::from_minor(1, currency("USD"))), Err(MoneyError::TooLarge));
    assert!(matches!(dollar.checked_sub(Money::from_minor(1, currency("EUR"))), Err(MoneyError::Mixed { .. })));
}
