//! Conversations that were held, read from where they lie.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;

use crate::cli::config::Config;
use crate::cli::eval::import;
use crate::cli::export;
use crate::cli::pseudonyms::plausible;
use crate::cli::records::{Record, folders};
use crate::cli::terminal::chain;
use crate::domain::event::{Event, EventBody, Versions};
use crate::domain::id::{ConversationId, StoreId};
use crate::evals::replay::{before_staff, versions};
use crate::storage::log::{EventLog as _, Filter};
use crate::storage::sqlite::SqliteStorage;

/// Conversations that are listed at a time.
const PAGE: u32 = 200;
/// What storage reads in the place of words whose key was destroyed.
const ERASED: &str = "(erased)";

/// A conversation as it can be played again.
pub struct Held {
    pub conversation: String,
    pub store: StoreId,
    pub at: Timestamp,
    /// Of the case that it becomes.
    pub name: String,
    /// Up to where staff took part.
    pub events: Vec<Event>,
    pub versions: BTreeMap<String, Versions>,
}

/// Conversations that are to be played, and where they are.
pub struct Shelf {
    /// Whether other names and numbers take the place of people's own, as in cases that were imported.
    anonymous: bool,
    storages: Vec<SqliteStorage>,
    places: Vec<Place>,
}

enum Place {
    /// An id, or a transcript's file.
    Named(String),
    /// In one of the storages.
    Stored(usize, ConversationId),
}

impl Shelf {
    pub fn named(names: &[String], anonymous: bool) -> Self {
        let once = names.iter().enumerate().filter(|(at, name)| !names.iter().take(*at).any(|known| known == *name));
        let places = once.map(|(_, name)| Place::Named(name.clone())).collect();
        Self { anonymous, storages: Vec::new(), places }
    }

    /// Those of a store that were alive since then and in which a message was read, the oldest first.
    pub async fn since(config: &Config, store: &StoreId, since: Timestamp, anonymous: bool) -> anyhow::Result<Self> {
        let mut shelf = Self { anonymous, storages: Vec::new(), places: Vec::new() };
        // 1 is for what would change.
        for folder in folders(config).map_err(|failure| anyhow::Error::msg(failure.to_string()))? {
            let storage = folder.storage(config).await?;
            let mut filter = Filter { store: Some(store.clone()), limit: PAGE, ..Filter::default() };
            loop {
                let page = storage.list(&filter).await?;
                let alive = page
                    .conversations
                    .into_iter()
                    .filter(|summary| summary.updated_at >= since && summary.intent.is_some());
                let at = shelf.storages.len();
                shelf.places.extend(alive.map(|summary| Place::Stored(at, summary.conversation)));
                if page.next.is_none() {
                    break;
                }
                filter.cursor = page.next;
            }
            shelf.storages.push(storage);
        }
        shelf.places.reverse();
        Ok(shelf)
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub async fn close(self) {
        for storage in self.storages {
            storage.close().await;
        }
    }

    /// A portion of them; of those that cannot be read, their names and why.
    pub async fn take(&self, config: &Config, from: usize, most: usize) -> Vec<Result<Held, (String, String)>> {
        let mut taken = Vec::new();
        for place in self.places.iter().skip(from).take(most) {
            match self.read(config, place).await {
                Ok(held) => taken.push(Ok(held)),
                Err(error) => taken.push(Err((place.name(), chain(&error)))),
            }
        }
        taken
    }

    async fn read(&self, config: &Config, place: &Place) -> anyhow::Result<Held> {
        match place {
            Place::Named(name) if Path::new(name).is_file() => exported(import::transcript(Path::new(name))?),
            Place::Named(id) => {
                let record = Record::find(config, id).await?;
                record.storage.close().await;
                stored(record.events, self.anonymous)
            }
            Place::Stored(at, id) => {
                let storage = self.storages.get(*at).context("its database is not open")?;
                stored(storage.read(id, 0).await?, self.anonymous)
            }
        }
    }
}

impl Place {
    fn name(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Stored(_, id) => id.to_string(),
        }
    }
}

fn stored(mut events: Vec<Event>, anonymous: bool) -> anyhow::Result<Held> {
    let erased = |event: &Event| matches!(&event.body, EventBody::MessageReceived { content, .. } if content == ERASED);
    anyhow::ensure!(!events.iter().any(erased), "what the shopper said was erased since");
    before_staff(&mut events);
    if !anonymous {
        return held(events);
    }
    Ok(Held { versions: versions(&events), ..exported(export::anonymous(&events)?)? })
}

fn exported(transcript: Vec<Value>) -> anyhow::Result<Held> {
    let events = transcript.into_iter().map(|value| serde_json::from_value(plausible(value)));
    let mut events: Vec<Event> = events
        .collect::<Result<_, _>>()
        .context("an event is of another version of Deskhand, or was changed by hand")?;
    before_staff(&mut events);
    held(events)
}

fn held(events: Vec<Event>) -> anyhow::Result<Held> {
    let first = events.first().context("it is empty")?;
    Ok(Held {
        conversation: first.conversation.to_string(),
        store: import::store(&events).context("it does not tell its store")?.clone(),
        at: first.at,
        name: import::name(&events),
        versions: versions(&events),
        events,
    })
}
