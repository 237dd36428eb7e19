use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::event::ToolCall;
use crate::domain::id::CallId;

fn tokens(messages: &[Message]) -> usize {
    let table = o200k_base_singleton();
    messages.iter().map(|message| cost(message, &|text: &str| table.count_ordinary(text))).sum()
}

fn call(id: &str) -> ToolCall {
    ToolCall { id: CallId::new(id), name: "get_order".into(), arguments: r##"{"number":"#1001"}"##.into() }
}

fn result(id: &str, content: &str) -> Message {
    Message::Tool { call: CallId::new(id), content: content.into() }
}

fn said(text: &str) -> Message {
    Message::Assistant { text: text.into(), calls: vec![] }
}

/// Every result has its call before it and every call its result after it.
fn assert_paired(messages: &[Message]) {
    let mut open = BTreeSet::new();
    for message in messages {
        match message {
            Message::Tool { call, .. } => assert!(open.remove(call.as_str()), "an orphan: {messages:#?}"),
            other => {
                assert!(open.is_empty(), "unanswered calls: {messages:#?}");
                if let Message::Assistant { calls, .. } = other {
                    open.extend(calls.iter().map(|call| call.id.as_str()));
                }
            }
        }
    }
    assert!(open.is_empty(), "unanswered calls: {messages:#?}");
}

/// A turn: a question, calls with their results, an answer.
fn turn(number: usize, results: &[String]) -> Vec<Message> {
    let ids: Vec<String> = (0..results.len()).map(|place| format!("call_{number}_{place}")).collect();
    let mut messages = vec![Message::User(format!("question {number}"))];
    if !ids.is_empty() {
        messages.push(Message::Assistant { text: String::new(), calls: ids.iter().map(|id| call(id)).collect() });
        messages.extend(ids.iter().zip(results).map(|(id, content)| result(id, content)));
    }
    messages.push(said(&format!("answer {number}")));
    messages
}

#[test]
fn what_surely_fits_is_left_alone() {
    let messages = vec![Message::System("Be kind.".into()), Message::User("Hi".into())];
    assert!(surely_fits(&messages, 10, 100));
    assert_eq!(fit(messages.clone(), "0123456789", 100), messages);
    // More bytes than the budget has tokens, but not more tokens.
    let long = vec![Message::System("Be kind. ".repeat(30).into()), Message::User("Hi".into())];
    assert!(!surely_fits(&long, 0, 200));
    assert_eq!(fit(long.clone(), "", 200), long);
}

#[test]
fn the_oldest_turns_go_whole() {
    let long = "The parcel is on its way. ".repeat(10);
    let mut messages = vec![Message::System("Be kind.".into()), said("Welcome!")];
    messages.extend((0..10).flat_map(|number| turn(number, std::slice::from_ref(&long))));
    messages.extend([
        Message::User("and now?".into()),
        Message::Assistant { text: "Let me see.".into(), calls: vec![call("x")] },
    ]);
    messages.push(result("x", "shipped"));
    let fitting = fit(messages.clone(), "", 400);
    assert!(tokens(&fitting) <= 400);
    assert_paired(&fitting);
    assert_eq!(fitting[0], messages[0]);
    assert!(
        matches!(&fitting[1], Message::User(text) if text.starts_with("question ")),
        "a turn begins with its question"
    );
    assert_eq!(fitting[fitting.len() - 3..], messages[messages.len() - 3..]);
    assert!(fitting.len() > 4, "no more went than had to: {}", fitting.len());
}

#[test]
fn the_cut_stays_where_it_is_while_the_dialogue_grows() {
    let mut messages = vec![Message::System("Be kind.".into())];
    let mut beginnings = BTreeSet::new();
    for number in 0..60 {
        messages.extend(turn(number, &[]));
        messages.push(Message::User("next".into()));
        let fitting = fit(messages.clone(), "", 400);
        assert!(tokens(&fitting) <= 400);
        beginnings.insert(format!("{:?}", fitting[1]));
        messages.pop();
    }
    assert!(beginnings.len() < 20, "{} different beginnings in 60 questions", beginnings.len());
}

#[test]
fn a_huge_result_is_shortened_before_turns_go() {
    let mut messages = vec![Message::System("Be kind.".into())];
    messages.extend(turn(0, &[]));
    messages.extend(turn(1, &["{\"note\":\"déjà vu\"} ".repeat(5_000)]));
    messages.push(Message::User("and now?".into()));
    let fitting = fit(messages.clone(), "", 1_000);
    assert_eq!(fitting.len(), messages.len(), "every message is still there");
    assert!(tokens(&fitting) <= 1_000);
    let Some(Message::Tool { content, .. }) = fitting.get(5) else { panic!("{fitting:#?}") };
    assert!(
        content.starts_with("{\"note\":\"déjà vu\"} ") && content.ends_with("more characters are left out]"),
        "{content}"
    );
    let left_out: usize = content
        .rsplit("shortened: ")
        .next()
        .and_then(|rest| rest.split(' ').next())
        .expect("a number")
        .parse()
        .expect("a number");
    let kept = content.split(" … [").next().expect("a beginning").chars().count();
    assert_eq!(kept + left_out, 19 * 5_000);
}

#[test]
fn what_must_stay_stays_though_it_is_too_much() {
    let messages = vec![
        Message::System("rule ".repeat(300).into()),
        Message::User("old".into()),
        said("old"),
        Message::User("new ".repeat(300)),
    ];
    let fitting = fit(messages.clone(), "tools", 50);
    assert_eq!(fitting, [messages[0].clone(), messages[3].clone()]);
}

#[test]
fn messages_that_came_together_stay_together() {
    let mut messages: Vec<Message> = (0..5).flat_map(|number| turn(number, &["word ".repeat(40)])).collect();
    messages.extend([Message::User("first half".into()), Message::User("second half".into())]);
    let fitting = fit(messages, "", 60);
    assert_eq!(fitting[fitting.len() - 2..], [Message::User("first half".into()), Message::User("second half".into())]);
}

#[tokio::test]
async fn counting_may_be_done_off_the_thread() {
    let messages = vec![Message::System("Be kind.".into()), Message::User("Hi".into())];
    assert!(matches!(fit_off_thread(&messages, ["", ""], 1_000).await, Cow::Borrowed(_)));
    let mut long = messages.clone();
    long.extend((0..50).flat_map(|number| turn(number, &[])));
    long.push(Message::User("now".into()));
    let fitting = fit_off_thread(&long, ["", ""], 200).await;
    assert_eq!(fitting.as_ref(), fit(long.clone(), "", 200));
    assert!(fitting.len() < long.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Pairs stay pairs, the prompt and the newest question stay, order stays, and the budget holds wherever it can.
    #[test]
    fn any_dialogue_is_cut_well(
        turns in prop::collection::vec(prop::collection::vec("(\\PC{0,30}|[a-z ]{0,900})", 0..4), 0..8),
        last in prop::collection::vec("[a-z0-9 {}\":,]{0,1500}", 0..4),
        besides in "[a-z]{0,60}",
        budget in 150..900usize,
    ) {
        let mut messages = vec![Message::System("Be kind.".into())];
        messages.extend(turns.iter().enumerate().flat_map(|(number, results)| turn(number, results)));
        let mut newest = turn(99, &last);
        newest.pop();
        let newest_length = newest.len();
        messages.extend(newest);
        let fitting = fit(messages.clone(), &besides, budget);
        assert_paired(&fitting);
        prop_assert_eq!(&fitting[0], &messages[0]);
        prop_assert!(fitting.len() > newest_length);
        let kept_turn = &fitting[fitting.len() - newest_length..];
        prop_assert_eq!(&kept_turn[0], &Message::User("question 99".into()));
        for (kept, whole) in fitting.iter().rev().zip(messages.iter().rev()).take(fitting.len() - 1) {
            let is_same = match (kept, whole) {
                (Message::Tool { call, .. }, Message::Tool { call: other, .. }) => call == other,
                _ => kept == whole,
            };
            prop_assert!(is_same, "{:?} is not {:?}", kept, whole);
        }
        // What cannot give way: the prompt, the question, calls, and a mark for each result.
        let unavoidable = 40 + 80 * last.len() + o200k_base_singleton().count_ordinary(&besides);
        if unavoidable <= budget {
            let total = tokens(&fitting) + o200k_base_singleton().count_ordinary(&besides);
            prop_assert!(total <= budget, "{} of {}", total, budget);
        }
    }
}
