//! A conversation on the turn machine alone, for domains that have no desk: its log lies in memory, and no store, policy, ledger or
//! check of claims is behind it.

use std::sync::Arc;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde_json::Value;

use super::changes::Change;
use super::domain::Broken;
use super::outcome::{Outcome, Remains};
use crate::agents::catalog::{Agent, Catalog};
use crate::agents::context;
use crate::agents::conversation::Conversation;
use crate::agents::turn::{Step, Surroundings, UNREACHABLE, next};
use crate::domain::event::{Analysis, Author, Entities, Event, EventBody, Intent, Sentiment, ToolCall, ToolOutcome};
use crate::domain::id::{CallId, ConversationId, MessageId, StoreId, TurnId};
use crate::model::{ChatModel, ChatRequest, Completion, ModelError, Piece};
use crate::policy::{Caps, Mode, People, Policy};

/// What answers to tool calls.
pub trait Toolbox: Send {
    fn call(&mut self, call: &ToolCall) -> Returned;

    /// Whether the conversation ends with what was just returned.
    fn is_over(&self) -> bool;
}

/// What a tool gave, as the model reads it.
pub struct Returned {
    pub text: String,
    pub failed: bool,
}

/// How a turn ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    Reply(String),
    /// The toolbox has ended the conversation.
    Over,
    /// More steps would have been needed than were left.
    OutOfSteps,
}

pub struct Dialogue {
    agents: Arc<Catalog>,
    policy: Arc<Policy>,
    model: Arc<dyn ChatModel>,
    conversation: Conversation,
    log: Vec<Event>,
    turns: u32,
    /// Answers of the model, and rounds of tool calls, that may still come.
    steps_left: u32,
}

impl Dialogue {
    /// # Errors
    /// Never, as long as a log may begin with its opening.
    pub fn new(agents: Arc<Catalog>, model: Arc<dyn ChatModel>, most_steps: u32) -> anyhow::Result<Self> {
        let body = EventBody::Opened {
            store: StoreId::new("none"),
            channel: "eval".to_owned(),
            key: None,
            customer: None,
            metadata: None,
        };
        let opened = Event { conversation: ConversationId::new("conv_eval"), seq: 1, at: Timestamp::UNIX_EPOCH, body };
        let log = vec![opened];
        let conversation = Conversation::fold(&log).context("a log that begins with its opening does not read")?;
        let policy = Arc::new(open_policy());
        Ok(Self { agents, policy, model, conversation, log, turns: 0, steps_left: most_steps })
    }

    pub fn log(&self) -> &[Event] {
        &self.log
    }

    pub fn outcome(&self, changes: Vec<Change>) -> Outcome {
        let (logs, conversation) = (vec![self.log.clone()], &self.conversation);
        let (steps, beside, codes) = (Vec::new(), Vec::new(), Vec::new());
        Outcome::of(Remains { logs, conversation, effects: &[], approvals: &[], changes, steps, beside, codes })
    }

    /// Counts a step that others take. `false`: none is left.
    pub fn step(&mut self) -> bool {
        let is_left = self.steps_left > 0;
        self.steps_left = self.steps_left.saturating_sub(1);
        is_left
    }

    /// A line of the agent's that no model has said.
    pub fn greet(&mut self, text: &str) {
        self.append(said(None, MessageId::new("msg_0"), 0, text));
    }

    /// The shopper's words, and all that the agent does about them.
    ///
    /// # Errors
    /// The model gives no answer, or none that the turn machine could go on with.
    pub async fn say(&mut self, text: &str, tools: &mut dyn Toolbox) -> Result<Turn, Broken> {
        self.turns += 1;
        let turn = TurnId::new(format!("turn_{}", self.turns));
        let (message, content) = (MessageId::new(format!("msg_{}", self.log.len())), text.to_owned());
        self.append(EventBody::MessageReceived { message, client_message_id: None, content, remote: None });
        self.append(EventBody::TurnStarted { turn: turn.clone(), through: self.conversation.heard_through() });
        let mut reply = String::new();
        let (agents, policy) = (Arc::clone(&self.agents), Arc::clone(&self.policy));
        let around = Surroundings { catalog: &agents, policy: &policy, speaks: &|_| true, closed: false };
        while let Some(step) = next(&self.conversation, &around) {
            match step {
                // There is nobody to choose from.
                Step::Classify | Step::Keep(_) => {
                    let routed = agents.for_intent(Intent::Other).map(|agent| routed(&turn, agent));
                    self.append(routed.context("the domain has no agent")?);
                }
                Step::Ask(_) | Step::Use(..) if !self.step() => return Ok(Turn::OutOfSteps),
                Step::Ask(agent) => reply = self.ask(&turn, agent).await,
                Step::Use(_, calls) => {
                    for call in &calls {
                        self.use_tool(&turn, call, tools);
                    }
                    if tools.is_over() {
                        return Ok(Turn::Over);
                    }
                }
                Step::HandOff(_) | Step::Await => return Err(self.unanswered()),
                Step::Finish { helped } => {
                    let through = self.conversation.heard_through();
                    self.append(EventBody::TurnCompleted { turn: turn.clone(), through, helped });
                }
            }
        }
        Ok(Turn::Reply(reply))
    }

    /// What the model says, if that is its last word; else nothing.
    async fn ask(&mut self, turn: &TurnId, agent: &Agent) -> String {
        let request = context::specialist(&self.conversation, agent);
        let attempt = self.conversation.turn.as_ref().map_or(1, |turn| turn.attempt + 1);
        let completion = match self.completion(&request).await {
            Ok(completion) => completion,
            Err(error) => {
                let broke_off = matches!(error, ModelError::BrokenOff { .. });
                let code = if broke_off { "model_broke_off" } else { UNREACHABLE };
                self.append(failed(turn, code, error.to_string()));
                return String::new();
            }
        };
        let text = completion.text.trim().to_owned();
        if completion.refused {
            self.append(failed(turn, "model_refused", "it refused to answer".to_owned()));
            return String::new();
        }
        if text.is_empty() && completion.calls.is_empty() {
            self.append(failed(turn, "model_said_nothing", "an empty answer".to_owned()));
            return String::new();
        }
        if !text.is_empty() {
            let message = MessageId::new(format!("msg_{}", self.log.len()));
            self.append(said(Some(turn.clone()), message, attempt, &text));
        }
        let calls = self.distinct(completion.calls);
        let (model, usage, last) = (completion.model, completion.usage, calls.is_empty());
        let asked: Vec<(CallId, String)> = calls.iter().map(|call| (call.id.clone(), call.name.clone())).collect();
        self.append(EventBody::ModelAnswered { turn: turn.clone(), attempt, calls, model, usage });
        for (call, tool) in asked {
            self.append(EventBody::ToolStarted { turn: turn.clone(), call, tool });
        }
        if last { text } else { String::new() }
    }

    async fn completion(&self, request: &ChatRequest) -> Result<Completion, ModelError> {
        let mut answer = self.model.ask(request).await?;
        while let Some(piece) = answer.next().await {
            if let Piece::Done(completion) = piece? {
                return Ok(completion);
            }
        }
        Err(ModelError::BrokenOff { reason: "it ended early".to_owned() })
    }

    fn use_tool(&mut self, turn: &TurnId, call: &ToolCall, tools: &mut dyn Toolbox) {
        let Returned { text, failed } = tools.call(call);
        self.append(EventBody::ToolCompleted {
            turn: turn.clone(),
            call: call.id.clone(),
            tool: call.name.clone(),
            outcome: if failed { ToolOutcome::Refused } else { ToolOutcome::Done },
            receipt: Arc::new(Value::from(text)),
            projection: Value::Null,
        });
    }

    /// Calls under ids that occur once, whatever the model sent.
    fn distinct(&self, mut calls: Vec<ToolCall>) -> Vec<ToolCall> {
        let returned = self.conversation.returned();
        let mut known: std::collections::HashSet<CallId> = returned.into_iter().cloned().collect();
        for (number, call) in calls.iter_mut().enumerate() {
            if call.id.as_str().is_empty() || !known.insert(call.id.clone()) {
                call.id = CallId::new(format!("call_{}_{number}", self.log.len()));
                known.insert(call.id.clone());
            }
        }
        calls
    }

    fn append(&mut self, body: EventBody) {
        let seq = self.conversation.len + 1;
        let event = Event { conversation: self.conversation.id.clone(), seq, at: Timestamp::UNIX_EPOCH, body };
        self.conversation.apply(&event);
        self.log.push(event);
    }

    fn unanswered(&self) -> Broken {
        let failure = self.log.iter().rev().find_map(|event| match &event.body {
            EventBody::Failed { message, .. } => Some(message.clone()),
            _ => None,
        });
        let why = failure.unwrap_or_else(|| "the turn machine went no further".to_owned());
        Broken::Agent { name: self.model.description(), why }
    }
}

/// Rules that send nothing to people, and end nothing: what a conversation may take is the domain's to say.
fn open_policy() -> Policy {
    let people = People {
        fraud: Vec::new(),
        press: Vec::new(),
        hand_off_below: 0.0,
        after_failures: u32::MAX,
        unsure_below: 0.0,
        ..People::default()
    };
    let caps = Caps { turns_per_conversation: u32::MAX, steps_per_turn: u32::MAX, ..Caps::default() };
    Policy { mode: Mode::Act, people, caps, ..Policy::default() }
}

fn routed(turn: &TurnId, agent: &Agent) -> EventBody {
    let analysis = Analysis {
        intent: Intent::Other,
        confidence: 1.0,
        sentiment: Sentiment::Neutral,
        language: "en".to_owned(),
        entities: Entities::default(),
    };
    EventBody::Routed { turn: turn.clone(), agent: agent.name.clone(), from: None, analysis, versions: None }
}

fn said(turn: Option<TurnId>, message: MessageId, attempt: u32, text: &str) -> EventBody {
    EventBody::MessageCompleted { turn, message, attempt, author: Author::Agent, content: text.to_owned() }
}

fn failed(turn: &TurnId, code: &str, message: String) -> EventBody {
    EventBody::Failed { turn: Some(turn.clone()), code: code.to_owned(), message }
}
