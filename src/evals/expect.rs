//! Holds what happened against what was expected.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::case::expectations::{ApprovalPattern, EffectPattern, Expectations};
use super::outcome::{Outcome, Row, Waiting};
use crate::domain::money::Money;

pub mod calls;
pub mod pairing;
pub mod words;
pub mod world;

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Miss {
    /// The place in the case: `expect.world`, `conversation[2].reply.contains`.
    pub place: String,
    pub expected: String,
    pub happened: String,
}

impl Miss {
    pub(super) fn new(place: impl Into<String>, expected: impl Into<String>, happened: impl Into<String>) -> Self {
        Self { place: place.into(), expected: expected.into(), happened: happened.into() }
    }
}

/// All that is not as the case expects; outcomes first, but for a conversation without an end.
pub fn judge(case: &Case, outcome: &Outcome) -> Vec<Miss> {
    let expected = &case.expect;
    let mut misses = undone(outcome);
    misses.extend(world::judge(&expected.world, &outcome.changes));
    misses.extend(approvals(&expected.approvals, &outcome.approvals));
    misses.extend(expected.ledger.iter().flat_map(|rows| ledger(rows, &outcome.ledger)));
    misses.extend(ends(expected, outcome));
    misses.extend(expected.calls.iter().flat_map(|calls| calls::judge(calls, &outcome.calls)));
    let said = outcome.said();
    misses.extend(expected.reply.iter().flat_map(|reply| words::judge(reply, &said, "expect.reply")));
    let draft = outcome.draft.as_deref().unwrap_or_default();
    misses.extend(expected.draft.iter().flat_map(|reply| words::judge(reply, draft, "expect.draft")));
    misses.extend(steps(case, outcome));
    misses.extend(costs(expected, outcome));
    misses
}

fn approvals(patterns: &[ApprovalPattern], waiting: &[Waiting]) -> Vec<Miss> {
    let fits = |pattern: &ApprovalPattern, one: &Waiting| {
        same_order(pattern.order.as_deref(), &one.order)
            && same(pattern.kind.as_deref(), &one.kind)
            && same(pattern.reason.as_deref(), &one.reason)
            && same(pattern.state.as_deref(), &one.state)
            && same_amount(pattern.amount.as_deref(), one.amount)
    };
    let told = |one: &Waiting| {
        let amount = one.amount.map_or_else(String::new, |amount| format!(" of {amount}"));
        format!("{}{amount} on {} [{}], {}", one.kind, one.order, one.reason, one.state)
    };
    pairing::misses("expect.approvals", patterns, waiting, fits, told)
}

fn ledger(patterns: &[EffectPattern], rows: &[Row]) -> Vec<Miss> {
    let fits = |pattern: &EffectPattern, row: &Row| {
        pattern.kind == row.kind
            && pattern.state.as_deref().unwrap_or("confirmed") == row.state
            && same_amount(pattern.amount.as_deref(), row.amount)
    };
    let told = |row: &Row| {
        let amount = row.amount.map_or_else(String::new, |amount| format!(" of {amount}"));
        format!("{}{amount}, {}", row.kind, row.state)
    };
    pairing::misses("expect.ledger", patterns, rows, fits, told)
}

fn ends(expected: &Expectations, outcome: &Outcome) -> Vec<Miss> {
    let one = |place: &str, wanted: &Option<String>, found: Option<&str>| {
        let wanted = wanted.as_ref().filter(|wanted| Some(wanted.as_str()) != found)?;
        Some(Miss::new(place, wanted, found.unwrap_or("none")))
    };
    let all = [
        one("expect.status", &expected.status, Some(&outcome.status)),
        one("expect.agent", &expected.agent, outcome.agent.as_deref()),
        one("expect.intent", &expected.intent, outcome.intent.as_deref()),
        one("expect.assurance", &expected.assurance, Some(&outcome.assurance)),
    ];
    all.into_iter().flatten().collect()
}

/// Of customers who would still go on, which explains what else is missing.
fn undone(outcome: &Outcome) -> Vec<Miss> {
    let steps = outcome.steps.iter().enumerate();
    let undone = steps.filter_map(|(index, said)| {
        let place = format!("conversation[{index}].customer");
        Some(Miss::new(place, "an end of the conversation", said.undone.as_ref()?))
    });
    undone.collect()
}

fn steps(case: &Case, outcome: &Outcome) -> Vec<Miss> {
    let mut misses = Vec::new();
    for (index, (step, said)) in case.conversation.iter().zip(&outcome.steps).enumerate() {
        let at = format!("conversation[{index}]");
        if let Some(reply) = &step.reply {
            misses.extend(words::judge(reply, &said.reply, &format!("{at}.reply")));
        }
        if let Some(agent) = step.agent.as_ref().filter(|agent| Some(*agent) != said.agent.as_ref()) {
            misses.push(Miss::new(
                format!("{at}.agent"),
                agent,
                said.agent.clone().unwrap_or_else(|| "none".to_owned()),
            ));
        }
        let intent = said.analysis.as_ref().map_or("none", |analysis| analysis.intent.as_str());
        if let Some(wanted) = step.intent.as_ref().filter(|wanted| *wanted != intent) {
            misses.push(Miss::new(format!("{at}.intent"), wanted, intent));
        }
    }
    misses
}

fn costs(expected: &Expectations, outcome: &Outcome) -> Vec<Miss> {
    let above = |place: &str, most: Option<u64>, found: u64| {
        let most = most.filter(|most| found > *most)?;
        Some(Miss::new(place, format!("at most {most}"), found.to_string()))
    };
    let all = [
        above("expect.withheld_at_most", expected.withheld_at_most.map(u64::from), u64::from(outcome.withheld)),
        above(
            "expect.model_calls_at_most",
            expected.model_calls_at_most.map(u64::from),
            u64::from(outcome.model_calls),
        ),
        above("expect.tokens_at_most", expected.tokens_at_most, outcome.tokens),
    ];
    all.into_iter().flatten().collect()
}

fn same(wanted: Option<&str>, found: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == found)
}

/// With or without the sign before it.
fn same_order(wanted: Option<&str>, found: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.trim_start_matches('#') == found.trim_start_matches('#'))
}

/// As the amount's own currency writes it.
fn same_amount(wanted: Option<&str>, found: Option<Money>) -> bool {
    wanted.is_none_or(|wanted| {
        found.is_some_and(|found| Money::parse(wanted, found.currency()).is_ok_and(|wanted| wanted == found))
    })
}
