//! Which cases are played, and in which world.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use crate::cli::Ending;
use crate::cli::config::Config;
use crate::cli::terminal::Terminal;
use crate::evals::results::Summary;
use crate::evals::run::Job;
use crate::evals::suite::{self, Entry, Loaded, Suites};
use crate::evals::world::Base;

/// Which cases.
#[derive(Args, Debug)]
pub struct Choosing {
    /// Suites: files, or folders of them.
    pub suites: Vec<PathBuf>,
    /// Only cases with this in their name (`suite/case`).
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only cases with this tag; may be given several times.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only the cases that did not pass last time.
    #[arg(long)]
    rerun_failed: bool,
    /// Only the i-th of n parts: 1/4.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(usize, usize)>,
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let parsed = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    parsed.filter(|(part, of)| (1..=*of).contains(part)).ok_or_else(|| "write which part of how many: 1/4".to_owned())
}

impl Choosing {
    pub fn selected(&self, mut groups: Vec<Group>, last: &Last) -> anyhow::Result<Vec<Group>> {
        let failed = if self.rerun_failed { Some(last.failed()?) } else { None };
        let (part, of) = self.shard.unwrap_or((1, 1));
        let mut number = 0;
        for group in &mut groups {
            group.select(|suite, entry| {
                let id = suite.id_of(entry);
                let named = self.filter.as_ref().is_none_or(|text| id.contains(text));
                let is_wanted = |tag: &str| self.tag.iter().any(|wanted| wanted == tag);
                let tagged = self.tag.is_empty() || suite.tags_of(entry).any(is_wanted);
                let again = failed.as_ref().is_none_or(|failed| failed.contains(&id));
                let wanted = named && tagged && again;
                number += usize::from(wanted);
                wanted && (number - 1) % of == part - 1
            });
        }
        if number == 0 {
            anyhow::bail!("no case is left to be played: loosen --filter, --tag or --rerun-failed");
        }
        Ok(groups)
    }
}

/// What a person would type to play these suites.
pub fn command_line(suites: &[PathBuf]) -> String {
    let suites = suites.iter().map(|path| path.display().to_string());
    ["deskhand eval".to_owned()].into_iter().chain(suites).collect::<Vec<_>>().join(" ")
}

/// Cases that change the same world.
pub struct Group {
    pub base: Arc<Base>,
    /// Whether its suites ship with the program.
    pub ships: bool,
    /// Each suite, with the places of the cases that are played.
    suites: Vec<(Arc<Loaded>, Vec<usize>)>,
}

impl Group {
    fn new(base: Base, ships: bool, suites: &[Arc<Loaded>]) -> Self {
        let all = |suite: &Arc<Loaded>| (Arc::clone(suite), (0..suite.cases.len()).collect());
        Self { base: Arc::new(base), ships, suites: suites.iter().map(all).collect() }
    }

    fn select(&mut self, mut is_wanted: impl FnMut(&Loaded, &Entry) -> bool) {
        for (suite, places) in &mut self.suites {
            places.retain(|place| suite.cases.get(*place).is_some_and(|entry| is_wanted(suite, entry)));
        }
    }

    /// How many cases are played.
    pub fn len(&self) -> usize {
        self.suites.iter().map(|(_, places)| places.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cases that are played. Each is read when its turn comes.
    pub fn jobs(&self) -> impl Iterator<Item = Job> {
        self.entries().map(|(suite, entry)| Job::of(suite, entry))
    }

    /// The case of this name.
    pub fn job(&self, id: &str) -> Option<Job> {
        self.entries().find(|(suite, entry)| suite.id_of(entry) == id).map(|(suite, entry)| Job::of(suite, entry))
    }

    fn entries(&self) -> impl Iterator<Item = (&Arc<Loaded>, &Entry)> {
        let chosen = self.suites.iter().flat_map(|(suite, places)| places.iter().map(move |place| (suite, *place)));
        chosen.filter_map(|(suite, place)| Some((suite, suite.cases.get(place)?)))
    }

    /// Its world under these rules. A suite that ships knows the demo store's, so they are laid over those.
    pub fn under(&self, rules: Option<&str>) -> anyhow::Result<Arc<Base>> {
        let Some(rules) = rules else { return Ok(Arc::clone(&self.base)) };
        let base = Base::clone(&self.base);
        let base = if self.ships { base.overlaid(rules)? } else { base.with_policy(rules.to_owned()) };
        Ok(Arc::new(base))
    }
}

/// The suites, with the worlds that their cases change.
pub fn groups(named: &[PathBuf], config: &Config) -> anyhow::Result<(Vec<Group>, Vec<Suites>)> {
    // One that is called like one of ours stands in its place.
    let own = config.folder.join(suite::FOLDER);
    let own_paths = match named {
        [] if has_suites(&own) => vec![own],
        given => given.to_vec(),
    };
    let (mut groups, mut all) = (Vec::new(), Vec::new());
    let mut add = |base: Base, ships: bool, suites: Suites| {
        groups.push(Group::new(base, ships, &suites.loaded));
        all.push(suites);
    };
    let own = suite::read(&own_paths);
    if named.is_empty() {
        let mut built_in = suite::built_in();
        built_in.loaded.retain(|ours| own.loaded.iter().all(|theirs| theirs.name != ours.name));
        add(Base::default(), true, built_in);
    }
    add(base(config)?, false, own);
    Ok((groups, all))
}

/// Tells all that is wrong with the files.
pub fn check(suites: &[Suites], terminal: &Terminal) -> anyhow::Result<Ending> {
    let mut wrong = 0;
    for problem in suites.iter().flat_map(Suites::problems) {
        terminal.line(problem)?;
        wrong += 1;
    }
    let cases: usize = suites.iter().flat_map(|suites| &suites.loaded).map(|loaded| loaded.cases.len()).sum();
    if wrong > 0 {
        return Ok(Ending::Failed);
    }
    terminal.line(format_args!("{cases} cases, nothing wrong with their files"))?;
    Ok(Ending::Done)
}

fn has_suites(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .into_iter()
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "yaml" || extension == "yml"))
}

/// The world of a project: its fixture and its rules.
pub fn base(config: &Config) -> anyhow::Result<Base> {
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let mut base = match &config.sandbox.fixture {
        Some(path) => Base::new(read(path)?, String::new()),
        None => Base::default(),
    };
    let policy = config.folder.join("policy.toml");
    if policy.exists() {
        base = base.with_policy(read(&policy)?);
    }
    Ok(base)
}

/// Names of the cases that did not pass last time.
pub struct Last(PathBuf);

impl Last {
    pub fn of(config: &Config) -> Self {
        Self(config.data_folder().join("eval-failed.json"))
    }

    fn failed(&self) -> anyhow::Result<BTreeSet<String>> {
        let text =
            std::fs::read_to_string(&self.0).context("nothing was played here before; leave --rerun-failed out")?;
        serde_json::from_str(&text).with_context(|| format!("{} does not read; delete it", self.0.display()))
    }

    /// A convenience: where it cannot be kept, the run is none the worse.
    pub fn write(&self, results: &[Summary]) {
        let unwell = results.iter().filter(|result| result.verdict.is_unwell());
        let names: BTreeSet<&str> = unwell.map(|result| result.id.as_str()).collect();
        let text = serde_json::to_string_pretty(&names).unwrap_or_default();
        let _ = self.0.parent().map(std::fs::create_dir_all);
        let _ = std::fs::write(&self.0, text);
    }
}
