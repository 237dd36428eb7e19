//! `POST /v1/refunds`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};

use super::shape::refund_shown;
use super::{Parameters, Refusal, admitted, answered, parameters, value_of};
use crate::domain::money::Money;
use crate::sandbox::Shared;
use crate::sandbox::world::World;
use crate::sandbox::world::charges::{Intent, IntentRefund, KeptAnswer};

/// For how long a key means its first answer.
const KEYS_ARE_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The gateway's name where a fixture says that its refunds take their time.
const GATEWAY: &str = "stripe";

const KNOWN: [&str; 6] =
    ["payment_intent", "charge", "amount", "reason", "instructions_email", "refund_application_fee"];
const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    admitted(&shared, &headers)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::invalid("Invalid request: the body must be form-encoded."));
    }
    let given = parameters(&body);
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let now = shared.clock.now();
    let (shown, replayed) = shared.world.change(|world| once(world, now, key, given)).await?;
    let mut response = answered(Json(shown).into_response());
    if replayed {
        let name = HeaderName::from_static("idempotent-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The answer, and whether it was given before.
fn once(
    world: &mut World,
    now: Timestamp,
    key: Option<String>,
    given: Parameters,
) -> Result<(serde_json::Value, bool), Refusal> {
    let mut parameters = given.clone();
    parameters.sort();
    let kept = world.kept_answers.iter().rev().find(|kept| Some(&kept.key) == key.as_ref());
    let kept = kept.filter(|kept| now.duration_since(kept.at) < KEYS_ARE_KEPT);
    if let Some(kept) = kept {
        if kept.parameters != parameters {
            let message = "Keys for idempotent requests can only be used with the same parameters they were first used \
                           with.";
            let refusal = Refusal::invalid(message);
            return Err(Refusal { kind: "idempotency_error", ..refusal });
        }
        let first = world.intents.iter().find_map(|intent| {
            let refund = intent.refunds.iter().find(|refund| refund.id == kept.refund)?;
            Some(refund_shown(intent, refund, refund.at))
        });
        return first.map(|first| (first, true)).ok_or_else(|| Refusal::missing("refund", &kept.refund));
    }
    let refund = plan(world, now, &given)?;
    let payment = value_of(&given, "payment_intent").unwrap_or_default();
    let intent = world.intents.iter_mut().find(|intent| intent.id == payment);
    let intent = intent.ok_or_else(|| Refusal::missing("payment_intent", payment))?;
    intent.refunds.push(refund.clone());
    let shown = refund_shown(intent, &refund, now);
    if let Some(key) = key {
        world.kept_answers.push(KeptAnswer { key, at: now, parameters, refund: refund.id });
    }
    Ok((shown, false))
}

/// The refund that the parameters ask for.
fn plan(world: &mut World, now: Timestamp, given: &Parameters) -> Result<IntentRefund, Refusal> {
    let known = |name: &str| KNOWN.contains(&name) || name.starts_with("metadata[") || name.starts_with("expand[");
    if let Some((name, _)) = given.iter().find(|(name, _)| !known(name)) {
        let message = format!("Received unknown parameter: {name}");
        return Err(Refusal::invalid(message).coded("parameter_unknown").about(name));
    }
    let Some(payment) = value_of(given, "payment_intent") else {
        let message = "One of the following params should be provided for this request: payment_intent or charge.";
        return Err(Refusal::invalid(message).coded("parameter_missing"));
    };
    let intent = world.intents.iter().find(|intent| intent.id == payment);
    let intent = intent.ok_or_else(|| {
        let refusal = Refusal::missing("payment_intent", payment).about("payment_intent");
        Refusal { status: StatusCode::NOT_FOUND, ..refusal }
    })?;
    let amount = amount(intent, now, value_of(given, "amount"))?;
    let reason = value_of(given, "reason").map(str::to_owned);
    if reason.as_deref().is_some_and(|reason| !REASONS.contains(&reason)) {
        let message = format!("Invalid reason: must be one of {}", REASONS.join(", "));
        return Err(Refusal::invalid(message).about("reason"));
    }
    let metadata: BTreeMap<String, String> = given
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some((name.to_owned(), value.clone()))
        })
        .collect();
    let slow = world.shop.slow_refunds.iter().find(|slow| slow.gateway == GATEWAY);
    let decision = slow.map(|slow| (now + SignedDuration::from_secs(i64::from(slow.after_seconds)), slow.end));
    Ok(IntentRefund { id: format!("re_3S{}", world.new_id()), at: now, amount, reason, metadata, decision })
}

/// All that is left where none is named.
fn amount(intent: &Intent, now: Timestamp, given: Option<&str>) -> Result<Money, Refusal> {
    let charge = &intent.charge;
    if intent.disputed {
        let message = format!("Charge {charge} has been charged back; cannot issue a refund.");
        return Err(Refusal::invalid(message).coded("charge_disputed"));
    }
    let left = intent.amount.minor() - intent.refunded(now).minor();
    if left == 0 {
        let message = format!("Charge {charge} has already been refunded.");
        return Err(Refusal::invalid(message).coded("charge_already_refunded"));
    }
    let Some(given) = given else { return Ok(Money::from_minor(left, intent.amount.currency())) };
    let Ok(wanted) = given.parse::<i64>() else {
        let message = format!("Invalid integer: {given}");
        return Err(Refusal::invalid(message).coded("parameter_invalid_integer").about("amount"));
    };
    if wanted < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(Refusal::invalid(message).coded("parameter_invalid_integer").about("amount"));
    }
    if wanted > left {
        let message = format!("Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})");
        return Err(Refusal::invalid(message).about("amount"));
    }
    Ok(Money::from_minor(wanted, intent.amount.currency()))
}
