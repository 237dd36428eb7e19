//! Effects on orders, on SQLite: proposal, pieces and limits in one transaction.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::SqliteStorage;
use super::approvals::{self, SealedApproval};
use super::ledger::{SealedEffect, Stored, insert, not_kept};
use super::writer::Operation;
use crate::domain::effect::{Consent, Effect};
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
        let limits = if self.amount.is_some() { self.listed_limits()? } else { NO_LIMITS.to_owned() };
        let row = sqlx::query_as(
            "DELETE FROM pieces WHERE effect = $1; DELETE FROM reservations WHERE effect = $1; \
             INSERT INTO pieces (store, order_id, piece, effect) SELECT $2, $3, value, $1 FROM json_each($4); \
             INSERT INTO reservations (scope, currency, at, effect, amount) \
             SELECT unhex(value ->> 'scope'), $6, value ->> 'at', $1, $5 FROM json_each($7); \
             UPDATE effects SET order_id = $3, amount = $5, currency = $6 WHERE id = $1 RETURNING *",
        )
        .bind(effect)
        .bind(store)
        .bind(&self.order)
        .bind(serde_json::to_string(&self.pieces)?)
        .bind(self.amount.map(Money::minor))
        .bind(self.amount.map(|amount| amount.currency().code()))
        .bind(limits)
        .fetch_one(connection)
        .await?;
        Ok(row)
    }

    /// As SQLite reads them.
    fn listed_limits(&self) -> Result<String, StorageError> {
        let limit = |limit: &Limit| json!({"scope": hex::encode(&limit.scope), "at": limit.at, "since": limit.since});
        Ok(serde_json::to_string(&self.limits.iter().map(limit).collect::<Vec<_>>())?)
    }
}

const NO_LIMITS: &str = "[]";

/// A failed effect has hold of nothing any more.
pub(super) async fn let_go(connection: &mut SqliteConnection, effect: &str) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM pieces WHERE effect = $1; DELETE FROM reservations WHERE effect = $1")
        .bind(effect)
        .execute(connection)
        .await?;
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

/// An effect that stands in the way of a proposal, and why.
struct InTheWay {
    reason: Reason,
    effect: Stored,
}

enum Reason {
    /// It has the same identity.
    Same,
    /// It has one of the pieces.
    Consumer,
    /// It moves money of the order, and it is not known how it ended.
    UnderWay,
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for InTheWay {
    fn from_row(row: &'r SqliteRow) -> Result<Self, sqlx::Error> {
        let reason = match row.try_get("reason")? {
            0 => Reason::Same,
            1 => Reason::Consumer,
            _ => Reason::UnderWay,
        };
        Ok(Self { reason, effect: Stored::from_row(row)? })
    }
}

impl Operation for Propose {
    type Answer = Outcome;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let (effect, mut failed) = (&self.effect, 0);
        for InTheWay { reason, effect: other } in self.in_the_way(connection).await? {
            match reason {
                Reason::Same if other.is_failed() => failed += 1,
                Reason::Same => return Ok(Outcome::Existing(other)),
                Reason::Consumer => return Ok(Outcome::Consumed(other)),
                Reason::UnderWay if self.held.amount.is_some() && self.approval.is_none() => {
                    return Ok(Outcome::Busy(other));
                }
                Reason::UnderWay => {}
            }
        }
        if let Some((scope, used)) = self.passed_limit(connection).await? {
            return Ok(Outcome::OverLimit { scope, used });
        }
        // The identity of one that failed stays its own.
        let identity = if failed == 0 { effect.identity.clone() } else { format!("{}~{failed}", effect.identity) };
        let consent = if self.approval.is_some() { Consent::Awaited } else { Consent::NotNeeded };
        if insert(connection, effect, &identity, &self.sealed, consent).await?.is_none() {
            return Err(not_kept(connection, &effect.conversation).await?);
        }
        if let Some(approval) = &self.approval {
            approvals::insert(connection, effect, approval).await?;
        }
        Ok(Outcome::New(self.held.write(connection, effect.store.as_str(), effect.id.as_str()).await?))
    }
}

impl Propose {
    /// The weightiest reasons first; of the pieces, the first one's.
    async fn in_the_way(&self, connection: &mut SqliteConnection) -> Result<Vec<InTheWay>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT * FROM (SELECT 0 AS reason, 0 AS place, * FROM effects WHERE store = $1 \
             AND (identity = $2 OR (identity > $2 || '~' AND identity < $2 || char(127))) UNION ALL \
             SELECT 1, w.key, e.* FROM json_each($4) w JOIN pieces p \
             ON p.store = $1 AND p.order_id = $3 AND p.piece = w.value JOIN effects e ON e.id = p.effect UNION ALL \
             SELECT 2, 0, * FROM effects WHERE store = $1 AND order_id = $3 AND amount IS NOT NULL \
             AND consent <> 'awaited' AND state IN ('proposed', 'sent', 'unknown')) ORDER BY reason, place",
        )
        .bind(self.effect.store.as_str())
        .bind(&self.effect.identity)
        .bind(&self.held.order)
        .bind(serde_json::to_string(&self.held.pieces)?)
        .fetch_all(connection)
        .await?;
        Ok(rows)
    }

    /// The first limit that would be passed, and how much of it is used.
    async fn passed_limit(&self, connection: &mut SqliteConnection) -> Result<Option<(String, i64)>, StorageError> {
        let Some(amount) = self.held.amount else { return Ok(None) };
        let used: Vec<(i64,)> = sqlx::query_as(
            "SELECT COALESCE((SELECT SUM(amount) FROM reservations WHERE scope = unhex(l.value ->> 'scope') \
             AND currency = $2 AND at > l.value ->> 'since'), 0) FROM json_each($1) l ORDER BY l.key",
        )
        .bind(self.held.listed_limits()?)
        .bind(amount.currency().code())
        .fetch_all(connection)
        .await?;
        let mut limits = self.held.limits.iter().zip(used);
        Ok(limits.find_map(|(limit, (used,))| {
            let passed = limit.most.is_some_and(|most| used.saturating_add(amount.minor()) > most);
            passed.then(|| (limit.name.clone(), used))
        }))
    }
}

/// A piece, and the effect that has it.
struct Consumed {
    piece: String,
    effect: Stored,
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Consumed {
    fn from_row(row: &'r SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self { piece: row.try_get("piece")?, effect: Stored::from_row(row)? })
    }
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
        let rows: Vec<Consumed> = sqlx::query_as(
            "SELECT p.piece, e.* FROM pieces p JOIN effects e ON e.id = p.effect \
             WHERE p.store = $1 AND p.order_id = $2 ORDER BY p.piece",
        )
        .bind(store.as_str())
        .bind(order.as_str())
        .fetch_all(self.readers())
        .await?;
        let mut consumed = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(piece) = piece(&row.piece) {
                consumed.push((piece, self.read_effect(row.effect).await?));
            }
        }
        Ok(consumed)
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
        let (spent,): (i64,) = sqlx::query_as(
            "SELECT COALESCE(SUM(amount), 0) FROM reservations \
             WHERE scope = $1 AND currency = $2 AND at > $3 AND effect <> $4",
        )
        .bind(self.scope(store, scope))
        .bind(currency.code())
        .bind(since.as_millisecond())
        .bind(besides.map_or("", EffectId::as_str))
        .fetch_one(self.readers())
        .await?;
        Ok(spent)
    }
}
