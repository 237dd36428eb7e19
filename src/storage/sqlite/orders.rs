//! Effects on orders, on SQLite: proposal, pieces and limits in one transaction.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::SqliteStorage;
use super::approvals::{self, SealedApproval};
use super::ledger::{SealedEffect, Stored, insert, refuse_erased};
use super::writer::Operation;
use crate::domain::effect::Effect;
use crate::domain::id::{EffectId, StoreId};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{OrderId, Piece, Unit};
use crate::storage::StorageError;
use crate::storage::approvals::NewApproval;
use crate::storage::ledger::NewEffect;
use crate::storage::orders::{Hold, OnOrder, OrderEffects};

const SCOPE: &str = "limit";

/// A hold as it is stored: pieces as texts, limits under digests.
pub(super) struct Held {
    order: String,
    pieces: Vec<String>,
    amount: Option<Money>,
    limits: Vec<Limit>,
}

struct Limit {
    /// As the policy calls it.
    name: String,
    scope: Vec<u8>,
    /// Milliseconds.
    at: i64,
    since: i64,
    most: Option<i64>,
}

impl SqliteStorage {
    pub(super) fn held(&self, store: &StoreId, hold: Hold) -> Held {
        let limits = hold.allowances.into_iter().map(|allowance| Limit {
            scope: self.scope(store, &allowance.scope),
            name: allowance.scope,
            at: allowance.at.as_millisecond(),
            since: allowance.since.as_millisecond(),
            most: allowance.most,
        });
        Held {
            order: hold.order.as_str().to_owned(),
            pieces: hold.pieces.iter().map(Piece::to_string).collect(),
            amount: hold.amount,
            limits: limits.collect(),
        }
    }

    fn scope(&self, store: &StoreId, scope: &str) -> Vec<u8> {
        self.vault().digest(SCOPE, &format!("{store}\0{scope}")).to_vec()
    }
}

impl Held {
    /// Writes what an effect takes hold of, in the place of what it had.
    pub(super) async fn write(
        &self,
        connection: &mut SqliteConnection,
        store: &str,
        effect: &str,
    ) -> Result<Stored, StorageError> {
        let_go(connection, effect).await?;
        for piece in &self.pieces {
            sqlx::query("INSERT INTO pieces (store, order_id, piece, effect) VALUES ($1, $2, $3, $4)")
                .bind(store)
                .bind(&self.order)
                .bind(piece)
                .bind(effect)
                .execute(&mut *connection)
                .await?;
        }
        if let Some(amount) = self.amount {
            for limit in &self.limits {
                sqlx::query(
                    "INSERT INTO reservations (scope, currency, at, effect, amount) VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(&limit.scope)
                .bind(amount.currency().code())
                .bind(limit.at)
                .bind(effect)
                .bind(amount.minor())
                .execute(&mut *connection)
                .await?;
            }
        }
        let row =
            sqlx::query_as("UPDATE effects SET order_id = $2, amount = $3, currency = $4 WHERE id = $1 RETURNING *")
                .bind(effect)
                .bind(&self.order)
                .bind(self.amount.map(Money::minor))
                .bind(self.amount.map(|amount| amount.currency().code()))
                .fetch_one(connection)
                .await?;
        Ok(row)
    }
}

/// A failed effect has hold of nothing any more.
pub(super) async fn let_go(connection: &mut SqliteConnection, effect: &str) -> Result<(), StorageError> {
    for statement in ["DELETE FROM pieces WHERE effect = $1", "DELETE FROM reservations WHERE effect = $1"] {
        sqlx::query(statement).bind(effect).execute(&mut *connection).await?;
    }
    Ok(())
}

struct Propose {
    effect: NewEffect,
    sealed: SealedEffect,
    held: Held,
    approval: Option<SealedApproval>,
}

enum Outcome {
    New(Stored),
    Existing(Stored),
    Consumed(Stored),
    Busy(Stored),
    OverLimit { scope: String, used: i64 },
}

impl Operation for Propose {
    type Answer = Outcome;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let earlier = self.earlier(connection).await?;
        let failed = earlier.len();
        if let Some(standing) = earlier.into_iter().find(|row| !row.is_failed()) {
            return Ok(Outcome::Existing(standing));
        }
        refuse_erased(connection, &self.effect.conversation).await?;
        if let Some(refusal) = self.refusal(connection).await? {
            return Ok(refusal);
        }
        // The identity of one that failed stays its own.
        let identity =
            if failed == 0 { self.effect.identity.clone() } else { format!("{}~{failed}", self.effect.identity) };
        let effect = &self.effect;
        insert(connection, effect, &identity, &self.sealed).await?;
        if let Some(approval) = &self.approval {
            approvals::insert(connection, effect, approval).await?;
        }
        Ok(Outcome::New(self.held.write(connection, effect.store.as_str(), effect.id.as_str()).await?))
    }
}

impl Propose {
    /// The rows of this identity.
    async fn earlier(&self, connection: &mut SqliteConnection) -> Result<Vec<Stored>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT * FROM effects WHERE store = $1 \
             AND (identity = $2 OR substr(identity, 1, length($2) + 1) = $2 || '~')",
        )
        .bind(self.effect.store.as_str())
        .bind(&self.effect.identity)
        .fetch_all(connection)
        .await?;
        Ok(rows)
    }

    async fn refusal(&self, connection: &mut SqliteConnection) -> Result<Option<Outcome>, StorageError> {
        if let Some(other) = self.consumer(connection).await? {
            return Ok(Some(Outcome::Consumed(other)));
        }
        let Some(amount) = self.held.amount else { return Ok(None) };
        if self.approval.is_none()
            && let Some(other) = self.under_way(connection).await?
        {
            return Ok(Some(Outcome::Busy(other)));
        }
        for limit in &self.held.limits {
            let Some(most) = limit.most else { continue };
            let used = spent(&mut *connection, &limit.scope, amount.currency(), limit.since, "").await?;
            if used.saturating_add(amount.minor()) > most {
                return Ok(Some(Outcome::OverLimit { scope: limit.name.clone(), used }));
            }
        }
        Ok(None)
    }

    async fn consumer(&self, connection: &mut SqliteConnection) -> Result<Option<Stored>, StorageError> {
        for piece in &self.held.pieces {
            let consumer = sqlx::query_as(
                "SELECT e.* FROM pieces p JOIN effects e ON e.id = p.effect \
                 WHERE p.store = $1 AND p.order_id = $2 AND p.piece = $3",
            )
            .bind(self.effect.store.as_str())
            .bind(&self.held.order)
            .bind(piece)
            .fetch_optional(&mut *connection)
            .await?;
            if consumer.is_some() {
                return Ok(consumer);
            }
        }
        Ok(None)
    }

    /// Another effect that moves money of the order, and of which it is not known how it ended.
    async fn under_way(&self, connection: &mut SqliteConnection) -> Result<Option<Stored>, StorageError> {
        let row = sqlx::query_as(
            "SELECT * FROM effects WHERE store = $1 AND order_id = $2 AND amount IS NOT NULL \
             AND consent <> 'awaited' AND state IN ('proposed', 'sent', 'unknown') LIMIT 1",
        )
        .bind(self.effect.store.as_str())
        .bind(&self.held.order)
        .fetch_optional(connection)
        .await?;
        Ok(row)
    }
}

async fn spent<'e>(
    from: impl sqlx::Executor<'e, Database = sqlx::Sqlite>,
    scope: &[u8],
    currency: Currency,
    since: i64,
    besides: &str,
) -> Result<i64, StorageError> {
    let (spent,): (i64,) = sqlx::query_as(
        "SELECT COALESCE(SUM(amount), 0) FROM reservations \
         WHERE scope = $1 AND currency = $2 AND at > $3 AND effect <> $4",
    )
    .bind(scope)
    .bind(currency.code())
    .bind(since)
    .bind(besides)
    .fetch_one(from)
    .await?;
    Ok(spent)
}

/// A piece as it is stored.
fn piece(text: &str) -> Option<Piece> {
    match text {
        "shipping" => return Some(Piece::Shipping),
        "goodwill" => return Some(Piece::Goodwill),
        _ => {}
    }
    let (made, text) = match text.strip_prefix("return:") {
        Some(text) => (Piece::Return as fn(Unit) -> Piece, text),
        None => (Piece::Unit as fn(Unit) -> Piece, text),
    };
    let (line, number) = text.rsplit_once('/')?;
    Some(made(Unit { line: line.to_owned(), number: number.parse().ok()? }))
}

#[async_trait]
impl OrderEffects for SqliteStorage {
    async fn propose_on_order(
        &self,
        effect: NewEffect,
        hold: Hold,
        approval: Option<NewApproval>,
    ) -> Result<OnOrder, StorageError> {
        let sealed = self.seal_effect(&effect).await?;
        let approval = match approval {
            Some(approval) => Some(self.seal_approval(&effect.conversation, approval).await?),
            None => None,
        };
        let held = self.held(&effect.store, hold);
        Ok(match self.write(Propose { effect, sealed, held, approval }).await? {
            Outcome::New(row) => OnOrder::New(self.read_effect(row).await?),
            Outcome::Existing(row) => OnOrder::Existing(self.read_effect(row).await?),
            Outcome::Consumed(row) => OnOrder::Consumed(self.read_effect(row).await?),
            Outcome::Busy(row) => OnOrder::Busy(self.read_effect(row).await?),
            Outcome::OverLimit { scope, used } => OnOrder::OverLimit { scope, used },
        })
    }

    async fn consumed(&self, store: &StoreId, order: &OrderId) -> Result<Vec<(Piece, Effect)>, StorageError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT piece, effect FROM pieces WHERE store = $1 AND order_id = $2 ORDER BY piece")
                .bind(store.as_str())
                .bind(order.as_str())
                .fetch_all(self.readers())
                .await?;
        let effects = self.effects_on(store, order).await?;
        let of = |(text, id): &(String, String)| {
            let effect = effects.iter().find(|effect| effect.id.as_str() == id)?;
            Some((piece(text)?, effect.clone()))
        };
        Ok(rows.iter().filter_map(of).collect())
    }

    async fn effects_on(&self, store: &StoreId, order: &OrderId) -> Result<Vec<Effect>, StorageError> {
        let rows =
            sqlx::query_as("SELECT * FROM effects WHERE store = $1 AND order_id = $2 ORDER BY proposed_at, rowid")
                .bind(store.as_str())
                .bind(order.as_str())
                .fetch_all(self.readers())
                .await?;
        self.read_effects(rows).await
    }

    async fn spent(
        &self,
        store: &StoreId,
        scope: &str,
        currency: Currency,
        since: Timestamp,
        besides: Option<&EffectId>,
    ) -> Result<i64, StorageError> {
        let besides = besides.map_or("", EffectId::as_str);
        spent(self.readers(), &self.scope(store, scope), currency, since.as_millisecond(), besides).await
    }
}
