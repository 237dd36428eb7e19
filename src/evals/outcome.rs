//! What came of a case that was played, read from its log, its ledger and its world.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::changes::Change;
use crate::agents::conversation::Conversation;
use crate::domain::effect::Effect;
use crate::domain::event::{Analysis, Author, Event, EventBody, Status};
use crate::domain::identity::Assurance;
use crate::domain::money::Money;
use crate::storage::approvals::Approval;

/// One line of what happened, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Line {
    Shopper {
        text: String,
    },
    Agent {
        text: String,
    },
    /// A fixed line of the desk.
    Desk {
        text: String,
    },
    /// A colleague, in the helpdesk.
    Person {
        text: String,
    },
    Tool {
        name: String,
        arguments: String,
        outcome: String,
        receipt: Value,
    },
    Withheld {
        sentence: String,
        reason: String,
    },
    /// What people, carriers and time did.
    World {
        text: String,
    },
    Failed {
        code: String,
        message: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub tool: String,
    pub arguments: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub order: String,
    pub kind: String,
    pub reason: String,
    pub amount: Option<Money>,
    pub state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub kind: String,
    pub state: String,
    pub amount: Option<Money>,
}

/// What one step led to.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub reply: String,
    pub agent: Option<String>,
    pub analysis: Option<Analysis>,
    /// That a customer was not done in time.
    pub undone: Option<String>,
}

impl Said {
    /// What one line after another led to.
    pub fn add(&mut self, next: Self) {
        if !self.reply.is_empty() && !next.reply.is_empty() {
            self.reply.push('\n');
        }
        self.reply.push_str(&next.reply);
        self.agent = next.agent.or(self.agent.take());
        self.analysis = next.analysis.or(self.analysis.take());
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    pub lines: Vec<Line>,
    #[serde(skip)]
    pub steps: Vec<Said>,
    pub calls: Vec<Call>,
    pub changes: Vec<Change>,
    pub approvals: Vec<Waiting>,
    pub ledger: Vec<Row>,
    pub status: String,
    pub agent: Option<String>,
    pub intent: Option<String>,
    /// What the agent would have said last, where a person speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    pub assurance: String,
    pub withheld: u32,
    pub model_calls: u32,
    pub tokens: u64,
    /// What broke on the way.
    pub failures: Vec<String>,
    /// One-time codes that were typed, which are others each time.
    #[serde(skip)]
    pub codes: Vec<String>,
    /// The logs that it was read from.
    #[serde(skip)]
    pub events: Vec<Event>,
}

/// All that an outcome is read from.
pub struct Remains<'a> {
    /// Of one conversation after the other.
    pub logs: Vec<Vec<Event>>,
    /// The last one.
    pub conversation: &'a Conversation,
    pub effects: &'a [Effect],
    pub approvals: &'a [Approval],
    pub changes: Vec<Change>,
    pub steps: Vec<Said>,
    /// By the numbers of the log, from 0, and of the event after which it happened.
    pub beside: Vec<((usize, u64), String)>,
    pub codes: Vec<String>,
}

impl Outcome {
    pub fn of(remains: Remains<'_>) -> Self {
        let mut outcome = Self {
            lines: Vec::new(),
            calls: Vec::new(),
            changes: remains.changes,
            approvals: remains.approvals.iter().map(|approval| waiting(approval, remains.effects)).collect(),
            // What a ticket has of the conversation is no effect that a case would name.
            ledger: remains.effects.iter().filter(|effect| !effect.kind.keeps_a_ticket()).map(row).collect(),
            status: status(remains.conversation.status),
            agent: remains.conversation.agent.clone(),
            draft: remains.conversation.draft.clone(),
            intent: remains.conversation.analysis.as_ref().map(|analysis| analysis.intent.as_str().to_owned()),
            assurance: assurance(remains.conversation).to_owned(),
            withheld: 0,
            model_calls: 0,
            tokens: 0,
            failures: Vec::new(),
            codes: remains.codes,
            events: Vec::new(),
            steps: remains.steps,
        };
        // Letters and the like are written beside each other.
        outcome.ledger.sort_by(|left, right| (&left.kind, &left.state).cmp(&(&right.kind, &right.state)));
        let mut beside = remains.beside.into_iter().peekable();
        let mut arguments: BTreeMap<String, String> = BTreeMap::new();
        for (log, events) in remains.logs.iter().enumerate() {
            for event in events {
                outcome.read(event, &mut arguments);
                while let Some((_, text)) = beside.next_if(|(after, _)| *after <= (log, event.seq)) {
                    outcome.lines.push(Line::World { text });
                }
            }
        }
        outcome.lines.extend(beside.map(|(_, text)| Line::World { text }));
        outcome.events = remains.logs.concat();
        outcome
    }

    fn read(&mut self, event: &Event, arguments: &mut BTreeMap<String, String>) {
        match &event.body {
            EventBody::MessageReceived { content, .. } => self.lines.push(Line::Shopper { text: content.clone() }),
            EventBody::MessageCompleted { author, content, .. } => self.lines.push(match author {
                Author::Agent => Line::Agent { text: content.clone() },
                Author::System => Line::Desk { text: content.clone() },
            }),
            EventBody::HumanMessage { content, .. } => self.lines.push(Line::Person { text: content.clone() }),
            EventBody::ModelAnswered { calls, usage, .. } => {
                self.model_calls += 1;
                self.tokens += usage.input_tokens + usage.output_tokens;
                for call in calls {
                    arguments.insert(call.id.to_string(), call.arguments.clone());
                    let given = serde_json::from_str(&call.arguments);
                    let given = given.unwrap_or_else(|_| Value::from(call.arguments.clone()));
                    self.calls.push(Call { tool: call.name.clone(), arguments: given });
                }
            }
            EventBody::ToolCompleted { call, tool, outcome, receipt, .. } => self.lines.push(Line::Tool {
                name: tool.clone(),
                arguments: arguments.remove(call.as_str()).unwrap_or_default(),
                outcome: word(outcome),
                receipt: Value::clone(receipt),
            }),
            EventBody::ClaimWithheld { sentence, reason, .. } => {
                self.withheld += 1;
                self.lines.push(Line::Withheld { sentence: sentence.clone(), reason: reason.clone() });
            }
            EventBody::Failed { code, message, .. } => {
                self.failures.push(format!("{code}: {message}"));
                self.lines.push(Line::Failed { code: code.clone(), message: message.clone() });
            }
            _ => {}
        }
    }

    /// What the router read first.
    pub fn first_intent(&self) -> Option<&'static str> {
        self.events.iter().find_map(|event| match &event.body {
            EventBody::Routed { analysis, .. } => Some(analysis.intent.as_str()),
            _ => None,
        })
    }

    /// All that was said to the shopper.
    pub fn said(&self) -> String {
        let said = self.lines.iter().filter_map(|line| match line {
            Line::Agent { text } | Line::Desk { text } => Some(text.as_str()),
            _ => None,
        });
        said.collect::<Vec<_>>().join("\n")
    }
}

/// The word in which it is stored.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

fn status(status: Status) -> String {
    status.as_str().to_owned()
}

fn assurance(conversation: &Conversation) -> &'static str {
    match conversation.identity.highest() {
        Assurance::Anonymous => "anonymous",
        Assurance::OrderMatched => "order_matched",
        Assurance::Verified => "verified",
    }
}

fn row(effect: &Effect) -> Row {
    Row {
        kind: effect.kind.as_str().to_owned(),
        state: effect.state.as_str().to_owned(),
        amount: effect.known_amount(),
    }
}

fn waiting(approval: &Approval, effects: &[Effect]) -> Waiting {
    let effect = effects.iter().find(|effect| effect.id == approval.effect);
    let order = approval.proposal.get("order_number").and_then(Value::as_str).unwrap_or_default();
    Waiting {
        order: order.to_owned(),
        kind: effect.map(|effect| effect.kind.as_str().to_owned()).unwrap_or_default(),
        reason: approval.reason.clone(),
        amount: effect.and_then(Effect::known_amount),
        state: approval.state.as_str().to_owned(),
    }
}
