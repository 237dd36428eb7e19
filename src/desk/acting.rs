//! Runs tool calls: readers side by side, proposals through the gate.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Stop;
use super::driver::{Beside, Session};
use super::effects::Acted;
use super::twin::wanted;
use crate::agents::catalog::Agent;
use crate::agents::conversation::{Entry, Question};
use crate::domain::event::{EventBody, ToolCall, ToolOutcome};
use crate::domain::id::TurnId;
use crate::domain::identity::Proof;
use crate::policy::Mode;
use crate::storage::tries::Scope;
use crate::tools::scene::{Asking, Said};
use crate::tools::{Next, Output, Proposal, Scene, ToolError};

/// What one call leaves behind.
struct Done {
    outcome: ToolOutcome,
    receipt: Value,
    projection: Value,
    proof: Option<Proof>,
    transfer: Option<String>,
    /// What the store's people are asked.
    question: Option<String>,
    /// What happened on the way, besides.
    events: Vec<EventBody>,
}

impl Session<'_> {
    pub(super) async fn use_tools(&mut self, turn: &TurnId, agent: &Agent, calls: Vec<ToolCall>) -> Result<(), Stop> {
        let scopes = self.scopes();
        let said = self.said();
        let scene = self.scene(agent, &said, &scopes);
        let done = join_all(calls.iter().map(|call| self.use_tool(&scene, agent, call))).await;
        let decided = self.decisions.take();
        let mut events: Vec<EventBody> =
            decided.iter().map(|decided| decided.judged.event(Some(turn), decided.acts)).collect();
        let mut transfer = None;
        let mut asking = self.asking();
        for (call, done) in calls.into_iter().zip(done) {
            let mut done = done?;
            if let Some(text) = done.question.take() {
                match asking.allowed() {
                    Ok(()) => done.events.push(EventBody::ColleagueAsked { turn: turn.clone(), text }),
                    Err(error) => done = refused(&error),
                }
                asking = Asking::Waits;
            }
            events.extend(done.proof.map(|proof| EventBody::IdentityProved { turn: Some(turn.clone()), proof }));
            transfer = transfer.or(done.transfer);
            events.extend(done.events);
            events.push(EventBody::ToolCompleted {
                turn: turn.clone(),
                call: call.id,
                tool: call.name,
                outcome: done.outcome,
                receipt: Arc::new(done.receipt),
                projection: done.projection,
            });
        }
        if let (Some(to), Some(analysis)) = (transfer, self.conversation.analysis.clone()) {
            let from = Some(agent.name.clone());
            events.push(self.routed(turn, &to, from, analysis));
        }
        events.extend(wanted(self.setup, &self.conversation, &events));
        let forgiven = self.forgiven.take();
        let beside = Beside { outbox: self.setup.announcements(&events), forgiven: forgiven.clone() };
        let any = !beside.outbox.is_empty();
        let outcome = self.append_with(events, beside).await;
        if any {
            self.desk.wake_outbox();
        }
        if matches!(outcome, Err(Stop::Interrupted)) {
            for admission in forgiven {
                self.desk.storage.forgive(admission).await?;
            }
        }
        outcome
    }

    fn scopes(&self) -> Vec<Scope> {
        let mut scopes = vec![Scope::Conversation(self.conversation.id.to_string())];
        let sender = self.desk.senders.of(&self.conversation.id);
        scopes.extend(sender.address.map(Scope::Address));
        let key = sender.key.or_else(|| self.conversation.key.clone());
        scopes.extend(key.map(|key| Scope::Key(key.to_string())));
        scopes
    }

    fn said(&self) -> Said {
        let mut said = Said::default();
        for entry in &self.conversation.dialogue {
            if let Entry::Customer { text, .. } = entry {
                said.add(text);
            }
        }
        let claimed = self.conversation.claimed.as_ref().and_then(|claim| claim.get("email"));
        claimed.and_then(Value::as_str).into_iter().for_each(|email| said.add(email));
        said
    }

    fn asking(&self) -> Asking {
        let policy = &self.setup.policy;
        if policy.mode < Mode::Approve {
            Asking::Watched
        } else if self.conversation.question.as_ref().is_some_and(Question::waits) {
            Asking::Waits
        } else if self.conversation.questions >= policy.people.questions {
            Asking::UsedUp
        } else {
            Asking::Allowed
        }
    }

    fn scene<'s>(&'s self, agent: &'s Agent, said: &'s Said, scopes: &'s [Scope]) -> Scene<'s> {
        Scene {
            store: &self.setup.profile,
            identity: &self.conversation.identity,
            matched: &self.conversation.matched,
            said,
            readers: &self.setup.readers,
            help: &self.setup.help,
            articles: self.desk.storage.as_ref(),
            tries: self.desk.storage.as_ref(),
            limits: self.setup.policy.identity,
            scopes,
            code: self.conversation.code,
            asking: self.asking(),
            hands_to: &agent.hands_to,
            clock: &self.desk.clock,
            orders: &self.orders,
            books: self.setup.books(self.desk),
            forgiven: &self.forgiven,
            decisions: &self.decisions,
        }
    }

    async fn use_tool(&self, scene: &Scene<'_>, agent: &Agent, call: &ToolCall) -> Result<Done, Stop> {
        let unknown = || {
            let known: Vec<&str> = agent.tools.iter().map(|tool| tool.name.as_str()).collect();
            Err(ToolError::Arguments(format!("There is no tool called so. The tools are: {}.", known.join(", "))))
        };
        let result = if agent.may_use(&call.name) {
            let called = self.desk.registry.call(scene, &call.name, &call.arguments);
            match AssertUnwindSafe(called).catch_unwind().await {
                Ok(result) => result.unwrap_or_else(unknown),
                Err(_) => return Ok(self.panicked(&call.name)),
            }
        } else {
            unknown()
        };
        match result {
            Ok(output) => self.follow_up(&call.name, output).await,
            Err(error) => {
                tracing::info!(conversation = %self.conversation.id, tool = call.name, %error, "a tool gave nothing");
                Ok(refused(&error))
            }
        }
    }

    /// A defect of a tool is not the shopper's: it counts as a system that is out of order, and the log says so.
    fn panicked(&self, tool: &str) -> Done {
        let message = format!("the tool {tool} panicked");
        tracing::error!(conversation = %self.conversation.id, tool, "a tool panicked");
        let failed = EventBody::Failed { turn: None, code: "internal_error".to_owned(), message };
        Done { events: vec![failed], ..refused(&ToolError::Panicked) }
    }

    /// What a tool wishes for beyond its answer.
    async fn follow_up(&self, tool: &str, output: Output) -> Result<Done, Stop> {
        let Output { receipt, projection, proof, next } = output;
        let outcome = ToolOutcome::Done;
        let done = Done { outcome, receipt, projection, proof, transfer: None, question: None, events: Vec::new() };
        match next {
            Next::Nothing => Ok(done),
            Next::Transfer { agent } => Ok(Done { transfer: Some(agent), ..done }),
            Next::Ask { question } => Ok(Done { question: Some(question), ..done }),
            Next::Propose(Proposal::Code { to }) => match self.send_code(tool, &to).await? {
                Ok(receipt) => Ok(Done { receipt, ..done }),
                Err(error) => Ok(refused(&error)),
            },
            Next::Propose(Proposal::Wish(wish)) => match self.act(tool, wish).await? {
                Ok(Acted { receipt, projection, events }) => Ok(Done { receipt, projection, events, ..done }),
                Err(error) => Ok(refused(&error)),
            },
        }
    }
}

fn refused(error: &ToolError) -> Done {
    let receipt = error.receipt();
    let code = receipt.pointer("/error/code").cloned().unwrap_or_default();
    let projection = json!({"error": code});
    Done {
        outcome: error.outcome(),
        receipt,
        projection,
        proof: None,
        transfer: None,
        question: None,
        events: Vec::new(),
    }
}
