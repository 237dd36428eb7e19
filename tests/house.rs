//! The floors of the house: what lies on one imports only what lies below it.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use deskhand::domain::yaml;

/// The rooms, and what each may import. `tests` inside a room obey the same rule.
fn may_import() -> BTreeMap<&'static str, Vec<&'static str>> {
    let floors: [&[&str]; 8] = [
        &["domain"],
        &["policy"],
        &["integrations", "model", "storage"],
        &["tools"],
        &["agents"],
        &["desk"],
        &["server", "evals"],
        &["cli"],
    ];
    let mut rules = BTreeMap::new();
    let mut below: Vec<&str> = Vec::new();
    for floor in floors {
        for room in floor {
            let mut allowed = below.clone();
            allowed.push(room);
            rules.insert(*room, allowed);
        }
        below.extend(floor);
    }
    rules.insert("sandbox", vec!["domain", "sandbox"]);
    for room in ["cli", "evals"] {
        rules.entry(room).or_default().push("sandbox");
    }
    rules
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    files
}

fn room_of(file: &Path) -> String {
    let inside = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Every room named after `crate::` in a file.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let room = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.split("};").next().unwrap_or_default();
                found.extend(group.split(',').map(|part| room(part.trim())));
            }
            None => found.push(room(rest)),
        }
    }
    found
}

#[test]
fn a_floor_imports_only_floors_below_it() {
    let rules = may_import();
    let mut broken = Vec::new();
    for file in all_sources() {
        let room = room_of(&file);
        if room == "lib" || room == "main" {
            continue;
        }
        let allowed = rules.get(room.as_str()).unwrap_or_else(|| panic!("{room} is on no floor: say where it belongs"));
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            if rules.contains_key(import.as_str()) && !allowed.contains(&import.as_str()) {
                broken.push(format!("{} imports {import}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_the_gate_makes_permits_and_holds_writers() {
    let gate = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/desk/effects");
    for file in all_sources() {
        let text = fs::read_to_string(&file).unwrap();
        let makes = text.contains("Permit::issue");
        assert!(!makes || file == gate.with_extension("rs"), "{} makes a permit", file.display());
        let has_permits = file == gate.with_extension("rs") || file.starts_with(&gate);
        let runtime = ["desk", "tools", "agents", "server", "cli"].contains(&room_of(&file).as_str());
        assert!(has_permits || !(runtime && text.contains("(permit")), "{} calls a writer", file.display());
    }
}

/// Whatever a model calls there, it is on a copy of the benchmark's own database.
#[test]
fn the_benchmark_has_no_way_to_a_store() {
    let evals = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/evals");
    let of_it = |file: &PathBuf| {
        file.starts_with(evals.join("tau2")) || [evals.join("tau2.rs"), evals.join("dialogue.rs")].contains(file)
    };
    let files: Vec<PathBuf> = all_sources().into_iter().filter(of_it).collect();
    assert!(files.len() > 20, "the benchmark's sources were not found");
    for file in files {
        let found = imports(&fs::read_to_string(&file).unwrap());
        let reaching = ["desk", "integrations", "storage", "sandbox", "server"];
        assert!(!found.iter().any(|room| reaching.contains(&room.as_str())), "{} imports {found:?}", file.display());
    }
}

#[test]
fn nothing_of_the_demo_store_stands_outside_the_sandbox() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/fixtures/juniper-and-pine.yaml");
    let fixture: serde_json::Value = yaml::read(&fs::read_to_string(fixture).unwrap()).unwrap();
    let mut literals = Vec::new();
    collect(&fixture, &mut literals);
    literals.sort();
    literals.dedup();
    assert!(literals.len() > 30, "the fixture's names were not found: {literals:?}");
    for file in all_sources() {
        if room_of(&file) == "sandbox" || file.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for literal in &literals {
            assert!(!text.contains(literal.as_str()), "{} has {literal:?} of the demo store", file.display());
        }
    }
}

/// Order names, e-mail addresses, titles and tracking numbers of a fixture.
fn collect(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), value) {
                    (
                        "email" | "title" | "tracking" | "tracking_number" | "name" | "number",
                        serde_json::Value::String(text),
                    ) if text.len() > 8 => {
                        into.push(text.clone());
                    }
                    _ => collect(value, into),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

#[test]
fn no_room_has_outgrown_its_walls() {
    for file in all_sources() {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 520, "{} has {lines} lines: make two rooms of it", file.display());
    }
}
