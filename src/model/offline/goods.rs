//! Which items of an order a message means, and how many of each. Their names come from the order's receipt.

use std::sync::LazyLock;

use serde_json::Value;

use super::lexicon::everyday::STOP_WORDS;
use super::lexicon::refunds::{DETERMINERS, EVERYTHING, EXCEPT, IS_FINE, MONEY, NUMBER_WORDS, ORDERED, TIMES};
use super::pattern::Phrases;
use super::receipts::{list, text};
use super::spelling;
use super::words::{Words, plain};

static EVERYTHING_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(EVERYTHING));

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub line: u64,
    pub title: String,
    pub quantity: u64,
    /// Of those.
    pub refunded: u64,
    names: Vec<String>,
}

/// What a message says of goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// Places in the list of items.
    These(Vec<usize>),
    /// Something is named that several items are called.
    Unclear,
    Nothing,
}

pub fn of_order(order: &Value) -> Vec<Item> {
    let item = |(at, item): (usize, &Value)| {
        let title = text(item, "title")?.to_owned();
        let variant = text(item, "variant").unwrap_or_default();
        let names = plain(&format!("{title} {variant}")).into_iter().filter(|word| is_name(word)).collect();
        let counted = u64::try_from(at + 1).ok();
        let line = item.get("line").and_then(Value::as_u64).or(counted)?;
        let number = |key: &str| item.get(key).and_then(Value::as_u64);
        let (quantity, refunded) = (number("quantity").unwrap_or(1), number("refunded_quantity").unwrap_or(0));
        Some(Item { line, title, quantity, refunded, names })
    };
    list(order, "items").iter().enumerate().filter_map(item).collect()
}

fn is_name(word: &str) -> bool {
    word.chars().count() > 2 && !STOP_WORDS.split_whitespace().any(|known| known == word)
}

/// Which items a message names. `ordinals`: it answers the question which, so that *the second one* is one of them.
pub fn meant(items: &[Item], message: &str, ordinals: bool) -> Meant {
    let (mut named, mut spared, mut unclear) = (Vec::new(), Vec::new(), false);
    for part in parts(message) {
        for (item, at) in mentions(items, &part) {
            match item {
                Some(item) if is_spared(&part, at) => spared.push(item),
                Some(item) => named.push(item),
                None => unclear = true,
            }
        }
    }
    named.retain(|item| !spared.contains(item));
    named.sort_unstable();
    named.dedup();
    let words = Words::of(message);
    if named.is_empty() && spared.is_empty() && !unclear && ordinals {
        named.extend(ordinal(&words, items.len()));
    }
    let both = words.has("both") && items.len() == 2;
    if named.is_empty() && (both || EVERYTHING_P.is_in(&words) || !spared.is_empty()) {
        named = (0..items.len()).filter(|item| !spared.contains(item)).collect();
    }
    match (named.is_empty(), unclear) {
        (false, _) => Meant::These(named),
        (true, true) => Meant::Unclear,
        (true, false) => Meant::Nothing,
    }
}

/// `the fleece is torn, the socks are fine`: each thing is said of the goods in its own part.
fn parts(message: &str) -> Vec<Vec<String>> {
    message
        .split(|c: char| ".,;:!?\n()".contains(c))
        .flat_map(|part| {
            let words = plain(part);
            let parts: Vec<Vec<String>> =
                words.split(|word| matches!(word.as_str(), "and" | "but" | "while")).map(<[String]>::to_vec).collect();
            parts
        })
        .filter(|part| !part.is_empty())
        .collect()
}

/// The items that a part names, each with the place of the word. `None`: a word that several are called, and no other.
fn mentions(items: &[Item], part: &[String]) -> Vec<(Option<usize>, usize)> {
    let called = |word: &String| -> Vec<usize> {
        let is_called = |item: &&(usize, &Item)| item.1.names.iter().any(|name| is_same(word, name));
        items.iter().enumerate().collect::<Vec<_>>().iter().filter(is_called).map(|(at, _)| *at).collect()
    };
    let found: Vec<(usize, Vec<usize>)> =
        part.iter().enumerate().map(|(at, word)| (at, called(word))).filter(|(_, items)| !items.is_empty()).collect();
    let sure: Vec<(Option<usize>, usize)> = found
        .iter()
        .filter_map(|(at, items)| if let [only] = items.as_slice() { Some((Some(*only), *at)) } else { None })
        .collect();
    match (sure.is_empty(), found.first()) {
        (true, Some((at, _))) => vec![(None, *at)],
        _ => sure,
    }
}

fn is_same(word: &str, name: &str) -> bool {
    singular(word) == singular(name) || (name.chars().count() > 4 && spelling::is_slip(singular(word), singular(name)))
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word)
}

/// Whether the goods at a place are set apart: `not the socks`, `the socks are fine`.
fn is_spared(part: &[String], at: usize) -> bool {
    let mut before = part.get(..at).unwrap_or_default().iter().rev();
    let next = before.find(|word| !DETERMINERS.contains(&word.as_str()));
    let apart = next.is_some_and(|word| EXCEPT.contains(&word.as_str()));
    let fine = part.iter().any(|word| IS_FINE.contains(&word.as_str()));
    apart || (fine && !part.iter().any(|word| word == "not"))
}

fn ordinal(words: &Words, items: usize) -> Option<usize> {
    let last = words.has("last").then(|| items.checked_sub(1)).flatten();
    let place = ["first", "second", "third", "fourth"].iter().position(|word| words.has(word));
    place.or(last).filter(|place| *place < items)
}

/// How many units of an item a message is about, where it says so.
pub fn count(item: &Item, message: &str) -> Option<u64> {
    if item.quantity == 1 {
        return Some(1);
    }
    let words = plain(message);
    let all = words.iter().enumerate().any(|(at, word)| is_all(word) && !is_of_money(&words, at));
    let said = words.iter().enumerate().find_map(|(at, word)| number(&words, at, word));
    said.filter(|said| (1..=item.quantity).contains(said))
        .or_else(|| all.then_some(item.quantity))
        .or_else(|| one_is_named(item, &words).then_some(1))
}

fn is_all(word: &str) -> bool {
    matches!(word, "all" | "both" | "everything" | "every" | "whole")
}

/// `all my money`, `the whole price`: of one thing as well.
fn is_of_money(words: &[String], at: usize) -> bool {
    let mut after = words.iter().skip(at + 1).filter(|word| !DETERMINERS.contains(&word.as_str()) && *word != "of");
    after.next().is_some_and(|word| MONEY.contains(&word.as_str()))
}

/// `two`, `2`, `one of them`; not `the blue one`, `I ordered two`, `two days ago`.
fn number(words: &[String], at: usize, word: &str) -> Option<u64> {
    let before = at.checked_sub(1).and_then(|before| words.get(before)).map(String::as_str);
    let after = words.get(at + 1).map(String::as_str);
    let elsewhere =
        before.is_some_and(|word| ORDERED.contains(&word)) || after.is_some_and(|word| TIMES.contains(&word));
    let counts_one = matches!(after, Some("of" | "is" | "was" | "came" | "arrived"))
        || matches!(before, None | Some("only" | "just" | "other" | "second" | "another"));
    let pronoun = word == "one" && words.len() > 2 && !counts_one;
    let spelled = NUMBER_WORDS.iter().position(|known| *known == word).and_then(|at| u64::try_from(at).ok());
    spelled.or_else(|| word.parse().ok().filter(|number| *number < 100)).filter(|_| !pronoun && !elsewhere)
}

/// `my mug`: one of several, where the title itself has no ending that could be a plural's.
fn one_is_named(item: &Item, words: &[String]) -> bool {
    let names = || item.names.iter().filter(|name| singular(name) == name.as_str());
    let plural = |word: &String| names().any(|name| word != name && singular(word) == name);
    words.iter().any(|word| names().any(|name| name == word)) && !words.iter().any(plural)
}
