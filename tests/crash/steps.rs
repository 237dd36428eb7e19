//! Killed before and after everything that a turn writes.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use deskhand::domain::effect::Effect;
use deskhand::domain::id::ConversationId;
use deskhand::sandbox::Sandbox;
use deskhand::storage::log::EventLog as _;
use futures_util::{FutureExt as _, StreamExt as _};

use super::balance::balanced;
use super::child::{LEASE, Request};
use super::keeper::{Keeper, sandbox};
use super::points::Hold;
use super::script::{LISTING, PERSON, STATUS, Script, talk};
use super::whole::{check, ledger, report};
use crate::support::shop::storage;

/// Desks that are tried side by side: most of their time they wait for a lease to run out.
pub const SIDE_BY_SIDE: usize = 6;

/// The places that a talk passes when nothing goes wrong.
pub async fn rehearse(sandbox: &Sandbox, script: Script) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(sandbox, folder.path());
    let talk = talk(&keeper, sandbox, script).await;
    assert!(talk.last.as_deref().unwrap().contains(script.told), "{:?}", talk.last);
    talk.deeds_are_settled(&keeper, script).await;
    keeper.settle(&[talk.conversation]).await;
    // What comes after the answer, the turn given back, is a place too.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut passed = keeper.passed();
    let of_line = |place: &&String| place.starts_with("before append message.received");
    let of_last = format!("before {} proposed", script.effects.last().unwrap_or(&"?"));
    let of_last = |place: &&String| place.starts_with(&of_last);
    let mut lines = passed.iter().filter(of_line);
    let first_new = lines.nth(script.known).or_else(|| passed.iter().find(of_last)).cloned();
    if let Some(first_new) = first_new {
        passed.drain(..passed.iter().position(|place| *place == first_new).unwrap());
    }
    keeper.end().await;
    check(folder.path(), sandbox, script.name).await;
    passed
}

/// Kills each of the desk's processes at its place. Returns the places that they came to, and what the ledger has then.
pub async fn killed_at(sandbox: &Sandbox, script: Script, holds: Vec<Hold>) -> (Vec<String>, Vec<Effect>) {
    let folder = tempfile::tempdir().unwrap();
    let (what, before) = (format!("{}, killed at {holds:?}", script.name), sandbox.world());
    let keeper = Keeper::start_held(sandbox, folder.path(), LEASE, holds);
    let talking = async {
        let talk = talk(&keeper, sandbox, script).await;
        talk.deeds_are_settled(&keeper, script).await;
        keeper.settle(std::slice::from_ref(&talk.conversation)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        talk
    };
    let (mut places, mut talking) = (Vec::new(), Box::pin(talking));
    let talk = loop {
        tokio::select! {
            talk = &mut talking => break talk,
            place = keeper.held() => {
                places.push(place);
                keeper.restart().await;
            }
        }
    };
    let what = format!("{what}, held {places:?}");
    talk.did_its_effects_once(script, &keeper.ask(talk.effects()).await, &what);
    talk.ended_well(script, &what);
    keeper.end().await;
    assert_eq!(check(folder.path(), sandbox, &what).await, 1, "{what}");
    let ledger = ledger(folder.path()).await;
    balanced(&before, &sandbox.world(), &ledger, &what);
    (places, ledger)
}

/// Tries them all, whatever one of them shows; each panic has printed what it found.
pub async fn killed_at_all(sandbox: &Sandbox, script: Script, tries: Vec<Vec<Hold>>) -> Vec<Vec<String>> {
    let count = tries.len();
    let tries = futures_util::stream::iter(tries)
        .map(|holds| AssertUnwindSafe(killed_at(sandbox, script, holds)).catch_unwind());
    let outcomes: Vec<_> = tries.buffer_unordered(SIDE_BY_SIDE).collect().await;
    let held: Vec<_> = outcomes.into_iter().flatten().map(|(places, _)| places).collect();
    assert_eq!(held.len(), count, "{} of {count} tries broke", count - held.len());
    held
}

async fn killed_everywhere(script: Script) {
    let sandbox = sandbox().await;
    let places = rehearse(&sandbox, script).await;
    assert!(places.len() > 15, "{places:?}");
    let tries = places.iter().map(|place| vec![Hold::At(place.clone())]).collect();
    let held = killed_at_all(&sandbox, script, tries).await;
    let count = held.iter().filter(|held| !held.is_empty()).count();
    report(&format!("{}: killed at {count} of {} places", script.name, places.len()));
    // A turn that is swept up, or looked at again, may pass a place more or less.
    assert!(count * 10 >= places.len() * 9, "{count} of {} places were reached", places.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_s_status_survives_a_kill_at_each_step() {
    killed_everywhere(STATUS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_off_survives_a_kill_at_each_step() {
    killed_everywhere(PERSON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute; .ci/run runs it"]
async fn a_code_survives_a_kill_at_each_step() {
    killed_everywhere(LISTING).await;
}

/// The message is in the log.
const BEFORE_ITS_TURN: &str = "before claim+append turn.started #1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_not_waited_for_when_staff_came_before_its_turn() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start_held(&sandbox, folder.path(), LEASE, [Hold::At(BEFORE_ITS_TURN.to_owned())]);
    let opened = keeper.ask(Request::Open).await;
    let conversation = opened.as_str().unwrap().to_owned();
    let say = || {
        let (conversation, text) = (conversation.clone(), STATUS.lines[0].to_owned());
        Request::Say { conversation, client_message_id: "line-0".to_owned(), text }
    };
    let killing = async {
        keeper.held().await;
        // A lease of a process that is no more keeps the turn from beginning for a moment.
        let storage = storage(folder.path()).await;
        let claimed = storage.claim(&ConversationId::new(conversation.clone()), "a desk that is gone", LEASE * 5).await;
        assert!(claimed.unwrap().is_some());
        storage.close().await;
        keeper.restart().await;
        keeper.ask(Request::Escalate { conversation: conversation.clone() }).await;
    };
    let (answer, _) = tokio::join!(keeper.ask(say()), killing);
    assert!(answer["content"].as_str().is_some_and(|content| content.contains("colleague")), "{answer}");
    keeper.settle(std::slice::from_ref(&conversation)).await;
    assert!(keeper.ask(say()).await["content"].is_string(), "the same again");
    keeper.end().await;
    check(folder.path(), &sandbox, "staff came first").await;
}
