use super::*;

#[test]
fn a_list_of_tools_is_serialised_once() {
    let prefixes = Prefixes::default();
    let tools: Arc<[ToolSpec]> =
        Arc::from([ToolSpec { name: "a".into(), description: "b".into(), parameters: serde_json::json!({}) }]);
    let json = |tools: &Arc<[ToolSpec]>, strict: bool| prefixes.tools(tools, strict).expect("JSON");
    let first = json(&tools, true).expect("a list");
    assert!(Arc::ptr_eq(&first, &json(&tools, true).expect("a list")));
    let lax = json(&tools, false).expect("a list");
    assert!(first.get().contains("strict") && !lax.get().contains("strict"));
    for _ in 0..100 {
        json(&tools.iter().cloned().collect(), true);
    }
    assert!(prefixes.tools.0.lock().expect("no panic").len() <= KEPT);
    assert!(json(&Arc::from([]), true).is_none());
}

#[test]
fn a_prompt_is_serialised_once_and_no_other_is_taken_for_it() {
    let prefixes = Prefixes::default();
    let json = |message: Message| prefixes.prompt(&[message, Message::User("Hi".into())]).expect("JSON");
    let prompt: Arc<str> = "Be \"kind\".".into();
    let first = json(Message::System(Arc::clone(&prompt))).expect("a prompt");
    assert_eq!(first.get(), r#""Be \"kind\".""#);
    assert!(Arc::ptr_eq(&first, &json(Message::System(prompt)).expect("a prompt")));
    for number in 0..100 {
        let other = json(Message::System(format!("{number}").into())).expect("a prompt");
        assert_eq!(other.get(), format!("\"{number}\""));
    }
    assert!(prefixes.prompts.0.lock().expect("no panic").len() <= KEPT);
    assert!(json(Message::User("Hi".into())).is_none());
}
