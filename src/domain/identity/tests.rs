use super::*;

fn order(id: &str) -> OrderId {
    OrderId::new(id)
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn matched(id: &str, by: MatchedBy) -> Proof {
    Proof::Order { order: order(id), name: format!("#{id}"), matched_by: by, email: Some(email("ana@example.com")) }
}

#[test]
fn a_match_holds_for_its_order_only() {
    let mut identity = Identity::default();
    identity.learn(&matched("1", MatchedBy::Postcode));
    assert_eq!(identity.assurance_for(&order("1"), None), Assurance::OrderMatched);
    assert_eq!(identity.assurance_for(&order("2"), Some(&email("ana@example.com"))), Assurance::Anonymous);
}

#[test]
fn a_verified_person_is_verified_for_their_own_orders_only() {
    let mut identity = Identity::default();
    identity.learn(&Proof::Code { email: email("ana@example.com") });
    assert_eq!(identity.assurance_for(&order("2"), Some(&email("ana@example.com"))), Assurance::Verified);
    assert_eq!(identity.assurance_for(&order("3"), Some(&email("ben@example.com"))), Assurance::Anonymous);
    assert_eq!(identity.assurance_for(&order("4"), None), Assurance::Anonymous);
}

#[test]
fn an_email_match_is_not_weakened_by_a_later_postcode_match() {
    let mut identity = Identity::default();
    identity.learn(&matched("1", MatchedBy::Postcode));
    identity.learn(&matched("1", MatchedBy::Email));
    identity.learn(&matched("1", MatchedBy::Postcode));
    assert_eq!(identity.matched_by(&order("1")), Some(MatchedBy::Email));
}
