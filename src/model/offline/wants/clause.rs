//! What the words of one clause ask for.

use std::sync::LazyLock;

use super::Want;
use crate::domain::event::Intent;
use crate::model::offline::lexicon::changes::{ADDRESS, NOTE};
use crate::model::offline::lexicon::topics::{
    ABILITIES, BOT, CARRIER, EXCHANGE, FOR_PEOPLE, GONE, GOODBYE, GREETING, ITEMS, LIST_ORDERS, MISSING_ITEM,
    NOTHING_CAME, OVERDUE, PERSON, PLACED, POLICY, REFUNDED, RETURN_WINDOW, SAYS_DELIVERED, THANKS, TOTAL,
    TRACKING_LINK, WHEN, WHERE,
};
use crate::model::offline::pattern::{Phrases, phrases};
use crate::model::offline::words::Words;

phrases! {
    ABILITIES_P = ABILITIES; ADDRESS_P = ADDRESS; BOT_P = BOT; CARRIER_P = CARRIER; GONE_P = GONE; GOODBYE_P = GOODBYE; GREETING_P = GREETING;
    ITEMS_P = ITEMS; LINK_P = TRACKING_LINK; LIST_P = LIST_ORDERS; MISSING_P = MISSING_ITEM; NOTE_P = NOTE; NOTHING_P = NOTHING_CAME; OVERDUE_P = OVERDUE;
    PERSON_P = PERSON; PLACED_P = PLACED; POLICY_P = POLICY; REFUNDED_P = REFUNDED; RETURN_WINDOW_P = RETURN_WINDOW;
    SAYS_P = SAYS_DELIVERED; THANKS_P = THANKS; TOTAL_P = TOTAL; WHEN_P = WHEN; WHERE_P = WHERE;
}

static FOR_PEOPLE_P: LazyLock<Vec<(&'static str, Phrases)>> =
    LazyLock::new(|| FOR_PEOPLE.iter().map(|(name, texts)| (*name, Phrases::new(texts))).collect());
pub(super) static ARRIVED_P: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::new(&["delivered|delivery|arrived|dropped|left"]));
pub(super) static BROKEN_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(&["@broken"]));
static IS_MISSING_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(&["missing|incomplete|empty|absent"]));
static PLURAL_P: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "orders|purchases|history",
        "every|each order",
        "everything|all|things|stuff * ordered|bought|purchased",
    ])
});

pub(super) fn sure_never(words: &Words) -> bool {
    ARRIVED_P.is_in(words) && SAYS_P.is_in(words) && NOTHING_P.is_in(words)
}

pub(super) fn anyhow(words: &Words, intent: Intent) -> Option<Want> {
    if words.is_empty() {
        return None;
    }
    if intent != Intent::OrderStatus && BOT_P.is_in(words) {
        return Some(Want::Bot);
    }
    if PERSON_P.is_in(words) {
        return Some(Want::Person);
    }
    if sure_never(words) {
        return Some(Want::NeverArrived { sure: true });
    }
    if MISSING_P.is_in(words) && (!BROKEN_P.is_in(words) || IS_MISSING_P.is_in(words)) {
        return Some(Want::MissingItem);
    }
    if GONE_P.is_in(words) {
        return Some(Want::NeverArrived { sure: false });
    }
    if RETURN_WINDOW_P.is_in(words) {
        return Some(Want::Policy);
    }
    if LIST_P.is_in(words) && PLURAL_P.is_in(words) && intent != Intent::CancelOrder {
        return Some(Want::ListOrders);
    }
    match intent {
        // "How long do I have to return something?" beside a question about an order.
        Intent::Other if is_policy_alone(words) => Some(Want::Policy),
        Intent::OrderStatus | Intent::MissingItemOrDeliveryProblem => Some(about_order(words)),
        Intent::RefundStatus => Some(Want::Refunded),
        Intent::ModifyOrderOrAddress if NOTE_P.is_in(words) && !words.has("address") => Some(Want::Note),
        Intent::DiscountOrPromo | Intent::AccountOrLogin => Some(Want::Policy),
        Intent::Complaint => Some(Want::Complaint),
        Intent::HumanAgent => Some(Want::Person),
        Intent::RefundRequest
        | Intent::DamagedOrWrongItem
        | Intent::ReturnRequest
        | Intent::Exchange
        | Intent::CancelOrder
        | Intent::ModifyOrderOrAddress
        | Intent::ProductQuestion
        | Intent::Other => None,
    }
}

/// What depends on whether an order is being talked about.
pub(super) fn by_order(words: &Words, intent: Intent, with_order: bool) -> Option<Want> {
    match intent {
        Intent::RefundRequest | Intent::DamagedOrWrongItem => Some(refund(words, with_order)),
        Intent::ReturnRequest => Some(unless_policy(words, with_order, Want::Return)),
        Intent::Exchange => Some(unless_policy(words, with_order, Want::Exchange)),
        Intent::CancelOrder => Some(unless_policy(words, with_order, Want::Cancel)),
        Intent::ModifyOrderOrAddress if ADDRESS_P.is_in(words) => Some(unless_policy(words, with_order, Want::Address)),
        Intent::ModifyOrderOrAddress => Some(for_people(words, with_order)),
        Intent::ProductQuestion | Intent::Other if with_order => detail(words).or_else(|| general(words, intent)),
        Intent::ProductQuestion | Intent::Other => general(words, intent),
        Intent::OrderStatus
        | Intent::MissingItemOrDeliveryProblem
        | Intent::RefundStatus
        | Intent::DiscountOrPromo
        | Intent::AccountOrLogin
        | Intent::Complaint
        | Intent::HumanAgent => None,
    }
}

fn general(words: &Words, intent: Intent) -> Option<Want> {
    if POLICY_P.is_in(words) {
        return Some(Want::Policy);
    }
    (intent == Intent::ProductQuestion).then_some(Want::Product)
}

/// Which side of an order is asked for.
fn about_order(words: &Words) -> Want {
    if is_policy_alone(words) {
        return Want::Policy;
    }
    if OVERDUE_P.is_in(words) {
        return Want::Status;
    }
    detail(words).unwrap_or(Want::Status)
}

/// A question about rules, not about something that the shopper has.
fn is_policy_alone(words: &Words) -> bool {
    POLICY_P.is_in(words) && !["my", "it", "order"].iter().any(|word| words.has(word))
}

fn detail(words: &Words) -> Option<Want> {
    let kinds: [(&Phrases, Want); 8] = [
        (&PLACED_P, Want::Placed),
        (&ITEMS_P, Want::Items),
        (&REFUNDED_P, Want::Refunded),
        (&TOTAL_P, Want::Total),
        (&LINK_P, Want::TrackingLink),
        (&CARRIER_P, Want::Carrier),
        (&WHEN_P, Want::When),
        (&WHERE_P, Want::Status),
    ];
    kinds.into_iter().find(|(phrases, _)| phrases.is_in(words)).map(|(_, want)| want)
}

/// "How do I return something?" has an answer in the help centre; "return my order" is work for people.
fn for_people(words: &Words, with_order: bool) -> Want {
    if POLICY_P.is_in(words) && !is_of_an_order(words, with_order) {
        return Want::Policy;
    }
    let named = FOR_PEOPLE_P.iter().find(|(_, phrases)| phrases.is_in(words));
    Want::ForPeople(named.map_or("this", |(name, _)| name))
}

/// "How do I return something?" has an answer in the help centre; "can I return the hat of order 7734?" is a wish.
fn unless_policy(words: &Words, with_order: bool, want: Want) -> Want {
    if POLICY_P.is_in(words) && !is_of_an_order(words, with_order) { Want::Policy } else { want }
}

fn is_of_an_order(words: &Words, with_order: bool) -> bool {
    with_order && ["my", "order"].iter().any(|word| words.has(word))
}

/// Goods for goods are still the people's.
fn refund(words: &Words, with_order: bool) -> Want {
    match for_people(words, with_order) {
        Want::ForPeople(topic) if topic != EXCHANGE => Want::Refund(topic),
        other => other,
    }
}

pub(super) fn manners(words: &Words) -> Option<Want> {
    let kinds: [(&Phrases, Want); 4] = [
        (&GOODBYE_P, Want::Goodbye),
        (&THANKS_P, Want::Thanks),
        (&ABILITIES_P, Want::Abilities),
        (&GREETING_P, Want::Greeting),
    ];
    kinds.into_iter().find(|(phrases, _)| phrases.is_in(words)).map(|(_, want)| want)
}

/// Whether the words say that nothing is in hand; they mean something only after a parcel was called delivered.
pub fn says_nothing_came(words: &Words) -> bool {
    NOTHING_P.is_in(words) || GONE_P.is_in(words)
}
