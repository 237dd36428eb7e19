use serde_json::json;

use super::*;

#[test]
fn floats_are_written_as_python_writes_them() {
    let written = [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (46.0, "46.0"),
        (536.65, "536.65"),
        (0.35 - 0.7, "-0.35"),
        (253.54 - 253.89, "-0.3499999999999943"),
        (0.1 + 0.2, "0.30000000000000004"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1.5e-7, "1.5e-07"),
        (9_999_999_999_999_998.0, "9999999999999998.0"),
        (1e16, "1e+16"),
        (-1.25e22, "-1.25e+22"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (1_398_607_542_743_963.0 + 0.25, "1398607542743963.2"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
    ];
    for (value, text) in written {
        assert_eq!(repr(value), text);
    }
}

#[test]
fn rounding_looks_at_the_exact_value_and_ties_to_even() {
    let rounded = [
        (0.125, "0.12"),
        (0.375, "0.38"),
        (2.675, "2.67"),
        (1.005, "1.0"),
        (-0.001, "-0.0"),
        (99.995, "100.0"),
        (1e300, "1e+300"),
        (f64::INFINITY, "inf"),
    ];
    for (value, text) in rounded {
        assert_eq!(repr(round2(value)), text, "{value}");
    }
}

#[test]
fn texts_are_escaped_to_printable_ascii() {
    let text = "a\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}~\u{7f}\u{80}ÿ€\u{10000}😀";
    let written = r#""a\"\\/\b\f\n\r\t\u0000\u001f~\u007f\u0080\u00ff\u20ac\ud800\udc00\ud83d\ude00""#;
    assert_eq!(dumps(&text), written);
}

#[test]
fn commas_and_colons_have_a_space_behind_them() {
    assert_eq!(dumps(&json!([1, null, true, {"a": {}}, [], "x"])), r#"[1, null, true, {"a": {}}, [], "x"]"#);
    assert_eq!(dumps(&json!({"key": [1.0, -2]})), r#"{"key": [1.0, -2]}"#);
}

#[test]
fn keys_keep_their_order_unless_they_are_to_be_sorted() {
    let map = indexmap::IndexMap::from([("b", vec![1]), ("é", vec![]), ("a", vec![2])]);
    assert_eq!(dumps(&map), r#"{"b": [1], "\u00e9": [], "a": [2]}"#);
    assert_eq!(dumps_sorted(&map), r#"{"a": [2], "b": [1], "\u00e9": []}"#);
}

#[test]
fn what_json_cannot_hold_is_an_empty_text() {
    let map = indexmap::IndexMap::from([(vec![1], 2)]);
    assert_eq!(dumps(&map), "");
    assert_eq!(dumps_sorted(&map), "");
}
