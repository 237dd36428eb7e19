//! The part of the people at the simulated helpdesk, played in a terminal.

use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{control_url, none_runs};
use crate::cli::assemble::models;
use crate::cli::config::Config;
use crate::cli::terminal::{Terminal, harmless};
use crate::cli::{Ending, Failure};
use crate::sandbox::Act;
use crate::sandbox::helpdesk::{Side, TicketShown};

/// What to do, and to which ticket.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the helpdesk's tickets, with what was said in them.
    Tickets(Place),
    /// Answer the customer of a ticket, as a colleague would.
    #[command(after_help = "Example:\n  deskhand sandbox reply 82000001 \"I have found your parcel.\"")]
    Reply {
        ticket: u64,
        text: String,
        #[command(flatten)]
        person: Person,
    },
    /// Write a note that colleagues alone can read.
    Note {
        ticket: u64,
        text: String,
        #[command(flatten)]
        person: Person,
    },
    /// Take a ticket.
    Assign {
        ticket: u64,
        #[command(flatten)]
        person: Person,
    },
    /// Add a tag, such as the one that gives the conversation back to the agent.
    #[command(after_help = "Example:\n  deskhand sandbox tag 82000001 deskhand-handback")]
    Tag {
        ticket: u64,
        name: String,
        #[command(flatten)]
        person: Person,
    },
    /// Close a ticket.
    Close {
        ticket: u64,
        #[command(flatten)]
        person: Person,
    },
    /// Open a ticket again.
    Reopen {
        ticket: u64,
        #[command(flatten)]
        person: Person,
    },
}

/// Which sandbox.
#[derive(Args, Debug)]
pub struct Place {
    /// The sandbox's control address [default: that of the data folder's sandbox].
    #[arg(long, value_name = "URL")]
    control: Option<String>,
}

#[derive(Args, Debug)]
pub struct Person {
    /// The address of the user who does it [default: any colleague].
    #[arg(long, value_name = "EMAIL")]
    by: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub async fn run(self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let (ticket, act, place) = match self {
            Self::Tickets(place) => return tickets(config, place, terminal).await,
            Self::Reply { ticket, text, person: Person { by, place } } => (ticket, Act::Reply { text, by }, place),
            Self::Note { ticket, text, person: Person { by, place } } => (ticket, Act::Note { text, by }, place),
            Self::Assign { ticket, person: Person { by, place } } => (ticket, Act::Assign { by }, place),
            Self::Tag { ticket, name, person: Person { by, place } } => (ticket, Act::Tag { name, by }, place),
            Self::Close { ticket, person: Person { by, place } } => (ticket, Act::Close { by }, place),
            Self::Reopen { ticket, person: Person { by, place } } => (ticket, Act::Reopen { by }, place),
        };
        let url = control_url(config, place.control)?;
        let request = models::client(Duration::from_secs(2))?.post(format!("{url}/tickets/{ticket}")).json(&act);
        let answer = request.timeout(Duration::from_secs(10)).send().await.map_err(|_| none_runs())?;
        let good = answer.status().is_success();
        let told: Value = answer.json().await.with_context(|| format!("{url} is not a sandbox's control address"))?;
        if good {
            terminal.line(format_args!("Done in ticket {ticket}."))?;
            return Ok(Ending::Done);
        }
        let problem = told.get("error").and_then(Value::as_str).unwrap_or("it was refused");
        Err(Failure::new(format!("{problem}; `deskhand sandbox tickets` shows them all")).into())
    }
}

async fn tickets(config: &Config, place: Place, terminal: &Terminal) -> anyhow::Result<Ending> {
    let url = control_url(config, place.control)?;
    let request = models::client(Duration::from_secs(2))?.get(format!("{url}/tickets"));
    let answer = request.timeout(Duration::from_secs(10)).send().await.map_err(|_| none_runs())?;
    let tickets: Vec<TicketShown> =
        answer.json().await.with_context(|| format!("{url} is not a sandbox's control address"))?;
    if tickets.is_empty() {
        terminal.remark("There are no tickets yet: ask the agent for a person.");
    }
    for ticket in &tickets {
        terminal.text(harmless(&shown(ticket)))?;
    }
    Ok(Ending::Done)
}

/// A ticket as a person reads it.
fn shown(ticket: &TicketShown) -> String {
    let subject = ticket.subject.as_deref().unwrap_or("(no subject)");
    let mut text = format!("Ticket {} ({}) {subject}\nTags: {}\n", ticket.id, ticket.status, ticket.tags.join(", "));
    for message in &ticket.messages {
        let who = match message.by {
            Side::Customer => "customer",
            Side::Store => "store",
            Side::Note => "note",
        };
        text.push_str(&format!("\n[{}] {who}:\n{}\n", message.at.strftime("%F %H:%M"), message.text.trim_end()));
    }
    text.push('\n');
    text
}
