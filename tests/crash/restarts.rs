//! What a start finds that another start left: jobs in hand, and a recovery that was cut short itself.

use std::time::Duration;

use deskhand::sandbox::{Effect, Fault, Sandbox};

use super::child::Request;
use super::keeper::{Keeper, sandbox};
use super::points::Hold;
use super::script::{LISTING, PERSON, STATUS, Script};
use super::steps::{killed_at_all, rehearse};
use super::whole::{check, report};

/// As in production: a job in a dead hand is free by itself after six of it, a minute.
const LEASE: Duration = Duration::from_secs(10);

/// Kills a desk that has a ticket's job in hand at each of these places, one start after the other. Returns how long after the
/// last restart the ticket was there.
async fn ticket_after_kills(sandbox: &Sandbox, places: &[&str]) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let holds = places.iter().map(|place| Hold::At((*place).to_owned()));
    let keeper = Keeper::start_held(sandbox, folder.path(), LEASE, holds);
    let killing = async {
        for _ in places {
            keeper.held().await;
            keeper.restart().await;
        }
        assert!(keeper.ready().await, "it started");
        tokio::time::Instant::now()
    };
    let opened = keeper.ask(Request::Open).await;
    let conversation = opened.as_str().unwrap().to_owned();
    // Staff take it: no turn is under way whose lease would have to run out.
    let escalate = Request::Escalate { conversation: conversation.clone() };
    let (_, restarted) = tokio::join!(keeper.ask(escalate), killing);
    keeper.settle(&[conversation]).await;
    let took = restarted.elapsed();
    keeper.end().await;
    let what = format!("killed {} times, at last {}", places.len(), places[places.len() - 1]);
    report(&format!("{what}: the ticket's job was over {} ms after the restart", took.as_millis()));
    check(folder.path(), sandbox, &what).await;
    assert_eq!(sandbox.world().helpdesk.tickets.len(), 1, "{what}");
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_in_a_dead_hand_is_opened_at_the_next_start() {
    for place in ["after job taken #1", "before ticket sent #1", "before ticket confirmed #1", "before job done #1"] {
        let took = ticket_after_kills(&sandbox().await, &[place]).await;
        assert!(took < LEASE * 3, "killed {place}: it waited for the dead hand, {took:?}");
    }
}

/// That a desk was killed again and again says nothing about the helpdesk: once that turns a ticket away, the first wait is as
/// short as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_waits_no_longer_for_the_kills_of_its_desk() {
    let sandbox = sandbox().await;
    let turned_away = Fault::new(Effect::RateLimited { retry_after_seconds: 0 }).operation("POST /api/tickets");
    sandbox.fault(turned_away.times(4));
    ticket_after_kills(&sandbox, &["after job taken #1"; 10]).await;
    let answers: Vec<u16> = sandbox.requests().iter().filter_map(|request| request.status).collect();
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 4, "{answers:?}");
}

/// Kills at every `every`th place of the talk, and then at each of the first `depth` places that the next process passes.
async fn killed_twice(script: Script, every: usize, depth: u32) {
    let sandbox = sandbox().await;
    let places = rehearse(&sandbox, script).await;
    let tries: Vec<Vec<Hold>> = places
        .iter()
        .step_by(every)
        .flat_map(|place| (1..=depth).map(|number| vec![Hold::At(place.clone()), Hold::Nth(number)]))
        .collect();
    let held = killed_at_all(&sandbox, script, tries).await;
    let twice = held.iter().filter(|places| places.len() == 2).count();
    report(&format!("{}: killed twice in {twice} of {} tries", script.name, held.len()));
    assert!(twice * 10 >= held.len() * 8, "{twice} of {} tries were killed twice", held.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_off_survives_a_kill_within_its_recovery() {
    killed_twice(PERSON, 4, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_survives_a_kill_within_its_recovery() {
    killed_twice(LISTING, 9, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; .ci/run runs it"]
async fn every_talk_survives_two_kills_at_every_step() {
    for script in [STATUS, PERSON, LISTING] {
        killed_twice(script, 1, 6).await;
    }
}
