//! Amounts by currency, as a merchant writes them: `{ USD = "150.00", EUR = "140.00" }`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::money::{Currency, Money};

/// At most one amount a currency, none of them negative. A currency that is not there has no amount: zero is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts(BTreeMap<Currency, Money>);

impl Amounts {
    pub fn of(&self, currency: Currency) -> Option<Money> {
        self.0.get(&currency).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        self.0.keys().copied()
    }
}

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(currency, amount)| (currency, amount.decimal())))
    }
}

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByCurrency)
    }
}

struct ByCurrency;

impl<'de> Visitor<'de> for ByCurrency {
    type Value = Amounts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("amounts by currency, such as { USD = \"150.00\" }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Amounts, A::Error> {
        let mut amounts = BTreeMap::new();
        while let Some(currency) = map.next_key::<Currency>()? {
            amounts.insert(currency, map.next_value_seed(AmountIn(currency))?);
        }
        Ok(Amounts(amounts))
    }
}

struct AmountIn(Currency);

impl<'de> DeserializeSeed<'de> for AmountIn {
    type Value = Money;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Money, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for AmountIn {
    type Value = Money;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an amount in quotes, such as \"{}\"", self.example())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Money, E> {
        let wrong =
            |problem: &dyn fmt::Display| E::custom(format!("{problem}; write one such as {:?}", self.example()));
        let amount = Money::parse(text, self.0).map_err(|error| wrong(&error))?;
        if amount.minor() < 0 {
            return Err(wrong(&format_args!("{amount} is less than nothing")));
        }
        Ok(amount)
    }
}

impl AmountIn {
    fn example(&self) -> String {
        let hundred_and_fifty = 150 * 10_i64.pow(self.0.exponent());
        Money::from_minor(hundred_and_fifty, self.0).decimal()
    }
}

#[cfg(test)]
mod tests;
