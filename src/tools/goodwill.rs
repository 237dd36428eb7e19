//! Goodwill: a part of a unit's price, or money that is for no unit. A model says for what; whether and how much is a
//! person's to say, always.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Assessment, Books, BooksError, Standing};
use super::refunds::{ItemArgument, lines};
use super::{EffectClass, Next, Output, Proposal, Scene, Tool, ToolError, Wish, summed_up, view};
use crate::domain::effect::Effect;
use crate::domain::identity::Assurance;
use crate::domain::money::Money;
use crate::domain::order::{LineQuantity, Order, OrderId, Piece};
use crate::domain::pieces;
use crate::integrations::commerce::refunds::RefundOf;
use crate::policy::ask::{GoodwillAsk, Quote};
use crate::policy::basis::Basis;
use crate::policy::decision::Reason;

/// What a shopper wants beyond what the rules give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoodwillWish {
    pub order: OrderId,
    /// The goods that it is for, those counted that were paid back or asked for before. None: the order as such.
    pub lines: Vec<LineQuantity>,
    /// For the one who decides.
    pub wanted: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The order number, as find_order or list_orders returned it.
    order_number: String,
    /// The items that it is for, and how many of each. Empty where it is for no item: a late parcel, the shipping.
    items: Vec<ItemArgument>,
    /// What the shopper wants and why, in their own words.
    wanted: String,
}

pub struct RequestGoodwill;

#[async_trait]
impl Tool for RequestGoodwill {
    type Arguments = Arguments;
    const NAME: &'static str = "request_goodwill";
    const EFFECT: EffectClass = EffectClass::Money;
    const NEEDS: Assurance = Assurance::OrderMatched;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let order = scene.readable_order(&arguments.order_number).await?;
        let lines = lines(&order, &arguments.items)?;
        let wish = GoodwillWish { order: order.id.clone(), lines, wanted: summed_up(&arguments.wanted) };
        Ok(Output {
            receipt: Value::Null,
            projection: json!({"order_number": order.name, "status": view::status(&order)}),
            proof: None,
            next: Next::Propose(Proposal::Wish(Wish::Goodwill(wish))),
        })
    }
}

impl Books<'_> {
    /// The most that a person could grant, for goods or for the order as such. `besides` as for a refund.
    pub async fn assess_goodwill(
        &self,
        order: &Order,
        wish: &GoodwillWish,
        besides: Option<&Effect>,
    ) -> Result<Standing, BooksError> {
        let held = self.held(order, besides).await?;
        let (pieces, of) = if wish.lines.is_empty() {
            if let Some(effect) = held.holder(&[Piece::Goodwill]) {
                return Ok(held.standing(&effect.id));
            }
            (vec![Piece::Goodwill], all_that_is_left(order))
        } else {
            match held.choose(order, &wish.lines, besides.is_some()) {
                Ok(pieces) => {
                    let lines = pieces::lines(&pieces);
                    (pieces, RefundOf { order: order.id.clone(), lines, shipping: false })
                }
                Err(standing) => return Ok(standing),
            }
        };
        let Some(quote) = self.quote(&of).await? else { return Ok(Standing::Refused) };
        let surroundings = self.surroundings(order, &held).await?;
        let at = surroundings.situation(self, order);
        let left = quote.maximum.minor().min(order.refundable.minor()) - at.spent.pending.minor();
        let most = Money::from_minor(quote.amount.minor().min(left).max(0), quote.amount.currency());
        let basis = Basis::of(&at, &GoodwillAsk { quote: Quote { amount: most, maximum: quote.maximum } });
        let mut decision = basis.decide(self.policy);
        if quote.outside {
            decision = decision.left_to_people(Reason::PaidElsewhere);
        }
        Ok(Standing::Open(Box::new(Assessment { pieces, of, quote, payment: None, basis, decision })))
    }
}

fn all_that_is_left(order: &Order) -> RefundOf {
    let left = order.lines.iter().filter(|line| line.refundable_quantity > 0);
    RefundOf {
        order: order.id.clone(),
        lines: left.map(|line| LineQuantity { line: line.id.clone(), quantity: line.refundable_quantity }).collect(),
        shipping: true,
    }
}
