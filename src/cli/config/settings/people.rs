//! How a store's people work with the agent.

use super::list::setting;
use super::{Kind, Setting};

const NAMES: &[&str] = &["first", "full", "none"];
const TICKETS: &[&str] = &["on_demand", "every_conversation"];
const LEFT_SHOPPERS: &[&str] = &["helpdesk", "chat", "relay"];

pub const SETTINGS: &[Setting] = &[
    setting(
        "stores.*.people.names",
        "DESKHAND_PEOPLE_NAMES",
        Kind::Choice(NAMES),
        "first",
        "Under which name shoppers see your people in the chat.",
    ),
    setting(
        "stores.*.people.handback_tag",
        "DESKHAND_PEOPLE_HANDBACK_TAG",
        Kind::Text,
        "deskhand-handback",
        "The ticket's tag that gives a conversation back to the agent.",
    ),
    setting(
        "stores.*.people.approvers",
        "DESKHAND_PEOPLE_APPROVERS",
        Kind::Words,
        "nobody",
        "Who may decide about approvals by a ticket's tag: e-mail addresses of the helpdesk's users, or their ids there.",
    ),
    setting(
        "stores.*.people.approve_tag",
        "DESKHAND_PEOPLE_APPROVE_TAG",
        Kind::Text,
        "deskhand-approve",
        "How the tag begins that says yes; the note in the ticket shows it whole.",
    ),
    setting(
        "stores.*.people.deny_tag",
        "DESKHAND_PEOPLE_DENY_TAG",
        Kind::Text,
        "deskhand-deny",
        "And the tag that says no.",
    ),
    setting(
        "stores.*.people.answer_mark",
        "DESKHAND_PEOPLE_ANSWER_MARK",
        Kind::Text,
        "Answer:",
        "How an internal note of the ticket begins that answers a question of the agent's.",
    ),
    setting(
        "stores.*.people.article_mark",
        "DESKHAND_PEOPLE_ARTICLE_MARK",
        Kind::Text,
        "Answer for everyone:",
        "And one whose answer is proposed as a help article, too.",
    ),
    setting(
        "stores.*.people.tickets",
        "DESKHAND_PEOPLE_TICKETS",
        Kind::Choice(TICKETS),
        "on_demand",
        "Which conversations have a ticket: those that a person has to look at, or all from the first message on.",
    ),
    setting(
        "stores.*.people.left_shoppers",
        "DESKHAND_PEOPLE_LEFT_SHOPPERS",
        Kind::Choice(LEFT_SHOPPERS),
        "helpdesk",
        "How your people's answers reach a shopper who has left: the helpdesk mails them beside the chat, or they wait in \
         the chat and the ticket carries no address, or, with relay, an address of yours that nobody reads.",
    ),
    setting(
        "stores.*.people.relay_domain",
        "DESKHAND_PEOPLE_RELAY_DOMAIN",
        Kind::Text,
        "",
        "The domain of relay: a ticket's customer is CONVERSATION@DOMAIN.",
    ),
    setting(
        "stores.*.people.channel",
        "DESKHAND_PEOPLE_CHANNEL",
        Kind::Flag,
        "false",
        "Whether the agent takes part in tickets that customers open in the helpdesk, by mail or in its chat.",
    ),
];
