//! Killed before and after everything that a turn writes.

use std::time::Duration;

use deskhand::sandbox::Sandbox;
use futures_util::StreamExt as _;

use super::keeper::{Keeper, sandbox};
use super::script::{LISTING, PERSON, STATUS, Script, talk};
use super::whole::check;

/// Desks that are tried side by side: most of their time they wait for a lease to run out.
const SIDE_BY_SIDE: usize = 6;

/// The places that a talk passes when nothing goes wrong.
async fn rehearse(sandbox: &Sandbox, script: Script) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(sandbox, folder.path(), None);
    let talk = talk(&keeper, sandbox, script).await;
    assert!(talk.last.unwrap().contains(script.told));
    keeper.settle(&[talk.conversation]).await;
    // What comes after the answer, the turn given back, is a place too.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let passed = keeper.passed();
    keeper.end().await;
    check(folder.path(), sandbox, script.name).await;
    passed
}

/// Whether the desk came to the place at all.
async fn killed_at(sandbox: &Sandbox, script: Script, place: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(sandbox, folder.path(), Some(place));
    let what = format!("{}, killed {place}", script.name);
    let began = tokio::time::Instant::now();
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
    let last = talk.last.unwrap();
    assert!(talk.without_code || last.contains(script.told) || script.told == "reference", "{what}: {last}");
    keeper.end().await;
    assert_eq!(check(folder.path(), sandbox, &what).await, 1, "{what}");
    println!("{:>5} ms {what}: {last:?}", began.elapsed().as_millis());
    was_held
}

async fn killed_everywhere(script: Script) {
    let sandbox = sandbox().await;
    let places = rehearse(&sandbox, script).await;
    println!("{} places", places.len());
    assert!(places.len() > 15, "{places:?}");
    let tries = futures_util::stream::iter(&places).map(|place| killed_at(&sandbox, script, place));
    let held: Vec<bool> = tries.buffer_unordered(SIDE_BY_SIDE).collect().await;
    let count = held.iter().filter(|held| **held).count();
    println!("{}: killed at {count} of {} places", script.name, places.len());
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
