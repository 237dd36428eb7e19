//! The people at the simulated helpdesk: what they do with tickets, as they would on its pages.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What somebody does with a ticket. `by` is the address of a user of the helpdesk; without one it is any person who is not
/// the agent's own user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Answers the customer.
    Reply {
        text: String,
        #[serde(default)]
        by: Option<String>,
    },
    /// Writes for colleagues only.
    Note {
        text: String,
        #[serde(default)]
        by: Option<String>,
    },
    Close {
        #[serde(default)]
        by: Option<String>,
    },
    Reopen {
        #[serde(default)]
        by: Option<String>,
    },
    /// Takes it.
    Assign {
        #[serde(default)]
        by: Option<String>,
    },
    Tag {
        name: String,
        #[serde(default)]
        by: Option<String>,
    },
    Untag {
        name: String,
        #[serde(default)]
        by: Option<String>,
    },
    /// The helpdesk's own bot answers the customer.
    Bot { text: String },
    /// A rule of the merchant's answers the customer.
    Rule { text: String },
    /// The customer answers by mail.
    Mail { text: String },
}

impl Act {
    pub fn by(&self) -> Option<&str> {
        match self {
            Self::Reply { by, .. }
            | Self::Note { by, .. }
            | Self::Close { by }
            | Self::Reopen { by }
            | Self::Assign { by }
            | Self::Tag { by, .. }
            | Self::Untag { by, .. } => by.as_deref(),
            Self::Bot { .. } | Self::Rule { .. } | Self::Mail { .. } => None,
        }
    }
}

/// Why it was not done.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ActError {
    #[error("the helpdesk has no ticket {0}")]
    NoTicket(String),
    #[error("{0:?} is no user of the helpdesk")]
    NoUser(String),
}
