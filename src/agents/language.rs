//! Languages as files: all that belongs to a language stands in `prompts/languages/<code>.toml`, so that a further
//! one is a further file. The program knows markers, concepts and forms; their words it only reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use thiserror::Error;

mod calendar;
mod detect;
mod file;
mod lexicon;
mod lines;
mod numerals;

pub use calendar::{Calendar, Part};
pub use detect::Detected;
pub use lexicon::{Concept, Form, Lexicon, Marker, Markers, Role};
pub use lines::{Line, Lines};
pub use numerals::Numerals;

/// The language whose file must exist: it speaks where a language has no sentence of its own.
pub const FALLBACK: &str = "en";

const ENGLISH: (&str, &str) = ("en.toml", include_str!("../../prompts/languages/en.toml"));
const FURTHER: &[(&str, &str)] = &[("de.toml", include_str!("../../prompts/languages/de.toml"))];
const OTHERS: (&str, &str) = ("others.toml", include_str!("../../prompts/languages/others.toml"));

/// What is wrong with a language file, for the person who wrote it.
#[derive(Debug, Error)]
pub enum LanguageError {
    #[error("cannot read {}: {source}; check that the file exists and may be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{file}: {source}\ncompare the key with the built-in en.toml")]
    Parse { file: String, source: Box<toml::de::Error> },
    #[error("{file}: `{key}` {problem}; {fix}")]
    Value { file: String, key: String, problem: String, fix: String },
}

impl LanguageError {
    fn value(file: &str, key: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Value { file: file.to_owned(), key: key.into(), problem: problem.into(), fix: fix.into() }
    }
}

/// A language in which the desk can check what an agent says.
#[derive(Debug)]
pub struct Language {
    /// ISO 639-1, `en`.
    pub code: String,
    /// In the language itself.
    pub name: String,
    pub lexicon: Lexicon,
    pub numerals: Numerals,
    pub calendar: Calendar,
    pub lines: Lines,
    /// Lower case, with their dot: after these a sentence goes on.
    pub abbreviations: Vec<String>,
    stop_words: Vec<String>,
    reporting: Vec<String>,
}

impl Language {
    /// Whether the word (lower case) is one of the small words that carry no subject.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.iter().any(|known| known == word)
    }

    /// Whether the word (lower case) stands between a person and what is quoted of them.
    pub fn is_reporting(&self, word: &str) -> bool {
        self.reporting.iter().any(|known| known == word)
    }

    /// Compiles the text of one language file; `name` is the file's, for errors.
    pub fn parse(name: &str, text: &str) -> Result<Self, LanguageError> {
        let file: file::File = toml::from_str(text)
            .map_err(|source| LanguageError::Parse { file: name.to_owned(), source: Box::new(source) })?;
        Ok(Self {
            lexicon: Lexicon::compile(name, &file)?,
            numerals: Numerals::compile(name, &file)?,
            calendar: Calendar::compile(name, &file.dates)?,
            lines: Lines::compile(name, file.lines)?,
            abbreviations: file.abbreviations.iter().map(|text| text.to_lowercase()).collect(),
            stop_words: file.stop_words.split_whitespace().map(str::to_lowercase).collect(),
            reporting: file.reporting.split_whitespace().map(str::to_lowercase).collect(),
            code: file.code,
            name: file.name,
        })
    }
}

/// A language in which the desk can only say that a person will answer.
#[derive(Clone, Debug)]
struct Other {
    person_will_answer: String,
    stop_words: String,
    /// Told once the ticket is open.
    reference: Option<Line>,
}

/// All languages that the program knows: those with a file of their own, and those in which it can only say that a
/// person will answer.
#[derive(Clone, Debug)]
pub struct Languages {
    full: BTreeMap<String, Arc<Language>>,
    others: BTreeMap<String, Other>,
    english: Arc<Language>,
}

impl Languages {
    /// The built-in languages, then the `*.toml` files of `folder`, which add to them or stand in their place.
    pub fn load(folder: Option<&Path>) -> Result<Self, LanguageError> {
        let mut languages = Self::built_in()?;
        if let Some(folder) = folder {
            languages.add_folder(folder)?;
        }
        Ok(languages)
    }

    /// Read once in a process.
    fn built_in() -> Result<Self, LanguageError> {
        static READ: OnceLock<Languages> = OnceLock::new();
        if let Some(read) = READ.get() {
            return Ok(read.clone());
        }
        let english = Arc::new(Language::parse(ENGLISH.0, ENGLISH.1)?);
        let full = BTreeMap::from([(english.code.clone(), Arc::clone(&english))]);
        let mut languages = Self { full, others: BTreeMap::new(), english };
        languages.add_others(OTHERS.0, OTHERS.1)?;
        for (name, text) in FURTHER {
            languages.add(name, text)?;
        }
        Ok(READ.get_or_init(|| languages).clone())
    }

    /// A language with a file. `None`: what is said in it cannot be checked.
    pub fn get(&self, code: &str) -> Option<&Arc<Language>> {
        self.full.get(code)
    }

    /// The fixed lines in a language; in English where it has no file.
    pub fn lines(&self, code: &str) -> &Lines {
        &self.full.get(code).unwrap_or(&self.english).lines
    }

    /// The codes of the languages with a file.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.full.keys().map(String::as_str)
    }

    /// The one sentence for shoppers whose language no file describes: in their language where there is one, else in
    /// English.
    pub fn person_will_answer(&self, code: &str) -> &str {
        if let Some(language) = self.full.get(code) {
            return language.lines.person_will_answer();
        }
        let english = || self.english.lines.person_will_answer();
        self.others.get(code).map_or_else(english, |other| other.person_will_answer.as_str())
    }

    /// The number of the ticket that is open now, where there is a sentence for it in the shopper's language; else in English.
    pub fn handoff_reference(&self, code: &str, reference: &str) -> String {
        let others = || self.others.get(code)?.reference.as_ref();
        match others().filter(|_| !self.full.contains_key(code)) {
            Some(line) => line.fill(&[("reference", reference)]),
            None => self.lines(code).handoff_reference(reference),
        }
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), LanguageError> {
        let language = Language::parse(name, text)?;
        if name != format!("{}.toml", language.code) {
            let fix = format!("name the file {}.toml or change the code", language.code);
            return Err(LanguageError::value(name, "code", format!("is {:?}", language.code), fix));
        }
        self.full.insert(language.code.clone(), Arc::new(language));
        Ok(())
    }

    fn add_others(&mut self, name: &str, text: &str) -> Result<(), LanguageError> {
        let others: BTreeMap<String, file::Other> = toml::from_str(text)
            .map_err(|source| LanguageError::Parse { file: name.to_owned(), source: Box::new(source) })?;
        for (code, other) in others {
            if other.person_will_answer.trim().is_empty() {
                let key = format!("{code}.person_will_answer");
                return Err(LanguageError::value(name, key, "is empty", "write the sentence or remove the language"));
            }
            let key = format!("{code}.handoff_reference");
            let reference = other.handoff_reference.map(|text| Line::parse(name, &key, &text, &["reference"]));
            let file::Other { person_will_answer, stop_words, .. } = other;
            self.others.insert(code, Other { person_will_answer, stop_words, reference: reference.transpose()? });
        }
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), LanguageError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LanguageError::Read { path, source }
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
            paths.push(entry.map_err(failed(folder))?.path());
        }
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
            let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name == OTHERS.0 { self.add_others(&name, &text)? } else { self.add(&name, &text)? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
