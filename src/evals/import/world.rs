//! A store in which the receipts of a conversation are true again: its goods, people, orders and parcels, as far as they were
//! read, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::Wish;
use super::receipts::{Receipt, parts};
use crate::domain::event::{Event, EventBody};
use crate::domain::identity::Proof;

mod calendar;
mod goods;
mod orders;
mod parcels;
mod spent;

use calendar::Calendar;
use goods::Goods;

/// One who is not named anywhere.
const NOBODY: &str = "nobody@example.com";

pub fn of(events: &[Event], receipts: &[Receipt<'_>], begins: Timestamp, wish: &Wish) -> Value {
    let calendar = Calendar { begins, zone: zone(receipts, wish) };
    let seen = seen(events, receipts);
    let currency = seen.values().find_map(|order| order.currency()).unwrap_or("USD");
    let mut goods = Goods::new(receipts, currency);
    let orders: Vec<Value> =
        seen.values().filter_map(|order| orders::spec(order, &mut goods, &calendar, currency)).collect();
    let fixture = json!({
        "store": {
            "name": "Imported store", "domain": "imported.myshopify.com", "url": "https://imported.example",
            "email": "help@imported.example", "currency": currency, "timezone": calendar.name(),
        },
        "products": goods.specs(),
        "customers": customers(events, &seen),
        "orders": orders,
    });
    Value::Object(fields([
        ("now", Some(begins.to_string().into())),
        ("policy", (!wish.policy.is_empty()).then(|| json!(wish.policy))),
        ("spent", Some(spent::of(events)).filter(|all| !all.is_empty()).map(Value::from)),
        ("fixture", Some(fixture)),
    ]))
}

/// An order, as the receipts showed it.
#[derive(Default)]
pub struct Seen<'e> {
    /// As it was first: before anything was done to it.
    whole: Option<&'e Value>,
    /// Of a list only.
    brief: Option<&'e Value>,
    /// What carriers said, in the order in which they were asked.
    tracked: Vec<&'e Value>,
    email: Option<String>,
    postcode: Option<String>,
    /// Where another country would be another case.
    country: Option<String>,
}

impl<'e> Seen<'e> {
    fn outline(&self) -> Option<&'e Value> {
        self.whole.or(self.brief)
    }

    fn currency(&self) -> Option<&'e str> {
        self.outline()?.pointer("/total/currency")?.as_str()
    }

    fn email(&self) -> &str {
        self.email.as_deref().unwrap_or(NOBODY)
    }
}

/// By their names.
fn seen<'e>(events: &'e [Event], receipts: &[Receipt<'e>]) -> BTreeMap<String, Seen<'e>> {
    let mut orders: BTreeMap<String, Seen<'e>> = BTreeMap::new();
    let mut verified = None;
    for event in events {
        let EventBody::IdentityProved { proof, .. } = &event.body else { continue };
        match proof {
            Proof::Order { name, email: Some(email), .. } => {
                orders.entry(name.clone()).or_default().email = Some(email.as_str().to_owned());
            }
            Proof::Order { name, .. } => drop(orders.entry(name.clone()).or_default()),
            Proof::Code { email } | Proof::Token { email } => verified = Some(email.as_str().to_owned()),
        }
    }
    for receipt in receipts {
        if let Some((name, whole)) = named(receipt.content.get("order")) {
            let order = orders.entry(name).or_default();
            order.whole.get_or_insert(whole);
            let postcode = receipt.arguments.get("postcode").and_then(Value::as_str);
            order.postcode = order.postcode.take().or_else(|| postcode.map(str::to_owned));
        }
        for brief in receipt.content.get("orders").and_then(Value::as_array).into_iter().flatten() {
            if let Some((name, brief)) = named(Some(brief)) {
                let order = orders.entry(name).or_default();
                order.brief.get_or_insert(brief);
                order.email = order.email.take().or_else(|| verified.clone());
            }
        }
        let Some(order) = receipt.text("order_number").and_then(|name| orders.get_mut(name)) else { continue };
        order.tracked.extend(receipt.content.get("shipments"));
        let country = receipt.content.pointer("/address/country").and_then(Value::as_str);
        order.country = order.country.take().or_else(|| country.map(str::to_owned));
    }
    for order in orders.values_mut() {
        order.email = order.email.take().or_else(|| verified.clone());
    }
    orders
}

fn named(order: Option<&Value>) -> Option<(String, &Value)> {
    let order = order?;
    Some((order.get("order_number")?.as_str()?.to_owned(), order))
}

fn customers(events: &[Event], seen: &BTreeMap<String, Seen<'_>>) -> Vec<Value> {
    let of_orders = seen.values().map(|order| order.email().to_owned());
    let known = events.iter().filter_map(|event| match &event.body {
        EventBody::IdentityProved { proof: Proof::Token { email }, .. } => Some(email.as_str().to_owned()),
        _ => None,
    });
    let emails: BTreeSet<String> = of_orders.chain(known).collect();
    let one = |email: String| json!({ "email": email, "first_name": "Robin", "last_name": "Rivers", "address": address(None, None) });
    emails.into_iter().map(one).collect()
}

/// An address that is whole; of the shopper's own there is at most the postcode.
fn address(postcode: Option<&str>, country: Option<&str>) -> Value {
    let mut address = json!({
        "line1": "12 Orchard Street", "city": "Oakfield",
        "postcode": postcode.unwrap_or("90210"), "country": country.unwrap_or("US"),
    });
    if let Value::Object(fields) = &mut address
        && country.is_none_or(|country| country == "US")
    {
        fields.extend([("province".to_owned(), json!("California")), ("province_code".to_owned(), json!("CA"))]);
    }
    address
}

/// What the importer knows; else what carriers' scans show.
fn zone(receipts: &[Receipt<'_>], wish: &Wish) -> (String, TimeZone) {
    let named = wish.zone.as_ref().and_then(|name| Some((name.clone(), TimeZone::get(name).ok()?)));
    let scans = receipts.iter().flat_map(|receipt| parts(receipt.content));
    let shown = || scans.filter_map(|part| part.get("scans")?.get(0)?.get("at")?.as_str()).find_map(calendar::offset);
    named.or_else(shown).unwrap_or_else(|| ("UTC".to_owned(), TimeZone::UTC))
}

fn fields<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
