//! What has changed in a world, in the words of a store: money, goods, addresses, mails, tickets. What is none of these
//! and has changed all the same is told, too.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::money::Money;
use crate::sandbox::world::charges::Intent;
use crate::sandbox::world::order::{Address, Refund, Return};
use crate::sandbox::world::{Customer, Order, Product, Shop};
use crate::sandbox::{Mail, World};

/// Titles with quantities.
pub type Items = BTreeMap<String, u32>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    Refund {
        order: String,
        amount: Money,
        items: Items,
    },
    Return {
        order: String,
        items: Items,
    },
    Label {
        carrier: String,
        price: Money,
    },
    Cancellation {
        order: String,
    },
    Address {
        order: String,
        to: String,
    },
    Note {
        order: String,
        text: String,
    },
    Mail {
        to: String,
        subject: String,
    },
    Ticket {
        tags: Vec<String>,
        #[serde(skip)]
        text: String,
    },
    /// What no conversation should touch.
    Other {
        place: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refund { order, amount, items } => write!(f, "refund of {amount} on {order}{}", Listed(items)),
            Self::Return { order, items } => write!(f, "return on {order}{}", Listed(items)),
            Self::Label { carrier, price } => write!(f, "label of {carrier} for {price}"),
            Self::Cancellation { order } => write!(f, "cancellation of {order}"),
            Self::Address { order, to } => write!(f, "{order} goes to {to}"),
            Self::Note { order, text } => write!(f, "note on {order}: {text}"),
            Self::Mail { to, subject } => write!(f, "mail to {to}: {subject}"),
            Self::Ticket { tags, .. } => write!(f, "ticket [{}]", tags.join(", ")),
            Self::Other { place } => write!(f, "{place} has changed"),
        }
    }
}

struct Listed<'a>(&'a Items);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (title, quantity)) in self.0.iter().enumerate() {
            write!(f, "{} {quantity} × {title}", if index == 0 { " for" } else { "," })?;
        }
        Ok(())
    }
}

/// All that has changed, in the order of the world's own lists.
pub fn between(before: &World, after: &World) -> Vec<Change> {
    let mut changes = Vec::new();
    for order in &after.orders {
        if let Some(was) = before.order(order.id) {
            of_order(was, order, after, before, &mut changes);
        }
    }
    let bought = |world: &World| world.shipments.iter().filter(|shipment| shipment.postage.is_some()).count();
    let labels = after.shipments.iter().filter_map(|shipment| {
        let rate = shipment.rate(&shipment.postage.as_ref()?.rate)?;
        Some(Change::Label { carrier: rate.carrier.clone(), price: rate.price })
    });
    changes.extend(labels.skip(bought(before)));
    let mut mails: Vec<&Mail> = after.mails.iter().skip(before.mails.len()).collect();
    mails.sort_by_key(|mail| (&mail.to, &mail.subject));
    changes.extend(mails.iter().map(|mail| Change::Mail { to: mail.to.join(", "), subject: mail.subject.clone() }));
    let tickets = after.helpdesk.tickets.iter().skip(before.helpdesk.tickets.len());
    changes.extend(tickets.map(|ticket| {
        let words = ticket.messages.iter().filter_map(|message| message.body_text.as_deref());
        Change::Ticket {
            tags: ticket.tags.iter().map(|tag| tag.name.clone()).collect(),
            text: words.collect::<Vec<_>>().join("\n"),
        }
    }));
    changes.extend(others(before, after).into_iter().map(|place| Change::Other { place }));
    changes
}

fn of_order(was: &Order, order: &Order, after: &World, before: &World, changes: &mut Vec<Change>) {
    let name = || order.name.clone();
    let mut elsewhere = paid_elsewhere(after, order).split_off(paid_elsewhere(before, was).len()).into_iter();
    for refund in order.refunds.iter().skip(was.refunds.len()) {
        let moved = moved(order, refund);
        let amount = if refund.transactions.is_empty() { elsewhere.next().unwrap_or(moved) } else { moved };
        changes.push(Change::Refund { order: name(), amount, items: repaid(order, refund) });
    }
    changes.extend(elsewhere.map(|amount| Change::Refund { order: name(), amount, items: Items::new() }));
    for returned in order.returns.iter().skip(was.returns.len()) {
        changes.push(Change::Return { order: name(), items: returning(order, returned) });
    }
    if order.cancellation.is_some() && was.cancellation.is_none() {
        changes.push(Change::Cancellation { order: name() });
    }
    if order.shipping_address != was.shipping_address {
        let to = order.shipping_address.as_ref().map(place).unwrap_or_default();
        changes.push(Change::Address { order: name(), to });
    }
    let (note, earlier) = (order.note.as_deref().unwrap_or_default(), was.note.as_deref().unwrap_or_default());
    match note.strip_prefix(earlier) {
        Some(added) => {
            let lines = added.lines().filter(|line| !line.is_empty());
            changes.extend(lines.map(|line| Change::Note { order: name(), text: without_mark(line) }));
        }
        None => changes.push(Change::Other { place: format!("the note of {} as it was", order.name) }),
    }
}

fn moved(order: &Order, refund: &Refund) -> Money {
    let of_refund = refund.transactions.iter().filter_map(|id| order.transaction(*id));
    order.sum(of_refund.filter(|transaction| transaction.status != "FAILURE").map(|transaction| transaction.amount))
}

/// Amounts that went back through the payment provider.
fn paid_elsewhere(world: &World, order: &Order) -> Vec<Money> {
    let own = world.intents.iter().filter(|intent| intent.metadata.get("order") == Some(&order.name));
    own.flat_map(|intent| &intent.refunds).map(|refund| refund.amount).collect()
}

fn repaid(order: &Order, refund: &Refund) -> Items {
    let mut items = Items::new();
    for paid in &refund.lines {
        if let Some(line) = order.line(paid.line) {
            *items.entry(line.title.clone()).or_default() += paid.quantity;
        }
    }
    items
}

fn returning(order: &Order, returned: &Return) -> Items {
    let mut items = Items::new();
    for coming in &returned.lines {
        let line = order.content(coming.content).and_then(|(_, content)| order.line(content.line));
        if let Some(line) = line {
            *items.entry(line.title.clone()).or_default() += coming.quantity;
        }
    }
    items
}

fn place(address: &Address) -> String {
    let street = [Some(address.line1.as_str()), address.line2.as_deref(), Some(address.city.as_str())];
    let area = [address.province_code.as_deref(), Some(address.postcode.as_str()), Some(address.country_code.as_str())];
    let street: Vec<&str> = street.into_iter().flatten().collect();
    let area: Vec<&str> = area.into_iter().flatten().collect();
    format!("{} {}", street.join(", "), area.join(" "))
}

/// A line of ours ends with the mark of its effect, which is another one each time.
fn without_mark(line: &str) -> String {
    line.split(" [deskhand ").next().unwrap_or(line).to_owned()
}

/// What of an order changes with what is told above, or with time.
const OF_ORDERS: [&str; 8] =
    ["updated_at", "closed_at", "cancellation", "shipping_address", "note", "transactions", "refunds", "returns"];
fn others(before: &World, after: &World) -> Vec<String> {
    let (was, is) = (kept(before), kept(after));
    let mut places = if was == is { Vec::new() } else { differing(&rest(was), &rest(is), "") };
    for order in &after.orders {
        match before.order(order.id) {
            None => places.push(format!("{}, which is new,", order.name)),
            Some(was) if was == order => {}
            Some(was) => places.extend(differing(&rest_of(was), &rest_of(order), &order.name)),
        }
    }
    places
}

/// What no conversation should touch, apart from orders.
type Kept<'w> = (&'w Shop, &'w [Product], &'w [Customer], &'w [Intent]);

fn kept(world: &World) -> Kept<'_> {
    // What is left out is told above, or changes with time and reading. A new field has to be put on either side.
    let World {
        shop,
        products,
        customers,
        intents,
        created_at: _,
        latest_at: _,
        orders: _,
        parcels: _,
        trackers: _,
        shipments: _,
        mails: _,
        helpdesk: _,
        front: _,
        zendesk: _,
        intercom: _,
        settlements: _,
        cancel_jobs: _,
        answered_keys: _,
        kept_answers: _,
        hooks: _,
        notices: _,
        noticed_at: _,
        ids_made: _,
    } = world;
    (shop, products, customers, intents)
}

/// Without what is told above.
fn rest((shop, products, customers, intents): Kept<'_>) -> Value {
    let mut value = json!({"shop": shop, "products": products, "customers": customers, "intents": intents});
    for (list, inner, field) in [("products", Some("variants"), "stock"), ("intents", None, "refunds")] {
        for item in value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            match inner {
                None => drop(item.as_object_mut().and_then(|fields| fields.remove(field))),
                Some(inner) => {
                    for part in item.get_mut(inner).and_then(Value::as_array_mut).into_iter().flatten() {
                        drop(part.as_object_mut().and_then(|fields| fields.remove(field)));
                    }
                }
            }
        }
    }
    value
}

fn rest_of(order: &Order) -> Value {
    let mut value = serde_json::to_value(order).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        OF_ORDERS.iter().for_each(|known| drop(fields.remove(*known)));
    }
    value
}

/// The fields that are not the same.
fn differing(before: &Value, after: &Value, of: &str) -> Vec<String> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return Vec::new() };
    let fields = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    fields.map(|(name, _)| if of.is_empty() { name.clone() } else { format!("{name} of {of}") }).collect()
}
