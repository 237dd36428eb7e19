//! What people do in the helpdesk, with the ticket of the conversation, and what the helpdesk does by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sandbox::{Act, FromCustomer};

/// Exactly one of `reply`, `note`, `mail`, `bot`, `rule`, `tag`, `untag`, `assign`, `close` and `reopen`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Colleague {
    /// Answers the shopper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Writes for colleagues only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The shopper answers by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// The helpdesk's own bot answers the shopper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<String>,
    /// A rule of the merchant's answers the shopper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The ticket gets a tag. `deskhand-handback` gives the conversation back to the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The ticket loses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untag: Option<String>,
    /// Takes the ticket: `true`.
    #[serde(default, skip_serializing_if = "is_not")]
    pub assign: bool,
    /// Closes it: `true`.
    #[serde(default, skip_serializing_if = "is_not")]
    pub close: bool,
    /// Opens it again: `true`.
    #[serde(default, skip_serializing_if = "is_not")]
    pub reopen: bool,
    /// The address of the helpdesk's user who does it; any colleague by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What a customer writes to the store at the helpdesk, by mail or in the helpdesk's own chat.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// The customer's address, as the helpdesk has it: a claim.
    pub from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub text: String,
    /// In the chat: `true`.
    #[serde(default, skip_serializing_if = "is_not")]
    pub chat: bool,
}

impl Letter {
    pub fn written(self) -> FromCustomer {
        let Self { from, subject, text, chat } = self;
        FromCustomer { email: from, name: None, subject, text, chat }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_not(done: &bool) -> bool {
    !done
}

impl Colleague {
    /// # Errors
    /// Where it is nothing, or several things at once.
    pub fn act(&self) -> Result<Act, &'static str> {
        let Self { reply, note, mail, bot, rule, tag, untag, assign, close, reopen, by } = self.clone();
        let all = [
            reply.map(|text| Act::Reply { text, by: by.clone() }),
            note.map(|text| Act::Note { text, by: by.clone() }),
            mail.map(|text| Act::Mail { text }),
            bot.map(|text| Act::Bot { text }),
            rule.map(|text| Act::Rule { text }),
            tag.map(|name| Act::Tag { name, by: by.clone() }),
            untag.map(|name| Act::Untag { name, by: by.clone() }),
            assign.then(|| Act::Assign { by: by.clone() }),
            close.then(|| Act::Close { by: by.clone() }),
            reopen.then(|| Act::Reopen { by: by.clone() }),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(act), None) => Ok(act),
            _ => Err(
                "a colleague does exactly one of reply, note, mail, bot, rule, tag, untag, assign, close and reopen",
            ),
        }
    }

    /// As a reader of the conversation sees it.
    pub fn told(act: &Act) -> String {
        match act {
            Act::Reply { text, .. } => format!("a colleague answers: {text}"),
            Act::Note { text, .. } => format!("a colleague notes: {text}"),
            Act::Mail { text } => format!("the shopper answers by mail: {text}"),
            Act::Bot { text } => format!("the helpdesk's bot answers: {text}"),
            Act::Rule { text } => format!("a rule of the helpdesk answers: {text}"),
            Act::Tag { name, .. } => format!("a colleague adds the tag {name}"),
            Act::Untag { name, .. } => format!("a colleague removes the tag {name}"),
            Act::Assign { .. } => "a colleague takes the ticket".to_owned(),
            Act::Close { .. } => "a colleague closes the ticket".to_owned(),
            Act::Reopen { .. } => "a colleague opens the ticket again".to_owned(),
        }
    }
}
