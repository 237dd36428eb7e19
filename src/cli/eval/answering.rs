//! Who answers in the cases: the stand-in, a model, or what one once said.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::assemble::models;
use crate::cli::config::Config;
use crate::evals::cassettes::{Cassettes, Models, Stale};
use crate::evals::voices::{Voice, Voices};
use crate::model::openai::OpenAiSettings;

/// Where cassettes lie in a project.
const CASSETTES: &str = "evals/cassettes";
const OFFLINE: &str = "offline";
const CONFIGURED: &str = "configured";
const CASSETTE: &str = "cassette";
const CONNECT: Duration = Duration::from_secs(10);

/// Which model answers.
#[derive(Args, Debug)]
pub struct Who {
    /// `offline`; `cassette`: what was recorded in evals/cassettes/, without network; `configured`: the model of deskhand.toml
    /// and the environment, to which all of it is then sent; or the name of another model there [default: offline].
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Plays the shopper where a case has a `customer`: the name of another model, where the configured one is [default: the
    /// model that answers, if it understands language].
    #[arg(long, value_name = "MODEL")]
    customer_model: Option<String>,
    /// Says which sentences of a `rubric` hold, which decides nothing: the name of another model there [default: the model
    /// that answers, if it understands language].
    #[arg(long, value_name = "MODEL")]
    judge_model: Option<String>,
}

#[derive(Args, Debug)]
pub struct Answering {
    #[command(flatten)]
    pub who: Who,
    /// Write cassettes while a live model answers. Keys, and what belongs to persons, are not written.
    #[arg(long)]
    record: bool,
    /// What cassettes lead to whose prompt, tools or model have changed since: a warning, or exit 1.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = OnStale::Fail)]
    stale: OnStale,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OnStale {
    Warn,
    Fail,
}

/// The models of a run.
pub struct Answers {
    pub models: Models,
    pub voices: Voices,
    /// Whether no language model is asked.
    pub offline: bool,
}

impl Who {
    /// This model, or the offline one.
    pub fn named(model: Option<String>) -> Self {
        Self::of(model, None, None)
    }

    pub fn of(model: Option<String>, customer_model: Option<String>, judge_model: Option<String>) -> Self {
        Self { model, customer_model, judge_model }
    }

    pub fn plays_cassettes(&self) -> bool {
        self.model.as_deref() == Some(CASSETTE)
    }

    /// Whether the configuration says which.
    pub fn is_configured(&self) -> bool {
        self.model.as_deref() == Some(CONFIGURED)
    }

    /// A model's name is a setting like any other.
    pub fn settings(&self) -> Option<(&'static str, &'static str, String)> {
        let name = self.model.as_deref().filter(|name| ![OFFLINE, CONFIGURED, CASSETTE].contains(name))?;
        Some(("model.model", "--model", name.to_owned()))
    }

    /// `command` plays the same suites.
    pub fn answers(&self, config: &Config, command: &str) -> anyhow::Result<Answers> {
        self.check()?;
        let (model, offline) = match self.model.as_deref().unwrap_or(OFFLINE) {
            OFFLINE => (models::offline(), true),
            CASSETTE => {
                let settings = config.model.settings().cloned();
                let settings = settings.unwrap_or_else(|| OpenAiSettings::new(String::new()));
                let cassettes = Arc::new(self.cassettes(config, command, settings)?);
                return Ok(Answers { models: Models::Playing(cassettes), voices: Voices::default(), offline: false });
            }
            _ => (models::required(config)?, !models::leaves(config)),
        };
        let voice = |named: &Option<String>| match named {
            Some(name) => Ok::<_, anyhow::Error>(Some(Voice::of(models::named(config, name)?))),
            None => Ok((!offline).then(|| Voice::of(Arc::clone(&model)))),
        };
        let voices = Voices { customer: voice(&self.customer_model)?, judge: voice(&self.judge_model)? };
        Ok(Answers { models: Models::One(model), voices, offline })
    }

    /// Others than a language model play nobody.
    fn check(&self) -> anyhow::Result<()> {
        for (flag, named) in [("--customer-model", &self.customer_model), ("--judge-model", &self.judge_model)] {
            let name = named.as_deref().filter(|name| [OFFLINE, CONFIGURED, CASSETTE].contains(name));
            anyhow::ensure!(
                name.is_none(),
                "{flag} takes the name of a model that understands language: {flag} gpt-5.2"
            );
        }
        Ok(())
    }

    fn cassettes(&self, config: &Config, command: &str, settings: OpenAiSettings) -> anyhow::Result<Cassettes> {
        Ok(Cassettes {
            folder: config.folder.join(PathBuf::from(CASSETTES)),
            model: config.named_model().map(str::to_owned),
            customer: self.customer_model.clone(),
            judge: self.judge_model.clone(),
            settings,
            http: models::client(CONNECT)?,
            command: format!("{command} --record"),
        })
    }
}

impl Answering {
    /// `command` plays the same suites.
    pub fn answers(&self, config: &Config, command: &str, trials: usize) -> anyhow::Result<Answers> {
        if self.record { self.recording(config, command, trials) } else { self.who.answers(config, command) }
    }

    pub fn stale(&self) -> Stale {
        match self.stale {
            OnStale::Warn => Stale::Warn,
            OnStale::Fail => Stale::Fail,
        }
    }

    fn recording(&self, config: &Config, command: &str, trials: usize) -> anyhow::Result<Answers> {
        let asks_nobody = matches!(self.who.model.as_deref(), Some(OFFLINE | CASSETTE));
        anyhow::ensure!(!asks_nobody, "--record asks a live model: leave --model out, or name one");
        anyhow::ensure!(trials == 1, "--record plays each case once: leave --trials out");
        anyhow::ensure!(
            !is_build(),
            "--record is refused where CI is set: record on your own machine, read the files, and commit them"
        );
        let Some(settings) = models::endpoint(config)? else {
            anyhow::bail!("--record asks a live model: set OPENAI_API_KEY, or OPENAI_BASE_URL and DESKHAND_MODEL");
        };
        self.who.check()?;
        let cassettes = Arc::new(self.who.cassettes(config, command, settings.clone())?);
        Ok(Answers { models: Models::Recording(cassettes), voices: Voices::default(), offline: false })
    }
}

/// Whether a build server runs this.
fn is_build() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}
