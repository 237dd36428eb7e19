//! The hash of the whole database, made anew for a few changed records without reading the rest again.

use std::collections::BTreeMap;
use std::mem;

use indexmap::IndexMap;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::python::{dumps, dumps_sorted};

/// The tables, in the order in which the hashed text names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Orders,
    Products,
    Users,
}

impl Table {
    /// Its name in the database's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Products => "products",
            Self::Users => "users",
        }
    }
}

/// A record's place in the hashed text: the order of keys is the order of the text.
pub(super) type Place = (Table, String);

/// The hashed text, cut at its records.
#[derive(Debug)]
pub(super) struct Fingerprint {
    pieces: BTreeMap<Place, Piece>,
    end: String,
    hash: String,
}

#[derive(Debug)]
struct Piece {
    /// The text between the record before and this one: brackets, commas, keys.
    lead: String,
    record: String,
    /// The hash of everything before `lead`.
    before: Sha256,
}

impl Fingerprint {
    pub fn builder() -> Builder {
        Builder { pieces: BTreeMap::new(), lead: "{".to_owned(), hasher: Sha256::new() }
    }

    /// The hash of the database as it was read.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The hash with some records' texts exchanged. It takes the longer the earlier the first of them stands.
    pub fn hash_with(&self, changed: &BTreeMap<Place, String>) -> String {
        let Some((first, _)) = changed.first_key_value() else { return self.hash.clone() };
        let Some(start) = self.pieces.get(first) else { return self.hash.clone() };
        let mut hasher = start.before.clone();
        for (place, piece) in self.pieces.range(first..) {
            hasher.update(&piece.lead);
            hasher.update(changed.get(place).unwrap_or(&piece.record));
        }
        hasher.update(&self.end);
        hex::encode(hasher.finalize())
    }
}

/// Lays the tables one after another. They must come in the order of [`Table`].
pub(super) struct Builder {
    pieces: BTreeMap<Place, Piece>,
    lead: String,
    hasher: Sha256,
}

impl Builder {
    pub fn table<T: Serialize>(mut self, table: Table, records: &IndexMap<String, T>) -> Self {
        if !self.lead.ends_with('{') {
            self.lead.push_str(", ");
        }
        self.lead.push_str(&dumps(&table.name()));
        self.lead.push_str(": {");
        let sorted: BTreeMap<_, _> = records.iter().collect();
        for (id, record) in sorted {
            self.record((table, id.clone()), dumps_sorted(record));
        }
        self.lead.push('}');
        self
    }

    fn record(&mut self, place: Place, record: String) {
        if !self.lead.ends_with('{') {
            self.lead.push_str(", ");
        }
        self.lead.push_str(&dumps(&place.1));
        self.lead.push_str(": ");
        let piece = Piece { lead: mem::take(&mut self.lead), record, before: self.hasher.clone() };
        self.hasher.update(&piece.lead);
        self.hasher.update(&piece.record);
        self.pieces.insert(place, piece);
    }

    pub fn finish(self) -> Fingerprint {
        let end = self.lead + "}";
        let hash = hex::encode(self.hasher.chain_update(&end).finalize());
        Fingerprint { pieces: self.pieces, end, hash }
    }
}
