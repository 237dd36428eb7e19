//! The stand-in's sentences. Facts in them come from receipts only.

pub mod changes;
pub mod knowledge;
pub mod lists;
pub mod orders;
pub mod parcels;
pub mod refunds;
pub mod returns;
pub mod values;
pub mod wishes;

use crate::model::colleague;

/// A question was put to the store's people, just now or before.
pub const ASKED: &str = "I have no information about that myself, so I have asked a colleague. I will tell you here when I hear back from them.";
pub const STILL_ASKED: &str =
    "I have asked a colleague about that, and I will tell you here when I hear back from them.";
pub const OFFER_PERSON: &str = "Shall I bring in a person?";
pub const OFFER_CODE: &str = "Shall I send a new code?";

pub const BOT: &str = "I am Deskhand's offline stand-in, not a person and not a language model. I can help you with orders, parcels, products and questions about the store.";
pub const GREETING: &str = "Hello! How can I help you?";
pub const THANKS: &str = "You are welcome. Is there anything else I can help with?";
pub const GOODBYE: &str = "Goodbye, and have a good day!";
pub const ABILITIES: &str =
    "I can help you with orders, parcels, products and questions about the store. What would you like to know?";
pub const DECLINED: &str = "Sure. Is there anything else I can help you with?";
pub const UNCLEAR: &str = "I am not sure that I understand. Is it about an order, a product or something else?";
pub const STILL_UNCLEAR: &str = "I am sorry, I still don't understand. Shall I bring in a person?";
pub const SORRY: &str = "I am sorry about that.";

pub const ASK_BOTH: &str = "Please tell me your order number, and the e-mail address or the postcode of the order.";
pub const ASK_NUMBER: &str = "Thank you. What is the order number?";
pub const WHICH_ORDER: &str = "Which order number do you mean?";
pub const ASK_BOTH_AGAIN: &str = "I need the order number, and the e-mail address or the postcode of the order: without them I cannot look anything up. Shall I bring in a person?";
pub const ASK_CODE_ORDER: &str =
    "To list your orders, I first need the order number of one of them, and its e-mail address or postcode.";

pub const NOT_MATCHED: &str =
    "I couldn't find an order with these details. Please check the order number, the e-mail address and the postcode.";
pub const STILL_NOT_MATCHED: &str = "I already looked with these details and couldn't find an order. Can you correct the order number, the e-mail address or the postcode? Or shall I bring in a person?";
pub const LOCKED: &str =
    "I couldn't find an order with these details, and I can't try again. Shall I bring in a person?";
pub const OUTAGE: &str = "I am sorry, I cannot look that up at the moment.";
pub const CANNOT_DO: &str = "I can't do that myself. Shall I bring in a person?";

/// What is said of one of several orders. Another one may have been found, so it does not speak of finding.
pub fn one_not_matched(number: &str, why: &str) -> String {
    match why.split_once(". ") {
        Some((_, rest)) => format!("I can't look up order {number} with these details. {rest}"),
        None => why.to_owned(),
    }
}

/// What is asked when the number is there and the proof is not.
pub fn ask_proof(numbers: &[String]) -> String {
    let what = match numbers {
        [one] => format!("order {one}"),
        _ => "these orders".to_owned(),
    };
    format!("Thank you. To look up {what}, I also need the e-mail address or the postcode of the order.")
}

pub fn ask_which_email(emails: &[String]) -> String {
    format!("Which e-mail address is the right one: {}?", either(emails))
}

/// Each sentence in quotation marks of its own. What quotes by itself is left for the shopper to read again.
pub fn colleague_wrote(name: Option<&str>, text: &str) -> String {
    let who = name.unwrap_or("My colleague");
    match quoted(text) {
        quoted if quoted.is_empty() => format!("{who} wrote to you above."),
        quoted => format!("{who} wrote: {quoted}"),
    }
}

/// What a colleague said to a question of ours.
pub fn colleague_answered(name: Option<&str>, text: &str) -> String {
    match (quoted(text), name) {
        (quoted, _) if quoted.is_empty() => text.to_owned(),
        (quoted, Some(name)) => format!("{name} answered: {quoted}"),
        (quoted, None) => format!("The answer is: {quoted}"),
    }
}

/// Sentence by sentence, as it was written. Empty: it has quotation marks of its own everywhere.
fn quoted(text: &str) -> String {
    let sentences = colleague::sentences(text).filter(|sentence| !sentence.contains(['"', '“', '”']));
    sentences.map(|sentence| format!("“{sentence}”.")).collect::<Vec<_>>().join("\n")
}

pub fn for_people(topic: &str) -> String {
    format!("I can't help with {topic} myself. {OFFER_PERSON}")
}

fn either(options: &[String]) -> String {
    match options.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// Paragraphs, without empty ones and repetitions.
pub fn join(parts: impl IntoIterator<Item = String>) -> String {
    let mut kept: Vec<String> = Vec::new();
    for part in parts.into_iter().filter(|part| !part.trim().is_empty()) {
        if !kept.contains(&part) {
            kept.push(part);
        }
    }
    kept.join("\n\n")
}
