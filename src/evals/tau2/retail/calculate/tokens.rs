//! An expression cut into tokens.

use super::ArithmeticError;
use super::number::{Number, Operator};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token {
    Number(Number),
    Operator(Operator),
    Open,
    Close,
    /// A point that belongs to no number, and so to no valid expression.
    Point,
}

/// Cuts all of it before anything is parsed: Python reports what is wrong with a token, or a bracket too many, first.
pub(super) fn read(expression: &str) -> Result<Vec<Token>, ArithmeticError> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start_matches(' ');
    let mut open = 0_usize;
    while let Some((token, after)) = next(rest)? {
        open = match token {
            Token::Open => open + 1,
            Token::Close => open.checked_sub(1).ok_or(ArithmeticError::Unmatched)?,
            _ => open,
        };
        tokens.push(token);
        rest = after.trim_start_matches(' ');
    }
    Ok(tokens)
}

fn next(text: &str) -> Result<Option<(Token, &str)>, ArithmeticError> {
    const SYMBOLS: [(&str, Token); 8] = [
        ("**", Token::Operator(Operator::Power)),
        ("//", Token::Operator(Operator::FloorDivide)),
        ("*", Token::Operator(Operator::Multiply)),
        ("/", Token::Operator(Operator::Divide)),
        ("+", Token::Operator(Operator::Add)),
        ("-", Token::Operator(Operator::Subtract)),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    for (symbol, token) in SYMBOLS {
        if let Some(after) = text.strip_prefix(symbol) {
            return Ok(Some((token, after)));
        }
    }
    if text.is_empty() { Ok(None) } else { numeral(text).map(Some) }
}

fn numeral(text: &str) -> Result<(Token, &str), ArithmeticError> {
    let after_whole = text.trim_start_matches(|character: char| character.is_ascii_digit());
    let Some(fraction) = after_whole.strip_prefix('.') else {
        return Ok((integer(without_end(text, after_whole))?, after_whole));
    };
    let after = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
    let token = without_end(text, after).parse().map_or(Token::Point, |value| Token::Number(Number::Float(value)));
    Ok((token, after))
}

fn integer(digits: &str) -> Result<Token, ArithmeticError> {
    let value = digits.parse().map_err(|_| ArithmeticError::TooLarge)?;
    if value != 0 && digits.starts_with('0') {
        return Err(ArithmeticError::LeadingZeros);
    }
    Number::integer(value).map(Token::Number)
}

fn without_end<'a>(text: &'a str, end: &str) -> &'a str {
    text.strip_suffix(end).unwrap_or(text)
}
