//! `deskhand demo`: everything on this machine, and what to try.

use std::fmt::Write as _;

use clap::Args;
use secrecy::ExposeSecret as _;

use super::Ending;
use super::assemble::sandbox::events;
use super::assemble::{self, House, models};
use super::config::{Config, SANDBOX_STORE};
use super::serve::{Door, in_use};
use super::terminal::Terminal;
use crate::domain::clock::Clock;
use crate::domain::id::StoreId;
use crate::sandbox::World;
use crate::server::DemoPage;
use crate::storage::stores::{KeyKind, Stores as _};

mod questions;

/// The whole thing on this machine: a simulated store, a database, the server, a page to chat in.
#[derive(Args, Debug)]
#[command(after_help = "\
It needs no account, no key and no network. With OPENAI_API_KEY or OPENAI_BASE_URL set, that model answers, and what is
written in the chat goes there.

Examples:
  deskhand demo
  deskhand demo --port 9000 --fresh")]
pub struct Arguments {
    /// Where to listen on this machine [default: 8787].
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Forget the sandbox's conversations and begin its world anew.
    #[arg(long)]
    fresh: bool,
}

/// The keys of the demo: the same at each start.
struct Keys {
    secret: String,
    public: String,
    /// For people who decide about refunds.
    approver: String,
}

impl Arguments {
    /// What the flags set.
    pub fn settings(&self) -> Vec<(&'static str, &'static str, String)> {
        self.port.iter().map(|port| ("server.address", "--port", format!("127.0.0.1:{port}"))).collect()
    }

    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let door = Door::open(config.server.address).await.map_err(|error| in_use(error, "--port"))?;
        let url = format!("http://{}", door.address()?);
        let house = assemble::in_sandbox(config, self.fresh, Some(url.parse()?)).await?;
        let keys = keys(&house).await?;
        let Some(sandbox) = &house.sandbox else { anyhow::bail!("the demo has no sandbox") };
        let (world, now) = (sandbox.world(), sandbox.clock().now());
        events::register(config, sandbox, &house.folder, &url).await?;
        let questions = questions::of(&world, now);
        terminal.text(introduction(config, &house, &world, &url, &keys, &questions)?)?;
        let mut settings = config.server.settings.clone();
        settings.demo_page = Some(DemoPage {
            public_key: keys.public,
            store_name: world.shop.name,
            suggestions: questions,
            model_note: model_note(config, &house),
        });
        door.serve(config, house, settings).await
    }
}

async fn keys(house: &House) -> anyhow::Result<Keys> {
    let store = StoreId::new(SANDBOX_STORE);
    let secret = house.folder.secret_with("secret-key", "sk_")?.expose_secret().to_owned();
    let public = house.folder.secret_with("public-key", "pk_")?.expose_secret().to_owned();
    house.storage.import_key(&store, KeyKind::Secret, &secret, Clock::machine()).await?;
    house.storage.import_key(&store, KeyKind::Public, &public, Clock::machine()).await?;
    let approver = house.folder.secret_with("approver-key", "ak_")?.expose_secret().to_owned();
    house.storage.import_key(&store, KeyKind::Approver, &approver, Clock::machine()).await?;
    Ok(Keys { secret, public, approver })
}

/// Which model answers, and whether text leaves.
fn model_note(config: &Config, house: &House) -> String {
    if models::leaves(config) {
        format!("{}. What you write goes there.", house.model)
    } else {
        format!("{}. Nothing leaves this machine.", house.model)
    }
}

fn introduction(
    config: &Config,
    house: &House,
    world: &World,
    url: &str,
    keys: &Keys,
    questions: &[String],
) -> anyhow::Result<String> {
    let mut text = String::new();
    writeln!(text, "{} is open: {url}\n", world.shop.name)?;
    writeln!(text, "Model:  {}", model_note(config, house))?;
    if !models::leaves(config) {
        writeln!(text, "        For a language model set OPENAI_API_KEY, or OPENAI_BASE_URL and DESKHAND_MODEL.")?;
    }
    writeln!(text, "Data:   {} (database, world, keys)", house.folder.path().display())?;
    writeln!(text, "Mail:   deskhand sandbox mail shows what the shop sent, one-time codes for instance")?;
    writeln!(
        text,
        "Time:   deskhand sandbox later 10d lets parcels travel: what was sent back arrives, and is paid for in a moment"
    )?;
    if let Some(sandbox) = &house.sandbox {
        writeln!(text, "People: ask for a person, then play them: {}/people", sandbox.control_url())?;
        writeln!(text, "        or deskhand sandbox tickets, deskhand sandbox reply TICKET \"I am on it.\"\n")?;
    }
    writeln!(text, "Try, in the page:")?;
    for question in questions {
        writeln!(text, "  {question}")?;
    }
    let first = questions.first().map_or("Hello", String::as_str);
    writeln!(
        text,
        "\nOr over HTTP, with the keys of this sandbox (server side {}, widget {}):",
        keys.secret, keys.public
    )?;
    writeln!(text, "{}", curl(url, &keys.secret, first)?)?;
    writeln!(text, "What waits for a person's yes, and the yes:")?;
    writeln!(text, "{}", approving(url, &keys.approver)?)?;
    writeln!(text, "Stop with Ctrl-C. Begin anew: deskhand demo --fresh.")?;
    Ok(text)
}

/// Lines for a shell: list what waits, and approve it.
fn approving(url: &str, key: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    writeln!(text, "  AK={key}")?;
    writeln!(text, "  curl -s '{url}/v1/approvals?state=pending' -H \"Authorization: Bearer $AK\"")?;
    writeln!(
        text,
        "  curl -s -X POST {url}/v1/approvals/APPROVAL_ID/approve -H \"Authorization: Bearer $AK\" -H 'Content-Type: \
         application/json' -d '{{}}'"
    )?;
    Ok(text)
}

/// Lines for a shell: open a conversation, and stream the answer to a message.
fn curl(url: &str, key: &str, question: &str) -> anyhow::Result<String> {
    let content = serde_json::json!({ "content": question }).to_string().replace('\'', "'\\''");
    let mut text = String::new();
    writeln!(text, "  KEY={key}")?;
    writeln!(
        text,
        "  ID=$(curl -s -X POST {url}/v1/conversations -H \"Authorization: Bearer $KEY\" -H 'Content-Type: \
         application/json' -d '{{}}' | sed 's/.*\"conversation_id\":\"\\([^\"]*\\)\".*/\\1/')"
    )?;
    writeln!(
        text,
        "  curl -N -X POST {url}/v1/conversations/$ID/messages -H \"Authorization: Bearer $KEY\" -H 'Accept: \
         text/event-stream' -H 'Content-Type: application/json' -d '{content}'"
    )?;
    Ok(text)
}
