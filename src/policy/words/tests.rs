use super::super::decision::{Exclusion, Fee, Shortage, Window};
use super::*;
use crate::domain::money::Money;

fn usd(text: &str) -> Money {
    Money::parse(text, "USD".parse().unwrap()).unwrap()
}

fn decision(subject: Subject, verdict: Verdict) -> Decision {
    Decision { subject, verdict, pays: None, reserves: Vec::new(), instead: None, facts: Facts::default() }
}

fn window(open: bool) -> Window {
    let day = |text: &str| text.parse().unwrap();
    Window { line: "1".to_owned(), delivered_on: day("2026-11-20"), last_day: Some(day("2026-12-20")), open }
}

#[test]
fn what_is_allowed_is_told_with_its_amount_and_its_day() {
    let fees = vec![Fee { kind: FeeKind::Restocking, amount: usd("2.00") }];
    let back = Decision {
        pays: Some(usd("16.00")),
        facts: Facts { fees, ..Facts::default() },
        ..decision(Subject::RefundOnArrival, Verdict::Allow)
    };
    assert_eq!(back.sentence(), "Allowed: 16.00 USD goes back, after a restocking fee of 2.00 USD.");
    let facts = Facts { windows: vec![window(true)], ..Facts::default() };
    let goods = Decision { facts, ..decision(Subject::Return, Verdict::Allow) };
    assert_eq!(goods.sentence(), "Allowed: the goods may be sent back until 2026-12-20.");
}

#[test]
fn a_limit_is_told_with_what_is_used_of_it() {
    let limit =
        LimitState { scope: Scope::Customer, days: Some(30), most: Some(usd("500.00")), used: Some(usd("490.00")) };
    let beyond = Decision {
        pays: Some(usd("24.00")),
        facts: Facts { limits: vec![limit], ..Facts::default() },
        ..decision(Subject::Refund, Verdict::NeedsApproval(Reason::AboveCustomerLimit))
    };
    assert_eq!(
        beyond.sentence(),
        "Needs a person's yes: 24.00 USD is more than is left of the 500.00 USD that a customer may get in 30 days, \
         of which 490.00 USD is used."
    );
}

#[test]
fn a_refusal_is_told_with_the_fact_behind_it() {
    let refused = |reason, facts| Decision { facts, ..decision(Subject::Return, Verdict::Deny(reason)) }.sentence();
    let late = Facts { windows: vec![window(false)], ..Facts::default() };
    assert_eq!(
        refused(Reason::OutsideWindow, late),
        "Refused: it was delivered on 2026-11-20, and the last day was 2026-12-20."
    );
    let exclusions = vec![Exclusion { line: "1".to_owned(), tag: "final-sale".to_owned() }];
    assert_eq!(
        refused(Reason::FinalSale, Facts { exclusions, ..Facts::default() }),
        "Refused: a product is tagged \"final-sale\", which is excluded."
    );
    let shortages = vec![Shortage { line: "1".to_owned(), asked: 3, left: 2 }];
    assert_eq!(
        refused(Reason::TooManyUnits, Facts { shortages, ..Facts::default() }),
        "Refused: 3 were asked for, and 2 are left."
    );
}

#[test]
fn every_reason_has_a_code_of_its_own_and_a_sentence_without_facts() {
    let mut codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    for reason in Reason::ALL {
        let sentence = decision(Subject::Refund, Verdict::Person(*reason)).sentence();
        assert!(sentence.len() > "A person's case: .".len() && sentence.ends_with('.'), "{reason:?}");
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        assert!(reason.code().chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", reason.code());
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
}

#[test]
fn a_decision_is_flat_data() {
    let value = serde_json::to_value(decision(Subject::Refund, Verdict::Deny(Reason::FinalSale))).unwrap();
    assert_eq!(value["verdict"], "deny");
    assert_eq!(value["reason"], "final_sale");
    let value = serde_json::to_value(decision(Subject::Refund, Verdict::Allow)).unwrap();
    assert_eq!(value, serde_json::json!({"subject": "refund", "verdict": "allow", "facts": {}}));
}
