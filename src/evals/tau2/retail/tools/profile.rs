//! What a customer may have changed about themselves.

use super::Outcome;
use crate::evals::tau2::retail::State;
use crate::evals::tau2::retail::arguments::Arguments;
use crate::evals::tau2::retail::failure::Failure;
use crate::evals::tau2::retail::python::dumps;
use crate::evals::tau2::retail::records::Address;

pub(super) fn modify_address(state: &mut State, arguments: &Arguments<'_>) -> Outcome {
    let user_id = arguments.text("user_id")?;
    let address = address(arguments)?;
    let mut user = state.user(user_id)?.clone();
    user.address = address;
    let answer = dumps(&user);
    state.put_user(user_id, user);
    Ok(answer)
}

pub(super) fn address(arguments: &Arguments<'_>) -> Result<Address, Failure> {
    let text = |name| arguments.text(name).map(str::to_owned);
    Ok(Address {
        address1: text("address1")?,
        address2: text("address2")?,
        city: text("city")?,
        country: text("country")?,
        state: text("state")?,
        zip: text("zip")?,
    })
}
