//! What the store's people do between a shopper's lines, in the platform's admin.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sandbox::World;
use crate::sandbox::world::staff::StaffError;

/// Exactly one of `refund`, `cancel` and `stock`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// Money back for some of an order's goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<StaffRefund>,
    /// An order is called off, and what is left of its payment goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<StaffCancel>,
    /// How many pieces there are is corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<StaffStock>,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffRefund {
    /// The order's number, `#1001` or `1001`.
    pub order: String,
    /// Titles with quantities.
    pub items: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffCancel {
    pub order: String,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffStock {
    /// A product's title.
    pub product: String,
    /// One variant's title; all of them by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    pub pieces: u32,
}

impl Staff {
    /// What cannot be meant.
    pub fn wrong(&self) -> Option<&'static str> {
        let named = [self.refund.is_some(), self.cancel.is_some(), self.stock.is_some()];
        if named.into_iter().filter(|named| *named).count() != 1 {
            return Some("staff do exactly one of refund, cancel and stock");
        }
        let of_nothing = self.refund.as_ref().is_some_and(|refund| refund.items.values().all(|count| *count == 0));
        of_nothing.then_some("refund.items: name titles with quantities")
    }

    /// Does it, and tells it.
    pub fn act(&self, world: &mut World, now: Timestamp) -> Result<String, StaffError> {
        let mut told = Vec::new();
        if let Some(StaffRefund { order, items }) = &self.refund {
            let amount = world.staff_refund(now, order, items)?;
            told.push(format!("staff pay back {amount} on {order}"));
        }
        if let Some(StaffCancel { order }) = &self.cancel {
            world.staff_cancel(now, order)?;
            told.push(format!("staff call {order} off"));
        }
        if let Some(StaffStock { product, variant, pieces }) = &self.stock {
            world.staff_stock(product, variant.as_deref(), i64::from(*pieces))?;
            told.push(format!("staff set the stock of {product} to {pieces}"));
        }
        Ok(told.join(", "))
    }
}
