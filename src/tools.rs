//! What an agent may do: typed functions with a schema, the assurance they need and what they do to the world.
//! A tool reads and returns data, or it returns a proposal; it changes nothing itself.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::customer::Email;
use crate::domain::event::ToolOutcome;
use crate::domain::identity::{Assurance, Proof};
use crate::integrations::VendorError;
use crate::storage::StorageError;

pub mod books;
pub mod codes;
pub mod find_order;
pub mod get_order;
pub mod goodwill;
pub mod help_center;
pub mod list_orders;
pub mod orders;
pub mod people;
pub mod products;
pub mod refunds;
pub mod registry;
pub mod returns;
pub mod scene;
pub mod schema;
pub mod track_shipment;
pub mod view;

use books::BooksError;
use goodwill::GoodwillWish;
use orders::OrderWish;
use refunds::GoodsWish;
pub use scene::Scene;

/// What a tool does to the world outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    None,
    Read,
    Message,
    Ticket,
    /// Can be taken back by people.
    Reversible,
    Goods,
    Money,
}

/// A tool: its schema and its code are one object.
#[async_trait]
pub trait Tool: Send + Sync {
    type Arguments: DeserializeOwned + JsonSchema + Send;

    const NAME: &'static str;
    /// What a model is told of it, unless `tools/NAME.json` says it.
    const DESCRIPTION: &'static str = "";
    const EFFECT: EffectClass;
    /// Checked against the conversation before the tool runs; what it shows of an order is checked again against that order.
    const NEEDS: Assurance;

    async fn run(&self, scene: &Scene<'_>, arguments: Self::Arguments) -> Result<Output, ToolError>;
}

/// What a tool gave.
#[derive(Debug)]
pub struct Output {
    /// For the model, and for checking its claims.
    pub receipt: Value,
    /// For the shopper's screen.
    pub projection: Value,
    pub proof: Option<Proof>,
    pub next: Next,
}

impl Output {
    pub fn read(receipt: Value, projection: Value) -> Self {
        Self { receipt, projection, proof: None, next: Next::Nothing }
    }
}

/// What follows from a tool.
#[derive(Debug)]
pub enum Next {
    Nothing,
    Propose(Proposal),
    Transfer {
        agent: String,
    },
    /// A question to the store's people.
    Ask {
        question: String,
    },
}

/// An effect that a tool wishes for. The gate in `desk` decides, performs it once, and writes the receipt.
#[derive(Debug)]
pub enum Proposal {
    /// A one-time code to the address on file.
    Code {
        to: Email,
    },
    Wish(Wish),
}

/// What a shopper wants done to an order, read out of a model's arguments.
#[derive(Debug)]
pub enum Wish {
    Refund(GoodsWish),
    Goodwill(GoodwillWish),
    Return(GoodsWish),
    Order(OrderWish),
}

/// Why a tool gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("{0}")]
    Arguments(String),
    #[error("this needs {needed:?}")]
    Assurance { needed: Assurance, advice: &'static str },
    /// Of a shopper who is verified: there is no such order of theirs.
    #[error("no order of theirs is called so")]
    NotFound,
    #[error("{0}")]
    NotPossible(&'static str),
    #[error(transparent)]
    Vendor(#[from] VendorError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("it has a defect")]
    Panicked,
}

impl From<BooksError> for ToolError {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Vendor(error) => Self::Vendor(error),
            BooksError::Storage(error) => Self::Storage(error),
        }
    }
}

/// Foreign text on one line, without what moves a cursor or turns the direction of reading.
fn one_line(text: &str) -> String {
    let moves = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let still: String = text.chars().map(|c| if moves(c) { ' ' } else { c }).collect();
    still.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A shopper's words as a model repeats them, for a person to read.
fn summed_up(words: &str) -> String {
    const LONGEST: usize = 300;
    one_line(words).chars().take(LONGEST).collect()
}

/// The same for an order that is another's and for none.
const NO_SUCH_ORDER: &str = "The shopper has no order with this number. Say that you could not find it; ask them to check \
                             the number, or for the e-mail address or postcode of the order, and call find_order.";

impl ToolError {
    pub fn outcome(&self) -> ToolOutcome {
        match self {
            Self::Arguments(_) => ToolOutcome::Invalid,
            Self::Assurance { .. } | Self::NotFound | Self::NotPossible(_) => ToolOutcome::Refused,
            Self::Vendor(_) | Self::Storage(_) | Self::Panicked => ToolOutcome::Unavailable,
        }
    }

    /// What the model is told: what is wrong, and what it may do next. Nothing of the vendor's own words.
    pub fn receipt(&self) -> Value {
        let (code, message) = match self {
            Self::Arguments(why) => ("invalid_arguments", why.as_str()),
            Self::Assurance { advice, .. } => ("assurance", *advice),
            Self::NotFound => ("not_found", NO_SUCH_ORDER),
            Self::NotPossible(why) => ("not_possible", *why),
            Self::Vendor(_) | Self::Storage(_) | Self::Panicked => {
                ("unavailable", "This system cannot be reached just now. Say so; do not guess. Hand over to a person.")
            }
        };
        json!({"error": {"code": code, "message": message}})
    }
}
