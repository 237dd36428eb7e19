//! Python's arithmetic, as far as digits, `+ - * / ( ) .` and spaces reach.

use super::failure::Failure;
use super::python::{repr, round2};

mod evaluate;
mod number;
mod parse;
mod tokens;

#[cfg(test)]
mod tests;

/// The longest expression that is looked at, in bytes.
const MAX_LENGTH: usize = 4096;

/// Why an expression has no value, in Python 3.11's words, but for [`TooLarge`](Self::TooLarge).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArithmeticError {
    /// More than this program takes on: an expression over 4096 characters, nested over 200 deep, or with an integer
    /// beyond ±2⁵³. Python would go on, or fail in words that depend on the machine.
    #[error("the expression is too large")]
    TooLarge,
    #[error("invalid syntax (<string>, line {line})")]
    Syntax { line: u8 },
    #[error("invalid syntax. Perhaps you forgot a comma? (<string>, line 1)")]
    ForgottenComma,
    #[error("'(' was never closed (<string>, line 1)")]
    Unclosed,
    #[error("unmatched ')' (<string>, line 1)")]
    Unmatched,
    #[error(
        "leading zeros in decimal integer literals are not permitted; \
         use an 0o prefix for octal integers (<string>, line 1)"
    )]
    LeadingZeros,
    #[error("division by zero")]
    IntegerDivision,
    #[error("float division by zero")]
    FloatDivision,
    #[error("integer division or modulo by zero")]
    IntegerFloorDivision,
    #[error("float floor division by zero")]
    FloatFloorDivision,
    #[error("0.0 cannot be raised to a negative power")]
    ZeroToNegativePower,
    #[error("(34, 'Numerical result out of range')")]
    OutOfRange,
    #[error("'{0}' object is not callable")]
    NotCallable(&'static str),
    #[error("float() argument must be a string or a real number, not '{0}'")]
    NotReal(&'static str),
}

/// The value of an expression, rounded to two digits, as `str` writes a float.
pub(super) fn calculate(expression: &str) -> Result<String, Failure> {
    if expression.contains(|character| !"0123456789+-*/(). ".contains(character)) {
        return Err(Failure::InvalidCharacters);
    }
    Ok(value(expression).map(|value| repr(round2(value)))?)
}

fn value(expression: &str) -> Result<f64, ArithmeticError> {
    if expression.len() > MAX_LENGTH {
        return Err(ArithmeticError::TooLarge);
    }
    let tokens = tokens::read(expression)?;
    let steps = parse::parse(tokens)?;
    evaluate::evaluate(&steps)
}
