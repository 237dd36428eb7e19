//! Reading the input objects of changes, whose types the schema has checked.

use apollo_compiler::response::JsonValue;

use super::UserError;
use crate::domain::money::{Currency, Money};
use crate::sandbox::shopify::object::number_of;

/// A field that was given.
pub fn given<'a>(input: &'a JsonValue, field: &str) -> Option<&'a JsonValue> {
    input.get(field).filter(|value| !value.is_null())
}

pub fn text<'a>(input: &'a JsonValue, field: &str) -> Option<&'a str> {
    given(input, field)?.as_str()
}

pub fn flag(input: &JsonValue, field: &str) -> bool {
    given(input, field).and_then(JsonValue::as_bool).unwrap_or(false)
}

pub fn quantity(input: &JsonValue, field: &str) -> Option<u32> {
    given(input, field)?.as_i64().and_then(|number| u32::try_from(number).ok())
}

pub fn id(input: &JsonValue, field: &str, kind: &str) -> Option<u64> {
    number_of(text(input, field)?, kind)
}

pub fn items<'a>(input: &'a JsonValue, field: &str) -> &'a [JsonValue] {
    given(input, field).and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A `Money` or `Decimal`, which comes as text or as a number.
pub fn money(input: &JsonValue, field: &str, currency: Currency) -> Result<Option<Money>, UserError> {
    let Some(value) = given(input, field) else { return Ok(None) };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Money::parse(&text, currency).map(Some).map_err(|error| UserError::new(field, error.to_string()))
}
