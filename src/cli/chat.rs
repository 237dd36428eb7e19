//! `deskhand chat`: a conversation in the terminal.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::assemble::{self, House};
use super::config::{Config, SANDBOX_STORE};
use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::desk::{Desk, DeskError, Item, NewMessage, Opening, Position};
use crate::domain::customer::Email;
use crate::domain::event::EventBody;
use crate::domain::id::{ConversationId, StoreId};

pub mod lines;
mod screen;

use lines::Lines;
pub use screen::Screen;

/// How long a turn under way may go on after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(2);

/// Talk to the agent in this terminal, as a shopper would.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deskhand chat                                 the sandbox's store, no account needed
  deskhand chat --as nora@example.com           as a customer who is signed in (sandbox only)
  printf 'Hello\\nWhere is #1001?\\n' | deskhand chat   one line after the other; ends with the last answer

It ends with 1 when something failed on the way (the model, a vendor), and says what on standard error.")]
pub struct Arguments {
    /// A store of the configuration; the sandbox's by default.
    #[arg(long, value_name = "NAME", default_value = SANDBOX_STORE)]
    store: String,
    /// The e-mail address of a customer who is signed in. The sandbox believes it.
    #[arg(long = "as", value_name = "EMAIL")]
    identity: Option<String>,
    /// Print the conversation's events, one JSON object a line, as the API streams them.
    #[arg(long)]
    json: bool,
    /// Forget the sandbox's conversations and begin its world anew.
    #[arg(long)]
    fresh: bool,
    /// Go on with a conversation.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
}

impl Arguments {
    pub async fn run(self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let verified = self.verified()?;
        let house = self.house(config).await?;
        let ended = self.converse(&house, verified, terminal).await;
        house.desk.shutdown(PATIENCE).await;
        house.close().await;
        ended
    }

    fn verified(&self) -> anyhow::Result<Option<Email>> {
        let Some(text) = &self.identity else { return Ok(None) };
        if self.store != SANDBOX_STORE {
            anyhow::bail!(
                "--as works in the sandbox only: a live store's customers are verified by a signed token or a code"
            );
        }
        Ok(Some(Email::parse(text).with_context(|| format!("--as: {text:?} is not an e-mail address"))?))
    }

    async fn house(&self, config: &Config) -> anyhow::Result<House> {
        if self.store == SANDBOX_STORE {
            return assemble::in_sandbox(config, self.fresh, None).await;
        }
        if self.fresh {
            anyhow::bail!("--fresh works in the sandbox only; it would forget a live store's conversations");
        }
        if !config.stores.contains_key(&self.store) {
            anyhow::bail!("{}", config.no_such_store(&self.store));
        }
        assemble::live(config).await
    }

    async fn converse(&self, house: &House, verified: Option<Email>, terminal: &Terminal) -> anyhow::Result<Ending> {
        let conversation = self.conversation(&house.desk, verified).await?;
        let screen = Screen::new(*terminal, self.json, conversation.clone());
        screen.welcome(house, &self.store)?;
        let mut talk = Talk::join(house.desk.clone(), conversation, screen).await?;
        tokio::select! {
            ended = talk.go(lines::read()) => ended.map(|()| if talk.failed { Ending::Failed } else { Ending::Done }),
            pressed = tokio::signal::ctrl_c() => pressed.map(|()| Ending::Interrupted).map_err(Into::into),
        }
    }

    async fn conversation(&self, desk: &Desk, verified: Option<Email>) -> anyhow::Result<ConversationId> {
        let Some(id) = &self.conversation else {
            let opening = Opening {
                store: StoreId::new(&self.store),
                channel: "terminal".to_owned(),
                key: None,
                customer: None,
                verified,
                metadata: None,
            };
            return Ok(desk.open(opening).await?);
        };
        let id = ConversationId::new(id);
        let known = desk.conversation(&id).await.map_err(|error| match error {
            DeskError::UnknownConversation => {
                anyhow::Error::new(Failure::new(format!("there is no conversation {id}")))
            }
            error => error.into(),
        })?;
        if known.store.as_str() != self.store {
            anyhow::bail!("{id} belongs to the store {}; add --store {}", known.store, known.store);
        }
        if verified.is_some() {
            anyhow::bail!("--as is for new conversations; leave it or --conversation out");
        }
        Ok(id)
    }
}

/// A conversation of a desk, on a screen.
pub struct Talk {
    desk: Desk,
    conversation: ConversationId,
    stream: BoxStream<'static, Item>,
    screen: Screen,
    /// Up to where the log was shown.
    seen: u64,
    /// Something failed that the store's people should know of.
    failed: bool,
}

impl Talk {
    /// Goes on after what was said so far.
    pub async fn join(desk: Desk, conversation: ConversationId, screen: Screen) -> anyhow::Result<Self> {
        let seen = desk.conversation(&conversation).await?.len;
        let stream = desk.follow(&conversation, Position { seq: seen, offset: 0 }).await?;
        Ok(Self { desk, conversation, stream, screen, seen, failed: false })
    }

    /// Sends line after line.
    async fn go(&mut self, mut lines: Lines) -> anyhow::Result<()> {
        while let Some(line) = self.next(&mut lines).await? {
            self.say(line).await?;
        }
        Ok(())
    }

    /// The next line that says something; shows whatever happens while nobody types.
    pub async fn next(&mut self, lines: &mut Lines) -> anyhow::Result<Option<String>> {
        self.screen.prompt()?;
        loop {
            let line = tokio::select! {
                line = lines.recv() => line,
                item = self.stream.next() => {
                    if let Some(item) = item {
                        self.note_place(&item);
                        self.screen.show_unasked(&item)?;
                    }
                    continue;
                }
            };
            match line.transpose()? {
                Some(line) if line.trim().is_empty() => self.screen.prompt()?,
                Some(line) => return Ok(Some(line)),
                None => {
                    self.screen.farewell()?;
                    return Ok(None);
                }
            }
        }
    }

    pub fn note(&self, text: &str) -> anyhow::Result<()> {
        self.screen.note(text)
    }

    /// Shows what the log holds by now.
    pub async fn catch_up(&mut self) -> anyhow::Result<()> {
        let len = self.desk.conversation(&self.conversation).await?.len;
        while self.seen < len {
            let Some(item) = self.stream.next().await else { break };
            self.show(&item)?;
        }
        Ok(())
    }

    /// One message, until its turn is done.
    pub async fn say(&mut self, content: String) -> anyhow::Result<()> {
        self.screen.said(&content);
        let message = NewMessage { content, client_message_id: None, address: None, key: None };
        let posted = match self.desk.post(&self.conversation, message).await {
            Ok(posted) => posted,
            Err(error @ (DeskError::MessageTooLong { .. } | DeskError::EmptyMessage)) => {
                self.screen.note(&error.to_string())?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let mut done = posted.silent;
        while !done || self.seen < posted.seq {
            let Some(item) = self.stream.next().await else { break };
            done |= matches!(&item, Item::Event(event)
                if matches!(&event.body, EventBody::TurnCompleted { through, .. } if *through >= posted.seq));
            self.show(&item)?;
        }
        if posted.silent {
            self.screen.note("A person has this conversation; the agent is silent.")?;
        }
        Ok(())
    }

    fn show(&mut self, item: &Item) -> anyhow::Result<()> {
        self.note_place(item);
        self.screen.show(item)
    }

    fn note_place(&mut self, item: &Item) {
        let Item::Event(event) = item else { return };
        self.seen = event.seq;
        if let EventBody::Failed { message, .. } = &event.body {
            self.failed = true;
            self.screen.failed(message);
        }
    }
}
