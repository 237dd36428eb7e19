//! Sends events to those who want to hear of them: one after the other, and again until somebody takes them.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::http::header;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::credentials::Credentials;
use super::world::World;
use super::{Shared, easypost, front, gorgias, intercom, zendesk};
use crate::domain::clock::Clock;

/// How events come to those who hear of them, where not once, at once and in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Carriage {
    /// How often each comes.
    pub copies: u32,
    pub late_milliseconds: u64,
    /// Of those that wait together, the last first.
    pub reversed: bool,
}

impl Default for Carriage {
    fn default() -> Self {
        Self { copies: 1, late_milliseconds: 0, reversed: false }
    }
}

/// How often it looks what there is to tell.
const LOOK: Duration = Duration::from_millis(100);
/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(7);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// After so many tries an event is given up: a quarter of an hour, where vendors take a day.
const MOST_TRIES: u32 = 11;

/// An event, ready to be sent.
pub(super) struct Letter {
    pub of: Of,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Whose event it is, of which id, and for which address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    EasyPost { event: String, hook: String },
    Front { notice: String },
    Gorgias { event: u64, integration: u64 },
    Zendesk { event: String, webhook: String },
    Intercom { event: String },
}

/// How far a notice has come, wherever it is kept.
pub(super) struct Progress<'n> {
    pub tries: &'n mut u32,
    pub due: &'n mut Timestamp,
}

/// Works until it is aborted.
pub(super) async fn run(shared: Arc<Shared>) {
    // Most sandboxes never send any.
    let made = LazyLock::new(client);
    loop {
        tokio::time::sleep(LOOK).await;
        let now = shared.clock.now();
        if shared.world.read().has_news(now) {
            shared.world.change(|world| world.notice(now, Clock::machine())).await;
        }
        let mut letters = letters(&shared.world.read(), &shared.credentials, Clock::machine());
        let carriage = shared.carriage();
        if carriage.late_milliseconds > 0 && !letters.is_empty() {
            tokio::time::sleep(Duration::from_millis(carriage.late_milliseconds)).await;
        }
        if carriage.reversed {
            letters.reverse();
        }
        for letter in letters {
            let client = match &*made {
                Ok(client) => client,
                Err(error) => return tracing::error!(%error, "the sandbox can send no events"),
            };
            let mut answer = letter.send(client).await;
            for _ in 1..carriage.copies {
                answer = answer.and(letter.send(client).await);
            }
            shared.world.change(|world| settle(world, &letter.of, answer)).await;
        }
    }
}

fn letters(world: &World, secrets: &Credentials, now: Timestamp) -> Vec<Letter> {
    let of_front = front::letters::due(world, &secrets.front_app_secret, now);
    let of_intercom = intercom::letters::due(world, &secrets.intercom_client_secret, now);
    let of_helpdesks = gorgias::letters::due(world, now).chain(zendesk::letters::due(world, now));
    let of_helpdesks = of_helpdesks.chain(of_front).chain(of_intercom);
    easypost::letters::due(world, now).chain(of_helpdesks).collect()
}

fn client() -> reqwest::Result<reqwest::Client> {
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a simulated vendor does not share the desk's transport")]
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    client.build()
}

impl Letter {
    /// What a success says, `null` where it is no JSON.
    async fn send(&self, client: &reqwest::Client) -> Option<Value> {
        let mut request = client.post(&self.url).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.body(self.body.clone()).send().await.ok().filter(|it| it.status().is_success())?;
        Some(response.json().await.unwrap_or_default())
    }
}

/// One that was taken, or tried too often, is forgotten; another one goes again later.
fn settle(world: &mut World, of: &Of, answer: Option<Value>) {
    let answer = answer.filter(|answer| match of {
        Of::Front { notice } => front::letters::takes(world, notice, answer),
        Of::EasyPost { .. } | Of::Gorgias { .. } | Of::Zendesk { .. } | Of::Intercom { .. } => true,
    });
    let taken = answer.is_some();
    let over = |progress: Progress<'_>| {
        if taken || *progress.tries + 1 >= MOST_TRIES {
            return true;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << (*progress.tries).min(10));
        *progress.tries += 1;
        *progress.due = Clock::machine() + SignedDuration::try_from(pause).unwrap_or(SignedDuration::ZERO);
        false
    };
    match of {
        Of::EasyPost { event, hook } => easypost::letters::settle(world, event, hook, over),
        Of::Front { notice } => front::letters::settle(world, notice, answer.as_ref(), over),
        Of::Gorgias { event, integration } => gorgias::letters::settle(world, *event, *integration, over),
        Of::Zendesk { event, webhook } => zendesk::letters::settle(world, event, webhook, over),
        Of::Intercom { event } => intercom::letters::settle(world, event, over),
    }
}
