//! What a decision was made of, kept so that it can be made again: by other rules, or for whoever asks why.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Policy;
use super::ask::{
    AddressAsk, ArrivalAsk, CancellationAsk, CarrierWord, Case, GoodwillAsk, Outcome, Quote, RefundAsk, ReturnAsk,
    Situation, Spent,
};
use super::decision::Decision;
use crate::domain::customer::Address;
use crate::domain::event::EventBody;
use crate::domain::id::TurnId;
use crate::domain::money::Money;
use crate::domain::order::{LineQuantity, Order};

/// An ask with the situation in which it was asked. All of it comes of one order, and so of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    pub asked: Asked,
    pub order: Order,
    pub carriers: Vec<CarrierWord>,
    pub spent: Spent,
    pub now: Timestamp,
    /// The store's.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub zone: TimeZone,
}

/// The asks of [`super::ask`], each with what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Asked {
    Refund {
        case: Case,
        pieces: Vec<LineQuantity>,
        shipping: bool,
        quote: Quote,
    },
    Return {
        case: Case,
        pieces: Vec<LineQuantity>,
        outcome: Outcome,
    },
    RefundOnArrival {
        case: Case,
        pieces: Vec<LineQuantity>,
        shipping: bool,
        quote: Quote,
        arrived_at: Option<Timestamp>,
        label_price: Option<Money>,
    },
    Cancellation {
        quote: Quote,
    },
    AddressChange {
        address: Address,
    },
    Goodwill {
        quote: Quote,
    },
}

/// A decision with all that it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    pub basis: Basis,
    pub decision: Decision,
}

impl Basis {
    pub fn of(at: &Situation<'_>, asked: impl Into<Asked>) -> Self {
        Self {
            asked: asked.into(),
            order: at.order.clone(),
            carriers: at.carriers.to_vec(),
            spent: at.spent.clone(),
            now: at.now,
            zone: at.zone.clone(),
        }
    }

    fn situation(&self) -> Situation<'_> {
        Situation { order: &self.order, carriers: &self.carriers, spent: &self.spent, now: self.now, zone: &self.zone }
    }

    /// What these rules say to it.
    pub fn decide(&self, policy: &Policy) -> Decision {
        let at = &self.situation();
        match &self.asked {
            Asked::Refund { case, pieces, shipping, quote } => {
                policy.refund(at, &RefundAsk { case: *case, pieces, shipping: *shipping, quote: *quote })
            }
            Asked::Return { case, pieces, outcome } => {
                policy.take_back(at, &ReturnAsk { case: *case, pieces, outcome: *outcome })
            }
            Asked::RefundOnArrival { case, pieces, shipping, quote, arrived_at, label_price } => {
                let ask = ArrivalAsk {
                    case: *case,
                    pieces,
                    shipping: *shipping,
                    quote: *quote,
                    arrived_at: *arrived_at,
                    label_price: *label_price,
                };
                policy.refund_on_arrival(at, &ask)
            }
            Asked::Cancellation { quote } => policy.cancel(at, &CancellationAsk { quote: *quote }),
            Asked::AddressChange { address } => policy.change_address(at, &AddressAsk { address }),
            Asked::Goodwill { quote } => policy.goodwill(at, &GoodwillAsk { quote: *quote }),
        }
    }
}

impl Judged {
    /// As a conversation's log keeps it. `acts`: it was asked in order to act.
    pub fn event(&self, turn: Option<&TurnId>, acts: bool) -> EventBody {
        let Decision { subject, verdict, .. } = &self.decision;
        EventBody::PolicyDecided {
            turn: turn.cloned(),
            acts,
            subject: subject.as_str().to_owned(),
            verdict: verdict.as_str().to_owned(),
            code: verdict.code().to_owned(),
            // Fails for a zone without a name only, and no store has one.
            judged: serde_json::to_value(self).unwrap_or_default(),
        }
    }

    /// `None`: the person was erased since, or it was not written by this program.
    pub fn read(judged: &Value) -> Option<Self> {
        Self::deserialize(judged).ok()
    }
}

impl Asked {
    /// What was asked for: quantities by line. Empty where it is the whole order.
    pub fn pieces(&self) -> &[LineQuantity] {
        match self {
            Self::Refund { pieces, .. } | Self::Return { pieces, .. } | Self::RefundOnArrival { pieces, .. } => pieces,
            Self::Cancellation { .. } | Self::AddressChange { .. } | Self::Goodwill { .. } => &[],
        }
    }

    pub fn case(&self) -> Option<Case> {
        match self {
            Self::Refund { case, .. } | Self::Return { case, .. } | Self::RefundOnArrival { case, .. } => Some(*case),
            Self::Cancellation { .. } | Self::AddressChange { .. } | Self::Goodwill { .. } => None,
        }
    }

    /// The tool whose trust bounds what comes of it.
    pub fn tool(&self) -> &'static str {
        match self {
            Self::Refund { .. } | Self::RefundOnArrival { .. } => "issue_refund",
            Self::Return { .. } => "create_return",
            Self::Cancellation { .. } => "cancel_order",
            Self::AddressChange { .. } => "change_shipping_address",
            Self::Goodwill { .. } => "request_goodwill",
        }
    }
}

impl From<&RefundAsk<'_>> for Asked {
    fn from(ask: &RefundAsk<'_>) -> Self {
        Self::Refund { case: ask.case, pieces: ask.pieces.to_vec(), shipping: ask.shipping, quote: ask.quote }
    }
}

impl From<&ReturnAsk<'_>> for Asked {
    fn from(ask: &ReturnAsk<'_>) -> Self {
        Self::Return { case: ask.case, pieces: ask.pieces.to_vec(), outcome: ask.outcome }
    }
}

impl From<&ArrivalAsk<'_>> for Asked {
    fn from(ask: &ArrivalAsk<'_>) -> Self {
        Self::RefundOnArrival {
            case: ask.case,
            pieces: ask.pieces.to_vec(),
            shipping: ask.shipping,
            quote: ask.quote,
            arrived_at: ask.arrived_at,
            label_price: ask.label_price,
        }
    }
}

impl From<&CancellationAsk> for Asked {
    fn from(ask: &CancellationAsk) -> Self {
        Self::Cancellation { quote: ask.quote }
    }
}

impl From<&AddressAsk<'_>> for Asked {
    fn from(ask: &AddressAsk<'_>) -> Self {
        Self::AddressChange { address: ask.address.clone() }
    }
}

impl From<&GoodwillAsk> for Asked {
    fn from(ask: &GoodwillAsk) -> Self {
        Self::Goodwill { quote: ask.quote }
    }
}
