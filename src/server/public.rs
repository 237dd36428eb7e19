//! What leaves the house: the one place where an event of the log becomes an event of a stream. Shoppers get what is
//! theirs: projections of tools, never receipts; no entities, no addresses, no reasons that are for the operator.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::desk::Delta;
use crate::domain::effect::{ApprovalState, EffectKind, EffectState};
use crate::domain::event::{
    Analysis, Author, Event, EventBody, HandoffReason, Intent, Sentiment, Status, ToolOutcome, Usage,
};
use crate::domain::id::{ApprovalId, CallId, ConversationId, EffectId, MessageId, TurnId};
use crate::domain::identity::{MatchedBy, Proof};
use crate::domain::money::Money;

/// Who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Shopper,
    /// Also the workings: effects, withheld sentences, proofs, model calls.
    Operator,
}

/// The event as shoppers' streams carry it: its name and its object. `None` for internal ones.
pub fn public_event(event: &Event) -> Option<(&'static str, Value)> {
    published(event, View::Shopper).and_then(|(name, data)| Some((name, serde_json::to_value(data).ok()?)))
}

/// One object of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamEvent<'a> {
    #[schema(value_type = String)]
    pub conversation_id: &'a ConversationId,
    /// Its number in the conversation's log. Numbers may have gaps.
    pub seq: u64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[serde(flatten)]
    pub payload: Payload<'a>,
}

/// What an event tells, beside where and when. The stream's `event:` line has its name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Payload<'a> {
    MessageReceived(MessageReceived<'a>),
    Routed(Routed<'a>),
    MessageReset(MessageReset<'a>),
    MessageCompleted(MessageCompleted<'a>),
    HumanMessage(HumanMessage<'a>),
    ToolStarted(ToolStarted<'a>),
    ToolCompleted(ToolCompleted<'a>),
    Handoff(Handoff<'a>),
    StatusChanged(StatusChanged<'a>),
    Failed(Failed<'a>),
    TurnCompleted(TurnCompleted<'a>),
    TurnStarted(TurnStarted<'a>),
    ModelAnswered(ModelAnswered<'a>),
    ClaimWithheld(ClaimWithheld<'a>),
    CodeChecked(CodeChecked),
    PolicyDecided(PolicyDecided<'a>),
    IdentityProved(IdentityProved<'a>),
    EffectMoved(EffectMoved<'a>),
    ApprovalRequested(ApprovalRequested<'a>),
    ApprovalDecided(ApprovalDecided<'a>),
    MessageDrafted(MessageDrafted<'a>),
    TicketMirrored(TicketMirrored<'a>),
    TicketSeen(TicketSeen<'a>),
}

/// `message.received`: the shopper wrote.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageReceived<'a> {
    #[schema(value_type = String)]
    message_id: &'a MessageId,
    client_message_id: Option<&'a str>,
    content: &'a str,
}

/// `routed`: an agent has the conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Routed<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    agent: &'a str,
    /// The agent that handed it over, if one did.
    from: Option<&'a str>,
    intent: Intent,
    /// From 0 to 1.
    confidence: f64,
    sentiment: Sentiment,
    /// ISO 639-1.
    language: &'a str,
}

/// `message.delta`: a piece of the answer. Its id is `<seq>.<offset after the piece>`.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageDelta<'a> {
    #[schema(value_type = String)]
    conversation_id: &'a ConversationId,
    seq: u64,
    #[schema(value_type = String)]
    turn: &'a TurnId,
    attempt: u32,
    /// Bytes (UTF-8) of this message before this piece.
    offset: usize,
    text: &'a str,
}

impl<'a> MessageDelta<'a> {
    pub fn of(conversation_id: &'a ConversationId, delta: &'a Delta) -> Self {
        let Delta { turn, attempt, seq, offset, text } = delta;
        Self { conversation_id, seq: *seq, turn, attempt: *attempt, offset: *offset, text }
    }
}

/// `message.reset`: what came of this message so far is void; it begins anew.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageReset<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    attempt: u32,
    /// Operator's view.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// `message.completed`: the whole message. It replaces the pieces that came before.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageCompleted<'a> {
    #[schema(value_type = Option<String>)]
    turn: Option<&'a TurnId>,
    #[schema(value_type = String)]
    message_id: &'a MessageId,
    attempt: u32,
    author: Author,
    content: &'a str,
}

/// `human.message`: a colleague wrote, in the helpdesk.
#[derive(Debug, Serialize, ToSchema)]
pub struct HumanMessage<'a> {
    #[schema(value_type = String)]
    message_id: &'a MessageId,
    /// As far as the store gives names away.
    name: Option<&'a str>,
    content: &'a str,
    /// Operator's view: what the helpdesk calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_id: Option<&'a str>,
}

/// `tool.started`
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolStarted<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    #[schema(value_type = String)]
    call_id: &'a CallId,
    tool: &'a str,
}

/// `tool.completed`: with what a shopper's screen may show.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolCompleted<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    #[schema(value_type = String)]
    call_id: &'a CallId,
    tool: &'a str,
    outcome: ToolOutcome,
    #[schema(value_type = Object)]
    result: &'a Value,
}

/// `handoff`: a person takes over. It comes again when the ticket has its reference.
#[derive(Debug, Serialize, ToSchema)]
pub struct Handoff<'a> {
    /// Hand-offs of this conversation so far.
    number: u32,
    reason: HandoffReason,
    /// The ticket's, in the helpdesk.
    reference: Option<&'a str>,
    /// Operator's view.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// `status`: whose conversation it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusChanged<'a> {
    status: Status,
    /// Operator's view.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
}

/// `error`: something failed; the turn goes on, or a person takes over.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failed<'a> {
    #[schema(value_type = Option<String>)]
    turn: Option<&'a TurnId>,
    code: &'a str,
    message: &'a str,
}

/// `turn.completed`: every message up to `through` is answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnCompleted<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    through: u64,
    /// Operator's view.
    #[serde(skip_serializing_if = "Option::is_none")]
    helped: Option<bool>,
}

/// `turn.started` (operator's view)
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnStarted<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    through: u64,
}

/// `model.answered` (operator's view)
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelAnswered<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    attempt: u32,
    model: &'a str,
    /// Names of the tools that it asks for.
    tools: Vec<&'a str>,
    #[schema(value_type = Object)]
    usage: Usage,
}

/// `claim.withheld` (operator's view): a sentence that no receipt supports was not said.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimWithheld<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    attempt: u32,
    sentence: &'a str,
    reason: &'a str,
}

/// `code.checked` (operator's view)
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeChecked {
    right: bool,
    tries_left: u32,
}

/// `policy.decided` (operator's view): what the store's rules said to something that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyDecided<'a> {
    #[schema(value_type = Option<String>)]
    turn: Option<&'a TurnId>,
    /// Whether it was asked in order to act, and not only to tell.
    acts: bool,
    /// `refund`, `return`, `refund_on_arrival`, `cancellation` or `address_change`.
    subject: &'a str,
    /// `allow`, `needs_approval`, `person` or `deny`.
    verdict: &'a str,
    code: &'a str,
}

/// `identity.proved` (operator's view)
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityProved<'a> {
    /// `order`, `code` or `token`.
    by: &'static str,
    order: Option<&'a str>,
    matched_by: Option<MatchedBy>,
}

/// `effect` (operator's view): how far a row of the ledger has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct EffectMoved<'a> {
    #[schema(value_type = String)]
    effect_id: &'a EffectId,
    kind: EffectKind,
    state: &'a EffectState,
    vendor_reference: Option<&'a str>,
}

/// `approval.requested`: a person has to say yes first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalRequested<'a> {
    #[schema(value_type = String)]
    approval_id: &'a ApprovalId,
    #[schema(value_type = String)]
    effect_id: &'a EffectId,
    kind: EffectKind,
    #[schema(value_type = Option<Object>)]
    amount: Option<Money>,
    /// Operator's view: the policy's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// `approval.decided`: approved, denied or expired.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalDecided<'a> {
    #[schema(value_type = String)]
    approval_id: &'a ApprovalId,
    #[schema(value_type = String)]
    effect_id: &'a EffectId,
    #[schema(value_type = String)]
    state: &'a ApprovalState,
    #[schema(value_type = Option<Object>)]
    amount: Option<Money>,
    /// Operator's view.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
}

/// `message.drafted` (operator's view): what the agent would have said.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageDrafted<'a> {
    #[schema(value_type = String)]
    turn: &'a TurnId,
    content: &'a str,
}

/// `ticket.mirrored` (operator's view): the ticket has every message up to this number that it is to have.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketMirrored<'a> {
    ticket: &'a str,
    through: u64,
    /// The helpdesk refused the last of them.
    missing: bool,
}

/// `ticket.seen` (operator's view): how the ticket stands in the helpdesk.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketSeen<'a> {
    ticket: &'a str,
    open: bool,
    tags: &'a [String],
    assignee: Option<&'a str>,
}

/// The event as a stream carries it for this view.
pub fn published(event: &Event, view: View) -> Option<(&'static str, StreamEvent<'_>)> {
    let (name, payload) = shown(&event.body, view).or_else(|| match view {
        View::Shopper => None,
        View::Operator => workings(&event.body),
    })?;
    Some((name, StreamEvent { conversation_id: &event.conversation, seq: event.seq, at: event.at, payload }))
}

/// What everybody may see.
fn shown(body: &EventBody, view: View) -> Option<(&'static str, Payload<'_>)> {
    let operator = view == View::Operator;
    Some(match body {
        EventBody::MessageReceived { message, client_message_id, content, remote: _ } => {
            let client_message_id = client_message_id.as_deref();
            let payload = MessageReceived { message_id: message, client_message_id, content };
            ("message.received", Payload::MessageReceived(payload))
        }
        EventBody::Routed { turn, agent, from, analysis, versions: _ } => {
            ("routed", Payload::Routed(routed(turn, agent, from.as_deref(), analysis)))
        }
        EventBody::MessageReset { turn, attempt, reason } => {
            let reason = operator.then_some(reason.as_str());
            ("message.reset", Payload::MessageReset(MessageReset { turn, attempt: *attempt, reason }))
        }
        EventBody::MessageCompleted { turn, message, attempt, author, content } => {
            let payload = MessageCompleted {
                turn: turn.as_ref(),
                message_id: message,
                attempt: *attempt,
                author: *author,
                content,
            };
            ("message.completed", Payload::MessageCompleted(payload))
        }
        EventBody::HumanMessage { message, remote, name, content } => {
            let remote_id = operator.then_some(remote.as_str());
            let payload = HumanMessage { message_id: message, name: name.as_deref(), content, remote_id };
            ("human.message", Payload::HumanMessage(payload))
        }
        EventBody::ApprovalRequested { approval, effect, kind, reason, amount, expires_at } => {
            let reason = operator.then_some(reason.as_str());
            let (amount, expires_at) = (*amount, *expires_at);
            let payload =
                ApprovalRequested { approval_id: approval, effect_id: effect, kind: *kind, amount, reason, expires_at };
            ("approval.requested", Payload::ApprovalRequested(payload))
        }
        EventBody::ApprovalDecided { approval, effect, state, by, amount } => {
            let by = operator.then_some(by.as_str());
            let payload = ApprovalDecided { approval_id: approval, effect_id: effect, state, amount: *amount, by };
            ("approval.decided", Payload::ApprovalDecided(payload))
        }
        EventBody::ToolStarted { turn, call, tool } => {
            ("tool.started", Payload::ToolStarted(ToolStarted { turn, call_id: call, tool }))
        }
        EventBody::ToolCompleted { turn, call, tool, outcome, projection, .. } => {
            let payload = ToolCompleted { turn, call_id: call, tool, outcome: *outcome, result: projection };
            ("tool.completed", Payload::ToolCompleted(payload))
        }
        EventBody::HandedOff { number, reason, ticket } => {
            let reference = ticket.as_ref().map(|ticket| ticket.id.as_str());
            let url = ticket.as_ref().and_then(|ticket| ticket.url.as_deref()).filter(|_| operator);
            ("handoff", Payload::Handoff(Handoff { number: *number, reason: *reason, reference, url }))
        }
        EventBody::StatusChanged { status, by } => {
            let by = operator.then_some(by.as_str());
            ("status", Payload::StatusChanged(StatusChanged { status: *status, by }))
        }
        EventBody::Failed { turn, code, message } => {
            let message = if operator { message } else { "something went wrong on our side" };
            ("error", Payload::Failed(Failed { turn: turn.as_ref(), code, message }))
        }
        EventBody::TurnCompleted { turn, through, helped } => {
            let helped = operator.then_some(*helped);
            ("turn.completed", Payload::TurnCompleted(TurnCompleted { turn, through: *through, helped }))
        }
        _ => return None,
    })
}

fn routed<'a>(turn: &'a TurnId, agent: &'a str, from: Option<&'a str>, analysis: &'a Analysis) -> Routed<'a> {
    let Analysis { intent, confidence, sentiment, language, entities: _ } = analysis;
    Routed { turn, agent, from, intent: *intent, confidence: *confidence, sentiment: *sentiment, language }
}

/// What only the operator may see.
fn workings(body: &EventBody) -> Option<(&'static str, Payload<'_>)> {
    Some(match body {
        EventBody::TurnStarted { turn, through } => {
            ("turn.started", Payload::TurnStarted(TurnStarted { turn, through: *through }))
        }
        EventBody::ModelAnswered { turn, attempt, calls, model, usage } => {
            let tools = calls.iter().map(|call| call.name.as_str()).collect();
            let payload = ModelAnswered { turn, attempt: *attempt, model, tools, usage: *usage };
            ("model.answered", Payload::ModelAnswered(payload))
        }
        EventBody::ClaimWithheld { turn, attempt, sentence, reason } => {
            let payload = ClaimWithheld { turn, attempt: *attempt, sentence, reason };
            ("claim.withheld", Payload::ClaimWithheld(payload))
        }
        EventBody::CodeChecked { right, tries_left } => {
            ("code.checked", Payload::CodeChecked(CodeChecked { right: *right, tries_left: *tries_left }))
        }
        EventBody::PolicyDecided { turn, acts, subject, verdict, code, judged: _ } => {
            let payload = PolicyDecided { turn: turn.as_ref(), acts: *acts, subject, verdict, code };
            ("policy.decided", Payload::PolicyDecided(payload))
        }
        EventBody::IdentityProved { proof, .. } => ("identity.proved", Payload::IdentityProved(proved(proof))),
        EventBody::EffectMoved { effect, kind, state, vendor_reference } => {
            let vendor_reference = vendor_reference.as_deref();
            let payload = EffectMoved { effect_id: effect, kind: *kind, state, vendor_reference };
            ("effect", Payload::EffectMoved(payload))
        }
        EventBody::Drafted { turn, content } => {
            ("message.drafted", Payload::MessageDrafted(MessageDrafted { turn, content }))
        }
        EventBody::Mirrored { ticket, through, missing } => {
            let payload = TicketMirrored { ticket, through: *through, missing: *missing };
            ("ticket.mirrored", Payload::TicketMirrored(payload))
        }
        EventBody::TicketSeen { ticket, open, tags, assignee } => {
            let payload = TicketSeen { ticket, open: *open, tags, assignee: assignee.as_deref() };
            ("ticket.seen", Payload::TicketSeen(payload))
        }
        _ => return None,
    })
}

fn proved(proof: &Proof) -> IdentityProved<'_> {
    let (by, order, matched_by) = match proof {
        Proof::Order { name, matched_by, .. } => ("order", Some(name.as_str()), Some(*matched_by)),
        Proof::Code { .. } => ("code", None, None),
        Proof::Token { .. } => ("token", None, None),
    };
    IdentityProved { by, order, matched_by }
}

#[cfg(test)]
mod tests;
