//! Finding what was stored, for the commands that only look.

use anyhow::Context as _;

use super::Failure;
use super::assemble::DataFolder;
use super::config::Config;
use crate::domain::event::{Event, EventBody};
use crate::domain::id::{ConversationId, TurnId};
use crate::storage::log::{AppendError, EventLog as _, Filter};
use crate::storage::sqlite::SqliteStorage;

/// A page of the list that is searched for a turn.
const PAGE: u32 = 200;

/// A stored conversation, and the storage that has it.
pub struct Record {
    pub storage: SqliteStorage,
    pub events: Vec<Event>,
    /// The turn that was asked for, if one was.
    pub turn: Option<TurnId>,
}

impl Record {
    /// The conversation of this id, or the one in which the turn of this id happened.
    pub async fn find(config: &Config, id: &str) -> anyhow::Result<Self> {
        for folder in folders(config)? {
            let storage = folder.storage(config).await?;
            let found = if id.starts_with("turn_") {
                by_turn(&storage, &TurnId::new(id)).await?
            } else {
                events(&storage, &ConversationId::new(id)).await?.map(|events| (events, None))
            };
            if let Some((events, turn)) = found {
                return Ok(Self { storage, events, turn });
            }
            storage.close().await;
        }
        Err(Failure::new(format!("there is no conversation or turn {id}")).into())
    }
}

/// Where conversations were kept.
pub fn folders(config: &Config) -> Result<Vec<DataFolder>, Failure> {
    let folders = DataFolder::existing(config);
    if folders.is_empty() {
        let place = config.data_folder();
        let place = place.display();
        return Err(Failure::new(format!("there are no conversations in {place}; name their folder with --data")));
    }
    Ok(folders)
}

async fn events(storage: &SqliteStorage, id: &ConversationId) -> anyhow::Result<Option<Vec<Event>>> {
    match storage.read(id, 0).await {
        Ok(events) => Ok(Some(events).filter(|events| !events.is_empty())),
        Err(AppendError::Unknown) => Ok(None),
        Err(error) => Err(error).context("cannot read the conversation"),
    }
}

/// A turn's id tells when it began: conversations that ended before need not be read.
async fn by_turn(storage: &SqliteStorage, turn: &TurnId) -> anyhow::Result<Option<(Vec<Event>, Option<TurnId>)>> {
    let Some(began) = began(turn) else { return Ok(None) };
    let mut filter = Filter { limit: PAGE, ..Filter::default() };
    loop {
        let page = storage.list(&filter).await?;
        for summary in &page.conversations {
            // A world's clock may be ahead of the machine's, by which ids are made, and never behind it.
            if summary.updated_at.as_millisecond() < began {
                continue;
            }
            let Some(events) = events(storage, &summary.conversation).await? else { continue };
            if events.iter().any(|event| turn_of(&event.body) == Some(turn)) {
                return Ok(Some((events, Some(turn.clone()))));
            }
        }
        if page.next.is_none() {
            return Ok(None);
        }
        filter.cursor = page.next;
    }
}

/// The milliseconds since 1970 at which an id was made: the first 48 bits of a UUID of version 7.
fn began(turn: &TurnId) -> Option<i64> {
    let hexadecimal = turn.as_str().split_once('_')?.1.get(..12)?;
    i64::from_str_radix(hexadecimal, 16).ok()
}

/// The turn that an event belongs to.
pub fn turn_of(body: &EventBody) -> Option<&TurnId> {
    match body {
        EventBody::TurnStarted { turn, .. }
        | EventBody::Routed { turn, .. }
        | EventBody::ModelAnswered { turn, .. }
        | EventBody::MessageReset { turn, .. }
        | EventBody::ClaimWithheld { turn, .. }
        | EventBody::ToolStarted { turn, .. }
        | EventBody::ToolCompleted { turn, .. }
        | EventBody::Drafted { turn, .. }
        | EventBody::TurnCompleted { turn, .. } => Some(turn),
        EventBody::IdentityProved { turn, .. }
        | EventBody::PolicyDecided { turn, .. }
        | EventBody::MessageCompleted { turn, .. }
        | EventBody::Failed { turn, .. } => turn.as_ref(),
        EventBody::Opened { .. }
        | EventBody::MessageReceived { .. }
        | EventBody::CodeChecked { .. }
        | EventBody::EffectMoved { .. }
        | EventBody::ApprovalRequested { .. }
        | EventBody::ApprovalDecided { .. }
        | EventBody::HandedOff { .. }
        | EventBody::HumanMessage { .. }
        | EventBody::ColleagueAsked { .. }
        | EventBody::ColleagueAnswered { .. }
        | EventBody::TicketWanted { .. }
        | EventBody::TicketOpened { .. }
        | EventBody::Noted { .. }
        | EventBody::Mirrored { .. }
        | EventBody::TicketSeen { .. }
        | EventBody::StatusChanged { .. } => None,
    }
}
