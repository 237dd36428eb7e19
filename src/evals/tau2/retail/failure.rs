//! Why a tool refused.

use super::Fault;
use super::calculate::ArithmeticError;

/// Why a tool refused, in the words that the agent reads after `Error: `.
///
/// The words are the benchmark's own, but for the last two, where the benchmark would fail within Python or go on with
/// a value of the wrong type.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Failure {
    #[error("Order not found")]
    OrderNotFound,
    #[error("User not found")]
    UserNotFound,
    #[error("Product not found")]
    ProductNotFound,
    #[error("Variant not found")]
    VariantNotFound,
    #[error("Item not found")]
    ItemNotFound,
    #[error("Payment method not found")]
    PaymentMethodNotFound,
    #[error("Non-pending order cannot be cancelled")]
    NotCancellable,
    #[error("Non-pending order cannot be modified")]
    NotModifiable,
    #[error("Non-delivered order cannot be exchanged")]
    NotExchangeable,
    #[error("Non-delivered order cannot be returned")]
    NotReturnable,
    #[error("Invalid reason")]
    InvalidReason,
    #[error("Number of {0} not found.")]
    ExchangedItemNotInOrder(String),
    #[error("{0} not found")]
    ModifiedItemNotInOrder(String),
    #[error("Some item not found")]
    ReturnedItemNotInOrder,
    #[error("The number of items to be exchanged should match.")]
    ExchangeCountsDiffer,
    #[error("The number of items to be exchanged should match")]
    ModificationCountsDiffer,
    #[error("The new item id should be different from the old item id")]
    SameItem,
    #[error("New item {0} not found or available")]
    Unavailable(String),
    #[error("Insufficient gift card balance to pay for the {0}")]
    InsufficientBalance(&'static str),
    #[error("There should be exactly one payment for a pending order")]
    NotOnePayment,
    #[error("The new payment method should be different from the current one")]
    SamePaymentMethod,
    #[error("Payment method should be the original payment method")]
    NotOriginalPaymentMethod,
    #[error("Invalid characters in expression")]
    InvalidCharacters,
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
    #[error("Tool '{0}' not found.")]
    UnknownTool(String),
    #[error("RetailTools.{tool}() got an unexpected keyword argument '{name}'")]
    UnexpectedArgument { tool: &'static str, name: String },
    #[error("RetailTools.{tool}() missing {}", missing(names))]
    MissingArguments { tool: &'static str, names: Vec<&'static str> },
    #[error("the argument '{name}' should be {expected}")]
    WrongType { name: &'static str, expected: &'static str },
    #[error("the arguments should be a JSON object")]
    NotAnObject,
}

impl Failure {
    pub fn fault(&self) -> Fault {
        match self {
            Self::UnknownTool(_) => Fault::UnknownTool,
            Self::UnexpectedArgument { .. }
            | Self::MissingArguments { .. }
            | Self::WrongType { .. }
            | Self::NotAnObject => Fault::Misused,
            _ => Fault::Refused,
        }
    }
}

/// `1 required positional argument: 'a'`, `2 required positional arguments: 'a' and 'b'`, `3 …: 'a', 'b', and 'c'`.
fn missing(names: &[&str]) -> String {
    let count = names.len();
    let list = match names {
        [] => String::new(),
        [only] => format!("'{only}'"),
        [first, second] => format!("'{first}' and '{second}'"),
        [others @ .., last] => format!("'{}', and '{last}'", others.join("', '")),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} required positional argument{plural}: {list}")
}
