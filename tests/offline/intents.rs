//! How often the router's rules are right, on a labelled set that is not part of this project.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::harness::route;

#[derive(Default)]
struct Tally {
    rows: u32,
    exact: u32,
    acceptable: u32,
}

/// Skipped unless `DESKHAND_SHARED` names the folder with `data/intent_dev.jsonl`.
#[test]
#[expect(clippy::disallowed_methods, reason = "the data lies outside the project, where the environment says")]
#[expect(clippy::print_stdout, reason = "the figures are what the test is for")]
fn labelled_messages_are_routed_acceptably() {
    let Ok(shared) = std::env::var("DESKHAND_SHARED") else {
        println!("skipped: intents: DESKHAND_SHARED is not set");
        return;
    };
    let rows = std::fs::read_to_string(PathBuf::from(shared).join("data/intent_dev.jsonl")).unwrap();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for row in rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let text = row["text"].as_str().unwrap();
        let answer = route(&[text]);
        let exact = answer["intent"] == row["intent"];
        let acceptable = row["acceptable"].as_array().unwrap().contains(&answer["intent"]);
        for key in [row["intent"].as_str().unwrap(), "all"] {
            let tally = tallies.entry(key.to_owned()).or_default();
            tally.rows += 1;
            tally.exact += u32::from(exact);
            tally.acceptable += u32::from(acceptable);
        }
        if !acceptable {
            println!("miss {} -> {} | {}", row["intent"], answer["intent"], text.chars().take(120).collect::<String>());
        }
    }
    for (intent, tally) in &tallies {
        let share = |part: u32| 100.0 * f64::from(part) / f64::from(tally.rows);
        println!(
            "{intent:34} {:5} rows, exact {:5.1} %, acceptable {:5.1} %",
            tally.rows,
            share(tally.exact),
            share(tally.acceptable)
        );
    }
    let all = &tallies["all"];
    assert!(f64::from(all.acceptable) >= 0.75 * f64::from(all.rows), "fewer than 75 % are acceptable");
}
