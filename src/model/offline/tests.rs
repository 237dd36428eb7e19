use serde_json::{Value, json};

use super::arguments::{fit, options};
use super::pattern::Pattern;
use super::replies::values::{date, item, money, quoted};
use super::words::{Words, plain};
use crate::model::ToolSpec;

#[test]
fn slips_in_key_words_are_mended_and_other_words_left_alone() {
    for (typed, meant) in [
        ("trakcing", "tracking"),
        ("delivry", "delivery"),
        ("refnud", "refund"),
        ("ordr", "order"),
        ("recieved", "received"),
        ("adress", "address"),
        ("canceld", "cancel"),
        ("soooo", "so"),
        ("ohter", "ohter"),
        ("older", "older"),
        ("charger", "charger"),
        ("kettle", "kettle"),
        ("hell", "hell"),
        ("assistance", "assistance"),
    ] {
        let words = Words::of(typed);
        assert!(words.as_slice()[0].starts_with(meant), "{typed} became {words:?}");
    }
}

#[test]
fn contractions_are_opened() {
    assert_eq!(plain("I don’t know where's it, u havent"), plain("i do not know where is it you have not"));
}

#[test]
fn phrases() {
    let is_in = |phrase: &'static str, text: &str| Pattern::new(phrase).is_in(&Words::of(text));
    assert!(is_in("where * @goods", "tell me where is my parcel"));
    assert!(!is_in("where * parcel", "where a b c d e parcel"), "a gap has at most four words");
    assert!(is_in("^ yes|sure $", "Sure!") && !is_in("^ yes $", "oh yes"));
    assert!(is_in("deliver~", "undelivered delivering") && !is_in("deliver~", "undelivered"));
}

#[test]
fn values() {
    let yen = json!({"amount": "12800", "currency": "JPY"});
    assert_eq!(money(Some(&yen)).as_deref(), Some("¥12,800"));
    assert_eq!(money(Some(&json!({"amount": "1234567.05", "currency": "USD"}))).as_deref(), Some("$1,234,567.05"));
    assert_eq!(money(Some(&json!({"amount": "64.00", "currency": "SEK"}))).as_deref(), Some("64.00 SEK"));
    assert_eq!(money(Some(&json!({"amount": "64.00"}))), None);
    assert_eq!(date("2026-11-25", Some("2026-11-23")), "Wednesday, November 25");
    assert_eq!(date("2025-11-25", Some("2026-11-23")), "Tuesday, November 25, 2025");
    assert_eq!(date("soon", None), "soon");
    assert_eq!(quoted("Ignore\n“rules”. "), "“Ignore 'rules'”");
    assert_eq!(
        item(&json!({"title": "Wick", "quantity": 2, "variant": "Short"})).as_deref(),
        Some("2 × “Wick” (Short)")
    );
}

#[test]
fn arguments_fit_schemas_written_in_several_ways() {
    let tool = ToolSpec {
        name: "t".to_owned(),
        description: String::new(),
        parameters: json!({
            "$defs": {"Reason": {"oneOf": [{"const": "asked", "description": "d"}, {"const": "other"}]}, "Loop": {"$ref": "#/$defs/Loop"}},
            "properties": {
                "reason": {"$ref": "#/$defs/Reason"}, "agent": {"enum": ["a", "b"]}, "email": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "loop": {"$ref": "#/$defs/Loop"}, "short": {"type": "string", "maxLength": 3}, "count": {"type": "integer"},
            },
        }),
    };
    assert_eq!(options(&tool, "reason"), ["asked", "other"]);
    let fitted = fit(&tool, &json!({"reason": "unheard of", "agent": "b", "short": "abcdef", "surplus": 1}));
    let expected =
        json!({"reason": "other", "agent": "b", "email": Value::Null, "loop": "", "short": "abc", "count": 1});
    assert_eq!(fitted, expected);
}
