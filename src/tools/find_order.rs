//! The way from a stranger to a matched order.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::scene::Said;
use super::{EffectClass, Next, Output, Scene, Tool, ToolError, view};
use crate::domain::clock::Clock;
use crate::domain::customer::{Email, comparable_postcode};
use crate::domain::identity::{Assurance, MatchedBy, Proof};
use crate::domain::order::Order;
use crate::integrations::Urgency;
use crate::storage::tries::{Limits, Scope};

/// A miss takes at least this long, so that its time does not tell an unknown order from a wrong address.
const MISS_TAKES: Duration = Duration::from_millis(300);
/// Longer than any order name that a platform allows to be typed.
const LONGEST_NUMBER: usize = 40;

pub struct FindOrder;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The order number as the shopper gave it.
    order_number: String,
    /// The e-mail address that the shopper gave, or null.
    email: Option<String>,
    /// The postcode that the shopper gave, or null.
    postcode: Option<String>,
}

/// What a shopper says of an order: all of it must agree.
struct Facts {
    number: String,
    email: Option<Email>,
    postcode: Option<String>,
}

impl Facts {
    fn of(arguments: Arguments) -> Result<Self, ToolError> {
        let wrong = |why: &str| ToolError::Arguments(why.to_owned());
        let number = arguments.order_number.trim().to_owned();
        if number.trim_start_matches('#').is_empty() || number.chars().count() > LONGEST_NUMBER {
            return Err(wrong("order_number must be an order number such as #1001. Ask the shopper for it."));
        }
        let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let email = given(arguments.email)
            .map(|text| {
                Email::parse(&text).ok_or_else(|| wrong("email is not an e-mail address. Ask the shopper to check it."))
            })
            .transpose()?;
        let postcode = given(arguments.postcode)
            .map(|text| {
                comparable_postcode(&text)
                    .ok_or_else(|| wrong("postcode is not a postcode. Ask the shopper to check it."))
            })
            .transpose()?;
        if email.is_none() && postcode.is_none() {
            return Err(wrong("Give email or postcode, too. Ask the shopper for one of them."));
        }
        Ok(Self { number, email, postcode })
    }

    /// A model may not prove anything with facts of its own: each must stand in the shopper's words.
    fn come_from(&self, said: &Said) -> Result<(), ToolError> {
        let strange =
            |what: &str| Err(ToolError::Arguments(format!("The shopper has not written this {what}. Ask for it.")));
        if !said.has_bare(&self.number) {
            return strange("order number");
        }
        if self.email.as_ref().is_some_and(|email| !said.has(email.as_str())) {
            return strange("e-mail address");
        }
        if self.postcode.as_ref().is_some_and(|postcode| !said.has_bare(postcode)) {
            return strange("postcode");
        }
        Ok(())
    }

    /// What the order was matched by, if everything that was given agrees with its record.
    fn agree(&self, order: &Order) -> Option<MatchedBy> {
        let postcode =
            order.ship_to.as_ref().and_then(|address| address.postcode.as_deref()).and_then(comparable_postcode);
        let email_agrees = self.email.as_ref().is_none_or(|given| order.owner() == Some(given));
        let postcode_agrees = self.postcode.is_none() || self.postcode == postcode;
        let matched_by = if self.email.is_some() { MatchedBy::Email } else { MatchedBy::Postcode };
        (order.is_called(&self.number) && email_agrees && postcode_agrees).then_some(matched_by)
    }

    /// Whom this try is counted under: the number that was named, whether there is such an order or not.
    fn scopes(&self, scene: &Scene<'_>) -> Vec<Scope> {
        let number = self.number.trim_start_matches('#').to_lowercase();
        std::iter::once(Scope::Order(number)).chain(scene.scopes.iter().cloned()).collect()
    }
}

#[async_trait]
impl Tool for FindOrder {
    type Arguments = Arguments;
    const NAME: &'static str = "find_order";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::Anonymous;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let facts = Facts::of(arguments)?;
        facts.come_from(scene.said)?;
        let began = tokio::time::Instant::now();
        let limits = Limits {
            order: scene.limits.tries_per_order,
            conversation: scene.limits.tries_per_conversation,
            address: scene.limits.tries_per_address,
            key: scene.limits.tries_per_key,
            ..Limits::default()
        };
        let Some(admission) =
            scene.tries.admit(&scene.store.id, &facts.scopes(scene), limits, Clock::machine()).await?
        else {
            tokio::time::sleep_until(began + MISS_TAKES).await;
            return Ok(miss(true));
        };
        let named = match scene.readers.commerce.orders_named(&facts.number, Urgency::Shopper).await {
            Ok(named) => named,
            Err(error) => {
                scene.forgiven.add(admission);
                return Err(error.into());
            }
        };
        let mut matches = named.iter().filter_map(|order| facts.agree(order).map(|by| (order, by)));
        match (matches.next(), matches.next()) {
            (Some((order, matched_by)), None) => {
                scene.forgiven.add(admission);
                let whole = if order.complete {
                    None
                } else {
                    scene.readers.commerce.order(&order.id, Urgency::Shopper).await?
                };
                let order = Arc::new(whole.unwrap_or_else(|| order.clone()));
                scene.orders.remember(&order);
                Ok(hit(scene, &order, matched_by))
            }
            _ => {
                tokio::time::sleep_until(began + MISS_TAKES).await;
                Ok(miss(false))
            }
        }
    }
}

fn hit(scene: &Scene<'_>, order: &Order, matched_by: MatchedBy) -> Output {
    Output {
        receipt: json!({"found": true, "as_of": scene.today().to_string(), "order": view::order(scene, order)}),
        projection: json!({"found": true, "order_number": order.name, "status": view::status(order)}),
        proof: Some(Proof::Order {
            order: order.id.clone(),
            name: order.name.clone(),
            matched_by,
            email: order.owner().cloned(),
        }),
        next: Next::Nothing,
    }
}

/// One answer for every miss: no such order, a wrong address, a wrong postcode.
fn miss(locked: bool) -> Output {
    let message = if locked {
        "There were too many attempts. Offer to hand over to a person."
    } else {
        "No order agrees with all of these details. Ask the shopper to check them; say nothing about which one is wrong."
    };
    Output::read(json!({"found": false, "locked": locked, "message": message}), json!({"found": false}))
}
