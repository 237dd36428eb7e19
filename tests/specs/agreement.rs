//! Whether a schema of our own making is a true part of another: whatever it has, the other has the same.

use apollo_compiler::Node;
use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition};
use apollo_compiler::collections::IndexMap;
use apollo_compiler::schema::{Component, ExtendedType, Name};

/// The problems of each type that `ours` defines.
pub fn by_type(ours: &Schema, official: &Schema) -> Vec<(String, Vec<String>)> {
    let own = ours.types.iter().filter(|(_, ty)| !ty.is_built_in());
    let mut all: Vec<_> = own.map(|(name, ty)| (name.to_string(), one_type(name, ty, official))).collect();
    let directives = ours.directive_definitions.iter().filter(|(_, directive)| !directive.is_built_in());
    for (name, directive) in directives {
        let problems = match official.directive_definitions.get(name) {
            None => vec!["there is no such directive".to_owned()],
            Some(other) => arguments(&directive.arguments, &other.arguments, "argument"),
        };
        all.push((format!("@{name}"), problems));
    }
    all
}

fn one_type(name: &Name, ours: &ExtendedType, official: &Schema) -> Vec<String> {
    use ExtendedType::{Enum, InputObject, Interface, Object, Scalar, Union};
    let Some(other) = official.types.get(name) else { return vec!["there is no such type".to_owned()] };
    match (ours, other) {
        (Scalar(_), Scalar(_)) => vec![],
        (Object(ours), Object(other)) => {
            let extra = ours.implements_interfaces.iter().filter(|it| !other.implements_interfaces.contains(*it));
            let mut problems: Vec<String> = extra.map(|it| format!("it does not implement {it}")).collect();
            problems.extend(fields(&ours.fields, &other.fields));
            problems
        }
        (Interface(ours), Interface(other)) => fields(&ours.fields, &other.fields),
        (Union(ours), Union(other)) => {
            let extra = ours.members.iter().filter(|member| !other.members.contains(*member));
            extra.map(|member| format!("{member} is not a member")).collect()
        }
        (Enum(ours), Enum(other)) => {
            let extra = ours.values.keys().filter(|value| !other.values.contains_key(*value));
            extra.map(|value| format!("{value} is not a value")).collect()
        }
        (InputObject(ours), InputObject(other)) => {
            let list = |fields: &IndexMap<Name, Component<InputValueDefinition>>| {
                fields.values().map(|field| field.node.clone()).collect::<Vec<_>>()
            };
            arguments(&list(&ours.fields), &list(&other.fields), "field")
        }
        _ => vec!["it is of another kind".to_owned()],
    }
}

fn fields(
    ours: &IndexMap<Name, Component<FieldDefinition>>,
    official: &IndexMap<Name, Component<FieldDefinition>>,
) -> Vec<String> {
    let mut problems = vec![];
    for (name, field) in ours {
        let Some(other) = official.get(name) else {
            problems.push(format!("there is no field {name}"));
            continue;
        };
        if field.ty != other.ty {
            problems.push(format!("{name} is {} here and {} there", field.ty, other.ty));
        }
        let of_field = arguments(&field.arguments, &other.arguments, "argument");
        problems.extend(of_field.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    problems
}

/// Ours must be theirs, and none that they require may be missing.
fn arguments(ours: &[Node<InputValueDefinition>], official: &[Node<InputValueDefinition>], what: &str) -> Vec<String> {
    let mut problems = vec![];
    for argument in ours {
        let name = &argument.name;
        match official.iter().find(|other| other.name == *name) {
            None => problems.push(format!("there is no {what} {name}")),
            Some(other) if other.ty != argument.ty => {
                problems.push(format!("{what} {name} is {} here and {} there", argument.ty, other.ty));
            }
            Some(other) if other.default_value != argument.default_value => {
                problems.push(format!("{what} {name} has another default"));
            }
            Some(_) => {}
        }
    }
    for other in official.iter().filter(|other| other.is_required()) {
        if ours.iter().all(|argument| argument.name != other.name) {
            problems.push(format!("the required {what} {} is missing", other.name));
        }
    }
    problems
}

fn problems(ours: &str, official: &str) -> Vec<String> {
    let parse = |text: &str| Schema::parse_and_validate(text, "test.graphql").unwrap();
    let all = by_type(&parse(ours), &parse(official));
    all.into_iter().flat_map(|(name, problems)| problems.into_iter().map(move |it| format!("{name}: {it}"))).collect()
}

const OFFICIAL: &str = r#"
    directive @idempotent(key: String!) on FIELD
    scalar Decimal
    scalar DateTime
    enum Status { OPEN CLOSED CANCELLED }
    interface Node { id: ID! }
    type Order implements Node { id: ID!, status: Status, total: Decimal!, lines(first: Int, reverse: Boolean = false): [String!]! }
    union Found = Order | Shop
    type Shop { name: String! }
    input Search { query: String!, limit: Int = 5 }
    type Query { order(id: ID!): Order, found(search: Search!): Found, shop: Shop! }
"#;

#[test]
fn a_true_part_agrees() {
    let part = r#"
        scalar Decimal
        enum Status { OPEN }
        interface Node { id: ID! }
        type Order implements Node { id: ID!, status: Status, lines(first: Int): [String!]! }
        type Query { order(id: ID!): Order }
    "#;
    assert_eq!(problems(part, OFFICIAL), [""; 0]);
    assert_eq!(problems(OFFICIAL, OFFICIAL), [""; 0]);
}

#[test]
fn every_kind_of_disagreement_is_seen() {
    let cases = [
        ("type Query { shop: String! }", "Query: shop is String! here and Shop! there"),
        ("type Shop { name: String } type Query { shop: Shop! }", "Shop: name is String here and String! there"),
        ("type Shop { name: String!, town: String } type Query { shop: Shop! }", "Shop: there is no field town"),
        ("type Town { id: ID } type Query { shop: String }", "Town: there is no such type"),
        ("enum Status { OPEN LOST } type Query { x: Status }", "Status: LOST is not a value"),
        ("type Status { id: ID } type Query { x: Status }", "Status: it is of another kind"),
        ("type Order { id: ID! } type Query { order: Order }", "Query: order: the required argument id is missing"),
        (
            "type Order { lines(first: Int, last: Int): [String!]! } type Query { order(id: ID!): Order }",
            "Order: lines: there is no argument last",
        ),
        (
            "type Order { lines(reverse: Boolean = true): [String!]! } type Query { order(id: ID!): Order }",
            "Order: lines: argument reverse has another default",
        ),
        (
            "type Order { lines(first: Int!): [String!]! } type Query { order(id: ID!): Order }",
            "Order: lines: argument first is Int! here and Int there",
        ),
        (
            "input Search { limit: Int = 5 } type Query { found(search: Search!): String }",
            "Search: the required field query is missing",
        ),
        (
            "interface Node { id: ID! } type Shop implements Node { id: ID!, name: String! } type Query { shop: Shop! }",
            "Shop: it does not implement Node",
        ),
        (
            "type Town { id: ID } type Shop { name: String! } union Found = Shop | Town type Query { shop: Shop! }",
            "Found: Town is not a member",
        ),
        (
            "directive @idempotent(key: String) on FIELD type Query { shop: String }",
            "@idempotent: argument key is String here and String! there",
        ),
        ("directive @once on FIELD type Query { shop: String }", "@once: there is no such directive"),
    ];
    for (ours, expected) in cases {
        let found = problems(ours, OFFICIAL);
        assert!(found.iter().any(|problem| problem == expected), "{ours}: {found:?}");
    }
}
