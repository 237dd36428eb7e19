//! Changes. They are made first, one after the other, and then told from the world as it is after the last of them.

use std::cell::RefCell;

use apollo_compiler::ast;
use apollo_compiler::executable::Field;
use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo};
use apollo_compiler::response::{JsonMap, JsonValue};
use jiff::Timestamp;

use super::object::{Resolved, View, coded, null, object};
use crate::sandbox::world::World;

pub mod input;
pub mod keys;
mod order_cancel;
mod order_update;
mod payload;
mod refund_create;
mod return_process;
mod returns;

use keys::KeysHeld;
pub use payload::{Payload, UserError};

/// One root field of a mutation.
pub struct Change {
    /// Under which it is answered.
    response_key: String,
    name: String,
    arguments: JsonMap,
    /// Of the `@idempotent` directive.
    key: Option<String>,
    /// The arguments as they are written in the document.
    written: String,
}

/// What came of it.
pub enum Outcome {
    Payload(Payload),
    /// An error beside `data`, with a code.
    Error(FieldError),
}

impl Outcome {
    fn error(code: &str, message: &str) -> Self {
        Self::Error(coded(code, message))
    }
}

/// Listens to an execution for the changes that it asks for.
pub struct Recorder<'a> {
    variables: &'a JsonMap,
    changes: RefCell<Vec<Change>>,
}

impl<'a> Recorder<'a> {
    pub fn new(variables: &'a JsonMap) -> Self {
        Self { variables, changes: RefCell::default() }
    }

    pub fn changes(self) -> Vec<Change> {
        self.changes.into_inner()
    }

    fn key_of(&self, field: &Field) -> Option<String> {
        let argument = field.directives.get("idempotent")?.specified_argument_by_name("key")?;
        match &**argument {
            ast::Value::String(text) => Some(text.clone()),
            ast::Value::Variable(name) => {
                self.variables.get(name.as_str()).and_then(JsonValue::as_str).map(str::to_owned)
            }
            _ => None,
        }
    }
}

impl ObjectValue for Recorder<'_> {
    fn type_name(&self) -> &str {
        "Mutation"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        if let Some(field) = info.field_selections().first() {
            self.changes.borrow_mut().push(Change {
                response_key: field.response_key().to_string(),
                name: info.field_name().to_owned(),
                arguments: info.arguments().clone(),
                key: self.key_of(field),
                written: field.arguments.iter().map(|it| format!("{}: {};", it.name, it.value)).collect(),
            });
        }
        null()
    }
}

/// Makes the changes in their order. `variables` is their text as it came.
pub fn perform(
    world: &mut World,
    now: Timestamp,
    changes: &[Change],
    keys: &KeysHeld,
    variables: &str,
) -> Vec<(String, Outcome)> {
    let made = changes.iter().map(|change| {
        let outcome = match change.name.as_str() {
            "refundCreate" => keys::once(world, now, change, keys, variables, refund_create::perform),
            "orderUpdate" => order_update::perform(world, now, change),
            "returnCreate" => returns::create(world, now, change),
            "returnProcess" => return_process::perform(world, now, change),
            "returnRequest" => returns::request(world, now, change),
            "returnCancel" => returns::cancel(world, now, change),
            "reverseDeliveryCreateWithShipping" => returns::label(world, now, change),
            "orderCancel" => order_cancel::perform(world, now, change),
            _ => Outcome::error("INTERNAL_SERVER_ERROR", "this change is not known here"),
        };
        (change.response_key.clone(), outcome)
    });
    made.collect()
}

/// `Mutation`, after the changes.
pub struct MutationRoot<'w> {
    pub view: View<'w>,
    pub outcomes: &'w [(String, Outcome)],
}

impl ObjectValue for MutationRoot<'_> {
    fn type_name(&self) -> &str {
        "Mutation"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let key = info.field_selections().first().map(|field| field.response_key().as_str());
        let found = self.outcomes.iter().find(|(name, _)| Some(name.as_str()) == key);
        match found {
            Some((_, Outcome::Payload(payload))) => object(payload.node(self.view)),
            Some((_, Outcome::Error(error))) => Err(FieldError { message: error.message.clone() }),
            None => Err(self.unknown_field_error(info)),
        }
    }
}
