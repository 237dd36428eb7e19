//! How a conversation looks in a terminal, or as lines of JSON.

use serde_json::{Value, json};

use super::super::assemble::House;
use super::super::config::SANDBOX_STORE;
use super::super::terminal::{Terminal, harmless};
use crate::desk::{Delta, Item};
use crate::domain::event::{Author, EventBody, ToolOutcome};
use crate::domain::id::ConversationId;
use crate::server::public::{MessageDelta, public_event};

pub struct Screen {
    terminal: Terminal,
    json: bool,
    conversation: ConversationId,
    /// The message in the making, as far as it is on the screen.
    shown: String,
    /// The message that was posted last from here: it is on the screen already.
    own: Option<String>,
}

impl Screen {
    pub fn new(terminal: Terminal, json: bool, conversation: ConversationId) -> Self {
        Self { terminal, json, conversation, shown: String::new(), own: None }
    }

    pub fn welcome(&self, house: &House, store: &str) -> anyhow::Result<()> {
        if self.json {
            return Ok(());
        }
        let name =
            house.desk.stores().find(|setup| setup.profile.id.as_str() == store).map(|setup| &setup.profile.name);
        let name = name.map_or(store, String::as_str);
        self.dim(&format!("{name} · {} · {}", house.model, self.conversation))?;
        if store == SANDBOX_STORE && self.terminal.typed {
            self.dim("Codes arrive in: deskhand sandbox mail. Ctrl-D ends the conversation.")?;
        }
        Ok(())
    }

    /// Asks for the next message.
    pub fn prompt(&self) -> anyhow::Result<()> {
        if self.terminal.typed && !self.json {
            self.terminal.text(self.terminal.bold("you> "))?;
        }
        Ok(())
    }

    pub fn farewell(&self) -> anyhow::Result<()> {
        if self.terminal.typed && !self.json {
            self.terminal.line("")?;
        }
        Ok(())
    }

    /// The shopper's own words are about to come back as an event.
    pub fn said(&mut self, content: &str) {
        self.own = Some(content.to_owned());
    }

    pub fn note(&self, text: &str) -> anyhow::Result<()> {
        if self.json {
            self.terminal.remark(text);
            return Ok(());
        }
        self.dim(text)
    }

    /// Something happens while the prompt waits: it takes the prompt's line, and the prompt comes back below.
    pub fn show_unasked(&mut self, item: &Item) -> anyhow::Result<()> {
        if self.json || !self.terminal.typed {
            return self.show(item);
        }
        self.terminal.text("\r      \r")?;
        self.show(item)?;
        self.prompt()
    }

    /// For the one who runs the store; a shopper is told by the desk.
    pub fn failed(&self, message: &str) {
        self.terminal.remark(format_args!("error: {}", harmless(message)));
    }

    pub fn show(&mut self, item: &Item) -> anyhow::Result<()> {
        match item {
            _ if self.json => self.show_json(item),
            Item::Delta(delta) => self.delta(delta),
            Item::Event(event) => self.event(&event.body),
        }
    }

    fn show_json(&self, item: &Item) -> anyhow::Result<()> {
        let line = match item {
            Item::Delta(delta) => {
                let end = delta.end();
                let data = serde_json::to_value(MessageDelta::of(&self.conversation, delta))?;
                line(&format!("{}.{}", end.seq, end.offset), "message.delta", &data)
            }
            Item::Event(event) => {
                let Some((name, data)) = public_event(event) else { return Ok(()) };
                line(&event.seq.to_string(), name, &data)
            }
        };
        Ok(self.terminal.line(line)?)
    }

    fn delta(&mut self, delta: &Delta) -> anyhow::Result<()> {
        if self.shown.is_empty() {
            self.terminal.text(self.terminal.bold("agent> "))?;
        }
        self.shown.push_str(&delta.text);
        Ok(self.terminal.text(harmless(&delta.text))?)
    }

    fn event(&mut self, body: &EventBody) -> anyhow::Result<()> {
        match body {
            EventBody::MessageReceived { content, .. } => self.received(content),
            EventBody::Routed { agent, from, analysis, .. } => {
                let from = from.as_ref().map_or_else(String::new, |from| format!(" (from {from})"));
                self.dim(&format!("  → {agent}{from}: {}, {:.2}", analysis.intent.as_str(), analysis.confidence))
            }
            EventBody::ToolStarted { tool, .. } => self.break_off().and_then(|()| self.dim(&format!("  · {tool} …"))),
            EventBody::ToolCompleted { tool, outcome, projection, .. } => {
                self.dim(&format!("  · {tool}: {}", outcome_of(*outcome, projection)))
            }
            EventBody::MessageReset { .. } => {
                self.break_off()?;
                self.dim("  (that answer was taken back; it begins anew)")
            }
            EventBody::MessageCompleted { author, content, .. } => self.completed(*author, content),
            EventBody::HumanMessage { name, content, .. } => self.person(name.as_deref(), content),
            EventBody::Drafted { content, .. } => self.dim(&format!("  draft, not sent: {}", harmless(content))),
            EventBody::HandedOff { reason, ticket, .. } => {
                let reason = serde_json::to_value(reason)?;
                let reason = reason.as_str().unwrap_or_default().replace('_', " ");
                let ticket = ticket.as_ref().map_or_else(String::new, |ticket| format!(", ticket {}", ticket.id));
                self.dim(&format!("  → a person ({reason}{ticket})"))
            }
            EventBody::StatusChanged { status, .. } => self.dim(&format!("  status: {}", status.as_str())),
            EventBody::Failed { code, .. } => self.dim(&format!("  error: {code}")),
            _ => Ok(()),
        }
    }

    fn person(&mut self, name: Option<&str>, content: &str) -> anyhow::Result<()> {
        self.break_off()?;
        let who = self.terminal.bold(format!("{}> ", harmless(name.unwrap_or("colleague"))));
        Ok(self.terminal.line(format_args!("{who}{}", harmless(content)))?)
    }

    /// Text of the shopper's that was piped in is shown, so that the transcript can be read.
    fn received(&mut self, content: &str) -> anyhow::Result<()> {
        let own = self.own.take().is_some();
        if own && self.terminal.typed {
            return Ok(());
        }
        Ok(self.terminal.line(format_args!("{}{}", self.terminal.bold("you> "), harmless(content)))?)
    }

    /// The whole message: what of it is not yet on the screen.
    fn completed(&mut self, author: Author, content: &str) -> anyhow::Result<()> {
        let shown = std::mem::take(&mut self.shown);
        if let Some(rest) = content.strip_prefix(shown.as_str()).filter(|_| !shown.is_empty()) {
            return Ok(self.terminal.line(harmless(rest))?);
        }
        if !shown.is_empty() {
            self.terminal.line("")?;
        }
        let name = match author {
            Author::Agent => "agent> ",
            Author::System => "desk> ",
        };
        Ok(self.terminal.line(format_args!("{}{}", self.terminal.bold(name), harmless(content)))?)
    }

    /// Ends the line of a message that is not complete.
    fn break_off(&mut self) -> anyhow::Result<()> {
        if !std::mem::take(&mut self.shown).is_empty() {
            self.terminal.line("")?;
        }
        Ok(())
    }

    fn dim(&self, text: &str) -> anyhow::Result<()> {
        Ok(self.terminal.line(self.terminal.dim(text))?)
    }
}

fn line(id: &str, event: &str, data: &Value) -> String {
    json!({"event": event, "id": id, "data": data}).to_string()
}

fn outcome_of(outcome: ToolOutcome, projection: &Value) -> String {
    let word = match outcome {
        ToolOutcome::Done => "done",
        ToolOutcome::Invalid => "invalid arguments",
        ToolOutcome::Refused => "refused",
        ToolOutcome::Unavailable => "unavailable",
    };
    if projection.is_null() { word.to_owned() } else { format!("{word} {}", harmless(&projection.to_string())) }
}
