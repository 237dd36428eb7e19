//! Publishing: what happens in a conversation, to everyone who follows it in this process. The log is the truth; what
//! travels here only saves followers from reading it again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

use super::{Delta, Item, Position};
use crate::domain::event::{Author, Event, EventBody};
use crate::domain::id::{ConversationId, TurnId};
use crate::storage::Storage;
use crate::storage::log::AppendError;

/// Signals that a follower may lag behind before it reads the log instead.
const BACKLOG: usize = 32;

#[derive(Clone, Debug)]
enum Signal {
    Event(Arc<Event>),
    Delta(Arc<Delta>),
    /// The log has grown by events that are not at hand.
    Grown,
}

#[derive(Default)]
pub struct Hub {
    channels: Channels,
}

type Channels = Arc<Mutex<HashMap<ConversationId, Arc<Channel>>>>;

struct Channel {
    sender: Sender<Signal>,
    live: Mutex<Live>,
}

/// The message in the making.
#[derive(Default)]
struct Live {
    /// The last event that was published.
    seq: u64,
    message: Option<(TurnId, u32, String)>,
}

impl Hub {
    /// Tells followers of new events.
    pub fn events(&self, conversation: &ConversationId, events: Vec<Event>) {
        let Some(channel) = self.existing(conversation) else { return };
        let mut live = locked(&channel.live);
        for event in events {
            live.seq = live.seq.max(event.seq);
            if ends_message(&event.body) {
                live.message = None;
            }
            drop_unheard(channel.sender.send(Signal::Event(Arc::new(event))));
        }
    }

    /// Tells followers that the log has grown.
    pub fn grown(&self, conversation: &ConversationId) {
        if let Some(channel) = self.existing(conversation) {
            drop_unheard(channel.sender.send(Signal::Grown));
        }
    }

    /// Adds a checked piece to the message in the making.
    pub fn speak(&self, conversation: &ConversationId, turn: &TurnId, attempt: u32, len: u64, text: &str) {
        let channel = self.channel(conversation);
        let mut live = locked(&channel.live);
        live.seq = live.seq.max(len);
        let seq = live.seq;
        let same = live.message.as_ref().is_some_and(|(of, at, _)| (of, *at) == (turn, attempt));
        if !same {
            live.message = Some((turn.clone(), attempt, String::new()));
        }
        let Some((_, _, said)) = &mut live.message else { return };
        let delta = Delta { turn: turn.clone(), attempt, seq, offset: said.len(), text: text.into() };
        said.push_str(text);
        drop_unheard(channel.sender.send(Signal::Delta(Arc::new(delta))));
    }

    /// Forgets a conversation that nobody follows.
    pub fn rest(&self, conversation: &ConversationId) {
        let mut channels = locked(&self.channels);
        if channels.get(conversation).is_some_and(|channel| channel.sender.receiver_count() == 0) {
            channels.remove(conversation);
        }
    }

    /// The stream from a place on.
    pub async fn follow(
        &self,
        storage: Arc<dyn Storage>,
        conversation: &ConversationId,
        after: Position,
    ) -> Result<BoxStream<'static, Item>, AppendError> {
        let Ear(mut follower) = self.listen(storage, conversation);
        (follower.seq, follower.offset) = (after.seq, after.offset);
        follower.catch_up().await?;
        Ok(follower.stream())
    }

    /// Listens from now on.
    pub fn listen(&self, storage: Arc<dyn Storage>, conversation: &ConversationId) -> Ear {
        let channel = self.channel(conversation);
        let receiver = channel.sender.subscribe();
        Ear(Follower {
            channels: Arc::clone(&self.channels),
            storage,
            conversation: conversation.clone(),
            channel,
            receiver,
            seq: 0,
            offset: 0,
            message: None,
            ready: VecDeque::new(),
        })
    }

    fn existing(&self, conversation: &ConversationId) -> Option<Arc<Channel>> {
        locked(&self.channels).get(conversation).cloned()
    }

    fn channel(&self, conversation: &ConversationId) -> Arc<Channel> {
        let new = || Arc::new(Channel { sender: broadcast::channel(BACKLOG).0, live: Mutex::default() });
        Arc::clone(locked(&self.channels).entry(conversation.clone()).or_insert_with(new))
    }
}

/// One who listens already, and has not yet said from where on.
pub struct Ear(Follower);

impl Ear {
    /// The stream from a place on that was reached since this listens.
    pub fn stream(self, after: Position) -> BoxStream<'static, Item> {
        let Self(mut follower) = self;
        (follower.seq, follower.offset) = (after.seq, after.offset);
        follower.stream()
    }
}

/// One reader of a conversation.
struct Follower {
    channels: Channels,
    storage: Arc<dyn Storage>,
    conversation: ConversationId,
    channel: Arc<Channel>,
    receiver: Receiver<Signal>,
    /// The last event given out.
    seq: u64,
    /// Bytes given out of the message in the making.
    offset: usize,
    /// Which message that is, once it is known.
    message: Option<(TurnId, u32)>,
    ready: VecDeque<Item>,
}

/// The last one to leave takes the channel along, unless something is being said in it.
impl Drop for Follower {
    fn drop(&mut self) {
        let mut channels = locked(&self.channels);
        let this = channels.get(&self.conversation).is_some_and(|channel| Arc::ptr_eq(channel, &self.channel));
        let alone = self.channel.sender.receiver_count() <= 1;
        if this && alone && locked(&self.channel.live).message.is_none() {
            channels.remove(&self.conversation);
        }
    }
}

impl Follower {
    fn stream(self) -> BoxStream<'static, Item> {
        stream::unfold(self, |mut follower| async move { Some((follower.next().await?, follower)) }).boxed()
    }

    async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            match self.receiver.recv().await {
                Ok(Signal::Event(event)) if event.seq == self.seq + 1 => self.take_event(event),
                Ok(Signal::Event(event)) if event.seq <= self.seq => {}
                Ok(Signal::Delta(delta)) if delta.seq <= self.seq => self.take_delta(&delta),
                Ok(Signal::Event(_) | Signal::Delta(_) | Signal::Grown) | Err(RecvError::Lagged(_)) => {
                    self.catch_up().await.ok()?;
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads what the log has beyond this follower, then what is being said.
    async fn catch_up(&mut self) -> Result<(), AppendError> {
        for event in self.storage.read(&self.conversation, self.seq).await? {
            self.take_event(Arc::new(event));
        }
        let delta = {
            let live = locked(&self.channel.live);
            live.message.as_ref().map(|(turn, attempt, text)| Delta {
                turn: turn.clone(),
                attempt: *attempt,
                seq: self.seq,
                offset: 0,
                text: text.as_str().into(),
            })
        };
        if let Some(delta) = delta {
            self.take_delta(&delta);
        }
        Ok(())
    }

    fn take_event(&mut self, event: Arc<Event>) {
        self.seq = event.seq;
        if ends_message(&event.body) {
            self.offset = 0;
            self.message = ended(&event.body).or(self.message.take());
        }
        self.ready.push_back(Item::Event(event));
    }

    /// Gives out what of a piece was not given out before. Pieces of a message that is over are dropped.
    fn take_delta(&mut self, delta: &Delta) {
        let of = (delta.turn.clone(), delta.attempt);
        if self.message.as_ref().is_some_and(|current| *current > of) {
            return;
        }
        if self.message.as_ref().is_some_and(|current| *current < of) {
            self.offset = 0;
        }
        self.message = Some(of);
        let Some(new) = self.offset.checked_sub(delta.offset).and_then(|known| delta.text.get(known..)) else { return };
        if !new.is_empty() {
            let (turn, attempt) = (delta.turn.clone(), delta.attempt);
            let fresh = Delta { turn, attempt, seq: self.seq, offset: self.offset, text: new.into() };
            self.offset += new.len();
            self.ready.push_back(Item::Delta(fresh));
        }
    }
}

fn ends_message(body: &EventBody) -> bool {
    matches!(body, EventBody::MessageReset { .. } | EventBody::MessageCompleted { author: Author::Agent, .. })
}

/// The first message that may come after the one that this event ends.
fn ended(body: &EventBody) -> Option<(TurnId, u32)> {
    match body {
        EventBody::MessageReset { turn, attempt, .. } => Some((turn.clone(), attempt + 1)),
        EventBody::MessageCompleted { turn: Some(turn), attempt, .. } => Some((turn.clone(), attempt + 1)),
        _ => None,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nobody listening is no fault.
fn drop_unheard<T, E>(_: Result<T, E>) {}
