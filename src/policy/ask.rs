//! What the policy is asked, by the kind of request, and what is known when it is asked.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::customer::Address;
use crate::domain::money::{Currency, Money};
use crate::domain::order::{LineQuantity, Order};

/// Why a shopper wants money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    ChangedMind,
    /// Broken, faulty, not as described.
    Damaged,
    WrongItem,
    /// The parcel, or something in it, is missing.
    NeverArrived,
}

/// What is known beside the request: the order as just read, and what lies around it.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    pub order: &'a Order,
    /// What carriers said after the platform. It goes before the platform's word.
    pub carriers: &'a [CarrierWord],
    pub spent: &'a Spent,
    pub now: Timestamp,
    /// The store's, in which its days begin and end.
    pub zone: &'a TimeZone,
}

/// A carrier's word on one fulfilment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarrierWord {
    /// The fulfilment's id.
    pub fulfilment: String,
    /// When the last of its parcels was delivered; none while one of them is under way.
    pub delivered_at: Option<Timestamp>,
}

/// What the agent did, or has pending, by the ledger. What staff did is not in it: the order tells that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// On this order, ever.
    pub order: Money,
    /// The part of `order` that the platform's count of the order does not have yet.
    pub pending: Money,
    /// To this customer, in the last `limits.customer.days`. None: nobody knows who the customer is.
    pub customer: Option<Money>,
    /// By this store, in the last `limits.store.days`.
    pub store: Money,
    /// Units that other effects of the agent hold and that the platform's count does not have yet.
    pub claimed: Vec<LineQuantity>,
    /// Ids of the returns that the agent made, and whose units are therefore in `claimed`.
    pub returns: Vec<String>,
}

impl Spent {
    /// Units of a line that the agent holds and the platform's count does not have yet.
    pub fn of_line(&self, line: &str) -> u32 {
        let claimed = self.claimed.iter().filter(|pieces| pieces.line == line);
        claimed.fold(0, |sum, pieces| sum.saturating_add(pieces.quantity))
    }

    /// Nothing so far, of a customer who is known.
    pub fn nothing(currency: Currency) -> Self {
        let zero = Money::from_minor(0, currency);
        Self { order: zero, pending: zero, customer: Some(zero), store: zero, claimed: Vec::new(), returns: Vec::new() }
    }
}

/// What the platform itself would pay back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// For what is asked.
    pub amount: Money,
    /// For the whole order.
    pub maximum: Money,
}

/// Money at once; the goods, where there are any, stay with the shopper.
#[derive(Clone, Copy, Debug)]
pub struct RefundAsk<'a> {
    pub case: Case,
    pub pieces: &'a [LineQuantity],
    /// Whether the quote holds the shipping that was paid.
    pub shipping: bool,
    pub quote: Quote,
}

/// Goods that a shopper wants to send back. No money moves yet.
#[derive(Clone, Copy, Debug)]
pub struct ReturnAsk<'a> {
    pub case: Case,
    pub pieces: &'a [LineQuantity],
    pub outcome: Outcome,
}

/// What a shopper wants for the goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Money,
    /// Prepared by the agent, made by a person: no label before that.
    Exchange,
}

/// The money for a return. Window and tags were judged when the return was made, and are not judged again.
#[derive(Clone, Copy, Debug)]
pub struct ArrivalAsk<'a> {
    pub case: Case,
    /// Those of the return, which must not be among the claimed ones.
    pub pieces: &'a [LineQuantity],
    pub shipping: bool,
    pub quote: Quote,
    /// Since when the goods are back. None: they are not.
    pub arrived_at: Option<Timestamp>,
    /// What the way back cost, where a label was bought.
    pub label_price: Option<Money>,
}

/// The whole order, and its whole payment.
#[derive(Clone, Copy, Debug)]
pub struct CancellationAsk {
    pub quote: Quote,
}

/// Another address for the whole order.
#[derive(Clone, Copy, Debug)]
pub struct AddressAsk<'a> {
    pub address: &'a Address,
}

/// A part of a unit's price, or money beyond units.
#[derive(Clone, Copy, Debug)]
pub struct GoodwillAsk {
    pub quote: Quote,
}
