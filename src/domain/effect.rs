//! Effects: things that change the world outside, each made to happen once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::{ConversationId, EffectId, StoreId};
use super::money::Money;
use super::order::{OrderId, open_enum};

/// Kinds with the words in which they are stored.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// What an effect does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum EffectKind {
            $($(#[$doc])* $variant,)*
        }

        impl EffectKind {
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            pub fn parse(text: &str) -> Option<Self> {
                [$(Self::$variant,)*].into_iter().find(|kind| kind.as_str() == text)
            }
        }
    };
}

kinds! {
    /// A ticket in the helpdesk. Identity: conversation and hand-off number.
    Ticket = "ticket",
    /// Something that was said, or a mark, in a ticket. Identity: conversation, ticket and number of the message.
    TicketEntry = "ticket_entry",
    /// How a ticket stands, and whose it is. Identity: conversation, ticket and number of the event that it follows from.
    TicketChange = "ticket_change",
    /// A one-time code by e-mail. Identity: conversation and send number.
    Code = "code",
    /// Money back for pieces of an order. Identity: order and pieces.
    Refund = "refund",
    /// The same through the payment provider, for what was paid outside of the platform, and entered at the platform.
    PaymentRefund = "payment_refund",
    /// Money back beyond the price of units, or a part of it. Identity: order and pieces.
    Goodwill = "goodwill",
    /// An order called off, and its whole payment back. Identity: order.
    Cancellation = "cancellation",
    /// Another address for an order. Identity: order and number of the change.
    AddressChange = "address_change",
    /// A line in an order's note. Identity: order and number of the line.
    Note = "note",
    /// Goods that are to come back. Identity: order and pieces.
    Return = "return",
    /// Money back for goods that came back. Identity: order and pieces, as for a refund.
    ReturnRefund = "return_refund",
    /// A mail that confirms to a shopper what was done. Identity: the effect that it confirms.
    Letter = "letter",
    /// The label of the parcel that brings a return back, bought. Identity: the return's effect.
    Label = "label",
    /// That label, added to the return at the platform. Identity: the return's effect.
    ReturnLabel = "return_label",
    /// A mail to the store's people about an approval that waits. Identity: the approval.
    ApprovalMail = "approval_mail",
}

impl EffectKind {
    /// Whether it only keeps a ticket that is there up to the conversation.
    pub fn keeps_a_ticket(self) -> bool {
        matches!(self, Self::TicketEntry | Self::TicketChange)
    }

    /// Whether it is done whatever its conversation does: a return that was opened asks for it.
    pub fn follows_a_return(self) -> bool {
        matches!(self, Self::ReturnRefund | Self::Label | Self::ReturnLabel)
    }
}

/// Whether a person has to say yes before an effect is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    NotNeeded,
    Awaited,
    Given,
}

impl Consent {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotNeeded => "not_needed",
            Self::Awaited => "awaited",
            Self::Given => "given",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::NotNeeded, Self::Awaited, Self::Given].into_iter().find(|consent| consent.as_str() == text)
    }
}

open_enum! {
    /// How far an effect has come. `proposed → sent → confirmed | failed | unknown`, and `unknown → confirmed | failed`
    /// (or `sent` again, where the vendor itself dedupes).
    EffectState {
        Proposed = "proposed",
        Sent = "sent",
        Confirmed = "confirmed",
        Failed = "failed",
        Unknown = "unknown",
    }
}

open_enum! {
    /// Where a person's decision about an effect stands. Only a pending one can be made.
    ApprovalState {
        Pending = "pending",
        Approved = "approved",
        Denied = "denied",
        Expired = "expired",
    }
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    pub id: EffectId,
    pub store: StoreId,
    pub conversation: ConversationId,
    pub kind: EffectKind,
    /// The business identity, unique in a store: `ticket:conv_…:1`. Never a tool call's id.
    pub identity: String,
    /// The order that it touches, and what leaves the store with it.
    pub order: Option<OrderId>,
    pub amount: Option<Money>,
    pub consent: Consent,
    /// Confirmed, but something of it is still to come: money that the vendor calls pending, goods on their way back.
    pub watched: bool,
    pub state: EffectState,
    /// What was asked for, to be judged and told again; `null` where nothing is, or once it was erased. Sealed at rest.
    pub wish: Value,
    /// The request, serialised once; every attempt sends these bytes. Sealed at rest.
    pub request: String,
    /// What the vendor calls the result.
    pub vendor_reference: Option<String>,
    /// Why it failed or is unknown, for the operator.
    pub problem: Option<String>,
    pub proposed_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    /// How often, and when last, the vendor was asked and had nothing.
    pub absent: u32,
    pub absent_at: Option<Timestamp>,
}

impl Effect {
    /// What leaves the store with it. Goodwill has no amount before a person gave it one: until then, what stands in the
    /// row is the most that it can be.
    pub fn known_amount(&self) -> Option<Money> {
        self.amount.filter(|_| self.kind != EffectKind::Goodwill || self.consent == Consent::Given)
    }

    /// Whether a person was asked and said no.
    pub fn is_declined(&self) -> bool {
        let word = self.problem.as_deref() == Some(ApprovalState::Denied.as_str());
        self.state == EffectState::Failed && self.consent == Consent::Awaited && word
    }
}

/// The right to let one recorded effect out, once. Writers ask for it; only the effects gate makes it, after the
/// ledger has the row as `sent` on disk. A lint keeps it so.
#[derive(Debug)]
pub struct Permit {
    effect: EffectId,
    for_now: bool,
}

impl Permit {
    pub fn issue(effect: &Effect) -> Self {
        Self { effect: effect.id.clone(), for_now: false }
    }

    /// Good at this moment alone: a request that would have to wait is not to leave.
    #[must_use]
    pub fn for_now(self) -> Self {
        Self { for_now: true, ..self }
    }

    pub fn is_for_now(&self) -> bool {
        self.for_now
    }

    pub fn effect(&self) -> &EffectId {
        &self.effect
    }
}
