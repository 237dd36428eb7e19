//! Killed at random moments while several shoppers talk at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deskhand::domain::clock::Clock;
use deskhand::domain::effect::EffectState;
use deskhand::sandbox::Fixture;

use super::balance::balanced;
use super::keeper::{Keeper, sandbox_of};
use super::script::{
    ADDRESS, ARRIVAL, CANCELLATION, LISTING, NOTE, PAYMENT, PERSON, REFUND, STATUS, Script, Talk, talk,
};
use super::whole::{check, ledger, report};

/// Names a seed to be tried again.
const SEED: &str = "DESKHAND_TEST_SEED";
const SHOPPERS: usize = 14;

/// Numbers that are the same for the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        least + (mixed ^ (mixed >> 31)) % (most - least + 1)
    }
}

fn seed() -> u64 {
    let given = std::env::var_os(SEED).and_then(|seed| seed.to_str()?.parse().ok());
    let seed = given.unwrap_or_else(|| Clock::machine().as_millisecond().unsigned_abs());
    report(&format!("seed {seed}; {SEED} sets it"));
    seed
}

/// Talks that do something to an order, each of which can be had once.
const DEEDS: [Script; 6] = [REFUND, ARRIVAL, CANCELLATION, ADDRESS, NOTE, PAYMENT];
/// Orders of each of their kinds.
const COPIES: u64 = 30;

/// The demo store, with many orders like those that the scripts are about, each with a customer of its own.
fn large_store() -> (Fixture, Vec<VecDeque<Script>>) {
    let mut fixture = Fixture::juniper_and_pine().unwrap();
    let mut scripts = Vec::new();
    for (kind, script) in (1..).zip(DEEDS) {
        let order = fixture.orders.iter().find(|order| order.number.to_string() == script.of.order).unwrap().clone();
        let customer = fixture.customers.iter().find(|customer| customer.email == order.customer).unwrap().clone();
        let mut copies = VecDeque::new();
        for copy in 1..=COPIES {
            let (mut order, mut customer, number) = (order.clone(), customer.clone(), kind * 10_000 + copy);
            customer.email = format!("shopper{number}@example.com");
            (order.number, order.customer) = (number, customer.email.clone());
            for parcel in &mut order.parcels {
                parcel.number.replace_range(parcel.number.len() - 5.., &number.to_string());
            }
            let intent = order.payments.iter_mut().find_map(|payment| payment.stripe.as_mut());
            if let Some(intent) = intent {
                intent.push_str(&number.to_string());
                order.metafields.iter_mut().for_each(|field| field.value.clone_from(intent));
            }
            copies.push_back(script.about(number, &customer.email));
            fixture.customers.push(customer);
            fixture.orders.push(order);
        }
        scripts.push(copies);
    }
    (fixture, scripts)
}

/// What one shopper after the other says: something about an order that nobody else is about, or one of the rest.
struct Program {
    deeds: Mutex<(usize, Vec<VecDeque<Script>>)>,
}

impl Program {
    fn next(&self) -> Script {
        let rest = [STATUS, PERSON, LISTING];
        let mut deeds = self.deeds.lock().unwrap();
        let (number, deeds) = &mut *deeds;
        *number += 1;
        let (turn, kind) = (*number / (deeds.len() + 1), *number % (deeds.len() + 1));
        let deed = deeds.get_mut(kind).and_then(VecDeque::pop_front);
        deed.unwrap_or(rest[turn % rest.len()])
    }
}

async fn killed_at_random(kills: u32) {
    let mut chance = Chance(seed());
    let (fixture, deeds) = large_store();
    let sandbox = sandbox_of(fixture).await;
    let (before, program) = (sandbox.world(), Program { deeds: Mutex::new((0, deeds)) });
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&sandbox, folder.path());
    let over = AtomicBool::new(false);
    let shopper = async |_| {
        let mut talks = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let script = program.next();
            talks.push((talk(&keeper, &sandbox, script).await, script));
        }
        talks
    };
    let killing = async {
        for kill in 0..kills {
            // Most die at work; every fourth at its start already.
            if kill % 4 != 3 {
                assert!(keeper.ready().await, "it started");
            }
            tokio::time::sleep(Duration::from_millis(chance.between(5, 400))).await;
            keeper.kill_and_restart().await;
        }
        over.store(true, Ordering::Relaxed);
    };
    let (talks, ()) = tokio::join!(futures_util::future::join_all((0..SHOPPERS).map(shopper)), killing);
    let talks: Vec<(Talk, Script)> = talks.into_iter().flatten().collect();
    for (talk, script) in &talks {
        talk.deeds_are_settled(&keeper, *script).await;
        let rows = keeper.ask(talk.effects()).await;
        talk.did_its_effects_once(*script, &rows, &format!("{} of {}", script.name, script.of.order));
    }
    let ids: Vec<String> = talks.iter().map(|(talk, _)| talk.conversation.clone()).collect();
    keeper.settle_all(&ids).await;
    keeper.end().await;
    let checked = check(folder.path(), &sandbox, "load").await;
    let (world, ledger) = (sandbox.world(), ledger(folder.path()).await);
    balanced(&before, &world, &ledger, "load");
    let (tickets, mails) = (world.helpdesk.tickets.len(), world.mails.len());
    report(&format!("{kills} kills, {checked} talks, {tickets} tickets, {mails} mails"));
    assert_eq!(checked, talks.len());
    let mut done: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for effect in ledger.iter().filter(|effect| effect.order.is_some()) {
        done.entry(effect.kind.as_str()).or_default()[usize::from(effect.state == EffectState::Confirmed)] += 1;
    }
    report(&format!("left to people, done: {done:?}"));
    let missing: Vec<&str> = DEEDS.iter().flat_map(Script::deeds).filter(|deed| !done.contains_key(deed)).collect();
    assert!(kills < 100 || missing.is_empty(), "nobody wanted {missing:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifteen_kills_at_random_moments() {
    killed_at_random(15).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; .ci/run runs it"]
async fn two_hundred_kills_at_random_moments() {
    killed_at_random(200).await;
}
