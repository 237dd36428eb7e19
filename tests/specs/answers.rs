//! Whether an answer is one that the operation can have, by the schema: types, nullability, enum values, and nothing
//! that was not asked for.

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema};
use serde_json::{Map, Value};

/// All that is wrong with `answer`, the whole body of an HTTP answer to `operation` of `document`; nothing, if it could
/// have come from the server whose schema this is.
pub fn validate_answer(schema: &Valid<Schema>, document: &str, operation: &str, answer: &Value) -> Vec<String> {
    let document = match ExecutableDocument::parse_and_validate(schema, document, operation) {
        Ok(document) => document,
        Err(broken) => return vec![format!("the operation itself: {}", broken.errors)],
    };
    let Ok(operation) = document.operations.get(Some(operation)) else {
        return vec![format!("there is no operation {operation}")];
    };
    let mut check = Check { schema, document: &document, problems: vec![] };
    check.envelope(&operation.selection_set, answer);
    check.problems
}

struct Check<'a> {
    schema: &'a Valid<Schema>,
    document: &'a ExecutableDocument,
    problems: Vec<String>,
}

impl Check<'_> {
    fn problem(&mut self, path: &str, what: impl std::fmt::Display) {
        self.problems.push(format!("{path}: {what}"));
    }

    fn envelope(&mut self, selections: &SelectionSet, answer: &Value) {
        let Some(answer) = answer.as_object() else { return self.problem("$", "it is not an object") };
        for key in answer.keys().filter(|key| !["data", "errors", "extensions"].contains(&key.as_str())) {
            self.problem(key, "no answer has such a member");
        }
        let errors = self.errors(answer.get("errors"));
        match answer.get("data") {
            Some(Value::Null) | None if errors => {}
            None => self.problem("data", "it is missing, and there are no errors"),
            Some(data) => self.object(selections, data, "data"),
        }
        if let Some(cost) = answer.get("extensions").and_then(|extensions| extensions.get("cost")) {
            self.cost(cost);
        }
    }

    fn errors(&mut self, errors: Option<&Value>) -> bool {
        let Some(errors) = errors else { return false };
        let Some(list) = errors.as_array().filter(|list| !list.is_empty()) else {
            self.problem("errors", "it is not a list with something in it");
            return true;
        };
        for (index, error) in list.iter().enumerate() {
            if !error.get("message").is_some_and(Value::is_string) {
                self.problem(&format!("errors[{index}].message"), "it is not text");
            }
        }
        true
    }

    fn cost(&mut self, cost: &Value) {
        let numbers = [
            "/requestedQueryCost",
            "/throttleStatus/maximumAvailable",
            "/throttleStatus/currentlyAvailable",
            "/throttleStatus/restoreRate",
        ];
        for pointer in numbers {
            if !cost.pointer(pointer).is_some_and(Value::is_number) {
                self.problem(&format!("extensions.cost{pointer}"), "it is not a number");
            }
        }
    }

    fn object(&mut self, selections: &SelectionSet, value: &Value, path: &str) {
        let Some(object) = value.as_object() else { return self.problem(path, "it is not an object") };
        let Some(concrete) = self.concrete_type(selections, object) else {
            return self.problem(path, "its type cannot be told: ask for __typename");
        };
        let mut wanted = vec![];
        self.collect(selections, &concrete, &mut wanted);
        for (key, fields) in &wanted {
            let path = format!("{path}.{key}");
            let optional = fields.iter().all(|field| field.directives.has("skip") || field.directives.has("include"));
            match object.get(key) {
                None if optional => {}
                None => self.problem(&path, "it is missing"),
                Some(value) => self.fields(fields, value, &path),
            }
        }
        for key in object.keys().filter(|key| wanted.iter().all(|(name, _)| name != *key)) {
            self.problem(&format!("{path}.{key}"), "it was not asked for");
        }
    }

    fn concrete_type(&self, selections: &SelectionSet, object: &Map<String, Value>) -> Option<String> {
        match self.schema.types.get(&selections.ty)? {
            ExtendedType::Object(ty) => Some(ty.name.to_string()),
            _ => {
                let name = object.get("__typename")?.as_str()?;
                self.schema.is_subtype(&selections.ty, name).then(|| name.to_owned())
            }
        }
    }

    /// The fields that an object of type `concrete` gets, merged under their keys.
    fn collect(&self, selections: &SelectionSet, concrete: &str, wanted: &mut Vec<(String, Vec<Node<Field>>)>) {
        let applies = |condition: &str| condition == concrete || self.schema.is_subtype(condition, concrete);
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key().to_string();
                    match wanted.iter_mut().find(|(name, _)| *name == key) {
                        Some((_, fields)) => fields.push(field.clone()),
                        None => wanted.push((key, vec![field.clone()])),
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.document)
                        && applies(fragment.type_condition())
                    {
                        self.collect(&fragment.selection_set, concrete, wanted);
                    }
                }
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|condition| applies(condition)) {
                        self.collect(&inline.selection_set, concrete, wanted);
                    }
                }
            }
        }
    }

    fn fields(&mut self, fields: &[Node<Field>], value: &Value, path: &str) {
        let Some(first) = fields.first() else { return };
        let mut merged = first.selection_set.clone();
        for field in fields.iter().skip(1) {
            merged.selections.extend(field.selection_set.selections.iter().cloned());
        }
        self.value(first.ty(), &merged, value, path);
    }

    fn value(&mut self, ty: &Type, selections: &SelectionSet, value: &Value, path: &str) {
        match (ty, value) {
            (Type::NonNullNamed(_) | Type::NonNullList(_), Value::Null) => {
                self.problem(path, format!("it is null, but its type is {ty}"));
            }
            (_, Value::Null) => {}
            (Type::List(inner) | Type::NonNullList(inner), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(inner, selections, item, &format!("{path}[{index}]"));
                }
            }
            (Type::List(_) | Type::NonNullList(_), _) => self.problem(path, format!("it is no list, but {ty}")),
            (Type::Named(name) | Type::NonNullNamed(name), _) => match self.schema.types.get(name) {
                Some(ExtendedType::Scalar(_)) => {
                    if !is_scalar(name, value) {
                        self.problem(path, format!("{value} is no {name}"));
                    }
                }
                Some(ExtendedType::Enum(ty)) => {
                    if !value.as_str().is_some_and(|text| ty.values.contains_key(text)) {
                        self.problem(path, format!("{value} is no value of {name}"));
                    }
                }
                _ => self.object(selections, value, path),
            },
        }
    }
}

/// How Shopify writes its scalars. Decimals are text, so that nobody reads them as floats.
fn is_scalar(name: &str, value: &Value) -> bool {
    let text = |fits: fn(&str) -> bool| value.as_str().is_some_and(fits);
    match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "JSON" => true,
        "Decimal" | "Money" => text(|text| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
            [whole, part].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        }),
        "UnsignedInt64" => text(|text| text.parse::<u64>().is_ok()),
        "DateTime" => text(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "Date" => text(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "URL" => text(|text| url::Url::parse(text).is_ok()),
        _ => value.is_string(),
    }
}

mod tests {
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = r#"
        scalar Decimal
        scalar DateTime
        scalar URL
        enum Status { OPEN CLOSED }
        interface Node { id: ID! }
        type Order implements Node { id: ID!, name: String!, note: String, total: Decimal!, at: DateTime, status: Status
            lines(first: Int): [Line!]!, count: Int!, url: URL }
        type Line implements Node { id: ID!, title: String! }
        type Query { order(id: ID!): Order, node(id: ID!): Node, orders: [Order!]! }
    "#;

    fn check(document: &str, answer: Value) -> Vec<String> {
        let schema = Schema::parse_and_validate(SCHEMA, "test.graphql").unwrap();
        validate_answer(&schema, document, "Q", &answer)
    }

    const ONE: &str = "query Q($id: ID!) { order(id: $id) { id ...More lines(first: 2) { title } } }
        fragment More on Order { total at status count url lines(first: 2) { id } label: name note }";

    fn order() -> Value {
        json!({"id": "gid://1", "total": "12.50", "at": "2026-11-20T10:00:00Z", "status": "OPEN", "count": 2,
               "url": "https://a.example/b", "lines": [{"title": "Cup", "id": "l1"}], "label": "#1", "note": null})
    }

    #[test]
    fn an_answer_that_can_be_is_accepted() {
        assert_eq!(check(ONE, json!({"data": {"order": order()}})), [""; 0]);
        assert_eq!(check(ONE, json!({"data": {"order": null}})), [""; 0]);
        let cost = json!({"cost": {"requestedQueryCost": 3, "actualQueryCost": 1, "throttleStatus":
            {"maximumAvailable": 2000.0, "currentlyAvailable": 1999, "restoreRate": 100.0}}});
        assert_eq!(check(ONE, json!({"data": {"order": order()}, "extensions": cost})), [""; 0]);
        assert_eq!(check(ONE, json!({"errors": [{"message": "Throttled"}]})), [""; 0]);
        assert_eq!(check(ONE, json!({"data": null, "errors": [{"message": "Throttled"}]})), [""; 0]);
    }

    #[test]
    fn every_kind_of_false_answer_is_seen() {
        let cases: [(&str, Value, &str); 13] = [
            ("/id", Value::Null, "data.order.id: it is null, but its type is ID!"),
            ("/total", json!(12.5), "data.order.total: 12.5 is no Decimal"),
            ("/total", json!("12."), "data.order.total: \"12.\" is no Decimal"),
            ("/at", json!("yesterday"), "data.order.at: \"yesterday\" is no DateTime"),
            ("/status", json!("open"), "data.order.status: \"open\" is no value of Status"),
            ("/count", json!("2"), "data.order.count: \"2\" is no Int"),
            ("/count", json!(3_000_000_000_i64), "data.order.count: 3000000000 is no Int"),
            ("/url", json!("not a url"), "data.order.url: \"not a url\" is no URL"),
            ("/label", json!(1), "data.order.label: 1 is no String"),
            ("/lines", json!({}), "data.order.lines: it is no list, but [Line!]!"),
            ("/lines/0", Value::Null, "data.order.lines[0]: it is null, but its type is Line!"),
            ("/lines/0", json!({"title": "Cup"}), "data.order.lines[0].id: it is missing"),
            (
                "/lines/0",
                json!({"title": "Cup", "id": "1", "sku": "s"}),
                "data.order.lines[0].sku: it was not asked for",
            ),
        ];
        for (pointer, value, expected) in cases {
            let mut order = order();
            *order.pointer_mut(pointer).unwrap() = value;
            assert_eq!(check(ONE, json!({"data": {"order": order}})), [expected]);
        }
        let mut extra = order();
        extra["name"] = json!("#1");
        assert_eq!(check(ONE, json!({"data": {"order": extra}})), ["data.order.name: it was not asked for"]);
    }

    #[test]
    fn false_envelopes_are_seen() {
        for (answer, expected) in [
            (json!([]), "$: it is not an object"),
            (json!({}), "data: it is missing, and there are no errors"),
            (json!({"data": null}), "data: it is not an object"),
            (json!({"data": {}}), "data.order: it is missing"),
            (json!({"data": {"order": null}, "took": 3}), "took: no answer has such a member"),
            (json!({"errors": []}), "errors: it is not a list with something in it"),
            (json!({"errors": [{"text": "no"}]}), "errors[0].message: it is not text"),
            (
                json!({"data": {"order": null}, "extensions": {"cost": {"requestedQueryCost": 1, "throttleStatus":
                    {"maximumAvailable": 1, "currentlyAvailable": "1", "restoreRate": 1}}}}),
                "extensions.cost/throttleStatus/currentlyAvailable: it is not a number",
            ),
        ] {
            let problems = check(ONE, answer);
            assert!(problems.iter().any(|problem| problem == expected), "{expected}: {problems:?}");
        }
    }

    #[test]
    fn abstract_types_are_judged_by_their_typename() {
        let document = "query Q { node(id: 1) { __typename id ... on Order { total } ... on Line { title } } }";
        let line = |typename: &str| json!({"data": {"node": {"__typename": typename, "id": "1", "title": "Cup"}}});
        assert_eq!(check(document, line("Line")), [""; 0]);
        assert_eq!(check(document, line("Order")).len(), 2);
        assert_eq!(check(document, line("Query")), ["data.node: its type cannot be told: ask for __typename"]);
    }
}
