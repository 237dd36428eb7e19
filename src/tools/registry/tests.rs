use super::*;

#[test]
fn every_schema_is_strict_and_every_file_agrees_with_its_code() {
    let registry = Registry::load(&Tools::default(), None).unwrap();
    for declaration in registry.declarations() {
        let parameters = declaration.parameters.as_object().unwrap();
        let properties: Vec<&String> = parameters["properties"].as_object().unwrap().keys().collect();
        let required: Vec<&str> = parameters["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(properties, required, "{}", declaration.name);
        assert_eq!(parameters["additionalProperties"], false, "{}", declaration.name);
    }
}

#[test]
fn an_override_changes_words_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut own = Registry::load(&Tools::default(), None).unwrap().declaration("find_order").unwrap().clone();
    own.description = "Ours.".into();
    let file = folder.path().join("find_order.json");
    std::fs::write(&file, serde_json::to_vec(&own).unwrap()).unwrap();
    assert_eq!(
        Registry::load(&Tools::default(), Some(folder.path())).unwrap().declaration("find_order").unwrap().description,
        "Ours."
    );

    own.assurance = Assurance::Verified;
    std::fs::write(&file, serde_json::to_vec(&own).unwrap()).unwrap();
    assert!(matches!(
        Registry::load(&Tools::default(), Some(folder.path())),
        Err(RegistryError::Differs { what: "assurance", .. })
    ));

    std::fs::rename(&file, folder.path().join("send_money.json")).unwrap();
    assert!(matches!(Registry::load(&Tools::default(), Some(folder.path())), Err(RegistryError::Unknown { .. })));
}
