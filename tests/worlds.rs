//! Some 450 conversations in worlds that nobody wrote by hand, and in the demo store: what the rules have not seen must be
//! understood as well as what they have, and what is told must be true of the world that happens to be there.
#![cfg(test)]

#[path = "support"]
mod support {
    #[expect(dead_code, reason = "the conversations' tests use the rest")]
    pub mod shop;
}

#[path = "worlds/facts.rs"]
mod facts;
#[path = "worlds/outcomes.rs"]
mod outcomes;
#[path = "worlds/paraphrases.rs"]
mod paraphrases;
#[path = "worlds/talk.rs"]
mod talk;

use std::io::Write as _;
use std::ops::Range;

use deskhand::sandbox::Fixture;

use facts::State;
use paraphrases::Paraphrase;
use support::shop::{Setting, Shop};
use talk::{Report, run};

/// Between them all affixes of order numbers and all currencies of generated worlds.
const SEEDS: [u64; 6] = [3, 13, 14, 23, 47, 53];

/// Each of these is tried with every paraphrase. One has order numbers of three digits.
const MANY: Range<u64> = 20..26;

const IN_ONE_SHOP: usize = 72;

/// Every third paraphrase in one of the worlds, so that the test takes seconds.
const ONE_IN: usize = 3;

/// One in a hundred may go wrong, anywhere.
const MISSED: usize = 100;

async fn shop(fixture: Fixture) -> Shop {
    Shop::with(Setting { fixture, ..Setting::default() }).await
}

/// All of them, some in each of several shops: the vendors' budgets are of one shop.
async fn all_in(fixture: &Fixture, place: &str, paraphrases: &[Paraphrase]) -> Report {
    let mut report = Report::default();
    for some in paraphrases.chunks(IN_ONE_SHOP) {
        report.add(run(&shop(fixture.clone()).await, place, some.iter().enumerate()).await);
    }
    report
}

/// Past the test harness, which swallows what passing tests print.
fn print(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paraphrases_work_in_generated_worlds() {
    let paraphrases = paraphrases::read();
    let mut report = Report::default();
    let mut tried = 0;
    for (index, seed) in SEEDS.into_iter().enumerate() {
        let shop = shop(Fixture::generated(seed).unwrap()).await;
        let share = paraphrases.iter().enumerate().skip(index * ONE_IN).step_by(SEEDS.len() * ONE_IN);
        tried += share.len();
        report.add(run(&shop, &format!("seed {seed}"), share).await);
    }
    print(&format!("{report}\n{} of {tried} paraphrases in generated worlds\n", report.passed));
    assert!((tried - report.passed) * MISSED <= tried, "see the list above");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes; run with --ignored"]
async fn every_paraphrase_works_in_many_worlds_as_well_as_in_the_demo_store() {
    let paraphrases = paraphrases::read();
    let demo = all_in(&Fixture::juniper_and_pine().unwrap(), "demo store", &paraphrases).await;
    let mut generated = Report::default();
    for seed in MANY {
        generated.add(all_in(&Fixture::generated(seed).unwrap(), &format!("seed {seed}"), &paraphrases).await);
    }
    let (of_demo, of_generated) = (paraphrases.len(), paraphrases.len() * MANY.count());
    print(&format!("{demo}\n{generated}\n{} of {of_demo} paraphrases in the demo store, ", demo.passed));
    print(&format!("{} of {of_generated} in generated worlds\n", generated.passed));
    assert!((of_demo - demo.passed) * MISSED <= of_demo, "see the list above");
    assert!((of_generated - generated.passed) * MISSED <= of_generated, "see the list above");
}

#[test]
fn generated_orders_are_in_the_states_that_their_positions_say() {
    use deskhand::sandbox::fixture::Kind;
    for seed in SEEDS {
        let now: jiff::Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
        let world = Fixture::generated(seed).unwrap().realise(now, "agent@desk.example").unwrap();
        for (position, order) in world.orders.iter().enumerate() {
            let expected = match Fixture::generated_kind(position).unwrap() {
                Kind::InTransit | Kind::OutForDelivery => Some(State::InTransit),
                Kind::Delivered | Kind::DeliveredLongAgo | Kind::FinalSale => Some(State::Delivered),
                Kind::Unfulfilled => Some(State::NotShipped),
                Kind::TwoParcels => Some(State::TwoParcels),
                Kind::PartlyRefunded => Some(State::PartlyRefunded),
                Kind::CancelledAndRefunded => Some(State::Cancelled),
                Kind::LabelOnly => Some(State::LabelOnly),
                Kind::Returned | Kind::Failure => None,
            };
            assert_eq!(State::of(order, &world, now), expected, "seed {seed}, position {position}");
        }
    }
}

#[test]
fn every_paraphrase_can_fail() {
    for paraphrase in paraphrases::read() {
        let Paraphrase { id, expect, .. } = &paraphrase;
        assert!(expect.iter().any(outcomes::Expected::fails_on_silence), "{id}: a desk that is silent would do");
    }
}
