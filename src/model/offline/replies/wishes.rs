//! What is asked before goods are paid back, or go back.

use super::SORRY;
use super::values::quoted;

const ASK_BOTH: &str = "Please tell me your order number and the e-mail address of the order.";
pub const ASK_BOTH_AGAIN: &str =
    "I need the order number and the e-mail address of the order for that. Shall I bring in a person?";
pub const NOT_BY_POSTCODE: &str =
    "A postcode is not enough for that. Please tell me the e-mail address of the order, too.";
pub const ASK_WHY: &str = "Is something wrong with it, or did you change your mind?";
pub const ONE_AT_A_TIME: &str = "Which order number is it about?";

pub fn ask_both(regrets: bool) -> String {
    opening(regrets) + ASK_BOTH
}

pub fn ask_email(number: &str, regrets: bool) -> String {
    let ask = format!("To look up order {number}, I also need the e-mail address of the order.");
    opening(regrets) + &ask
}

fn opening(regrets: bool) -> String {
    if regrets { format!("{SORRY} ") } else { String::new() }
}

pub fn ask_which(titles: &[&str]) -> String {
    let titles: Vec<String> = titles.iter().map(|title| quoted(title)).collect();
    match titles.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("Which of these is it about: {} or {last}?", rest.join(", "))
        }
        _ => "Which item is it about?".to_owned(),
    }
}

pub fn ask_how_many(title: &str) -> String {
    format!("How many of {} is it about?", quoted(title))
}
