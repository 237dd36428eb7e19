//! Adding to a log. The statements are few, because every step of every turn comes through here.

use std::sync::{Arc, LazyLock};

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteArguments;

use super::codes::use_up;
use super::writer::Operation;
use super::{SqliteStorage, seal_with, signed, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::event::{Event, EventBody, Intent, Status};
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::log::{Append, AppendError, Writer};
use crate::storage::outbox::NewJob;
use crate::storage::personal::{self, Parts};
use crate::storage::summary::{self, Change};
use crate::storage::vault::{Key, Vault};

/// An event's row has six columns; statements for up to this many rows are kept prepared.
const ROWS: usize = 8;

static INSERT_EVENTS: LazyLock<Vec<String>> = LazyLock::new(|| (1..=ROWS).map(insert_events).collect());

fn insert_events(rows: usize) -> String {
    let row = |index: usize| {
        let columns: Vec<String> = (1..=6).map(|column| format!("${}", index * 6 + column)).collect();
        format!("({})", columns.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("INSERT INTO events (conversation, seq, at, client_message_id, body, sealed) VALUES {}", rows.join(", "))
}

/// The purpose of digests of e-mail addresses.
pub(super) const EMAIL_DIGEST: &str = "email";

/// Events on their way into a log, split, with all that their transaction needs.
pub(super) struct Draft {
    pub conversation: ConversationId,
    /// Milliseconds.
    pub at: i64,
    pub events: Arc<Vec<EventBody>>,
    parts: Vec<Parts>,
    jobs: Vec<NewJob>,
    /// `None` once erased.
    key: Option<Key>,
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
            events: Arc::new(events),
            parts,
            jobs: Vec::new(),
            key,
            vault: vault.clone(),
        })
    }

    /// What is personal is dropped where there is no key any more.
    fn sealed(&self, row: &Row, what: &str, text: &str) -> Result<String, StorageError> {
        match &self.key {
            Some(key) if !row.erased => seal_with(key, &self.conversation, what, text),
            _ => Ok(String::new()),
        }
    }

    /// Writes the events from number `first` on, and what hangs on them; the summary's columns are the caller's.
    pub(super) async fn write(
        &self,
        connection: &mut SqliteConnection,
        row: &Row,
        first: u64,
        change: &Change,
    ) -> Result<(), StorageError> {
        let numbered: Vec<(u64, (&EventBody, &Parts))> =
            (first..).zip(self.events.iter().zip(self.parts.iter())).collect();
        for chunk in numbered.chunks(ROWS) {
            self.insert(connection, row, chunk).await?;
        }
        if self.key.is_some() && !row.erased {
            self.link_emails(connection, row, change).await?;
            self.insert_jobs(connection, row).await?;
        }
        if self.events.iter().any(|event| matches!(event, EventBody::CodeChecked { right: true, .. })) {
            use_up(connection, &self.conversation).await?;
        }
        for seq in &change.turns {
            sqlx::query("INSERT INTO turns (store, at, conversation, seq) VALUES ($1, $2, $3, $4)")
                .bind(&row.store)
                .bind(self.at)
                .bind(row.id)
                .bind(signed(*seq))
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    async fn insert(
        &self,
        connection: &mut SqliteConnection,
        row: &Row,
        events: &[(u64, (&EventBody, &Parts))],
    ) -> Result<(), StorageError> {
        let Some(statement) = events.len().checked_sub(1).and_then(|index| INSERT_EVENTS.get(index)) else {
            return Ok(());
        };
        let mut query = sqlx::query::<sqlx::Sqlite>(statement.as_str());
        for (seq, (event, parts)) in events {
            let sealed = match &parts.personal {
                Some(text) => Some(self.sealed(row, &event_place(*seq), text)?),
                None => None,
            };
            query = query
                .bind(row.id)
                .bind(signed(*seq))
                .bind(self.at)
                .bind(client_message_id(event))
                .bind(parts.plain.as_str())
                .bind(sealed);
        }
        query.execute(connection).await?;
        Ok(())
    }

    async fn link_emails(
        &self,
        connection: &mut SqliteConnection,
        row: &Row,
        change: &Change,
    ) -> Result<(), StorageError> {
        for email in &change.emails {
            sqlx::query(
                "INSERT INTO conversation_emails (digest, conversation) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            )
            .bind(self.vault.digest(EMAIL_DIGEST, email.as_str()).as_slice())
            .bind(row.id)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }

    async fn insert_jobs(&self, connection: &mut SqliteConnection, row: &Row) -> Result<(), StorageError> {
        for job in &self.jobs {
            sqlx::query(
                "INSERT INTO outbox (lane, conversation, kind, payload, created_at) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(&job.lane)
            .bind(self.conversation.as_str())
            .bind(&job.kind)
            .bind(self.sealed(row, OUTBOX_PLACE, &serde_json::to_string(&job.payload)?)?)
            .bind(self.at)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
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

/// A conversation's row, as far as a write needs it.
pub(super) struct Row {
    pub id: i64,
    pub store: String,
    pub erased: bool,
}

/// An append under its conditions.
struct AppendOperation {
    draft: Draft,
    expected_len: u64,
    writer: Writer,
}

impl Operation for AppendOperation {
    type Answer = Result<u64, AppendError>;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        if self.repeats_a_message(connection).await? {
            return self.refusal(connection).await.map(Err);
        }
        let first = self.expected_len + 1;
        let change = summary::fold(first, &self.draft.events);
        let Some(row) = self.grow(connection, &change).await? else {
            return self.refusal(connection).await.map(Err);
        };
        self.draft.write(connection, &row, first, &change).await?;
        Ok(Ok(first))
    }
}

impl AppendOperation {
    async fn repeats_a_message(&self, connection: &mut SqliteConnection) -> Result<bool, StorageError> {
        for id in self.draft.events.iter().filter_map(client_message_id) {
            let known: Option<(i64,)> = sqlx::query_as(
                "SELECT e.seq FROM conversations c JOIN events e ON e.conversation = c.id \
                 WHERE c.conversation = $1 AND e.client_message_id = $2",
            )
            .bind(self.draft.conversation.as_str())
            .bind(id)
            .fetch_optional(&mut *connection)
            .await?;
            if known.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Moves the length, and the summary where it changes, if all conditions hold: check and claim in one statement.
    async fn grow(&self, connection: &mut SqliteConnection, change: &Change) -> Result<Option<Row>, StorageError> {
        let fence = match self.writer {
            Writer::Anyone => None,
            Writer::Turn(fence) => Some(signed(fence.0)),
        };
        let added = signed(u64::try_from(self.draft.events.len()).unwrap_or(u64::MAX));
        let statement = if change.touches_columns() {
            "UPDATE conversations SET len = len + $3, updated_at = $4, status = COALESCE($6, status), \
             intent = COALESCE($7, intent), last_customer = COALESCE($8, last_customer), \
             answered = CASE WHEN $9 > answered THEN $9 ELSE answered END, turn_open = COALESCE($10, turn_open) \
             WHERE conversation = $1 AND len = $2 AND ($5 IS NULL OR fence = $5) AND erased_at IS NULL \
             RETURNING id, store"
        } else {
            "UPDATE conversations SET len = len + $3, updated_at = $4 \
             WHERE conversation = $1 AND len = $2 AND ($5 IS NULL OR fence = $5) AND erased_at IS NULL \
             RETURNING id, store"
        };
        let query = sqlx::query_as(statement)
            .bind(self.draft.conversation.as_str())
            .bind(signed(self.expected_len))
            .bind(added)
            .bind(self.draft.at)
            .bind(fence);
        let query = if change.touches_columns() { bind_columns(query, change) } else { query };
        let row: Option<(i64, String)> = query.fetch_optional(connection).await?;
        Ok(row.map(|(id, store)| Row { id, store, erased: false }))
    }

    /// Why it was not to be.
    async fn refusal(&self, connection: &mut SqliteConnection) -> Result<AppendError, StorageError> {
        let row: Option<(i64, i64, Option<i64>)> =
            sqlx::query_as("SELECT len, fence, erased_at FROM conversations WHERE conversation = $1")
                .bind(self.draft.conversation.as_str())
                .fetch_optional(connection)
                .await?;
        Ok(match (row, self.writer) {
            (None, _) => AppendError::Unknown,
            (Some((_, _, Some(_))), _) => AppendError::Storage(StorageError::Erased),
            (Some((_, fence, None)), Writer::Turn(held)) if signed(held.0) != fence => AppendError::Fenced,
            (Some((len, _, None)), _) => AppendError::Changed { len: unsigned(len) },
        })
    }
}

type RowQuery<'q> = sqlx::query::QueryAs<'q, sqlx::Sqlite, (i64, String), SqliteArguments>;

fn bind_columns<'q>(query: RowQuery<'q>, change: &Change) -> RowQuery<'q> {
    query
        .bind(change.status.map(Status::as_str))
        .bind(change.intent.map(Intent::as_str))
        .bind(change.last_customer.map(signed))
        .bind(change.answered.map(signed))
        .bind(change.turn_open)
}

/// Adds to a log whatever its length, whoever holds its turn, erased or not: for facts. Returns the first number.
pub(super) async fn append_fact(connection: &mut SqliteConnection, draft: &Draft) -> Result<u64, StorageError> {
    let head: Option<(i64, String, i64, Option<i64>)> =
        sqlx::query_as("SELECT id, store, len, erased_at FROM conversations WHERE conversation = $1")
            .bind(draft.conversation.as_str())
            .fetch_optional(&mut *connection)
            .await?;
    let (id, store, len, erased_at) = head.ok_or(StorageError::UnknownConversation)?;
    let first = unsigned(len) + 1;
    let change = summary::fold(first, &draft.events);
    sqlx::query(
        "UPDATE conversations SET len = len + $2, updated_at = $3, status = COALESCE($4, status), \
         intent = COALESCE($5, intent), last_customer = COALESCE($6, last_customer), \
         answered = CASE WHEN $7 > answered THEN $7 ELSE answered END, turn_open = COALESCE($8, turn_open) \
         WHERE id = $1",
    )
    .bind(id)
    .bind(signed(u64::try_from(draft.events.len()).unwrap_or(u64::MAX)))
    .bind(draft.at)
    .bind(change.status.map(Status::as_str))
    .bind(change.intent.map(Intent::as_str))
    .bind(change.last_customer.map(signed))
    .bind(change.answered.map(signed))
    .bind(change.turn_open)
    .execute(&mut *connection)
    .await?;
    draft.write(connection, &Row { id, store, erased: erased_at.is_some() }, first, &change).await?;
    Ok(first)
}

/// The events as they now stand in the log.
pub(super) fn numbered(conversation: &ConversationId, at: i64, first: u64, events: Arc<Vec<EventBody>>) -> Vec<Event> {
    let bodies = Arc::unwrap_or_clone(events);
    (first..)
        .zip(bodies)
        .map(|(seq, body)| Event { conversation: conversation.clone(), seq, at: from_millis(at), body })
        .collect()
}

impl SqliteStorage {
    pub(super) async fn draft(&self, append: Append) -> Result<Draft, StorageError> {
        let key = self.data_key(&append.conversation).await?;
        let mut draft = Draft::new(&append.conversation, append.at, append.events, key, &self.0.vault)?;
        draft.jobs = append.outbox;
        Ok(draft)
    }

    pub(super) async fn append_events(&self, append: Append) -> Result<Vec<Event>, AppendError> {
        let (conversation, expected_len, writer) = (append.conversation.clone(), append.expected_len, append.writer);
        let draft = match self.draft(append).await {
            Err(StorageError::UnknownConversation) => return Err(AppendError::Unknown),
            draft => draft?,
        };
        let (at, events) = (draft.at, Arc::clone(&draft.events));
        let first = self.write(AppendOperation { draft, expected_len, writer }).await??;
        Ok(numbered(&conversation, at, first, events))
    }
}
