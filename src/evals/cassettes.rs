//! Cassettes of cases: which file is whose, and what a case that plays or records one leads to.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::play::customer;
use super::rubric;
use super::run::Job;
use super::scripted::Scripted;
use super::spending::{Meter, Role};
use super::voices::{Voice, Voices};
use super::world::{Base, Plan};
use crate::model::ChatModel;
use crate::model::cassette::Cassette;
use crate::model::cassette::names::{Hidden, is_nobodys};
use crate::model::cassette::player::{Player, Unanswered};
use crate::model::cassette::recorder::Recorder;
use crate::model::openai::{Carrier, OpenAiModel, OpenAiSettings, is_called};

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

/// Who answers in a case, as far as that is known before it is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// As a log tells it.
    Model(String),
    /// By name alone: a cassette does not tell where its model was asked.
    Recorded(String),
    /// Nothing is recorded.
    Nobody,
}

impl Speaker {
    /// Who it is, told as in a log where it is the one of which that log tells. None: nobody speaks.
    pub fn beside(&self, told: &str) -> Option<String> {
        match self {
            Self::Model(description) => Some(description.clone()),
            Self::Recorded(name) if is_called(told, name) => Some(told.to_owned()),
            Self::Recorded(name) => Some(format!("{name}, as it was recorded")),
            Self::Nobody => None,
        }
    }
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
    /// Plays customers, where it is not the model that answers.
    pub customer: Option<String>,
    /// Judges rubrics, where it is not the model that answers.
    pub judge: Option<String>,
    pub settings: OpenAiSettings,
    pub http: reqwest::Client,
    /// Records a case anew, if its name follows.
    pub command: String,
}

/// The model of one trial, and what is played or recorded meanwhile.
pub struct Take {
    pub model: Arc<dyn ChatModel>,
    pub voices: Voices,
    tape: Tape,
}

enum Tape {
    None,
    Player(Arc<Player>),
    Recorder {
        recorder: Arc<Recorder>,
        /// Of the judge alone: what it did not answer is no reason to record nothing.
        aside: Arc<Recorder>,
        path: PathBuf,
        model: String,
    },
}

impl Take {
    fn scripted() -> Self {
        Self { model: Arc::new(Scripted::default()), voices: Voices::default(), tape: Tape::None }
    }

    /// All who take part, counted. `stand_in`: the model that answers costs nothing.
    pub fn counted(mut self, meter: &Meter, stand_in: bool) -> Self {
        let voices = [(Role::Customer, &mut self.voices.customer), (Role::Judge, &mut self.voices.judge)];
        let voices = voices.into_iter().filter_map(|(role, voice)| Some((role, &mut voice.as_mut()?.model)));
        let mut others: Vec<_> = voices.collect();
        if !stand_in || others.is_empty() {
            others.push((Role::Agent, &mut self.model));
        }
        for (role, model) in others {
            *model = meter.on(role, Arc::clone(model));
        }
        self
    }
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

    /// Who answers in this case.
    pub fn speaker(&self, job: &Job) -> Speaker {
        let Self::Playing(cassettes) = self else { return Speaker::Model(self.description()) };
        let named = || Cassette::read(&cassettes.path(&job.id)).ok().map(|cassette| cassette.model);
        cassettes.model.clone().or_else(named).map_or(Speaker::Nobody, Speaker::Recorded)
    }

    /// A case that ships need not have been recorded.
    pub fn leaves_out(&self, job: &Job) -> Option<String> {
        let Self::Playing(cassettes) = self else { return None };
        let ships = job.suite.folder.is_none() && !is_scripted(job);
        (ships && !cassettes.path(&job.id).exists()).then(|| "nothing is recorded of it".to_owned())
    }

    /// `voices` take part where one model answers in all cases; cassettes have their own.
    pub fn take(&self, base: &Base, job: &Job, voices: &Voices) -> anyhow::Result<Take> {
        match self {
            Self::One(model) => Ok(Take { model: Arc::clone(model), voices: voices.clone(), tape: Tape::None }),
            Self::Playing(cassettes) => cassettes.play(job, people(base, job)),
            Self::Recording(cassettes) => cassettes.record(job, people(base, job)),
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
            Tape::Recorder { recorder, aside, path, model } => {
                let (recorded, opinions) = (recorder.finish().await, aside.finish().await);
                if !ended {
                    return None;
                }
                if !recorded.is_whole {
                    let why = "the model did not answer all that it was asked, so nothing was recorded; run it again";
                    return Some(Trouble::Broken(why.to_owned()));
                }
                let mut recordings = recorded.recordings;
                if opinions.is_whole {
                    recordings.extend(opinions.recordings);
                }
                if recordings.is_empty() && is_scripted(job) {
                    return None;
                }
                let cassette = Cassette { case: job.id.clone(), model, recordings };
                cassette.write(&path).err().map(|error| Trouble::Broken(error.to_string()))
            }
        }
    }
}

fn is_scripted(job: &Job) -> bool {
    job.case.as_ref().is_ok_and(|case| Scripted::of(case).is_some())
}

fn has_rubric(job: &Job) -> bool {
    job.case.as_ref().is_ok_and(|case| !case.expect.rubric.is_empty())
}

/// What people of a case's world are called and where they live. Who has an address that is nobody's was made up.
fn people(base: &Base, job: &Job) -> Vec<String> {
    let Ok(case) = &job.case else { return Vec::new() };
    let specs = [&job.suite.world, &case.world];
    // What is wrong with a world is told when it is opened.
    let Ok(plan) = Plan::new(base, job.suite.folder.as_deref(), &specs) else { return Vec::new() };
    let (customers, orders) = (plan.fixture.customers, plan.fixture.orders);
    let is_real = |email: &str| !is_nobodys(email);
    let real: Vec<_> = customers.iter().filter(|customer| is_real(&customer.email)).collect();
    let sent_to = orders.iter().filter(|order| is_real(&order.customer)).filter_map(|order| order.ship_to.as_ref());
    let places = real.iter().map(|customer| &customer.address).chain(sent_to);
    let streets = places.flat_map(|place| std::iter::once(&place.line1).chain(&place.line2)).cloned();
    let names = real.iter().flat_map(|customer| {
        let (first, last) = (&customer.first_name, &customer.last_name);
        [format!("{first} {last}"), first.clone(), last.clone()]
    });
    names.chain(streets).collect()
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

    fn play(&self, job: &Job, people: Vec<String>) -> anyhow::Result<Take> {
        let (id, path) = (&job.id, self.path(&job.id));
        if is_scripted(job) && !(has_rubric(job) && path.exists()) {
            return Ok(Take::scripted());
        }
        if !path.exists() {
            anyhow::bail!("nothing is recorded of it: there is no {}; {} makes it", path.display(), self.remedy(id));
        }
        let cassette = Cassette::read(&path)?;
        let hidden = Arc::new(Hidden::new(Vec::new(), people));
        let player = Arc::new(Player::new(cassette.clone(), Arc::clone(&hidden)));
        let model = self.model.clone().unwrap_or_else(|| cassette.model.clone());
        let at = |name: &str, player: &Arc<Player>| {
            self.model_at(name, Carrier::playing(self.http.clone(), Arc::clone(player)))
        };
        let voice = |named: &Option<String>, asker: &str, player: &Arc<Player>| {
            let name = named.clone().unwrap_or_else(|| cassette.model_of(asker).to_owned());
            Ok::<_, anyhow::Error>(Voice { model: at(&name, player)?, name, remedy: Some(self.remedy(id)) })
        };
        // What the judge was not recorded to say is told as that, and is no trouble of the case.
        let aside = has_rubric(job).then(|| Arc::new(Player::new(cassette.clone(), hidden)));
        let judge = aside.map(|aside| voice(&self.judge, rubric::ASKER, &aside)).transpose()?;
        let voices = Voices { customer: Some(voice(&self.customer, customer::ASKER, &player)?), judge };
        let model = at(&model, &player)?;
        Ok(Take { model, voices, tape: Tape::Player(player) })
    }

    fn record(&self, job: &Job, people: Vec<String>) -> anyhow::Result<Take> {
        if is_scripted(job) && !has_rubric(job) {
            return Ok(Take::scripted());
        }
        let headers = self.settings.extra_headers.values();
        let secrets: Vec<_> = self.settings.api_key.iter().chain(headers).cloned().collect();
        let hidden = Arc::new(Hidden::new(secrets, people));
        let [recorder, aside] = [(), ()].map(|()| Arc::new(Recorder::new(Arc::clone(&hidden))));
        let at = |name: &str, recorder: &Arc<Recorder>| {
            self.model_at(name, Carrier::recording(self.http.clone(), Arc::clone(recorder)))
        };
        let voice = |named: &Option<String>, recorder: &Arc<Recorder>| {
            let name = named.as_ref().unwrap_or(&self.settings.model).clone();
            Ok::<_, anyhow::Error>(Voice { model: at(&name, recorder)?, name, remedy: None })
        };
        let voices =
            Voices { customer: Some(voice(&self.customer, &recorder)?), judge: Some(voice(&self.judge, &aside)?) };
        let (path, model) = (self.path(&job.id), self.settings.model.clone());
        Ok(Take { model: at(&model, &recorder)?, voices, tape: Tape::Recorder { recorder, aside, path, model } })
    }

    /// A model of this name, where all of them are. Nobody answers in its place: a cassette tells who said what.
    fn model_at(&self, name: &str, carrier: Carrier) -> anyhow::Result<Arc<dyn ChatModel>> {
        let settings = OpenAiSettings { model: name.to_owned(), fallback_model: None, ..self.settings.clone() };
        Ok(Arc::new(OpenAiModel::new(settings, carrier).context("the model cannot be used as it is set")?))
    }
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
