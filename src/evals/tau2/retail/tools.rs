//! The tools: their names, parameters, code, and what each does to the database.

use serde_json::Value;

use super::State;
use super::arguments::Arguments;
use super::failure::Failure;

mod delivered;
mod items;
mod lookup;
mod pending;
mod profile;
mod talk;

type Outcome = Result<String, Failure>;

/// What a tool does to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Reads,
    Writes,
    Neither,
}

/// A tool of the benchmark.
#[derive(Debug)]
pub struct Tool {
    pub name: &'static str,
    /// The names of its parameters, all of them required, in the order of its signature.
    pub parameters: &'static [&'static str],
    code: Code,
}

/// The code can do no more than the tool's effect says.
#[derive(Debug)]
enum Code {
    Reads(fn(&State, &Arguments<'_>) -> Outcome),
    Writes(fn(&mut State, &Arguments<'_>) -> Outcome),
    Neither(fn(&Arguments<'_>) -> Outcome),
}

impl Tool {
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self.code {
            Code::Reads(_) => Effect::Reads,
            Code::Writes(_) => Effect::Writes,
            Code::Neither(_) => Effect::Neither,
        }
    }
}

const fn tool(name: &'static str, parameters: &'static [&'static str], code: Code) -> Tool {
    Tool { name, parameters, code }
}

const ITEMS_FOR_ITEMS: &[&str] = &["order_id", "item_ids", "new_item_ids", "payment_method_id"];

/// Every tool of the benchmark.
pub const TOOLS: &[Tool] = &[
    tool("calculate", &["expression"], Code::Neither(talk::calculate)),
    tool("cancel_pending_order", &["order_id", "reason"], Code::Writes(pending::cancel)),
    tool("exchange_delivered_order_items", ITEMS_FOR_ITEMS, Code::Writes(delivered::exchange_items)),
    tool("find_user_id_by_email", &["email"], Code::Reads(lookup::user_id_by_email)),
    tool("find_user_id_by_name_zip", &["first_name", "last_name", "zip"], Code::Reads(lookup::user_id_by_name_and_zip)),
    tool("get_item_details", &["item_id"], Code::Reads(lookup::item)),
    tool("get_order_details", &["order_id"], Code::Reads(lookup::order)),
    tool("get_product_details", &["product_id"], Code::Reads(lookup::product)),
    tool("get_user_details", &["user_id"], Code::Reads(lookup::user)),
    tool("list_all_product_types", &[], Code::Reads(lookup::product_types)),
    tool(
        "modify_pending_order_address",
        &["order_id", "address1", "address2", "city", "state", "country", "zip"],
        Code::Writes(pending::modify_address),
    ),
    tool("modify_pending_order_items", ITEMS_FOR_ITEMS, Code::Writes(pending::modify_items)),
    tool("modify_pending_order_payment", &["order_id", "payment_method_id"], Code::Writes(pending::modify_payment)),
    tool(
        "modify_user_address",
        &["user_id", "address1", "address2", "city", "state", "country", "zip"],
        Code::Writes(profile::modify_address),
    ),
    tool(
        "return_delivered_order_items",
        &["order_id", "item_ids", "payment_method_id"],
        Code::Writes(delivered::return_items),
    ),
    tool("transfer_to_human_agents", &["summary"], Code::Neither(talk::transfer)),
];

pub(super) fn run(state: &mut State, name: &str, arguments: &Value) -> Outcome {
    let tool = TOOLS.iter().find(|tool| tool.name == name);
    let tool = tool.ok_or_else(|| Failure::UnknownTool(name.to_owned()))?;
    let arguments = Arguments::check(tool.name, tool.parameters, arguments)?;
    match tool.code {
        Code::Reads(read) => read(state, &arguments),
        Code::Writes(write) => write(state, &arguments),
        Code::Neither(answer) => answer(&arguments),
    }
}
