//! What the agent has paid back before a case begins: rows of the ledger, of conversations that nobody reads.

use jiff::Timestamp;
use serde_json::Value;

use super::STORE;
use crate::domain::effect::EffectKind;
use crate::domain::event::EventBody;
use crate::domain::id::{ConversationId, EffectId, StoreId};
use crate::domain::order::OrderId;
use crate::evals::world::Spent;
use crate::storage::ledger::{Ledger as _, Move, NewEffect};
use crate::storage::log::EventLog as _;
use crate::storage::orders::{Allowance, Hold, OrderEffects as _};
use crate::storage::sqlite::SqliteStorage;
use crate::tools::books;

/// An order that no world has.
const ORDER: &str = "earlier";

pub async fn pay(storage: &SqliteStorage, number: usize, spent: Spent, now: Timestamp) -> anyhow::Result<()> {
    let (store, conversation, id) = (StoreId::new(STORE), ConversationId::generate(), EffectId::generate());
    let opened = EventBody::Opened {
        store: store.clone(),
        channel: "eval".to_owned(),
        key: None,
        customer: None,
        metadata: None,
    };
    storage.open(&conversation, now, vec![opened]).await?;
    let customer = spent.customer.as_ref().map(books::of_customer);
    let counts = |scope: String| Allowance { scope, at: now, since: now, most: None };
    let effect = NewEffect {
        id: id.clone(),
        store,
        conversation,
        kind: EffectKind::Refund,
        identity: format!("{ORDER}:{number}"),
        wish: Value::Null,
        request: String::new(),
        at: now,
    };
    let hold = Hold {
        order: OrderId::new(format!("{ORDER}:{number}")),
        pieces: Vec::new(),
        amount: Some(spent.amount),
        allowances: customer.into_iter().chain([books::OF_STORE.to_owned()]).map(counts).collect(),
    };
    storage.propose_on_order(effect, hold, None).await?;
    storage.advance(&id, Move::Send, now, None).await?;
    storage.advance(&id, Move::Confirm { vendor_reference: None, watched: false }, now, None).await?;
    Ok(())
}
