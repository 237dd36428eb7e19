//! Questions about products and about the store, and questions that another agent answers.

use serde_json::{Value, json};

use super::situation::Situation;
use super::{Decision, Planned, people};
use crate::model::offline::receipts::{self, error_code, list};
use crate::model::offline::replies;
use crate::model::offline::replies::knowledge::{articles, mended_subject_words, products, subject_words};
use crate::model::offline::wants::{Want, asking_for};
use crate::model::offline::words::clauses;

pub fn product(situation: &Situation) -> Decision {
    if !situation.can("find_product") {
        return elsewhere(situation, GENERAL, "a question about a product");
    }
    let query = query(situation, product_words(situation));
    let call = Planned { tool: "find_product", arguments: json!({"query": query}) };
    let Some(result) = answered(situation, &call) else { return Decision::Call(vec![call]) };
    if list(result, "products").is_empty() && situation.can("search_help_center") {
        return policy(situation);
    }
    Decision::Say(products(result, &situation.dialogue.now().user))
}

/// Whether the message goes on about the products of the last search: "what about in blue?"
pub fn goes_on_about_product(situation: &Situation) -> bool {
    situation.can("find_product") && situation.words.has("about") && earlier_query(situation).is_some()
}

/// What is asked of a product, and seldom part of its name. A search must find every one of its words.
const ASKED_OF_PRODUCTS: &[&str] = &[
    "cost",
    "costs",
    "price",
    "prices",
    "priced",
    "pricing",
    "available",
    "availability",
    "expensive",
    "cheap",
    "buy",
    "charge",
    "charging",
    "asking",
    "going",
    "selling",
    "getting",
    "today",
    "currently",
    "nowadays",
    "rn",
];

/// The longest name in the text that is written as titles are: `Blue Garden Chair 2`. Empty where there is none.
fn capitalised(text: &str) -> String {
    let is_part = |word: &str| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    let mut longest: Vec<&str> = Vec::new();
    for clause in clauses(text) {
        let words: Vec<&str> =
            clause.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
        // The first word of a sentence has a capital anyhow.
        let later = words.get(1..).unwrap_or_default();
        let runs = later.chunk_by(|left, right| is_part(left) == is_part(right));
        let names =
            runs.filter(|run| run.len() > 1 && run.first().is_some_and(|word| !word.is_empty() && is_part(word)));
        longest = names.chain([longest.as_slice()]).max_by_key(|run| run.len()).map(<[_]>::to_vec).unwrap_or_default();
    }
    longest.join(" ")
}

/// The words of the question; "is it in stock?" asks about what was searched before.
fn product_words(situation: &Situation) -> Vec<String> {
    let text = &situation.dialogue.now().user;
    let title = capitalised(text);
    let mut own = subject_words(if title.is_empty() { text } else { &title });
    if own.iter().any(|word| !ASKED_OF_PRODUCTS.contains(&word.as_str())) {
        own.retain(|word| !ASKED_OF_PRODUCTS.contains(&word.as_str()));
    }
    let refers = ["it", "they", "them", "that", "one", "about"].iter().any(|word| situation.words.has(word));
    let Some(earlier) = earlier_query(situation).filter(|_| own.is_empty() || refers) else { return own };
    let mut words: Vec<String> = earlier.split(' ').map(str::to_owned).collect();
    words.extend(own.into_iter().filter(|word| !earlier.split(' ').any(|known| known == word)));
    words
}

/// What was searched for before the present message.
fn earlier_query(situation: &Situation) -> Option<&str> {
    let before = situation.dialogue.turns.len().saturating_sub(1);
    let turns = situation.dialogue.turns.iter().take(before).rev().take(2);
    turns.flat_map(|turn| turn.calls_of("find_product")).find_map(|call| receipts::text(&call.arguments, "query"))
}

pub fn policy(situation: &Situation) -> Decision {
    if !situation.can("search_help_center") {
        return elsewhere(situation, GENERAL, "a question about the store");
    }
    let (text, asking) = (&situation.dialogue.now().user, asking_for(&situation.dialogue.now().user, Want::Policy));
    let own = mended_subject_words(&asking);
    // `How long have I got?` says by itself what it is about only beside the rest.
    let (question, own) = if own.len() < 2 { (text.clone(), mended_subject_words(text)) } else { (asking, own) };
    let query = query(situation, own);
    let call = Planned { tool: "search_help_center", arguments: json!({"query": query}) };
    match answered(situation, &call) {
        Some(result) if list(result, "articles").is_empty() && error_code(result).is_none() => {
            people::ask(situation).unwrap_or_else(|| Decision::Say(articles(result, &question)))
        }
        Some(result) => Decision::Say(articles(result, &question)),
        None => Decision::Call(vec![call]),
    }
}

/// The result of the same search, now or earlier; not of one that failed earlier.
fn answered<'a>(situation: &'a Situation, call: &Planned) -> Option<&'a Value> {
    let now = situation.made_now(call).map(|past| past.result.as_ref().unwrap_or(&Value::Null));
    let earlier = || {
        let past = situation.made_before(call).filter(|_| !situation.asks_for_update())?;
        past.result.as_ref().filter(|result| error_code(result).is_none())
    };
    now.or_else(earlier)
}

/// What to search for: the words that say what the question is about.
fn query(situation: &Situation, words: Vec<String>) -> String {
    const MOST: usize = 12;
    if words.is_empty() {
        return situation.dialogue.now().user.split_whitespace().take(MOST).collect::<Vec<_>>().join(" ");
    }
    words.into_iter().take(MOST).collect::<Vec<_>>().join(" ")
}

/// Words in the names of agents who answer a kind of question, the best first.
const GENERAL: &[&str] = &["general", "product", "help", "info"];
const ORDERS: &[&str] = &["wismo", "status", "track", "order", "deliver", "ship"];

pub fn transfer_for_orders(situation: &Situation) -> Option<Decision> {
    transfer(situation, ORDERS, "a question about an order's delivery")
}

const RETURNS: &[&str] = &["return"];
const REFUNDS: &[&str] = &["refund"];
const CHANGES: &[&str] = &["orders", "change", "cancel"];

pub fn transfer_for_returns(situation: &Situation) -> Option<Decision> {
    transfer_to_known(situation, RETURNS, "goods to send back")
}

pub fn transfer_for_refunds(situation: &Situation) -> Option<Decision> {
    transfer_to_known(situation, REFUNDS, "a wish for money back")
}

pub fn transfer_for_changes(situation: &Situation) -> Option<Decision> {
    transfer_to_known(situation, CHANGES, "an order to be changed")
}

/// Only to an agent that the schema lists: others may not exist.
fn transfer_to_known(situation: &Situation, kind: &[&str], what: &str) -> Option<Decision> {
    let agents = situation.options("transfer_to_agent", "agent");
    let known = kind.iter().any(|word| agents.iter().any(|agent| agent.contains(word)));
    known.then(|| transfer(situation, kind, what)).flatten()
}

fn elsewhere(situation: &Situation, kind: &[&str], what: &str) -> Decision {
    transfer(situation, kind, what).unwrap_or_else(|| Decision::Say(replies::CANNOT_DO.to_owned()))
}

/// Passes the conversation on, once in a turn.
fn transfer(situation: &Situation, kind: &[&str], what: &str) -> Option<Decision> {
    let tried = receipts::latest(&situation.dialogue, "transfer_to_agent").is_some()
        && situation.latest_now("transfer_to_agent").is_some();
    if tried || !situation.can("transfer_to_agent") {
        return None;
    }
    let agents = situation.options("transfer_to_agent", "agent");
    let known = kind.iter().find_map(|word| agents.iter().find(|agent| agent.contains(word)).copied());
    // A schema that lists no agents leaves it to us to name one.
    let agent = known.or_else(|| kind.first().copied().filter(|_| agents.is_empty()))?;
    let arguments = json!({"agent": agent, "reason": format!("The shopper has {what}.")});
    Some(Decision::SayAndCall(String::new(), Planned { tool: "transfer_to_agent", arguments }))
}
