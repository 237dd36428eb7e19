//! Answers made from a schema: what a server could send for an operation at its fullest and at its emptiest.

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Map, Value, json};

/// What the answers are to be like.
pub struct Manner<'a> {
    /// Everything that may be null is.
    pub empty: bool,
    /// Entries of each list.
    pub list: usize,
    /// Decides a field (by type and name) itself.
    pub decide: &'a (dyn Fn(&str, &str) -> Option<Value> + Sync),
}

/// `{"data": …}` for an operation.
pub fn example(schema: &Valid<Schema>, document: &str, operation: &str, manner: &Manner) -> Value {
    let document = ExecutableDocument::parse_and_validate(schema, document, operation).unwrap();
    let operation = document.operations.get(Some(operation)).unwrap();
    let maker = Maker { schema, document: &document, manner };
    // The fields of the operation itself are filled even where they may be null: else there is nothing to read.
    json!({"data": maker.object(&operation.selection_set, true)})
}

struct Maker<'a> {
    schema: &'a Valid<Schema>,
    document: &'a ExecutableDocument,
    manner: &'a Manner<'a>,
}

impl Maker<'_> {
    fn object(&self, selections: &SelectionSet, filled: bool) -> Value {
        let mut object = Map::new();
        self.fill(selections, filled, &mut object);
        Value::Object(object)
    }

    fn fill(&self, selections: &SelectionSet, filled: bool, object: &mut Map<String, Value>) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    let value = self.field(&selections.ty, field, filled);
                    object.insert(field.response_key().to_string(), value);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(self.document).unwrap();
                    self.fill(&fragment.selection_set, filled, object);
                }
                Selection::InlineFragment(inline) => self.fill(&inline.selection_set, filled, object),
            }
        }
    }

    fn field(&self, parent: &str, field: &Field, filled: bool) -> Value {
        let decided = (self.manner.decide)(parent, &field.name);
        decided.unwrap_or_else(|| self.value(field.ty(), field, filled))
    }

    fn value(&self, ty: &Type, field: &Field, filled: bool) -> Value {
        if self.manner.empty && !filled && !ty.is_non_null() {
            return Value::Null;
        }
        match ty {
            Type::List(inner) | Type::NonNullList(inner) => {
                (0..self.manner.list).map(|_| self.value(inner, field, false)).collect()
            }
            Type::Named(name) | Type::NonNullNamed(name) => match &self.schema.types[name] {
                ExtendedType::Scalar(_) => scalar(name),
                ExtendedType::Enum(ty) if ty.values.contains_key("USD") => json!("USD"),
                ExtendedType::Enum(ty) => json!(ty.values.keys().next().unwrap().as_str()),
                _ => self.object(&field.selection_set, false),
            },
        }
    }
}

fn scalar(name: &str) -> Value {
    match name {
        "Int" => json!(3),
        "Float" => json!(1.5),
        "Boolean" => json!(false),
        "ID" => json!("gid://shopify/Order/1"),
        "Decimal" | "Money" => json!("12.50"),
        "DateTime" => json!("2026-11-20T10:00:00Z"),
        "URL" => json!("https://shop.example/x"),
        "UnsignedInt64" => json!("1"),
        _ => json!("text"),
    }
}
