//! Who someone has proved to be, and how surely.

use serde::{Deserialize, Serialize};

use super::customer::Email;
use super::order::OrderId;

/// How surely we know whom we talk to. Ordered: each level has what the ones before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// Anyone.
    Anonymous,
    /// An order's number and its e-mail, or its number and postcode, agree: for that order only.
    OrderMatched,
    /// A signed customer token, or a one-time code sent to the address on file.
    Verified,
}

/// What an order was matched by. A postcode is on every parcel's label: it is enough to read, never to change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    Email,
    Postcode,
}

/// One proof that a conversation has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Proof {
    /// Number and a second fact agreed with the platform's record. `email` is the one on file, when there is one.
    Order { order: OrderId, name: String, matched_by: MatchedBy, email: Option<Email> },
    /// A one-time code came back that had gone to the address on file.
    Code { email: Email },
    /// A token signed by the store named the customer.
    Token { email: Email },
}

/// All that a conversation has proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    orders: Vec<(OrderId, MatchedBy)>,
    matched: Option<Email>,
    verified: Option<Email>,
}

impl Identity {
    pub fn learn(&mut self, proof: &Proof) {
        match proof {
            Proof::Order { order, matched_by, email, .. } => {
                self.orders.retain(|(known, by)| known != order || *by == MatchedBy::Email);
                if !self.orders.iter().any(|(known, _)| known == order) {
                    self.orders.push((order.clone(), *matched_by));
                }
                self.matched = email.clone();
            }
            Proof::Code { email } | Proof::Token { email } => self.verified = Some(email.clone()),
        }
    }

    /// The verified customer.
    pub fn verified(&self) -> Option<&Email> {
        self.verified.as_ref()
    }

    /// The address on file of the order matched last: where a one-time code may go.
    pub fn address_on_file(&self) -> Option<&Email> {
        self.matched.as_ref()
    }

    /// The orders that were matched, latest last.
    pub fn orders(&self) -> impl DoubleEndedIterator<Item = &OrderId> {
        self.orders.iter().map(|(order, _)| order)
    }

    pub fn matched_by(&self, order: &OrderId) -> Option<MatchedBy> {
        self.orders.iter().find(|(known, _)| known == order).map(|(_, by)| *by)
    }

    /// How surely we know this person, as regards an order that belongs to `owner`.
    pub fn assurance_for(&self, order: &OrderId, owner: Option<&Email>) -> Assurance {
        if self.verified.is_some() && self.verified.as_ref() == owner {
            Assurance::Verified
        } else if self.matched_by(order).is_some() {
            Assurance::OrderMatched
        } else {
            Assurance::Anonymous
        }
    }

    /// How surely we know this person, whatever the order.
    pub fn highest(&self) -> Assurance {
        match (&self.verified, self.orders.is_empty()) {
            (Some(_), _) => Assurance::Verified,
            (None, false) => Assurance::OrderMatched,
            (None, true) => Assurance::Anonymous,
        }
    }
}

#[cfg(test)]
mod tests;
