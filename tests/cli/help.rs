use crate::program::Place;

#[test]
fn every_command_explains_itself() {
    let commands: [&[&str]; 43] = [
        &[],
        &["demo"],
        &["chat"],
        &["serve"],
        &["sandbox"],
        &["sandbox", "mail"],
        &["init"],
        &["tools"],
        &["tools", "list"],
        &["tools", "export"],
        &["tools", "check"],
        &["policy"],
        &["policy", "explain"],
        &["policy", "diff"],
        &["stores"],
        &["stores", "list"],
        &["stores", "show"],
        &["stores", "add-key"],
        &["stores", "rotate-key"],
        &["pause"],
        &["resume"],
        &["eval"],
        &["eval", "import"],
        &["eval", "router"],
        &["eval", "show"],
        &["eval", "tau2"],
        &["replay"],
        &["router"],
        &["router", "train"],
        &["why"],
        &["export"],
        &["privacy"],
        &["privacy", "export"],
        &["privacy", "erase"],
        &["config"],
        &["doctor"],
        &["outbox"],
        &["outbox", "retry"],
        &["webhooks"],
        &["webhooks", "retry"],
        &["stores", "connect"],
        &["sandbox", "reply"],
        &["openapi"],
    ];
    for command in commands {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let name = format!("help_{}", command.join("_"));
        insta::assert_snapshot!(name.trim_end_matches('_'), Place::new().run(&arguments).shown());
    }
}

#[test]
fn a_command_that_does_not_exist_is_told_apart() {
    insta::assert_snapshot!(Place::new().run(&["chatt"]).shown());
    insta::assert_snapshot!(Place::new().run(&[]).shown());
}

#[test]
fn the_api_description_is_json() {
    let ran = Place::new().run(&["openapi"]).well();
    let description: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(description["paths"]["/v1/conversations"].is_object(), "{}", ran.out);
}
