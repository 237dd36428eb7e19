//! How many conversations `deskhand eval` plays in a second, and where the time goes: ledger, log, wire and all.
//!
//! The conversations are scripted, so that no model takes part. Half of them ask where a parcel is, half have a broken mug paid
//! back. The program is a process of its own, as in a build.
//!
//! ```text
//! cargo bench --bench evals                      # 200 cases, then 2,000, then 10,000
//! cargo bench --bench evals -- --cases 50        # shorter
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on ends"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == "--cases");
    let cases = at.and_then(|at| arguments.get(at + 1)?.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    for cases in cases.map_or_else(|| vec![200, 2_000, 10_000], |cases| vec![cases]) {
        let suite = folder.path().join("bench.yaml");
        std::fs::write(&suite, json!({"cases": (0..cases).map(case).collect::<Vec<_>>()}).to_string()).unwrap();
        play(folder.path(), &suite, cases);
    }
}

/// One conversation of each kind in turn.
fn case(number: usize) -> Value {
    let find = |order: &str, email: &str| json!({"call": "find_order", "arguments": {"order_number": order, "email": email, "postcode": null}});
    if number.is_multiple_of(2) {
        let track = json!({"call": "track_shipment", "arguments": {"order_number": "1001"}});
        let say = json!({"say": "Your order #1001 is in transit with UPS."});
        let script = json!([find("1001", "ana@example.com"), track, say]);
        return json!({
            "name": format!("parcel-{number}"),
            "conversation": [{"say": "where is order 1001? ana@example.com", "intent": "order_status", "script": script,
                              "reply": {"contains": ["in transit"]}}],
        });
    }
    let goods = json!({"order_number": "1016", "items": [{"line": 1, "quantity": 1}], "reason": "damaged"});
    let pay = json!({"call": "issue_refund", "arguments": goods});
    let script = json!([find("1016", "hal@example.com"), pay, {"say": "I have refunded $24.00 for order #1016."}]);
    json!({
        "name": format!("mug-{number}"),
        "conversation": [{"say": "one mug of 1016 came broken. hal@example.com", "intent": "damaged_or_wrong_item",
                          "script": script, "reply": {"contains": ["$24.00"]}}],
        "expect": {"world": [{"refund": {"order": "1016", "amount": "24.00"}}, {"mail": {}}]},
    })
}

fn play(folder: &Path, suite: &Path, cases: usize) {
    let (before, began) = (processor_of_children(), Instant::now());
    let mut child = Command::new(env!("CARGO_BIN_EXE_deskhand"))
        .args(["eval", "--timings"])
        .arg(suite)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(folder.join("timings")).unwrap())
        .spawn()
        .unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(resident(child.id()));
        std::thread::sleep(Duration::from_millis(20));
    }
    let (took, worked) = (began.elapsed().as_secs_f64(), processor_of_children() - before);
    let output = child.wait_with_output().unwrap();
    let summary = String::from_utf8(output.stdout).unwrap();
    assert!(summary.contains(&format!("{cases} of {cases} cases passed")), "{summary}");
    let all = f64::from(u32::try_from(cases).unwrap());
    println!("{cases} cases: {:.0} a second, {:.1} CPU-ms each, {most} MB at most", all / took, worked * 1_000.0 / all);
    for line in std::fs::read_to_string(folder.join("timings")).unwrap().lines().filter(|line| line.contains('%')) {
        println!("{line}");
    }
}

/// Seconds, of all children that have ended.
fn processor_of_children() -> f64 {
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // After the name: cutime and cstime are the fields 16 and 17 of all.
    fields[13..15].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS
}

/// Megabytes, at most so far.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_024
}
