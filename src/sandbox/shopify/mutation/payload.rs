//! What a change answers: the things that it touched, and what its input was refused for.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};
use apollo_compiler::response::JsonValue;

use crate::sandbox::shopify::object::{Plain, Resolved, View, list, maybe_object};
use crate::sandbox::shopify::order::OrderNode;
use crate::sandbox::shopify::refund::RefundNode;
use crate::sandbox::shopify::returns;
use crate::sandbox::shopify::root::job;

/// A mutation's payload, by ids.
#[derive(Default)]
pub struct Payload {
    /// Its type.
    pub kind: &'static str,
    pub order: Option<u64>,
    pub refund: Option<u64>,
    pub job: Option<u64>,
    pub returned: Option<u64>,
    pub delivery: Option<u64>,
    pub errors: Vec<UserError>,
}

/// What is wrong with an input, and where.
pub struct UserError {
    kind: &'static str,
    field: Vec<String>,
    message: String,
    /// Some kinds have none.
    code: Option<&'static str>,
}

impl UserError {
    /// `field` is the way to the culprit: `transactions.0.amount`. Empty where it is the whole.
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        let field = field.split('.').filter(|part| !part.is_empty()).map(str::to_owned);
        Self { kind: "UserError", field: field.collect(), message: message.into(), code: None }
    }

    /// The same as a kind that has codes.
    pub fn coded(self, kind: &'static str, code: &'static str) -> Self {
        Self { kind, code: Some(code), ..self }
    }

    fn plain(&self) -> Plain {
        let Plain(_, fields) = self.node();
        Plain("UserError", fields)
    }

    fn node(&self) -> Plain {
        let field: JsonValue = match self.field.as_slice() {
            [] => JsonValue::Null,
            way => way.iter().cloned().map(JsonValue::from).collect::<Vec<_>>().into(),
        };
        let code = self.code.map_or(JsonValue::Null, JsonValue::from);
        Plain(self.kind, vec![("field", field), ("message", self.message.clone().into()), ("code", code)])
    }
}

impl Payload {
    pub fn refused(kind: &'static str, errors: Vec<UserError>) -> Self {
        Self { kind, errors, ..Self::default() }
    }

    pub fn node<'w>(&'w self, view: View<'w>) -> PayloadNode<'w> {
        PayloadNode { view, payload: self }
    }
}

pub struct PayloadNode<'w> {
    view: View<'w>,
    payload: &'w Payload,
}

impl ObjectValue for PayloadNode<'_> {
    fn type_name(&self) -> &str {
        self.payload.kind
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, payload) = (self.view, self.payload);
        let order = payload.order.and_then(|id| view.world.order(id));
        match info.field_name() {
            "order" => maybe_object(order.map(|order| OrderNode { view, order })),
            "refund" => maybe_object(order.zip(payload.refund).and_then(|(order, id)| {
                let refund = order.refunds.iter().find(|refund| refund.id == id)?;
                Some(RefundNode { view, order, refund })
            })),
            "return" => maybe_object(payload.returned.and_then(|id| returns::find(view, id))),
            "reverseDelivery" => maybe_object(payload.delivery.and_then(|id| returns::find_delivery(view, id))),
            "job" => maybe_object(payload.job.map(|id| job(id, view))),
            // An older name, with errors that have no code.
            "userErrors" if payload.kind == "OrderCancelPayload" => list(payload.errors.iter().map(UserError::plain)),
            "userErrors" | "orderCancelUserErrors" => list(payload.errors.iter().map(UserError::node)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
