//! What came of the conversation is what must come of the case.

use serde_json::{Map, Value, json};

use super::deeds::Deed;
use super::receipts::written;
use crate::domain::effect::{ApprovalState, EffectKind};
use crate::domain::event::{Event, EventBody, Status, ToolCall};
use crate::domain::identity::Proof;

/// `calls`: whether the tools are called that were called then.
pub fn of(events: &[Event], deeds: &[Deed], calls: bool) -> Value {
    let world: Vec<Value> = deeds.iter().filter(|deed| deed.is_done()).flat_map(changes).collect();
    let approvals: Vec<Value> = deeds.iter().filter_map(approval).collect();
    let ledger: Vec<Value> = deeds.iter().filter(|deed| deed.kind != EffectKind::ApprovalMail).map(row).collect();
    let calls = calls.then(|| json!({ "exact": calls_of(events) }));
    let mut expect = known([("calls", calls)]);
    let all = json!({
        "world": world,
        "approvals": approvals,
        "ledger": ledger,
        "status": status(events).as_str(),
        "assurance": assurance(events),
    });
    if let Value::Object(all) = all {
        expect.extend(all);
    }
    Value::Object(expect)
}

fn changes(deed: &Deed) -> Vec<Value> {
    let on_order = || known([("order", deed.order.clone().map(Value::from))]);
    let paid = || {
        let items = (!deed.items.is_empty() && deed.kind == EffectKind::Refund).then(|| items(deed));
        let amount = deed.amount.map(|amount| amount.decimal().into());
        known([("order", deed.order.clone().map(Value::from)), ("amount", amount), ("items", items)])
    };
    match deed.kind {
        EffectKind::Ticket => vec![json!({ "ticket": {} })],
        EffectKind::Code | EffectKind::Letter => vec![json!({ "mail": {} })],
        EffectKind::Refund | EffectKind::PaymentRefund | EffectKind::Goodwill | EffectKind::ReturnRefund => {
            vec![json!({ "refund": paid() })]
        }
        EffectKind::Cancellation => {
            let mut all = vec![json!({ "cancellation": on_order() })];
            let pays = deed.amount.is_some_and(|amount| !amount.is_zero());
            all.extend(pays.then(|| json!({ "refund": paid() })));
            all
        }
        EffectKind::AddressChange => vec![json!({ "address": on_order() })],
        EffectKind::Note => vec![json!({ "note": on_order() })],
        EffectKind::Return => {
            let items = (!deed.items.is_empty()).then(|| items(deed));
            vec![json!({ "return": known([("order", deed.order.clone().map(Value::from)), ("items", items)]) })]
        }
        EffectKind::Label => vec![json!({ "label": {} })],
        _ => Vec::new(),
    }
}

fn approval(deed: &Deed) -> Option<Value> {
    let asked = deed.approval.as_ref()?;
    // Goodwill has no amount before a person names one.
    let told = deed.kind != EffectKind::Goodwill || asked.state == ApprovalState::Approved;
    let mut pattern = known([
        ("order", deed.order.clone().map(Value::from)),
        ("amount", deed.amount.filter(|_| told).map(|amount| amount.decimal().into())),
    ]);
    pattern.insert("kind".to_owned(), deed.kind.as_str().into());
    pattern.insert("reason".to_owned(), asked.reason.clone().into());
    pattern.insert("state".to_owned(), asked.state.as_str().into());
    Some(Value::Object(pattern))
}

fn row(deed: &Deed) -> Value {
    let mut row = known([("state", (!deed.is_done()).then(|| deed.state.as_str().into()))]);
    row.insert("kind".to_owned(), deed.kind.as_str().into());
    Value::Object(row)
}

/// Tools in the order in which they were called, with what is plain in their arguments.
fn calls_of(events: &[Event]) -> Vec<Value> {
    let answered = events.iter().filter_map(|event| match &event.body {
        EventBody::ModelAnswered { calls, .. } => Some(calls),
        _ => None,
    });
    let one = |call: &ToolCall| {
        let mut pattern = known([("tool", Some(call.name.clone().into()))]);
        if let Value::Object(given) = written(&call.arguments) {
            let plain = given.into_iter().filter(|(_, value)| !value.is_array() && !value.is_object());
            pattern.insert("arguments".to_owned(), Value::Object(plain.collect()));
        }
        Value::Object(pattern)
    };
    answered.flatten().map(one).collect()
}

pub fn status(events: &[Event]) -> Status {
    let changes = events.iter().rev().find_map(|event| match &event.body {
        EventBody::StatusChanged { status, .. } => Some(*status),
        _ => None,
    });
    changes.unwrap_or(Status::AiHandling)
}

pub fn assurance(events: &[Event]) -> &'static str {
    let proofs = events.iter().filter_map(|event| match &event.body {
        EventBody::IdentityProved { proof, .. } => Some(!matches!(proof, Proof::Order { .. })),
        _ => None,
    });
    match proofs.max() {
        None => "anonymous",
        Some(false) => "order_matched",
        Some(true) => "verified",
    }
}

fn items(deed: &Deed) -> Value {
    let mut all = Map::new();
    for (title, quantity) in &deed.items {
        let before = all.get(title).and_then(Value::as_u64).unwrap_or(0);
        all.insert(title.clone(), (before + quantity).into());
    }
    Value::Object(all)
}

fn known<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
