//! Events on their way into logs. However many conversations they belong to, they are written by one statement with all
//! that hangs on them, and all of them or none: each step of each turn comes through here, and a statement costs more on
//! its way to SQLite's thread and back than it costs there.
//!
//! The statement inserts into a view of the writer's connection, whose trigger tests and writes one event after another.

use std::sync::{Arc, LazyLock};

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, Sqlite, SqliteConnection};

use crate::storage::StorageError;
use crate::storage::summary::Change;

use super::signed;

/// What the view has for each event, in the order of [`bind`].
const COLUMNS: &[&str] = &[
    "conversation",
    "seq",
    "at",
    "client_message_id",
    "body",
    "sealed",
    "even_erased",
    "fence",
    "owner",
    "lease_until",
    "now",
    "gives_back",
    "status",
    "intent",
    "last_customer",
    "answered",
    "turn_open",
    "email",
    "forgiven",
    "store",
    "kid",
    "wrapped",
];

/// The number of an event is the length of its log after it, so that a log, which is opened by its first, is opened once. A
/// claim needs a fence above the last one.
///
/// Most events are a row in a log and nothing else. What is written with some stands behind views of its own, whose triggers
/// open their tables only where there is something for them. An `INSERT … SELECT` into a view, or into a table that something
/// here reads before, would build a temporary table, for each event.
const VIEWS: &[&str] = &[
    "CREATE TEMP VIEW openings AS SELECT NULL AS conversation, NULL AS at, NULL AS store, NULL AS kid, NULL AS wrapped",
    "\
CREATE TEMP TRIGGER write_opening INSTEAD OF INSERT ON openings WHEN NEW.store IS NOT NULL BEGIN
    INSERT INTO conversations (conversation, store, status, opened_at)
        VALUES (NEW.conversation, NEW.store, 'ai_handling', NEW.at) ON CONFLICT DO NOTHING;
    INSERT OR IGNORE INTO data_keys (conversation, kid, wrapped)
        VALUES ((SELECT id FROM conversations WHERE conversation = NEW.conversation), NEW.kid, NEW.wrapped);
END",
    "CREATE TEMP VIEW changes AS SELECT NULL AS conversation, NULL AS seq, NULL AS at, NULL AS fence, NULL AS owner, \
     NULL AS lease_until, NULL AS gives_back, NULL AS status, NULL AS intent, NULL AS last_customer, NULL AS answered, \
     NULL AS turn_open",
    "\
CREATE TEMP TRIGGER write_change INSTEAD OF INSERT ON changes WHEN NEW.gives_back
    OR COALESCE(NEW.owner, NEW.status, NEW.intent, NEW.last_customer, NEW.answered, NEW.turn_open) IS NOT NULL BEGIN
    UPDATE conversations SET status = COALESCE(NEW.status, status), intent = COALESCE(NEW.intent, intent),
        last_customer = COALESCE(NEW.last_customer, last_customer),
        answered = MAX(answered, COALESCE(NEW.answered, 0)), turn_open = COALESCE(NEW.turn_open, turn_open),
        fence = COALESCE(NEW.fence, fence),
        lease_owner = CASE WHEN NEW.gives_back THEN NULL ELSE COALESCE(NEW.owner, lease_owner) END,
        lease_until = CASE WHEN NEW.gives_back THEN 0 ELSE COALESCE(NEW.lease_until, lease_until) END
        WHERE conversation = NEW.conversation;
    INSERT INTO turns (store, at, conversation, seq)
        SELECT store, NEW.at, id, NEW.seq FROM conversations
        WHERE NEW.turn_open = 0 AND conversation = NEW.conversation;
END",
    "CREATE TEMP VIEW marks AS SELECT NULL AS conversation, NULL AS email, NULL AS forgiven",
    "\
CREATE TEMP TRIGGER write_mark INSTEAD OF INSERT ON marks WHEN COALESCE(NEW.email, NEW.forgiven) IS NOT NULL BEGIN
    INSERT OR IGNORE INTO conversation_emails (digest, conversation)
        VALUES (NEW.email, (SELECT id FROM conversations WHERE conversation = NEW.conversation));
    DELETE FROM identity_tries WHERE NEW.forgiven IS NOT NULL
        AND id IN (SELECT value FROM json_each(NEW.forgiven));
END",
    "\
CREATE TEMP TRIGGER write_event INSTEAD OF INSERT ON new_events WHEN NEW.conversation IS NOT NULL BEGIN
    INSERT INTO openings VALUES (NEW.conversation, NEW.at, NEW.store, NEW.kid, NEW.wrapped);
    INSERT INTO events (conversation, seq, at, client_message_id, body, sealed) VALUES (
        COALESCE((SELECT id FROM conversations c
            WHERE c.conversation = NEW.conversation AND (NEW.even_erased OR c.erased_at IS NULL)
            AND CASE WHEN NEW.owner IS NOT NULL THEN c.fence < NEW.fence
                AND (c.lease_owner IS NULL OR c.lease_owner = NEW.owner OR c.lease_until <= NEW.now)
                ELSE NEW.fence IS NULL OR c.fence = NEW.fence END
            AND (NEW.store IS NULL OR NEW.seq = 1)
            AND NEW.seq = 1 + COALESCE((SELECT MAX(seq) FROM events WHERE conversation = c.id), 0)
            AND (NEW.client_message_id IS NULL OR NOT EXISTS (SELECT 1 FROM events e
                WHERE e.conversation = c.id AND e.client_message_id = NEW.client_message_id))),
            RAISE(ABORT, 'refused')),
        NEW.seq, NEW.at, NEW.client_message_id, NEW.body, NEW.sealed);
    INSERT INTO changes VALUES (NEW.conversation, NEW.seq, NEW.at, NEW.fence, NEW.owner, NEW.lease_until,
        NEW.gives_back, NEW.status, NEW.intent, NEW.last_customer, NEW.answered, NEW.turn_open);
    INSERT INTO marks VALUES (NEW.conversation, NEW.email, NEW.forgiven);
END",
];

/// So many events at most go into one statement.
pub(super) const MOST: usize = 64;

/// Statements are kept prepared for these numbers of events; in a larger one than needed the rest is NULL.
const SIZES: [usize; 12] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, MOST];

static STATEMENTS: LazyLock<Vec<(usize, String)>> =
    LazyLock::new(|| SIZES.iter().map(|size| (*size, statement(*size))).collect());

fn statement(events: usize) -> String {
    let event = format!("({})", vec!["?"; COLUMNS.len()].join(", "));
    format!("INSERT INTO new_events VALUES {}", vec![event; events].join(", "))
}

/// Readies the writer's connection.
pub(super) async fn prepare(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let columns: Vec<String> = COLUMNS.iter().map(|column| format!("NULL AS {column}")).collect();
    let view = format!("CREATE TEMP VIEW new_events AS SELECT {}", columns.join(", "));
    sqlx::query(sqlx::AssertSqlSafe(view)).execute(&mut *connection).await?;
    for statement in VIEWS {
        sqlx::query(*statement).execute(&mut *connection).await?;
    }
    Ok(())
}

/// An event, the conditions under which it may be written, and what is written with it.
#[derive(Clone)]
pub(super) struct Entry {
    pub conversation: Arc<str>,
    pub seq: u64,
    /// Milliseconds.
    pub at: i64,
    pub client_message_id: Option<Arc<str>>,
    pub body: Arc<str>,
    pub sealed: Option<Arc<str>>,
    /// Whether it is kept of a person who was erased, too.
    pub even_erased: bool,
    /// The claim under which it is written, where it needs one.
    pub fence: Option<u64>,
    /// The claim that it makes itself, under `fence`.
    pub claim: Option<NewLease>,
    /// Whether the turn is free after it.
    pub gives_back: bool,
    pub change: Change,
    /// Digest of the address that it proves or claims.
    pub email: Option<Arc<[u8]>>,
    /// Numbers of tries that count no more, as a JSON list.
    pub forgiven: Option<Arc<str>>,
    /// The conversation that it opens.
    pub opening: Option<Opening>,
}

/// Moments of machine time, in milliseconds.
#[derive(Clone)]
pub(super) struct NewLease {
    pub owner: Arc<str>,
    pub now: i64,
    pub until: i64,
}

#[derive(Clone)]
pub(super) struct Opening {
    pub store: Arc<str>,
    /// The data key as it is stored, and the name of what wrapped it.
    pub wrapped: Arc<str>,
    pub kid: Arc<str>,
}

/// Writes all events, or none: `false` where the conditions of one do not hold. More than [`MOST`] need a transaction
/// around this.
pub(super) async fn insert(connection: &mut SqliteConnection, entries: &[&Entry]) -> Result<bool, StorageError> {
    for entries in entries.chunks(MOST) {
        let fitting = STATEMENTS.iter().find(|(size, _)| *size >= entries.len());
        let Some((_, statement)) = fitting else { continue };
        let mut arguments = SqliteArguments::default();
        arguments.reserve(entries.len() * COLUMNS.len(), 0);
        let empty = sqlx::query_with(statement.as_str(), arguments);
        let query = entries.iter().fold(empty, |query, entry| bind(query, entry));
        match query.execute(&mut *connection).await {
            Ok(_) => {}
            Err(error) if is_refusal(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

fn bind<'q>(query: Query<'q, Sqlite, SqliteArguments>, entry: &Entry) -> Query<'q, Sqlite, SqliteArguments> {
    let (claim, change, opening) = (entry.claim.as_ref(), &entry.change, entry.opening.as_ref());
    query
        .bind(Arc::clone(&entry.conversation))
        .bind(signed(entry.seq))
        .bind(entry.at)
        .bind(entry.client_message_id.clone())
        .bind(Arc::clone(&entry.body))
        .bind(entry.sealed.clone())
        .bind(entry.even_erased)
        .bind(entry.fence.map(signed))
        .bind(claim.map(|claim| Arc::clone(&claim.owner)))
        .bind(claim.map(|claim| claim.until))
        .bind(claim.map(|claim| claim.now))
        .bind(entry.gives_back)
        .bind(change.status.map(|status| status.as_str()))
        .bind(change.intent.map(|intent| intent.as_str()))
        .bind(change.heard.map(signed))
        .bind(change.answered.map(signed))
        .bind(change.turn_open)
        .bind(entry.email.clone())
        .bind(entry.forgiven.clone())
        .bind(opening.map(|opening| Arc::clone(&opening.store)))
        .bind(opening.map(|opening| Arc::clone(&opening.kid)))
        .bind(opening.map(|opening| Arc::clone(&opening.wrapped)))
}

/// <https://www.sqlite.org/rescode.html#constraint_trigger>
const SQLITE_CONSTRAINT_TRIGGER: &str = "1811";

fn is_refusal(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == SQLITE_CONSTRAINT_TRIGGER)
}
