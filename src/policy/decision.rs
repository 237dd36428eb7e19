//! What the policy answers: a verdict with a reason code, the facts behind it, and what the ledger reserves.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Mode;
use super::rules::{Handling, Payer};
use crate::domain::money::Money;

/// What is decided. Ordered by what it lets happen: an earlier variant lets more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "reason", rename_all = "snake_case")]
pub enum Verdict {
    Allow,
    /// A person's yes is enough.
    NeedsApproval(Reason),
    /// The conversation is a person's case.
    Person(Reason),
    Deny(Reason),
}

impl Verdict {
    pub(super) fn of(handling: Handling, reason: Reason) -> Self {
        match handling {
            Handling::Automatic => Self::Allow,
            Handling::Approval => Self::NeedsApproval(reason),
            Handling::Person => Self::Person(reason),
            Handling::Deny => Self::Deny(reason),
        }
    }

    pub fn handling(self) -> Handling {
        match self {
            Self::Allow => Handling::Automatic,
            Self::NeedsApproval(_) => Handling::Approval,
            Self::Person(_) => Handling::Person,
            Self::Deny(_) => Handling::Deny,
        }
    }

    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Allow => None,
            Self::NeedsApproval(reason) | Self::Person(reason) | Self::Deny(reason) => Some(reason),
        }
    }

    /// As it is stored: `allow`, `needs_approval`, `person`, `deny`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::NeedsApproval(_) => "needs_approval",
            Self::Person(_) => "person",
            Self::Deny(_) => "deny",
        }
    }

    /// Stable and machine-readable: `allowed`, or the reason's code.
    pub fn code(self) -> &'static str {
        self.reason().map_or("allowed", Reason::code)
    }

    /// The one that holds back more; this one where both do as much.
    pub(super) fn or_stricter(self, other: Self) -> Self {
        if other.handling() > self.handling() { other } else { self }
    }
}

/// Reasons with their codes, which are stable: they are stored, told to models and compared in evals.
macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// Why it was not simply allowed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl Reason {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}

reasons! {
    /// The policy's word for this case is approval.
    ApprovalRequired = "approval_required",
    /// The policy's word for this case is a person.
    AlwaysAPerson = "always_a_person",
    /// The policy's word for this case is no.
    NotOffered = "not_offered",
    /// No money before the goods are back.
    GoodsFirst = "goods_first",
    OutsideWindow = "outside_window",
    /// The policy has no window, so that nothing can be within it.
    NoWindow = "no_window",
    /// A line has a tag that excludes it.
    FinalSale = "final_sale",
    NotShipped = "not_shipped",
    NotDelivered = "not_delivered",
    /// Neither the platform nor a carrier knows when, or whether, it was delivered.
    DeliveryUnknown = "delivery_unknown",
    /// The carrier says that what never arrived was delivered.
    CarrierSaysDelivered = "carrier_says_delivered",
    /// It is late, but not yet lost.
    NotOverdue = "not_overdue",
    NothingToReturn = "nothing_to_return",
    GoodsNotArrived = "goods_not_arrived",
    Exchange = "exchange",
    NothingAsked = "nothing_asked",
    UnknownLine = "unknown_line",
    /// More units than are left.
    TooManyUnits = "too_many_units",
    /// Units are held by something that the agent has under way.
    UnitsClaimed = "units_claimed",
    /// Staff have a return under way, whose units are not known.
    ReturnUnderWay = "return_under_way",
    ShippingIncluded = "shipping_included",
    Goodwill = "goodwill",
    /// The order was read in part only.
    OrderCut = "order_cut",
    AlreadyCancelled = "already_cancelled",
    AlreadyFulfilled = "already_fulfilled",
    PartlyFulfilled = "partly_fulfilled",
    /// Being packed, on hold, or in a state that nobody described.
    FulfilmentUncertain = "fulfilment_uncertain",
    PaymentNotSettled = "payment_not_settled",
    NotWholePayment = "not_whole_payment",
    /// Outside of the platform, where only whole units are paid back.
    PaidElsewhere = "paid_elsewhere",
    /// A person was asked for it before, and said no.
    DeclinedBefore = "declined_before",
    OtherCurrency = "other_currency",
    NegativeAmount = "negative_amount",
    NothingToRefund = "nothing_to_refund",
    /// More than was captured and not yet refunded.
    AboveRefundable = "above_refundable",
    FeesExceedAmount = "fees_exceed_amount",
    NoLimitForCurrency = "no_limit_for_currency",
    AboveOrderLimit = "above_order_limit",
    AboveReturnlessLimit = "above_returnless_limit",
    AboveCancellationLimit = "above_cancellation_limit",
    AboveCustomerLimit = "above_customer_limit",
    AboveStoreLimit = "above_store_limit",
    CustomerUnknown = "customer_unknown",
    Vip = "vip",
    HighValueOrder = "high_value_order",
    AddressIncomplete = "address_incomplete",
    OtherCountry = "other_country",
    LabelTooDear = "label_too_dear",
    NoLabel = "no_label",
    /// The store is not trusted to act alone yet.
    StoreMode = "store_mode",
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Refund,
    Return,
    RefundOnArrival,
    Cancellation,
    AddressChange,
    Goodwill,
}

impl Subject {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Return => "return",
            Self::RefundOnArrival => "refund_on_arrival",
            Self::Cancellation => "cancellation",
            Self::AddressChange => "address_change",
            Self::Goodwill => "goodwill",
        }
    }
}

/// The answer to one ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub subject: Subject,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What leaves the store if it is done: the platform's quote less the fees. None where no money moves, and where a
    /// person's yes is not enough.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pays: Option<Money>,
    /// What the ledger reserves in the transaction that writes the proposal, pending approvals included.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reserves: Vec<Reserve>,
    /// What the shopper may have in its place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instead: Option<Instead>,
    pub facts: Facts,
}

impl Decision {
    /// The same where something beside the policy stands against it: a person's case, for which no money moves.
    pub fn left_to_people(mut self, reason: Reason) -> Self {
        self.verdict = self.verdict.or_stricter(Verdict::Person(reason));
        self.instead = None;
        self.pays = None;
        self.reserves.clear();
        self
    }

    /// What is left of it in a store that is trusted so far: below `act`, nothing is done without a person's yes.
    pub fn held_to(mut self, mode: Mode) -> Self {
        if mode < Mode::Act {
            self.verdict = self.verdict.or_stricter(Verdict::NeedsApproval(Reason::StoreMode));
        }
        self
    }
}

/// Another way to the same end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// Send the goods back; the money follows when they have arrived.
    ReturnFirst,
}

/// For whom amounts are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Order,
    Customer,
    Store,
}

/// An amount that counts against a limit from the moment of the proposal on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserve {
    pub scope: Scope,
    /// Over the last so many days. None: for as long as there are records.
    pub days: Option<u32>,
    pub amount: Money,
    /// The sum that the reservation must not exceed; where it would, the answer is out of date and has to be asked for
    /// anew. None: a person decides; the amount counts all the same.
    pub most: Option<Money>,
}

impl Reserve {
    /// The beginning of the window that ends now.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        let back = self.days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
        back.and_then(|back| now.checked_sub(back).ok()).unwrap_or(Timestamp::MIN)
    }
}

/// What the verdict rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shortages: Vec<Shortage>,
    /// What the platform would pay back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Money>,
    /// What of the order's payment is left, less what is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refundable: Option<Money>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<Fee>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitState>,
    /// What a return would cost the shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<ReturnTerms>,
}

/// Until when units of a line are taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub line: String,
    /// As the store's own day.
    pub delivered_on: Date,
    /// The last day on which it is open, whole. None: the policy has no window.
    pub last_day: Option<Date>,
    pub open: bool,
}

/// A line that is excluded by a tag of its product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    pub line: String,
    pub tag: String,
}

/// More was asked than is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    pub line: String,
    pub asked: u64,
    pub left: u32,
}

/// What is kept of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    pub kind: FeeKind,
    pub amount: Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeKind {
    Restocking,
    /// The way back.
    Label,
}

/// A limit as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitState {
    pub scope: Scope,
    pub days: Option<u32>,
    /// None: there is no limit in this currency.
    pub most: Option<Money>,
    /// What the agent has used of it. None: nobody knows whose it is.
    pub used: Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnTerms {
    pub restocking_fee_percent: u32,
    pub label_paid_by: Payer,
}
