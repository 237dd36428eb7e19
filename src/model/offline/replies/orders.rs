//! What there is to say of an order.

use serde_json::Value;

use super::parcels::Parcel;
use super::values::{date, enumerate, is_some_money, item, money};
use super::{OFFER_PERSON, join};
use crate::model::offline::receipts::{OrderReceipt, Tracking, list, text};

/// How the parcels of an order are told apart.
const ORDINALS: [&str; 10] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/// An order with what its carriers say.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub receipt: OrderReceipt<'a>,
    pub tracking: Option<Tracking<'a>>,
}

impl<'a> Known<'a> {
    fn order(&self) -> &'a Value {
        self.receipt.order
    }

    fn day(&self, key: &str) -> Option<String> {
        text(self.order(), key).map(|day| date(day, self.receipt.as_of))
    }

    pub fn parcels(&self) -> Vec<Parcel<'a>> {
        let own = self.receipt.shipments();
        let tracked = self.tracking.map(|tracking| tracking.shipments).filter(|shipments| !shipments.is_empty());
        let as_of = self.tracking.and_then(|tracking| tracking.as_of).or(self.receipt.as_of);
        let shipments = tracked.unwrap_or(own);
        let subject = |index: usize| match shipments.len() {
            // Of an order that is sent in part, the whole is not where its first parcel is.
            1 => format!("Order {}", self.receipt.number()),
            _ => ORDINALS
                .get(index)
                .map_or_else(|| "Another parcel".to_owned(), |ordinal| format!("The {ordinal} parcel")),
        };
        let store_record = |shipment: &Value, index: usize| {
            let same = |record: &&Value| {
                record.get("shipment").is_some() && record.get("shipment") == shipment.get("shipment")
            };
            own.iter().find(same).or_else(|| own.get(index))
        };
        let parcel = |(index, shipment): (usize, &'a Value)| Parcel {
            carrier_says: if tracked.is_some() { shipment } else { &Value::Null },
            store_says: store_record(shipment, index),
            as_of,
            subject: subject(index),
        };
        shipments.iter().enumerate().map(parcel).collect()
    }

    /// Whether a carrier, or the store's record, calls any parcel delivered.
    pub fn is_called_delivered(&self) -> bool {
        self.receipt.status() == "delivered" || self.parcels().iter().any(|parcel| parcel.status() == "delivered")
    }

    /// Where it is.
    pub fn status(&self) -> String {
        let number = self.receipt.number();
        match self.receipt.status() {
            "cancelled" => self.cancelled(),
            "not_shipped" => self.not_shipped(),
            _ if self.parcels().is_empty() && self.receipt.status() == "delivered" => {
                format!("Order {number} was delivered.")
            }
            _ if self.parcels().is_empty() && self.receipt.has_parcels() => {
                format!("Order {number} was shipped, but I have no tracking details for it.")
            }
            _ if self.parcels().is_empty() => format!("I don't see any parcel for order {number}."),
            _ => self.shipped(),
        }
    }

    fn cancelled(&self) -> String {
        let number = self.receipt.number();
        let first = match self.day("cancelled_on") {
            Some(day) => format!("Order {number} was cancelled on {day}."),
            None => format!("Order {number} was cancelled."),
        };
        let refunded = if is_some_money(self.order().get("refunded")) { self.refunded() } else { String::new() };
        format!("{first} {refunded}").trim().to_owned()
    }

    fn not_shipped(&self) -> String {
        let number = self.receipt.number();
        let placed = self.day("placed_on").map(|day| format!(" It was placed on {day}.")).unwrap_or_default();
        let paid = match text(self.order(), "payment") {
            Some("paid") => " It is paid.",
            Some("pending" | "authorized") => " The payment is still pending.",
            _ => "",
        };
        format!(
            "Order {number} has not been shipped yet.{placed}{paid} There is no tracking number or delivery date yet."
        )
    }

    fn shipped(&self) -> String {
        let number = self.receipt.number();
        let parcels = self.parcels();
        let in_part = self.receipt.status() == "partially_shipped";
        let mut parts = Vec::new();
        if in_part && parcels.len() > 1 {
            parts.push(format!("Order {number} was partially shipped."));
        } else if parcels.len() > 1 {
            parts.push(format!("Order {number} was sent in {} parcels.", parcels.len()));
        }
        for parcel in &parcels {
            let contents = match parcel.contents() {
                Some(contents) if parcels.len() > 1 => format!(" {} contains {contents}.", parcel.subject),
                _ => String::new(),
            };
            // Of an order that is sent in part, the whole is not where its only parcel is.
            let story = match parcels.len() {
                1 if in_part => format!("Order {number} was partially shipped. {}", parcel.particulars()),
                _ => parcel.story(),
            };
            parts.push(format!("{story}{contents}"));
        }
        if parcels.iter().any(|parcel| matches!(parcel.status(), "failure" | "error" | "return_to_sender")) {
            parts.push(OFFER_PERSON.to_owned());
        }
        join(parts)
    }

    pub fn when(&self) -> String {
        if matches!(self.receipt.status(), "cancelled" | "not_shipped") || self.parcels().is_empty() {
            return self.status();
        }
        let line = |parcel: &Parcel| {
            if parcel.is_under_way() {
                format!("{} {}", parcel.headline(), parcel.estimate())
            } else {
                parcel.headline()
            }
        };
        join(self.parcels().iter().map(line))
    }

    pub fn carrier(&self) -> String {
        self.about_parcels(Parcel::carrier_sentence)
    }

    pub fn link(&self) -> String {
        self.about_parcels(Parcel::link)
    }

    fn about_parcels(&self, say: impl Fn(&Parcel<'a>) -> String) -> String {
        let parcels = self.parcels();
        if parcels.is_empty() {
            return self.status();
        }
        join(parcels.iter().map(|parcel| match parcel.status() {
            // A number that leads nowhere yet is told with the reason.
            "pre_transit" => format!("{} {}", parcel.headline(), say(parcel)),
            _ => say(parcel),
        }))
    }

    pub fn items(&self) -> String {
        let number = self.receipt.number();
        let lines: Vec<String> = list(self.order(), "items").iter().filter_map(priced).collect();
        if lines.is_empty() {
            return format!("I don't see the items of order {number}.");
        }
        format!("Order {number} contains {}.", enumerate(&lines))
    }

    pub fn total(&self) -> String {
        let number = self.receipt.number();
        let Some(total) = money(self.order().get("total")) else {
            return format!("I don't see the total of order {number}.");
        };
        let payment = match text(self.order(), "payment") {
            Some("paid") => " It is paid.".to_owned(),
            Some("pending" | "authorized") => " The payment is still pending.".to_owned(),
            _ if is_some_money(self.order().get("refunded")) => format!(" {}", self.refunded()),
            _ => String::new(),
        };
        format!("The total of order {number} is {total}.{payment}")
    }

    pub fn placed(&self) -> String {
        let number = self.receipt.number();
        match self.day("placed_on") {
            Some(day) => format!("Order {number} was placed on {day}."),
            None => format!("I don't see when order {number} was placed."),
        }
    }

    pub fn refunded(&self) -> String {
        let number = self.receipt.number();
        match money(self.order().get("refunded")) {
            Some(amount) if is_some_money(self.order().get("refunded")) => {
                format!("{amount} of order {number} was refunded.")
            }
            _ => format!("I don't see a refund for order {number}. {OFFER_PERSON}"),
        }
    }
}

fn priced(line: &Value) -> Option<String> {
    let name = item(line)?;
    let each = if line.get("quantity").and_then(Value::as_u64).unwrap_or(1) > 1 { " each" } else { "" };
    Some(match money(line.get("unit_price")) {
        Some(price) => format!("{name} at {price}{each}"),
        None => name,
    })
}
