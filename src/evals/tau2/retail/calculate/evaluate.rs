//! The value of an expression in postfix order.

use super::ArithmeticError;
use super::number::Number;
use super::parse::Step;

pub(super) fn evaluate(steps: &[Step]) -> Result<f64, ArithmeticError> {
    let mut stack = Stack(Vec::new());
    for step in steps {
        stack.take(*step)?;
    }
    stack.pop().map(Number::float)
}

struct Stack(Vec<Number>);

impl Stack {
    fn take(&mut self, step: Step) -> Result<(), ArithmeticError> {
        let number = match step {
            Step::Push(number) => number,
            Step::PushTuple => return Err(ArithmeticError::NotReal("tuple")),
            Step::Negate => self.pop()?.negate(),
            Step::Apply(operator) => {
                let right = self.pop()?;
                operator.apply(self.pop()?, right)?
            }
            Step::Call { with_argument } => {
                if with_argument {
                    self.pop()?;
                }
                return Err(ArithmeticError::NotCallable(self.pop()?.type_name()));
            }
        };
        self.0.push(number);
        Ok(())
    }

    /// The parser writes no step without its operands.
    fn pop(&mut self) -> Result<Number, ArithmeticError> {
        self.0.pop().ok_or(ArithmeticError::Syntax { line: 1 })
    }
}
