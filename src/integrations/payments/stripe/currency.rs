//! Stripe's integers. For most currencies they count what ISO 4217 counts; these are the others.

use crate::domain::money::{Currency, Money};

/// Counted in whole units, whatever their parts are.
const WHOLE: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Counted in hundredths that nobody uses, so that the last two digits are zeros.
const HUNDREDTHS: [&str; 2] = ["ISK", "UGX"];
/// Counted in thousandths, of which the last digit is a zero.
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// Digits after the point. `None` for a currency of which nothing is known here: it is not paid in.
fn digits(currency: Currency) -> Option<u32> {
    let code = currency.code();
    match currency.exponent() {
        _ if WHOLE.contains(&code) => Some(0),
        _ if HUNDREDTHS.contains(&code) => Some(2),
        _ if THOUSANDTHS.contains(&code) => Some(3),
        2 => Some(2),
        _ => None,
    }
}

/// The amount that Stripe's integer means. `code` as Stripe writes it, `usd`.
pub fn read(amount: i64, code: &str) -> Option<Money> {
    let currency: Currency = code.to_ascii_uppercase().parse().ok()?;
    let minor = scaled(amount, digits(currency)?, currency.exponent())?;
    Some(Money::from_minor(minor, currency))
}

/// Stripe's integer for an amount above zero. `None` where it has none.
pub fn write(amount: Money) -> Option<i64> {
    let digits = digits(amount.currency())?;
    let written = scaled(amount.minor(), amount.currency().exponent(), digits)?;
    let payable = digits != 3 || written % 10 == 0;
    (written > 0 && payable).then_some(written)
}

/// A number with one count of digits after the point, with another; `None` where that would cut something off.
fn scaled(number: i64, from: u32, to: u32) -> Option<i64> {
    match to.checked_sub(from) {
        Some(more) => number.checked_mul(10_i64.checked_pow(more)?),
        None => {
            let unit = 10_i64.checked_pow(from - to)?;
            (number % unit == 0).then_some(number / unit)
        }
    }
}

#[cfg(test)]
mod tests;
