//! A wish for goods of an order, whether they shall be paid back or go back: whose order it is, which goods are meant and
//! why.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::changes::orders_for;
use super::identity::{Standing, standing_of};
use super::situation::Situation;
use super::{Decision, Planned, listing, people};
use crate::model::offline::dialogue::{PastCall, Turn};
use crate::model::offline::entities::{self, same_order};
use crate::model::offline::facts::Asked;
use crate::model::offline::goods::{self, Item, Meant};
use crate::model::offline::lexicon::refunds::{CHANGED_MIND, DAMAGED, FURTHER, NOT_DAMAGED, OTHER_MATTERS, WRONG_ITEM};
use crate::model::offline::pattern::Phrases;
use crate::model::offline::receipts::{self, OrderReceipt, error_code, list, text};
use crate::model::offline::replies::{self, wishes as replies_on_wishes};
use crate::model::offline::words::Words;

/// What is wished for: the tool that takes it, and what people would call the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub tool: &'static str,
    pub matter: &'static str,
    /// Something went wrong, for which we are sorry.
    pub regrets: bool,
    /// The reason of those who name none. None: they are asked.
    pub reason: Option<&'static str>,
}

static WRONG_ITEM_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(WRONG_ITEM));
static DAMAGED_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(DAMAGED));
static NOT_DAMAGED_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(NOT_DAMAGED));
static CHANGED_MIND_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(CHANGED_MIND));
static OTHER_MATTERS_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(OTHER_MATTERS));
static FURTHER_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(FURTHER));

/// What has to be asked before a wish can be made.
pub enum Missing {
    Which(Vec<String>),
    HowMany(String),
    Why,
}

/// A wish as the tool takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// Lines and how many of each in all, those counted that were wished for before.
    lines: Vec<(u64, u64)>,
    /// None: its tool takes none.
    reason: Option<String>,
}

/// The order that is meant, matched by more than a postcode.
pub fn proved_order(situation: &Situation, kind: Kind) -> Result<OrderReceipt<'_>, Decision> {
    let facts = &situation.facts;
    let say = |text: &str| Err(Decision::Say(text.to_owned()));
    if !situation.is_verified() && facts.focus.is_empty() {
        let again = situation.asked.order_number && facts.named_now.is_empty();
        let ask = || replies_on_wishes::ask_both(kind.regrets);
        return Err(Decision::Say(if again { replies_on_wishes::ASK_BOTH_AGAIN.to_owned() } else { ask() }));
    }
    let unproved = facts.focus.iter().find(|number| !may_be_looked_up(situation, number));
    if let Some(number) = unproved {
        let by_postcode = facts.postcode.is_some() || receipts::order(&situation.dialogue, number).is_some();
        let text = if by_postcode {
            replies_on_wishes::NOT_BY_POSTCODE.to_owned()
        } else {
            replies_on_wishes::ask_email(number, kind.regrets)
        };
        return Err(Decision::Say(text));
    }
    let orders = match standing_of(situation, own_orders(situation, kind)) {
        Standing::Known(orders) => orders,
        open => return Err(open.without_orders().unwrap_or_else(|| Decision::Say(replies::SORRY.to_owned()))),
    };
    match <[_; 1]>::try_from(orders) {
        Ok([Ok(order)]) if is_proved(situation, order.number()) => {
            if situation.needs_code(kind.tool, false) {
                Err(listing::send(situation))
            } else {
                Ok(order)
            }
        }
        Ok([Ok(order)]) => Err(prove(situation, order.number())),
        Ok([Err(why)]) => Err(Decision::Say(why)),
        Err(_) => say(replies_on_wishes::ONE_AT_A_TIME),
    }
}

/// Beside a question about another order, the one whose goods are meant: it stands with the wish, or had the last one.
fn own_orders(situation: &Situation, kind: Kind) -> Vec<String> {
    let focus = &situation.facts.focus;
    if focus.len() < 2 {
        return focus.clone();
    }
    let meant = orders_for(situation, |want| want.is_for_goods());
    let wished =
        receipts::latest(&situation.dialogue, kind.tool).and_then(|call| text(&call.arguments, "order_number"));
    let last = wished.and_then(|wished| meant.iter().find(|number| same_order(number, wished)));
    match last {
        Some(last) if situation.facts.named_now.is_empty() => vec![last.clone()],
        _ => meant,
    }
}

fn may_be_looked_up(situation: &Situation, number: &str) -> bool {
    situation.is_verified() || situation.facts.email_for(number).is_some() || is_proved(situation, number)
}

/// Whether a look-up with an e-mail address found the order.
fn is_proved(situation: &Situation, number: &str) -> bool {
    situation.is_verified()
        || situation.dialogue.calls().filter(|call| call.name == "find_order").any(|call| {
            let found = call.result.as_ref().and_then(|result| result.get("order")?.get("order_number")?.as_str());
            text(&call.arguments, "email").is_some() && found.is_some_and(|found| same_order(found, number))
        })
}

/// It was matched by its postcode so far.
fn prove(situation: &Situation, number: &str) -> Decision {
    let email = situation.facts.email_for(number);
    let arguments = json!({"order_number": number, "email": email, "postcode": null});
    let call = Planned { tool: "find_order", arguments };
    if email.is_none() || situation.made_before(&call).is_some() {
        return Decision::Say(replies_on_wishes::NOT_BY_POSTCODE.to_owned());
    }
    Decision::Call(vec![call])
}

pub fn ask(situation: &Situation, kind: Kind, missing: Missing) -> Decision {
    let (asked, text) = match missing {
        Missing::Which(titles) => {
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            (situation.asked.which_goods, replies_on_wishes::ask_which(&titles))
        }
        Missing::HowMany(title) => (situation.asked.how_many, replies_on_wishes::ask_how_many(&title)),
        Missing::Why => (situation.asked.why, replies_on_wishes::ASK_WHY.to_owned()),
    };
    let person = || people::escalate(situation, "topic", format!("It is about {}.", kind.matter));
    asked.then(person).flatten().unwrap_or(Decision::Say(text))
}

// The wish

pub fn wish(situation: &Situation, kind: Kind, order: OrderReceipt<'_>) -> Result<Wish, Missing> {
    let items = goods::of_order(order.order);
    let turns = turns_since_last_wish(situation, kind);
    let before = last_wish(situation, kind, order.number());
    let words = &situation.words;
    let further = FURTHER_P.is_in(words) && !OTHER_MATTERS_P.is_in(words);
    let of_those_left = was_short(situation, kind, order.number());
    let chosen = which(&items, &turns, before.as_ref())?;
    let mut lines = Vec::new();
    for item in chosen {
        let told = turns.iter().rev().find_map(|turn| goods::count(item, &plain_text(turn)));
        let wished = before.as_ref().filter(|_| !of_those_left).and_then(|wish| wish.quantity(item.line));
        let known = wished.max(Some(item.refunded)).filter(|known| *known > 0);
        let in_all = match known {
            Some(known) if further || of_those_left => told.or(further.then_some(1)).map(|told| known + told),
            _ => told.or(wished),
        };
        let quantity = in_all.ok_or_else(|| Missing::HowMany(item.title.clone()))?;
        lines.push((item.line, quantity));
    }
    let said = turns.iter().rev().find_map(|turn| reason(&Words::of(&plain_text(turn))));
    let said = said.map(str::to_owned).or_else(|| before.and_then(|wish| wish.reason));
    let reason = said.or(kind.reason.map(str::to_owned)).ok_or(Missing::Why)?;
    Ok(Wish { lines, reason: Some(reason) })
}

/// Whether fewer are left than were asked for, so that the shopper now says how many of those it is about.
fn was_short(situation: &Situation, kind: Kind, number: &str) -> bool {
    let last = decided(situation, kind, number).next();
    last.is_some_and(|(_, receipt)| text(receipt, "reason") == Some("not_so_many_left"))
}

fn which<'i>(items: &'i [Item], turns: &[&Turn], before: Option<&Wish>) -> Result<Vec<&'i Item>, Missing> {
    let ask = || Missing::Which(items.iter().map(|item| item.title.clone()).collect());
    if let [only] = items {
        return Ok(vec![only]);
    }
    for (place, turn) in turns.iter().enumerate().rev() {
        let asked = turns.get(place.wrapping_sub(1)).is_some_and(|turn| Asked::in_words(turn.last_words()).which_goods);
        match goods::meant(items, &plain_text(turn), asked) {
            Meant::These(places) => return Ok(places.into_iter().filter_map(|place| items.get(place)).collect()),
            Meant::Unclear => return Err(ask()),
            Meant::Nothing => {}
        }
    }
    let same = |wish: &Wish| items.iter().filter(|item| wish.quantity(item.line).is_some()).collect();
    before.map(same).ok_or_else(ask)
}

fn reason(words: &Words) -> Option<&'static str> {
    if WRONG_ITEM_P.is_in(words) {
        return Some("wrong_item");
    }
    if DAMAGED_P.is_in(words) && !NOT_DAMAGED_P.is_in(words) {
        return Some("damaged");
    }
    CHANGED_MIND_P.is_in(words).then_some("changed_mind")
}

/// The shopper's words without numbers of orders and addresses.
fn plain_text(turn: &Turn) -> String {
    entities::masked(&turn.user, true)
}

/// What was said since it was asked for last: what was said before it is settled.
fn turns_since_last_wish(situation: &Situation, kind: Kind) -> Vec<&Turn> {
    let turns = &situation.dialogue.turns;
    let asked = turns.iter().rposition(|turn| turn.calls_of(kind.tool).next().is_some());
    turns.iter().skip(asked.map_or(0, |at| at + 1)).collect()
}

impl Wish {
    /// The order, the wish and its goods as the tool takes them.
    pub fn call(&self, kind: Kind, number: &str) -> Planned {
        Planned { tool: kind.tool, arguments: self.goods(number) }
    }

    /// The order, the goods and the reason.
    pub fn goods(&self, number: &str) -> Value {
        let items: Vec<Value> =
            self.lines.iter().map(|(line, quantity)| json!({"line": line, "quantity": quantity})).collect();
        json!({"order_number": number, "items": items, "reason": self.reason})
    }

    fn of_call(call: &PastCall) -> Option<Self> {
        let line = |item: &Value| Some((item.get("line")?.as_u64()?, item.get("quantity")?.as_u64()?));
        Some(Self {
            lines: list(&call.arguments, "items").iter().filter_map(line).collect(),
            reason: text(&call.arguments, "reason").map(str::to_owned),
        })
    }

    fn quantity(&self, line: u64) -> Option<u64> {
        self.lines.iter().find(|(own, _)| *own == line).map(|(_, quantity)| *quantity)
    }

    /// Whether all of it was wished for before.
    fn is_part_of(&self, other: &Self) -> bool {
        self.lines.iter().all(|(line, quantity)| other.quantity(*line).is_some_and(|known| *quantity <= known))
    }
}

/// Whether a wish of this kind came to a decision, for any order.
pub fn was_made(situation: &Situation, kind: Kind) -> bool {
    situation.dialogue.calls().any(|call| is_decided(call, kind))
}

/// In an earlier turn.
pub fn was_made_before(situation: &Situation, kind: Kind) -> bool {
    let before = situation.dialogue.turns.len().saturating_sub(1);
    situation.dialogue.turns.iter().take(before).flat_map(|turn| &turn.calls).any(|call| is_decided(call, kind))
}

fn is_decided(call: &PastCall, kind: Kind) -> bool {
    let receipt = call.result.as_ref().filter(|result| error_code(result).is_none());
    call.name == kind.tool && receipt.is_some_and(|receipt| text(receipt, "decision").is_some())
}

/// The calls for an order that came to a decision, the latest first.
pub fn decided<'s>(situation: &'s Situation, kind: Kind, number: &'s str) -> impl Iterator<Item = (Wish, &'s Value)> {
    situation.dialogue.calls().rev().filter(move |call| call.name == kind.tool).filter_map(move |call| {
        let receipt = call.result.as_ref().filter(|result| error_code(result).is_none())?;
        let same = text(receipt, "order_number").is_some_and(|own| same_order(own, number));
        same.then(|| Wish::of_call(call).map(|wish| (wish, receipt))).flatten()
    })
}

pub fn last_wish(situation: &Situation, kind: Kind, number: &str) -> Option<Wish> {
    decided(situation, kind, number).next().map(|(wish, _)| wish)
}

/// What stands already when the shopper comes back to a wish. A no is asked anew only for another reason or number.
pub fn standing_wish<'s>(
    situation: &'s Situation,
    kind: Kind,
    order: OrderReceipt<'s>,
    wish: &Wish,
) -> Option<&'s Value> {
    let stands = |(past, receipt): &(Wish, &Value)| {
        let refused = text(receipt, "decision") == Some("not_possible");
        let same_reason = past.reason.is_none() || past.reason == wish.reason;
        wish.is_part_of(past) && (!refused || (past.lines == wish.lines && same_reason))
    };
    decided(situation, kind, order.number()).find(stands).map(|(_, receipt)| receipt)
}
