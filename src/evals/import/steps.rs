//! The conversation, step by step: what the shopper said, what people decided, what time brought, and the model's part.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::deeds::Deed;
use super::receipts::{Receipt, written};
use super::{Wish, outages, staff};
use crate::domain::effect::ApprovalState;
use crate::domain::event::{Analysis, Author, Event, EventBody};
use crate::domain::id::TurnId;
use crate::domain::money::Money;
use crate::evals::case::Reading;
use crate::policy::masking::CODE;

/// A shorter while changes nothing.
const MINUTE: i64 = 60;
/// Of a code that was wrong.
const WRONG_CODE: &str = "000000";
/// Where receipts have what vendors make anew each time.
const ANEW: [&str; 4] = ["return", "label.url", "label.tracking_number", "sent_to"];
/// Who decides when nobody does.
const NOBODY: &str = "policy";

pub fn of(events: &[Event], receipts: &[Receipt<'_>], deeds: &[Deed], begins: Timestamp, wish: &Wish) -> Vec<Value> {
    let mut story = Story { clock: begins, steps: Vec::new(), open: Vec::new(), asked: Vec::new() };
    let made = wish.script.then(|| made_anew(receipts));
    let mut language = "";
    for (index, event) in events.iter().enumerate() {
        let after = events.get(index + 1..).unwrap_or_default();
        match &event.body {
            EventBody::MessageReceived { content, .. } => story.hears(event, content, after),
            EventBody::TurnStarted { turn, .. } => {
                let before = events.get(..index).unwrap_or_default();
                story.steps.extend(staff::of(turn, before, after, deeds));
                story.answers(turn, after, made.as_deref());
            }
            EventBody::Routed { analysis, .. } => language = &analysis.language,
            EventBody::ApprovalRequested { effect, amount, .. } => story.asked.push((effect.as_str(), *amount)),
            EventBody::ApprovalDecided { effect, state, by, amount, .. } => {
                story.closes();
                story.passes(event.at);
                if by != NOBODY {
                    let told = after.first().and_then(|next| match &next.body {
                        EventBody::MessageCompleted { author: Author::System, content, .. } => Some(content),
                        _ => None,
                    });
                    let deed = deeds.iter().find(|deed| deed.id == effect.as_str());
                    let order = deed.and_then(|deed| deed.order.as_deref()).unwrap_or_default();
                    let line = wish.languages.lines(language).approval_denied(order);
                    let message = told.and_then(|told| told.strip_prefix(&line)).map(str::trim);
                    story.decides(effect.as_str(), state, *amount, message.filter(|message| !message.is_empty()));
                }
            }
            // Nobody's message brought it: time did.
            EventBody::EffectMoved { .. } if story.open.is_empty() => story.passes(event.at),
            _ => {}
        }
    }
    story.closes();
    story.steps
}

struct Story<'e> {
    clock: Timestamp,
    steps: Vec<Value>,
    /// Messages that no turn has answered yet.
    open: Vec<String>,
    /// What waits for a yes, with the amounts.
    asked: Vec<(&'e str, Option<Money>)>,
}

impl<'e> Story<'e> {
    fn hears(&mut self, event: &Event, content: &str, after: &[Event]) {
        if self.open.is_empty() {
            self.passes(event.at);
        }
        let right = after.first().is_some_and(|next| matches!(next.body, EventBody::CodeChecked { right: true, .. }));
        self.open.push(content.replace(CODE, if right { "{code}" } else { WRONG_CODE }));
    }

    /// A turn answers all that was said before it.
    fn answers(&mut self, turn: &TurnId, after: &[Event], made: Option<&[(String, String)]>) {
        let part = Part::of(turn, after);
        self.steps.extend(outages::of(turn, after));
        let mut step = Map::new();
        step.insert("say".to_owned(), std::mem::take(&mut self.open).join("\n").into());
        if let Some(analysis) = part.analysis {
            step.insert("intent".to_owned(), analysis.intent.as_str().into());
            if made.is_some() {
                step.extend(reading(analysis).map(|reading| ("reading".to_owned(), reading)));
            }
        }
        if let Some(made) = made.filter(|_| !part.lines.is_empty()) {
            let lines = part.lines.into_iter().map(|line| with_places(line, made));
            step.insert("script".to_owned(), lines.collect());
        } else if made.is_some() {
            step.insert("script".to_owned(), json!([]));
        }
        self.steps.push(Value::Object(step));
    }

    /// What nobody answered was said to a person.
    fn closes(&mut self) {
        if !self.open.is_empty() {
            let said = std::mem::take(&mut self.open).join("\n");
            self.steps.push(json!({ "say": said }));
        }
    }

    fn passes(&mut self, until: Timestamp) {
        let gap = until.as_second() - self.clock.as_second();
        if gap < MINUTE {
            return;
        }
        let minutes = gap.div_euclid(MINUTE) + i64::from(gap.rem_euclid(MINUTE) > 0);
        let (day, hour) = (24 * 60, 60);
        let text = match minutes {
            whole if whole % day == 0 => format!("{}d", whole / day),
            whole if whole % hour == 0 => format!("{}h", whole / hour),
            minutes => format!("{minutes}m"),
        };
        self.closes();
        self.clock += SignedDuration::from_mins(minutes);
        self.steps.push(json!({ "later": text }));
    }

    /// `message` is what a person had told beside a no.
    fn decides(&mut self, effect: &str, state: &ApprovalState, amount: Option<Money>, message: Option<&str>) {
        let proposed = self.asked.iter().find(|(asked, _)| *asked == effect).and_then(|(_, amount)| *amount);
        self.steps.push(match state {
            ApprovalState::Approved if amount != proposed => {
                json!({ "approve": { "amount": amount.map(Money::decimal) } })
            }
            ApprovalState::Approved => json!({ "approve": {} }),
            _ => json!({ "deny": message.map_or_else(|| json!({}), |message| json!({ "message": message })) }),
        });
    }
}

/// What was read in a turn's messages, and what the model did.
#[derive(Default)]
struct Part<'e> {
    analysis: Option<&'e Analysis>,
    lines: Vec<Value>,
}

impl<'e> Part<'e> {
    fn of(turn: &TurnId, after: &'e [Event]) -> Self {
        let mut part = Self::default();
        let mut said: Option<&str> = None;
        for event in after {
            match &event.body {
                EventBody::TurnCompleted { turn: ended, .. } if ended == turn => break,
                EventBody::Routed { analysis, .. } => {
                    part.analysis.get_or_insert(analysis);
                }
                EventBody::MessageCompleted { author: Author::Agent, content, .. } => said = Some(content),
                EventBody::Drafted { content, .. } => said = Some(content),
                EventBody::ClaimWithheld { sentence, .. } => part.lines.push(json!({ "say": sentence })),
                EventBody::ModelAnswered { calls, .. } => {
                    let mut said = said.take();
                    for call in calls {
                        let mut line = json!({ "call": call.name, "arguments": written(&call.arguments) });
                        if let (Some(words), Value::Object(fields)) = (said.take(), &mut line) {
                            fields.insert("say".to_owned(), words.into());
                        }
                        part.lines.push(line);
                    }
                    part.lines.extend(said.map(|words| json!({ "say": words })));
                }
                _ => {}
            }
        }
        part.lines.extend(said.map(|words| json!({ "say": words })));
        part
    }
}

/// None where it is what a script's router reads anyway.
fn reading(analysis: &Analysis) -> Option<Value> {
    let usual = Reading::default();
    let (sentiment, language) = (analysis.sentiment.as_str(), analysis.language.as_str());
    let is_usual = sentiment == usual.sentiment && language == usual.language;
    (!is_usual).then(|| json!({ "sentiment": sentiment, "language": language }))
}

/// Values of receipts that are others each time, and their places.
fn made_anew(receipts: &[Receipt<'_>]) -> Vec<(String, String)> {
    let mut made = Vec::new();
    for receipt in receipts {
        let own = ANEW.iter().filter_map(|place| {
            let value = receipt.content.pointer(&format!("/{}", place.replace('.', "/")))?.as_str()?;
            Some((value.to_owned(), (*place).to_owned()))
        });
        made.extend(own);
        let shipments = receipt.content.get("shipments").and_then(Value::as_array).into_iter().flatten();
        made.extend(shipments.enumerate().filter_map(|(at, shipment)| {
            Some((shipment.get("tracking_url")?.as_str()?.to_owned(), format!("shipments.{at}.tracking_url")))
        }));
    }
    made.retain(|(value, _)| !value.is_empty());
    made.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    made.dedup();
    made
}

/// A line of the script, with places for what is made anew.
fn with_places(mut line: Value, made: &[(String, String)]) -> Value {
    if let Some(Value::String(words)) = line.get_mut("say") {
        for (value, place) in made {
            *words = words.replace(value, &format!("{{{place}}}"));
        }
    }
    line
}
