//! `deskhand export`: a conversation as a transcript that may be passed on.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Ending;
use super::config::Config;
use super::pseudonyms::Pseudonyms;
use super::records::Record;
use super::terminal::Terminal;
use crate::domain::event::Event;

/// The shape of the JSON; a reader of an older one can tell.
const FORMAT: u32 = 1;

/// Write a conversation as a transcript, with personal data replaced by placeholders.
#[derive(Args, Debug)]
#[command(after_help = "\
E-mail addresses, phone numbers, order names, tracking numbers, postcodes, addresses and names become placeholders such
as [email-1], the same one for the same value. Names and addresses in free text are recognised by rules, which may
overlook some: read it before you pass it on.

Examples:
  deskhand export conv_0198c0… > transcript.json
  deskhand export conv_0198c0… --format markdown --output transcript.md")]
pub struct Arguments {
    /// The conversation.
    id: String,
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Write it here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Every event of the log.
    Json,
    /// What was said, for people.
    Markdown,
}

impl Arguments {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let record = Record::find(config, &self.id).await?;
        record.storage.close().await;
        let events = anonymous(&record.events)?;
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(&json!({"format": FORMAT, "events": events}))?,
            Format::Markdown => markdown(&events)?,
        };
        match &self.output {
            None => terminal.line(text.trim_end())?,
            Some(path) => {
                std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
                terminal.remark(format_args!("Written to {}.", path.display()));
            }
        }
        Ok(Ending::Done)
    }
}

/// The events without the people in them.
pub fn anonymous(events: &[Event]) -> anyhow::Result<Vec<Value>> {
    let values = events.iter().map(serde_json::to_value).collect::<Result<Vec<Value>, _>>()?;
    let mut pseudonyms = Pseudonyms::learn(&values);
    Ok(values.into_iter().map(|value| pseudonyms.replace(value)).collect())
}

/// What was said, and by whom. Placeholders are no addresses any more, so that events do not read back as such.
fn markdown(events: &[Value]) -> anyhow::Result<String> {
    let mut text = "# Conversation\n".to_owned();
    for event in events {
        let field = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        match field("type") {
            "message.received" => write!(text, "\n**Shopper:** {}\n", field("content"))?,
            "message.completed" if field("author") == "agent" => write!(text, "\n**Agent:** {}\n", field("content"))?,
            "message.completed" => write!(text, "\n**Desk:** {}\n", field("content"))?,
            "human.message" => write!(text, "\n**Person:** {}\n", field("content"))?,
            "tool.completed" => write!(text, "\n*{}: {}*\n", field("tool"), field("outcome"))?,
            "handoff" if event.get("ticket").is_none_or(Value::is_null) => {
                write!(text, "\n*Handed to a person: {}*\n", field("reason").replace('_', " "))?;
            }
            _ => {}
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
