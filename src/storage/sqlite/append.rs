//! Adding to a log.

use std::sync::Arc;
use std::time::Duration;

use sqlx::SqliteConnection;

use super::codes::use_up;
use super::entry::{self, Entry, NewLease, Opening};
use super::writer::Operation;
use super::{SqliteStorage, machine_deadline, machine_now, seal_with, signed, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::event::{Event, EventBody};
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::log::{Append, AppendError, Fence, Writer};
use crate::storage::outbox::NewJob;
use crate::storage::personal::{self, Parts};
use crate::storage::summary::Change;
use crate::storage::tries::Admission;
use crate::storage::vault::{Key, Vault};

/// The purpose of digests of e-mail addresses.
pub(super) const EMAIL_DIGEST: &str = "email";

/// Events on their way into a log, split, with all that their transaction needs.
pub(super) struct Draft {
    pub conversation: ConversationId,
    /// Milliseconds.
    pub at: i64,
    pub events: Vec<EventBody>,
    parts: Vec<Parts>,
    jobs: Vec<NewJob>,
    forgiven: Vec<Admission>,
    /// `None` once erased.
    pub key: Option<Key>,
    vault: Vault,
}

impl Draft {
    pub(super) fn new(
        conversation: &ConversationId,
        at: jiff::Timestamp,
        events: Vec<EventBody>,
        key: Option<Key>,
        vault: &Vault,
    ) -> Result<Self, StorageError> {
        let parts = events.iter().map(personal::split).collect::<Result<_, _>>()?;
        Ok(Self {
            conversation: conversation.clone(),
            at: at.as_millisecond(),
            events,
            parts,
            jobs: Vec::new(),
            forgiven: Vec::new(),
            key,
            vault: vault.clone(),
        })
    }

    /// What is written for the events after number `len`, by `writer`. What is personal is sealed under `key`; where
    /// there is none, the person was erased, and only what is not personal is kept.
    pub(super) fn entries(&self, len: u64, writer: Writer, key: Option<&Key>) -> Result<Vec<Entry>, StorageError> {
        let conversation: Arc<str> = self.conversation.as_str().into();
        let mut entries = Vec::with_capacity(self.events.len());
        for (seq, (event, parts)) in (len + 1..).zip(self.events.iter().zip(&self.parts)) {
            let entry = self.entry(&conversation, seq, event, parts, key)?;
            entries.push(Entry { fence: writer.fence().map(|fence| fence.0), ..entry });
        }
        if let Some(last) = entries.last_mut() {
            last.gives_back = matches!(writer, Writer::Leaving(_));
            last.forgiven = self.forgiven()?;
        }
        Ok(entries)
    }

    fn entry(
        &self,
        conversation: &Arc<str>,
        seq: u64,
        event: &EventBody,
        parts: &Parts,
        key: Option<&Key>,
    ) -> Result<Entry, StorageError> {
        let change = Change::of(seq, event);
        let email = change.email.as_ref().filter(|_| key.is_some());
        Ok(Entry {
            conversation: Arc::clone(conversation),
            seq,
            at: self.at,
            client_message_id: client_message_id(event).map(Arc::from),
            body: parts.plain.as_str().into(),
            sealed: self.sealed(key, seq, parts)?,
            even_erased: key.is_none(),
            fence: None,
            claim: None,
            gives_back: false,
            email: email.map(|email| self.vault.digest(EMAIL_DIGEST, email.as_str()).as_slice().into()),
            forgiven: None,
            opening: None,
            change,
        })
    }

    /// What is personal is dropped where there is no key any more.
    fn sealed(&self, key: Option<&Key>, seq: u64, parts: &Parts) -> Result<Option<Arc<str>>, StorageError> {
        let Some(text) = &parts.personal else { return Ok(None) };
        let sealed = match key {
            Some(key) => seal_with(key, &self.conversation, &event_place(seq), text)?,
            None => String::new(),
        };
        Ok(Some(sealed.into()))
    }

    fn forgiven(&self) -> Result<Option<Arc<str>>, StorageError> {
        let numbers: Vec<i64> = self.forgiven.iter().flat_map(|admission| &admission.0).copied().collect();
        Ok(if numbers.is_empty() { None } else { Some(serde_json::to_string(&numbers)?.into()) })
    }

    fn proves_a_code(&self) -> bool {
        self.events.iter().any(|event| matches!(event, EventBody::CodeChecked { right: true, .. }))
    }

    /// What is rarely written with events.
    async fn write_rest(&self, connection: &mut SqliteConnection, key: Option<&Key>) -> Result<(), StorageError> {
        if let Some(key) = key {
            self.insert_jobs(connection, key).await?;
        }
        if self.proves_a_code() {
            use_up(connection, &self.conversation).await?;
        }
        Ok(())
    }

    async fn insert_jobs(&self, connection: &mut SqliteConnection, key: &Key) -> Result<(), StorageError> {
        for job in &self.jobs {
            sqlx::query(
                "INSERT INTO outbox (lane, conversation, kind, payload, created_at) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(&job.lane)
            .bind(self.conversation.as_str())
            .bind(&job.kind)
            .bind(seal_with(key, &self.conversation, OUTBOX_PLACE, &serde_json::to_string(&job.payload)?)?)
            .bind(self.at)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }

    /// The events as they now stand in the log.
    pub(super) fn numbered(self, first: u64) -> Vec<Event> {
        let (conversation, at) = (self.conversation, from_millis(self.at));
        let event = |(seq, body)| Event { conversation: conversation.clone(), seq, at, body };
        (first..).zip(self.events).map(event).collect()
    }
}

pub(super) const OUTBOX_PLACE: &str = "outbox";

pub(super) fn event_place(seq: u64) -> String {
    format!("event/{seq}")
}

fn client_message_id(event: &EventBody) -> Option<&str> {
    match event {
        EventBody::MessageReceived { client_message_id, .. } => client_message_id.as_deref(),
        _ => None,
    }
}

/// An append on which more hangs than the statement for events writes.
struct AppendWithRest {
    draft: Arc<Draft>,
    entries: Vec<Entry>,
}

impl Operation for AppendWithRest {
    /// `false`: a condition does not hold.
    type Answer = bool;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let entries: Vec<&Entry> = self.entries.iter().collect();
        let written = entry::insert(connection, &entries).await?;
        if written {
            self.draft.write_rest(connection, self.draft.key.as_ref()).await?;
        }
        Ok(written)
    }
}

/// Adds to a log whatever its length, whoever holds its turn, erased or not: for facts.
pub(super) async fn append_fact(connection: &mut SqliteConnection, draft: &Draft) -> Result<(), StorageError> {
    let head: Option<(i64, Option<i64>)> = sqlx::query_as(
        "SELECT COALESCE((SELECT MAX(seq) FROM events WHERE conversation = c.id), 0), c.erased_at \
         FROM conversations c WHERE c.conversation = $1",
    )
    .bind(draft.conversation.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    let (len, erased_at) = head.ok_or(StorageError::UnknownConversation)?;
    let key = draft.key.as_ref().filter(|_| erased_at.is_none());
    let entries = draft.entries(unsigned(len), Writer::Anyone, key)?;
    let entries: Vec<&Entry> = entries.iter().collect();
    if !entry::insert(connection, &entries).await? {
        return Err(StorageError::Database("a fact was refused".to_owned()));
    }
    draft.write_rest(connection, key).await
}

impl SqliteStorage {
    pub(super) async fn draft(&self, append: Append) -> Result<Draft, StorageError> {
        let key = self.data_key(&append.conversation).await?;
        let mut draft = Draft::new(&append.conversation, append.at, append.events, key, &self.0.vault)?;
        (draft.jobs, draft.forgiven) = (append.outbox, append.forgiven);
        Ok(draft)
    }

    /// A draft for those who may not write once the person is erased.
    async fn living_draft(&self, append: Append) -> Result<Draft, AppendError> {
        match self.draft(append).await {
            Ok(Draft { key: None, .. }) => Err(StorageError::Erased.into()),
            Err(StorageError::UnknownConversation) => Err(AppendError::Unknown),
            draft => Ok(draft?),
        }
    }

    pub(super) async fn append_events(&self, append: Append) -> Result<Vec<Event>, AppendError> {
        let (len, writer) = (append.expected_len, append.writer);
        let draft = self.living_draft(append).await?;
        let entries = draft.entries(len, writer, draft.key.as_ref())?;
        self.write_draft(draft, len, writer.fence(), entries).await?.ok_or_else(contradiction)
    }

    /// The log's length is a fence above the last one, unless claims without an append were many: then, as where someone
    /// holds the turn, claim and append are made one by one.
    pub(super) async fn begin_turn(
        &self,
        owner: &str,
        ttl: Duration,
        append: Append,
    ) -> Result<(Fence, Vec<Event>), AppendError> {
        let fence = Fence(append.expected_len + 1);
        let draft = self.living_draft(append.clone()).await?;
        let mut entries = draft.entries(append.expected_len, Writer::Turn(fence), draft.key.as_ref())?;
        if let Some(first) = entries.first_mut() {
            first.claim = Some(NewLease { owner: owner.into(), now: machine_now(), until: machine_deadline(ttl) });
        }
        match self.write_draft(draft, append.expected_len, None, entries).await? {
            Some(events) => Ok((fence, events)),
            None => self.claim_then_append(owner, ttl, append).await,
        }
    }

    async fn claim_then_append(
        &self,
        owner: &str,
        ttl: Duration,
        append: Append,
    ) -> Result<(Fence, Vec<Event>), AppendError> {
        let conversation = append.conversation.clone();
        let fence = self.claim_turn(&conversation, owner, ttl).await?.ok_or(AppendError::Fenced)?;
        match self.append_events(Append { writer: Writer::Turn(fence), ..append }).await {
            Ok(events) => Ok((fence, events)),
            Err(error) => {
                self.release_turn(&conversation, fence).await?;
                Err(error)
            }
        }
    }

    /// Starts a log: its row, its key and its first events.
    pub(super) async fn write_opening(&self, draft: Draft, opening: Opening) -> Result<Vec<Event>, AppendError> {
        let mut entries = draft.entries(0, Writer::Anyone, draft.key.as_ref())?;
        if let Some(first) = entries.first_mut() {
            first.opening = Some(opening);
        }
        self.write_draft(draft, 0, None, entries).await?.ok_or_else(contradiction)
    }

    /// `None`: it was refused for no reason that lasts.
    async fn write_draft(
        &self,
        draft: Draft,
        len: u64,
        held: Option<Fence>,
        entries: Vec<Entry>,
    ) -> Result<Option<Vec<Event>>, AppendError> {
        let client_message_id = entries.iter().find_map(|entry| entry.client_message_id.clone());
        let draft = Arc::new(draft);
        let written = if draft.jobs.is_empty() && !draft.proves_a_code() {
            self.0.writer.append(entries).await?
        } else {
            self.write(AppendWithRest { draft: Arc::clone(&draft), entries }).await?
        };
        let draft = Arc::into_inner(draft).ok_or(StorageError::Closed)?;
        if written {
            return Ok(Some(draft.numbered(len + 1)));
        }
        let refusal = self.refusal(&draft.conversation, len, held, client_message_id.as_deref()).await?;
        refusal.map_or(Ok(None), Err)
    }

    /// Why an append was not to be, if the reason lasts.
    async fn refusal(
        &self,
        conversation: &ConversationId,
        expected: u64,
        held: Option<Fence>,
        client_message_id: Option<&str>,
    ) -> Result<Option<AppendError>, StorageError> {
        let row: Option<(i64, i64, Option<i64>, bool)> = sqlx::query_as(
            "SELECT COALESCE((SELECT MAX(seq) FROM events WHERE conversation = c.id), 0), c.fence, c.erased_at, \
             EXISTS (SELECT 1 FROM events e WHERE e.conversation = c.id AND e.client_message_id = $2) \
             FROM conversations c WHERE c.conversation = $1",
        )
        .bind(conversation.as_str())
        .bind(client_message_id)
        .fetch_optional(self.readers())
        .await?;
        Ok(match row {
            None => Some(AppendError::Unknown),
            Some((_, _, Some(_), _)) => Some(StorageError::Erased.into()),
            Some((_, fence, None, _)) if held.is_some_and(|held| signed(held.0) != fence) => Some(AppendError::Fenced),
            Some((len, _, None, repeated)) if repeated || unsigned(len) != expected => {
                Some(AppendError::Changed { len: unsigned(len) })
            }
            Some(_) => None,
        })
    }
}

fn contradiction() -> AppendError {
    StorageError::Database("events were refused that contradict each other".to_owned()).into()
}
