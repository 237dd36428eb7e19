//! Models that take part beside the agent: who plays a customer, who judges a rubric. They answer in a form that is asked for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::agents::catalog;
use crate::model::{ChatModel, ChatRequest, Completion, ModelError, Piece};

/// Where their prompts lie, ours and those of a project.
const FOLDER: &str = "evals";
/// Characters of an answer that does not read which are shown.
const SHOWN: usize = 120;

/// Said of cases whose customer nobody can play.
pub const NO_CUSTOMER: &str =
    "a customer is played by a model that understands language; name one with --model or --customer-model";
/// Said of rubrics that nobody can judge.
pub const NO_JUDGE: &str =
    "a rubric is judged by a model that understands language; name one with --model or --judge-model";

/// A model, and what it is called.
#[derive(Clone)]
pub struct Voice {
    pub name: String,
    pub model: Arc<dyn ChatModel>,
    /// What to run where it only says again what was recorded.
    pub remedy: Option<String>,
}

/// Those of a run. None: no model that understands language is at hand.
#[derive(Clone, Default)]
pub struct Voices {
    pub customer: Option<Voice>,
    pub judge: Option<Voice>,
}

/// Why a voice said nothing that counts.
#[derive(Debug, Error)]
pub enum Silence {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{reason}; {remedy} records it anew")]
    NotRecorded { reason: String, remedy: String },
    #[error("it hangs: no answer within {} s", within.as_secs())]
    Hangs { within: Duration },
    #[error("it refused to answer")]
    Refused,
    #[error("its answer was cut off at the limit of tokens")]
    CutOff,
    #[error("its answer is not what was asked for ({problem}): {shown:?}")]
    Unreadable { problem: String, shown: String },
}

impl Voice {
    pub fn of(model: Arc<dyn ChatModel>) -> Self {
        Self { name: model.description(), model, remedy: None }
    }

    /// The whole answer, in the form that the request asks for.
    pub async fn ask<T: DeserializeOwned>(&self, request: &ChatRequest, within: Duration) -> Result<T, Silence> {
        let text = self.say(request, within).await?;
        serde_json::from_str(object(&text)).map_err(|error| unreadable(error, &text))
    }

    /// The whole answer, in its own words.
    pub async fn say(&self, request: &ChatRequest, within: Duration) -> Result<String, Silence> {
        let answered = tokio::time::timeout(within, self.completion(request)).await;
        let completion = answered.map_err(|_| Silence::Hangs { within })??;
        if completion.refused {
            return Err(Silence::Refused);
        }
        if completion.cut_off {
            return Err(Silence::CutOff);
        }
        Ok(completion.text)
    }

    async fn completion(&self, request: &ChatRequest) -> Result<Completion, Silence> {
        let mut answer = self.model.ask(request).await.map_err(|error| self.silence(error))?;
        while let Some(piece) = answer.next().await {
            if let Piece::Done(completion) = piece.map_err(|error| self.silence(error))? {
                return Ok(completion);
            }
        }
        Err(ModelError::BrokenOff { reason: "it ended early".to_owned() }.into())
    }

    fn silence(&self, error: ModelError) -> Silence {
        match (error, &self.remedy) {
            (ModelError::NotRecorded { reason }, Some(remedy)) => {
                Silence::NotRecorded { reason, remedy: remedy.clone() }
            }
            (error, _) => error.into(),
        }
    }
}

/// Of an answer that cannot be meant.
pub fn unreadable(problem: impl ToString, answer: &str) -> Silence {
    Silence::Unreadable { problem: problem.to_string(), shown: shortened(answer, SHOWN) }
}

/// On one line, and not longer than so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Without the fence, or the words, that some models put around JSON.
fn object(text: &str) -> &str {
    let from = text.find('{').unwrap_or(0);
    let to = text.rfind('}').map_or(text.len(), |at| at + 1);
    text.get(from..to).unwrap_or(text)
}

/// A prompt of ours, or the one of that name in the project's folder of prompts.
pub fn prompt(own: Option<&Path>, file: &str) -> anyhow::Result<String> {
    let path = own.map(|folder| folder.join(FOLDER).join(file)).filter(|path| path.is_file());
    if let Some(path) = path {
        return std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
    }
    let built_in = catalog::file(&format!("{FOLDER}/{file}")).with_context(|| format!("there is no prompt {file}"))?;
    Ok(String::from_utf8_lossy(&built_in).into_owned())
}
