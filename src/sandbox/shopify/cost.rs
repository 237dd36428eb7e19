//! What a query costs, and the leaky bucket from which that is paid.
//!
//! Shopify's rule: a scalar costs nothing, an object one point, a connection two points and its page size times what
//! one node costs. The bucket refills by real time, as sockets' time-outs do.

use std::time::Instant;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::{ExtendedType, Schema};
use serde_json::{Value, json};

/// The most that one query may cost.
pub const LARGEST_QUERY: u64 = 1_000;
/// What a change costs beside what it answers.
pub const MUTATION: u64 = 10;
/// Points of a full bucket: 20 times the rate.
pub const BUCKET: f64 = 2_000.0;
/// Points restored a second on Shopify's standard plan.
pub const RESTORED_A_SECOND: f64 = 100.0;

/// Points of a store whose call limits are lifted: what it tells its callers, so that they do not hold back.
const LIFTED: f64 = 1_000_000.0;

pub struct Bucket {
    size: f64,
    available: f64,
    at: Instant,
}

impl Bucket {
    /// A full one: the standard plan's, or one that nobody empties.
    pub fn new(limited: bool) -> Self {
        let size = if limited { BUCKET } else { LIFTED };
        Self { size, available: size, at: Instant::now() }
    }

    /// Takes `points`, or nothing where there are not so many.
    pub fn take(&mut self, points: u64) -> bool {
        self.refill();
        let points = f64::from(u32::try_from(points).unwrap_or(u32::MAX));
        let enough = points <= self.available;
        if enough {
            self.available -= points;
        }
        enough
    }

    pub fn give_back(&mut self, points: u64) {
        self.available = (self.available + f64::from(u32::try_from(points).unwrap_or(0))).min(self.size);
    }

    pub fn status(&mut self) -> Value {
        self.refill();
        json!({
            "maximumAvailable": self.size,
            "currentlyAvailable": self.available.floor(),
            "restoreRate": RESTORED_A_SECOND,
        })
    }

    fn refill(&mut self) {
        let now = Instant::now();
        let passed = now.duration_since(self.at).as_secs_f64();
        self.available = (self.available + passed * RESTORED_A_SECOND).min(self.size);
        self.at = now;
    }
}

/// Reads costs from an operation and the variables that it runs with.
pub struct Estimate<'a> {
    pub schema: &'a Schema,
    pub document: &'a ExecutableDocument,
    pub variables: &'a JsonMap,
}

impl Estimate<'_> {
    /// The most that this selection can cost. Of fragments on different types only the dearest counts.
    pub fn of(&self, selection: &SelectionSet) -> u64 {
        let mut always = 0;
        let mut dearest_alternative = 0;
        for chosen in &selection.selections {
            match chosen {
                Selection::Field(field) => always += self.field(field),
                Selection::InlineFragment(fragment) => {
                    let cost = self.of(&fragment.selection_set);
                    match &fragment.type_condition {
                        Some(on) if *on != selection.ty => dearest_alternative = cost.max(dearest_alternative),
                        _ => always += cost,
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document.fragments.get(&spread.fragment_name) else { continue };
                    let cost = self.of(&fragment.selection_set);
                    if *fragment.type_condition() == selection.ty {
                        always += cost;
                    } else {
                        dearest_alternative = cost.max(dearest_alternative);
                    }
                }
            }
        }
        always + dearest_alternative
    }

    fn field(&self, field: &Field) -> u64 {
        let type_name = field.ty().inner_named_type();
        let leaf = matches!(self.schema.types.get(type_name), Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_)));
        if leaf || type_name.as_str() == "PageInfo" {
            return 0;
        }
        let inside = self.of(&field.selection_set);
        if type_name.ends_with("Connection") {
            return 2 + self.page_size(field) * inside;
        }
        if field.name == "edges" { inside } else { 1 + inside }
    }

    fn page_size(&self, field: &Field) -> u64 {
        let size = field.arguments.iter().find(|argument| argument.name == "first" || argument.name == "last");
        let size = size.and_then(|argument| match &*argument.value {
            ast::Value::Int(int) => int.try_to_i32().ok().map(i64::from),
            ast::Value::Variable(name) => self.variables.get(name.as_str()).and_then(|value| value.as_i64()),
            _ => None,
        });
        u64::try_from(size.unwrap_or(0)).unwrap_or(0)
    }
}

/// What an answer really cost: one point for each object in it, two for each connection.
pub fn of_answer(data: &Value) -> u64 {
    match data {
        Value::Object(fields) => fields.iter().map(|(name, value)| of_field(name, value)).sum(),
        Value::Array(items) => items.iter().map(of_answer).sum(),
        _ => 0,
    }
}

fn of_field(name: &str, value: &Value) -> u64 {
    match value {
        Value::Object(_) if name == "pageInfo" => 0,
        Value::Object(fields) if fields.contains_key("nodes") || fields.contains_key("edges") => 2 + of_answer(value),
        Value::Object(_) => 1 + of_answer(value),
        Value::Array(items) if name == "edges" => items.iter().map(of_answer).sum(),
        Value::Array(items) => items.iter().map(|item| u64::from(item.is_object()) + of_answer(item)).sum(),
        _ => 0,
    }
}
