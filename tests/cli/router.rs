//! `deskhand router train` and `deskhand eval router`.

use serde_json::{Value, json};

use crate::program::Place;

/// A few messages of four kinds, each with words of its own.
fn rows() -> String {
    let kinds = [
        ("order_status", ["where is my order", "when does my parcel come", "track my package", "is it shipped yet"]),
        ("refund_request", ["i want my money back", "refund me please", "give me a refund", "pay me back for this"]),
        ("human_agent", ["let me talk to a person", "a human please", "call me back", "is a real person there"]),
        ("other", ["what is the exchange rate", "hello there", "opening hours please", "play some <b>music</b>"]),
    ];
    let mut rows = String::new();
    for (round, ending) in ["", " today", "!", " pls", " now", " thanks"].iter().enumerate() {
        for (intent, texts) in &kinds {
            for text in texts {
                let kind = if round % 2 == 0 { "real" } else { "crowd" };
                let row = json!({"text": format!("{text}{ending}"), "intent": intent, "kind": kind, "source": "mine"});
                rows.push_str(&format!("{row}\n"));
            }
        }
    }
    rows
}

#[test]
fn a_router_is_taught_and_judged() {
    let place = Place::new().file("rows.jsonl", &rows());
    let taught = place.run(&["router", "train", "rows.jsonl", "--output", "new.bin"]).well();
    for words in
        ["96 rows", "cross-validated, 10 parts", "recall of human_agent", "calibration error", "written: new.bin"]
    {
        assert!(taught.out.contains(words), "{words}: {}", taught.out);
    }
    let first = std::fs::read(place.path("new.bin")).unwrap();
    place.run(&["router", "train", "rows.jsonl", "--output", "again.bin"]).well();
    assert_eq!(first, std::fs::read(place.path("again.bin")).unwrap(), "the same rows give the same weights");

    let arguments =
        ["eval", "router", "rows.jsonl", "--weights", "new.bin", "--html", "page.html", "--json", "data.json"];
    let judged = place.run(&arguments).well();
    for words in ["macro-F1", "precision", "label, and what was read", "confidence", "time for a message"] {
        assert!(judged.out.contains(words), "{words}: {}", judged.out);
    }
    let data: Value = serde_json::from_str(&std::fs::read_to_string(place.path("data.json")).unwrap()).unwrap();
    assert_eq!(data["all"]["rows"], 96);
    assert!(data["all"]["accuracy"].as_f64().unwrap() > 0.95, "{data}");
    assert_eq!(data["groups"]["real"]["rows"], 48);
    assert_eq!(data["all"]["confusion"].as_array().unwrap().len(), 15);
}

#[test]
fn each_part_is_judged_by_what_the_others_teach() {
    let place = Place::new().file("rows.jsonl", &rows()).file("more.jsonl", &rows().replace(" today", " tomorrow"));
    let arguments = ["eval", "router", "rows.jsonl", "--folds", "4", "--with", "more.jsonl", "--json", "data.json"];
    let judged = place.run(&arguments).well();
    assert!(judged.out.contains("each of 4 parts judged by what the others teach"), "{}", judged.out);
}

#[test]
fn the_page_needs_nothing_else_and_trusts_no_row() {
    let row =
        json!({"text": "<script>alert(1)</script> & \"quotes\" flurble", "intent": "complaint", "kind": "<i>odd"});
    let place = Place::new().file("rows.jsonl", &format!("{row}\n{}", rows()));
    place.run(&["eval", "router", "rows.jsonl", "--html", "page.html"]).well();
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains("<i>odd"), "{page}");
    assert!(page.contains("&lt;script&gt;") && page.contains("&lt;i&gt;odd"), "{page}");
    assert!(page.contains("<svg") && page.contains("Confusion"), "{page}");
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="), "{page}");
}

#[test]
fn rows_that_do_not_read_are_named_with_the_way_out() {
    let place = Place::new()
        .file("rows.jsonl", "{\"text\": \"hi\", \"intent\": \"other\"}\n\n{\"text\": \"x\", \"intent\": \"oter\"}\n");
    let ran = place.run(&["eval", "router", "rows.jsonl"]);
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(ran.err.contains("rows.jsonl:3: unknown variant `oter`") && ran.err.contains("a row is {"), "{}", ran.err);

    let place = Place::new().file("empty.jsonl", "\n").file("bad.bin", "nothing");
    let missing = place.run(&["router", "train", "missing.jsonl"]);
    assert!(missing.code == Some(2) && missing.err.contains("missing.jsonl") && missing.err.contains("check the path"));
    let empty = place.run(&["router", "train", "empty.jsonl"]);
    assert!(empty.code == Some(2) && empty.err.contains("empty.jsonl has no rows"), "{}", empty.err);
    let place = Place::new().file("rows.jsonl", &rows()).file("bad.bin", "nothing");
    let bad = place.run(&["eval", "router", "rows.jsonl", "--weights", "bad.bin"]);
    assert!(bad.code == Some(2) && bad.err.contains("bad.bin") && bad.err.contains("router train"), "{}", bad.err);
    let both = place.run(&["eval", "router", "rows.jsonl", "--weights", "bad.bin", "--folds", "3"]);
    assert_eq!(both.code, Some(2));
}
