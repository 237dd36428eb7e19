//! Money: integer minor units and a currency. Decimal strings on the wire, never a float.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An ISO 4217 currency, `USD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// How many digits stand after the point: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The sign that shoppers know, `$` or `€`; the code where there is none.
    pub fn symbol(self) -> String {
        self.0.symbol().symbol
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(|| MoneyError::UnknownCurrency(code.to_owned()))
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount. Serialises as `{"amount":"64.00","currency":"USD"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    amount: String,
    currency: Currency,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum MoneyError {
    #[error("unknown currency {0:?}; use an ISO 4217 code such as USD")]
    UnknownCurrency(String),
    #[error("{text:?} is not an amount in {currency}")]
    NotAnAmount { text: String, currency: Currency },
    #[error("{left} and {right} are different currencies")]
    Mixed { left: Currency, right: Currency },
    #[error("the amount is too large")]
    TooLarge,
}

impl Money {
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal string as vendors write it: `"64.00"`, `"64.0"`, `"12800"`. Digits beyond the currency's own
    /// must be zeros: a price of a tenth of a cent is refused, never rounded.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let refused = || MoneyError::NotAnAmount { text: text.to_owned(), currency };
        let decimal = Decimal::from_str_exact(text.trim()).map_err(|_| refused())?;
        let scale = Decimal::from(10_i64.pow(currency.exponent()));
        let minor = decimal.checked_mul(scale).ok_or(MoneyError::TooLarge)?;
        if !minor.fract().is_zero() {
            return Err(refused());
        }
        Ok(Self { minor: i64::try_from(minor).map_err(|_| MoneyError::TooLarge)?, currency })
    }

    pub const fn minor(self) -> i64 {
        self.minor
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The decimal string, with as many digits after the point as the currency has.
    pub fn decimal(self) -> String {
        Decimal::new(self.minor, self.currency.exponent()).to_string()
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Self, how: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed { left: self.currency, right: other.currency });
        }
        how(self.minor, other.minor).map(|minor| Self { minor, ..self }).ok_or(MoneyError::TooLarge)
    }
}

/// `64.00 USD`: the form for logs and people who run the store.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

impl TryFrom<Wire> for Money {
    type Error = MoneyError;

    fn try_from(wire: Wire) -> Result<Self, MoneyError> {
        Self::parse(&wire.amount, wire.currency)
    }
}

impl From<Money> for Wire {
    fn from(money: Money) -> Self {
        Self { amount: money.decimal(), currency: money.currency }
    }
}

#[cfg(test)]
mod tests;
