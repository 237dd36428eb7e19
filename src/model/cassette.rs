//! Recorded traffic with a chat model, at the HTTP boundary: what was asked, in a form that is the same in each run, and
//! the bytes of the answer.
//!
//! [`request`] reads what is asked, [`names`] keeps secrets and persons out of a file, [`answer`] writes an answer's bytes
//! down, [`recorder`] and [`player`] stand in for the line to a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

pub mod answer;
pub mod names;
pub mod player;
pub mod recorder;
pub mod request;

use request::MadeOf;

const FORMAT: u32 = 1;

/// One question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    pub agent: String,
    pub made_of: MadeOf,
    pub messages: Vec<Value>,
    pub content_type: String,
    /// The answer's bytes.
    pub body: String,
}

/// All that was asked in one conversation, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Cassette {
    pub case: String,
    pub model: String,
    pub recordings: Vec<Recording>,
}

#[derive(Debug, Error)]
pub enum CassetteError {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is no cassette: {problem}; record it anew", path.display())]
    Unfit { path: PathBuf, problem: String },
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
}

/// The file. Messages stand in it once, in the order in which they came, so that it reads as the conversation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    case: String,
    model: String,
    /// What the requests of each agent were made of.
    agents: BTreeMap<String, MadeOf>,
    messages: Vec<OneLine<Value>>,
    exchanges: Vec<Exchange>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    agent: String,
    /// Which of the messages, from 1.
    messages: OneLine<Vec<usize>>,
    content_type: String,
    answer: Vec<Box<RawValue>>,
}

/// What stands on one line of the file.
#[derive(Deserialize)]
#[serde(transparent)]
struct OneLine<T>(T);

impl<T: Serialize> Serialize for OneLine<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::value::to_raw_value(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl Cassette {
    /// The model that answered this agent, or whoever else asked.
    pub fn model_of(&self, agent: &str) -> &str {
        let asked = self.recordings.iter().find(|recording| recording.agent == agent);
        asked.and_then(|recording| recording.made_of.model.as_deref()).unwrap_or(&self.model)
    }

    pub fn read(path: &Path) -> Result<Self, CassetteError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| CassetteError::Unreadable { path: path.to_owned(), source })?;
        let unfit = |problem: String| CassetteError::Unfit { path: path.to_owned(), problem };
        let file: File = serde_json::from_str(&text).map_err(|error| unfit(error.to_string()))?;
        if file.format != FORMAT {
            return Err(unfit(format!("its format is {}, and {FORMAT} is known", file.format)));
        }
        let recordings = file.exchanges.iter().map(|exchange| file.recording(exchange));
        let recordings: Option<Vec<Recording>> = recordings.collect();
        let recordings = recordings.ok_or_else(|| unfit("an exchange names what is not in the file".to_owned()))?;
        Ok(Self { case: file.case, model: file.model, recordings })
    }

    /// Writes the file, and the folder that it is in.
    pub fn write(&self, path: &Path) -> Result<(), CassetteError> {
        let unwritable = |source| CassetteError::Unwritable { path: path.to_owned(), source };
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(unwritable)?;
        let text = serde_json::to_string_pretty(&File::of(self)).map_err(|error| unwritable(error.into()))?;
        std::fs::write(path, text + "\n").map_err(unwritable)
    }
}

impl File {
    fn of(cassette: &Cassette) -> Self {
        let mut file = Self {
            format: FORMAT,
            case: cassette.case.clone(),
            model: cassette.model.clone(),
            agents: BTreeMap::new(),
            messages: Vec::new(),
            exchanges: Vec::new(),
        };
        for recording in &cassette.recordings {
            let numbers = recording.messages.iter().map(|message| file.number_of(message)).collect();
            let model = recording.made_of.model.clone().filter(|model| *model != cassette.model);
            let agent = file.name_of(&recording.agent, MadeOf { model, ..recording.made_of.clone() });
            file.exchanges.push(Exchange {
                agent,
                messages: OneLine(numbers),
                content_type: recording.content_type.clone(),
                answer: answer::written(&recording.body),
            });
        }
        file
    }

    fn number_of(&mut self, message: &Value) -> usize {
        let known = self.messages.iter().position(|known| &known.0 == message);
        known.map_or_else(
            || {
                self.messages.push(OneLine(message.clone()));
                self.messages.len()
            },
            |at| at + 1,
        )
    }

    /// A server that takes no cache keys does not say which agent asks: several may have one name.
    fn name_of(&mut self, agent: &str, made_of: MadeOf) -> String {
        let mut name = agent.to_owned();
        let mut number = 1;
        while self.agents.get(&name).is_some_and(|known| *known != made_of) {
            number += 1;
            name = format!("{agent}-{number}");
        }
        self.agents.insert(name.clone(), made_of);
        name
    }

    fn recording(&self, exchange: &Exchange) -> Option<Recording> {
        let message = |number: &usize| self.messages.get(number.checked_sub(1)?).map(|message| message.0.clone());
        let mut made_of = self.agents.get(&exchange.agent)?.clone();
        made_of.model.get_or_insert_with(|| self.model.clone());
        Some(Recording {
            agent: exchange.agent.clone(),
            made_of,
            messages: exchange.messages.0.iter().map(message).collect::<Option<_>>()?,
            content_type: exchange.content_type.clone(),
            body: answer::read(&exchange.answer),
        })
    }
}
