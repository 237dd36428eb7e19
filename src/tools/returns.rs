//! Goods that come back: whether they may, and the wish to send them. Money follows when they have arrived.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::Standing;
use super::refunds::Arguments;
use super::{EffectClass, Next, Output, Proposal, Scene, Tool, ToolError, Wish, view};
use crate::domain::identity::Assurance;
use crate::domain::order::LineQuantity;

mod assessment;
mod receipts;
mod way;

pub use assessment::{Arrival, Returning};
pub use receipts::standing;
pub use way::Way;

/// What money for the goods of a return was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The platform's id of the return.
    pub returned: String,
    pub lines: Vec<LineQuantity>,
}

pub struct CheckReturnEligibility;

#[async_trait]
impl Tool for CheckReturnEligibility {
    type Arguments = Arguments;
    const NAME: &'static str = "check_return_eligibility";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::OrderMatched;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let (order, wish) = arguments.read(scene).await?;
        let receipt = match scene.books.assess_return(&order, &wish).await? {
            Standing::Held { effect, lines } => scene.books.progress(&order, &lines, &effect).await?,
            found => {
                if let Standing::Open(returning) = &found {
                    scene.decisions.add(&returning.basis, &returning.decision, false);
                }
                standing(&order, &wish, &found)
            }
        };
        let projection = json!({"order_number": order.name, "decision": receipt.get("decision")});
        Ok(Output::read(receipt, projection))
    }
}

pub struct CreateReturn;

#[async_trait]
impl Tool for CreateReturn {
    type Arguments = Arguments;
    const NAME: &'static str = "create_return";
    const EFFECT: EffectClass = EffectClass::Goods;
    const NEEDS: Assurance = Assurance::OrderMatched;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let (order, wish) = arguments.read(scene).await?;
        Ok(Output {
            receipt: Value::Null,
            projection: json!({"order_number": order.name, "status": view::status(&order)}),
            proof: None,
            next: Next::Propose(Proposal::Wish(Wish::Return(wish))),
        })
    }
}
