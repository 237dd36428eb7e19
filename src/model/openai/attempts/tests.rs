use super::*;

#[test]
fn waits_double_up_to_eight_seconds_and_differ_by_a_quarter() {
    let longest = |tried| backoff(tried, 0).as_millis();
    assert_eq!([0, 1, 2, 3, 4, 5, 40].map(longest), [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    let waits: HashSet<Duration> = (0..1_000).map(|_| backoff(2, random())).collect();
    assert!(waits.len() > 100, "chance plays its part");
    assert!(waits.iter().all(|wait| (1_500..=2_000).contains(&wait.as_millis())));
}
