//! A project of one's own, and what the program says of its settings.

use deskhand::domain::yaml;

use crate::program::Place;

#[test]
fn init_begins_a_project_that_the_doctor_finds_well() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["init", "shop"]).well().shown());
    insta::assert_snapshot!(place.run(&["init", "shop"]).shown());
    let config = ["--config", "shop/deskhand.toml"];
    insta::assert_snapshot!(place.run(&[&config[..], &["doctor"]].concat()).well().shown());
    insta::assert_snapshot!(place.run(&[&config[..], &["tools", "check"]].concat()).well().shown());
    let chat = place.command(&[&config[..], &["chat"]].concat()).run("What is your shipping policy?\n").well();
    assert!(place.path("shop/.deskhand/sandbox/deskhand.db").exists(), "data lies in the project");
    assert!(chat.out.contains(r#"{"articles":["Shipping and delivery"]}"#), "{}", chat.out);
}

#[test]
fn the_job_that_runs_evals_is_written_into_a_new_project_and_into_one_that_is_there() {
    let place = Place::new();
    place.run(&["init", "shop", "--ci", "github"]).well();
    let job = std::fs::read_to_string(place.path("shop/.github/workflows/evals.yml")).unwrap();
    let job: serde_json::Value = yaml::read(&job).unwrap();
    let runs = job["jobs"]["offline"]["steps"][1]["run"].as_str().unwrap();
    assert!(runs.contains("deskhand eval \"$@\" --junit") && !runs.contains("cargo"), "{runs}");
    assert!(job["jobs"]["offline"].get("env").is_none(), "a fork has no secrets");
    let recorded = job["jobs"]["offline"]["steps"][2]["run"].as_str().unwrap();
    let nightly = job["jobs"]["live"]["steps"][1]["run"].as_str().unwrap();
    plays_cassettes_and_minds_the_cost(recorded, nightly);
    let added = place.run(&["init", "shop", "--ci", "gitlab"]).well();
    assert_eq!(added.out.lines().count(), 2, "{}", added.out);
    let job = std::fs::read_to_string(place.path("shop/.gitlab-ci.yml")).unwrap();
    let job: serde_json::Value = yaml::read(&job).unwrap();
    let script = |name: &str| job[name]["script"][0].as_str().unwrap();
    plays_cassettes_and_minds_the_cost(script("evals-cassettes"), script("evals-live"));
    let again = place.run(&["init", "shop", "--ci", "gitlab"]);
    assert!(again.code == Some(2) && again.err.contains(".gitlab-ci.yml exists already"), "{}", again.shown());
}

/// The build's commands are such as the program takes.
fn plays_cassettes_and_minds_the_cost(recorded: &str, nightly: &str) {
    let place = Place::new();
    std::fs::create_dir_all(place.path("evals/suites")).unwrap();
    let place =
        place.file("evals/suites/own.yaml", "cases:\n  - name: hello\n    conversation: [{ say: \"hello\" }]\n");
    let words = |line: &str, price: &str| -> Vec<String> {
        let line = line.replace("\"$PRICE_IN\"", price).replace("\"$PRICE_OUT\"", price);
        line.split_whitespace().skip(1).map(str::to_owned).collect()
    };
    let run = |line: &str, price: &str| {
        let words = words(line, price);
        place.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let ran = run(recorded, "");
    assert!(ran.code == Some(1) && ran.out.contains("evals/cassettes/own/hello.json"), "{}", ran.shown());
    assert!(nightly.contains("--trials 3 --max-cost 5 "), "{nightly}");
    let ran = run(nightly, "1.25");
    assert!(ran.code == Some(2) && ran.err.contains("set OPENAI_API_KEY"), "nothing else is missing: {}", ran.shown());
    let readme = include_str!("../../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [recorded, nightly].into_iter().filter(|line| line.contains("--github")) {
        assert!(readme.contains(&line.split_whitespace().collect::<Vec<_>>().join(" ")), "{line} is not in the README");
    }
}

#[test]
fn a_projects_files_stand_in_the_place_of_the_built_in_ones() {
    let place = Place::new();
    place.run(&["init", "."]).well();
    let prompt = place.path("prompts/general.md");
    let text = std::fs::read_to_string(&prompt).unwrap().replace("tools: [", "tools: [mind_reading, ");
    std::fs::write(&prompt, text).unwrap();
    let ran = place.run(&["chat"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("prompts/general.md: there is no tool called mind_reading"), "{}", ran.err);
}

#[test]
fn exported_tools_are_checked_against_the_code() {
    let place = Place::new();
    place.run(&["tools", "export"]).well();
    place.run(&["tools", "check"]).well();
    let file = place.path("tools/get_order.json");
    let text = std::fs::read_to_string(&file).unwrap().replace("order_matched", "anonymous");
    std::fs::write(&file, text).unwrap();
    insta::assert_snapshot!(place.run(&["tools", "check"]).shown());
    insta::assert_snapshot!(place.run(&["tools", "export"]).shown());
    insta::assert_snapshot!(Place::new().run(&["tools", "list"]).shown());
}

#[test]
fn the_readme_has_the_table_of_all_settings() {
    let table = Place::new().run(&["config", "--markdown"]).well().out;
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(
        readme.contains(table.trim()),
        "put what `deskhand config --markdown` prints between its markers in README.md"
    );
}

#[test]
fn the_table_names_every_setting_with_its_variable() {
    let table = Place::new().run(&["config"]).well().out;
    for expected in
        ["stores.ID.shopify.base_url  DESKHAND_SHOPIFY_BASE_URL", "model.api_key  OPENAI_API_KEY", "DESKHAND_CONFIG"]
    {
        assert!(table.contains(expected), "{expected} is not in {table}");
    }
}
