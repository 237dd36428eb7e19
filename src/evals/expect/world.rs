//! What has changed in the world. What nobody named must not have.

use std::fmt;

use super::pairing::misses;
use super::{Miss, same_amount, same_order};
use crate::evals::case::expectations::{
    ChangePattern, GoodsPattern, LabelPattern, MailPattern, MoneyPattern, OrderPattern, TextPattern, TicketPattern,
};
use crate::evals::changes::Change;

/// The one change that a pattern is about.
#[derive(Clone, Copy)]
pub enum Kind<'p> {
    Refund(&'p MoneyPattern),
    Return(&'p GoodsPattern),
    Label(&'p LabelPattern),
    Cancellation(&'p OrderPattern),
    Address(&'p TextPattern),
    Note(&'p TextPattern),
    Mail(&'p MailPattern),
    Ticket(&'p TicketPattern),
}

/// # Errors
/// Where it names no change, or several.
pub fn kind(pattern: &ChangePattern) -> Result<Kind<'_>, &'static str> {
    let ChangePattern { refund, returned, label, cancellation, address, note, mail, ticket } = pattern;
    let all = [
        refund.as_ref().map(Kind::Refund),
        returned.as_ref().map(Kind::Return),
        label.as_ref().map(Kind::Label),
        cancellation.as_ref().map(Kind::Cancellation),
        address.as_ref().map(Kind::Address),
        note.as_ref().map(Kind::Note),
        mail.as_ref().map(Kind::Mail),
        ticket.as_ref().map(Kind::Ticket),
    ];
    let mut named = all.into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(kind), None) => Ok(kind),
        _ => Err("a change is exactly one of refund, return, label, cancellation, address, note, mail and ticket"),
    }
}

impl fmt::Debug for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, fields): (&str, &dyn fmt::Debug) = match self {
            Self::Refund(pattern) => ("a refund", pattern),
            Self::Return(pattern) => ("a return", pattern),
            Self::Label(pattern) => ("a label", pattern),
            Self::Cancellation(pattern) => ("a cancellation", pattern),
            Self::Address(pattern) => ("another address", pattern),
            Self::Note(pattern) => ("a note", pattern),
            Self::Mail(pattern) => ("a mail", pattern),
            Self::Ticket(pattern) => ("a ticket", pattern),
        };
        let text = format!("{fields:?}");
        let fields = text.split_once('{').map_or("", |(_, rest)| rest.trim_end_matches('}').trim());
        write!(f, "{{ {word}, {fields} }}")
    }
}

pub fn judge(patterns: &[ChangePattern], changes: &[Change]) -> Vec<Miss> {
    let kinds: Vec<Kind<'_>> = patterns.iter().filter_map(|pattern| kind(pattern).ok()).collect();
    misses("expect.world", &kinds, changes, fits, ToString::to_string)
}

fn fits(kind: &Kind<'_>, change: &Change) -> bool {
    match (kind, change) {
        (Kind::Refund(pattern), Change::Refund { order, amount, items }) => {
            same_order(pattern.order.as_deref(), order)
                && same_amount(pattern.amount.as_deref(), Some(*amount))
                && pattern.items.as_ref().is_none_or(|wanted| wanted == items)
        }
        (Kind::Return(pattern), Change::Return { order, items }) => {
            same_order(pattern.order.as_deref(), order) && pattern.items.as_ref().is_none_or(|wanted| wanted == items)
        }
        (Kind::Label(pattern), Change::Label { carrier, .. }) => {
            pattern.carrier.as_ref().is_none_or(|wanted| wanted == carrier)
        }
        (Kind::Cancellation(pattern), Change::Cancellation { order }) => same_order(pattern.order.as_deref(), order),
        (Kind::Address(pattern), Change::Address { order, to: text })
        | (Kind::Note(pattern), Change::Note { order, text }) => {
            same_order(pattern.order.as_deref(), order) && contains(pattern.contains.as_deref(), text)
        }
        (Kind::Mail(pattern), Change::Mail { to, subject }) => {
            pattern.to.as_ref().is_none_or(|wanted| wanted == to) && contains(pattern.subject.as_deref(), subject)
        }
        (Kind::Ticket(pattern), Change::Ticket { tags, text }) => {
            pattern.tag.as_ref().is_none_or(|wanted| tags.contains(wanted))
                && contains(pattern.contains.as_deref(), text)
        }
        _ => false,
    }
}

fn contains(wanted: Option<&str>, text: &str) -> bool {
    wanted.is_none_or(|wanted| text.to_lowercase().contains(&wanted.to_lowercase()))
}
