//! The arguments of a call, held against a tool's parameters.

use serde_json::{Map, Value};

use super::failure::Failure;

/// The arguments of a call: every parameter of the tool is there, and nothing else.
#[derive(Debug)]
pub(super) struct Arguments<'a>(&'a Map<String, Value>);

impl<'a> Arguments<'a> {
    /// Python names an unexpected argument before it looks for missing ones.
    pub fn check(tool: &'static str, parameters: &[&'static str], arguments: &'a Value) -> Result<Self, Failure> {
        let arguments = arguments.as_object().ok_or(Failure::NotAnObject)?;
        if let Some(name) = arguments.keys().find(|name| !parameters.contains(&name.as_str())) {
            return Err(Failure::UnexpectedArgument { tool, name: name.clone() });
        }
        let names: Vec<_> = parameters.iter().copied().filter(|name| !arguments.contains_key(*name)).collect();
        if names.is_empty() { Ok(Self(arguments)) } else { Err(Failure::MissingArguments { tool, names }) }
    }

    pub fn text(&self, name: &'static str) -> Result<&'a str, Failure> {
        let text = self.0.get(name).and_then(Value::as_str);
        text.ok_or(Failure::WrongType { name, expected: "a string" })
    }

    pub fn texts(&self, name: &'static str) -> Result<Vec<&'a str>, Failure> {
        let values = self.0.get(name).and_then(Value::as_array);
        let texts = values.and_then(|values| values.iter().map(Value::as_str).collect());
        texts.ok_or(Failure::WrongType { name, expected: "a list of strings" })
    }
}
