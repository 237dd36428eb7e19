//! A case's world, opened in the terminal where its conversation ended.

use std::sync::Arc;

use crate::cli::Ending;
use crate::cli::assemble::models;
use crate::cli::chat::{Screen, Talk, lines};
use crate::cli::terminal::{Terminal, harmless};
use crate::evals::cassettes::Models;
use crate::evals::opened::Opened;
use crate::evals::report::console;
use crate::evals::run::{Job, Options};
use crate::evals::store::Store;

/// Begins a line that lets time pass.
const LATER: &str = "/later";

pub async fn go_on(store: &Store, job: Job, options: &Options, terminal: &Terminal) -> anyhow::Result<Ending> {
    let next = match &options.models {
        Models::One(model) => Arc::clone(model),
        // It holds no answers to what is said from here on.
        Models::Playing(_) | Models::Recording(_) => models::offline(),
    };
    let mut opened = Opened::new(store, job, options, next).await?;
    let ended = tokio::select! {
        ended = converse(&mut opened, terminal) => ended.map(|()| Ending::Done),
        pressed = tokio::signal::ctrl_c() => pressed.map(|()| Ending::Interrupted).map_err(Into::into),
    };
    opened.close().await;
    ended
}

async fn converse(opened: &mut Opened, terminal: &Terminal) -> anyhow::Result<()> {
    terminal.text(harmless(&console::shown(&opened.result)))?;
    let screen = Screen::new(*terminal, false, opened.conversation().clone());
    screen.note(&format!(
        "\nIts world is open; here answers: {}.\n{LATER} 3d lets time pass, {{code}} stands for the code that was mailed last.",
        opened.model()
    ))?;
    let mut talk = Talk::join(opened.desk().clone(), opened.conversation().clone(), screen).await?;
    let mut lines = lines::read();
    while let Some(line) = talk.next(&mut lines).await? {
        match line.trim().strip_prefix(LATER) {
            Some(by) => match opened.later(by.trim()).await {
                Ok(()) => talk.note(&format!("  — {} later", by.trim()))?,
                Err(problem) => talk.note(&problem.to_string())?,
            },
            None => match opened.filled(&line) {
                Ok(line) => talk.say(line).await?,
                Err(problem) => talk.note(&problem.to_string())?,
            },
        }
        opened.rest().await?;
        talk.catch_up().await?;
    }
    Ok(())
}
