use std::time::Duration;

use tokio::time::Instant;

use super::{Buckets, MOST_BUCKETS};
use crate::server::settings::Rate;

#[test]
fn a_bucket_empties_and_fills_again() {
    let buckets = Buckets::new(Rate { per_second: 2.0, burst: 3 });
    let start = Instant::now();
    let take = |after_ms| buckets.take("key", start + Duration::from_millis(after_ms));
    assert_eq!([take(0), take(0), take(0)].map(|verdict| verdict.remaining), [2, 1, 0]);
    let refused = take(0);
    assert!(!refused.allowed);
    assert_eq!((refused.retry_after_seconds, refused.reset_seconds), (1, 2));
    assert!(!take(400).allowed);
    assert!(take(500).allowed);
    assert!(!take(600).allowed);
    // However long the pause: no more than the burst.
    let after_a_day = (0..5).filter(|_| take(86_400_000).allowed).count();
    assert_eq!(after_a_day, 3);
    assert!(buckets.take("another", start).allowed);
}

#[test]
fn a_clock_that_goes_back_gives_nothing() {
    let buckets = Buckets::new(Rate { per_second: 1.0, burst: 1 });
    let later = Instant::now() + Duration::from_secs(10);
    assert!(buckets.take("key", later).allowed);
    assert!(!buckets.take("key", later - Duration::from_secs(5)).allowed);
}

#[test]
fn many_keys_do_not_fill_the_memory() {
    let buckets = Buckets::new(Rate { per_second: 1.0, burst: 2 });
    let start = Instant::now();
    for number in 0..MOST_BUCKETS + 10 {
        buckets.take(number, start);
    }
    assert!(buckets.buckets.lock().unwrap().len() <= MOST_BUCKETS);
    // Those that are full again are forgotten first; one that is in use is not.
    let now = start + Duration::from_secs(60);
    assert_eq!((buckets.take(usize::MAX, now).remaining, buckets.take(usize::MAX, now).remaining), (1, 0));
}
