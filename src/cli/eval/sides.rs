//! With what cases are played: this project as it is, and another side with something else.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::answering::{Answers, Who};
use super::choosing::Group;
use super::kit;
use crate::agents::language::Languages;
use crate::agents::versions::Brief;
use crate::cli::assemble::policies;
use crate::cli::config::Config;
use crate::evals::domain::briefs;
use crate::evals::results::Results;
use crate::evals::run::{Job, Options, Task};
use crate::evals::shop::Kit;
use crate::evals::store::Store;
use crate::evals::world::Setting;
use crate::tools::registry::Registry;

/// The rules of a run.
#[derive(Args, Debug)]
pub struct Rules {
    /// Play under these rules, not those of the project's policy.toml. For the suites that ship they are laid over the demo
    /// store's: what the file does not write is as it is there.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl Rules {
    pub fn name(&self) -> Option<String> {
        self.policy.as_ref().map(|path| path.display().to_string())
    }

    /// As the file has them, which was checked.
    pub fn written(&self, config: &Config) -> anyhow::Result<Option<String>> {
        let Some(path) = &self.policy else { return Ok(None) };
        let registry = Registry::load(&config.tools, crate::cli::tools::own(config).as_deref())?;
        Ok(Some(rules(path, &registry)?))
    }
}

fn rules(path: &Path, registry: &Registry) -> anyhow::Result<String> {
    policies::read(path, registry)?;
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Something that is otherwise on the other side.
#[derive(Clone, Debug)]
pub enum Otherwise {
    Model(String),
    Policy(PathBuf),
    Prompts(PathBuf),
    Tools(PathBuf),
}

impl Otherwise {
    pub fn read(text: &str) -> Result<Self, String> {
        let (kind, value) = text.split_once('=').filter(|(_, value)| !value.is_empty()).unwrap_or((text, ""));
        let path = || PathBuf::from(value);
        match kind {
            "model" | "policy" | "prompts" | "tools" if value.is_empty() => Err(format!("write what else: {kind}=…")),
            "model" => Ok(Self::Model(value.to_owned())),
            "policy" => Ok(Self::Policy(path())),
            "prompts" => Ok(Self::Prompts(path())),
            "tools" => Ok(Self::Tools(path())),
            _ => Err(format!(
                "{kind:?} is nothing that can be otherwise: write model=NAME, policy=FILE, prompts=FOLDER or tools=FOLDER"
            )),
        }
    }
}

impl Otherwise {
    pub fn is_policy(&self) -> bool {
        matches!(self, Self::Policy(_))
    }
}

impl fmt::Display for Otherwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(name) => write!(f, "model={name}"),
            Self::Policy(path) => write!(f, "policy={}", path.display()),
            Self::Prompts(path) => write!(f, "prompts={}", path.display()),
            Self::Tools(path) => write!(f, "tools={}", path.display()),
        }
    }
}

/// This project as it is, and the other side, where there is one.
pub struct Sides {
    pub this: Side,
    pub other: Option<Side>,
}

impl Sides {
    /// All that is played, in groups. A case's two sides follow each other, so that a cost limit ends both at the same case.
    pub fn tasks(&self, groups: &[Group]) -> anyhow::Result<impl Iterator<Item = Task>> {
        let sides = || std::iter::once(&self.this).chain(&self.other);
        let played = |group| {
            let stores = sides().map(|side| Ok((side.store(group)?, side.options.clone())));
            Ok::<_, anyhow::Error>((group, stores.collect::<anyhow::Result<Vec<_>>>()?))
        };
        let groups = groups.iter().map(played).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(groups.into_iter().flat_map(|(group, sides)| group.jobs().flat_map(move |job| of_sides(&job, &sides))))
    }

    /// How many tasks these are.
    pub fn count(&self, groups: &[Group]) -> usize {
        let cases: usize = groups.iter().map(Group::len).sum();
        cases * if self.other.is_some() { 2 } else { 1 }
    }

    /// What the rules of this side say otherwise than the other's, under which these cases are played.
    pub fn settings(&self, groups: &[Group]) -> anyhow::Result<Vec<Setting>> {
        let Some(other) = &self.other else { return Ok(Vec::new()) };
        let mut all: Vec<Setting> = Vec::new();
        for group in groups.iter().filter(|group| !group.is_empty()) {
            let here = group.under(self.this.rules.as_deref())?;
            let unlike = here.rules_unlike(&*group.under(other.rules.as_deref())?)?;
            // What is laid over the demo store's rules may differ in more, or less, than the files alone.
            all.extend(unlike.into_iter().filter(|setting| !all.contains(setting)).collect::<Vec<_>>());
        }
        all.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(all)
    }

    /// Whether the task at this place is the other side's.
    pub fn is_there(&self, place: usize) -> bool {
        self.other.is_some() && place % 2 == 1
    }
}

/// The same case on each side.
fn of_sides(job: &Job, sides: &[(Arc<Store>, Options)]) -> Vec<Task> {
    let task = |(store, options): &(Arc<Store>, Options)| Task {
        store: Arc::clone(store),
        job: job.clone(),
        options: options.clone(),
    };
    sides.iter().map(task).collect()
}

/// What came of both sides.
#[derive(Default)]
pub struct Played {
    pub here: Results,
    pub there: Results,
}

/// Words and tools, rules, and who answers.
pub struct Side {
    pub kit: Arc<Kit>,
    pub rules: Option<String>,
    pub options: Options,
}

impl Side {
    /// What its rules say otherwise than the demo store's, where that is what they were laid over.
    pub fn rules_told(&self, groups: &[Group]) -> anyhow::Result<Vec<String>> {
        let played = groups.iter().find(|group| group.ships && !group.is_empty());
        let under =
            played.map(|group| Ok::<_, anyhow::Error>(group.under(self.rules.as_deref())?.rules_unlike(&group.base)?));
        Ok(under.transpose()?.unwrap_or_default().iter().map(Setting::told).collect())
    }

    /// What its agents go by.
    pub fn agents(&self, group: &Group) -> anyhow::Result<BTreeMap<String, Brief>> {
        Ok(briefs(Store::new(&self.kit, &group.base).as_ref())?)
    }

    fn store(&self, group: &Group) -> anyhow::Result<Arc<Store>> {
        Ok(Store::new(&self.kit, &group.under(self.rules.as_deref())?))
    }

    /// The same, otherwise. `who` answers on this side, `command` plays the same suites.
    pub fn otherwise(&self, all: &[Otherwise], config: &Config, who: &Who, command: &str) -> anyhow::Result<Self> {
        let mut kit = kit(config)?;
        let (mut rules, mut options) = (self.rules.clone(), self.options.clone());
        for (index, one) in all.iter().enumerate() {
            let is_same = |other: &&Otherwise| std::mem::discriminant(*other) == std::mem::discriminant(one);
            if let Some(other) = all.iter().take(index).find(is_same) {
                anyhow::bail!("--against {other} and --against {one}: there is one other side; run it once for each");
            }
            let read = match one {
                Otherwise::Model(name) => answers(name, config, who, command).map(|answers| {
                    options = Options { models: answers.models, offline: answers.offline, ..options.clone() };
                }),
                Otherwise::Policy(path) => self::rules(path, &kit.registry).map(|written| rules = Some(written)),
                Otherwise::Prompts(folder) => prompts(folder, &mut kit),
                Otherwise::Tools(folder) => tools(folder, config, &mut kit),
            };
            read.with_context(|| format!("--against {one}"))?;
        }
        kit.agents().with_context(|| {
            format!("--against {}", all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        })?;
        Ok(Self { kit: Arc::new(kit), rules, options })
    }
}

fn answers(name: &str, config: &Config, who: &Who, command: &str) -> anyhow::Result<Answers> {
    let other = Who::named(Some(name.to_owned()));
    if other.settings().is_some() {
        return other.answers(&config.asking(name, "--against")?, command);
    }
    anyhow::ensure!(
        !other.is_configured() || who.settings().is_none(),
        "beside --model, `configured` would be that same model: write the other one's name"
    );
    other.answers(config, command)
}

fn prompts(folder: &Path, kit: &mut Kit) -> anyhow::Result<()> {
    holds(folder, "md", "prompts")?;
    let languages = Some(folder.join("languages")).filter(|folder| folder.is_dir());
    kit.languages = Languages::load(languages.as_deref())?;
    kit.prompts = Some(folder.to_owned());
    Ok(())
}

fn tools(folder: &Path, config: &Config, kit: &mut Kit) -> anyhow::Result<()> {
    holds(folder, "json", "tools")?;
    kit.registry = Registry::load(&config.tools, Some(folder))?;
    Ok(())
}

/// A folder without anything in it would be no other side.
fn holds(folder: &Path, extension: &str, what: &str) -> anyhow::Result<()> {
    let files = std::fs::read_dir(folder).with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    let is_one = |path: PathBuf| path.extension().is_some_and(|found| found == extension);
    let mut paths = files.flatten().map(|entry| entry.path());
    anyhow::ensure!(paths.any(is_one), "there are no {what} (*.{extension}) in {}", folder.display());
    Ok(())
}
