use apollo_compiler::schema::{ExtendedType, Schema};
use serde_json::json;

use super::engine::Engine;
use super::object::View;
use super::{Question, served_version};
use crate::sandbox::Fixture;

/// Every field of a type that can be asked without arguments of one's own, two objects deep.
fn everything(schema: &Schema, on: &str, depth: usize) -> String {
    let fields = match &schema.types[on] {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        _ => return "__typename".to_owned(),
    };
    let mut asked = vec!["__typename".to_owned()];
    for (name, field) in fields {
        if field.arguments.iter().any(|argument| argument.is_required()) {
            continue;
        }
        let returned = field.ty.inner_named_type();
        let paged = field.arguments.iter().any(|argument| argument.name == "first");
        let arguments = if paged { "(first: 3)" } else { "" };
        match &schema.types[returned] {
            ExtendedType::Scalar(_) | ExtendedType::Enum(_) => asked.push(format!("{on}_{name}: {name}{arguments}")),
            _ if depth == 0 => {}
            _ => {
                let deeper = if returned.ends_with("Connection") || name == "edges" { depth } else { depth - 1 };
                asked.push(format!("{on}_{name}: {name}{arguments} {{ {} }}", everything(schema, returned, deeper)));
            }
        }
    }
    asked.join(" ")
}

/// A resolver that forgot a field, or gave it a value of another type, shows here.
#[test]
fn every_field_of_the_schema_is_answered() {
    let now = "2026-11-23T20:00:00Z".parse().unwrap();
    let world = Fixture::juniper_and_pine().unwrap().realise(now, "agent@desk.example").unwrap();
    let engine = Engine::shared().unwrap();
    let order = world.orders.iter().find(|order| order.number == 1010).unwrap();
    let order = format!("gid://shopify/Order/{}", order.id);
    let suggestion = everything(engine.schema(), "SuggestedRefund", 2);
    let queries = [
        format!("{{ {} }}", everything(engine.schema(), "QueryRoot", 2)),
        format!("{{ order(id: \"{order}\") {{ {} }} }}", everything(engine.schema(), "Order", 3)),
        format!("{{ order(id: \"{order}\") {{ suggestedRefund(suggestFullRefund: true) {{ {suggestion} }} }} }}"),
        format!(
            "{{ order(id: \"{order}\") {{ suggestedRefund(refundMethodAllocation: STORE_CREDIT) {{ {suggestion} }} }} }}"
        ),
        format!(
            "{{ returnableFulfillments(first: 1, orderId: \"{order}\") {{ {} }} }}",
            everything(engine.schema(), "ReturnableFulfillmentConnection", 3)
        ),
    ];
    for query in queries {
        let prepared = engine.prepare(&query);
        let document = prepared.outcome.as_ref().unwrap();
        let question = Question { query, variables: json!({}), raw_variables: String::new(), operation_name: None };
        let (body, _) = engine.operation(document, &question).unwrap().execute(View { world: &world, now });
        assert_eq!(body.get("errors"), None, "{:#}", body["errors"]);
    }
}

#[test]
fn an_old_version_falls_forward_and_an_unknown_one_is_not_found() {
    for (asked, served) in [
        ("2026-10", Some("2026-10")),
        ("2026-01", Some("2026-01")),
        ("2025-10", Some("2026-01")),
        ("2024-01", Some("2026-01")),
        ("2027-01", Some("2027-01")),
        ("unstable", Some("unstable")),
        ("2030-01", None),
        ("2025-11", None),
        ("latest", None),
        ("", None),
    ] {
        assert_eq!(served_version(asked), served, "{asked}");
    }
}
