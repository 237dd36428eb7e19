//! What a model is shown of a conversation. The prompt and the tools come first and never change, so that providers
//! cache them; what is particular comes last.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::catalog::{Agent, Catalog};
use super::conversation::{Conversation, Entry};
use super::router;
use crate::domain::event::{Author, ToolCall};
use crate::domain::id::CallId;
use crate::domain::text::written;
use crate::model::{ChatRequest, Message, ResponseFormat, colleague};
use crate::tools::Tool as _;
use crate::tools::people::AskColleague;

/// Bytes that most receipts fit in.
const USUAL: usize = 2_048;

/// Lines of the dialogue that the router reads.
const ROUTER_LINES: usize = 12;

/// What a model is told of a shopper whom code has verified.
const VERIFIED: &str = "The shopper is verified: list_orders, cancel_order and change_shipping_address work, and \
                        get_order and track_shipment work for all of their orders, without an e-mail address or postcode.";

/// The request to a specialist.
pub fn specialist(conversation: &Conversation, agent: &Agent) -> ChatRequest {
    let mut messages = vec![Message::System(Arc::clone(&agent.prompt))];
    let returned = conversation.returned();
    messages.extend(conversation.turn_by_turn().into_iter().flat_map(|entry| shown(conversation, &returned, entry)));
    if conversation.identity.verified().is_some() {
        messages.push(Message::System(VERIFIED.into()));
    }
    if conversation.dialogue.iter().any(|entry| matches!(entry, Entry::Person { .. })) {
        messages.push(Message::System(colleague::RULE.into()));
    }
    if let Some(turn) = &conversation.turn {
        messages.extend(turn.withheld.iter().map(|sentence| Message::System(correction(sentence).into())));
    }
    ChatRequest {
        messages,
        tools: agent.tools.clone(),
        response_format: None,
        cache_key: format!("{}:{}", conversation.store, agent.name),
    }
}

/// What the router reads: the last lines only, without what tools returned.
pub fn routed(conversation: &Conversation, catalog: &Catalog) -> Vec<Message> {
    let no_calls = HashSet::new();
    let said: Vec<Message> = conversation
        .turn_by_turn()
        .into_iter()
        .filter(|entry| matches!(entry, Entry::Customer { .. } | Entry::Said { .. } | Entry::Person { .. }))
        .flat_map(|entry| shown(conversation, &no_calls, entry))
        .collect();
    let from = said.len().saturating_sub(ROUTER_LINES);
    let mut messages = vec![Message::System(Arc::clone(&catalog.router))];
    messages.extend(said.into_iter().skip(from));
    messages
}

/// The request to the router, about messages that are [`routed`].
pub fn router(conversation: &Conversation, messages: Vec<Message>) -> ChatRequest {
    ChatRequest {
        messages,
        tools: [].into(),
        response_format: Some(ResponseFormat { name: router::FORMAT.to_owned(), schema: router::schema() }),
        cache_key: format!("{}:router", conversation.store),
    }
}

fn shown(conversation: &Conversation, returned: &HashSet<&CallId>, entry: &Entry) -> Vec<Message> {
    let message = match entry {
        Entry::Customer { text, .. } => Message::User(text.clone()),
        Entry::Calls(calls) => {
            let calls: Vec<ToolCall> = calls.iter().filter(|call| returned.contains(&call.id)).cloned().collect();
            if calls.is_empty() {
                return Vec::new();
            }
            Message::Assistant { text: String::new(), calls }
        }
        Entry::Result { at, call, tool, receipt, .. } => {
            let outdated = conversation.is_outdated(tool, *at).then(|| outdated(receipt)).flatten();
            Message::Tool { call: call.clone(), content: content(outdated.as_ref().unwrap_or(receipt)) }
        }
        Entry::Said { text, author: Author::Agent | Author::System, .. } => {
            Message::Assistant { text: text.clone(), calls: Vec::new() }
        }
        Entry::Person { name, text, .. } => {
            Message::Assistant { text: colleague::says(name.as_deref(), text), calls: Vec::new() }
        }
        Entry::Answered { seq, question, name, text, .. } => {
            return answered(*seq, question, name.as_deref(), text).into();
        }
    };
    vec![message]
}

/// A receipt that is text is shown as it is.
fn content(receipt: &Value) -> String {
    match receipt {
        Value::String(text) => text.clone(),
        // A value has nothing that cannot be written.
        other => written(other, USUAL).unwrap_or_default(),
    }
}

/// As what the tool returns at last: no shopper can write that.
fn answered(seq: u64, question: &str, by: Option<&str>, text: &str) -> [Message; 2] {
    let call = CallId::new(format!("answer_{seq}"));
    let (name, arguments) = (AskColleague::NAME.to_owned(), json!({ "question": question }).to_string());
    let calls = vec![ToolCall { id: call.clone(), name, arguments }];
    let content = AskColleague::answered(by, text).to_string();
    [Message::Assistant { text: String::new(), calls }, Message::Tool { call, content }]
}

/// What is left to tell of an order that was read long ago. `None`: it told of no order.
fn outdated(receipt: &Value) -> Option<Value> {
    let of_order = receipt.get("order").unwrap_or(receipt).get("order_number");
    let number = of_order.or_else(|| receipt.get("orders").map(|_| &Value::Null))?;
    Some(json!({
        "order_number": number,
        "as_of": receipt.get("as_of"),
        "outdated": "This was read a while ago, and may have changed since. Call the tool again before you tell of it.",
    }))
}

fn correction(sentence: &str) -> String {
    format!(
        "Your last draft was not sent, because no tool result supports this sentence: {sentence:?}. Answer again. Say only \
         what the tool results say; call a tool if something is missing; leave out what you cannot support."
    )
}
