//! Killed while what a carrier told is kept and worked off: it is looked into all the same, and told once.

use std::time::Duration;

use futures_util::future::join_all;

use super::child::{LEASE, Request};
use super::keeper::{Keeper, sandbox};
use super::points::Hold;
use super::script::{RETURN, talk};
use super::whole::check;

/// Where the desk has the carrier's word, or is about to be done with it.
const PLACES: [&str; 5] = [
    "before receive #1",
    "after receive #1",
    "after take delivery #1",
    "before settle delivery #1",
    "after settle delivery #1",
];

async fn killed_at(place: &str) {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start_held(&sandbox, folder.path(), LEASE, [Hold::At(place.to_owned())]);
    let talk = talk(&keeper, &sandbox, RETURN).await;
    keeper.settle(std::slice::from_ref(&talk.conversation)).await;
    talk.deeds_are_settled(&keeper, RETURN).await;
    let shipments = sandbox.world().shipments;
    let shipment = shipments.iter().find(|shipment| shipment.postage.is_some()).unwrap().id.clone();
    let telling = async {
        assert!(keeper.ask(Request::Deliver { shipment }).await.is_null());
        loop {
            let waiting = keeper.ask(Request::Waiting).await;
            assert_eq!(waiting["dead_deliveries"], 0, "{place}");
            if waiting["deliveries"] == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        // The last place comes a moment after the last delivery is over.
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    let (mut held, mut telling) = (Vec::new(), Box::pin(telling));
    loop {
        tokio::select! {
            () = &mut telling => break,
            at = keeper.held() => {
                held.push(at);
                keeper.restart().await;
            }
        }
    }
    assert_eq!(held, [place]);
    assert_eq!(keeper.ask(Request::Waiting).await["deliveries"], 0);
    keeper.end().await;
    assert_eq!(check(folder.path(), &sandbox, place).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_carrier_told_survives_a_kill_at_each_step() {
    join_all(PLACES.map(killed_at)).await;
}
