//! The agents, as their files declare them: Markdown with front matter in `prompts/`, built in or the user's own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use minijinja::{Environment, UndefinedBehavior, context};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::router::weights::{self, Weights};
use super::versions::{self, Brief};
use crate::domain::event::Intent;
use crate::domain::store::StoreProfile;
use crate::domain::yaml;
use crate::model::ToolSpec;
use crate::tools::Tool as _;
use crate::tools::people::TransferToAgent;
use crate::tools::registry::{Declaration, Registry};

#[derive(RustEmbed)]
#[folder = "prompts/"]
struct Prompts;

/// One of the built-in files, as it is.
pub fn file(name: &str) -> Option<Cow<'static, [u8]>> {
    Prompts::get(name).map(|file| file.data)
}

/// The file of the router's prompt; it declares no agent.
const ROUTER: &str = "router.md";

/// A specialist, ready to be asked.
#[derive(Clone, Debug)]
pub struct Agent {
    pub name: String,
    pub description: String,
    pub intents: Vec<Intent>,
    pub hands_to: Vec<String>,
    /// The system prompt: the same for every conversation of a store.
    pub prompt: Arc<str>,
    pub tools: Arc<[ToolSpec]>,
    pub brief: Brief,
}

impl Agent {
    pub fn may_use(&self, tool: &str) -> bool {
        self.tools.iter().any(|known| known.name == tool)
    }
}

/// All agents of a store, and its router's prompt.
#[derive(Clone, Debug)]
pub struct Catalog {
    agents: BTreeMap<String, Agent>,
    pub router: Arc<str>,
    /// What the classifier that is asked before the model has learnt.
    pub weights: Arc<Weights>,
    /// Which those are, told apart by content.
    pub weights_hash: String,
}

#[derive(Debug, Error)]
pub enum CatalogError {
    #[error("prompts/{file} cannot be read: {reason}")]
    Unreadable { file: String, reason: String },
    #[error("prompts/{file}: {reason}")]
    Invalid { file: String, reason: String },
    #[error("two agents, {first} and {second}, answer the intent {intent}; leave it to one of them")]
    SharedIntent { first: String, second: String, intent: &'static str },
}

/// The front matter of an agent's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    name: String,
    description: String,
    #[serde(default)]
    intents: Vec<Intent>,
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    hands_to: Vec<String>,
}

impl Catalog {
    /// Reads the built-in files; files of the same name in `own` stand in their place, others add agents.
    pub fn load(own: Option<&Path>, registry: &Registry, store: &StoreProfile) -> Result<Self, CatalogError> {
        let mut files = built_in();
        let own = own.filter(|folder| folder.exists());
        if let Some(folder) = own {
            files.extend(read_folder(folder)?);
        }
        let router = files.remove(ROUTER).unwrap_or_default();
        let router = render(ROUTER, &router, store)?.into();
        let mut agents = BTreeMap::new();
        for (file, text) in &files {
            let agent = agent(file, text, registry, store)?;
            agents.insert(agent.name.clone(), agent);
        }
        let (weights, weights_hash) = learnt(own)?;
        let catalog = Self { agents, router, weights, weights_hash };
        catalog.check()?;
        Ok(catalog)
    }

    /// Agents that no file declares. There is nothing to route by but their intents.
    pub fn of(agents: impl IntoIterator<Item = Agent>) -> Self {
        let agents = agents.into_iter().map(|agent| (agent.name.clone(), agent)).collect();
        let (weights, weights_hash) = learnt_by_program();
        Self { agents, router: "".into(), weights, weights_hash }
    }

    pub fn agent(&self, name: &str) -> Option<&Agent> {
        self.agents.get(name)
    }

    /// The agent whose work this is; `None`: a person's.
    pub fn for_intent(&self, intent: Intent) -> Option<&Agent> {
        self.agents.values().find(|agent| agent.intents.contains(&intent))
    }

    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    pub fn briefs(&self) -> impl Iterator<Item = (&str, &Brief)> {
        self.agents().map(|agent| (agent.name.as_str(), &agent.brief))
    }

    fn check(&self) -> Result<(), CatalogError> {
        for intent in Intent::ALL {
            let mut having = self.agents.values().filter(|agent| agent.intents.contains(&intent));
            if let (Some(first), Some(second)) = (having.next(), having.next()) {
                let (first, second) = (first.name.clone(), second.name.clone());
                return Err(CatalogError::SharedIntent { first, second, intent: intent.as_str() });
            }
        }
        for agent in self.agents.values() {
            if let Some(stranger) = agent.hands_to.iter().find(|name| !self.agents.contains_key(*name)) {
                let reason = format!("hands_to names {stranger}, which is no agent");
                return Err(CatalogError::Invalid { file: format!("{}.md", agent.name), reason });
            }
        }
        Ok(())
    }
}

fn agent(file: &str, text: &str, registry: &Registry, store: &StoreProfile) -> Result<Agent, CatalogError> {
    let invalid = |reason: String| CatalogError::Invalid { file: file.to_owned(), reason };
    let (front, body) = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .ok_or_else(|| invalid("it must begin with front matter between two lines of ---".to_owned()))?;
    let front: FrontMatter = yaml::read(front).map_err(|error| invalid(error.to_string()))?;
    let mut tools = Vec::new();
    for name in &front.tools {
        let declared = registry.declaration(name).ok_or_else(|| invalid(format!("there is no tool called {name}")))?;
        tools.push(ToolSpec {
            name: declared.name.clone(),
            description: declared.description.clone(),
            parameters: narrowed(declared, &front.hands_to),
        });
    }
    let prompt = render(file, body, store)?;
    Ok(Agent {
        brief: Brief::of(&prompt, &tools),
        prompt: prompt.into(),
        name: front.name,
        description: front.description,
        intents: front.intents,
        hands_to: front.hands_to,
        tools: tools.into(),
    })
}

/// The arguments that this agent may give: it hands over only to those that its file names.
fn narrowed(declared: &Declaration, hands_to: &[String]) -> Value {
    let mut parameters = declared.parameters.clone();
    if declared.name == TransferToAgent::NAME
        && let Some(Value::Object(agent)) = parameters.pointer_mut("/properties/agent")
    {
        agent.insert("enum".to_owned(), json!(hands_to));
    }
    parameters
}

/// Fills in what belongs to the store. Text of customers is never rendered as a template.
fn render(file: &str, template: &str, store: &StoreProfile) -> Result<String, CatalogError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(50_000));
    let values = context! {
        store => &store.name, brand_voice => &store.brand_voice, languages => &store.languages,
    };
    let rendered = environment.render_str(template.trim(), values);
    rendered.map_err(|error| CatalogError::Invalid { file: file.to_owned(), reason: error.to_string() })
}

fn built_in() -> BTreeMap<String, String> {
    files().into_iter().filter(|(name, _)| !name.contains('/')).collect()
}

/// The built-in prompts as files: name and contents. Those of agents and the router lie at the top.
pub fn files() -> Vec<(String, String)> {
    Prompts::iter()
        .filter_map(|name| {
            let file = Prompts::get(&name).filter(|_| name != weights::FILE)?;
            Some((name.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, String>, CatalogError> {
    let unreadable = |file: &Path, error: std::io::Error| CatalogError::Unreadable {
        file: file.display().to_string(),
        reason: error.to_string(),
    };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".md")) else {
            continue;
        };
        files.insert(name.to_owned(), std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?);
    }
    Ok(files)
}

/// The weights of the project's own router, or those of the program, and which they are.
fn learnt(own: Option<&Path>) -> Result<(Arc<Weights>, String), CatalogError> {
    let Some(path) = own.map(|folder| folder.join(weights::FILE)).filter(|path| path.is_file()) else {
        return Ok(learnt_by_program());
    };
    let file = weights::FILE.to_owned();
    let bytes = std::fs::read(&path)
        .map_err(|error| CatalogError::Unreadable { file: file.clone(), reason: error.to_string() })?;
    let weights = Weights::read(&bytes).map_err(|error| CatalogError::Invalid { file, reason: error.to_string() })?;
    Ok((Arc::new(weights), versions::hash(&bytes)))
}

fn learnt_by_program() -> (Arc<Weights>, String) {
    static HASH: LazyLock<String> = LazyLock::new(|| versions::hash(&file(weights::FILE).unwrap_or_default()));
    (Weights::built_in(), HASH.clone())
}
