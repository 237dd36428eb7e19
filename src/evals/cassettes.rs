//! Cassettes of cases: which file is whose, and what a case that plays or records one leads to.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::run::Job;
use super::scripted::Scripted;
use crate::model::ChatModel;
use crate::model::cassette::Cassette;
use crate::model::cassette::player::{Player, Unanswered};
use crate::model::cassette::recorder::Recorder;
use crate::model::openai::{Carrier, OpenAiModel, OpenAiSettings};

/// Who answers.
#[derive(Clone)]
pub enum Models {
    /// One model, in all cases.
    One(Arc<dyn ChatModel>),
    /// What was recorded of each case.
    Playing(Arc<Cassettes>),
    /// A model, whose answers are recorded.
    Recording(Arc<Cassettes>),
}

/// What stale cassettes lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stale {
    Warn,
    Fail,
}

/// Where cassettes lie, and how a model is asked.
pub struct Cassettes {
    pub folder: PathBuf,
    /// `None`: each cassette's own model is played.
    pub model: Option<String>,
    pub settings: OpenAiSettings,
    pub http: reqwest::Client,
    /// Records a case anew, if its name follows.
    pub command: String,
}

/// The model of one trial, and what is played or recorded meanwhile.
pub struct Take {
    pub model: Arc<dyn ChatModel>,
    tape: Tape,
}

enum Tape {
    None,
    Player(Arc<Player>),
    Recorder { recorder: Arc<Recorder>, path: PathBuf, model: String },
}

/// Why a trial tells nothing of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    Stale(String),
    Broken(String),
}

impl Models {
    pub fn description(&self) -> String {
        match self {
            Self::One(model) => model.description(),
            Self::Playing(cassettes) => format!("recorded, in {}", cassettes.folder.display()),
            Self::Recording(cassettes) => format!("{}, and it is recorded", cassettes.settings.model),
        }
    }

    /// A case that ships need not have been recorded.
    pub fn leaves_out(&self, job: &Job) -> Option<String> {
        let Self::Playing(cassettes) = self else { return None };
        let ships = job.suite.folder.is_none() && !is_scripted(job);
        (ships && !cassettes.path(&job.id).exists()).then(|| "nothing is recorded of it".to_owned())
    }

    pub fn take(&self, job: &Job) -> anyhow::Result<Take> {
        match self {
            Self::One(model) => Ok(Take { model: Arc::clone(model), tape: Tape::None }),
            Self::Playing(_) | Self::Recording(_) if is_scripted(job) => {
                Ok(Take { model: Arc::new(Scripted::default()), tape: Tape::None })
            }
            Self::Playing(cassettes) => cassettes.play(&job.id),
            Self::Recording(cassettes) => cassettes.record(&job.id),
        }
    }

    /// What to run, so that a case has a recording.
    fn remedy(&self, job: &Job) -> String {
        match self {
            Self::One(_) => String::new(),
            Self::Playing(cassettes) | Self::Recording(cassettes) => cassettes.remedy(&job.id),
        }
    }

    /// What a trial's cassette has to say when it is over. It is written if the case came to its end.
    pub async fn put_back(&self, job: &Job, take: Take, ended: bool) -> Option<Trouble> {
        match take.tape {
            Tape::None => None,
            Tape::Player(player) => Some(match player.trouble()? {
                stale @ Unanswered::Stale(_) => {
                    Trouble::Stale(format!("{stale}; {} records it anew", self.remedy(job)))
                }
                Unanswered::Missed(why) => Trouble::Broken(format!("{why}; {} records it anew", self.remedy(job))),
            }),
            Tape::Recorder { recorder, path, model } => {
                let recorded = recorder.finish().await;
                if !ended {
                    return None;
                }
                if !recorded.is_whole {
                    let why = "the model did not answer all that it was asked, so nothing was recorded; run it again";
                    return Some(Trouble::Broken(why.to_owned()));
                }
                let cassette = Cassette { case: job.id.clone(), model, recordings: recorded.recordings };
                cassette.write(&path).err().map(|error| Trouble::Broken(error.to_string()))
            }
        }
    }
}

fn is_scripted(job: &Job) -> bool {
    job.entry.case.as_ref().is_ok_and(|case| Scripted::of(case).is_some())
}

impl Cassettes {
    /// `refunds/a-broken-mug.json`
    fn path(&self, id: &str) -> PathBuf {
        let mut path = self.folder.clone();
        path.extend(id.split('/').map(file_name));
        path.as_mut_os_string().push(".json");
        path
    }

    fn remedy(&self, id: &str) -> String {
        format!("`{} --filter {id}`", self.command)
    }

    fn play(&self, id: &str) -> anyhow::Result<Take> {
        let path = self.path(id);
        if !path.exists() {
            anyhow::bail!("nothing is recorded of it: there is no {}; {} makes it", path.display(), self.remedy(id));
        }
        let cassette = Cassette::read(&path)?;
        let model = self.model.clone().unwrap_or_else(|| cassette.model.clone());
        let player = Arc::new(Player::new(cassette));
        let carrier = Carrier::playing(self.http.clone(), Arc::clone(&player));
        let settings = OpenAiSettings { model, ..self.only() };
        Ok(Take { model: model_at(settings, carrier)?, tape: Tape::Player(player) })
    }

    fn record(&self, id: &str) -> anyhow::Result<Take> {
        let headers = self.settings.extra_headers.values();
        let secrets = self.settings.api_key.iter().chain(headers).cloned().collect();
        let recorder = Arc::new(Recorder::new(secrets));
        let carrier = Carrier::recording(self.http.clone(), Arc::clone(&recorder));
        let (path, model) = (self.path(id), self.settings.model.clone());
        Ok(Take { model: model_at(self.only(), carrier)?, tape: Tape::Recorder { recorder, path, model } })
    }

    /// A cassette is of one model.
    fn only(&self) -> OpenAiSettings {
        OpenAiSettings { fallback_model: None, ..self.settings.clone() }
    }
}

fn model_at(settings: OpenAiSettings, carrier: Carrier) -> anyhow::Result<Arc<dyn ChatModel>> {
    Ok(Arc::new(OpenAiModel::new(settings, carrier).context("the model cannot be used as it is set")?))
}

/// What any file may be called; a hash tells names apart that would be the same.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let file: String = name.chars().map(plain).collect();
    if file == name {
        return file;
    }
    let hash = hex::encode(Sha256::digest(name));
    format!("{file}-{}", hash.get(..8).unwrap_or_default())
}
