//! Killed while a vendor has the request, before it did its work and after.

use std::time::Duration;

use deskhand::sandbox::{Effect, Fault, Vendor};
use futures_util::future::join_all;

use super::keeper::{Keeper, sandbox};
use super::script::{LISTING, PERSON, STATUS, Script, talk};
use super::whole::check;

const BARRIER: &str = "the desk dies here";

/// Each call of the talk to each vendor.
const CALLS: [(Script, Vendor, Option<&str>); 4] = [
    (STATUS, Vendor::Shopify, None),
    (STATUS, Vendor::Easypost, None),
    (PERSON, Vendor::Gorgias, Some("POST /api/tickets")),
    (LISTING, Vendor::Sendgrid, Some("POST /v3/mail/send")),
];

fn fault(effect: Effect, vendor: Vendor, operation: Option<&str>) -> Fault {
    let fault = Fault::new(effect).vendor(vendor).times(1);
    match operation {
        Some(operation) => fault.operation(operation),
        None => fault,
    }
}

/// Kills the desk once a vendor has the struck request in hand.
async fn killed_in_call(script: Script, vendor: Vendor, operation: Option<&str>, effect: Effect) {
    let what = format!("{}, killed in a call to {vendor:?} under {effect:?}", script.name);
    let sandbox = sandbox().await;
    sandbox.fault(fault(effect, vendor, operation));
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&sandbox, folder.path());
    let has_it = || {
        sandbox.requests().iter().any(|request| {
            request.vendor == vendor
                && operation.is_none_or(|name| request.operations.iter().any(|known| known == name))
        })
    };
    let killing = async {
        while !has_it() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // The vendor does its work, where the fault lets it.
        tokio::time::sleep(Duration::from_millis(60)).await;
        keeper.kill_and_restart().await;
        sandbox.faults().release(BARRIER);
    };
    let (talk, ()) = tokio::join!(talk(&keeper, &sandbox, script), killing);
    keeper.settle(std::slice::from_ref(&talk.conversation)).await;
    keeper.end().await;
    assert_eq!(check(folder.path(), &sandbox, &what).await, 1, "{what}");
    talk.ended_well(script, &what);
}

/// In each call of the talks, side by side: each has a world of its own.
async fn killed_in_each_call(effect: Effect) {
    let calls = CALLS.map(|(script, vendor, operation)| killed_in_call(script, vendor, operation, effect.clone()));
    join_all(calls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_a_vendor_did_its_work() {
    killed_in_each_call(Effect::Latency { milliseconds: 2_000 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_a_vendor_did_its_work() {
    killed_in_each_call(Effect::Hold { barrier: BARRIER.to_owned() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_the_connection_to_a_vendor_was_cut() {
    killed_in_each_call(Effect::CutAfter).await;
}
