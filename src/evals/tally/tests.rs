use super::*;

fn before(passed: usize, trials: usize) -> Before {
    Before { passed, trials }
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 0.0005
}

#[test]
fn a_rate_has_the_interval_of_its_number() {
    let all = Rate::new(10, 10);
    assert!(close(all.rate, 1.0) && close(all.low, 0.7225) && close(all.high, 1.0), "{all:?}");
    let half = Rate::new(50, 100);
    assert!(close(half.low, 0.4038) && close(half.high, 0.5962), "{half:?}");
    let none = Rate::new(0, 0);
    assert!(close(none.low, 0.0) && close(none.high, 1.0), "nothing is known of nothing: {none:?}");
}

#[test]
fn k_trials_all_pass_less_often_than_one() {
    assert!(close(all_pass(4, 4, 4), 1.0));
    assert!(close(all_pass(2, 4, 1), 0.5));
    assert!(close(all_pass(2, 4, 2), 1.0 / 6.0));
    assert!(close(all_pass(1, 4, 2), 0.0));
}

#[test]
fn single_trials_have_no_noise_and_many_do() {
    assert!(is_beyond_noise(before(1, 1), before(0, 1)));
    assert!(!is_beyond_noise(before(0, 1), before(1, 1)));
    assert!(!is_beyond_noise(before(5, 5), before(4, 5)), "once in five is noise");
    assert!(is_beyond_noise(before(5, 5), before(1, 5)));
    assert!(!is_beyond_noise(before(5, 5), before(0, 1)), "a single trial against five");
    assert!(is_beyond_noise(before(20, 20), before(0, 2)));
}

#[test]
fn many_cases_that_are_a_little_worse_are_no_chance() {
    assert!(close(at_least(5, 5), 1.0 / 32.0));
    assert!(close(at_least(4, 5), 6.0 / 32.0));
    assert!(close(at_least(0, 5), 1.0));
}
