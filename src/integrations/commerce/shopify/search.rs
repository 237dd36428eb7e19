//! Search terms from what shoppers type. Shopify's search is a language, in which `a@b.c OR email:*` finds everyone:
//! so only characters without a meaning in it pass, and those stand in quotes. Whatever is found is compared again.

use super::OrderStatusFilter;
use crate::domain::customer::Email;

/// Longest name of an order that is searched for, in characters.
const LONGEST_NAME: usize = 40;
const MOST_WORDS: usize = 8;
const LONGEST_WORD: usize = 40;

/// Always a search, so that nonsense takes the way of an unknown order. What is left of nonsense may find an order,
/// which then is not called what the shopper wrote.
pub fn by_name(name: &str) -> String {
    let plain = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let bare: String = name.chars().filter(plain).take(LONGEST_NAME).collect();
    format!("name:\"#{bare}\" OR name:\"{bare}\"")
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

/// The words of a question, all of which must occur. `None` where there are none.
pub fn products(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut query = String::new();
    for word in words.take(MOST_WORDS) {
        let word: String = word.chars().take(LONGEST_WORD).collect();
        // In quotes, because a bare OR, AND or NOT is an operator.
        query.push('"');
        query.push_str(&word);
        query.push_str("\" ");
    }
    (!query.is_empty()).then(|| query + "status:active")
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
