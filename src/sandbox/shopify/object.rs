//! What all resolvers share.

use std::rc::Rc;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use jiff::Timestamp;

use crate::sandbox::world::World;

/// The world at a moment.
#[derive(Clone, Copy)]
pub struct View<'w> {
    pub world: &'w World,
    pub now: Timestamp,
}

pub type Resolved<'a> = Result<ResolvedValue<'a>, FieldError>;

/// Stands between the code and the message of a field's error.
pub const CODED: char = '\u{1f}';

/// An error with the code that Shopify puts into `extensions`.
pub fn coded(code: &str, message: impl std::fmt::Display) -> FieldError {
    FieldError { message: format!("{code}{CODED}{message}") }
}

pub fn gid(kind: &str, id: u64) -> String {
    format!("gid://shopify/{kind}/{id}")
}

/// The number in a gid of this kind. What stands behind a question mark is a parameter of the gid.
pub fn number_of(gid: &str, kind: &str) -> Option<u64> {
    let id = gid.strip_prefix("gid://shopify/")?.strip_prefix(kind)?.strip_prefix('/')?;
    id.split('?').next()?.parse().ok()
}

pub fn leaf<'a>(value: impl Into<JsonValue>) -> Resolved<'a> {
    Ok(ResolvedValue::leaf(value))
}

pub fn text<'a>(value: &str) -> Resolved<'a> {
    leaf(value.to_owned())
}

pub fn maybe<'a>(value: Option<impl AsRef<str>>) -> Resolved<'a> {
    match value {
        Some(value) => text(value.as_ref()),
        None => null(),
    }
}

pub fn null<'a>() -> Resolved<'a> {
    Ok(ResolvedValue::null())
}

/// A moment to the second, as Shopify writes it.
pub fn time<'a>(at: Timestamp) -> Resolved<'a> {
    text(&at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

pub fn maybe_time<'a>(at: Option<Timestamp>) -> Resolved<'a> {
    at.map_or_else(null, time)
}

/// Numbers that may outgrow JavaScript's are strings on the wire.
pub fn big<'a>(number: u64) -> Resolved<'a> {
    text(&number.to_string())
}

pub fn texts<'a>(values: impl IntoIterator<Item = impl AsRef<str>>) -> Resolved<'a> {
    let values: Vec<ResolvedValue<'a>> =
        values.into_iter().map(|value| ResolvedValue::leaf(value.as_ref().to_owned())).collect();
    Ok(ResolvedValue::list(values))
}

pub fn object<'a>(value: impl ObjectValue + 'a) -> Resolved<'a> {
    Ok(ResolvedValue::object(value))
}

pub fn maybe_object<'a>(value: Option<impl ObjectValue + 'a>) -> Resolved<'a> {
    Ok(ResolvedValue::nullable_object(value))
}

pub fn list<'a, T: ObjectValue + 'a>(values: impl IntoIterator<Item = T>) -> Resolved<'a> {
    let values: Vec<ResolvedValue<'a>> = values.into_iter().map(ResolvedValue::object).collect();
    Ok(ResolvedValue::list(values))
}

/// The first `first` of a plain list, all where it is not given.
pub fn first_of(info: &ResolveInfo<'_>) -> usize {
    integer(info, "first").and_then(|first| usize::try_from(first).ok()).unwrap_or(usize::MAX)
}

pub fn argument<'a>(info: &ResolveInfo<'a>, name: &str) -> Option<&'a JsonValue> {
    info.arguments().get(name).filter(|value| !value.is_null())
}

pub fn string<'a>(info: &ResolveInfo<'a>, name: &str) -> Option<&'a str> {
    argument(info, name)?.as_str()
}

pub fn integer(info: &ResolveInfo<'_>, name: &str) -> Option<i64> {
    argument(info, name)?.as_i64()
}

pub fn boolean(info: &ResolveInfo<'_>, name: &str) -> bool {
    argument(info, name).and_then(JsonValue::as_bool).unwrap_or(false)
}

/// An object that several places of an answer show.
pub struct Common<'a>(pub Rc<dyn ObjectValue + 'a>);

impl ObjectValue for Common<'_> {
    fn type_name(&self) -> &str {
        self.0.type_name()
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        self.0.resolve_field(info)
    }
}

/// An object whose fields are plain values known beforehand.
pub struct Plain(pub &'static str, pub Vec<(&'static str, JsonValue)>);

impl ObjectValue for Plain {
    fn type_name(&self) -> &str {
        self.0
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let found = self.1.iter().find(|(name, _)| *name == info.field_name());
        let (_, value) = found.ok_or_else(|| self.unknown_field_error(info))?;
        Ok(resolved(value))
    }
}

fn resolved<'a>(value: &JsonValue) -> ResolvedValue<'a> {
    match value.as_array() {
        Some(items) => ResolvedValue::list(items.iter().map(resolved).collect::<Vec<_>>()),
        None => ResolvedValue::Leaf(value.clone()),
    }
}

/// A number of things, counted exactly.
pub fn count<'a>(number: usize) -> Resolved<'a> {
    let fields = vec![("count", JsonValue::from(number)), ("precision", JsonValue::from("EXACT"))];
    object(Plain("Count", fields))
}
