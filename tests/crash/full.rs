//! The disk is full from some step of a turn on, and has room again later: nobody is told that something was stored that
//! was not, no effect leaves that the ledger does not have as sent, and all goes on where it stood.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use deskhand::sandbox::Sandbox;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::Value;

use super::child::{LEASE, Request};
use super::keeper::{Keeper, NO_ROOM, sandbox};
use super::points::Hold;
use super::script::{LISTING, PERSON, STATUS, Script, mails_of, talk_in};
use super::steps::{SIDE_BY_SIDE, rehearse};
use super::whole::{check, report};

/// So long there is no room: the lease of the turn runs out, and others have tried.
const FULL: Duration = Duration::from_millis(900);

/// Whatever of an effect is in the world, the ledger had it as sent before.
fn nothing_left_unrecorded(rows: &Value, sandbox: &Sandbox, what: &str) {
    for row in rows.as_array().unwrap().iter().filter(|row| row["state"] == "proposed") {
        let id = row["id"].as_str().unwrap();
        let tickets = sandbox.world().helpdesk.tickets;
        let there = tickets.iter().filter(|ticket| ticket.external_id.as_deref() == Some(id)).count();
        assert_eq!(there + mails_of(sandbox, id).len(), 0, "{what}: it left, and is only proposed: {row}");
    }
}

async fn while_full(keeper: &Keeper, sandbox: &Sandbox, talking: &Request, other: &str, what: &str) {
    let text = "where is my order #1001? my email is ana@example.com".to_owned();
    let say = Request::Say { conversation: other.to_owned(), client_message_id: "refused".to_owned(), text };
    let answer = keeper.ask_once(say).await;
    assert!(answer["error"].as_str().is_some_and(|error| error.contains(NO_ROOM)), "{what}: taken in: {answer}");
    tokio::time::sleep(FULL).await;
    nothing_left_unrecorded(&keeper.ask_once(talking.clone()).await["ok"], sandbox, what);
    keeper.ask_once(Request::Room).await;
}

/// Whether the desk came to the place at all.
async fn full_at(sandbox: &Sandbox, script: Script, place: &str) -> bool {
    let what = format!("{}, disk full {place}", script.name);
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start_held(sandbox, folder.path(), LEASE, [Hold::FullAt(place.to_owned())]);
    let other = keeper.ask(Request::Open).await.as_str().unwrap().to_owned();
    let opened = keeper.ask(Request::Open).await.as_str().unwrap().to_owned();
    let effects = Request::Effects { conversation: opened.clone() };
    let talking = async {
        let talk = talk_in(&opened, &keeper, sandbox, script).await;
        keeper.settle(std::slice::from_ref(&opened)).await;
        talk
    };
    let (mut was_full, mut talking) = (false, Box::pin(talking));
    let talk = tokio::select! {
        talk = &mut talking => talk,
        _ = keeper.full() => {
            was_full = true;
            tokio::join!(while_full(&keeper, sandbox, &effects, &other, &what), talking).1
        }
    };
    talk.did_its_effects_once(script, &keeper.ask(effects).await, &what);
    talk.ended_well(script, &what);
    keeper.end().await;
    assert_eq!(check(folder.path(), sandbox, &what).await, 1, "{what}: what was refused was kept");
    was_full
}

async fn full_everywhere(script: Script) {
    let sandbox = sandbox().await;
    let mut places = rehearse(&sandbox, script).await;
    // After one thing is before the next.
    places.retain(|place| place.starts_with("before "));
    let tries = futures_util::stream::iter(&places)
        .map(|place| AssertUnwindSafe(full_at(&sandbox, script, place)).catch_unwind());
    let outcomes: Vec<_> = tries.buffer_unordered(SIDE_BY_SIDE).collect().await;
    let full: Vec<bool> = outcomes.into_iter().flatten().collect();
    assert_eq!(full.len(), places.len(), "{} of {} places broke", places.len() - full.len(), places.len());
    let count = full.iter().filter(|full| **full).count();
    report(&format!("{}: the disk was full at {count} of {} places", script.name, places.len()));
    assert!(count * 10 >= places.len() * 9, "{count} of {} places were reached", places.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_s_status_survives_a_full_disk_at_each_step() {
    full_everywhere(STATUS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_off_survives_a_full_disk_at_each_step() {
    full_everywhere(PERSON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_survives_a_full_disk_at_each_step() {
    full_everywhere(LISTING).await;
}
