//! Suites: files, read and checked. Whatever is wrong is told with its file, its line and what to do.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::LazyLock;

use regex::Regex;
use rust_embed::RustEmbed;
use serde_json::Value;

use super::case::expectations::{CallPattern, Reply};
use super::case::{Action, Case, Step, Suite, WorldSpec, Written};
use super::scripted::Scripted;
use super::spool::{Spool, Spooled};
use super::world::{Base, Plan};
use crate::domain::customer::Email;
use crate::domain::durations;
use crate::domain::yaml;
use crate::tools::Tool as _;
use crate::tools::people::EscalateToHuman;

#[derive(RustEmbed)]
#[folder = "evals/suites/"]
struct BuiltIn;

/// What the suites that ship came to when they were shipped: a baseline, as JSON.
pub const BASELINE: &str = include_str!("../../evals/baseline.json");

/// Where suites lie, ours and those of a project.
pub const FOLDER: &str = "evals/suites";

/// What is wrong with a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// From 1.
    pub line: Option<usize>,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// A suite with its place.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// `refunds`: the file's name.
    pub name: String,
    pub file: String,
    /// Where fixtures are looked for. None: it is built in.
    pub folder: Option<PathBuf>,
    pub tags: Vec<String>,
    pub world: WorldSpec,
    pub cases: Vec<Entry>,
}

impl Loaded {
    /// `refunds/a-broken-mug`
    pub fn id_of(&self, entry: &Entry) -> String {
        format!("{}/{}", self.name, entry.name)
    }

    pub fn tags_of<'s>(&'s self, entry: &'s Entry) -> impl Iterator<Item = &'s str> {
        self.tags.iter().chain(&entry.tags).map(String::as_str)
    }
}

/// A case as far as it could be read: what is wrong with one stops no other.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub line: usize,
    pub tags: Vec<String>,
    pub case: Result<Spooled<Case>, Vec<Problem>>,
}

/// Suites, and what is wrong with those that could not be read at all.
#[derive(Debug, Default)]
pub struct Suites {
    pub loaded: Vec<Arc<Loaded>>,
    pub unread: Vec<Problem>,
    spool: Arc<Spool>,
}

impl Suites {
    /// All that is wrong, with files and with cases.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let cases = self.loaded.iter().flat_map(|loaded| &loaded.cases);
        self.unread.iter().chain(cases.filter_map(|entry| entry.case.as_ref().err()).flatten())
    }

    fn add(&mut self, file: String, folder: Option<PathBuf>, text: &str) {
        match parse(file, folder, text, &self.spool) {
            Ok(loaded) if self.loaded.iter().any(|known| known.name == loaded.name) => {
                let what = format!("there is another suite {:?}; rename one of the files", loaded.name);
                self.unread.push(Problem { file: loaded.file, line: None, what });
            }
            Ok(loaded) => self.loaded.push(Arc::new(loaded)),
            Err(problem) => self.unread.push(problem),
        }
    }
}

/// The suites that ship with the program.
pub fn built_in() -> Suites {
    let mut names: Vec<String> = BuiltIn::iter().map(|name| name.into_owned()).collect();
    names.sort();
    let mut suites = Suites::default();
    for name in names {
        let Some(file) = BuiltIn::get(&name) else { continue };
        suites.add(format!("{FOLDER}/{name}"), None, &String::from_utf8_lossy(&file.data));
    }
    suites
}

/// The suites of these files; of a folder, all `.yaml` and `.yml` files in it.
pub fn read(paths: &[PathBuf]) -> Suites {
    let mut suites = Suites::default();
    for path in paths {
        let files = match files_of(path) {
            Ok(files) if files.is_empty() => {
                suites.unread.push(unreadable(path, "there is no suite (*.yaml) in it"));
                continue;
            }
            Ok(files) => files,
            Err(error) => {
                suites.unread.push(unreadable(path, &format!("cannot be read: {error}")));
                continue;
            }
        };
        for file in files {
            match std::fs::read_to_string(&file) {
                Ok(text) => {
                    let folder = file.parent().map(Path::to_owned).unwrap_or_default();
                    suites.add(file.display().to_string(), Some(folder), &text);
                }
                Err(error) => suites.unread.push(unreadable(&file, &format!("cannot be read: {error}"))),
            }
        }
    }
    suites
}

fn unreadable(path: &Path, what: &str) -> Problem {
    Problem { file: path.display().to_string(), line: None, what: what.to_owned() }
}

fn files_of(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files =
        std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"));
    files.sort();
    Ok(files)
}

/// One file, whose cases are put into the spool.
pub fn parse(file: String, folder: Option<PathBuf>, text: &str, spool: &Arc<Spool>) -> Result<Loaded, Problem> {
    let suite: Suite = yaml::read(text).map_err(|unread| {
        let yaml::Unread { place, line, what } = unread;
        // A case is read together with its line.
        let place = place.replacen("].value", "]", 1);
        let what = if place.is_empty() { what } else { format!("{place}: {what}") };
        Problem { file: file.clone(), line, what }
    })?;
    if suite.cases.is_empty() {
        return Err(Problem { file, line: None, what: "cases: there is none".to_owned() });
    }
    let name = Path::new(&file).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut loaded = Loaded { name, file, folder, tags: suite.tags, world: suite.world, cases: Vec::new() };
    let mut names = HashSet::new();
    for (index, written) in suite.cases.into_iter().enumerate() {
        let mut entry = entry(&loaded, index, &written, text, spool);
        if !names.insert(entry.name.clone()) {
            let what = format!("{}: there is another case of this name; give each its own", entry.name);
            let again = Problem { file: loaded.file.clone(), line: Some(entry.line), what };
            entry.case = Err(entry.case.err().into_iter().flatten().chain([again]).collect());
        }
        loaded.cases.push(entry);
    }
    Ok(loaded)
}

fn entry(loaded: &Loaded, index: usize, written: &Written, text: &str, spool: &Arc<Spool>) -> Entry {
    let line = written.line;
    let value: Value = serde_json::from_str(written.json.get()).unwrap_or_default();
    let name = value.get("name").and_then(Value::as_str).map_or_else(|| format!("case-{}", index + 1), str::to_owned);
    let problem = |what: String, line: usize| Problem { file: loaded.file.clone(), line: Some(line), what };
    let (tags, wrong) = match serde_path_to_error::deserialize::<_, Case>(value) {
        Err(error) => {
            let (path, what) = (error.path().to_string(), error.into_inner().to_string());
            let place = if path == "." { String::new() } else { format!(": {path}") };
            let at = line_within(text, line, &what).unwrap_or(line);
            (Vec::new(), vec![problem(format!("{name}{place}: {what}"), at)])
        }
        Ok(case) => {
            let wrong = wrong_in(loaded, &case).into_iter();
            (case.tags, wrong.map(|what| problem(format!("{name}: {what}"), line)).collect())
        }
    };
    let case = if wrong.is_empty() {
        let kept = spool.put(&written.json);
        kept.map_err(|error| vec![problem(format!("{name}: it cannot be put aside: {error}"), line)])
    } else {
        Err(wrong)
    };
    Entry { name, line, tags, case }
}

/// The line of the field that a message names, from the case's first line on.
fn line_within(text: &str, from: usize, message: &str) -> Option<usize> {
    let field = message.split('`').nth(1)?;
    let begins = |line: &str| {
        let line = line.trim_start().trim_start_matches("- ");
        line.contains(&format!("{field}:"))
    };
    text.lines().enumerate().skip(from.saturating_sub(1)).find(|(_, line)| begins(line)).map(|(at, _)| at + 1)
}

/// What a reader of YAML does not see.
fn wrong_in(loaded: &Loaded, case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    if case.conversation.is_empty() {
        wrong.push("conversation: nothing is said".to_owned());
    }
    let is_scripted = Scripted::of(case).is_some();
    for (index, step) in case.conversation.iter().enumerate() {
        let at = format!("conversation[{index}]");
        match step.action() {
            Err(problem) => wrong.push(format!("{at}: {problem}")),
            Ok(Action::Later(text)) => {
                if let Err(problem) = durations::parse(&text) {
                    wrong.push(format!("{at}.later: {problem}"));
                }
            }
            Ok(Action::Another(signed_in)) => {
                wrong.extend(wrong_beginning(case, index, signed_in).map(|problem| format!("{at}.another: {problem}")));
            }
            Ok(Action::Staff(staff)) => {
                wrong.extend(staff.wrong().map(|problem| format!("{at}.staff: {problem}")));
            }
            Ok(Action::Customer(customer)) => {
                wrong.extend(customer.wrong().into_iter().map(|problem| format!("{at}.customer.{problem}")));
                if is_scripted {
                    wrong.push(format!("{at}: a case with a script has no customer, whose lines nobody knows before"));
                }
            }
            Ok(_) => {}
        }
        let lines = step.script.iter().flatten();
        if lines.clone().any(|line| line.call.is_none() && line.say.is_none()) {
            wrong.push(format!("{at}.script: a line has a call, or something to say"));
        }
        // After a hand-off nobody asks the model for its last words.
        let ends = |call: &str| call == EscalateToHuman::NAME;
        if lines.last().and_then(|line| line.call.as_deref()).is_some_and(|call| !ends(call)) {
            wrong.push(format!("{at}.script: it ends with something to say"));
        }
        wrong.extend(step.reply.iter().flat_map(|reply| wrong_patterns(reply, &format!("{at}.reply"))));
    }
    wrong.extend(case.expect.reply.iter().flat_map(|reply| wrong_patterns(reply, "expect.reply")));
    for (index, _) in case.expect.rubric.iter().enumerate().filter(|(_, sentence)| sentence.trim().is_empty()) {
        wrong.push(format!("expect.rubric[{index}]: write a sentence that holds or does not"));
    }
    for (index, pattern) in case.expect.world.iter().enumerate() {
        if let Err(problem) = super::expect::world::kind(pattern) {
            wrong.push(format!("expect.world[{index}]: {problem}"));
        }
    }
    let calls = case.expect.calls.iter().flat_map(|calls| {
        [&calls.exact, &calls.ordered, &calls.unordered, &calls.subset, &calls.superset, &calls.never]
    });
    wrong.extend(calls.flatten().flatten().filter_map(wrong_matcher));
    let specs: [&WorldSpec; 2] = [&loaded.world, &case.world];
    let plan = Plan::new(&DEMO, loaded.folder.as_deref(), &specs);
    let is_demo = specs.iter().all(|spec| spec.leaves_fixture());
    if let Err(problem) = plan.and_then(|plan| if is_demo { Ok(()) } else { plan.check() }) {
        wrong.push(format!("world: {problem}"));
    }
    wrong
}

/// Why no further conversation begins with this step.
fn wrong_beginning(case: &Case, index: usize, signed_in: Option<String>) -> Option<String> {
    if let Some(text) = signed_in.filter(|text| Email::parse(text).is_none()) {
        return Some(format!("as: {text:?} is no e-mail address"));
    }
    let is_said = |step: &Step| step.say.is_some() || step.customer.is_some();
    if !case.conversation.iter().take(index).any(is_said) {
        return Some("nobody has said anything in the conversation before".to_owned());
    }
    let after = case.conversation.iter().skip(index + 1).take_while(|step| step.another.is_none());
    match after.into_iter().find(|step| is_said(step) || step.answer.is_some()) {
        None => Some("nobody says anything in it".to_owned()),
        Some(first) if first.answer.is_some() => Some("nothing was asked yet that could be answered".to_owned()),
        Some(_) => None,
    }
}

/// Worlds are checked as changes of the demo store's.
static DEMO: LazyLock<Base> = LazyLock::new(Base::default);

fn wrong_patterns(reply: &Reply, at: &str) -> Vec<String> {
    let wrong = reply.matches.iter().filter_map(|pattern| Regex::new(pattern).err());
    wrong.map(|error| format!("{at}.matches: {}", error.to_string().lines().last().unwrap_or_default())).collect()
}

fn wrong_matcher(pattern: &CallPattern) -> Option<String> {
    pattern.arguments.iter().find_map(|(name, value)| {
        let regex = value.get("matches")?.as_str()?;
        Regex::new(regex).err().map(|_| format!("expect.calls: {name}: {regex:?} is no regular expression"))
    })
}
