//! All tools, by name: the declarations in `tools/*.json` joined with the code that answers to them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::codes::{ConfirmVerificationCode, SendVerificationCode};
use super::find_order::FindOrder;
use super::get_order::GetOrder;
use super::goodwill::RequestGoodwill;
use super::help_center::SearchHelpCenter;
use super::list_orders::ListOrders;
use super::orders::{AddOrderNote, CancelOrder, ChangeShippingAddress};
use super::people::{AskColleague, EscalateToHuman, TransferToAgent};
use super::products::FindProduct;
use super::refunds::{IssueRefund, QuoteRefund};
use super::returns::{CheckReturnEligibility, CreateReturn};
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
    #[error("the tool {name} has no description: give it one in its code, or a file tools/{name}.json")]
    Missing { name: String },
}

/// The erased twin of [`Tool`].
#[async_trait]
trait Callable: Send + Sync {
    fn name(&self) -> &'static str;
    /// As the code says it.
    fn declaration(&self) -> Declaration;
    async fn call(&self, scene: &Scene<'_>, arguments: &str) -> Result<Output, ToolError>;
}

#[async_trait]
impl<T: Tool> Callable for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn declaration(&self) -> Declaration {
        Declaration {
            name: T::NAME.to_owned(),
            description: T::DESCRIPTION.to_owned(),
            effect: T::EFFECT,
            assurance: T::NEEDS,
            parameters: schema::strict::<T::Arguments>(),
        }
    }

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

/// The tools that a program has the code of: the built-in ones, and those that are added to them.
#[derive(Clone)]
pub struct Tools(Vec<Arc<dyn Callable>>);

impl Default for Tools {
    fn default() -> Self {
        Self(Vec::new())
            .with(FindOrder)
            .with(GetOrder)
            .with(TrackShipment)
            .with(ListOrders)
            .with(SearchHelpCenter)
            .with(FindProduct)
            .with(QuoteRefund)
            .with(IssueRefund)
            .with(RequestGoodwill)
            .with(CheckReturnEligibility)
            .with(CreateReturn)
            .with(CancelOrder)
            .with(ChangeShippingAddress)
            .with(AddOrderNote)
            .with(SendVerificationCode)
            .with(ConfirmVerificationCode)
            .with(TransferToAgent)
            .with(AskColleague)
            .with(EscalateToHuman)
    }
}

impl Tools {
    /// Adds a tool, in the place of one of the same name.
    #[must_use]
    pub fn with<T: Tool + 'static>(mut self, tool: T) -> Self {
        self.0.retain(|known| known.name() != T::NAME);
        self.0.push(Arc::new(tool));
        self
    }
}

#[derive(Clone)]
struct Entry {
    declaration: Declaration,
    code: Arc<dyn Callable>,
}

#[derive(Clone)]
pub struct Registry {
    tools: BTreeMap<&'static str, Entry>,
}

impl Registry {
    /// These tools with their declarations: those of a folder of the user's own where it has them, which may differ in
    /// the description, else the built-in files, else what the code itself says.
    pub fn load(tools: &Tools, overrides: Option<&Path>) -> Result<Self, RegistryError> {
        let mut registry = Self { tools: BTreeMap::new() };
        for code in &tools.0 {
            let declaration = declared(code.as_ref(), overrides)?;
            registry.tools.insert(code.name(), Entry { declaration, code: Arc::clone(code) });
        }
        registry.refuse_strangers(overrides)?;
        Ok(registry)
    }

    /// All declarations as files: name and contents.
    pub fn files(&self) -> Result<Vec<(String, String)>, serde_json::Error> {
        let file = |declaration: &Declaration| {
            Ok((format!("{}.json", declaration.name), serde_json::to_string_pretty(declaration)? + "\n"))
        };
        self.declarations().map(file).collect()
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

/// A tool's declaration, which agrees with its code.
fn declared(code: &dyn Callable, overrides: Option<&Path>) -> Result<Declaration, RegistryError> {
    let name = code.name();
    let file = format!("{name}.json");
    let unreadable = |reason: String| RegistryError::Unreadable { name: name.to_owned(), reason };
    let own = overrides.map(|folder| folder.join(&file)).filter(|path| path.exists());
    let bytes = match own {
        Some(path) => Some(std::fs::read(path).map_err(|error| unreadable(error.to_string()))?),
        None => Declarations::get(&file).map(|file| file.data.into_owned()),
    };
    let coded = code.declaration();
    let Some(bytes) = bytes else {
        let described = !coded.description.is_empty();
        return described.then_some(coded).ok_or_else(|| RegistryError::Missing { name: name.to_owned() });
    };
    let written: Declaration = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    let differs = |what| Err(RegistryError::Differs { name: name.to_owned(), what });
    if written.name != coded.name {
        return differs("name");
    }
    if written.effect != coded.effect {
        return differs("effect class");
    }
    if written.assurance != coded.assurance {
        return differs("assurance");
    }
    if written.parameters != coded.parameters {
        return differs("schema");
    }
    Ok(written)
}

#[cfg(test)]
mod tests;
