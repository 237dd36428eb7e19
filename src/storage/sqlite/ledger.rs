//! The effects ledger on SQLite. Every write is on disk before it is answered.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::append::{Draft, append_fact};
use super::orders::let_go;
use super::row::row;
use super::writer::Operation;
use super::{SqliteStorage, machine_now};
use crate::domain::clock::from_millis;
use crate::domain::effect::{Consent, Effect, EffectKind, EffectState};
use crate::domain::id::{ConversationId, EffectId, StoreId};
use crate::domain::money::Money;
use crate::domain::order::OrderId;
use crate::storage::StorageError;
use crate::storage::ledger::{Ledger, Move, NewEffect, Proposed};
use crate::storage::log::Append;

/// What is read in place of a request that was erased. It is never sent: no step leads such a row to `sent`.
const ERASED: &str = "(erased)";

row! {
    /// A row of the ledger as it is stored.
    pub(super) struct Stored {
        id: String,
        store: String,
        conversation: String,
        kind: String,
        identity: String,
        order_id: Option<String>,
        amount: Option<i64>,
        currency: Option<String>,
        consent: String,
        watched: bool,
        state: String,
        request: Option<String>,
        wish: Option<String>,
        vendor_reference: Option<String>,
        problem: Option<String>,
        proposed_at: i64,
        sent_at: Option<i64>,
        settled_at: Option<i64>,
        absent: i64,
        absent_at: Option<i64>,
    }
}

impl Stored {
    pub(super) fn is_failed(&self) -> bool {
        self.state == EffectState::Failed.as_str()
    }

    fn money(&self) -> Result<Option<Money>, StorageError> {
        let (Some(minor), Some(currency)) = (self.amount, &self.currency) else { return Ok(None) };
        let currency =
            currency.parse().map_err(|error| StorageError::Corrupt(format!("effect {}: {error}", self.id)))?;
        Ok(Some(Money::from_minor(minor, currency)))
    }
}

/// A request is sealed for its row alone.
pub(super) fn place(id: &str) -> String {
    format!("effect/{id}")
}

fn place_of_wish(id: &str) -> String {
    format!("wish/{id}")
}

/// What of a new effect is stored sealed.
pub(super) struct SealedEffect {
    request: String,
    wish: Option<String>,
}

struct Propose {
    effect: NewEffect,
    sealed: SealedEffect,
}

impl Operation for Propose {
    /// Whether it is new, and the row.
    type Answer = (bool, Stored);
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let effect = &self.effect;
        if let Some(row) = insert(connection, effect, &effect.identity, &self.sealed, Consent::NotNeeded).await? {
            return Ok((true, row));
        }
        let known = sqlx::query_as("SELECT * FROM effects WHERE store = $1 AND identity = $2")
            .bind(effect.store.as_str())
            .bind(&effect.identity)
            .fetch_optional(&mut *connection)
            .await?;
        match known {
            Some(known) => Ok((false, known)),
            None => Err(not_kept(connection, &effect.conversation).await?),
        }
    }
}

/// The new row of a proposal. `None`: its identity is taken, or nothing is kept of its conversation any more.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    effect: &NewEffect,
    identity: &str,
    sealed: &SealedEffect,
    consent: Consent,
) -> Result<Option<Stored>, StorageError> {
    let row = sqlx::query_as(
        "INSERT INTO effects (id, store, conversation, kind, identity, state, request, wish, proposed_at, consent) \
         SELECT $1, $2, conversation, $4, $5, 'proposed', $6, $7, $8, $9 FROM conversations \
         WHERE conversation = $3 AND erased_at IS NULL ON CONFLICT (store, identity) DO NOTHING RETURNING *",
    )
    .bind(effect.id.as_str())
    .bind(effect.store.as_str())
    .bind(effect.conversation.as_str())
    .bind(effect.kind.as_str())
    .bind(identity)
    .bind(&sealed.request)
    .bind(&sealed.wish)
    .bind(effect.at.as_millisecond())
    .bind(consent.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(row)
}

/// Why nothing was kept of a conversation: the key that sealed something may have been destroyed while it waited to be
/// written.
pub(super) async fn not_kept(
    connection: &mut SqliteConnection,
    conversation: &ConversationId,
) -> Result<StorageError, StorageError> {
    match refuse_erased(connection, conversation).await {
        Err(error) => Ok(error),
        Ok(()) => Err(StorageError::Database(format!("nothing was kept of {conversation}"))),
    }
}

/// The key that sealed something may have been destroyed while it waited to be written.
pub(super) async fn refuse_erased(
    connection: &mut SqliteConnection,
    conversation: &ConversationId,
) -> Result<(), StorageError> {
    let row: Option<(Option<i64>,)> = sqlx::query_as("SELECT erased_at FROM conversations WHERE conversation = $1")
        .bind(conversation.as_str())
        .fetch_optional(connection)
        .await?;
    match row {
        None => Err(StorageError::UnknownConversation),
        Some((Some(_),)) => Err(StorageError::Erased),
        Some((None,)) => Ok(()),
    }
}

struct Advance {
    id: EffectId,
    step: Move,
    at: i64,
    draft: Option<Draft>,
}

impl Operation for Advance {
    type Answer = Option<Stored>;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let Some(row) = self.step(connection).await? else { return Ok(None) };
        if matches!(self.step, Move::Fail { .. }) {
            let_go(connection, &row.id).await?;
        }
        if let Some(draft) = &self.draft {
            append_fact(connection, draft).await?;
        }
        Ok(Some(row))
    }
}

impl Advance {
    async fn step(&self, connection: &mut SqliteConnection) -> Result<Option<Stored>, StorageError> {
        // All are bound alike: $1 the row, $2 the moment, $3 the detail.
        let (statement, detail) = match &self.step {
            // A vendor's memory of a key starts with the first request: `sent_at` stays. A row without its request was
            // erased and can never be sent.
            Move::Send => (
                "UPDATE effects SET state = 'sent', sent_at = COALESCE(sent_at, $2), problem = NULL, absent = 0, \
                 absent_at = NULL WHERE id = $1 AND state IN ('proposed', 'unknown') AND request IS NOT NULL \
                 AND consent <> 'awaited' RETURNING *",
                None,
            ),
            Move::Confirm { vendor_reference, watched: false } => (
                "UPDATE effects SET state = 'confirmed', settled_at = $2, vendor_reference = $3, problem = NULL \
                 WHERE id = $1 AND state IN ('sent', 'unknown') RETURNING *",
                vendor_reference.as_deref(),
            ),
            Move::Confirm { vendor_reference, watched: true } => (
                "UPDATE effects SET state = 'confirmed', settled_at = $2, vendor_reference = $3, problem = NULL, \
                 watched = 1 WHERE id = $1 AND state IN ('sent', 'unknown') RETURNING *",
                vendor_reference.as_deref(),
            ),
            Move::Arrive => ("UPDATE effects SET watched = 0 WHERE id = $1 AND watched RETURNING *", None),
            Move::Bounce { problem } => (
                "UPDATE effects SET state = 'failed', watched = 0, settled_at = $2, problem = $3 \
                 WHERE id = $1 AND watched RETURNING *",
                Some(problem.as_str()),
            ),
            Move::Fail { problem } => (
                "UPDATE effects SET state = 'failed', settled_at = $2, problem = $3 \
                 WHERE id = $1 AND state IN ('proposed', 'sent', 'unknown') RETURNING *",
                Some(problem.as_str()),
            ),
            Move::TurnedAway { problem } => (
                "UPDATE effects SET state = 'proposed', sent_at = NULL, problem = $3 \
                 WHERE id = $1 AND state = 'sent' RETURNING *",
                Some(problem.as_str()),
            ),
            Move::Lose { problem } => (
                "UPDATE effects SET state = 'unknown', problem = $3 \
                 WHERE id = $1 AND state = 'sent' RETURNING *",
                Some(problem.as_str()),
            ),
            Move::Absent => (
                "UPDATE effects SET absent = absent + 1, absent_at = $2 \
                 WHERE id = $1 AND (state = 'unknown' OR watched) RETURNING *",
                None,
            ),
        };
        let query = sqlx::query_as(statement).bind(self.id.as_str()).bind(self.at).bind(detail);
        Ok(query.fetch_optional(connection).await?)
    }
}

struct ForgetSent {
    /// Whose leases count.
    owner: String,
    /// Milliseconds of machine time, both.
    now: i64,
    before: i64,
}

impl Operation for ForgetSent {
    type Answer = u64;
    const DURABLE: bool = true;

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let done = sqlx::query(
            "UPDATE effects SET state = 'unknown', problem = 'its sender ended before the outcome was known' \
             WHERE state = 'sent' AND sent_at <= $2 AND NOT EXISTS (SELECT 1 FROM conversations c \
             WHERE c.conversation = effects.conversation AND c.lease_owner = $3 AND c.lease_until > $1)",
        )
        .bind(self.now)
        .bind(self.before)
        .bind(&self.owner)
        .execute(connection)
        .await?;
        Ok(done.rows_affected())
    }
}

impl SqliteStorage {
    pub(super) async fn seal_effect(&self, effect: &NewEffect) -> Result<SealedEffect, StorageError> {
        let (conversation, id) = (&effect.conversation, effect.id.as_str());
        let wish = match &effect.wish {
            Value::Null => None,
            wish => Some(self.seal(conversation, &place_of_wish(id), &wish.to_string()).await?),
        };
        Ok(SealedEffect { request: self.seal(conversation, &place(id), &effect.request).await?, wish })
    }

    async fn read_wish(
        &self,
        conversation: &ConversationId,
        id: &str,
        sealed: Option<&str>,
    ) -> Result<Value, StorageError> {
        let Some(sealed) = sealed else { return Ok(Value::Null) };
        match self.unseal(conversation, &place_of_wish(id), sealed).await {
            Err(StorageError::Erased) => Ok(Value::Null),
            text => Ok(serde_json::from_str(&text?)?),
        }
    }

    pub(super) async fn read_effect(&self, row: Stored) -> Result<Effect, StorageError> {
        let amount = row.money()?;
        let conversation = ConversationId::new(row.conversation);
        let request = match &row.request {
            None => ERASED.to_owned(),
            Some(sealed) => match self.unseal(&conversation, &place(&row.id), sealed).await {
                Err(StorageError::Erased) => ERASED.to_owned(),
                request => request?,
            },
        };
        let wish = self.read_wish(&conversation, &row.id, row.wish.as_deref()).await?;
        let kind = EffectKind::parse(&row.kind)
            .ok_or_else(|| StorageError::Corrupt(format!("effect {} is of the unknown kind {:?}", row.id, row.kind)))?;
        let consent = Consent::parse(&row.consent)
            .ok_or_else(|| StorageError::Corrupt(format!("effect {}: consent {:?}", row.id, row.consent)))?;
        Ok(Effect {
            id: EffectId::new(row.id),
            store: StoreId::new(row.store),
            conversation,
            kind,
            identity: row.identity,
            order: row.order_id.map(OrderId::new),
            amount,
            consent,
            watched: row.watched,
            state: EffectState::from(row.state),
            wish,
            request,
            vendor_reference: row.vendor_reference,
            problem: row.problem,
            proposed_at: from_millis(row.proposed_at),
            sent_at: row.sent_at.map(from_millis),
            settled_at: row.settled_at.map(from_millis),
            absent: u32::try_from(row.absent).unwrap_or(u32::MAX),
            absent_at: row.absent_at.map(from_millis),
        })
    }

    pub(super) async fn read_effects(&self, rows: Vec<Stored>) -> Result<Vec<Effect>, StorageError> {
        let mut effects = Vec::with_capacity(rows.len());
        for row in rows {
            effects.push(self.read_effect(row).await?);
        }
        Ok(effects)
    }
}

#[async_trait]
impl Ledger for SqliteStorage {
    async fn propose(&self, effect: NewEffect) -> Result<Proposed, StorageError> {
        let sealed = self.seal_effect(&effect).await?;
        let (is_new, row) = self.write(Propose { effect, sealed }).await?;
        let effect = self.read_effect(row).await?;
        Ok(if is_new { Proposed::New(effect) } else { Proposed::Existing(effect) })
    }

    async fn advance(
        &self,
        id: &EffectId,
        step: Move,
        at: Timestamp,
        append: Option<Append>,
    ) -> Result<Option<Effect>, StorageError> {
        let draft = match append {
            Some(append) => Some(self.draft(append).await?),
            None => None,
        };
        let advance = Advance { id: id.clone(), step, at: at.as_millisecond(), draft };
        match self.write(advance).await? {
            Some(row) => self.read_effect(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn effect(&self, id: &EffectId) -> Result<Option<Effect>, StorageError> {
        let row = sqlx::query_as("SELECT * FROM effects WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        match row {
            Some(row) => self.read_effect(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn effect_called(
        &self,
        store: &StoreId,
        kind: EffectKind,
        vendor_reference: &str,
    ) -> Result<Option<Effect>, StorageError> {
        let row = sqlx::query_as("SELECT * FROM effects WHERE store = $1 AND kind = $2 AND vendor_reference = $3")
            .bind(store.as_str())
            .bind(kind.as_str())
            .bind(vendor_reference)
            .fetch_optional(self.readers())
            .await?;
        match row {
            Some(row) => self.read_effect(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn under_way(&self, store: &StoreId, kind: EffectKind) -> Result<bool, StorageError> {
        let found: Option<(i64,)> = sqlx::query_as(
            // In the words of the indices of what is not settled, so that the ledger's past is not read.
            "SELECT 1 FROM effects WHERE state = 'sent' AND store = $1 AND kind = $2 UNION ALL \
             SELECT 1 FROM effects WHERE state IN ('proposed', 'unknown') AND state = 'unknown' AND store = $1 \
             AND kind = $2 LIMIT 1",
        )
        .bind(store.as_str())
        .bind(kind.as_str())
        .fetch_optional(self.readers())
        .await?;
        Ok(found.is_some())
    }

    async fn effects_of(&self, conversation: &ConversationId) -> Result<Vec<Effect>, StorageError> {
        let rows = sqlx::query_as("SELECT * FROM effects WHERE conversation = $1 ORDER BY proposed_at, rowid")
            .bind(conversation.as_str())
            .fetch_all(self.readers())
            .await?;
        self.read_effects(rows).await
    }

    async fn forget_sent(&self, owner: &str, before: Timestamp) -> Result<u64, StorageError> {
        let (owner, before) = (owner.to_owned(), before.as_millisecond());
        self.write(ForgetSent { owner, now: machine_now(), before }).await
    }

    async fn watched(&self, asked_before: Timestamp, limit: u32) -> Result<Vec<Effect>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT * FROM effects WHERE watched AND COALESCE(absent_at, settled_at) < $1 \
             ORDER BY COALESCE(absent_at, settled_at) LIMIT +$2",
        )
        .bind(asked_before.as_millisecond())
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        self.read_effects(rows).await
    }

    async fn unsettled(&self, limit: u32) -> Result<Vec<Effect>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT * FROM effects WHERE state IN ('proposed', 'unknown') AND consent <> 'awaited' \
             ORDER BY order_id IS NULL, proposed_at, rowid LIMIT +$1",
        )
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        self.read_effects(rows).await
    }
}
