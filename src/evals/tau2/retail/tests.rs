//! What the recorded runs never reach, on a small shop of our own.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Answer, Database, State, Table};

mod refusals;
mod writes;

const SHOP: &str = include_str!("tests/shop.json");

fn state() -> State {
    State::new(&Arc::new(Database::read(SHOP.as_bytes()).unwrap()))
}

/// Calls a tool that must refuse, and holds it to changing nothing.
fn refusal(state: &mut State, tool: &str, arguments: &Value) -> String {
    let (hash, changes) = (state.hash(), state.changes());
    let Answer { text, fault } = state.call(tool, arguments);
    let error = fault.is_some();
    assert!(error, "{tool} answered {text}");
    assert_eq!((state.hash(), state.changes()), (hash, changes), "{tool} refused, and wrote");
    text.strip_prefix("Error: ").unwrap().to_owned()
}

/// Calls a tool that must succeed.
fn answer(state: &mut State, tool: &str, arguments: &Value) -> String {
    let Answer { text, fault } = state.call(tool, arguments);
    let error = fault.is_some();
    assert!(!error, "{tool}: {text}");
    text
}

fn record(state: &mut State, tool: &str, arguments: &Value) -> Value {
    serde_json::from_str(&answer(state, tool, arguments)).unwrap()
}

fn balance(state: &mut State, gift_card: &str) -> Value {
    record(state, "get_user_details", &json!({"user_id": "ada"}))["payment_methods"][gift_card]["balance"].clone()
}

#[test]
fn unknown_fields_are_dropped_and_whole_prices_become_floats() {
    let mut state = state();
    let mug = answer(&mut state, "get_item_details", &json!({"item_id": "mug-red"}));
    assert_eq!(mug, r#"{"item_id": "mug-red", "options": {"colour": "red"}, "available": true, "price": 10.0}"#);
}

#[test]
fn an_item_is_found_in_any_product() {
    let mut state = state();
    let hat = record(&mut state, "get_item_details", &json!({"item_id": "hat-s"}));
    assert_eq!(hat["price"], 20.05);
    assert_eq!(refusal(&mut state, "get_item_details", &json!({"item_id": "hat"})), "Item not found");
}

#[test]
fn people_are_found_whatever_the_case_of_their_names() {
    let mut state = state();
    let email = json!({"email": "ADA@Example.org"});
    assert_eq!(answer(&mut state, "find_user_id_by_email", &email), "ada");
    let name = json!({"first_name": "aDa", "last_name": "BYRON", "zip": "0042"});
    assert_eq!(answer(&mut state, "find_user_id_by_name_zip", &name), "ada");
}

#[test]
fn product_types_are_sorted_by_name() {
    let types = answer(&mut state(), "list_all_product_types", &json!({}));
    assert_eq!(types, r#"{"Hat": "p-hat", "Mug": "p-mug"}"#);
}

#[test]
fn the_hash_is_that_of_a_database_that_began_so() {
    let mut state = state();
    let address =
        json!({"address1": "1", "address2": "", "city": "Köln", "country": "DE", "state": "NW", "zip": "50667"});
    let mut arguments = address.clone();
    arguments["user_id"] = json!("ada");
    answer(&mut state, "modify_user_address", &arguments);

    let mut shop: Value = serde_json::from_str(SHOP).unwrap();
    shop["users"]["ada"]["address"] = address;
    let begun_so = Database::read(shop.to_string().as_bytes()).unwrap();
    assert_eq!(state.hash(), begun_so.hash());
    assert_eq!(state.clone().hash(), begun_so.hash());
}

#[test]
fn a_change_undone_is_no_change() {
    let mut state = state();
    let begun = state.hash();
    let mut arguments = record(&mut state, "get_user_details", &json!({"user_id": "ada"}))["address"].clone();
    arguments["user_id"] = json!("ada");
    let home = arguments.clone();
    arguments["city"] = json!("Bath");
    answer(&mut state, "modify_user_address", &arguments);
    assert_ne!(state.hash(), begun);
    let changes = state.changes();
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((change.table, change.id.as_str()), (Table::Users, "ada"));
    assert!(change.before.contains("London") && change.after.contains("Bath"), "{change:?}");

    answer(&mut state, "modify_user_address", &home);
    assert_eq!((state.hash(), state.changes()), (begun, vec![]));
}

#[test]
fn an_empty_database_has_a_hash() {
    let empty = Database::read(br#"{"products": {}, "users": {}, "orders": {}}"#).unwrap();
    assert_eq!(empty.hash(), "864c451eb9b50f7f1dd31b3f285c919460db906afd136873679970fe142a550a");
    assert_eq!(State::new(&Arc::new(empty)).hash(), "864c451eb9b50f7f1dd31b3f285c919460db906afd136873679970fe142a550a");
}

#[test]
fn what_is_no_database_is_not_read() {
    assert!(Database::read(b"{").is_err());
    assert!(Database::read(br#"{"products": {}, "users": {}}"#).is_err());
}
