//! Money back: what it would be, and the wish for it. Which units, how much and whether at all is code's to decide: a
//! model names lines, quantities and a reason.

use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::books::Standing;
use super::{EffectClass, Next, Output, Proposal, Scene, Tool, ToolError, Wish, view};
use crate::domain::effect::EffectKind;
use crate::domain::identity::Assurance;
use crate::domain::order::{LineQuantity, Order, OrderId};
use crate::policy::ask::Case;

mod assessment;
mod receipts;

pub(super) use receipts::{days, outline, short};
pub use receipts::{items, refused, standing, told};

/// Goods that a shopper wants money for, or wants to send back: quantities in all, those counted that were paid back or
/// asked for before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoodsWish {
    pub order: OrderId,
    pub lines: Vec<LineQuantity>,
    pub case: Case,
}

/// The case, in a model's words.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    ChangedMind,
    Damaged,
    WrongItem,
    NeverArrived,
}

impl From<Why> for Case {
    fn from(why: Why) -> Self {
        match why {
            Why::ChangedMind => Self::ChangedMind,
            Why::Damaged => Self::Damaged,
            Why::WrongItem => Self::WrongItem,
            Why::NeverArrived => Self::NeverArrived,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemArgument {
    /// The item's line in the order, as the order's items state it: 1, 2 and so on.
    line: u32,
    /// How many of them in all, counting those already refunded or requested before.
    quantity: u32,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The order number, as find_order or list_orders returned it.
    order_number: String,
    /// Which items, and how many of each: only those that the shopper named.
    items: Vec<ItemArgument>,
    /// changed_mind (or it does not fit), damaged (or faulty), wrong_item, or never_arrived (or missing).
    reason: Why,
}

impl Arguments {
    pub(super) async fn read(self, scene: &Scene<'_>) -> Result<(Arc<Order>, GoodsWish), ToolError> {
        let order = scene.readable_order(&self.order_number).await?;
        if self.items.is_empty() {
            return Err(ToolError::Arguments("Name at least one item by its line.".to_owned()));
        }
        let lines = lines(&order, &self.items)?;
        let wish = GoodsWish { order: order.id.clone(), lines, case: self.reason.into() };
        Ok((order, wish))
    }
}

/// The lines that a model names by their places.
pub(super) fn lines(order: &Order, items: &[ItemArgument]) -> Result<Vec<LineQuantity>, ToolError> {
    items.iter().map(|item| line(order, item)).collect()
}

fn line(order: &Order, item: &ItemArgument) -> Result<LineQuantity, ToolError> {
    let at = usize::try_from(item.line).ok().and_then(|line| line.checked_sub(1));
    let line = at.and_then(|at| order.lines.get(at)).ok_or_else(|| {
        ToolError::Arguments(format!("The order has no line {}. Its items are numbered from 1.", item.line))
    })?;
    if item.quantity == 0 || item.quantity > line.quantity {
        let ordered = line.quantity;
        return Err(ToolError::Arguments(format!("Line {} has {ordered} in all; give 1 to {ordered}.", item.line)));
    }
    Ok(LineQuantity { line: line.id.clone(), quantity: item.quantity })
}

pub struct QuoteRefund;

#[async_trait]
impl Tool for QuoteRefund {
    type Arguments = Arguments;
    const NAME: &'static str = "quote_refund";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::OrderMatched;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let (order, wish) = arguments.read(scene).await?;
        let receipt = match scene.books.assess(&order, &wish, None).await? {
            Standing::Held { effect, lines } if effect.kind == EffectKind::Return => {
                scene.books.money_for(&order, &lines, &effect).await?
            }
            found => {
                if let Standing::Open(assessment) = &found {
                    scene.decisions.add(&assessment.basis, &assessment.decision, false);
                }
                receipts::standing(&order, &wish.lines, &found)
            }
        };
        let projection = json!({"order_number": order.name, "decision": receipt.get("decision")});
        Ok(Output::read(receipt, projection))
    }
}

pub struct IssueRefund;

#[async_trait]
impl Tool for IssueRefund {
    type Arguments = Arguments;
    const NAME: &'static str = "issue_refund";
    const EFFECT: EffectClass = EffectClass::Money;
    const NEEDS: Assurance = Assurance::OrderMatched;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let (order, wish) = arguments.read(scene).await?;
        Ok(Output {
            receipt: json!(null),
            projection: json!({"order_number": order.name, "status": view::status(&order)}),
            proof: None,
            next: Next::Propose(Proposal::Wish(Wish::Refund(wish))),
        })
    }
}
