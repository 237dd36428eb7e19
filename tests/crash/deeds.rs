//! Killed before and after everything that is written while something is done to an order: money, goods, an address, a
//! note. Each time in a world of its own, for it can be done once.

use std::panic::AssertUnwindSafe;

use deskhand::domain::effect::{Effect, EffectKind, EffectState};
use futures_util::{FutureExt as _, StreamExt as _};

use super::child::LEASE;
use super::keeper::{Keeper, sandbox};
use super::points::{Hold, OLD_NEWS};
use super::script::{ADDRESS, ARRIVAL, CANCELLATION, GOODWILL, NOTE, PAYMENT, REFUND, RETURN, Script, talk};
use super::steps::{SIDE_BY_SIDE, killed_at, rehearse};
use super::whole::{check, report};

/// Whether it was done. A cancellation that nobody can be sure of is left to a person instead.
fn is_done(script: Script, ledger: &[Effect]) -> bool {
    let deeds: Vec<&Effect> = ledger.iter().filter(|effect| effect.order.is_some()).collect();
    let due = script.deeds().count();
    assert_eq!(deeds.len(), due, "{deeds:?}");
    let done = deeds.iter().all(|effect| effect.state == EffectState::Confirmed);
    assert!(done || deeds.iter().all(|effect| effect.kind == EffectKind::Cancellation), "{deeds:?}");
    done
}

async fn killed_in_worlds_of_its_own(script: Script) {
    let places = rehearse(&sandbox().await, script).await;
    for deed in script.deeds().filter(|deed| script.known == 0 || Some(deed) == script.effects.last()) {
        let sent = format!("before {deed} sent");
        assert!(places.iter().any(|place| place.starts_with(&sent)), "{places:?}");
    }
    let count = places.len();
    let tries = futures_util::stream::iter(places).map(|place| {
        AssertUnwindSafe(async move {
            let sandbox = sandbox().await;
            let (held, ledger) = killed_at(&sandbox, script, vec![Hold::At(place)]).await;
            (held.len(), is_done(script, &ledger))
        })
        .catch_unwind()
    });
    let outcomes: Vec<_> = tries.buffer_unordered(SIDE_BY_SIDE).collect().await;
    let whole: Vec<(usize, bool)> = outcomes.into_iter().flatten().collect();
    assert_eq!(whole.len(), count, "{} of {count} tries broke", count - whole.len());
    let held = whole.iter().map(|(held, _)| held).sum::<usize>();
    let left = whole.iter().filter(|(_, done)| !done).count();
    report(&format!("{}: killed at {held} of {count} places, {left} left to a person", script.name));
    assert!(held * 10 >= count * 9, "{whole:?}");
    assert!(left * 5 <= count, "{left} of {count} were not done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_survives_a_kill_at_each_step() {
    killed_in_worlds_of_its_own(REFUND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute; .ci/run runs it"]
async fn a_refund_past_the_platform_survives_a_kill_at_each_step() {
    killed_in_worlds_of_its_own(PAYMENT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute; .ci/run runs it"]
async fn what_a_person_grants_survives_a_kill_at_each_step() {
    killed_in_worlds_of_its_own(GOODWILL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes one to two minutes; .ci/run runs it"]
async fn a_return_and_its_label_survive_a_kill_at_each_step() {
    killed_in_worlds_of_its_own(RETURN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute; .ci/run runs it"]
async fn the_money_for_goods_that_came_back_survives_a_kill_at_each_step() {
    killed_in_worlds_of_its_own(ARRIVAL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute; .ci/run runs it"]
async fn a_cancellation_survives_a_kill_at_each_step() {
    killed_in_worlds_of_its_own(CANCELLATION).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute; .ci/run runs it"]
async fn a_new_address_survives_a_kill_at_each_step() {
    killed_in_worlds_of_its_own(ADDRESS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute; .ci/run runs it"]
async fn a_note_survives_a_kill_at_each_step() {
    killed_in_worlds_of_its_own(NOTE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_sweep_has_read_undoes_nothing_that_was_done_meanwhile() {
    for script in [REFUND, ADDRESS] {
        let sandbox = sandbox().await;
        let folder = tempfile::tempdir().unwrap();
        let keeper = Keeper::start_held(&sandbox, folder.path(), LEASE, [Hold::OldNews]);
        let talk = talk(&keeper, &sandbox, script).await;
        keeper.settle(std::slice::from_ref(&talk.conversation)).await;
        // For what the sweep makes of it.
        tokio::time::sleep(3 * LEASE).await;
        assert!(keeper.passed().iter().any(|place| place.starts_with(OLD_NEWS)), "{:?}", keeper.passed());
        talk.did_its_effects_once(script, &keeper.ask(talk.effects()).await, script.name);
        talk.ended_well(script, script.name);
        keeper.end().await;
        check(folder.path(), &sandbox, script.name).await;
    }
}
