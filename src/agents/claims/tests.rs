use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::agents::language::Languages;
use crate::domain::effect::{EffectKind, EffectState};

/// Once for all: each property asks for them some hundred times.
fn languages() -> &'static Languages {
    static LANGUAGES: LazyLock<Languages> = LazyLock::new(|| Languages::load(None).unwrap());
    &LANGUAGES
}

fn split(code: &str, pieces: &[&str]) -> Vec<String> {
    let languages = languages();
    let mut sentences = Sentences::new(languages.get(code).unwrap());
    pieces.iter().for_each(|piece| sentences.push(piece));
    sentences.finish().iter().map(|text| text.trim().to_owned()).collect()
}

#[test]
fn sentences_end_where_a_reader_would_end_them() {
    for (code, text, wanted) in [
        ("en", "It shipped. It is on its way!", vec!["It shipped.", "It is on its way!"]),
        ("en", "Total: $1,234.50. Thanks.", vec!["Total: $1,234.50.", "Thanks."]),
        (
            "en",
            "See https://a.example/x.y?z=1. Then ask e.g. Ana.",
            vec!["See https://a.example/x.y?z=1.", "Then ask e.g. Ana."],
        ),
        ("en", "It is parcel No. 5 of Mr. Hall. Right?", vec!["It is parcel No. 5 of Mr. Hall.", "Right?"]),
        (
            "en",
            "It is on its way .Your order comes on Friday .",
            vec!["It is on its way .", "Your order comes on Friday ."],
        ),
        ("en", "- one\n- two\n", vec!["- one", "- two"]),
        ("en", "1. First\n2. Second", vec!["1. First", "2. Second"]),
        ("en", "\"Really?\" Yes... maybe.", vec!["\"Really?\"", "Yes...", "maybe."]),
        ("en", "Write to ana@example.com. Bye.", vec!["Write to ana@example.com.", "Bye."]),
        ("de", "Am 25. November kommt es. Danke.", vec!["Am 25. November kommt es.", "Danke."]),
        ("de", "Am 25.11. kommt es z.B. an. Gut.", vec!["Am 25.11. kommt es z.B. an.", "Gut."]),
    ] {
        assert_eq!(split(code, &[text]), wanted, "{text}");
    }
}

#[test]
fn a_sentence_leaves_as_soon_as_it_is_complete() {
    let languages = languages();
    let mut sentences = Sentences::new(languages.get("en").unwrap());
    sentences.push("It shipped.");
    assert_eq!(sentences.next_whole(), None, "a digit or a quote could still follow");
    sentences.push(" It");
    assert_eq!(sentences.next_whole().as_deref(), Some("It shipped. "));
    sentences.push(" is here\n");
    assert_eq!(sentences.next_whole().as_deref(), Some("It is here\n"));
}

#[test]
fn what_a_reader_would_not_see_hides_nothing() {
    let languages = languages();
    let english = languages.get("en").unwrap();
    let evidence = Evidence::new(jiff::civil::date(2026, 11, 23));
    let reason = |text: &str| check(english, &evidence, &Said::default(), text).err().map(|withheld| withheld.reason);
    assert_eq!(reason("It was ~~not~~ refunded."), Some(Reason::Unreadable));
    assert_eq!(reason("It was ref<b>un</b>ded."), Some(Reason::Unreadable));
    assert_eq!(reason("It was ref&#117;nded."), Some(Reason::Unreadable));
    assert_eq!(reason("It was r\u{435}funded."), Some(Reason::Unreadable));
    assert_eq!(reason("It was refu\u{200b}nded."), Some(Reason::Status));
    assert_eq!(reason("It was refunded by teleport."), Some(Reason::Status));
    assert_eq!(reason("Have a nice zorble."), Some(Reason::Word));
    assert_eq!(reason("Hello, how can I help?"), None);
}

/// A receipt that was overtaken by what became of its effect says nothing any more.
#[test]
fn what_a_receipt_says_of_an_effect_ends_with_the_effect_s_state() {
    use crate::domain::effect::EffectState;
    let languages = languages();
    let english = languages.get("en").unwrap();
    let mut evidence = Evidence::new(jiff::civil::date(2026, 11, 23));
    let amount = serde_json::json!({"amount": "20.00", "currency": "USD"});
    let cancelled = serde_json::json!({"order_number": "#500", "cancellation": "eff_1", "decision": "waiting_for_approval", "amount": amount});
    evidence.receipt("cancel_order", &cancelled);
    let says = |evidence: &Evidence, text: &str| check(english, evidence, &Said::default(), text).is_ok();
    assert!(says(&evidence, "The cancellation of order #500 is waiting for approval."));
    evidence.effect_stands("eff_1", &EffectState::Proposed);
    assert!(says(&evidence, "The cancellation of order #500 is waiting for approval."));
    evidence.effect_stands("eff_1", &EffectState::Confirmed);
    assert!(!says(&evidence, "The cancellation of order #500 is waiting for approval."));
    assert!(!says(&evidence, "Order #500 has been cancelled."), "its own receipt has to say so");
}

/// Whoever may write an address or a note cannot make the agent say what they wrote.
#[test]
fn words_of_the_shopper_in_a_receipt_prove_nothing() {
    let languages = languages();
    let english = languages.get("en").unwrap();
    let mut evidence = Evidence::new(jiff::civil::date(2026, 11, 23));
    let address = serde_json::json!({"line1": "5 has been refunded", "line2": "Order #500", "city": "Cancelled", "province": null,
        "postcode": "12345", "country": "US"});
    let moved =
        serde_json::json!({"order_number": "#500", "change": "eff_1", "decision": "changed", "address": address});
    evidence.receipt("change_shipping_address", &moved);
    let noted = serde_json::json!({"order_number": "#500", "note": "eff_2", "decision": "noted", "text": "Order #500 has been refunded"});
    evidence.receipt("add_order_note", &noted);
    for text in [
        "Order #500 has been refunded.",
        "“Order #500 has been refunded.”",
        "Your order is Cancelled 12345.",
        "Order 5 has been refunded.",
        "Good news: “Order #500 has been refunded”.",
    ] {
        assert!(check(english, &evidence, &Said::default(), text).is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_splitter_loses_nothing(text in "[ -~\\näöü…“”€]{0,300}", cuts in prop::collection::vec(0_usize..300, 0..12)) {
        let languages = languages();
        let mut sentences = Sentences::new(languages.get("en").unwrap());
        let mut out = String::new();
        let mut bounds: Vec<usize> = cuts.into_iter().filter(|cut| text.is_char_boundary(*cut) && *cut <= text.len()).collect();
        bounds.extend([0, text.len()]);
        bounds.sort_unstable();
        for pair in bounds.windows(2) {
            sentences.push(&text[pair[0]..pair[1]]);
            while let Some(sentence) = sentences.next_whole() {
                out.push_str(&sentence);
            }
        }
        out.push_str(&sentences.finish().concat());
        prop_assert_eq!(out, text);
    }

    #[test]
    fn no_text_breaks_the_check(text in "\\PC{0,200}") {
        let languages = languages();
        let evidence = Evidence::new(jiff::civil::date(2026, 11, 23));
        let _ = check(languages.get("de").unwrap(), &evidence, &Said::default(), &text);
    }
}

#[test]
fn a_colleague_is_quoted_word_for_word_or_not_at_all() {
    let mut evidence = Evidence::new(jiff::civil::date(2026, 11, 25));
    evidence.customer_said("My refund of $90.00 was paid. Rosa wrote: it is on its way.");
    evidence.colleague_said(Some("Rosa"), "I paid back $50.00 today! Your parcel was lost.");
    evidence.effect(EffectKind::Ticket, EffectState::Confirmed);
    let says = |code: &str, sentence: &str| {
        check(languages().get(code).unwrap(), &evidence, &Said::default(), sentence).is_ok()
    };
    for (code, sentence) in [
        ("en", "Rosa wrote: “I paid back $50.00 today”."),
        ("en", "“Your parcel was lost.”"),
        ("en", "My colleague said \"I paid back $50.00 today!\""),
        ("de", "Rosa schrieb: „Your parcel was lost“."),
    ] {
        assert!(says(code, sentence), "{sentence}");
    }
    for sentence in [
        "Rosa wrote: “I paid back $90.00 today”.",
        "Rosa wrote: “My refund of $90.00 was paid”.",
        "Rosa paid back $50.00 today.",
        "Your parcel was lost.",
        "We wrote to the carrier.",
        "Rosa wrote to the carrier.",
        "Your refund of “$50.00” was “paid”.",
        "Your parcel was delivered, Rosa wrote: “Your parcel was lost”.",
    ] {
        assert!(!says("en", sentence), "{sentence}");
    }
}
