//! The people at the simulated helpdesk: what they do with tickets, as they would on its pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::fault::Vendor;
use super::world::World;
use super::world::intercom::{IntercomAuthor, IntercomConversation};
use super::{Shared, front, gorgias, intercom, zendesk};

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

/// What a customer writes to the store, at the helpdesk: a ticket comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromCustomer {
    pub email: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub subject: Option<String>,
    pub text: String,
    /// In the helpdesk's own chat, not by mail.
    #[serde(default)]
    pub chat: bool,
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

/// Has somebody do something with a ticket of this helpdesk; of the one that has it, where none is named.
pub(super) async fn act(shared: &Shared, vendor: Option<Vendor>, id: u64, act: &Act) -> Result<(), ActError> {
    match vendor.unwrap_or_else(|| whose(&shared.world.read(), id)) {
        Vendor::Front => front::act(shared, id, act).await,
        Vendor::Gorgias => gorgias::act(shared, id, act).await,
        Vendor::Zendesk => zendesk::act(shared, id, act).await,
        Vendor::Intercom => intercom::act(shared, id, act).await,
        _ => Err(ActError::NoTicket(id.to_string())),
    }
}

/// The helpdesk that has a ticket.
fn whose(world: &World, id: u64) -> Vendor {
    if world.zendesk.ticket(id).is_some() {
        Vendor::Zendesk
    } else if world.front.conversation(id).is_some() {
        Vendor::Front
    } else if world.intercom.conversation(id).is_some() {
        Vendor::Intercom
    } else {
        Vendor::Gorgias
    }
}

fn of_intercom(own: &IntercomConversation) -> TicketShown {
    let first = MessageShown { by: Side::Customer, text: own.text.clone(), at: own.created_at };
    let said = own.parts.iter().filter_map(|part| {
        let customer = matches!(part.author, IntercomAuthor::Contact(_));
        Some(MessageShown { by: Side::of(customer, part.kind != "note"), text: part.text.clone()?, at: part.at })
    });
    TicketShown {
        vendor: Vendor::Intercom,
        id: own.id,
        status: if own.open { "open" } else { "closed" }.to_owned(),
        subject: own.subject.clone(),
        tags: own.tags.iter().map(|put| put.tag.name.clone()).collect(),
        messages: std::iter::once(first).chain(said).collect(),
    }
}

/// A customer writes to this helpdesk. The id of the ticket; `None`: it is no helpdesk.
pub(super) async fn hear(shared: &Shared, vendor: Vendor, letter: &FromCustomer) -> Option<u64> {
    match vendor {
        Vendor::Front => Some(front::hear(shared, letter).await),
        Vendor::Gorgias => Some(gorgias::hear(shared, letter).await),
        Vendor::Zendesk => Some(zendesk::hear(shared, letter).await),
        Vendor::Intercom => Some(intercom::hear(shared, letter).await),
        _ => None,
    }
}

/// A ticket as its people see it, at whichever helpdesk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TicketShown {
    pub vendor: Vendor,
    pub id: u64,
    pub status: String,
    pub subject: Option<String>,
    pub tags: Vec<String>,
    pub messages: Vec<MessageShown>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MessageShown {
    pub by: Side,
    pub text: String,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Customer,
    Store,
    /// The store's, for colleagues only.
    Note,
}

impl Side {
    pub(super) fn of(customer: bool, public: bool) -> Self {
        match (customer, public) {
            (true, _) => Self::Customer,
            (false, true) => Self::Store,
            (false, false) => Self::Note,
        }
    }
}

impl TicketShown {
    /// The oldest first at each helpdesk.
    pub fn all(world: &World) -> Vec<Self> {
        let gorgias = world.helpdesk.tickets.iter().map(|ticket| Self {
            vendor: Vendor::Gorgias,
            id: ticket.id,
            status: ticket.status.clone(),
            subject: ticket.subject.clone(),
            tags: ticket.tags.iter().map(|tag| tag.name.clone()).collect(),
            messages: ticket
                .messages
                .iter()
                .map(|own| MessageShown {
                    by: Side::of(!own.from_agent, own.public),
                    text: own.body_text.clone().unwrap_or_default(),
                    at: own.created_at,
                })
                .collect(),
        });
        let zendesk = world.zendesk.tickets.iter().map(|ticket| Self {
            vendor: Vendor::Zendesk,
            id: ticket.id,
            status: ticket.status.clone(),
            subject: ticket.subject.clone(),
            tags: ticket.tags.clone(),
            messages: ticket
                .comments
                .iter()
                .map(|own| MessageShown {
                    by: Side::of(u64::try_from(own.author) == Ok(ticket.requester), own.public),
                    text: own.body.clone(),
                    at: own.at,
                })
                .collect(),
        });
        let intercom = world.intercom.conversations.iter().map(of_intercom);
        gorgias.chain(zendesk).chain(intercom).chain(front::all(world)).collect()
    }
}
