//! What must hold of every log, ledger and world, whoever was killed when.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write as _;
use std::path::Path;

use deskhand::domain::effect::{Effect, EffectKind, EffectState};
use deskhand::domain::event::{Author, Event, EventBody, Status};
use deskhand::domain::id::{CallId, ConversationId, TurnId};
use deskhand::sandbox::Sandbox;
use deskhand::sandbox::world::order::{ReturnLine, ReverseDelivery};
use deskhand::storage::ledger::Ledger as _;
use deskhand::storage::log::{EventLog as _, Filter};

use super::script::mails_of;
use crate::support::shop::storage;

/// Checks all that a killed desk left behind. Returns how many conversations with messages there were.
pub async fn check(folder: &Path, sandbox: &Sandbox, what: &str) -> usize {
    let storage = storage(folder).await;
    let mut cursor = None;
    let mut talks = 0;
    loop {
        let filter = Filter { limit: 500, cursor, ..Filter::default() };
        let page = storage.list(&filter).await.unwrap();
        for summary in page.conversations {
            let id = &summary.conversation;
            let events = storage.read(id, 0).await.unwrap();
            let effects = storage.effects_of(id).await.unwrap();
            let log = Log { what, id, events: &events };
            log.is_numbered(summary.len);
            log.has_nothing_twice();
            log.has_whole_turns();
            log.pairs_calls_with_results();
            log.takes_back_nothing_said();
            log.agrees_with_ledger(&effects);
            log.is_answered(summary.status);
            effects.iter().for_each(|effect| log.agrees_with_world(effect, sandbox));
            talks += usize::from(events.len() > 1);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    storage.close().await;
    talks
}

/// Prints past the harness, which keeps what passing tests print to itself.
pub fn report(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

struct Log<'l> {
    what: &'l str,
    id: &'l ConversationId,
    events: &'l [Event],
}

impl Log<'_> {
    #[track_caller]
    fn holds(&self, truth: bool, law: &str) {
        assert!(truth, "{} ({}): {law}\n{}", self.what, self.id, self.printed());
    }

    fn printed(&self) -> String {
        let lines: Vec<String> = self.events.iter().map(|event| format!("{:>3} {:?}", event.seq, event.body)).collect();
        lines.join("\n")
    }

    fn bodies(&self) -> impl Iterator<Item = &EventBody> {
        self.events.iter().map(|event| &event.body)
    }

    fn is_numbered(&self, len: u64) {
        let numbers: Vec<u64> = self.events.iter().map(|event| event.seq).collect();
        self.holds(numbers == (1..=len).collect::<Vec<_>>(), "numbered from 1 without gap or double");
        self.holds(matches!(self.events[0].body, EventBody::Opened { .. }), "begins with its opening");
    }

    fn has_nothing_twice(&self) {
        let mut seen = HashSet::new();
        for body in self.bodies() {
            let mark = match body {
                EventBody::Opened { .. } => "opened".to_owned(),
                EventBody::MessageReceived { client_message_id, .. } => format!("received {client_message_id:?}"),
                EventBody::MessageCompleted { message, .. } => format!("said {message}"),
                EventBody::TurnStarted { turn, .. } => format!("started {turn}"),
                EventBody::TurnCompleted { turn, .. } => format!("completed {turn}"),
                EventBody::Routed { turn, from: None, .. } => format!("routed {turn}"),
                EventBody::ModelAnswered { turn, attempt, .. } => format!("answered {turn} {attempt}"),
                EventBody::ToolStarted { call, .. } => format!("call {call}"),
                EventBody::ToolCompleted { call, .. } => format!("result {call}"),
                EventBody::EffectMoved { effect, state, .. } => format!("effect {effect} {state:?}"),
                EventBody::HandedOff { number, ticket, .. } => format!("hand-off {number} {}", ticket.is_some()),
                EventBody::IdentityProved { proof, .. } => format!("proved {proof:?}"),
                _ => continue,
            };
            let law = format!("{mark:?} stands in the log once");
            self.holds(seen.insert(mark), &law);
        }
    }

    /// One turn at a time, each brought to its end once, and no word of a turn outside it.
    fn has_whole_turns(&self) {
        let mut open: Option<&TurnId> = None;
        for body in self.bodies() {
            match body {
                EventBody::TurnStarted { turn, .. } => {
                    self.holds(open.is_none(), "a turn starts after the last has ended");
                    open = Some(turn);
                }
                EventBody::TurnCompleted { turn, .. } => {
                    self.holds(open == Some(turn), "the turn that ends is the one that is open");
                    open = None;
                }
                EventBody::Routed { turn, .. }
                | EventBody::ModelAnswered { turn, .. }
                | EventBody::ToolStarted { turn, .. }
                | EventBody::ToolCompleted { turn, .. } => {
                    self.holds(open == Some(turn), "a step belongs to the turn that is open");
                }
                _ => {}
            }
        }
        self.holds(open.is_none(), "no turn stays open");
    }

    fn pairs_calls_with_results(&self) {
        let mut calls: BTreeMap<&CallId, [u32; 3]> = BTreeMap::new();
        for body in self.bodies() {
            let (ids, place): (Vec<&CallId>, usize) = match body {
                EventBody::ModelAnswered { calls, .. } => (calls.iter().map(|call| &call.id).collect(), 0),
                EventBody::ToolStarted { call, .. } => (vec![call], 1),
                EventBody::ToolCompleted { call, .. } => (vec![call], 2),
                _ => continue,
            };
            ids.into_iter().for_each(|id| calls.entry(id).or_default()[place] += 1);
        }
        self.holds(calls.values().all(|counts| *counts == [1, 1, 1]), "each call has its start and its result, once");
    }

    /// Words of an attempt are taken back at most once, and never once they stand in the log.
    fn takes_back_nothing_said(&self) {
        let mut ended = HashSet::new();
        for body in self.bodies() {
            match body {
                EventBody::MessageCompleted { turn: Some(turn), attempt, author: Author::Agent, .. } => {
                    self.holds(ended.insert((turn, attempt)), "an attempt says its words once");
                }
                EventBody::MessageReset { turn, attempt, .. } => {
                    self.holds(ended.insert((turn, attempt)), "what was said, or taken back, is not taken back");
                }
                _ => {}
            }
        }
    }

    /// Every message was followed by a turn that reached it and said something, or belongs to a person.
    fn is_answered(&self, status: Status) {
        let with_person = matches!(status, Status::HandoffPending | Status::HumanHandling);
        for event in self.events {
            let EventBody::MessageReceived { .. } = event.body else { continue };
            let handed_off_before =
                self.events.iter().take_while(|earlier| earlier.seq < event.seq).any(|earlier| {
                    matches!(earlier.body, EventBody::StatusChanged { status: Status::HandoffPending, .. })
                });
            if with_person && handed_off_before {
                continue;
            }
            let after: Vec<&Event> = self.events.iter().filter(|later| later.seq > event.seq).collect();
            let reached = |later: &&Event| match &later.body {
                EventBody::TurnCompleted { through, .. } => *through >= event.seq,
                // Staff took the conversation; whether a turn had begun before, the turns' own law tells.
                EventBody::StatusChanged { status: Status::HandoffPending, by } => by == "staff",
                _ => false,
            };
            let end = after.iter().position(reached);
            self.holds(end.is_some(), "every message is answered");
            let said = after
                .iter()
                .take(end.unwrap_or(0))
                .any(|later| matches!(later.body, EventBody::MessageCompleted { .. }));
            self.holds(said, "the shopper is told something");
        }
    }

    fn agrees_with_ledger(&self, effects: &[Effect]) {
        let identities: HashSet<&str> = effects.iter().map(|effect| effect.identity.as_str()).collect();
        self.holds(identities.len() == effects.len(), "a business effect has one row");
        let rows: HashMap<_, _> = effects.iter().map(|effect| (&effect.id, effect)).collect();
        for body in self.bodies() {
            match body {
                EventBody::EffectMoved { effect, .. } => {
                    self.holds(rows.contains_key(effect), "an effect in the log is in the ledger");
                }
                EventBody::HandedOff { number, ticket, .. } => {
                    let identity = format!("ticket:{}:{number}", self.id);
                    let row = effects.iter().find(|effect| effect.identity == identity);
                    self.holds(row.is_some(), "a hand-off has its row in the ledger");
                    let confirmed = row.is_some_and(|row| row.state == EffectState::Confirmed);
                    self.holds(ticket.is_none() || confirmed, "only a ticket that is there is told");
                }
                _ => {}
            }
        }
        for effect in effects.iter().filter(|effect| effect.kind == EffectKind::Ticket) {
            let told = self.bodies().any(|body| matches!(body, EventBody::HandedOff { ticket: Some(_), .. }));
            self.holds(told == (effect.state == EffectState::Confirmed), "a ticket that is there is told");
        }
    }

    fn agrees_with_world(&self, effect: &Effect, sandbox: &Sandbox) {
        let (there, name) = match effect.kind {
            EffectKind::Ticket => {
                let of_effect = |id: &Option<String>| id.as_deref() == Some(effect.id.as_str());
                let tickets = sandbox.world().helpdesk.tickets;
                (tickets.iter().filter(|ticket| of_effect(&ticket.external_id)).count(), "ticket")
            }
            EffectKind::Code | EffectKind::Letter => (mails_of(sandbox, effect.id.as_str()).len(), "mail"),
            EffectKind::Refund => {
                let carries =
                    |note: &Option<String>| note.as_deref().is_some_and(|note| note.contains(effect.id.as_str()));
                let orders = sandbox.world().orders;
                let refunds = orders.iter().flat_map(|order| &order.refunds).filter(|refund| carries(&refund.note));
                (refunds.count(), "refund")
            }
            EffectKind::Return => {
                let carries = |line: &ReturnLine| {
                    let notes = [Some(&line.reason_note), line.customer_note.as_ref()];
                    notes.into_iter().flatten().any(|note| note.contains(effect.id.as_str()))
                };
                let orders = sandbox.world().orders;
                let returns = orders.iter().flat_map(|order| &order.returns);
                (returns.filter(|returned| returned.lines.iter().any(carries)).count(), "return")
            }
            EffectKind::Label => {
                let shipments = sandbox.world().shipments;
                let bought = shipments.iter().filter(|shipment| shipment.postage.is_some());
                (bought.filter(|shipment| shipment.reference.as_deref() == Some(effect.id.as_str())).count(), "label")
            }
            EffectKind::ReturnLabel => {
                let orders = sandbox.world().orders;
                let returns = orders.iter().flat_map(|order| &order.returns);
                let bought = |way: &&ReverseDelivery| {
                    way.label_url.as_deref().is_some_and(|url| url.starts_with(&sandbox.easypost_url()))
                };
                (returns.flat_map(|returned| &returned.deliveries).filter(bought).count(), "label at the platform")
            }
            other => unreachable!("nothing here makes a {other:?}"),
        };
        let right = match (&effect.state, effect.kind) {
            (EffectState::Confirmed, _) => there == 1,
            // Nobody can ask the mail vendor: rather none than two.
            (EffectState::Failed, EffectKind::Letter) => there <= 1 && effect.problem.is_some(),
            (_, EffectKind::Letter) => there <= 1,
            (EffectState::Failed, _) => there == 0 && effect.problem.is_some(),
            // Nobody can ask the mail vendor what became of it.
            (EffectState::Unknown | EffectState::Sent, EffectKind::Code) => there <= 1,
            // Its turn ended otherwise before the mail was let out.
            (EffectState::Proposed, EffectKind::Code) => there == 0,
            _ => false,
        };
        self.holds(right, &format!("{there} {name}(s) for {:?} ({:?})", effect.state, effect.problem));
    }
}
