use super::*;

#[test]
fn a_ticket_has_its_updates_and_then_waits_for_the_oldest_to_pass() {
    let (pace, began) = (Pace::default(), Instant::now());
    let after = |seconds: u64| began + Duration::from_secs(seconds);
    for second in 0..25 {
        assert_eq!(pace.take("1", after(second)), Ok(()));
    }
    assert_eq!(pace.take("1", after(25)), Err(Duration::from_secs(600 - 25)));
    assert_eq!(pace.take("2", after(25)), Ok(()), "another one has its own");
    assert_eq!(pace.take("1", after(600)), Ok(()));
    assert_eq!(pace.take("1", after(600)), Err(Duration::from_secs(1)));
    assert_eq!(pace.take("1", after(6000)), Ok(()));
}
