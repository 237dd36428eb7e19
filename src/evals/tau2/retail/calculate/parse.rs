//! Python's grammar of arithmetic, turned into postfix order.
//!
//! Nothing is worked out while parsing, since Python finds a syntax error at the end before a division by zero at the
//! beginning. Postfix order has no tree that could be too deep to walk.

use super::ArithmeticError;
use super::number::{Number, Operator};
use super::tokens::Token;

/// How deep brackets and powers of powers may nest. Python's own limit for brackets is the same.
const MAX_DEPTH: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    Push(Number),
    /// A pair of brackets with nothing in it.
    PushTuple,
    Negate,
    Apply(Operator),
    /// A value with brackets behind it, as in `2(3)`: Python takes that for a call of a function.
    Call {
        with_argument: bool,
    },
}

type Parsed = Result<(), ArithmeticError>;

pub(super) fn parse(tokens: Vec<Token>) -> Result<Vec<Step>, ArithmeticError> {
    if tokens.is_empty() {
        return Err(ArithmeticError::Syntax { line: 0 });
    }
    let count = |wanted| tokens.iter().filter(|token| **token == wanted).count();
    let unclosed = count(Token::Open) > count(Token::Close);
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), unclosed, steps: Vec::new(), depth: 0 };
    parser.sum()?;
    match parser.tokens.peek() {
        None => Ok(parser.steps),
        Some(_) => Err(parser.trailing(ArithmeticError::Syntax { line: 1 })),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    unclosed: bool,
    steps: Vec<Step>,
    depth: usize,
}

impl Parser {
    fn sum(&mut self) -> Parsed {
        self.term()?;
        while let Some(operator) = self.accept(&[Operator::Add, Operator::Subtract]) {
            self.term()?;
            self.steps.push(Step::Apply(operator));
        }
        Ok(())
    }

    fn term(&mut self) -> Parsed {
        self.factor()?;
        while let Some(operator) = self.accept(&[Operator::Multiply, Operator::Divide, Operator::FloorDivide]) {
            self.factor()?;
            self.steps.push(Step::Apply(operator));
        }
        Ok(())
    }

    /// Signs bind less than a power: `-2**2` is -4.
    fn factor(&mut self) -> Parsed {
        let mut minuses = 0;
        while let Some(sign) = self.accept(&[Operator::Add, Operator::Subtract]) {
            minuses += usize::from(sign == Operator::Subtract);
        }
        self.power()?;
        self.steps.extend(std::iter::repeat_n(Step::Negate, minuses));
        Ok(())
    }

    fn power(&mut self) -> Parsed {
        self.call()?;
        if self.accept(&[Operator::Power]).is_some() {
            self.deeper(Self::factor)?;
            self.steps.push(Step::Apply(Operator::Power));
        }
        Ok(())
    }

    fn call(&mut self) -> Parsed {
        self.atom()?;
        while self.tokens.next_if_eq(&Token::Open).is_some() {
            let with_argument = self.tokens.peek() != Some(&Token::Close);
            if with_argument {
                self.deeper(Self::sum)?;
            }
            self.close()?;
            self.steps.push(Step::Call { with_argument });
        }
        Ok(())
    }

    fn atom(&mut self) -> Parsed {
        if let Some(Token::Number(number)) = self.tokens.next_if(|token| matches!(token, Token::Number(_))) {
            self.steps.push(Step::Push(number));
            return Ok(());
        }
        if self.tokens.next_if_eq(&Token::Open).is_none() {
            return Err(self.unexpected());
        }
        if self.tokens.next_if_eq(&Token::Close).is_some() {
            self.steps.push(Step::PushTuple);
            return Ok(());
        }
        self.deeper(Self::sum)?;
        self.close()
    }

    fn close(&mut self) -> Parsed {
        match self.tokens.next_if_eq(&Token::Close) {
            Some(_) => Ok(()),
            None => Err(self.trailing(ArithmeticError::ForgottenComma)),
        }
    }

    /// The error at the next token, which fits nowhere. Python thinks of an open bracket only at the very end.
    fn unexpected(&mut self) -> ArithmeticError {
        match self.tokens.peek() {
            None if self.unclosed => ArithmeticError::Unclosed,
            _ => ArithmeticError::Syntax { line: 1 },
        }
    }

    /// The error at the next token, which stands behind a complete expression. If another expression begins there,
    /// Python reads it to its end before it complains.
    fn trailing(&mut self, two_expressions: ArithmeticError) -> ArithmeticError {
        if !matches!(self.tokens.peek(), Some(Token::Number(_))) {
            return self.unexpected();
        }
        match self.sum() {
            Ok(()) if self.unclosed && self.tokens.peek().is_none() => ArithmeticError::Unclosed,
            Ok(()) => two_expressions,
            Err(error) => error,
        }
    }

    fn accept(&mut self, operators: &[Operator]) -> Option<Operator> {
        let accepted = |token: &Token| matches!(token, Token::Operator(operator) if operators.contains(operator));
        match self.tokens.next_if(accepted) {
            Some(Token::Operator(operator)) => Some(operator),
            _ => None,
        }
    }

    fn deeper(&mut self, parse: fn(&mut Self) -> Parsed) -> Parsed {
        if self.depth == MAX_DEPTH {
            return Err(ArithmeticError::TooLarge);
        }
        self.depth += 1;
        parse(self)?;
        self.depth -= 1;
        Ok(())
    }
}
