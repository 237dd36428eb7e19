//! Suites: files, read and checked. Whatever is wrong is told with its file, its line and what to do.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use regex::Regex;
use rust_embed::RustEmbed;

use super::case::expectations::{CallPattern, Reply};
use super::case::{Case, Suite, WorldSpec};
use super::world::{Base, Plan};
use crate::domain::durations;

#[derive(RustEmbed)]
#[folder = "evals/suites/"]
struct BuiltIn;

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
    pub suite: Suite,
    /// Of each case, in order.
    pub lines: Vec<Option<usize>>,
}

/// The suites that ship with the program.
pub fn built_in() -> Result<Vec<Loaded>, Vec<Problem>> {
    let mut names: Vec<String> = BuiltIn::iter().map(|name| name.into_owned()).collect();
    names.sort();
    let texts = names.into_iter().filter_map(|name| {
        let text = String::from_utf8_lossy(&BuiltIn::get(&name)?.data).into_owned();
        Some((format!("evals/suites/{name}"), None, text))
    });
    load(texts)
}

/// The suites of these files; of a folder, all `.yaml` and `.yml` files in it.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Loaded>, Vec<Problem>> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        match files_of(path) {
            Ok(found) if found.is_empty() => problems.push(unreadable(path, "there is no suite (*.yaml) in it")),
            Ok(found) => files.extend(found),
            Err(error) => problems.push(unreadable(path, &format!("cannot be read: {error}"))),
        }
    }
    let mut texts = Vec::new();
    for file in files {
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                let folder = file.parent().map(Path::to_owned).unwrap_or_default();
                texts.push((file.display().to_string(), Some(folder), text));
            }
            Err(error) => problems.push(unreadable(&file, &format!("cannot be read: {error}"))),
        }
    }
    match load(texts) {
        Ok(suites) if problems.is_empty() => Ok(suites),
        Ok(_) => Err(problems),
        Err(more) => Err(problems.into_iter().chain(more).collect()),
    }
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

fn load(texts: impl IntoIterator<Item = (String, Option<PathBuf>, String)>) -> Result<Vec<Loaded>, Vec<Problem>> {
    let (mut suites, mut problems, mut names) = (Vec::new(), Vec::new(), HashSet::new());
    for (file, folder, text) in texts {
        match parse(file, folder, &text) {
            Ok(loaded) => {
                if !names.insert(loaded.name.clone()) {
                    let what = format!("there is another suite {:?}; rename one of the files", loaded.name);
                    problems.push(Problem { file: loaded.file.clone(), line: None, what });
                }
                problems.extend(check(&loaded));
                suites.push(loaded);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(suites) } else { Err(problems) }
}

/// One file.
pub fn parse(file: String, folder: Option<PathBuf>, text: &str) -> Result<Loaded, Problem> {
    let document = serde_yaml_ng::Deserializer::from_str(text);
    let suite: Suite = serde_path_to_error::deserialize(document).map_err(|error| {
        let place = error.path().to_string();
        let inner = error.into_inner();
        let line = inner.location().map(|location| location.line());
        let what = if place == "." { inner.to_string() } else { format!("{place}: {inner}") };
        Problem { file: file.clone(), line, what: without_place(&what) }
    })?;
    let name = Path::new(&file).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let lines = suite.cases.iter().map(|case| line_of(text, &case.name)).collect();
    Ok(Loaded { name, file, folder, suite, lines })
}

/// The reader adds ` at line 3 column 5`, which stands before the message already.
fn without_place(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// Where a case begins.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let begins = |line: &str| {
        let rest = line.trim_start().trim_start_matches("- ").trim_start().strip_prefix("name:")?;
        Some(rest.trim().trim_matches(['"', '\'']) == name)
    };
    text.lines().position(|line| begins(line) == Some(true)).map(|at| at + 1)
}

/// What a reader of YAML does not see.
fn check(loaded: &Loaded) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    if loaded.suite.cases.is_empty() {
        problems.push(Problem { file: loaded.file.clone(), line: None, what: "cases: there is none".to_owned() });
    }
    for (case, line) in loaded.suite.cases.iter().zip(&loaded.lines) {
        let mut found = wrong_in(loaded, case);
        if !names.insert(&case.name) {
            found.push("there is another case of this name; give each its own".to_owned());
        }
        let place =
            |what: String| Problem { file: loaded.file.clone(), line: *line, what: format!("{}: {what}", case.name) };
        problems.extend(found.into_iter().map(place));
    }
    problems
}

fn wrong_in(loaded: &Loaded, case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    if case.conversation.is_empty() {
        wrong.push("conversation: nothing is said".to_owned());
    }
    for (index, step) in case.conversation.iter().enumerate() {
        let at = format!("conversation[{index}]");
        match step.action() {
            Err(problem) => wrong.push(format!("{at}: {problem}")),
            Ok(super::case::Action::Later(text)) => {
                if let Err(problem) = durations::parse(&text) {
                    wrong.push(format!("{at}.later: {problem}"));
                }
            }
            Ok(_) => {}
        }
        wrong.extend(step.reply.iter().flat_map(|reply| wrong_patterns(reply, &format!("{at}.reply"))));
    }
    wrong.extend(case.expect.reply.iter().flat_map(|reply| wrong_patterns(reply, "expect.reply")));
    for (index, pattern) in case.expect.world.iter().enumerate() {
        if let Err(problem) = super::expect::world::kind(pattern) {
            wrong.push(format!("expect.world[{index}]: {problem}"));
        }
    }
    let calls = case.expect.calls.iter().flat_map(|calls| {
        [&calls.exact, &calls.ordered, &calls.unordered, &calls.subset, &calls.superset, &calls.never]
    });
    wrong.extend(calls.flatten().flatten().filter_map(wrong_matcher));
    let specs: [&WorldSpec; 2] = [&loaded.suite.world, &case.world];
    if let Err(problem) = Plan::new(&Base::default(), loaded.folder.as_deref(), &specs) {
        wrong.push(format!("world: {problem}"));
    }
    wrong
}

fn wrong_patterns(reply: &Reply, at: &str) -> Vec<String> {
    let wrong = reply.matches.iter().filter_map(|pattern| Regex::new(pattern).err());
    wrong.map(|error| format!("{at}.matches: {}", error.to_string().lines().last().unwrap_or_default())).collect()
}

fn wrong_matcher(pattern: &CallPattern) -> Option<String> {
    let wrong = pattern.arguments.iter().find_map(|(name, value)| {
        let regex = value.get("matches")?.as_str()?;
        Regex::new(regex).err().map(|_| format!("expect.calls: {name}: {regex:?} is no regular expression"))
    });
    wrong
}
