//! Killed before and after everything that a turn writes.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use deskhand::sandbox::Sandbox;
use futures_util::{FutureExt as _, StreamExt as _};

use super::child::Request;
use super::keeper::{Keeper, sandbox};
use super::script::{LISTING, PERSON, STATUS, Script, talk};
use super::whole::{check, report};

/// Desks that are tried side by side: most of their time they wait for a lease to run out.
const SIDE_BY_SIDE: usize = 6;

/// The places that a talk passes when nothing goes wrong.
async fn rehearse(sandbox: &Sandbox, script: Script) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(sandbox, folder.path(), None);
    let talk = talk(&keeper, sandbox, script).await;
    assert!(talk.last.as_deref().unwrap().contains(script.told), "{:?}", talk.last);
    keeper.settle(&[talk.conversation]).await;
    // What comes after the answer, the turn given back, is a place too.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut passed = keeper.passed();
    let of_line = |place: &&String| place.starts_with("before append message.received");
    if let Some(first_new) = passed.iter().filter(of_line).nth(script.known).cloned() {
        passed.drain(..passed.iter().position(|place| *place == first_new).unwrap());
    }
    keeper.end().await;
    check(folder.path(), sandbox, script.name).await;
    passed
}

/// Whether the desk came to the place at all.
async fn killed_at(sandbox: &Sandbox, script: Script, place: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(sandbox, folder.path(), Some(place));
    let what = format!("{}, killed {place}", script.name);
    let talking = async {
        let talk = talk(&keeper, sandbox, script).await;
        keeper.settle(std::slice::from_ref(&talk.conversation)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        talk
    };
    let (mut was_held, mut talking) = (false, Box::pin(talking));
    let talk = tokio::select! {
        talk = &mut talking => talk,
        () = keeper.held() => {
            was_held = true;
            keeper.restart().await;
            talking.await
        }
    };
    talk.ended_well(script, &what);
    keeper.end().await;
    assert_eq!(check(folder.path(), sandbox, &what).await, 1, "{what}");
    was_held
}

async fn killed_everywhere(script: Script) {
    let sandbox = sandbox().await;
    let places = rehearse(&sandbox, script).await;
    assert!(places.len() > 15, "{places:?}");
    let tries = futures_util::stream::iter(&places)
        .map(|place| AssertUnwindSafe(killed_at(&sandbox, script, place)).catch_unwind());
    let outcomes: Vec<_> = tries.buffer_unordered(SIDE_BY_SIDE).collect().await;
    // All places are tried, whatever one of them showed; each panic has printed what it found.
    let held: Vec<bool> = outcomes.into_iter().flatten().collect();
    assert_eq!(held.len(), places.len(), "{} of {} places broke", places.len() - held.len(), places.len());
    let count = held.iter().filter(|held| **held).count();
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
async fn a_code_survives_a_kill_at_each_step() {
    killed_everywhere(LISTING).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_not_waited_for_when_staff_came_before_its_turn() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&sandbox, folder.path(), Some("after claim #1"));
    let opened = keeper.ask(Request::Open).await;
    let conversation = opened.as_str().unwrap().to_owned();
    let say = || {
        let (conversation, text) = (conversation.clone(), STATUS.lines[0].to_owned());
        Request::Say { conversation, client_message_id: "line-0".to_owned(), text }
    };
    let killing = async {
        keeper.held().await;
        keeper.restart().await;
        // The lease of the dead process keeps the turn from beginning for a moment.
        keeper.ask(Request::Escalate { conversation: conversation.clone() }).await;
    };
    let (answer, _) = tokio::join!(keeper.ask(say()), killing);
    assert!(answer["content"].as_str().is_some_and(|content| content.contains("colleague")), "{answer}");
    keeper.settle(std::slice::from_ref(&conversation)).await;
    assert!(keeper.ask(say()).await["content"].is_string(), "the same again");
    keeper.end().await;
    check(folder.path(), &sandbox, "staff came first").await;
}
