use super::*;

fn money(text: &str, currency: &str) -> Money {
    Money::parse(text, currency.parse().unwrap()).unwrap()
}

#[test]
fn amounts_are_counted_as_stripe_counts_them() {
    for (text, currency, integer) in [
        ("22.00", "USD", 2200),
        ("12800", "JPY", 12800),
        ("5", "ISK", 500),
        ("700", "UGX", 70000),
        ("1.230", "KWD", 1230),
        ("3.00", "MGA", 3),
        ("19.99", "HUF", 1999),
    ] {
        let amount = money(text, currency);
        assert_eq!(write(amount), Some(integer), "{text} {currency}");
        assert_eq!(read(integer, &currency.to_lowercase()), Some(amount), "{integer} {currency}");
    }
}

#[test]
fn what_stripe_cannot_pay_has_no_integer() {
    for (text, currency) in [("1.234", "KWD"), ("3.50", "MGA"), ("0.00", "USD"), ("-1.00", "USD"), ("1.0000", "CLF")] {
        assert_eq!(write(money(text, currency)), None, "{text} {currency}");
    }
    assert_eq!(read(150, "isk"), None, "half a króna");
    assert_eq!(read(100, "xyz"), None);
}
