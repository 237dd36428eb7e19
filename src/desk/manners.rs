//! How a store's people work with the agent: what they have set about it.

use serde::Deserialize;

use crate::domain::customer::Email;
use crate::domain::id::ConversationId;
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
    /// How a note begins that answers the agent's question.
    pub answer_mark: String,
    /// And one whose answer may become an article of the store.
    pub article_mark: String,
    pub tickets: Tickets,
    pub left_shoppers: LeftShoppers,
    /// The domain of `relay`: whatever is mailed there is read by nobody.
    pub relay_domain: Option<String>,
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
    /// The same under an address of ours, one for each conversation, for helpdesks in which people answer addresses alone.
    Relay,
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
        let relay = self.address(&ConversationId::new("conv"), None);
        if self.left_shoppers == LeftShoppers::Relay && relay.is_none() {
            return Err(("relay_domain", "left_shoppers = \"relay\" needs a domain whose mail nobody reads"));
        }
        let marks = [("answer_mark", &self.answer_mark), ("article_mark", &self.article_mark)];
        match marks.iter().find(|(_, mark)| mark.trim().is_empty()) {
            Some((name, _)) => Err((name, "it is empty")),
            None if same(&self.answer_mark, &self.article_mark) => Err(("article_mark", "it is the answer_mark, too")),
            None => Ok(()),
        }
    }

    /// What a note says in answer to the agent, and whether it may become an article.
    pub(super) fn answer<'t>(&self, note: &'t str) -> Option<(&'t str, bool)> {
        let mut marks = [(&self.answer_mark, false), (&self.article_mark, true)];
        // One may begin with the other.
        marks.sort_by_key(|(mark, _)| std::cmp::Reverse(mark.trim().len()));
        let note = note.trim_start();
        let (answer, article) = marks.into_iter().find_map(|(mark, article)| {
            let mark = mark.trim();
            let (begins, answer) = note.split_at_checked(mark.len())?;
            same(begins, mark).then(|| (answer.trim(), article))
        })?;
        (!answer.is_empty()).then_some((answer, article))
    }

    pub(super) fn question_note(&self, question: &str) -> String {
        let (answer, article) = (&self.answer_mark, &self.article_mark);
        format!(
            "The agent asks its colleagues:\n\n{question}\n\nAnswer with an internal note that begins with \"{answer}\"; the agent \
             goes on with it, and tells the shopper. One that begins with \"{article}\" is proposed as an article of the help center, \
             too; it becomes one when somebody says yes to it. Write to the shopper yourself to take the conversation over."
        )
    }

    /// Under which address the helpdesk knows a shopper of ours.
    pub(super) fn address(&self, conversation: &ConversationId, own: Option<Email>) -> Option<Email> {
        match self.left_shoppers {
            LeftShoppers::Helpdesk => own,
            LeftShoppers::Chat => None,
            LeftShoppers::Relay => Email::parse(&format!("{conversation}@{}", self.relay_domain.as_deref()?.trim())),
        }
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
            answer_mark: "Answer:".to_owned(),
            article_mark: "Answer for everyone:".to_owned(),
            tickets: Tickets::default(),
            left_shoppers: LeftShoppers::default(),
            relay_domain: None,
            channel: false,
        }
    }
}

/// Letters' case does not count.
fn same(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
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
