//! Killed at random moments while several shoppers talk at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deskhand::domain::clock::Clock;

use super::keeper::{Keeper, sandbox};
use super::script::{LISTING, PERSON, STATUS, talk};
use super::whole::{check, report};

/// Names a seed to be tried again.
const SEED: &str = "DESKHAND_TEST_SEED";
const SHOPPERS: usize = 6;

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

async fn killed_at_random(kills: u32) {
    let mut chance = Chance(seed());
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&sandbox, folder.path());
    let over = AtomicBool::new(false);
    let shopper = async |first: usize| {
        let scripts = [STATUS, PERSON, LISTING];
        let mut talks = Vec::new();
        while !over.load(Ordering::Relaxed) {
            talks.push(talk(&keeper, &sandbox, scripts[(first + talks.len()) % scripts.len()]).await.conversation);
        }
        talks
    };
    let killing = async {
        for kill in 0..kills {
            // Most die at work; every fourth at its start already.
            if kill % 4 != 3 {
                assert!(keeper.ready().await, "it started");
            }
            tokio::time::sleep(Duration::from_millis(chance.between(5, 250))).await;
            keeper.kill_and_restart().await;
        }
        over.store(true, Ordering::Relaxed);
    };
    let (talks, ()) = tokio::join!(futures_util::future::join_all((0..SHOPPERS).map(shopper)), killing);
    let talks: Vec<String> = talks.into_iter().flatten().collect();
    keeper.settle(&talks).await;
    keeper.end().await;
    let checked = check(folder.path(), &sandbox, "load").await;
    let world = sandbox.world();
    let (tickets, mails) = (world.helpdesk.tickets.len(), world.mails.len());
    report(&format!("{kills} kills, {checked} talks, {tickets} tickets, {mails} mails"));
    assert_eq!(checked, talks.len());
    assert!(talks.len() >= SHOPPERS);
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
