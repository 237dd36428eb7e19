//! A conversation, folded from its events. Everything that is decided about it is decided from this.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::customer::Email;
use crate::domain::effect::{ApprovalState, EffectKind, EffectState};
use crate::domain::event::{
    Analysis, Event, EventBody, HandoffReason, Status, TicketCause, TicketReference, ToolCall, ToolOutcome,
};
use crate::domain::id::{ApprovalId, CallId, ConversationId, EffectId, KeyId, MessageId, StoreId, TurnId};
use crate::domain::identity::{Identity, Proof};
use crate::domain::order::OrderId;
use crate::tools::Tool as _;
use crate::tools::codes::SendVerificationCode;
use crate::tools::find_order::FindOrder;
use crate::tools::get_order::GetOrder;
use crate::tools::list_orders::ListOrders;
use crate::tools::people::EscalateToHuman;
use crate::tools::scene::CodeState;
use crate::tools::track_shipment::TrackShipment;

mod dialogue;
mod handoff;
mod question;
mod twin;

pub use dialogue::Entry;
pub use handoff::Handoff;
pub use question::Question;
pub use twin::{Due, Twin};

/// How the deeds of people in the helpdesk are marked.
pub const HELPDESK: &str = "helpdesk";

/// How long an order or a parcel is told as it was read.
const STAYS_TRUE: SignedDuration = SignedDuration::from_hours(6);

#[derive(Clone, Debug)]
pub struct Conversation {
    pub id: ConversationId,
    pub store: StoreId,
    pub channel: String,
    /// The key that opened it.
    pub key: Option<KeyId>,
    pub len: u64,
    pub opened_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub status: Status,
    pub identity: Identity,
    pub proofs: Vec<Proof>,
    /// Names and ids of the orders that were matched.
    pub matched: Vec<(String, OrderId)>,
    /// What the opener said of the customer.
    pub claimed: Option<Value>,
    pub agent: Option<String>,
    pub analysis: Option<Analysis>,
    pub dialogue: Vec<Entry>,
    /// How much of the dialogue there was when each turn was over.
    turn_ends: Vec<usize>,
    pub effects: BTreeMap<EffectId, (EffectKind, EffectState)>,
    /// Decisions that people were asked for, and where they stand.
    pub approvals: BTreeMap<ApprovalId, ApprovalState>,
    /// When they were.
    pub asked_at: BTreeMap<ApprovalId, Timestamp>,
    pub code: CodeState,
    /// What the agent has asked its colleagues last.
    pub question: Option<Question>,
    /// How often it has asked them.
    pub questions: u32,
    pub handoff: Option<Handoff>,
    pub twin: Option<Twin>,
    /// How many tickets it has had.
    pub tickets: u32,
    /// What the helpdesk calls the messages that people wrote there, and their deeds, that are in the log.
    pub heard: BTreeSet<String>,
    /// The text that a person should look at and send, in the modes in which the agent does not speak.
    pub draft: Option<String>,
    pub turns: u32,
    /// Turns in a row that helped nobody.
    pub fruitless: u32,
    pub turn: Option<Turn>,
    /// The number of what was said last that the agent has to answer: by the shopper, or to a question of its own.
    heard_through: u64,
    answered_through: u64,
}

/// The turn under way.
#[derive(Clone, Debug)]
pub struct Turn {
    pub id: TurnId,
    pub started_at: Timestamp,
    pub through: u64,
    pub routed: bool,
    pub transfers: u32,
    /// Model answers so far.
    pub answers: u32,
    /// The attempt made last, from 1; 0 before the first.
    pub attempt: u32,
    pub invalid: u32,
    pub withheld: Vec<String>,
    pub failures: Vec<String>,
    pub open_calls: Vec<ToolCall>,
    pub useful: bool,
    /// The model has said its last word.
    pub concluded: bool,
    pub escalated: Option<HandoffReason>,
}

impl Conversation {
    /// `None` for a log that does not begin with its opening.
    pub fn fold(events: &[Event]) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let mut conversation = Self::opened(first)?;
        rest.iter().for_each(|event| conversation.apply(event));
        Some(conversation)
    }

    fn opened(event: &Event) -> Option<Self> {
        let EventBody::Opened { store, channel, key, customer, .. } = &event.body else { return None };
        Some(Self {
            id: event.conversation.clone(),
            store: store.clone(),
            channel: channel.clone(),
            key: key.clone(),
            len: event.seq,
            opened_at: Some(event.at),
            updated_at: Some(event.at),
            status: Status::AiHandling,
            identity: Identity::default(),
            proofs: Vec::new(),
            matched: Vec::new(),
            claimed: customer.clone(),
            agent: None,
            analysis: None,
            dialogue: Vec::new(),
            turn_ends: Vec::new(),
            effects: BTreeMap::new(),
            approvals: BTreeMap::new(),
            asked_at: BTreeMap::new(),
            code: CodeState::default(),
            question: None,
            questions: 0,
            handoff: None,
            twin: None,
            tickets: 0,
            heard: BTreeSet::new(),
            draft: None,
            turns: 0,
            fruitless: 0,
            turn: None,
            heard_through: 0,
            answered_through: 0,
        })
    }

    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) {
        self.len = event.seq;
        self.updated_at = Some(event.at);
        match &event.body {
            EventBody::Opened { .. } | EventBody::ToolStarted { .. } | EventBody::PolicyDecided { .. } => {}
            EventBody::MessageReceived { message, content, remote, .. } => {
                self.customer_said(event, message, content);
                match remote {
                    Some(remote) => drop(self.heard.insert(remote.clone())),
                    None => self.said(event.seq),
                }
            }
            EventBody::IdentityProved { proof, .. } => self.learn(event.seq, proof),
            EventBody::CodeChecked { right, tries_left } => self.code.checked = Some((*right, *tries_left)),
            EventBody::EffectMoved { effect, kind, state, .. } => {
                self.effects.insert(effect.clone(), (*kind, state.clone()));
            }
            EventBody::ApprovalRequested { approval, .. } => {
                self.approvals.entry(approval.clone()).or_insert(ApprovalState::Pending);
                self.asked_at.entry(approval.clone()).or_insert(event.at);
                self.owe(event.seq, Due::Approval(approval.clone()));
            }
            EventBody::ApprovalDecided { approval, state, .. } => {
                self.approvals.insert(approval.clone(), state.clone());
            }
            EventBody::MessageCompleted { message, author, content, .. } => {
                let (message, text) = (message.clone(), content.clone());
                self.dialogue.push(Entry::Said { at: event.at, message, author: *author, text });
                self.said(event.seq);
            }
            EventBody::HumanMessage { message, remote, name, content } => {
                let (message, name, text) = (message.clone(), name.clone(), content.clone());
                self.dialogue.push(Entry::Person { at: event.at, message, name, text });
                self.heard.insert(remote.clone());
            }
            EventBody::Drafted { content, .. } => {
                self.draft = Some(content.clone());
                if self.twin.as_ref().is_some_and(|twin| twin.home) {
                    self.owe(event.seq, Due::Draft(content.clone()));
                }
            }
            EventBody::HandedOff { number, reason, ticket } => {
                self.handed_off(event.seq, *number, *reason, ticket.as_ref());
            }
            EventBody::Mirrored { ticket, through, missing } => {
                self.in_twin_called(ticket, |twin| twin.mirrored(*through, *missing));
            }
            EventBody::TicketSeen { ticket, open, tags, assignee } => self.in_twin_called(ticket, |twin| {
                (twin.open, twin.tags, twin.assignee) = (*open, tags.clone(), assignee.clone());
            }),
            EventBody::TicketWanted { why } => self.begin_twin(event.seq, Some(*why)),
            EventBody::TicketOpened { ticket, home } => {
                self.begin_twin(event.seq, None);
                self.in_twin(|twin| (twin.ticket, twin.home) = (Some(ticket.clone()), *home));
            }
            EventBody::Noted { text, about } => {
                self.owe(event.seq, Due::Note(text.clone()));
                self.heard.extend(about.clone());
            }
            EventBody::ColleagueAsked { text, .. } => self.colleague_asked(event, text),
            EventBody::ColleagueAnswered { remote, name, text, .. } => {
                self.colleague_answered(event, remote, name.as_deref(), text);
            }
            EventBody::StatusChanged { status, by } => self.status_became(event.seq, *status, by),
            EventBody::TurnStarted { turn, through } => self.turn_started(turn, event.at, *through),
            EventBody::Routed { agent, from, analysis, .. } => self.routed(agent, from.as_deref(), analysis),
            EventBody::ToolCompleted { call, tool, outcome, receipt, .. } => {
                self.tool_completed(event.at, call, tool, *outcome, receipt);
            }
            EventBody::ModelAnswered { attempt, calls, .. } => self.model_answered(*attempt, calls),
            EventBody::MessageReset { attempt, .. } => self.in_turn(|turn| turn.attempt = *attempt),
            EventBody::ClaimWithheld { attempt, sentence, .. } => self.in_turn(|turn| {
                turn.attempt = *attempt;
                turn.withheld.push(sentence.clone());
            }),
            EventBody::Failed { code, .. } => self.in_turn(|turn| turn.failures.push(code.clone())),
            EventBody::TurnCompleted { through, helped, .. } => self.turn_completed(*through, *helped),
        }
    }

    /// What tools gave: each one's name, when, and its receipt.
    pub fn receipts(&self) -> impl Iterator<Item = (&str, Timestamp, &Value)> {
        self.dialogue.iter().filter_map(|entry| match entry {
            Entry::Result { at, tool, outcome: ToolOutcome::Done, receipt, .. } => {
                Some((tool.as_str(), *at, &**receipt))
            }
            _ => None,
        })
    }

    /// Whether something waits for the agent that was said to it.
    pub fn awaits_answer(&self) -> bool {
        self.status == Status::AiHandling && self.heard_through > self.answered_through
    }

    /// Up to where the log must be answered by a turn that starts now.
    pub fn heard_through(&self) -> u64 {
        self.heard_through
    }

    /// The shopper's words that the present turn answers.
    pub fn asked(&self) -> String {
        let texts: Vec<&str> = self.unanswered().map(|(_, text)| text).collect();
        texts.join("\n")
    }

    fn unanswered(&self) -> impl Iterator<Item = (u64, &str)> {
        let through = self.turn.as_ref().map_or(self.heard_through, |turn| turn.through);
        self.dialogue.iter().filter_map(move |entry| match entry {
            Entry::Customer { seq, text, .. } if *seq > self.answered_through && *seq <= through => {
                Some((*seq, text.as_str()))
            }
            _ => None,
        })
    }

    /// The language to speak: what the router read last.
    pub fn language(&self) -> &str {
        self.analysis.as_ref().map_or("en", |analysis| analysis.language.as_str())
    }

    /// Whether what a tool told of orders and parcels at that moment may be otherwise by now: it has to be read again.
    pub fn is_outdated(&self, tool: &str, at: Timestamp) -> bool {
        let ages = [FindOrder::NAME, GetOrder::NAME, TrackShipment::NAME, ListOrders::NAME].contains(&tool);
        ages && self.turn.as_ref().is_some_and(|turn| turn.started_at.duration_since(at) > STAYS_TRUE)
    }

    /// Whether digits in the shopper's next message may be a one-time code, be it one that is no longer good.
    pub fn was_sent_code(&self) -> bool {
        self.code.sent > 0 && self.identity.verified().is_none()
    }

    /// Whether a one-time code is expected in the shopper's next message.
    pub fn expects_code(&self) -> bool {
        self.was_sent_code() && self.code.checked.is_none_or(|(right, left)| !right && left > 0)
    }

    /// The shopper's address: proved, on file of a matched order, or else claimed.
    pub fn email(&self) -> Option<Email> {
        let claimed = || self.claimed.as_ref()?.get("email")?.as_str().and_then(Email::parse);
        self.identity.verified().or(self.identity.address_on_file()).cloned().or_else(claimed)
    }

    pub fn handoffs(&self) -> u32 {
        self.handoff.as_ref().map_or(0, |handoff| handoff.number)
    }

    fn handed_off(&mut self, seq: u64, number: u32, reason: HandoffReason, ticket: Option<&TicketReference>) {
        if self.handoffs() != number {
            self.handoff = Some(Handoff { number, reason, ticket: None });
            if self.twin.as_ref().is_some_and(Twin::goes_on) {
                self.owe(seq, Due::HandedOver(reason));
            }
            self.begin_twin(seq, None);
        }
        if let (Some(handoff), Some(ticket)) = (&mut self.handoff, ticket) {
            handoff.ticket = Some(ticket.clone());
            self.in_twin(|twin| twin.ticket = Some(ticket.clone()));
        }
    }

    /// From here on there is a ticket; where there is one that goes on, it is that.
    fn begin_twin(&mut self, seq: u64, cause: Option<TicketCause>) {
        if !self.twin.as_ref().is_some_and(Twin::goes_on) {
            self.tickets += 1;
            self.twin = Some(Twin::new(self.tickets, seq, cause, self.email()));
            let waits = self.approvals.iter().filter(|(_, state)| **state == ApprovalState::Pending);
            let waits: Vec<ApprovalId> = waits.map(|(id, _)| id.clone()).collect();
            waits.into_iter().for_each(|id| self.owe(seq, Due::Approval(id)));
            let asked =
                self.question.as_ref().filter(|question| question.waits()).map(|question| question.text.clone());
            asked.into_iter().for_each(|text| self.owe(seq, Due::Question(text)));
        }
    }

    /// What was said last is to stand in the ticket, too, if there is one.
    fn said(&mut self, seq: u64) {
        self.owe(seq, Due::Said(self.dialogue.len().saturating_sub(1)));
    }

    fn owe(&mut self, seq: u64, due: Due) {
        self.in_twin(|twin| twin.owe(seq, due));
    }

    fn in_twin(&mut self, change: impl FnOnce(&mut Twin)) {
        if let Some(twin) = &mut self.twin {
            change(twin);
        }
    }

    fn in_twin_called(&mut self, ticket: &str, change: impl FnOnce(&mut Twin)) {
        if let Some(twin) = self.twin.as_mut().filter(|twin| twin.is_called(ticket)) {
            change(twin);
        }
    }

    fn in_turn(&mut self, change: impl FnOnce(&mut Turn)) {
        if let Some(turn) = &mut self.turn {
            change(turn);
        }
    }

    fn customer_said(&mut self, event: &Event, message: &MessageId, text: &str) {
        let (at, seq) = (event.at, event.seq);
        let entry =
            Entry::Customer { seq, at, queued: self.is_busy(), message: message.clone(), text: text.to_owned() };
        self.heard_through = seq;
        self.dialogue.push(entry);
    }

    /// Whether what is said now is for the turn after the present one.
    fn is_busy(&self) -> bool {
        self.turn.is_some()
    }

    fn learn(&mut self, seq: u64, proof: &Proof) {
        self.identity.learn(proof);
        self.proofs.push(proof.clone());
        let email = self.email();
        if let (Some(twin), Some(email)) = (self.twin.as_mut().filter(|twin| !twin.home), email)
            && twin.email.as_ref() != Some(&email)
        {
            twin.email = Some(email.clone());
            twin.owe(seq, Due::Customer(email));
        }
        if let Proof::Order { order, name, .. } = proof {
            self.matched.retain(|(_, known)| known != order);
            self.matched.push((name.clone(), order.clone()));
        }
    }

    fn status_became(&mut self, seq: u64, status: Status, by: &str) {
        let before = std::mem::replace(&mut self.status, status);
        if status == Status::Resolved {
            self.question = None;
            // Where people close it in the helpdesk, it is closed.
            if !by.starts_with(HELPDESK) {
                self.owe(seq, Due::Closed);
            }
            self.in_twin(Twin::part);
        }
        if status == Status::AiHandling {
            if matches!(before, Status::HumanHandling | Status::HandoffPending) {
                self.owe(seq, Due::HandedBack);
            }
            self.answered_through = self.answered_through.max(self.heard_through);
            self.fruitless = 0;
        }
    }

    fn routed(&mut self, agent: &str, from: Option<&str>, analysis: &Analysis) {
        self.agent = Some(agent.to_owned());
        self.analysis = Some(analysis.clone());
        self.in_turn(|turn| {
            turn.routed = true;
            turn.transfers += u32::from(from.is_some());
        });
    }

    fn model_answered(&mut self, attempt: u32, calls: &[ToolCall]) {
        if !calls.is_empty() {
            self.dialogue.push(Entry::Calls(calls.to_vec()));
        }
        self.in_turn(|turn| {
            turn.attempt = attempt;
            turn.answers += 1;
            turn.open_calls = calls.to_vec();
            turn.concluded = calls.is_empty();
        });
    }

    fn tool_completed(&mut self, at: Timestamp, call: &CallId, tool: &str, outcome: ToolOutcome, receipt: &Arc<Value>) {
        self.dialogue.push(Entry::Result {
            at,
            call: call.clone(),
            tool: tool.to_owned(),
            outcome,
            receipt: Arc::clone(receipt),
        });
        if outcome == ToolOutcome::Done && tool == SendVerificationCode::NAME {
            self.code = CodeState { sent: self.code.sent + 1, checked: None };
        }
        self.in_turn(|turn| {
            turn.open_calls.retain(|open| &open.id != call);
            turn.invalid += u32::from(outcome == ToolOutcome::Invalid);
            turn.useful |= outcome == ToolOutcome::Done;
            if outcome == ToolOutcome::Done && tool == EscalateToHuman::NAME {
                turn.escalated = Some(escalation(receipt));
            }
        });
    }

    fn turn_started(&mut self, turn: &TurnId, at: Timestamp, through: u64) {
        let answered = |entry: &Entry| matches!(entry, Entry::Answered { seq, .. } if *seq > self.answered_through);
        let useful = self.dialogue.iter().any(answered);
        self.turn = Some(Turn { useful, ..Turn::new(turn.clone(), at, through) });
    }

    fn turn_completed(&mut self, through: u64, helped: bool) {
        self.turn = None;
        self.turn_ends.push(self.dialogue.len());
        self.answered_through = through;
        self.turns += 1;
        self.fruitless = if helped { 0 } else { self.fruitless + 1 };
    }
}

fn escalation(receipt: &Value) -> HandoffReason {
    receipt.get("reason").and_then(|reason| HandoffReason::deserialize(reason).ok()).unwrap_or(HandoffReason::Asked)
}

impl Turn {
    /// Whether an attempt that the log does not know of yet may be under way.
    pub fn may_be_speaking(&self) -> bool {
        self.routed && self.open_calls.is_empty() && !self.concluded
    }

    fn new(id: TurnId, started_at: Timestamp, through: u64) -> Self {
        Self {
            id,
            started_at,
            through,
            routed: false,
            transfers: 0,
            answers: 0,
            attempt: 0,
            invalid: 0,
            withheld: Vec::new(),
            failures: Vec::new(),
            open_calls: Vec::new(),
            useful: false,
            concluded: false,
            escalated: None,
        }
    }
}
