//! The tools that read.

use std::collections::BTreeMap;

use super::Outcome;
use crate::evals::tau2::retail::State;
use crate::evals::tau2::retail::arguments::Arguments;
use crate::evals::tau2::retail::failure::Failure;
use crate::evals::tau2::retail::python::dumps;
use crate::evals::tau2::retail::records::User;

pub(super) fn order(state: &State, arguments: &Arguments<'_>) -> Outcome {
    state.order(arguments.text("order_id")?).map(dumps)
}

pub(super) fn product(state: &State, arguments: &Arguments<'_>) -> Outcome {
    state.product(arguments.text("product_id")?).map(dumps)
}

pub(super) fn user(state: &State, arguments: &Arguments<'_>) -> Outcome {
    state.user(arguments.text("user_id")?).map(dumps)
}

pub(super) fn item(state: &State, arguments: &Arguments<'_>) -> Outcome {
    let item_id = arguments.text("item_id")?;
    let variant = state.products().find_map(|product| product.variants.get(item_id));
    variant.map(dumps).ok_or(Failure::ItemNotFound)
}

pub(super) fn product_types(state: &State, _: &Arguments<'_>) -> Outcome {
    let ids: BTreeMap<_, _> = state.products().map(|product| (&product.name, &product.product_id)).collect();
    Ok(dumps(&ids))
}

pub(super) fn user_id_by_email(state: &State, arguments: &Arguments<'_>) -> Outcome {
    let email = arguments.text("email")?.to_lowercase();
    user_id(state, |user| user.email.to_lowercase() == email)
}

pub(super) fn user_id_by_name_and_zip(state: &State, arguments: &Arguments<'_>) -> Outcome {
    let first_name = arguments.text("first_name")?.to_lowercase();
    let last_name = arguments.text("last_name")?.to_lowercase();
    let zip = arguments.text("zip")?;
    user_id(state, |user| {
        user.name.first_name.to_lowercase() == first_name
            && user.name.last_name.to_lowercase() == last_name
            && user.address.zip == zip
    })
}

fn user_id(state: &State, matches: impl Fn(&User) -> bool) -> Outcome {
    let found = state.users().find(|(_, user)| matches(user));
    found.map(|(id, _)| id.to_owned()).ok_or(Failure::UserNotFound)
}
