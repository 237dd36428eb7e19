//! The store's rules as data, decided by pure code.
//!
//! A request about goods or money is a method of [`Policy`] with an ask of its own: [`Policy::refund`],
//! [`Policy::take_back`], [`Policy::refund_on_arrival`], [`Policy::cancel`], [`Policy::change_address`],
//! [`Policy::goodwill`]. Each answers with a [`decision::Decision`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub mod amounts;
pub mod ask;
pub mod basis;
mod check;
mod decide;
pub mod decision;
pub mod handoff;
pub mod hours;
pub mod labels;
pub mod masking;
pub mod outlook;
pub mod rules;
mod words;

pub use check::Unsound;

use hours::Hours;
use labels::Labels;
use rules::{AddressChanges, Approvals, Cancellations, Confirmations, HighValue, Limits, Mails, Refunds, Returns, Vip};

/// How far the agent is trusted (law 13). Ordered: each step does all that the ones before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Reads and records what it would say and do; answers nobody.
    Observe,
    /// Prepares answers; a person sends them.
    Draft,
    /// Answers; every effect waits for a person's yes.
    Approve,
    /// Answers and acts, within policy.
    Act,
}

/// A store's policy: the file `policy.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// How far the agent is trusted with this store.
    pub mode: Mode,
    /// Tools that are trusted less than the store's mode: `send_verification_code = "approve"`.
    pub tools: BTreeMap<String, Mode>,
    pub caps: Caps,
    pub identity: IdentityLimits,
    pub people: People,
    pub router: Router,
    pub returns: Returns,
    pub refunds: Refunds,
    pub cancellations: Cancellations,
    pub address_changes: AddressChanges,
    pub limits: Limits,
    pub labels: Labels,
    pub approvals: Approvals,
    pub mails: Mails,
    pub vip: Vip,
    pub high_value: HighValue,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mode: Mode::Observe,
            tools: BTreeMap::new(),
            caps: Caps::default(),
            identity: IdentityLimits::default(),
            people: People::default(),
            router: Router::default(),
            returns: Returns::default(),
            refunds: Refunds::default(),
            cancellations: Cancellations::default(),
            address_changes: AddressChanges::default(),
            limits: Limits::default(),
            labels: Labels::default(),
            approvals: Approvals::default(),
            mails: Mails::default(),
            vip: Vip::default(),
            high_value: HighValue::default(),
        }
    }
}

impl Policy {
    /// Whether the platform mails the shopper about what the agent does there.
    pub fn platform_mails(&self) -> bool {
        self.mails.confirmations == Confirmations::Platform
    }

    /// The mode that holds for one tool: the store's, or less.
    pub fn mode_of(&self, tool: &str) -> Mode {
        self.tools.get(tool).copied().unwrap_or(self.mode).min(self.mode)
    }
}

/// Allowances that hold in every mode. What goes beyond them goes to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    /// Turns that the agent may take in one conversation.
    pub turns_per_conversation: u32,
    /// Turns that the agent may take in a store in 24 hours.
    pub turns_per_day: u32,
    /// One-time codes that one conversation may send.
    pub codes_per_conversation: u32,
    /// One-time codes that may go to one address in 24 hours.
    pub codes_per_customer_per_day: u32,
    /// Model answers in one turn.
    pub steps_per_turn: u32,
    /// Characters of one message of a shopper.
    pub message_characters: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            turns_per_conversation: 60,
            turns_per_day: 20_000,
            codes_per_conversation: 3,
            codes_per_customer_per_day: 6,
            steps_per_turn: 10,
            message_characters: 8_000,
        }
    }
}

/// Wrong tries to match an order, in 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityLimits {
    pub tries_per_order: u32,
    pub tries_per_conversation: u32,
    /// Many shoppers may share one network address.
    pub tries_per_address: u32,
    /// A server's key speaks for all its shoppers.
    pub tries_per_key: u32,
    /// Minutes for which a one-time code is good.
    pub code_minutes: u32,
}

impl Default for IdentityLimits {
    fn default() -> Self {
        Self {
            tries_per_order: 5,
            tries_per_conversation: 5,
            tries_per_address: 20,
            tries_per_key: 500,
            code_minutes: 10,
        }
    }
}

/// What always goes to people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Topics by name, each with the words that show it: `wholesale = ["wholesale", "reseller"]`.
    pub topics: BTreeMap<String, Vec<String>>,
    /// Words and phrases that tell of fraud, in the languages that shoppers write.
    pub fraud: Vec<String>,
    /// Words and phrases of the press, and of those who speak in public.
    pub press: Vec<String>,
    /// Below this confidence of the router, from 0 to 1, a person takes over at once. 0: never for this.
    pub hand_off_below: f64,
    /// What becomes of a conversation in which somebody has to approve an effect.
    pub approvals: OnApproval,
    /// How often the agent may ask your people something in one conversation, by a note in the helpdesk, without giving it to them.
    pub questions: u32,
    /// Turns in a row that helped nobody before a person takes over.
    pub after_failures: u32,
    /// Below this confidence of the router, from 0 to 1, a turn that finds nothing counts as a failure.
    pub unsure_below: f64,
    /// When people are there. Nothing is said of it where no day has hours.
    pub hours: Hours,
    /// Within how many minutes they usually answer while they are there; told to shoppers. Nothing is told without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_within_minutes: Option<u32>,
}

impl Default for People {
    fn default() -> Self {
        Self {
            topics: BTreeMap::new(),
            fraud: phrases(FRAUD),
            press: phrases(PRESS),
            hand_off_below: 0.2,
            approvals: OnApproval::Note,
            questions: 2,
            after_failures: 3,
            unsure_below: 0.5,
            hours: Hours::default(),
            answer_within_minutes: None,
        }
    }
}

fn phrases(listed: &[&str]) -> Vec<String> {
    listed.iter().map(|phrase| (*phrase).to_owned()).collect()
}

/// English and German.
const FRAUD: &[&str] = &[
    "stolen card",
    "stolen credit card",
    "my card was stolen",
    "card was used without my permission",
    "unauthorized charge",
    "unauthorised charge",
    "unauthorized order",
    "unauthorised order",
    "did not make this order",
    "didn't make this order",
    "did not place this order",
    "didn't place this order",
    "never placed this order",
    "account was hacked",
    "account got hacked",
    "identity theft",
    "kreditkarte gestohlen",
    "karte wurde gestohlen",
    "konto wurde gehackt",
    "unberechtigte abbuchung",
    "nicht von mir bestellt",
    "identitätsdiebstahl",
];

const PRESS: &[&str] = &[
    "journalist",
    "press inquiry",
    "press enquiry",
    "press request",
    "media inquiry",
    "media enquiry",
    "i am a reporter",
    "i'm a reporter",
    "writing an article about",
    "journalistin",
    "presseanfrage",
    "schreibe einen artikel über",
];

/// What becomes of a conversation in which somebody has to approve an effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnApproval {
    /// A note in its ticket, if it has one.
    #[default]
    Note,
    /// A ticket, if it has none; the agent goes on talking.
    Ticket,
    /// A person takes it over.
    HandOff,
}

/// When a message is read without a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Router {
    /// How sure the classifier in the program must be, from 0 to 1, to decide without asking the model. Where the phrases that
    /// its rules know say something else, half of the doubt that this leaves is allowed. 1: the model reads every message.
    pub sure_from: f64,
}

impl Default for Router {
    /// Of what is decided from here on, unseen and of shops that it did not learn from, about 19 in 20 are acceptable.
    fn default() -> Self {
        Self { sure_from: 0.75 }
    }
}
