//! All tools, by name: the declarations in `tools/*.json` joined with the code that answers to them.

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::codes::{ConfirmVerificationCode, SendVerificationCode};
use super::find_order::FindOrder;
use super::get_order::GetOrder;
use super::help_center::SearchHelpCenter;
use super::list_orders::ListOrders;
use super::people::{EscalateToHuman, TransferToAgent};
use super::products::FindProduct;
use super::track_shipment::TrackShipment;
use super::{EffectClass, Output, Scene, Tool, ToolError, schema};
use crate::domain::identity::Assurance;

#[derive(RustEmbed)]
#[folder = "tools/"]
struct Declarations;

/// A tool's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    pub name: String,
    /// What the model is told of it.
    pub description: String,
    pub effect: EffectClass,
    pub assurance: Assurance,
    pub parameters: Value,
}

#[derive(Debug, Error)]
pub enum RegistryError {
    #[error("tools/{name}.json does not read: {reason}")]
    Unreadable { name: String, reason: String },
    #[error(
        "tools/{name}.json has another {what} than the code; run `deskhand tools export` and keep only the description as yours"
    )]
    Differs { name: String, what: &'static str },
    #[error("tools/{name}.json declares a tool that the code does not have; remove the file")]
    Unknown { name: String },
    #[error("the tool {name} has no file; run `deskhand tools export`")]
    Missing { name: String },
}

/// The erased twin of [`Tool`], for calling one by its name.
#[async_trait]
trait Callable: Send + Sync {
    async fn call(&self, scene: &Scene<'_>, arguments: &str) -> Result<Output, ToolError>;
}

#[async_trait]
impl<T: Tool> Callable for T {
    async fn call(&self, scene: &Scene<'_>, arguments: &str) -> Result<Output, ToolError> {
        let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
        let arguments = serde_json::from_str(arguments)
            .map_err(|error| ToolError::Arguments(format!("The arguments do not fit the schema: {error}.")))?;
        if scene.identity.highest() < T::NEEDS {
            return Err(ToolError::Assurance { needed: T::NEEDS, advice: advice(T::NEEDS) });
        }
        self.run(scene, arguments).await
    }
}

fn advice(needed: Assurance) -> &'static str {
    match needed {
        Assurance::Anonymous => "Nothing is needed.",
        Assurance::OrderMatched => {
            "Match an order first: ask for the order number and its e-mail address or postcode, and call find_order."
        }
        Assurance::Verified => {
            "The shopper must be verified first. When one of their orders is matched, offer send_verification_code."
        }
    }
}

struct Entry {
    declaration: Declaration,
    code: Box<dyn Callable>,
}

pub struct Registry {
    tools: BTreeMap<&'static str, Entry>,
}

impl Registry {
    /// The built-in tools. A folder of the user's own may hold files of the same names with other descriptions.
    pub fn load(overrides: Option<&Path>) -> Result<Self, RegistryError> {
        let mut registry = Self { tools: BTreeMap::new() };
        let mut add = Adder { registry: &mut registry, overrides };
        add.tool(FindOrder)?;
        add.tool(GetOrder)?;
        add.tool(TrackShipment)?;
        add.tool(ListOrders)?;
        add.tool(SearchHelpCenter)?;
        add.tool(FindProduct)?;
        add.tool(SendVerificationCode)?;
        add.tool(ConfirmVerificationCode)?;
        add.tool(TransferToAgent)?;
        add.tool(EscalateToHuman)?;
        registry.refuse_strangers(overrides)?;
        Ok(registry)
    }

    pub fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        self.tools.values().map(|entry| &entry.declaration)
    }

    pub fn declaration(&self, name: &str) -> Option<&Declaration> {
        self.tools.get(name).map(|entry| &entry.declaration)
    }

    /// Runs a tool on arguments as a model wrote them. `None`: there is no such tool.
    pub async fn call(&self, scene: &Scene<'_>, name: &str, arguments: &str) -> Option<Result<Output, ToolError>> {
        let entry = self.tools.get(name)?;
        Some(entry.code.call(scene, arguments).await)
    }

    fn refuse_strangers(&self, overrides: Option<&Path>) -> Result<(), RegistryError> {
        let own = overrides.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
        let own = own.map(|entry| entry.file_name().to_string_lossy().into_owned());
        for file in Declarations::iter().map(|name| name.into_owned()).chain(own) {
            let Some(name) = file.strip_suffix(".json") else { continue };
            if !self.tools.contains_key(name) {
                return Err(RegistryError::Unknown { name: name.to_owned() });
            }
        }
        Ok(())
    }
}

struct Adder<'a> {
    registry: &'a mut Registry,
    overrides: Option<&'a Path>,
}

impl Adder<'_> {
    fn tool<T: Tool + 'static>(&mut self, tool: T) -> Result<(), RegistryError> {
        let declaration = self.declaration::<T>()?;
        let differs = |what| Err(RegistryError::Differs { name: T::NAME.to_owned(), what });
        if declaration.name != T::NAME {
            return differs("name");
        }
        if declaration.effect != T::EFFECT {
            return differs("effect class");
        }
        if declaration.assurance != T::NEEDS {
            return differs("assurance");
        }
        if declaration.parameters != schema::strict::<T::Arguments>() {
            return differs("schema");
        }
        self.registry.tools.insert(T::NAME, Entry { declaration, code: Box::new(tool) });
        Ok(())
    }

    fn declaration<T: Tool>(&self) -> Result<Declaration, RegistryError> {
        let file = format!("{}.json", T::NAME);
        let own = self.overrides.map(|folder| folder.join(&file)).filter(|path| path.exists());
        let unreadable = |reason: String| RegistryError::Unreadable { name: T::NAME.to_owned(), reason };
        let bytes = match own {
            Some(path) => std::fs::read(path).map_err(|error| unreadable(error.to_string()))?,
            None => Declarations::get(&file)
                .ok_or_else(|| RegistryError::Missing { name: T::NAME.to_owned() })?
                .data
                .into_owned(),
        };
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))
    }
}

/// The built-in declarations as files: name and contents.
pub fn files() -> Vec<(String, Vec<u8>)> {
    Declarations::iter()
        .filter_map(|name| Declarations::get(&name).map(|file| (name.into_owned(), file.data.into_owned())))
        .collect()
}

#[cfg(test)]
mod tests;
