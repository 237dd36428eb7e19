//! Search terms from what shoppers type. Shopify's search is a language, in which `a@b.c OR email:*` finds everyone:
//! so only characters without a meaning in it pass, and those stand in quotes. Whatever is found is compared again.

use super::OrderStatusFilter;
use super::wire::NumberFormat;
use crate::domain::customer::Email;
use crate::integrations::commerce::Matching;

/// Longest name of an order that is searched for, in characters.
const LONGEST_NAME: usize = 40;
const MOST_WORDS: usize = 8;
const LONGEST_WORD: usize = 40;

/// Always a search, so that nonsense takes the way of an unknown order. What is left of nonsense may find an order,
/// which then is not called what the shopper wrote. A mere number is also searched for as the shop would write it.
pub fn by_name(name: &str, format: Option<&NumberFormat>) -> String {
    let bare = plain(name);
    let as_typed = format!("name:\"#{bare}\" OR name:\"{bare}\"");
    match format.filter(|format| matters(name, format)) {
        Some(NumberFormat { prefix, suffix }) => {
            format!("{as_typed} OR name:\"{}{bare}{}\"", quoted(prefix), quoted(suffix))
        }
        None => as_typed,
    }
}

/// Whether the shop writes more around this number than the shopper did.
pub fn matters(name: &str, format: &NumberFormat) -> bool {
    let bare = plain(name);
    let usual = matches!(format.prefix.as_str(), "" | "#") && format.suffix.is_empty();
    !usual && !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit())
}

fn plain(name: &str) -> String {
    let plain = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    name.chars().filter(plain).take(LONGEST_NAME).collect()
}

pub fn by_email(email: &Email, status: OrderStatusFilter) -> String {
    let status = match status {
        OrderStatusFilter::Any => "",
        OrderStatusFilter::Open => " status:open",
        OrderStatusFilter::Closed => " status:closed",
        OrderStatusFilter::Cancelled => " status:cancelled",
    };
    format!("email:\"{}\"{status}", quoted(email.as_str()))
}

/// The words of a question: all of them anywhere in a product, or some of them in its title. `None` where there are none.
pub fn products(text: &str, matching: Matching) -> Option<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words = words.take(MOST_WORDS).map(|word| word.chars().take(LONGEST_WORD).collect::<String>());
    // In quotes, because a bare OR, AND or NOT is an operator.
    let terms: Vec<String> = match matching {
        Matching::AllWords => words.map(|word| format!("\"{word}\"")).collect(),
        Matching::SomeInTitle => words.map(|word| format!("title:\"{word}\"")).collect(),
    };
    let query = match matching {
        Matching::AllWords => terms.join(" "),
        Matching::SomeInTitle => format!("({})", terms.join(" OR ")),
    };
    (!terms.is_empty()).then(|| query + " status:active")
}

/// An id that Shopify gave: `gid://shopify/Order/123`.
pub fn is_order_id(id: &str) -> bool {
    id.strip_prefix("gid://shopify/Order/")
        .is_some_and(|number| !number.is_empty() && number.len() <= 20 && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Addresses hold neither quote nor backslash by their own rule; that rule is not this module's to rely on.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests;
