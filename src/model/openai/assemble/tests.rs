use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn assembled(chunks: &[Value]) -> Assembly {
    let mut assembly = Assembly::default();
    for chunk in chunks {
        assembly.absorb_json(chunk.to_string().as_bytes()).expect("a good chunk");
    }
    assembly
}

fn completed(chunks: &[Value]) -> Completion {
    assembled(chunks).complete(Ending::Marked, "asked", &HashSet::new()).expect("an answer").0
}

fn delta(delta: Value) -> Value {
    json!({"choices": [{"delta": delta}]})
}

fn calls(pieces: Value) -> Value {
    delta(json!({ "tool_calls": pieces }))
}

/// Names and arguments.
fn told(completion: &Completion) -> Vec<(&str, &str)> {
    completion.calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect()
}

#[test]
fn pieces_of_parallel_calls_may_be_mixed() {
    let completion = completed(&[
        calls(json!([{"index": 0, "id": "a", "function": {"name": "one", "arguments": ""}}])),
        calls(json!([{"index": 1, "id": "b", "function": {"name": "two", "arguments": "{\"x\""}}])),
        calls(
            json!([{"index": 0, "function": {"arguments": "{\"y\":"}}, {"index": 1, "function": {"arguments": ":2}"}}]),
        ),
        calls(json!([{"index": 0, "id": "a", "function": {"name": "one", "arguments": "1}"}}])),
    ]);
    assert_eq!(told(&completion), [("one", "{\"y\":1}"), ("two", "{\"x\":2}")]);
    assert_eq!(completion.calls[1].id.as_str(), "b");
}

#[test]
fn a_new_id_at_a_used_index_is_a_new_call() {
    let completion = completed(&[
        calls(json!([{"index": 0, "id": "a", "function": {"name": "one", "arguments": "{\"x\""}}])),
        calls(json!([{"index": 0, "id": "b", "function": {"name": "two", "arguments": "{\"y\""}}])),
        // Pieces that name their call reach it; those that do not belong to the newest.
        calls(json!([{"index": 0, "id": "a", "function": {"arguments": ":1}"}}])),
        calls(json!([{"index": 0, "function": {"arguments": ":2}"}}])),
    ]);
    assert_eq!(told(&completion), [("one", "{\"x\":1}"), ("two", "{\"y\":2}")]);
}

#[test]
fn without_index_the_id_tells_and_without_both_the_name() {
    let by_id = completed(&[
        calls(json!([{"id": "a", "function": {"name": "one", "arguments": "{"}}])),
        calls(json!([{"id": "b", "function": {"name": "two", "arguments": "{"}}])),
        calls(json!([{"id": "a", "function": {"arguments": "}"}}, {"id": "b", "function": {"arguments": " }"}}])),
    ]);
    assert_eq!(told(&by_id), [("one", "{}"), ("two", "{ }")]);
    let by_name = completed(&[
        calls(json!([{"function": {"name": "one", "arguments": "{\"x\""}}])),
        calls(json!([{"function": {"arguments": ":1}"}}])),
        calls(json!([{"function": {"name": "two", "arguments": {"y": 2.50}}}])),
    ]);
    assert_eq!(told(&by_name), [("one", "{\"x\":1}"), ("two", "{\"y\":2.5}")]);
    assert_ne!(by_name.calls[0].id, by_name.calls[1].id);
}

#[test]
fn a_finished_call_that_is_repeated_is_one_call() {
    let whole = json!([{"id": "a", "function": {"name": "one", "arguments": "{\"x\":1}"}}]);
    assert_eq!(told(&completed(&[calls(whole.clone()), calls(whole)])), [("one", "{\"x\":1}")]);
    // A number of digits that happen to repeat is none.
    let piece = |text: &str| calls(json!([{"index": 0, "function": {"arguments": text}}]));
    let first = calls(json!([{"index": 0, "id": "a", "function": {"name": "one", "arguments": "{\"x\":"}}]));
    assert_eq!(told(&completed(&[first, piece("1"), piece("1"), piece("}")])), [("one", "{\"x\":11}")]);
}

#[test]
fn arguments_keep_every_digit() {
    let chunk = br#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"a","arguments":{"n":0.10000000000000000555}}}]}}]}"#;
    let mut assembly = Assembly::default();
    assembly.absorb_json(chunk).expect("a good chunk");
    let completion = assembly.complete(Ending::Marked, "asked", &HashSet::new()).expect("an answer").0;
    assert_eq!(told(&completion), [("a", r#"{"n":0.10000000000000000555}"#)]);
}

#[test]
fn blank_arguments_are_an_empty_object_and_bad_ones_stay_bad() {
    let call =
        |index: u64, arguments: Value| json!({"index": index, "function": {"name": "a", "arguments": arguments}});
    let completion = completed(&[calls(json!([
        call(0, json!("")),
        call(1, Value::Null),
        call(2, json!(" ")),
        call(3, json!("null")),
        call(4, json!("{\"x\":")),
        {"index": 5, "function": {"name": "a"}},
    ]))]);
    let arguments: Vec<&str> = completion.calls.iter().map(|call| call.arguments.as_str()).collect();
    assert_eq!(arguments, ["{}", "{}", "{}", "{}", "{\"x\":", "{}"]);
}

#[test]
fn ids_are_made_where_missing_used_twice_or_taken() {
    let chunk = calls(json!([
        {"index": 0, "id": "same", "function": {"name": "a"}},
        {"index": 1, "id": "same", "function": {"name": "b"}},
        {"index": 2, "id": null, "function": {"name": "c"}},
        {"index": 3, "id": "old", "function": {"name": "d"}},
        {"index": 4, "id": 17, "function": {"name": "e"}},
    ]));
    let taken = HashSet::from([CallId::new("old")]);
    let (completion, _) = assembled(&[chunk]).complete(Ending::Marked, "asked", &taken).expect("an answer");
    let ids: HashSet<&str> = completion.calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids.len(), 5);
    assert_eq!(completion.calls[0].id.as_str(), "same");
    assert_eq!(completion.calls[4].id.as_str(), "17");
    assert!(!ids.contains("old"));
}

#[test]
fn a_call_without_a_name_is_no_call() {
    let junk = calls(json!([{"index": 0, "id": "a", "function": {"arguments": ""}}]));
    assert!(completed(&[delta(json!({"content": "Hi"})), junk]).calls.is_empty());
    let nameless = calls(json!([{"index": 0, "id": "a", "function": {"arguments": "{\"x\":1}"}}]));
    let outcome = assembled(&[nameless]).complete(Ending::Marked, "asked", &HashSet::new());
    assert!(matches!(outcome, Err(Defect::NamelessCall)));
}

#[test]
fn whatever_may_be_missing_may_be_missing() {
    let completion = completed(&[
        json!({}),
        json!({"choices": null, "usage": null, "model": null, "error": null}),
        json!({"choices": [], "model": "", "prompt_filter_results": [{}]}),
        json!({"choices": [{}]}),
        json!({"choices": [{"index": 0, "delta": null, "finish_reason": null}]}),
        json!({"choices": [{"index": "0", "delta": {"content": null, "tool_calls": null, "refusal": null}}]}),
        json!({"choices": [{"delta": {"content": [{"type": "text", "text": "Hel"}, {"type": "thinking", "thinking": []}, {"type": "text", "text": "lo"}]}}]}),
        json!({"choices": [{"index": 1, "delta": {"content": "another choice"}}]}),
        json!({"choices": [{"delta": {"reasoning_content": "hm", "reasoning": "hm", "role": 7}}], "model": "real"}),
        json!({"choices": [], "usage": {"prompt_tokens": 5, "prompt_cache_hit_tokens": 4}}),
        json!({"choices": [], "usage": "none", "error": ""}),
    ]);
    assert_eq!((completion.text.as_str(), completion.model.as_str()), ("Hello", "real"));
    assert_eq!(completion.usage, Usage { input_tokens: 5, cached_tokens: 4, output_tokens: 0 });
}

#[test]
fn events_that_ran_together_are_parted() {
    let mut assembly = Assembly::default();
    let two = format!("{}\n{}", delta(json!({"content": "a"})), delta(json!({"content": "b"})));
    assembly.absorb_json(two.as_bytes()).expect("two chunks");
    assert_eq!(assembly.text(), "ab");
}

#[test]
fn errors_stop_the_assembly_in_every_form() {
    for error in [json!({"message": "no", "code": 502}), json!("no"), json!({"detail": "no"}), json!({})] {
        for chunk in
            [json!({"error": error, "choices": []}), json!({"choices": [{"error": error, "finish_reason": "error"}]})]
        {
            let defect = Assembly::default().absorb_json(chunk.to_string().as_bytes());
            assert!(matches!(defect, Err(Defect::Server(_))), "{chunk}");
        }
    }
    for garbage in ["", "[1]", "null!", "{\"choices\":[", "{\"choices\":7}", "\u{1}"] {
        assert!(matches!(Assembly::default().absorb_json(garbage.as_bytes()), Err(Defect::Unreadable(_))), "{garbage}");
    }
}

#[test]
fn an_end_needs_a_mark_or_a_reason() {
    let end = |chunks: &[Value], ending| assembled(chunks).complete(ending, "asked", &HashSet::new());
    let text = delta(json!({"content": "Hi"}));
    let finish = json!({"choices": [{"finish_reason": "stop"}]});
    assert!(matches!(end(std::slice::from_ref(&text), Ending::Closed), Err(Defect::NoEnd)));
    assert!(matches!(end(&[], Ending::Marked), Err(Defect::Empty)));
    assert_eq!(end(std::slice::from_ref(&text), Ending::Marked).expect("an answer").0.model, "asked");
    assert_eq!(end(&[text, finish], Ending::Closed).expect("an answer").0.text, "Hi");
}

/// What lies around the text of an earlier piece tells nothing of what lies within this one.
#[test]
fn a_piece_that_begins_and_ends_like_an_earlier_one_is_read_whole() {
    let first = r#"{"choices":[{"delta":{"content":"one "}}]}"#;
    let hear = |second: &[u8]| {
        let mut assembly = Assembly::default();
        assembly.absorb_json(first.as_bytes()).expect("a good chunk");
        assembly.absorb_json(second).map(|()| (assembly.text().to_owned(), assembly.finish))
    };
    let heard = |second: &str| hear(second.as_bytes()).expect("a good chunk");
    let only = |text: &str| (text.to_owned(), None);
    assert_eq!(heard(r#"{"choices":[{"delta":{"content":"two"}}]}"#), only("one two"));
    assert_eq!(heard(r#"{"choices":[{"delta":{"content":""}}]}"#), only("one "));
    assert_eq!(heard(r#"{"choices":[{"delta":{"content":"\u0041\n"}}]}"#), only("one A\n"));
    assert_eq!(
        heard(r#"{"choices":[{"delta":{"content":"two"},"finish_reason":"length","x":{"y":"z"}}]}"#),
        ("one two".to_owned(), Some(Finish::Length)),
    );
    assert_eq!(heard(r#"{"choices":[{"delta":{"content":"two","x":"z"}}]}"#), only("one two"));
    assert!(hear(b"{\"choices\":[{\"delta\":{\"content\":\"two\nlines\"}}]}").is_err());
    assert!(hear(b"{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}").is_err());
}

/// What says more than a text, or a text of another answer, says so each time.
#[test]
fn a_piece_that_is_no_mere_text_is_read_whole_each_time() {
    let twice = |piece: Value| assembled(&[piece.clone(), piece]);
    let with_call = json!({"content": "one", "tool_calls": [{"function": {"name": "a", "arguments": "{}"}}]});
    assert_eq!(twice(delta(with_call)).calls.len(), 2);
    assert_eq!(twice(json!({"choices": [{"index": 1, "delta": {"content": "another"}}]})).text(), "");
}

proptest! {
    /// Whatever words are in it and however pieces differ, what was said is what is heard.
    #[test]
    fn any_text_is_heard(said in prop::collection::vec((any::<bool>(), "\\PC{0,8}|[\"\\\\{}:,\n]{0,8}"), 1..40)) {
        let piece = |(named, text): &(bool, String)| match named {
            true => json!({"choices": [{"delta": {"content": text}}], "model": "m"}),
            false => delta(json!({ "content": text })),
        };
        let chunks: Vec<Value> = said.iter().map(piece).collect();
        let expected: String = said.iter().map(|(_, text)| text.as_str()).collect();
        let heard = assembled(&chunks);
        prop_assert_eq!(heard.text(), expected);
    }

    /// However arguments are cut and calls are mixed, what was said is what is heard.
    #[test]
    fn any_cut_is_mended(
        said in prop::collection::vec(("[a-z_]{1,12}", "\\PC{0,40}"), 1..5),
        cuts in prop::collection::vec((0..5usize, 1..9usize), 0..60),
    ) {
        let whole: Vec<String> = said.iter().map(|(_, text)| json!({ "text": text }).to_string()).collect();
        let mut rest: Vec<Vec<char>> = whole.iter().map(|text| text.chars().collect()).collect();
        let mut chunks: Vec<Value> = said
            .iter()
            .enumerate()
            .map(|(index, (name, _))| calls(json!([{"index": index, "id": format!("c{index}"), "function": {"name": name}}])))
            .collect();
        let ends = (0..said.len()).map(|index| (index, usize::MAX));
        for (index, length) in cuts.into_iter().chain(ends) {
            let index = index % said.len();
            let length = length.min(rest[index].len());
            let piece: String = rest[index].drain(..length).collect();
            chunks.push(calls(json!([{"index": index, "function": {"arguments": piece}}])));
        }
        let completion = completed(&chunks);
        let heard: Vec<(String, String)> =
            completion.calls.iter().map(|call| (call.name.clone(), call.arguments.clone())).collect();
        let expected: Vec<(String, String)> = said.iter().map(|(name, _)| name.clone()).zip(whole).collect();
        prop_assert_eq!(heard, expected);
    }

    /// A hostile server can send any JSON; it is an answer or an error, never a panic, and ids stay unique.
    #[test]
    fn any_chunks_are_survived(pieces in prop::collection::vec(
        (prop::option::of(0..3u64), prop::option::of("[ab]?"), prop::option::of("[xy]?"), prop::option::of("[{}\"]{0,4}")), 0..20
    )) {
        let chunks: Vec<Value> = pieces
            .into_iter()
            .map(|(index, id, name, arguments)| {
                calls(json!([{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]))
            })
            .collect();
        if let Ok((completion, _)) = assembled(&chunks).complete(Ending::Marked, "asked", &HashSet::new()) {
            let ids: HashSet<&str> = completion.calls.iter().map(|call| call.id.as_str()).collect();
            prop_assert_eq!(ids.len(), completion.calls.len());
            prop_assert!(completion.calls.iter().all(|call| !call.name.is_empty() && !call.arguments.is_empty()));
        }
    }
}
