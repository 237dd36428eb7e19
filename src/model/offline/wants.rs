//! What the parts of a message ask the agent to do.

mod clause;

use std::borrow::Cow;
use std::sync::LazyLock;

use super::addresses;
use super::entities;
use super::intent::{self, Guess};
use super::lexicon::refunds::{ASKS_WHAT_CAME, GOODWILL, MONEY_BACK, NEW_ONE, STORE_CREDIT};
use super::lexicon::topics::{ASKS_WHERE, IN_A_GREETING, IN_A_NAMING, STATUS};
use super::pattern::{Phrases, phrases};
use super::replies::knowledge::subject_words;
use super::words::{Words, clauses, is_question};
use crate::domain::event::Intent;
pub use clause::says_nothing_came;
use clause::{ARRIVED_P, BROKEN_P, anyhow, by_order, manners, sure_never};

phrases! {
    ASKS_WHAT_CAME_P = ASKS_WHAT_CAME; ASKS_WHERE_P = ASKS_WHERE; GOODWILL_P = GOODWILL; MONEY_BACK_P = MONEY_BACK; NEW_ONE_P = NEW_ONE;
    STATUS_P = STATUS; STORE_CREDIT_P = STORE_CREDIT;
}

/// A thing that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    Status,
    When,
    Carrier,
    TrackingLink,
    Items,
    Total,
    Placed,
    Refunded,
    /// The parcel should be there and is not. `sure` when the shopper says that the carrier calls it delivered.
    NeverArrived {
        sure: bool,
    },
    MissingItem,
    /// Money back; what people would call the matter.
    Refund(&'static str),
    /// Goods shall go back, or be changed for others.
    Return,
    Exchange,
    /// Something for goods that stay, or in place of money: people's to grant.
    Goodwill,
    StoreCredit,
    Cancel,
    Address,
    Note,
    ListOrders,
    Product,
    Policy,
    /// What the store's people do, by name.
    ForPeople(&'static str),
    Complaint,
    Person,
    Bot,
    Greeting,
    Thanks,
    Goodbye,
    Abilities,
}

impl Want {
    /// Whether it is about an order of the shopper's, so that number and proof are needed.
    pub fn is_about_order(self) -> bool {
        matches!(
            self,
            Self::Status
                | Self::When
                | Self::Carrier
                | Self::TrackingLink
                | Self::Items
                | Self::Total
                | Self::Placed
                | Self::Refunded
                | Self::NeverArrived { .. }
                | Self::MissingItem
                | Self::Refund(_)
                | Self::Return
                | Self::Exchange
                | Self::Goodwill
                | Self::StoreCredit
                | Self::Cancel
                | Self::Address
                | Self::Note
        )
    }

    /// Whether it continues over the messages that answer our questions.
    pub fn is_business(self) -> bool {
        self.is_about_order() || matches!(self, Self::ListOrders | Self::Product | Self::Policy | Self::ForPeople(_))
    }

    /// Goods go back, or money comes back for them.
    pub fn is_for_goods(self) -> bool {
        matches!(self, Self::Refund(_) | Self::Return) || self.is_granted()
    }

    /// Something that people grant for goods.
    pub fn is_granted(self) -> bool {
        matches!(self, Self::Exchange | Self::Goodwill | Self::StoreCredit)
    }

    pub fn is_manners(self) -> bool {
        matches!(self, Self::Greeting | Self::Thanks | Self::Goodbye | Self::Abilities)
    }
}

/// The parts of a message that ask for something of the kind, or all of it.
pub fn asking_for(text: &str, want: Want) -> String {
    let asks = |clause: &&str| of(clause, false, false).contains(&want);
    let parts: Vec<&str> = clauses(text).into_iter().filter(asks).collect();
    if parts.is_empty() { text.to_owned() } else { parts.join(" ") }
}

/// The wants of a message in its order. `with_order` says that an order is being talked about, so that "how much was it?"
/// is a question about that order.
pub fn of(text: &str, with_order: bool, is_answer: bool) -> Vec<Want> {
    let masked = entities::masked(text, is_answer);
    Heard::of(text, &masked, &Words::of(&masked), None).wants(with_order)
}

/// A message whose wants are looked for.
#[derive(Debug)]
pub struct Heard<'a> {
    words: &'a Words,
    /// It asks for something to go to the address in it.
    moves: bool,
    parts: Vec<Part<'a>>,
}

/// A clause, or what stands in one beside something else.
#[derive(Debug)]
struct Part<'a> {
    words: Cow<'a, Words>,
    intent: Intent,
    /// What it asks for, whether an order is being talked about or not.
    anyhow: Option<Want>,
    /// It is a question that says something.
    asks: bool,
}

impl<'a> Heard<'a> {
    /// Of a text that is [`entities::masked`], the words of that, and their guess where it was made.
    pub fn of(text: &str, masked: &str, words: &'a Words, guess: Option<Guess>) -> Self {
        let mut parts = Vec::new();
        for clause in clauses(masked) {
            let is_all = clause.trim() == masked.trim();
            parts.push(if is_all {
                Part::of(Cow::Borrowed(words), guess.unwrap_or_else(|| intent::guess(words)).intent, clause)
            } else {
                let words = Words::of(clause);
                let intent = intent::guess(&words).intent;
                Part::of(Cow::Owned(words), intent, clause)
            });
            let within: Vec<&str> = clause.split(" and ").flat_map(|part| part.split(" also ")).collect();
            if within.len() > 1 {
                parts.extend(within.into_iter().filter_map(Part::within));
            }
        }
        let moves = addresses::is_asked_for(text) && !ARRIVED_P.is_in(&Words::of(text));
        Self { words, moves, parts }
    }

    /// As [`of`].
    pub fn wants(&self, with_order: bool) -> Vec<Want> {
        let mut wants: Vec<Want> = Vec::new();
        let (aside, telling): (Vec<_>, Vec<_>) = self.parts.iter().partition(|part| part.asks_nothing(with_order));
        telling.iter().for_each(|part| push(&mut wants, part.want(with_order)));
        // `Order 7734. I expected better.` beside a wish is no question of its own.
        if !wants.iter().any(|want| want.is_business()) {
            aside.iter().for_each(|part| push(&mut wants, part.want(with_order)));
        }
        across_clauses(self.words, &mut wants);
        granted(self.words, with_order, &mut wants);
        let stays = |want: &Want| matches!(want, Want::NeverArrived { .. } | Want::Return | Want::Refund(_));
        if self.moves && !wants.iter().any(stays) {
            wants.retain(|want| !matches!(want, Want::Status | Want::When | Want::ForPeople(_)));
            push(&mut wants, Some(Want::Address));
        }
        if wants.iter().any(|want| want.is_business()) {
            wants.retain(|want| *want != Want::Complaint);
        }
        // `Hello! Do you sponsor clubs?` asks for more than a greeting.
        let asks_otherwise = || self.parts.iter().any(|part| part.asks && part.want(with_order).is_none());
        if wants.iter().any(|want| !want.is_manners()) || asks_otherwise() {
            wants.retain(|want| !want.is_manners());
        }
        wants
    }
}

impl<'a> Part<'a> {
    fn of(words: Cow<'a, Words>, intent: Intent, text: &str) -> Self {
        let says_something = || subject_words(text).iter().any(|word| !IN_A_GREETING.contains(&word.as_str()));
        let asks = is_question(text) && says_something();
        Self { intent, anyhow: anyhow(&words, intent), words, asks }
    }

    /// One that says enough to stand beside the others of its clause.
    fn within(text: &str) -> Option<Self> {
        let words = Words::of(text);
        let guess = intent::guess(&words);
        let enough = if changes_something(guess.intent) { 2 } else { 3 };
        let stands = words.len() >= enough && guess.confidence >= 0.6;
        stands.then(|| Self::of(Cow::Owned(words), guess.intent, text))
    }

    /// It names an order, or tells something of one.
    fn asks_nothing(&self, with_order: bool) -> bool {
        let names = self.words.as_slice().iter().all(|word| IN_A_NAMING.contains(&word.as_str()));
        let tells = || !self.asks && !ASKS_WHERE_P.is_in(&self.words);
        names || (matches!(self.want(with_order), Some(Want::Status | Want::When)) && tells())
    }

    fn want(&self, with_order: bool) -> Option<Want> {
        if self.words.is_empty() {
            return None;
        }
        let by_order = || by_order(&self.words, self.intent, with_order);
        let manners = || manners(&self.words).filter(|want| *want != Want::Greeting || !self.asks);
        self.anyhow.or_else(by_order).or_else(manners)
    }
}

/// Who asks for something for goods that stay, or in their place, does not want them paid back or taken back.
fn granted(words: &Words, with_order: bool, wants: &mut Vec<Want>) {
    let want = if STORE_CREDIT_P.is_in(words) {
        Want::StoreCredit
    } else if GOODWILL_P.is_in(words) && !ASKS_WHAT_CAME_P.is_in(words) {
        Want::Goodwill
    } else if NEW_ONE_P.is_in(words) && !MONEY_BACK_P.is_in(words) {
        Want::Exchange
    } else {
        return;
    };
    let about_goods =
        with_order || words.has("my") || BROKEN_P.is_in(words) || wants.iter().any(|want| want.is_about_order());
    if about_goods && !wants.contains(&Want::Policy) && !wants.contains(&Want::Cancel) {
        wants.retain(|want| {
            !matches!(
                want,
                Want::Refund(_)
                    | Want::Refunded
                    | Want::Return
                    | Want::Status
                    | Want::Total
                    | Want::Product
                    | Want::ForPeople(_)
            )
        });
        push(wants, Some(want));
    }
}

/// `And cancel 7735`: two words say it.
fn changes_something(intent: Intent) -> bool {
    matches!(intent, Intent::CancelOrder | Intent::ReturnRequest)
}

/// "It says delivered. I got nothing." says in two sentences what one could.
fn across_clauses(words: &Words, wants: &mut Vec<Want>) {
    let sure = Want::NeverArrived { sure: true };
    if wants.contains(&sure) || sure_never(words) {
        wants.retain(|want| !matches!(want, Want::NeverArrived { sure: false } | Want::Status | Want::When));
        push(wants, Some(sure));
    }
    if wants.iter().any(|want| matches!(want, Want::NeverArrived { .. } | Want::MissingItem)) {
        wants.retain(|want| !matches!(want, Want::Status | Want::Complaint));
    }
    if wants.iter().any(|want| matches!(want, Want::When | Want::Carrier | Want::TrackingLink))
        && !STATUS_P.is_in(words)
    {
        wants.retain(|want| *want != Want::Status);
    }
}

fn push(wants: &mut Vec<Want>, want: Option<Want>) {
    if let Some(want) = want.filter(|want| !wants.contains(want)) {
        wants.push(want);
    }
}
