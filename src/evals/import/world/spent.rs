//! What the agent had paid back before, as far as limits counted it when the first decision was made.

use serde_json::{Value, json};

use crate::domain::customer::Email;
use crate::domain::event::{Event, EventBody};
use crate::domain::money::Money;
use crate::policy::basis::Judged;

pub fn of(events: &[Event]) -> Vec<Value> {
    let first = events.iter().find_map(|event| match &event.body {
        EventBody::PolicyDecided { judged, .. } => serde_json::from_value::<Judged>(judged.clone()).ok(),
        _ => None,
    });
    let Some(Judged { basis, .. }) = first else { return Vec::new() };
    let own = basis.order.owner().zip(basis.spent.customer);
    let others = match own {
        Some((_, amount)) => basis.spent.store.checked_sub(amount).ok(),
        None => Some(basis.spent.store),
    };
    let own = own.map(|(email, amount)| (Some(email), amount));
    let all = own.into_iter().chain(others.map(|amount| (None, amount)));
    all.filter(|(_, amount)| amount.minor() > 0).map(|(customer, amount)| one(customer, amount)).collect()
}

fn one(customer: Option<&Email>, amount: Money) -> Value {
    let mut one = json!({ "amount": amount.decimal(), "currency": amount.currency() });
    if let (Value::Object(fields), Some(email)) = (&mut one, customer) {
        fields.insert("customer".to_owned(), email.as_str().into());
    }
    one
}
