//! The command line: what it understands, and how it ends.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

mod articles;
mod assemble;
mod chat;
pub mod config;
mod demo;
mod doctor;
mod eval;
mod export;
mod init;
mod logging;
mod policy;
mod privacy;
mod pseudonyms;
mod records;
mod replay;
mod router;
mod sandbox;
mod serve;
mod settings;
mod stores;
mod stuck;
mod terminal;
mod tools;
mod why;

use config::{Config, ConfigError, Environment, Flags, Gathered};
use terminal::Terminal;

use crate::server;
use crate::tools::registry::Tools;

/// An error that ends a command which did run: exit code 1. Every other error means that it could not run: 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

const FAILED: u8 = 1;
const COULD_NOT_RUN: u8 = 2;
const INTERRUPTED: u8 = 130;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    /// It ran, and what it found or did is not well.
    Failed,
    /// Ctrl-C.
    Interrupted,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => Self::SUCCESS,
            Ending::Failed => Self::from(FAILED),
            Ending::Interrupted => Self::from(INTERRUPTED),
        }
    }
}

const EXIT_CODES: &str = "\
Exit codes: 0 it worked; 1 it ran and something is not well; 2 it could not run (usage, configuration, disk, port);
130 stopped by Ctrl-C.
Settings: deskhand.toml and the environment; `deskhand config` lists them all.";

/// Above the flags that every command has.
const EVERYWHERE: &str = "Everywhere";

/// A support-agent runtime for online stores. It never says what it has not done, and never does it twice.
#[derive(Debug, Parser)]
#[command(name = "deskhand", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug)]
struct Place {
    /// The configuration file [default: deskhand.toml, where there is one].
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    /// The folder of the database [default: .deskhand].
    #[arg(long, global = true, value_name = "FOLDER", help_heading = EVERYWHERE)]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Chat(chat::Arguments),
    Serve(serve::Arguments),
    Sandbox(sandbox::Arguments),
    Init(init::Arguments),
    Eval(Box<eval::Arguments>),
    Replay(Box<replay::Arguments>),
    #[command(subcommand)]
    Tools(tools::Command),
    #[command(subcommand)]
    Policy(policy::Command),
    #[command(subcommand)]
    Stores(stores::Command),
    Pause(stores::Pause),
    Resume(stores::Resume),
    #[command(subcommand)]
    Router(router::Command),
    Why(why::Arguments),
    Export(export::Arguments),
    #[command(subcommand)]
    Privacy(privacy::Command),
    Doctor(doctor::Arguments),
    Articles(articles::Arguments),
    Outbox(stuck::Outbox),
    Webhooks(stuck::Webhooks),
    Config(settings::Arguments),
    /// Print the description of the HTTP API (OpenAPI, JSON).
    Openapi,
}

/// The program with these tools. `Tools::default()` are the built-in ones; `.with(…)` adds one of your own.
pub async fn run(tools: Tools) -> ExitCode {
    let environment = Environment::of_process();
    let terminal = Terminal::of_process(&environment);
    match Cli::parse().run(tools, &environment, &terminal).await {
        Ok(ending) => ending.into(),
        Err(error) if terminal::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal.complain(&error);
            ExitCode::from(if error.is::<Failure>() { FAILED } else { COULD_NOT_RUN })
        }
    }
}

impl Cli {
    async fn run(self, tools: Tools, environment: &Environment, terminal: &Terminal) -> anyhow::Result<Ending> {
        let Self { place, command } = self;
        let mut gathered = place.gathered(environment, command.settings());
        if let (Command::Stores(stores::Command::Connect(connect)), Ok(gathered)) = (&command, &mut gathered) {
            connect.complete(gathered, terminal)?;
        }
        let config = gathered.and_then(Config::of).map(|config| config.with_tools(tools));
        if let Command::Doctor(arguments) = command {
            return arguments.run(config, terminal).await;
        }
        if let Some(ended) = command.run_without(terminal) {
            return ended;
        }
        let config = config?;
        logging::start(&config, command.log_level())?;
        command.run_with(&config, terminal).await
    }
}

impl Command {
    /// The commands that need no configuration.
    fn run_without(&self, terminal: &Terminal) -> Option<anyhow::Result<Ending>> {
        match self {
            Self::Init(arguments) => Some(arguments.run(terminal)),
            Self::Config(arguments) => Some(arguments.run(terminal)),
            Self::Openapi => Some(openapi(terminal)),
            Self::Router(command) => Some(command.run(terminal)),
            _ => None,
        }
    }

    async fn run_with(self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        match self {
            Self::Demo(arguments) => arguments.run(config, terminal).await,
            Self::Chat(arguments) => arguments.run(config, terminal).await,
            Self::Serve(arguments) => arguments.run(config, terminal).await,
            Self::Sandbox(arguments) => arguments.run(config, terminal).await,
            Self::Eval(arguments) => arguments.run(config, terminal).await,
            Self::Replay(arguments) => arguments.run(config, terminal).await,
            Self::Tools(command) => command.run(config, terminal),
            Self::Policy(command) => command.run(config, terminal).await,
            Self::Stores(command) => command.run(config, terminal).await,
            Self::Pause(arguments) => stores::set_paused(config, &arguments.store, true, terminal).await,
            Self::Resume(arguments) => stores::set_paused(config, &arguments.store, false, terminal).await,
            Self::Why(arguments) => arguments.run(config, terminal).await,
            Self::Export(arguments) => arguments.run(config, terminal).await,
            Self::Privacy(command) => command.run(config, terminal).await,
            Self::Articles(arguments) => arguments.run(config, terminal).await,
            Self::Outbox(arguments) => arguments.run(config, terminal).await,
            Self::Webhooks(arguments) => arguments.run(config, terminal).await,
            Self::Init(_) | Self::Config(_) | Self::Openapi | Self::Router(_) | Self::Doctor(_) => Ok(Ending::Done),
        }
    }

    /// What the command's own flags set.
    fn settings(&self) -> Vec<(&'static str, &'static str, String)> {
        match self {
            Self::Demo(arguments) => arguments.settings(),
            Self::Serve(arguments) => arguments.settings(),
            Self::Eval(arguments) => arguments.settings(),
            Self::Replay(arguments) => arguments.settings(),
            _ => Vec::new(),
        }
    }

    /// What is logged where nothing else is said. Where people read, only what should worry them.
    fn log_level(&self) -> &'static str {
        match self {
            Self::Serve(_) | Self::Sandbox(_) => "info",
            // What vendors do wrong there is meant to be.
            Self::Eval(_) | Self::Replay(_) => "off",
            _ => "warn",
        }
    }
}

fn openapi(terminal: &Terminal) -> anyhow::Result<Ending> {
    terminal.line(server::openapi().to_pretty_json()?)?;
    Ok(Ending::Done)
}

impl Place {
    /// All that is set, by flags, too.
    fn gathered(
        &self,
        environment: &Environment,
        mut settings: Vec<(&'static str, &'static str, String)>,
    ) -> Result<Gathered, ConfigError> {
        if let Some(folder) = &self.data {
            settings.push(("storage.folder", "--data", folder.to_string_lossy().into_owned()));
        }
        Gathered::of(&Flags { config: self.config.clone(), settings }, environment)
    }
}
