//! What must hold of every log, ledger and world, whoever was killed when.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write as _;
use std::path::Path;

use deskhand::domain::effect::{Effect, EffectKind, EffectState};
use deskhand::domain::event::{Author, Event, EventBody, Status};
use deskhand::domain::id::{CallId, ConversationId, TurnId};
use deskhand::sandbox::world::Mail;
use deskhand::sandbox::world::order::ReturnLine;
use deskhand::sandbox::{Sandbox, World};
use deskhand::storage::ledger::Ledger as _;
use deskhand::storage::log::{EventLog as _, Filter};

use crate::support::shop::storage;

/// Checks all that a killed desk left behind. Returns how many conversations with messages there were.
pub async fn check(folder: &Path, sandbox: &Sandbox, what: &str) -> usize {
    let (storage, world) = (storage(folder).await, sandbox.world());
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
            log.tells_what_was_done(&effects, summary.status);
            effects.iter().for_each(|effect| log.agrees_with_world(effect, &world));
            log.has_its_twin(&world);
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

/// All rows of the ledger that a desk left behind.
pub async fn ledger(folder: &Path) -> Vec<Effect> {
    let storage = storage(folder).await;
    let page = storage.list(&Filter { limit: 500, ..Filter::default() }).await.unwrap();
    assert!(page.next.is_none(), "more conversations than one page has");
    let mut rows = Vec::new();
    for summary in page.conversations {
        rows.extend(storage.effects_of(&summary.conversation).await.unwrap());
    }
    storage.close().await;
    rows
}

/// Words of which each says that something was done. An agent says them, or a fixed line where no agent did. Notes have no
/// line.
fn words_for_done(kind: EffectKind) -> &'static [&'static str] {
    match kind {
        EffectKind::Refund | EffectKind::PaymentRefund | EffectKind::ReturnRefund | EffectKind::Goodwill => {
            &["I have refunded $", "has been refunded for"]
        }
        EffectKind::Cancellation => &["I have cancelled order", "has been cancelled, and"],
        EffectKind::AddressChange => &["I have changed the delivery address", "has been changed as you asked"],
        EffectKind::Note => &["I have added a note"],
        EffectKind::Return => &["I have opened return", "The return of order"],
        EffectKind::Label => &["Here is your label: http", "Your return label for order"],
        _ => &[],
    }
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
                // What is still to come of one that is confirmed comes later, and has no name of its own.
                EventBody::EffectMoved { effect, state, vendor_reference, .. } => {
                    format!("effect {effect} {state:?} {vendor_reference:?}")
                }
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

    /// At most once, and not before it was so. What was not done is a person's.
    fn tells_what_was_done(&self, effects: &[Effect], status: Status) {
        for effect in effects {
            let words = words_for_done(effect.kind);
            let done = self.events.iter().find(|event| {
                matches!(&event.body, EventBody::EffectMoved { effect: moved, state: EffectState::Confirmed, .. }
                    if *moved == effect.id)
            });
            let told: Vec<&Event> = self
                .events
                .iter()
                .filter(|event| match &event.body {
                    EventBody::MessageCompleted { content, .. } => words.iter().any(|words| content.contains(words)),
                    _ => false,
                })
                .collect();
            let early = told.iter().any(|told| done.is_none_or(|done| done.seq > told.seq));
            self.holds(!early, &format!("a {:?} is told once it is done", effect.kind));
            self.holds(told.len() <= 1, &format!("a {:?} is told once", effect.kind));
            if done.is_some() && !words.is_empty() && effect.kind != EffectKind::Note {
                self.holds(told.len() == 1, &format!("a {:?} that was done is told", effect.kind));
            }
            if effect.order.is_some() && effect.state == EffectState::Failed {
                let with_person = matches!(status, Status::HandoffPending | Status::HumanHandling);
                self.holds(with_person, &format!("a person has the {:?} that was not done", effect.kind));
            }
        }
    }

    /// All that was said stands in the last ticket: once, and in order.
    fn has_its_twin(&self, world: &World) {
        let ticket = self.bodies().fold(None, |ticket, body| match body {
            EventBody::HandedOff { ticket, .. } => ticket.as_ref(),
            _ => ticket,
        });
        let Some(ticket) = ticket.and_then(|ticket| world.helpdesk.ticket(ticket.id.parse().unwrap())) else { return };
        let texts: Vec<&str> = ticket.messages.iter().filter_map(|message| message.body_text.as_deref()).collect();
        let written = texts.join("\n");
        let mut place = 0;
        for body in self.bodies() {
            let (EventBody::MessageReceived { content, .. } | EventBody::MessageCompleted { content, .. }) = body
            else {
                continue;
            };
            let found = written[place..].find(content.as_str());
            self.holds(found.is_some(), &format!("{content:?} stands in the ticket, in its order: {written}"));
            place += found.unwrap_or_default() + content.len();
        }
        let said = self
            .bodies()
            .filter(|body| matches!(body, EventBody::MessageReceived { .. } | EventBody::MessageCompleted { .. }));
        let public = ticket.messages.iter().filter(|message| message.public).count();
        self.holds(public <= said.count(), "nothing stands in the ticket twice");
    }

    fn agrees_with_world(&self, effect: &Effect, world: &World) {
        let (there, name) = in_world(effect, world);
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

/// How often the world has an effect, and what that is.
fn in_world(effect: &Effect, world: &World) -> (usize, &'static str) {
    let id = effect.id.as_str();
    let is_in = |text: Option<&str>| text.is_some_and(|text| text.contains(id));
    let refunds = || world.orders.iter().flat_map(|order| &order.refunds);
    let with_note = || refunds().filter(|refund| is_in(refund.note.as_deref())).count();
    let returns = || world.orders.iter().flat_map(|order| &order.returns);
    match effect.kind {
        EffectKind::Ticket => {
            let tickets = &world.helpdesk.tickets;
            (tickets.iter().filter(|ticket| ticket.external_id.as_deref() == Some(id)).count(), "ticket")
        }
        EffectKind::TicketEntry => {
            let written = world.helpdesk.tickets.iter().flat_map(|ticket| &ticket.messages);
            (written.filter(|message| message.external_id.as_deref() == Some(id)).count(), "entry in a ticket")
        }
        // How the ticket stands shows what it came to, and not how often.
        EffectKind::TicketChange => (usize::from(effect.state == EffectState::Confirmed), "change of a ticket"),
        EffectKind::Code | EffectKind::Letter => {
            let of_effect = |mail: &&Mail| mail.custom_args["deskhand_effect"] == id;
            (world.mails.iter().filter(of_effect).count(), "mail")
        }
        EffectKind::Refund | EffectKind::Goodwill => (with_note(), "refund"),
        EffectKind::PaymentRefund => {
            let refunds = world.intents.iter().flat_map(|intent| &intent.refunds);
            let paid = refunds.filter(|refund| refund.metadata.values().any(|value| value == id)).count();
            (if paid == with_note() { paid } else { usize::MAX }, "refund and its entry at the platform")
        }
        EffectKind::ReturnRefund => {
            let of = effect.wish["returned"].as_str().unwrap_or_default();
            let of_return = |returned: u64| of.rsplit('/').next() == Some(&returned.to_string());
            (refunds().filter(|refund| refund.returned.is_some_and(of_return)).count(), "refund of a return")
        }
        EffectKind::Cancellation => {
            let cancelled = world.orders.iter().filter_map(|order| order.cancellation.as_ref());
            (cancelled.filter(|cancelled| is_in(cancelled.staff_note.as_deref())).count(), "cancellation")
        }
        EffectKind::AddressChange => {
            let of = effect.order.as_ref().map(|order| order.as_str().to_owned()).unwrap_or_default();
            let own = world.orders.iter().filter(|order| of.rsplit('/').next() == Some(&order.id.to_string()));
            let lives = own
                .filter_map(|order| order.shipping_address.as_ref())
                .filter(|address| effect.wish["line1"] == address.line1 && effect.wish["postcode"] == address.postcode);
            (lives.count(), "address")
        }
        EffectKind::Note => {
            let notes = world.orders.iter().filter_map(|order| order.note.as_deref());
            (notes.flat_map(str::lines).filter(|line| is_in(Some(line))).count(), "line in a note")
        }
        EffectKind::Return => {
            let carries = |line: &ReturnLine| is_in(Some(&line.reason_note)) || is_in(line.customer_note.as_deref());
            (returns().filter(|returned| returned.lines.iter().any(carries)).count(), "return")
        }
        EffectKind::Label => {
            let bought = world.shipments.iter().filter(|shipment| shipment.postage.is_some());
            (bought.filter(|shipment| shipment.reference.as_deref() == Some(id)).count(), "label")
        }
        EffectKind::ReturnLabel => {
            let of = effect.order.as_ref().map(|order| order.as_str().to_owned()).unwrap_or_default();
            let own = world.orders.iter().filter(|order| of.rsplit('/').next() == Some(&order.id.to_string()));
            let ways = own.flat_map(|order| &order.returns).flat_map(|returned| &returned.deliveries);
            (ways.filter(|way| way.label_url.is_some()).count(), "label at the platform")
        }
        EffectKind::ApprovalMail => unreachable!("nobody is asked here"),
    }
}
