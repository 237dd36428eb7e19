//! One conversation's copy of the database.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::Value;

use super::failure::Failure;
use super::fingerprint::Table;
use super::python::{dumps, dumps_sorted};
use super::records::{Order, PaymentMethod, Product, User, Variant};
use super::{Answer, Database, tools};

/// One conversation's copy of the database. It holds only the records that were written.
#[derive(Debug, Clone)]
pub struct State {
    database: Arc<Database>,
    orders: BTreeMap<String, Order>,
    users: BTreeMap<String, User>,
    hash: OnceLock<String>,
}

/// A record that differs from what the conversation began with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub table: Table,
    pub id: String,
    /// The record as a tool would have shown it at the beginning.
    pub before: String,
    /// The record as a tool would show it now.
    pub after: String,
}

impl State {
    /// The database as it was read, before any tool wrote to it.
    #[must_use]
    pub fn new(database: &Arc<Database>) -> Self {
        Self { database: Arc::clone(database), orders: BTreeMap::new(), users: BTreeMap::new(), hash: OnceLock::new() }
    }

    /// Runs a tool. Whatever the name and the arguments are, there is an answer, and a failing tool changes nothing.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Answer {
        match tools::run(self, tool, arguments) {
            Ok(text) => Answer { text, fault: None },
            Err(failure) => Answer { text: format!("Error: {failure}"), fault: Some(failure.fault()) },
        }
    }

    /// SHA-256, in hex, of the whole database as it is now. Kept until the next write.
    #[must_use]
    pub fn hash(&self) -> String {
        self.hash.get_or_init(|| self.database.fingerprint.hash_with(&self.written())).clone()
    }

    fn written(&self) -> BTreeMap<(Table, String), String> {
        let orders = self.orders.iter().map(|(id, order)| ((Table::Orders, id.clone()), dumps_sorted(order)));
        let users = self.users.iter().map(|(id, user)| ((Table::Users, id.clone()), dumps_sorted(user)));
        orders.chain(users).collect()
    }

    /// The records that differ from the beginning: orders, then users, each sorted by id.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let tables = &self.database.tables;
        let orders = self.orders.iter().filter_map(|(id, now)| change(Table::Orders, id, tables.orders.get(id)?, now));
        let users = self.users.iter().filter_map(|(id, now)| change(Table::Users, id, tables.users.get(id)?, now));
        orders.chain(users).collect()
    }

    pub(super) fn order(&self, id: &str) -> Result<&Order, Failure> {
        self.orders.get(id).or_else(|| self.database.tables.orders.get(id)).ok_or(Failure::OrderNotFound)
    }

    pub(super) fn user(&self, id: &str) -> Result<&User, Failure> {
        self.users.get(id).or_else(|| self.database.tables.users.get(id)).ok_or(Failure::UserNotFound)
    }

    pub(super) fn product(&self, id: &str) -> Result<&Product, Failure> {
        self.database.tables.products.get(id).ok_or(Failure::ProductNotFound)
    }

    pub(super) fn variant(&self, product_id: &str, item_id: &str) -> Result<&Variant, Failure> {
        self.product(product_id)?.variants.get(item_id).ok_or(Failure::VariantNotFound)
    }

    pub(super) fn payment_method(&self, user_id: &str, id: &str) -> Result<&PaymentMethod, Failure> {
        self.user(user_id)?.payment_methods.get(id).ok_or(Failure::PaymentMethodNotFound)
    }

    pub(super) fn products(&self) -> impl Iterator<Item = &Product> {
        self.database.tables.products.values()
    }

    /// The users with their ids, as they are now, in the order of the database.
    pub(super) fn users(&self) -> impl Iterator<Item = (&str, &User)> {
        let begun = self.database.tables.users.iter();
        begun.map(|(id, user)| (id.as_str(), self.users.get(id).unwrap_or(user)))
    }

    /// Writes an order that [`order`](Self::order) gave under this id.
    pub(super) fn put_order(&mut self, id: &str, order: Order) {
        self.orders.insert(id.to_owned(), order);
        self.hash.take();
    }

    /// Writes a user that [`user`](Self::user) gave under this id.
    pub(super) fn put_user(&mut self, id: &str, user: User) {
        self.users.insert(id.to_owned(), user);
        self.hash.take();
    }
}

fn change<T: PartialEq + Serialize>(table: Table, id: &str, before: &T, after: &T) -> Option<Change> {
    (before != after).then(|| Change { table, id: id.to_owned(), before: dumps(before), after: dumps(after) })
}
