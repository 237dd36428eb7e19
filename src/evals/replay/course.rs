//! What of a conversation can be held against another run of it: what was read and who had it, which tools were used and how
//! that ended, what the policy said, what was done, and where it ended.

use serde::Serialize;
use serde_json::Value;

use crate::domain::effect::EffectKind;
use crate::domain::event::{Event, EventBody};
use crate::evals::import::deeds::{self, Deed};
use crate::evals::import::{expectations, receipts};

const INTENT: &str = "intent";
const AGENT: &str = "agent";
const TOOLS: &str = "tools";
const POLICY: &str = "policy";
const EFFECTS: &str = "effects";
const HANDOFF: &str = "hand-off";
const STATUS: &str = "status";
const IDENTITY: &str = "identity";

/// Of these, each entry counts for itself; of the others, the order counts.
const UNORDERED: [&str; 2] = [POLICY, EFFECTS];

type Facts = Vec<(&'static str, Vec<String>)>;

#[derive(Clone, Debug)]
pub struct Course {
    /// Whether decisions tell amounts: those of an exported transcript do not.
    amounts: bool,
    turns: Vec<Turn>,
    /// Of the conversation as a whole.
    whole: Facts,
}

/// A message, or several at once, and what they led to.
#[derive(Clone, Debug)]
struct Turn {
    said: String,
    facts: Facts,
}

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// From 1; none: of the conversation as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<usize>,
    /// What the shopper said there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    pub what: &'static str,
    /// What was then and is not now.
    pub then: Vec<String>,
    pub now: Vec<String>,
}

impl Course {
    pub fn of(events: &[Event]) -> Self {
        let silent = |event: &Event| matches!(&event.body, EventBody::PolicyDecided { judged, .. } if judged.is_null());
        Self::read(events, !events.iter().any(silent))
    }

    fn read(events: &[Event], amounts: bool) -> Self {
        let mut turns: Vec<Turn> = Vec::new();
        let (mut open, mut beside) = (Vec::new(), Vec::new());
        for event in events {
            match &event.body {
                EventBody::MessageReceived { content, .. } => open.push(content.as_str()),
                EventBody::TurnStarted { .. } => turns.push(Turn::begin(std::mem::take(&mut open).join(" "))),
                EventBody::Routed { agent, from, analysis, .. } => {
                    if let Some(turn) = turns.last_mut() {
                        // A hand-over within the turn reads nothing anew.
                        turn.note(INTENT, from.is_none().then(|| analysis.intent.as_str().to_owned()));
                        turn.note(AGENT, Some(agent.clone()));
                    }
                }
                EventBody::ToolCompleted { tool, outcome, .. } => {
                    let outcome = serde_json::to_value(outcome).unwrap_or_default();
                    let told = format!("{tool} {}", outcome.as_str().unwrap_or_default());
                    turns.iter_mut().last().into_iter().for_each(|turn| turn.note(TOOLS, Some(told.clone())));
                }
                EventBody::PolicyDecided { turn, acts, subject, verdict, code, judged } => {
                    let told =
                        decision(*acts, subject, verdict, code, judged.pointer("/decision/pays").filter(|_| amounts));
                    match turns.last_mut().filter(|_| turn.is_some()) {
                        Some(turn) => turn.note(POLICY, Some(told)),
                        None => beside.push(told),
                    }
                }
                _ => {}
            }
        }
        Self { amounts, turns, whole: whole(events, beside) }
    }

    /// What is not the same in the log of another run, turn by turn, and then of the whole.
    pub fn differences(&self, now: &[Event]) -> Vec<Difference> {
        let now = Self::read(now, self.amounts);
        let mut all = Vec::new();
        for index in 0..self.turns.len().max(now.turns.len()) {
            let (was, is) = (self.turns.get(index), now.turns.get(index));
            let said = was.or(is).map(|turn| turn.said.clone());
            let facts = |turn: Option<&Turn>| turn.map_or_else(nothing, |turn| turn.facts.clone());
            let (was, is) = (facts(was), facts(is));
            all.extend(differing(&was, &is).map(|found| Difference {
                turn: Some(index + 1),
                said: said.clone(),
                ..found
            }));
        }
        all.extend(differing(&self.whole, &now.whole));
        all
    }
}

impl Turn {
    fn begin(said: String) -> Self {
        Self { said, facts: nothing() }
    }

    fn note(&mut self, what: &'static str, fact: Option<String>) {
        if let Some((_, known)) = self.facts.iter_mut().find(|(known, _)| *known == what) {
            known.extend(fact);
        }
    }
}

fn nothing() -> Facts {
    [INTENT, AGENT, TOOLS, POLICY].map(|what| (what, Vec::new())).to_vec()
}

fn whole(events: &[Event], beside: Vec<String>) -> Facts {
    let deeds = deeds::of(events, &receipts::of(events));
    let told = deeds.iter().filter(|deed| deed.kind != EffectKind::ApprovalMail).map(effect).collect();
    let handed = events.iter().filter_map(|event| match &event.body {
        EventBody::HandedOff { reason, ticket: None, .. } => serde_json::to_value(reason).ok(),
        _ => None,
    });
    let handed = handed.filter_map(|reason| reason.as_str().map(str::to_owned)).collect();
    vec![
        (POLICY, beside),
        (EFFECTS, told),
        (HANDOFF, handed),
        (STATUS, vec![expectations::status(events).as_str().to_owned()]),
        (IDENTITY, vec![expectations::assurance(events).to_owned()]),
    ]
}

/// `refund of 48.00 USD on #70001, waits for a yes [above_returnless_limit]`
fn effect(deed: &Deed) -> String {
    let amount = deed.amount.map_or_else(String::new, |amount| format!(" of {amount}"));
    let order = deed.order.as_ref().map_or_else(String::new, |order| format!(" on {order}"));
    let asked = deed
        .approval
        .as_ref()
        .map_or_else(String::new, |asked| format!(" [{}, {}]", asked.reason, asked.state.as_str()));
    format!("{}{amount}{order}, {}{asked}", deed.kind.as_str().replace('_', " "), deed.state.as_str())
}

/// `refund: needs approval [above_returnless_limit], 48.00 USD`
fn decision(acts: bool, subject: &str, verdict: &str, code: &str, pays: Option<&Value>) -> String {
    let pays = pays.and_then(deeds::money);
    let pays = pays.map_or_else(String::new, |pays| format!(", {pays}"));
    let asked = if acts { "" } else { ", asked to tell only" };
    format!("{}: {} [{code}]{pays}{asked}", subject.replace('_', " "), verdict.replace('_', " "))
}

fn differing<'f>(was: &'f Facts, is: &'f Facts) -> impl Iterator<Item = Difference> + use<'f> {
    was.iter().zip(is).filter_map(|((what, then), (_, now))| {
        let (then, now) = match UNORDERED.contains(what) {
            true => (without(then, now), without(now, then)),
            false if then == now => return None,
            false => (then.clone(), now.clone()),
        };
        let same = then.is_empty() && now.is_empty();
        (!same).then_some(Difference { turn: None, said: None, what, then, now })
    })
}

/// What is left of these if those are taken out, one for one.
fn without(these: &[String], those: &[String]) -> Vec<String> {
    let mut left = these.to_vec();
    for one in those {
        if let Some(at) = left.iter().position(|known| known == one) {
            left.remove(at);
        }
    }
    left
}
