//! Adding to a log. The statements are few, because every step of every turn comes through here.

use std::sync::{Arc, LazyLock};

use sqlx::SqliteConnection;

use super::codes::use_up;
use super::writer::Operation;
use super::{SqliteStorage, seal_with, signed, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::event::{Event, EventBody, Intent, Status};
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::log::{Append, AppendError, Fence, Writer};
use crate::storage::outbox::NewJob;
use crate::storage::personal::{self, Parts};
use crate::storage::summary::{self, Change};
use crate::storage::vault::{Key, Vault};

/// Statements for up to this many events are kept prepared.
const ROWS: usize = 8;
/// Parameters before the first event's, and of each event.
const CONDITIONS: usize = 5;
const COLUMNS: usize = 4;

static INSERT_EVENTS: LazyLock<Vec<String>> =
    LazyLock::new(|| (1..=ROWS).map(|rows| insert_events(rows, false)).collect());
static INSERT_MESSAGES: LazyLock<Vec<String>> =
    LazyLock::new(|| (1..=ROWS).map(|rows| insert_events(rows, true)).collect());

/// Adds events if every condition holds: check and write in one statement. The log's length is the number of its last
/// event. With messages among the events, none of them may be in the log already.
fn insert_events(rows: usize, messages: bool) -> String {
    let row = |index: usize| {
        let columns: Vec<String> =
            (1..=COLUMNS).map(|column| format!("${}", CONDITIONS + index * COLUMNS + column)).collect();
        format!("({})", columns.join(", "))
    };
    let values: Vec<String> = (0..rows).map(row).collect();
    let unknown = if messages {
        " AND NOT EXISTS (SELECT 1 FROM events e JOIN new ON e.client_message_id = new.client_message_id \
         WHERE e.conversation = c.id)"
    } else {
        ""
    };
    format!(
        "WITH new (seq, client_message_id, body, sealed) AS (VALUES {}) \
         INSERT INTO events (conversation, seq, at, client_message_id, body, sealed) \
         SELECT c.id, new.seq, $4, new.client_message_id, new.body, new.sealed FROM conversations c, new \
         WHERE c.conversation = $1 AND ($3 IS NULL OR c.fence = $3) AND ($5 OR c.erased_at IS NULL) \
         AND $2 = COALESCE((SELECT MAX(seq) FROM events WHERE conversation = c.id), 0){unknown}",
        values.join(", ")
    )
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
    fn sealed(&self, key: Option<&Key>, what: &str, text: &str) -> Result<String, StorageError> {
        match key {
            Some(key) => seal_with(key, &self.conversation, what, text),
            None => Ok(String::new()),
        }
    }

    /// What the events, the first of which gets the number `first`, change in the summary.
    pub(super) fn change(&self, first: u64) -> Change {
        summary::fold(first, &self.events)
    }

    /// Whether the events are all that there is to write, in one statement.
    fn is_one_statement(&self, change: &Change) -> bool {
        let hangs_on = !(change.turns.is_empty() && change.emails.is_empty() && self.jobs.is_empty());
        !hangs_on && !change.touches_columns() && !self.proves_a_code() && self.events.len() <= ROWS
    }

    fn proves_a_code(&self) -> bool {
        self.events.iter().any(|event| matches!(event, EventBody::CodeChecked { right: true, .. }))
    }

    /// Writes the events after number `len`, and what hangs on them, if `len` is the log's length and `fence`, where one
    /// is given, is the last. `false`: nothing was written. What is personal is sealed under `key`; where there is none,
    /// the person was erased, and only what is not personal is kept.
    pub(super) async fn write(
        &self,
        connection: &mut SqliteConnection,
        len: u64,
        fence: Option<Fence>,
        key: Option<&Key>,
        change: &Change,
    ) -> Result<bool, StorageError> {
        if !self.insert(connection, len, fence, key).await? {
            return Ok(false);
        }
        if change.touches_columns() {
            self.move_columns(connection, change).await?;
        }
        if let Some(key) = key {
            self.link_emails(connection, change).await?;
            self.insert_jobs(connection, key).await?;
        }
        if self.proves_a_code() {
            use_up(connection, &self.conversation).await?;
        }
        for seq in &change.turns {
            sqlx::query(
                "INSERT INTO turns (store, at, conversation, seq) \
                 SELECT store, $2, id, $3 FROM conversations WHERE conversation = $1",
            )
            .bind(self.conversation.as_str())
            .bind(self.at)
            .bind(signed(*seq))
            .execute(&mut *connection)
            .await?;
        }
        Ok(true)
    }

    async fn insert(
        &self,
        connection: &mut SqliteConnection,
        mut len: u64,
        fence: Option<Fence>,
        key: Option<&Key>,
    ) -> Result<bool, StorageError> {
        let events: Vec<(&EventBody, &Parts)> = self.events.iter().zip(self.parts.iter()).collect();
        for chunk in events.chunks(ROWS) {
            if !self.insert_some(connection, len, fence, key, chunk).await? {
                return Ok(false);
            }
            len += count(chunk);
        }
        Ok(true)
    }

    async fn insert_some(
        &self,
        connection: &mut SqliteConnection,
        len: u64,
        fence: Option<Fence>,
        key: Option<&Key>,
        events: &[(&EventBody, &Parts)],
    ) -> Result<bool, StorageError> {
        let messages = events.iter().any(|(event, _)| client_message_id(event).is_some());
        let statements = if messages { &INSERT_MESSAGES } else { &INSERT_EVENTS };
        let Some(statement) = events.len().checked_sub(1).and_then(|index| statements.get(index)) else {
            return Ok(true);
        };
        let mut query = sqlx::query::<sqlx::Sqlite>(statement.as_str())
            .bind(self.conversation.as_str())
            .bind(signed(len))
            .bind(fence.map(|fence| signed(fence.0)))
            .bind(self.at)
            .bind(key.is_none());
        for (seq, (event, parts)) in (len + 1..).zip(events) {
            let sealed = match &parts.personal {
                Some(text) => Some(self.sealed(key, &event_place(seq), text)?),
                None => None,
            };
            query = query.bind(signed(seq)).bind(client_message_id(event)).bind(parts.plain.as_str()).bind(sealed);
        }
        Ok(query.execute(connection).await?.rows_affected() > 0)
    }

    async fn move_columns(&self, connection: &mut SqliteConnection, change: &Change) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE conversations SET status = COALESCE($2, status), intent = COALESCE($3, intent), \
             last_customer = COALESCE($4, last_customer), \
             answered = CASE WHEN $5 > answered THEN $5 ELSE answered END, turn_open = COALESCE($6, turn_open) \
             WHERE conversation = $1",
        )
        .bind(self.conversation.as_str())
        .bind(change.status.map(Status::as_str))
        .bind(change.intent.map(Intent::as_str))
        .bind(change.last_customer.map(signed))
        .bind(change.answered.map(signed))
        .bind(change.turn_open)
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn link_emails(&self, connection: &mut SqliteConnection, change: &Change) -> Result<(), StorageError> {
        for email in &change.emails {
            sqlx::query(
                "INSERT INTO conversation_emails (digest, conversation) \
                 SELECT $2, id FROM conversations WHERE conversation = $1 ON CONFLICT DO NOTHING",
            )
            .bind(self.conversation.as_str())
            .bind(self.vault.digest(EMAIL_DIGEST, email.as_str()).as_slice())
            .execute(&mut *connection)
            .await?;
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
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
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

/// An append under its conditions.
struct AppendOperation {
    draft: Draft,
    expected_len: u64,
    writer: Writer,
    change: Change,
}

impl AppendOperation {
    fn new(draft: Draft, expected_len: u64, writer: Writer) -> Self {
        let change = draft.change(expected_len + 1);
        Self { draft, expected_len, writer, change }
    }

    /// Why it was not to be.
    async fn refusal(&self, connection: &mut SqliteConnection) -> Result<AppendError, StorageError> {
        let row: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
            "SELECT COALESCE((SELECT MAX(seq) FROM events WHERE conversation = c.id), 0), c.fence, c.erased_at \
             FROM conversations c WHERE c.conversation = $1",
        )
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

impl Operation for AppendOperation {
    type Answer = Result<u64, AppendError>;

    fn is_one_statement(&self) -> bool {
        self.draft.is_one_statement(&self.change)
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let fence = match self.writer {
            Writer::Anyone => None,
            Writer::Turn(fence) => Some(fence),
        };
        let Draft { key, .. } = &self.draft;
        let written =
            key.is_some() && self.draft.write(connection, self.expected_len, fence, key.as_ref(), &self.change).await?;
        if written { Ok(Ok(self.expected_len + 1)) } else { self.refusal(connection).await.map(Err) }
    }
}

/// Adds to a log whatever its length, whoever holds its turn, erased or not: for facts. Returns the first number.
pub(super) async fn append_fact(connection: &mut SqliteConnection, draft: &Draft) -> Result<u64, StorageError> {
    let head: Option<(i64, Option<i64>)> = sqlx::query_as(
        "SELECT COALESCE((SELECT MAX(seq) FROM events WHERE conversation = c.id), 0), c.erased_at \
         FROM conversations c WHERE c.conversation = $1",
    )
    .bind(draft.conversation.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    let (len, erased_at) = head.ok_or(StorageError::UnknownConversation)?;
    let first = unsigned(len) + 1;
    let key = draft.key.as_ref().filter(|_| erased_at.is_none());
    draft.write(connection, unsigned(len), None, key, &draft.change(first)).await?;
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
        let first = self.write(AppendOperation::new(draft, expected_len, writer)).await??;
        Ok(numbered(&conversation, at, first, events))
    }
}
