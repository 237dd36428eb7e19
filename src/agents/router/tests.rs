use super::*;

#[test]
fn a_fenced_answer_reads_and_values_out_of_range_are_mended() {
    let text = r#"```json
{"intent":"order_status","confidence":7,"sentiment":"neutral","language":"EN-us","entities":{"order_numbers":[],"emails":[],"postcodes":[]}}
```"#;
    let analysis = parse(text).unwrap();
    assert_eq!((analysis.confidence, analysis.language.as_str()), (1.0, "en"));
}

#[test]
fn an_intent_that_does_not_exist_does_not_read() {
    let text = r#"{"intent":"free_money","confidence":1,"sentiment":"neutral","language":"en","entities":{}}"#;
    assert!(matches!(parse(text), Err(ClassifyError::Unreadable(_))));
}
