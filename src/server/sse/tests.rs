use std::sync::Arc;

use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::domain::id::TurnId;

const QUICK: Pauses = Pauses { keep_alive: Duration::from_millis(60), farewell: Duration::from_millis(20) };

struct Hand {
    items: mpsc::UnboundedSender<Item>,
    closing: CancellationToken,
    frames: Frames,
}

fn hand(until: Until) -> Hand {
    let (items, received) = mpsc::unbounded_channel();
    let closing = CancellationToken::new();
    let stream = UnboundedReceiverStream::new(received).boxed();
    let end = Box::pin(closing.clone().cancelled_owned());
    let frames = Frames::new(ConversationId::new("conv_1"), stream, View::Shopper, until, end, QUICK);
    Hand { items, closing, frames }
}

impl Hand {
    fn happens(&self, seq: u64, body: EventBody) {
        let event = Event { conversation: ConversationId::new("conv_1"), seq, at: Timestamp::UNIX_EPOCH, body };
        self.items.send(Item::Event(Arc::new(event))).unwrap();
    }

    fn completes(&self, seq: u64, through: u64) {
        self.happens(seq, EventBody::TurnCompleted { turn: TurnId::new("turn_1"), through, helped: true });
    }

    fn status(&self, seq: u64, status: Status) {
        self.happens(seq, EventBody::StatusChanged { status, by: "key_1".to_owned() });
    }

    async fn next(&mut self) -> Option<String> {
        let bytes = self.frames.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }
}

#[test]
fn ids_read_back() {
    assert_eq!(position("7"), Some(Position { seq: 7, offset: 0 }));
    assert_eq!(position("7.12"), Some(Position { seq: 7, offset: 12 }));
    for bad in ["", ".", "7.", ".7", "-1", "+1", "7.x", "7.1.2", " 7", "99999999999999999999999"] {
        assert_eq!(position(bad), None, "{bad:?}");
    }
}

#[tokio::test]
async fn what_is_there_at_once_leaves_at_once() {
    let mut hand = hand(Until::Closed);
    hand.completes(4, 2);
    let delta = Delta { turn: TurnId::new("turn_2"), attempt: 1, seq: 4, offset: 3, text: "a \"ü\"\n".into() };
    hand.items.send(Item::Delta(delta)).unwrap();
    let text = hand.next().await.unwrap();
    assert_eq!(
        text,
        "retry: 1000\n\n\
         id: 4\nevent: turn.completed\ndata: {\"conversation_id\":\"conv_1\",\"seq\":4,\"at\":\"1970-01-01T00:00:00Z\",\
         \"turn\":\"turn_1\",\"through\":2}\n\n\
         id: 4.10\nevent: message.delta\ndata: {\"conversation_id\":\"conv_1\",\"seq\":4,\"turn\":\"turn_2\",\
         \"attempt\":1,\"offset\":3,\"text\":\"a \\\"ü\\\"\\n\"}\n\n"
    );
}

#[tokio::test]
async fn silence_is_broken_by_comments() {
    let mut hand = hand(Until::Closed);
    hand.next().await.unwrap();
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(hand.next().await.unwrap(), ": keep-alive\n\n");
        assert!(began.elapsed() >= QUICK.keep_alive);
    }
    hand.closing.cancel();
    assert_eq!(hand.next().await, None);
}

#[tokio::test]
async fn what_was_said_before_the_end_is_sent() {
    let mut hand = hand(Until::Closed);
    hand.completes(4, 2);
    hand.closing.cancel();
    assert!(hand.next().await.unwrap().contains("turn.completed"));
    assert_eq!(hand.next().await, None);
}

#[tokio::test]
async fn a_posted_messages_stream_ends_with_its_turn() {
    let mut hand = hand(Until::Answered(5));
    hand.completes(6, 4);
    hand.completes(9, 7);
    hand.completes(12, 11);
    let text = hand.next().await.unwrap();
    assert!(text.contains("id: 6\n") && text.contains("id: 9\n") && !text.contains("id: 12\n"), "{text}");
    assert_eq!(hand.next().await, None);
}

#[test]
fn the_pauses_are_those_of_the_contract() {
    assert_eq!(PAUSES.keep_alive.as_secs(), 15);
}

#[tokio::test]
async fn a_message_that_nobody_is_left_to_answer_holds_nobody() {
    let mut hand = hand(Until::Answered(5));
    hand.status(6, Status::HandoffPending);
    hand.next().await.unwrap();
    let began = Instant::now();
    assert_eq!(hand.next().await, None);
    assert!(began.elapsed() >= QUICK.farewell);
}

#[tokio::test]
async fn a_turn_that_has_begun_is_waited_for_ticket_and_all() {
    let mut hand = hand(Until::Answered(5));
    hand.happens(6, EventBody::TurnStarted { turn: TurnId::new("turn_1"), through: 5 });
    hand.status(7, Status::HandoffPending);
    hand.next().await.unwrap();
    assert_eq!(hand.next().await.unwrap(), ": keep-alive\n\n");
    hand.completes(8, 5);
    assert!(hand.next().await.unwrap().contains("turn.completed"));
    assert_eq!(hand.next().await, None);
}
