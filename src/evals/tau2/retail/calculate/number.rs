//! Python's `int` and `float`.

use super::ArithmeticError;

/// Up to here every integer is a float as well, and a quotient of two of them is rounded once, as in Python.
const MAX_INTEGER: u64 = 1 << 53;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// Between -[`MAX_INTEGER`] and [`MAX_INTEGER`].
    Integer(i64),
    Float(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Power,
}

impl Number {
    pub fn integer(value: i64) -> Result<Self, ArithmeticError> {
        if value.unsigned_abs() > MAX_INTEGER { Err(ArithmeticError::TooLarge) } else { Ok(Self::Integer(value)) }
    }

    pub fn float(self) -> f64 {
        match self {
            Self::Integer(value) => float(value),
            Self::Float(value) => value,
        }
    }

    pub fn type_name(self) -> &'static str {
        match self {
            Self::Integer(_) => "int",
            Self::Float(_) => "float",
        }
    }

    pub fn negate(self) -> Self {
        match self {
            Self::Integer(value) => Self::Integer(-value),
            Self::Float(value) => Self::Float(-value),
        }
    }
}

impl Operator {
    pub fn apply(self, left: Number, right: Number) -> Result<Number, ArithmeticError> {
        match (left, right) {
            (Number::Integer(left), Number::Integer(right)) => self.apply_to_integers(left, right),
            _ => self.apply_to_floats(left.float(), right.float()).map(Number::Float),
        }
    }

    fn apply_to_integers(self, left: i64, right: i64) -> Result<Number, ArithmeticError> {
        let result = match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            Self::Divide if right == 0 => return Err(ArithmeticError::IntegerDivision),
            Self::Divide => return Ok(Number::Float(float(left) / float(right))),
            Self::FloorDivide if right == 0 => return Err(ArithmeticError::IntegerFloorDivision),
            Self::FloorDivide => floor_quotient(left, right),
            Self::Power if right < 0 => return power(float(left), float(right)).map(Number::Float),
            Self::Power => u32::try_from(right).ok().and_then(|right| left.checked_pow(right)),
        };
        Number::integer(result.ok_or(ArithmeticError::TooLarge)?)
    }

    fn apply_to_floats(self, left: f64, right: f64) -> Result<f64, ArithmeticError> {
        match self {
            Self::Add => Ok(left + right),
            Self::Subtract => Ok(left - right),
            Self::Multiply => Ok(left * right),
            Self::Divide if right == 0.0 => Err(ArithmeticError::FloatDivision),
            Self::Divide => Ok(left / right),
            Self::FloorDivide if right == 0.0 => Err(ArithmeticError::FloatFloorDivision),
            Self::FloorDivide => Ok(float_floor_quotient(left, right)),
            Self::Power => power(left, right),
        }
    }
}

/// Exact, as no integer is beyond [`MAX_INTEGER`].
fn float(value: i64) -> f64 {
    value as f64
}

fn floor_quotient(left: i64, right: i64) -> Option<i64> {
    let quotient = left.checked_div(right)?;
    let inexact = left.checked_rem(right)? != 0;
    Some(if inexact && (left < 0) != (right < 0) { quotient - 1 } else { quotient })
}

/// The floor of the exact quotient, which may lie below the floor of the rounded one: `1 // 0.1` is 9.
fn float_floor_quotient(left: f64, right: f64) -> f64 {
    let remainder = left % right;
    let truncated = ((left - remainder) / right).round();
    let floor = if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) { truncated - 1.0 } else { truncated };
    if floor == 0.0 { 0.0_f64.copysign(left / right) } else { floor }
}

fn power(base: f64, exponent: f64) -> Result<f64, ArithmeticError> {
    if base == 0.0 && exponent < 0.0 {
        return Err(ArithmeticError::ZeroToNegativePower);
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(ArithmeticError::NotReal("complex"));
    }
    let power = base.powf(exponent);
    let overflow = power.is_infinite() && base.is_finite() && exponent.is_finite();
    if overflow { Err(ArithmeticError::OutOfRange) } else { Ok(power) }
}
