//! The toolbox of a conversation: calls are made on its own copy of the database, and counted.

use serde_json::{Map, Value};

use super::retail::{self, Answer, State, Table};
use crate::domain::event::ToolCall;
use crate::evals::changes::Change;
use crate::evals::dialogue::{Returned, Toolbox};

/// What a conversation may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Lines of either side, and rounds of tool calls.
    pub steps: u32,
    /// Calls that failed.
    pub errors: usize,
    /// Calls after which nothing follows, in a recording that ends there.
    pub calls: Option<usize>,
}

impl Limits {
    pub fn none() -> Self {
        Self { steps: u32::MAX, errors: usize::MAX, calls: None }
    }
}

/// A call that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub call: ToolCall,
    pub answer: Answer,
}

pub struct Counter {
    state: State,
    limits: Limits,
    pub made: Vec<Made>,
    errors: usize,
}

impl Counter {
    pub fn new(state: State, limits: Limits) -> Self {
        Self { state, limits, made: Vec::new(), errors: 0 }
    }

    pub fn hash(&self) -> String {
        self.state.hash()
    }

    pub fn changes(&self) -> Vec<Change> {
        self.state.changes().into_iter().map(|change| Change::Other { place: place(&change) }).collect()
    }
}

/// `order #W1 (status, return_items)`
fn place(change: &retail::Change) -> String {
    let table = match change.table {
        Table::Orders => "order",
        Table::Products => "product",
        Table::Users => "user",
    };
    let record = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (before, after) = (record(&change.before), record(&change.after));
    let fields = after.iter().filter(|(name, value)| before.get(name.as_str()) != Some(value));
    let fields: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
    format!("{table} {} ({})", change.id, fields.join(", "))
}

impl Toolbox for Counter {
    fn call(&mut self, call: &ToolCall) -> Returned {
        let arguments = serde_json::from_str(&call.arguments).unwrap_or_else(|_| Value::from(call.arguments.clone()));
        let answer = self.state.call(&call.name, &arguments);
        self.errors += usize::from(answer.fault.is_some());
        self.made.push(Made { call: call.clone(), answer: answer.clone() });
        Returned { text: answer.text, failed: answer.fault.is_some() }
    }

    fn is_over(&self) -> bool {
        self.errors >= self.limits.errors || self.limits.calls.is_some_and(|calls| self.made.len() >= calls)
    }
}
