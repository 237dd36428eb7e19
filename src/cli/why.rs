//! `deskhand why`: the course of a conversation, for the people who run the store.

use std::collections::HashMap;

use clap::Args;
use serde_json::Value;

use super::Ending;
use super::config::Config;
use super::records::{Record, turn_of};
use super::terminal::{Terminal, harmless};
use crate::domain::effect::Effect;
use crate::domain::event::{Author, Event, EventBody, ToolCall, ToolOutcome, Usage};
use crate::domain::id::{CallId, TurnId};
use crate::domain::identity::Proof;
use crate::policy::basis::Judged;
use crate::storage::ledger::Ledger as _;

/// The longest receipt that is shown whole.
const LONGEST: usize = 400;

/// Tell why the agent did what it did: routing, tools, receipts, withheld sentences, effects, tokens.
#[derive(Args, Debug)]
#[command(after_help = "\
It shows what shoppers wrote. `deskhand export` is for passing a conversation on.

Examples:
  deskhand why conv_0198c0…
  deskhand why turn_0198c0…        that turn alone
  deskhand why conv_0198c0… --full receipts whole")]
pub struct Arguments {
    /// A conversation or a turn.
    id: String,
    /// Show receipts whole.
    #[arg(long)]
    full: bool,
}

impl Arguments {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let record = Record::find(config, &self.id).await?;
        let Some(first) = record.events.first() else { return Ok(Ending::Done) };
        let effects = record.storage.effects_of(&first.conversation).await?;
        let told = Telling { terminal, full: self.full, calls: calls(&record.events) };
        told.all(&record.events, record.turn.as_ref(), &effects)?;
        record.storage.close().await;
        Ok(Ending::Done)
    }
}

/// What the model asked of each tool, by call.
fn calls(events: &[Event]) -> HashMap<&CallId, &ToolCall> {
    let answers = events.iter().filter_map(|event| match &event.body {
        EventBody::ModelAnswered { calls, .. } => Some(calls),
        _ => None,
    });
    answers.flatten().map(|call| (&call.id, call)).collect()
}

struct Telling<'a> {
    terminal: &'a Terminal,
    full: bool,
    calls: HashMap<&'a CallId, &'a ToolCall>,
}

impl Telling<'_> {
    fn all(&self, events: &[Event], turn: Option<&TurnId>, effects: &[Effect]) -> anyhow::Result<()> {
        let mut used = Usage::default();
        for event in events.iter().filter(|event| turn.is_none() || turn_of(&event.body) == turn) {
            if let EventBody::ModelAnswered { usage, .. } = &event.body {
                used.input_tokens += usage.input_tokens;
                used.cached_tokens += usage.cached_tokens;
                used.output_tokens += usage.output_tokens;
            }
            self.event(event)?;
        }
        if turn.is_none() && !effects.is_empty() {
            self.terminal.line("\nEffects")?;
            effects.iter().try_for_each(|effect| self.effect(effect))?;
        }
        let (input, cached, output) = (used.input_tokens, used.cached_tokens, used.output_tokens);
        Ok(self.terminal.line(format_args!("\nTokens: {input} in ({cached} cached), {output} out"))?)
    }

    fn event(&self, event: &Event) -> anyhow::Result<()> {
        match &event.body {
            EventBody::Opened { store, channel, .. } => {
                self.terminal
                    .line(format_args!("{} · store {store} · {channel} · {}", event.conversation, event.at))?;
            }
            EventBody::TurnStarted { turn, .. } => {
                self.terminal.line(format_args!("\n{} · {}", self.terminal.bold(turn), event.at))?;
            }
            EventBody::MessageReceived { content, .. } => self.row("shopper", &quoted(content))?,
            EventBody::Routed { agent, from, analysis, versions, .. } => {
                let from = from.as_ref().map_or_else(String::new, |from| format!(" (from {from})"));
                let (intent, sentiment) = (analysis.intent.as_str(), analysis.sentiment.as_str());
                let read = format!("{intent} {:.2}, {sentiment}, {}", analysis.confidence, analysis.language);
                self.row("routed", &format!("to {agent}{from}: {read}"))?;
                if let Some(versions) = versions {
                    let named =
                        versions.named().map(|(name, version)| format!("{name} {}", version.unwrap_or("unknown")));
                    self.row("by", &self.terminal.dim(named.join(", ")))?;
                }
            }
            EventBody::ModelAnswered { calls, model, usage, .. } => {
                let tools: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
                let asks = if tools.is_empty() { String::new() } else { format!(", asks for {}", tools.join(", ")) };
                self.row("model", &format!("{model}, {} in, {} out{asks}", usage.input_tokens, usage.output_tokens))?;
            }
            EventBody::ToolCompleted { call, tool, outcome, receipt, .. } => {
                self.tool(call, tool, *outcome, receipt)?
            }
            EventBody::ClaimWithheld { sentence, reason, .. } => {
                self.row("withheld", &self.terminal.bad(format!("{} because {reason}", quoted(sentence))))?;
            }
            EventBody::MessageReset { reason, .. } => self.row("reset", reason)?,
            EventBody::MessageCompleted { author, content, .. } => {
                let author = if *author == Author::Agent { "said" } else { "said (line)" };
                self.row(author, &quoted(content))?;
            }
            EventBody::HumanMessage { name, content, .. } => {
                self.row("person", &format!("{}: {}", name.as_deref().unwrap_or("(no name)"), quoted(content)))?;
            }
            EventBody::Drafted { content, .. } => self.row("draft", &quoted(content))?,
            body => self.small(body)?,
        }
        Ok(())
    }

    fn small(&self, body: &EventBody) -> anyhow::Result<()> {
        match body {
            EventBody::CodeChecked { right: true, .. } => self.row("code", "right"),
            EventBody::CodeChecked { tries_left, .. } => self.row("code", &format!("wrong, {tries_left} tries left")),
            EventBody::PolicyDecided { acts, subject, verdict, code, judged, .. } => self.decision(
                *acts,
                &format!("{}: {} [{code}]", subject.replace('_', " "), verdict.replace('_', " ")),
                judged,
            ),
            EventBody::IdentityProved { proof, .. } => self.row("proved", &proved(proof)),
            EventBody::EffectMoved { effect, kind, state, vendor_reference } => {
                let reference = vendor_reference.as_ref().map_or_else(String::new, |text| format!(" as {text}"));
                self.row("effect", &format!("{} {effect}: {}{reference}", kind.as_str(), state.as_str()))
            }
            EventBody::ApprovalRequested { approval, kind, reason, .. } => {
                self.row("approval", &format!("{approval} for a {}: {reason}", kind.as_str()))
            }
            EventBody::ApprovalDecided { approval, state, by, .. } => {
                self.row("approval", &format!("{approval} {} by {by}", state.as_str()))
            }
            EventBody::HandedOff { number, reason, ticket } => {
                let ticket =
                    ticket.as_ref().map_or("no ticket yet".to_owned(), |ticket| format!("ticket {}", ticket.id));
                self.row("hand-off", &format!("number {number}, reason {}, {ticket}", word(reason)?))
            }
            EventBody::TicketWanted { why } => self.row("ticket", &format!("is wanted: {}", word(why)?)),
            EventBody::TicketOpened { ticket, home } => {
                let how = if *home { "was opened by the customer" } else { "is open" };
                self.row("ticket", &format!("{} {how}", ticket.id))
            }
            EventBody::Noted { text, .. } => self.row("note", &harmless(text)),
            EventBody::ColleagueAsked { text, .. } => {
                self.row("question", &format!("to colleagues: {}", harmless(text)))
            }
            EventBody::ColleagueAnswered { by, text, article, .. } => {
                let meant = if *article { ", proposed as an article" } else { "" };
                self.row("answer", &format!("of {by}{meant}: {}", harmless(text)))
            }
            EventBody::Mirrored { ticket, through, missing } => {
                let refused = if *missing { ", the last of which the helpdesk refused" } else { "" };
                self.row("ticket", &format!("{ticket} has the messages up to {through}{refused}"))
            }
            EventBody::TicketSeen { ticket, open, tags, assignee } => {
                let state = if *open { "open" } else { "closed" };
                let who = assignee.as_ref().map_or_else(String::new, |name| format!(", with {}", harmless(name)));
                self.row("ticket", &format!("{ticket} is {state}{who}, tags: {}", harmless(&tags.join(", "))))
            }
            EventBody::StatusChanged { status, by } => self.row("status", &format!("{} by {by}", status.as_str())),
            EventBody::Failed { code, message, .. } => {
                self.row("error", &self.terminal.bad(format!("{code}: {}", harmless(message))))
            }
            EventBody::TurnCompleted { helped, .. } => {
                self.row("done", if *helped { "it helped" } else { "it helped nobody" })
            }
            _ => Ok(()),
        }
    }

    fn tool(&self, call: &CallId, tool: &str, outcome: ToolOutcome, receipt: &Value) -> anyhow::Result<()> {
        let arguments = self.calls.get(call).map_or("", |call| call.arguments.as_str());
        self.row("tool", &format!("{tool} {}", harmless(arguments)))?;
        let code = receipt.pointer("/error/code").and_then(Value::as_str);
        let code = code.map_or_else(String::new, |code| format!(" ({code})"));
        let text = format!("{}{code}: {}", word(&outcome)?, self.shortened(&receipt.to_string()));
        let text = if outcome == ToolOutcome::Done { self.terminal.dim(text) } else { self.terminal.bad(text) };
        self.row("", &text)
    }

    /// The verdict with its code, in a sentence, and the facts that it rests on.
    fn decision(&self, acts: bool, verdict: &str, judged: &Value) -> anyhow::Result<()> {
        let asked = if acts { "" } else { ", asked to tell only" };
        self.row("policy", &format!("{verdict}{asked}"))?;
        let Some(judged) = Judged::read(judged) else { return Ok(()) };
        self.row("", &harmless(&judged.decision.sentence()))?;
        let facts = serde_json::to_string(&judged.decision.facts)?;
        self.row("", &self.terminal.dim(self.shortened(&facts)))
    }

    fn effect(&self, effect: &Effect) -> anyhow::Result<()> {
        let reference = effect.vendor_reference.as_ref().map_or_else(String::new, |text| format!(", {text}"));
        let problem = effect.problem.as_ref().map_or_else(String::new, |text| format!(", {}", harmless(text)));
        let state = effect.state.as_str();
        self.row(effect.kind.as_str(), &format!("{} {state}{reference}{problem} ({})", effect.id, effect.identity))
    }

    fn row(&self, name: &str, text: &str) -> anyhow::Result<()> {
        Ok(self.terminal.line(format_args!("  {name:<11} {text}"))?)
    }

    fn shortened(&self, text: &str) -> String {
        let text = harmless(text);
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) if !self.full => format!("{}…", text.get(..end).unwrap_or_default()),
            _ => text,
        }
    }
}

fn quoted(text: &str) -> String {
    format!("“{}”", harmless(text).replace('\n', " ⏎ "))
}

/// A value's name as the log writes it.
fn word(value: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().replace('_', " "))
}

fn proved(proof: &Proof) -> String {
    match proof {
        Proof::Order { name, matched_by, .. } => format!("order {name}, by {matched_by:?}").to_lowercase(),
        Proof::Code { email } => format!("{} by a one-time code", email.masked()),
        Proof::Token { email } => format!("{} by the store's token", email.masked()),
    }
}
