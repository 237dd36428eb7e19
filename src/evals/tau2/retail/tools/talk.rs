//! The tools that leave the database alone.

use super::Outcome;
use crate::evals::tau2::retail::arguments::Arguments;
use crate::evals::tau2::retail::calculate;

pub(super) fn calculate(arguments: &Arguments<'_>) -> Outcome {
    calculate::calculate(arguments.text("expression")?)
}

pub(super) fn transfer(arguments: &Arguments<'_>) -> Outcome {
    arguments.text("summary")?;
    Ok("Transfer successful".to_owned())
}
