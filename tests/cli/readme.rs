//! What the README and the template print works as it is printed.

use serde_json::Value;

use crate::program::Place;

/// The first block of this language below a heading of the README.
fn printed(heading: &str, language: &str) -> String {
    let readme = include_str!("../../README.md");
    let below = readme.split_once(&format!("## {heading}\n")).unwrap_or_else(|| panic!("no {heading}")).1;
    let block = below.split_once(&format!("```{language}\n")).unwrap().1;
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_first_agent_takes_its_intent() {
    let place = Place::new();
    place.run(&["init", "."]).well();
    let general = place.path("prompts/general.md");
    let text = std::fs::read_to_string(&general).unwrap();
    let place = place.file("prompts/gifts.md", &printed("A first agent", "markdown"));
    let twice = place.run(&["chat"]);
    assert!(twice.code == Some(2) && twice.err.contains("discount_or_promo"), "{}", twice.shown());
    std::fs::write(&general, text.replace("discount_or_promo, ", "")).unwrap();
    let chat = place.command(&["chat", "--json"]).run("Do you have a discount code for me?\n").well();
    let events: Vec<Value> = chat.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let agents: Vec<&str> = events.iter().filter_map(|event| event.pointer("/data/agent")?.as_str()).collect();
    let flat: Vec<&str> = events.iter().filter_map(|event| event.get("agent")?.as_str()).collect();
    assert!(agents.contains(&"gifts") || flat.contains(&"gifts"), "{}", chat.out);
}

#[test]
fn the_first_policy_change_is_one() {
    let place = Place::new();
    place.run(&["init", "."]).well();
    let place = place.file("policy.toml", &printed("A first policy change", "toml"));
    let chat = place.command(&["chat"]).run("I am a reseller and would like to place a bulk order\n").well();
    assert!(chat.out.contains("a person (topic"), "{}", chat.out);
}

#[test]
fn the_rules_in_the_templates_comments_are_sound() {
    let template = include_str!("../../src/cli/project/policy.toml");
    let is_rule = |rest: &str| {
        let key: String =
            rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit()).collect();
        rest.starts_with('[')
            || (!key.is_empty() && rest.get(key.len()..).is_some_and(|after| after.starts_with(" = ")))
    };
    let lines = template.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_rule(rest)).unwrap_or(line));
    let rules = lines.collect::<Vec<_>>().join("\n");
    assert!(rules.contains("\n[refunds.changed_mind]\n") && rules.contains("\nhighest_price = "), "{rules}");
    let place = Place::new();
    place.run(&["init", "."]).well();
    let ran = place.file("policy.toml", &rules).run(&["policy", "explain", "1002"]).well();
    assert!(ran.out.contains("[allowed]") && ran.out.contains("[goods_first]"), "{}", ran.out);
}

#[test]
fn the_template_holds_only_settings_that_exist() {
    let place = Place::new();
    place.run(&["init", "."]).well();
    let file = place.path("deskhand.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let setting = |line: &&str| {
        line.starts_with("# [")
            || line.split_once(" = ").is_some_and(|(key, _)| {
                key.strip_prefix("# ").is_some_and(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
            })
    };
    let lines: Vec<String> = text
        .lines()
        .map(|line| if setting(&line) { line.trim_start_matches("# ").to_owned() } else { line.to_owned() })
        .collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let secrets = [
        ("OPENAI_API_KEY", "sk-1"),
        ("DESKHAND_SHOPIFY_ACCESS_TOKEN", "shpat_1"),
        ("DESKHAND_EASYPOST_API_KEY", "EZAK1"),
        ("DESKHAND_SENDGRID_API_KEY", "SG.1"),
        ("DESKHAND_GORGIAS_API_KEY", "1"),
        ("DESKHAND_ZENDESK_API_TOKEN", "1"),
        ("DESKHAND_INTERCOM_ACCESS_TOKEN", "1"),
        ("DESKHAND_FRONT_API_TOKEN", "1"),
        ("DESKHAND_FRONT_APP_SECRET", "1"),
    ];
    let listed = place.command(&["tools", "list"]);
    let listed = secrets.iter().fold(listed, |command, (name, value)| command.env(name, value)).run("");
    assert_eq!(listed.code, Some(0), "{}", listed.shown());
    let sections = ["gorgias", "zendesk", "front", "intercom"].map(|name| format!("[stores.main.{name}]"));
    for section in &sections {
        assert!(lines.iter().any(|line| line.trim_end().starts_with(section)), "the template was read");
    }
}
