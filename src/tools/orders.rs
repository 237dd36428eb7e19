//! Orders that have not left the store: called off, or sent elsewhere. And a line in an order's note.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{EffectClass, Next, Output, Proposal, Scene, Tool, ToolError, Wish, one_line, view};
use crate::domain::identity::Assurance;
use crate::domain::order::{Order, OrderId};
use crate::integrations::commerce::changes::Place;

mod assessment;
mod receipts;

pub(super) use receipts::outcome;
pub use receipts::{cancellation, change, denied, note, refused, unchanged};

/// The longest line that is added to a note, in characters.
const LONGEST_LINE: usize = 500;

/// What a shopper wants done with an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderWish {
    pub order: OrderId,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Cancel,
    Address(Place),
    Note(String),
}

impl OrderWish {
    /// The tool's answer, which the gate replaces by what came of it.
    fn of(order: &Order, change: Change) -> Output {
        Output {
            receipt: Value::Null,
            projection: json!({"order_number": order.name, "status": view::status(order)}),
            proof: None,
            next: Next::Propose(Proposal::Wish(Wish::Order(Self { order: order.id.clone(), change }))),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderArgument {
    /// The order number, as find_order or list_orders returned it.
    order_number: String,
}

pub struct CancelOrder;

#[async_trait]
impl Tool for CancelOrder {
    type Arguments = OrderArgument;
    const NAME: &'static str = "cancel_order";
    const EFFECT: EffectClass = EffectClass::Money;
    const NEEDS: Assurance = Assurance::Verified;

    async fn run(&self, scene: &Scene<'_>, arguments: OrderArgument) -> Result<Output, ToolError> {
        let order = scene.readable_order(&arguments.order_number).await?;
        Ok(OrderWish::of(&order, Change::Cancel))
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressArguments {
    /// The order number, as find_order or list_orders returned it.
    order_number: String,
    /// Street and house number, as the shopper wrote them.
    line1: String,
    /// Flat, floor or company, as the shopper wrote it; null where there is none.
    line2: Option<String>,
    /// As the shopper wrote it.
    city: String,
    /// The code of the state or province, such as OR; null where the country has none.
    province: Option<String>,
    /// As the shopper wrote it.
    postcode: String,
    /// The country's ISO code of two letters; that of the present address unless the shopper named another.
    country: String,
}

impl AddressArguments {
    /// The place, if it is the shopper's own.
    fn place(self, scene: &Scene<'_>) -> Result<Place, ToolError> {
        let own = |text: &str| !text.trim().is_empty() && scene.said.has_bare(text);
        let missing = |what: &str| {
            Err(ToolError::Arguments(format!(
                "The {what} does not stand in what the shopper wrote. Take the address word by word from their messages, \
                 and ask for what is missing."
            )))
        };
        let line2 = self.line2.filter(|text| !text.trim().is_empty());
        for (what, text) in [("street", &self.line1), ("city", &self.city), ("postcode", &self.postcode)] {
            if !own(text) {
                return missing(what);
            }
        }
        if line2.as_deref().is_some_and(|text| !own(text)) {
            return missing("second line");
        }
        let country = self.country.trim().to_uppercase();
        if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(ToolError::Arguments("country is an ISO code of two letters, such as US or DE.".to_owned()));
        }
        let bare = |text: String| text.trim().to_owned();
        Ok(Place {
            line1: bare(self.line1),
            line2: line2.map(bare),
            city: bare(self.city),
            province: self.province.map(bare).filter(|text| !text.is_empty()),
            postcode: bare(self.postcode),
            country,
        })
    }
}

pub struct ChangeShippingAddress;

#[async_trait]
impl Tool for ChangeShippingAddress {
    type Arguments = AddressArguments;
    const NAME: &'static str = "change_shipping_address";
    const EFFECT: EffectClass = EffectClass::Goods;
    const NEEDS: Assurance = Assurance::Verified;

    async fn run(&self, scene: &Scene<'_>, arguments: AddressArguments) -> Result<Output, ToolError> {
        let order = scene.readable_order(&arguments.order_number).await?;
        let place = arguments.place(scene)?;
        Ok(OrderWish::of(&order, Change::Address(place)))
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteArguments {
    /// The order number, as find_order or list_orders returned it.
    order_number: String,
    /// What the store's people should know, in one sentence of at most 500 characters.
    text: String,
}

pub struct AddOrderNote;

#[async_trait]
impl Tool for AddOrderNote {
    type Arguments = NoteArguments;
    const NAME: &'static str = "add_order_note";
    const EFFECT: EffectClass = EffectClass::Reversible;
    const NEEDS: Assurance = Assurance::OrderMatched;

    async fn run(&self, scene: &Scene<'_>, arguments: NoteArguments) -> Result<Output, ToolError> {
        let order = scene.readable_order(&arguments.order_number).await?;
        let text = one_line(&arguments.text);
        if text.is_empty() || text.chars().count() > LONGEST_LINE {
            return Err(ToolError::Arguments(format!("text is one sentence of 1 to {LONGEST_LINE} characters.")));
        }
        Ok(OrderWish::of(&order, Change::Note(text)))
    }
}
