//! How a store's people work with the agent: what they have set about it.

use serde::Deserialize;

use crate::integrations::helpdesk::Colleague;

/// How a store's people work with the agent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manners {
    /// Under which name shoppers see them.
    pub names: Names,
    /// A tag that gives the conversation back to the agent.
    pub handback_tag: String,
    /// Who may decide about approvals there: by their address, or by the helpdesk's id of them.
    pub approvers: Vec<String>,
    /// How the tags begin with which they do.
    pub approve_tag: String,
    pub deny_tag: String,
    pub tickets: Tickets,
    pub left_shoppers: LeftShoppers,
    /// Whether the agent takes part in tickets that customers open there, by mail or in the helpdesk's own chat.
    pub channel: bool,
}

/// Which conversations have a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tickets {
    /// Those that a person has to look at.
    #[default]
    OnDemand,
    /// All, from the first message on.
    EveryConversation,
}

/// How a colleague's answer reaches a shopper who has left the chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftShoppers {
    /// The ticket is in the name of the shopper's own address: the helpdesk mails them what people answer, beside the chat.
    #[default]
    Helpdesk,
    /// The ticket is a visitor's: nothing is mailed, the answer waits in the chat. Their address stands in the note.
    Chat,
}

impl Manners {
    /// # Errors
    /// Where one tag could be taken for another: the setting's name, and what is wrong with it.
    pub fn validate(&self) -> Result<(), (&'static str, &'static str)> {
        let tags =
            [("handback_tag", &self.handback_tag), ("approve_tag", &self.approve_tag), ("deny_tag", &self.deny_tag)];
        for (place, (name, tag)) in tags.iter().enumerate() {
            let tag = tag.trim().to_lowercase();
            if tag.is_empty() {
                return Err((name, "it is empty"));
            }
            let others = tags.iter().enumerate().filter(|(other, _)| *other != place);
            if others.into_iter().any(|(_, (_, other))| other.trim().to_lowercase().starts_with(&tag)) {
                return Err((name, "another of the tags begins with it"));
            }
        }
        Ok(())
    }

    /// Whether this person's word about an approval counts.
    pub fn may_decide(&self, colleague: &Colleague) -> bool {
        self.approvers.iter().any(|allowed| {
            *allowed == colleague.id
                || colleague.email.as_ref().is_some_and(|email| email.as_str().eq_ignore_ascii_case(allowed.trim()))
        })
    }
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            names: Names::default(),
            handback_tag: "deskhand-handback".to_owned(),
            approvers: Vec::new(),
            approve_tag: "deskhand-approve".to_owned(),
            deny_tag: "deskhand-deny".to_owned(),
            tickets: Tickets::default(),
            left_shoppers: LeftShoppers::default(),
            channel: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    #[default]
    First,
    Full,
    None,
}

impl Names {
    /// What shoppers see of this person's name.
    pub(super) fn of(self, colleague: &Colleague) -> Option<String> {
        let name = colleague.name.split_whitespace();
        let shown = match self {
            Self::First => name.take(1).collect::<Vec<_>>(),
            Self::Full => name.collect(),
            Self::None => return None,
        };
        (!shown.is_empty()).then(|| shown.join(" "))
    }
}
