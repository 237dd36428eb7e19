//! What the kinds of effects on orders have of their own: how the request leaves, how the vendor is asked what became of
//! it, whether it may be repeated, and what a shopper hears of it from no agent.

use std::time::Duration;

use async_trait::async_trait;

use crate::agents::language::Lines;
use crate::desk::StoreSetup;
use crate::domain::effect::{Effect, EffectKind, Permit};
use crate::domain::event::HandoffReason;
use crate::domain::money::Money;
use crate::integrations::{Urgency, VendorError, WriteError};

mod cancellation;
mod change;
mod label;
mod payment;
mod refund;
mod returning;
mod settlement;

pub(super) use payment::Both;

/// An effect as its vendor has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What the vendor calls it.
    pub reference: Option<String>,
    pub stage: Stage,
    /// What the shopper is to open.
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Done,
    /// It is there, and something of it is still to come.
    Pending,
    /// It is there, and came to nothing.
    Failed(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// The same request may go again: it is not done twice.
    SendAgain,
    /// It was not done, and is not done any more.
    Fail,
    /// Nobody knows: people have to look.
    LeaveToPeople,
}

#[async_trait]
pub(super) trait Deed: Sync {
    /// Lets the recorded request out.
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError>;

    /// What the vendor has of it.
    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError>;

    /// A last step that may be left to do of one that is watched.
    async fn go_on(&self, _: &StoreSetup, _: &Effect) {}

    /// What to do where the vendor does not have it, asked twice, some time apart; it was first sent so long ago.
    fn when_absent(&self, setup: &StoreSetup, sent_ago: Duration) -> Absent;

    /// What a shopper hears of it. `None`: nothing.
    fn line(&self, lines: &Lines, effect: &Effect, order: &str, found: &Found) -> Option<String>;

    /// What a shopper hears of one that was not done, and that no agent told. `None`: nothing.
    fn not_done(&self, lines: &Lines, order: &str) -> Option<String> {
        Some(lines.not_done(order))
    }

    /// Why a person has to go on with one that was not done. `None`: nobody waits for it.
    fn left_to_people(&self) -> Option<HandoffReason> {
        Some(HandoffReason::Topic)
    }

    /// Whether one that the vendor refuses while an agent talks is left as it was: no receipt of the agent's tells of it, so
    /// the watch sends it once more, and hands it over.
    fn is_left_to_the_watch(&self) -> bool {
        false
    }

    /// Whether a person takes the conversation over where what was still to come never comes.
    fn hands_over(&self) -> bool {
        true
    }
}

/// `None`: this kind is not about an order; its own module sends it.
pub(super) fn deed(kind: EffectKind) -> Option<&'static dyn Deed> {
    match kind {
        EffectKind::Refund | EffectKind::Goodwill => Some(&refund::Refund),
        EffectKind::PaymentRefund => Some(&payment::PaymentRefund),
        EffectKind::Cancellation => Some(&cancellation::Cancellation),
        EffectKind::AddressChange => Some(&change::AddressChange),
        EffectKind::Note => Some(&change::Note),
        EffectKind::Return => Some(&returning::Return),
        EffectKind::Ticket
        | EffectKind::TicketEntry
        | EffectKind::TicketChange
        | EffectKind::Code
        | EffectKind::ApprovalMail
        | EffectKind::Letter => None,
        EffectKind::ReturnRefund => Some(&settlement::ReturnRefund),
        EffectKind::Label => Some(&label::Label),
        EffectKind::ReturnLabel => Some(&label::ReturnLabel),
    }
}

/// `$24.00`, `¥12800`: as shoppers read amounts.
fn spoken(amount: Money) -> String {
    format!("{}{}", amount.currency().symbol(), amount.decimal())
}
