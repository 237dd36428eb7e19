//! The database that every task begins with.

use indexmap::IndexMap;
use serde::Deserialize;

use super::fingerprint::{Fingerprint, Table};
use super::records::{Order, Product, User};

/// What a task begins with. It never changes: share it, and give each conversation a [`State`](super::State).
#[derive(Debug)]
pub struct Database {
    pub(super) tables: Tables,
    pub(super) fingerprint: Fingerprint,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tables {
    pub products: IndexMap<String, Product>,
    pub users: IndexMap<String, User>,
    pub orders: IndexMap<String, Order>,
}

/// A text that is not a retail database.
#[derive(Debug, thiserror::Error)]
#[error("this is not a retail database of the benchmark: {0}")]
pub struct ReadError(#[from] serde_json::Error);

impl Database {
    /// Reads the benchmark's `db.json`.
    ///
    /// # Errors
    ///
    /// If the text is not JSON, or a record lacks a field that the benchmark demands.
    pub fn read(json: &[u8]) -> Result<Self, ReadError> {
        let tables: Tables = serde_json::from_slice(json)?;
        let fingerprint = Fingerprint::builder()
            .table(Table::Orders, &tables.orders)
            .table(Table::Products, &tables.products)
            .table(Table::Users, &tables.users)
            .finish();
        Ok(Self { tables, fingerprint })
    }

    /// SHA-256, in hex, of the whole database as Python writes it with sorted keys.
    #[must_use]
    pub fn hash(&self) -> &str {
        self.fingerprint.hash()
    }
}
