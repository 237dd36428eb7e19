//! What a case expects: outcomes first, then how it came to them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What must have come of it. What is left out is not looked at, except `world` and `approvals`: what they do not name must
/// not be there.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    /// All that has changed in the world since the conversation began.
    #[serde(default)]
    pub world: Vec<ChangePattern>,
    /// All that waits, or waited, for a person's yes.
    #[serde(default)]
    pub approvals: Vec<ApprovalPattern>,
    /// All rows of the ledger.
    #[serde(default)]
    pub ledger: Option<Vec<EffectPattern>>,
    /// Whose conversation it is in the end: `ai_handling`, `handoff_pending`, `human_handling` or `resolved`.
    #[serde(default)]
    pub status: Option<String>,
    /// The agent that has it in the end.
    #[serde(default)]
    pub agent: Option<String>,
    /// What the router read last.
    #[serde(default)]
    pub intent: Option<String>,
    #[serde(default)]
    pub calls: Option<Calls>,
    /// Of all that was said to the shopper.
    #[serde(default)]
    pub reply: Option<Reply>,
    /// Of what the agent would have said, in a step of trust in which people send its answers.
    #[serde(default)]
    pub draft: Option<Reply>,
    /// The most that the shopper has proved: `anonymous`, `order_matched` or `verified`.
    #[serde(default)]
    pub assurance: Option<String>,
    /// Sentences that the claims check withheld, at most.
    #[serde(default)]
    pub withheld_at_most: Option<u32>,
    #[serde(default)]
    pub model_calls_at_most: Option<u32>,
    /// Tokens that went in and came out, at most, as the model's server counted them.
    #[serde(default)]
    pub tokens_at_most: Option<u64>,
    /// Sentences about the conversation, of each of which a model says whether it holds. It is told beside the verdict,
    /// and decides nothing.
    #[serde(default)]
    pub rubric: Vec<String>,
}

/// A change of the world: exactly one of these.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePattern {
    /// Money back to the shopper.
    #[serde(default)]
    pub refund: Option<MoneyPattern>,
    /// A return that was opened.
    #[serde(default, rename = "return")]
    pub returned: Option<GoodsPattern>,
    /// A label that was bought.
    #[serde(default)]
    pub label: Option<LabelPattern>,
    /// An order that was called off.
    #[serde(default)]
    pub cancellation: Option<OrderPattern>,
    /// Another address of an order.
    #[serde(default)]
    pub address: Option<TextPattern>,
    /// A line in an order's note.
    #[serde(default)]
    pub note: Option<TextPattern>,
    /// A mail to somebody.
    #[serde(default)]
    pub mail: Option<MailPattern>,
    /// A ticket in the helpdesk.
    #[serde(default)]
    pub ticket: Option<TicketPattern>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyPattern {
    /// The order's number, `#1001` or `1001`.
    #[serde(default)]
    pub order: Option<String>,
    /// A decimal string, in the order's currency.
    #[serde(default)]
    pub amount: Option<String>,
    /// Titles with quantities: all that is paid back with it.
    #[serde(default)]
    pub items: Option<BTreeMap<String, u32>>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoodsPattern {
    #[serde(default)]
    pub order: Option<String>,
    /// Titles with quantities: all that comes back with it.
    #[serde(default)]
    pub items: Option<BTreeMap<String, u32>>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelPattern {
    #[serde(default)]
    pub carrier: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderPattern {
    #[serde(default)]
    pub order: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextPattern {
    #[serde(default)]
    pub order: Option<String>,
    /// Is part of it.
    #[serde(default)]
    pub contains: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailPattern {
    #[serde(default)]
    pub to: Option<String>,
    /// Is part of its subject.
    #[serde(default)]
    pub subject: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketPattern {
    /// One of its tags: `deskhand-asked`.
    #[serde(default)]
    pub tag: Option<String>,
    /// Is part of what it tells the colleague.
    #[serde(default)]
    pub contains: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalPattern {
    #[serde(default)]
    pub order: Option<String>,
    /// What is asked for: `refund`, `goodwill`, `cancellation`, …
    #[serde(default)]
    pub kind: Option<String>,
    /// The policy's code.
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub amount: Option<String>,
    /// `pending`, `approved`, `denied` or `expired`.
    #[serde(default)]
    pub state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectPattern {
    pub kind: String,
    /// `confirmed` by default.
    #[serde(default)]
    pub state: Option<String>,
    #[serde(default)]
    pub amount: Option<String>,
}

/// Tool calls, in the order in which the model made them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// These, in this order, and no other.
    #[serde(default)]
    pub exact: Option<Vec<CallPattern>>,
    /// These in this order; others may stand between them.
    #[serde(default)]
    pub ordered: Option<Vec<CallPattern>>,
    /// These in any order, and no other.
    #[serde(default)]
    pub unordered: Option<Vec<CallPattern>>,
    /// Each call is one of these.
    #[serde(default)]
    pub subset: Option<Vec<CallPattern>>,
    /// Each of these is among the calls.
    #[serde(default)]
    pub superset: Option<Vec<CallPattern>>,
    /// None of these is among the calls.
    #[serde(default)]
    pub never: Option<Vec<CallPattern>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallPattern {
    pub tool: String,
    /// Arguments that count; others are ignored. A value, or a matcher: `{ matches: "^#?10" }`, `{ any: true }`,
    /// `{ about: 5, within: 0.5 }`.
    #[serde(default)]
    pub arguments: BTreeMap<String, Value>,
    /// Whether others must not be there.
    #[serde(default)]
    pub exact: bool,
}

/// Words.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Each of these is said. Capitals do not matter.
    #[serde(default)]
    pub contains: Vec<String>,
    /// One of these is said.
    #[serde(default)]
    pub any_of: Vec<String>,
    /// Each of these regular expressions finds something.
    #[serde(default)]
    pub matches: Vec<String>,
    /// None of these is said.
    #[serde(default)]
    pub forbids: Vec<String>,
    /// Characters, at most.
    #[serde(default)]
    pub longest: Option<usize>,
    /// ISO 639-1 of the language in which it is said.
    #[serde(default)]
    pub language: Option<String>,
}
