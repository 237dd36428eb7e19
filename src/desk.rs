//! The runtime: takes messages in, takes turns, lets effects out, hands over to people, publishes what happens.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

mod acting;
pub mod announcing;
mod answer;
pub mod approvals;
pub mod articles;
mod channel;
mod colleagues;
mod deciding;
mod deliveries;
mod driver;
mod effects;
mod handoff;
mod hub;
mod inbox;
mod letters;
pub mod manners;
mod outbox;
mod recent;
mod recovery;
mod running;
mod senders;
mod speaking;
mod summary;
pub mod twin;
mod writing;

use crate::agents::catalog::Catalog;
use crate::agents::conversation::Conversation;
use crate::agents::language::{Languages, Lines};
use crate::agents::versions;
use crate::domain::clock::Clock;
use crate::domain::customer::Email;
use crate::domain::event::{Event, EventBody, HandoffReason, Status, Versions};
use crate::domain::id::{ConversationId, KeyId, MessageId, RequestId, StoreId, TurnId};
use crate::domain::store::StoreProfile;
use crate::integrations::hooks::Hooks;
use crate::integrations::messaging::letters::Letters;
use crate::integrations::{Readers, Writers};
use crate::model::ChatModel;
use crate::policy::Policy;
use crate::storage::log::{AppendError, Filter, Page};
use crate::storage::{Storage, StorageError};
use crate::tools::help_center::HelpCenter;
use crate::tools::registry::Registry;
use announcing::Announce;
pub use answer::Answer;
use answer::answer_of;
use hub::Hub;
use manners::Manners;
use recent::Recent;
use running::{Running, TurnsToday};
use senders::Senders;

/// Everything that a store brings.
pub struct StoreSetup {
    pub profile: StoreProfile,
    pub policy: Policy,
    pub catalog: Catalog,
    pub help: HelpCenter,
    pub readers: Readers,
    pub writers: Writers,
    pub announce: Announce,
    pub hooks: Hooks,
    pub manners: Manners,
    /// Where people reach this server, for links that they are given.
    pub server: Option<Url>,
    pub model: Arc<dyn ChatModel>,
}

/// What a desk is made of.
pub struct DeskParts {
    pub storage: Arc<dyn Storage>,
    pub clock: Clock,
    pub registry: Registry,
    pub languages: Languages,
    pub letters: Letters,
    pub stores: Vec<StoreSetup>,
    pub pace: Pace,
}

/// Times of the machine, not of the world.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a turn's lease runs; after a crash another owner waits this long.
    pub lease: Duration,
    /// How often unanswered conversations and waiting work are looked for.
    pub sweep: Duration,
    /// How long a shopper's turn waits for the ticket's reference.
    pub ticket: Duration,
    /// How far apart two readings of a vendor must lie before "it is not there" is believed.
    pub absence: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            sweep: Duration::from_secs(2),
            ticket: Duration::from_secs(6),
            absence: Duration::from_secs(60),
        }
    }
}

/// Why the desk did not do what was asked. `Display` is fit for the API's caller.
#[derive(Debug, Error)]
pub enum DeskError {
    #[error("there is no such conversation")]
    UnknownConversation,
    #[error("there is no store {0:?} in the configuration")]
    UnknownStore(String),
    #[error("client_message_id was used before with other content")]
    RepeatedWithOtherContent,
    #[error("the message is empty")]
    EmptyMessage,
    #[error("the message has more than {most} characters")]
    MessageTooLong { most: u32 },
    #[error("the conversation is {status:?}; {advice}")]
    WrongStatus { status: Status, advice: &'static str },
    #[error("the server is stopping; send the message again in a moment")]
    Stopping,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<AppendError> for DeskError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Unknown => Self::UnknownConversation,
            AppendError::Storage(error) => Self::Storage(error),
            AppendError::Changed { .. } | AppendError::Fenced => Self::Stopping,
        }
    }
}

/// A conversation to be opened.
#[derive(Clone, Debug)]
pub struct Opening {
    pub store: StoreId,
    pub channel: String,
    pub key: Option<KeyId>,
    /// What the opener says of the customer, `{"email": …, "name": …}`: a claim.
    pub customer: Option<Value>,
    /// The address that a signed customer token proves, checked by the caller.
    pub verified: Option<Email>,
    pub metadata: Option<Value>,
}

/// A shopper's message.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub content: String,
    pub client_message_id: Option<String>,
    /// The client's network address: failed tries are counted under it.
    pub address: Option<String>,
    pub key: Option<KeyId>,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub struct Posted {
    pub message: MessageId,
    pub seq: u64,
    /// A person has the conversation: nobody here will answer.
    pub silent: bool,
    /// It had been posted before; this is the first one's result.
    pub repeated: bool,
}

/// A place in a conversation's stream: after event `seq`, and after `offset` bytes of the message in the making there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub seq: u64,
    pub offset: usize,
}

/// An item of a conversation's stream.
#[derive(Clone, Debug)]
pub enum Item {
    Event(Arc<Event>),
    Delta(Delta),
}

/// A piece of a message in the making: checked, not yet in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    pub turn: TurnId,
    pub attempt: u32,
    /// The log's length when the message began; with the offset it is the stream id `<seq>.<offset>`.
    pub seq: u64,
    /// Bytes of this message before this piece.
    pub offset: usize,
    pub text: Arc<str>,
}

impl Delta {
    /// Where one stands after this piece.
    pub fn end(&self) -> Position {
        Position { seq: self.seq, offset: self.offset + self.text.len() }
    }
}

/// The desk of a process. Clones are the same desk.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    storage: Arc<dyn Storage>,
    clock: Clock,
    registry: Registry,
    languages: Languages,
    letters: Letters,
    stores: HashMap<StoreId, StoreSetup>,
    /// What each store's agents go by.
    versions: HashMap<StoreId, BTreeMap<String, Versions>>,
    pace: Pace,
    /// This process's name on leases and on jobs in hand.
    owner: String,
    hub: Hub,
    recent: Recent,
    running: Running,
    turns_today: TurnsToday,
    senders: Senders,
    tasks: TaskTracker,
    /// No new turn begins.
    stopping: CancellationToken,
    /// Turns under way are left as they are.
    parked: CancellationToken,
    outbox: Notify,
    deliveries: Notify,
    handoffs: Notify,
    /// That someone wants to have looked for what is due.
    called: Notify,
    /// Held by whoever lets money out that no turn waits for: a person's yes, or what is settled in the background.
    settling: tokio::sync::Mutex<()>,
}

/// Why work on a conversation stopped.
#[derive(Debug)]
enum Stop {
    /// A later owner has it.
    Fenced,
    /// A person has taken the conversation: the agent falls silent.
    Interrupted,
    Storage(StorageError),
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl Desk {
    /// Settles what an earlier process left behind, then starts to work.
    pub async fn start(parts: DeskParts) -> Result<Self, DeskError> {
        let versions = |store: &StoreSetup| {
            let all = versions::of(&store.catalog, &store.policy, &store.help, &store.model.description());
            (store.profile.id.clone(), all)
        };
        let inner = Arc::new(Inner {
            versions: parts.stores.iter().map(versions).collect(),
            storage: parts.storage,
            clock: parts.clock,
            registry: parts.registry,
            languages: parts.languages,
            letters: parts.letters,
            stores: parts.stores.into_iter().map(|store| (store.profile.id.clone(), store)).collect(),
            pace: parts.pace,
            owner: RequestId::generate().to_string(),
            hub: Hub::default(),
            recent: Recent::default(),
            running: Running::default(),
            turns_today: TurnsToday::default(),
            senders: Senders::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            parked: CancellationToken::new(),
            outbox: Notify::new(),
            deliveries: Notify::new(),
            handoffs: Notify::new(),
            called: Notify::new(),
            settling: tokio::sync::Mutex::default(),
        });
        inner.settle_leftovers().await?;
        inner.start_sweeping();
        inner.start_working_off_deliveries();
        Ok(Self(inner))
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.0.storage
    }

    pub fn store(&self, id: &StoreId) -> Option<&StoreSetup> {
        self.0.stores.get(id)
    }

    pub fn stores(&self) -> impl Iterator<Item = &StoreSetup> {
        self.0.stores.values()
    }

    /// Looks now for what it would look for in a moment: time may have been moved, and something be due.
    pub fn look_around(&self) {
        self.0.called.notify_waiters();
        self.0.outbox.notify_one();
        self.0.deliveries.notify_one();
    }

    pub async fn open(&self, opening: Opening) -> Result<ConversationId, DeskError> {
        self.0.refuse_when_stopping()?;
        self.0.open(opening).await
    }

    /// Takes a message in. When this returns, it is in the log, and a turn is on its way unless the result is `silent`.
    pub async fn post(&self, id: &ConversationId, message: NewMessage) -> Result<Posted, DeskError> {
        self.0.refuse_when_stopping()?;
        let posted = self.0.receive(id, message).await?;
        if !posted.silent {
            self.0.kick(id);
        }
        Ok(posted)
    }

    /// [`Desk::post`], and the conversation's stream from the message on.
    pub async fn post_and_follow(
        &self,
        id: &ConversationId,
        message: NewMessage,
    ) -> Result<(Posted, BoxStream<'static, Item>), DeskError> {
        let ear = self.0.hub.listen(Arc::clone(&self.0.storage), id);
        let posted = self.post(id, message).await?;
        let before = Position { seq: posted.seq.saturating_sub(1), offset: 0 };
        // Nothing that happens from now on is missed; what happened before a repeated message must be read.
        let items = if posted.repeated { self.follow(id, before).await? } else { ear.stream(before) };
        Ok((posted, items))
    }

    /// [`Desk::post`], and the answer to it.
    pub async fn ask(&self, id: &ConversationId, message: NewMessage) -> Result<Answer, DeskError> {
        let ear = self.0.hub.listen(Arc::clone(&self.0.storage), id);
        let posted = self.post(id, message).await?;
        if posted.silent || posted.repeated {
            return self.answer(id, &posted).await;
        }
        let stream = ear.stream(Position { seq: posted.seq, offset: 0 });
        let events = self.0.until_answered(id, &posted, stream).await?;
        let status = events.iter().rev().find_map(|event| match &event.body {
            EventBody::StatusChanged { status, .. } => Some(*status),
            _ => None,
        });
        Ok(answer_of(&events, status.unwrap_or(Status::AiHandling)))
    }

    /// Waits for the turn that answers what was posted.
    pub async fn answer(&self, id: &ConversationId, posted: &Posted) -> Result<Answer, DeskError> {
        let mut events = Vec::new();
        if !posted.silent {
            let stream = self.follow(id, Position { seq: posted.seq, offset: 0 }).await?;
            events = self.0.until_answered(id, posted, stream).await?;
        }
        let status = self.0.load(id).await?.status;
        Ok(answer_of(&events, status))
    }

    pub async fn conversation(&self, id: &ConversationId) -> Result<Conversation, DeskError> {
        Ok(*self.0.load(id).await?)
    }

    pub async fn events(&self, id: &ConversationId, after: u64) -> Result<Vec<Event>, DeskError> {
        Ok(self.0.storage.read(id, after).await?)
    }

    /// The conversation's stream from a place on: what is in the log, the message in the making, then whatever happens.
    /// It never ends by itself.
    pub async fn follow(&self, id: &ConversationId, after: Position) -> Result<BoxStream<'static, Item>, DeskError> {
        Ok(self.0.hub.follow(Arc::clone(&self.0.storage), id, after).await?)
    }

    pub async fn list(&self, filter: &Filter) -> Result<Page, DeskError> {
        Ok(self.0.storage.list(filter).await?)
    }

    /// Gives the conversation to a person. `Ok` also where one has it already.
    pub async fn escalate(&self, id: &ConversationId, reason: HandoffReason, by: &str) -> Result<(), DeskError> {
        self.0.escalate(id, reason, by).await
    }

    pub async fn resolve(&self, id: &ConversationId, by: &str) -> Result<(), DeskError> {
        self.0.set_status(id, Status::Resolved, by).await
    }

    /// Gives the conversation back to the agent.
    pub async fn hand_back(&self, id: &ConversationId, by: &str) -> Result<(), DeskError> {
        self.0.set_status(id, Status::AiHandling, by).await
    }

    /// Lets turns finish for `grace`, then parks them: their leases are given back, and the next start resumes them.
    pub async fn shutdown(&self, grace: Duration) {
        self.0.stopping.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(grace, self.0.tasks.wait()).await.is_err() {
            tracing::info!("turns are still under way; they are parked and resumed at the next start");
            self.0.parked.cancel();
            drop(tokio::time::timeout(Duration::from_secs(2), self.0.tasks.wait()).await);
        }
    }
}

impl Inner {
    fn refuse_when_stopping(&self) -> Result<(), DeskError> {
        if self.stopping.is_cancelled() { Err(DeskError::Stopping) } else { Ok(()) }
    }

    /// The conversation as it was known last, which may be out of date, or as it stands in the log.
    async fn recall(&self, id: &ConversationId) -> Result<Box<Conversation>, DeskError> {
        match self.recent.take(id) {
            Some(conversation) => Ok(conversation),
            None => self.load(id).await,
        }
    }

    /// On the heap: it is large, and goes from hand to hand.
    async fn load(&self, id: &ConversationId) -> Result<Box<Conversation>, DeskError> {
        let events = self.storage.read(id, 0).await?;
        Conversation::fold(&events).map(Box::new).ok_or(DeskError::UnknownConversation)
    }

    /// What comes for a message, until nothing more does.
    async fn until_answered(
        &self,
        id: &ConversationId,
        posted: &Posted,
        mut stream: BoxStream<'static, Item>,
    ) -> Result<Vec<Arc<Event>>, DeskError> {
        let mut events = Vec::new();
        while let Some(item) = stream.next().await {
            let Item::Event(event) = item else { continue };
            let done = self.ends_wait(id, posted, &event).await?;
            events.push(event);
            if done {
                break;
            }
        }
        Ok(events)
    }

    /// Whether nothing more comes for a message: a turn has reached it, or somebody took the conversation before one
    /// could begin.
    async fn ends_wait(&self, id: &ConversationId, posted: &Posted, event: &Event) -> Result<bool, DeskError> {
        match &event.body {
            EventBody::TurnCompleted { through, .. } => Ok(*through >= posted.seq),
            EventBody::StatusChanged { status, .. } if *status != Status::AiHandling => {
                let mut events = self.storage.read(id, 0).await?;
                events.retain(|earlier| earlier.seq <= event.seq);
                Ok(Conversation::fold(&events).is_none_or(|then| then.turn.is_none()))
            }
            _ => Ok(false),
        }
    }

    fn setup(&self, conversation: &Conversation) -> Result<&StoreSetup, DeskError> {
        let store = &conversation.store;
        self.stores.get(store).ok_or_else(|| DeskError::UnknownStore(store.to_string()))
    }

    /// Whether the agent may answer in a language: its words can be checked, and the store wants it.
    fn speaks(&self, setup: &StoreSetup, language: &str) -> bool {
        self.languages.get(language).is_some() && setup.profile.languages.iter().any(|wanted| wanted == language)
    }

    /// The fixed lines in a language; in English where it has none.
    fn lines(&self, language: &str) -> &Lines {
        self.languages.lines(language)
    }
}
