//! One-time codes to the address on file. No tool and no model ever sees a code.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{EffectClass, Next, Output, Proposal, Scene, Tool, ToolError};
use crate::domain::identity::Assurance;

/// Neither tool takes anything: the address is the order's, and the code is read by code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

pub struct SendVerificationCode;

#[async_trait]
impl Tool for SendVerificationCode {
    type Arguments = Nothing;
    const NAME: &'static str = "send_verification_code";
    const EFFECT: EffectClass = EffectClass::Message;
    const NEEDS: Assurance = Assurance::Anonymous;

    async fn run(&self, scene: &Scene<'_>, _: Nothing) -> Result<Output, ToolError> {
        const ADVICE: &str = "A code goes out only after an order was matched. Ask for an order number and its e-mail \
                              address or postcode, and call find_order.";
        let to = scene
            .identity
            .address_on_file()
            .ok_or(ToolError::Assurance { needed: Assurance::OrderMatched, advice: ADVICE })?;
        Ok(Output {
            receipt: json!(null),
            projection: json!({"sent_to": to.masked()}),
            proof: None,
            next: Next::Propose(Proposal::Code { to: to.clone() }),
        })
    }
}

pub struct ConfirmVerificationCode;

#[async_trait]
impl Tool for ConfirmVerificationCode {
    type Arguments = Nothing;
    const NAME: &'static str = "confirm_verification_code";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::Anonymous;

    async fn run(&self, scene: &Scene<'_>, _: Nothing) -> Result<Output, ToolError> {
        if let Some(email) = scene.identity.verified() {
            return Ok(Output::read(json!({"verified": true, "email": email.masked()}), json!({"verified": true})));
        }
        match (scene.code.checked, scene.code.sent) {
            (Some((_, left)), _) => {
                const MESSAGE: &str = "The code was wrong, or is no longer good. Offer to send another.";
                let receipt = json!({"verified": false, "tries_left": left, "message": MESSAGE});
                Ok(Output::read(receipt, json!({"verified": false})))
            }
            (None, 0) => Err(ToolError::NotPossible("No code was sent yet. Call send_verification_code first.")),
            (None, _) => Err(ToolError::NotPossible("The shopper has not typed the code yet. Ask for it.")),
        }
    }
}
