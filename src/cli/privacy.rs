//! `deskhand privacy`: what is held about one person, handed out or destroyed.

use std::collections::BTreeSet;

use clap::Subcommand;

use super::Ending;
use super::config::Config;
use super::terminal::Terminal;
use crate::domain::customer::Email;
use crate::domain::event::{Event, EventBody};
use crate::domain::id::StoreId;
use crate::domain::identity::Proof;
use crate::storage::log::{EventLog as _, Filter, Summary};
use crate::storage::sqlite::SqliteStorage;

mod erase;
mod export;

/// Conversations that are listed at a time.
const PAGE: u32 = 200;

/// Hand out or destroy what is held about one person.
#[derive(Debug, Subcommand)]
pub enum Command {
    Export(export::Arguments),
    Erase(erase::Arguments),
}

impl Command {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        match self {
            Self::Export(arguments) => arguments.run(config, terminal).await,
            Self::Erase(arguments) => arguments.run(config, terminal).await,
        }
    }
}

/// A person of a store.
struct Person {
    store: StoreId,
    email: Email,
}

impl Person {
    fn new(config: &Config, store: Option<&str>, customer: &str) -> anyhow::Result<Self> {
        let Some(email) = Email::parse(customer) else {
            anyhow::bail!("{customer:?} is no e-mail address; people are found by the one that they proved or claimed")
        };
        Ok(Self { store: config.store_meant(store).map_err(anyhow::Error::msg)?, email })
    }

    /// The conversations that proved or claimed the address, oldest first.
    async fn conversations(&self, storage: &SqliteStorage) -> anyhow::Result<Vec<Summary>> {
        let mut filter = Filter {
            store: Some(self.store.clone()),
            customer_email: Some(self.email.as_str().to_owned()),
            limit: PAGE,
            ..Filter::default()
        };
        let mut found = Vec::new();
        loop {
            let page = storage.list(&filter).await?;
            found.extend(page.conversations);
            if page.next.is_none() {
                found.reverse();
                return Ok(found);
            }
            filter.cursor = page.next;
        }
    }

    fn link(&self, events: &[Event]) -> Link {
        let mut proved = None;
        let mut addresses = BTreeSet::new();
        for event in events {
            match &event.body {
                EventBody::Opened { customer: Some(customer), .. } => {
                    let claimed = customer.get("email").and_then(|email| email.as_str());
                    addresses.extend(claimed.and_then(Email::parse));
                }
                EventBody::IdentityProved { proof, .. } => {
                    let (by, email) = match proof {
                        Proof::Order { email, .. } => (By::Order, email.as_ref()),
                        Proof::Code { email } => (By::Code, Some(email)),
                        Proof::Token { email } => (By::Token, Some(email)),
                    };
                    if email == Some(&self.email) {
                        proved = proved.max(Some(by));
                    }
                    addresses.extend(email.cloned());
                }
                _ => {}
            }
        }
        addresses.remove(&self.email);
        match proved {
            None => Link::Claimed,
            Some(_) if !addresses.is_empty() => Link::Shared,
            Some(by) => Link::Proved(by),
        }
    }
}

/// Whose a conversation is, seen from one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Proved(By),
    /// Whoever opened it said so, and proved nothing: it may be anybody's.
    Claimed,
    /// It was proved, and another address was proved or claimed beside it.
    Shared,
}

/// The strongest proof of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum By {
    /// The number of one of its orders was known beside it.
    Order,
    Code,
    Token,
}

fn conversations(count: usize) -> String {
    if count == 1 { "1 conversation".to_owned() } else { format!("{count} conversations") }
}
