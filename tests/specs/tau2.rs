//! τ²-bench retail as the reference implementation and real models left it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Tally;

/// Each task's gold actions, and each recorded conversation, is one thing that is held.
pub fn check(shared: &Path, tally: &mut Tally) {
    let folder = shared.join("data/tau2_retail");
    if !folder.join("db.json").is_file() {
        return tally.skip("there is no data/tau2_retail");
    }
    let mut program = Command::new(env!("CARGO_BIN_EXE_deskhand"));
    let output = program.args(["eval", "tau2", "--json", "--data"]).arg(&folder).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    for task in told["gold"].as_array().unwrap() {
        let compared = task["compared"] == true;
        let mut problems = texts(&task["differences"]);
        problems.extend((!compared).then(|| "the reference's replay is not there".to_owned()));
        tally.of(&format!("tau2 task {}", task["task_id"]), problems);
    }
    for held in told["conversations"].as_array().unwrap() {
        tally.of(&format!("tau2 conversation {}", held["id"]), texts(&held["faults"]));
    }
    let problems = texts(&told["problems"]);
    assert!(problems.is_empty() && output.status.success(), "{problems:?}");
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}
