use std::path::PathBuf;

use secrecy::ExposeSecret as _;

use super::model::{NO_ENDPOINT, NO_MODEL};
use super::*;
use crate::integrations::commerce::shopify::ShopifySettings;
use crate::integrations::helpdesk::front::FrontSettings;
use crate::integrations::helpdesk::gorgias::GorgiasSettings;
use crate::integrations::helpdesk::intercom::IntercomSettings;
use crate::integrations::helpdesk::zendesk::ZendeskSettings;
use crate::integrations::messaging::sendgrid::SendGridSettings;
use crate::integrations::payments::stripe::StripeSettings;
use crate::integrations::shipping::easypost::EasyPostSettings;

struct Project {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Project {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
        Self { folder, variables: Vec::new() }
    }

    fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    fn secret_file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn load(&self) -> Result<Config, ConfigError> {
        self.load_with(Vec::new())
    }

    fn load_with(&self, settings: Vec<(&'static str, &'static str, String)>) -> Result<Config, ConfigError> {
        let flags = Flags { config: Some(self.folder.path().join(FILE_NAME)), settings };
        Config::load(&flags, &self.variables.iter().cloned().collect())
    }

    fn error(&self) -> String {
        let text = self.load().err().unwrap().to_string();
        text.replace(&*self.folder.path().to_string_lossy(), "FOLDER")
    }
}

#[test]
fn an_unknown_key_is_named_with_file_line_and_the_nearest_known_one() {
    let project = Project::with("[server]\naddress = \"127.0.0.1:1\"\n\n[model]\nmodle = \"x\"\n");
    assert_eq!(
        project.error(),
        "FOLDER/deskhand.toml:5: unknown key model.modle, did you mean model.model?; `deskhand config` lists all keys"
    );
    let project = Project::with("[stores.main]\nname = \"A\"\n[stores.main.shopfy]\nshop = \"a\"\n");
    assert!(
        project.error().contains(":3: unknown key stores.main.shopfy, did you mean stores.main.shopify?"),
        "{}",
        project.error()
    );
    let project = Project::with("base_url = \"http://x\"\n");
    assert!(project.error().contains(":1: unknown key base_url, did you mean model.base_url?"), "{}", project.error());
    let project = Project::with("[qqqqqqqqqqqq]\n");
    assert!(project.error().contains(":1: unknown key qqqqqqqqqqqq; "), "{}", project.error());
}

#[test]
fn what_is_no_toml_and_what_is_of_the_wrong_kind_is_named_with_its_line() {
    assert!(Project::with("a = = 1").error().starts_with("FOLDER/deskhand.toml:1: this is not TOML: "));
    let error = Project::with("\n[server]\naddress = 8787").error();
    assert_eq!(error, "FOLDER/deskhand.toml:3: server.address must be an address with a port, such as 127.0.0.1:8787");
    let error = Project::with("[stores.main]\nname = \"A\"\nmode = \"brave\"").error();
    assert_eq!(error, "FOLDER/deskhand.toml:3: stores.main.mode must be one of observe, draft, approve, act");
}

#[test]
fn flags_cover_the_environment_which_covers_the_file() {
    let project = Project::with("[server]\naddress = \"127.0.0.1:1\"");
    assert_eq!(project.load().unwrap().server.address.port(), 1);
    let project = project.variable("DESKHAND_ADDRESS", "127.0.0.1:2");
    assert_eq!(project.load().unwrap().server.address.port(), 2);
    let flag = vec![("server.address", "--port", "127.0.0.1:3".to_owned())];
    assert_eq!(project.load_with(flag).unwrap().server.address.port(), 3);
    assert_eq!(Project::with("").load().unwrap().server.address.port(), 8787);
}

#[test]
fn an_empty_variable_is_not_set() {
    let project = Project::with("[server]\naddress = \"127.0.0.1:1\"").variable("DESKHAND_ADDRESS", "");
    assert_eq!(project.load().unwrap().server.address.port(), 1);
}

#[test]
fn a_secret_may_be_mounted_as_a_file_but_not_be_given_twice() {
    let project = Project::with("");
    let path = project.secret_file("keys", "k:secret\n");
    let project = project.variable("DESKHAND_KEYS_FILE", path.to_string_lossy());
    assert_eq!(project.load().unwrap().storage.keys.unwrap().expose_secret(), "k:secret");
    let project = project.variable("DESKHAND_KEYS", "k:other");
    assert_eq!(project.error(), "DESKHAND_KEYS and DESKHAND_KEYS_FILE are both set; remove one of them");

    let project = Project::with("[storage]\nkeys_file = \"keys\"");
    project.secret_file("keys", "k:secret");
    assert_eq!(project.load().unwrap().storage.keys.unwrap().expose_secret(), "k:secret");
    let project = Project::with("[storage]\nkeys = \"a\"\nkeys_file = \"keys\"");
    project.secret_file("keys", "k:secret");
    assert!(project.error().contains("storage.keys and storage.keys_file are both set"), "{}", project.error());
    let project = Project::with("[storage]\nfolder_file = \"keys\"");
    assert!(project.error().contains("unknown key storage.folder_file"), "only secrets have files");
}

#[test]
fn secrets_do_not_print() {
    let project = Project::with("").variable("DESKHAND_KEYS", "k:hidden").variable("OPENAI_API_KEY", "sk-hidden");
    assert!(!format!("{:?}", project.load().unwrap().storage).contains("hidden"));
}

#[test]
fn paths_of_the_file_start_where_the_file_is() {
    let project = Project::with("[storage]\nfolder = \"data\"");
    assert_eq!(project.load().unwrap().data_folder(), project.folder.path().join("data"));
    assert_eq!(Project::with("").load().unwrap().data_folder().file_name().unwrap(), ".deskhand");
}

#[test]
fn the_environment_may_speak_of_the_only_store_and_of_each_by_its_name() {
    let one = Project::with("[stores.main]\nname = \"A\"").variable("DESKHAND_STORE_NAME", "B");
    assert_eq!(one.load().unwrap().stores["main"].name, "B");
    let text = "[stores.first]\nname = \"A\"\n[stores.second]\nname = \"B\"";
    let two = Project::with(text).variable("DESKHAND_STORES_SECOND_NAME", "C");
    assert_eq!(two.load().unwrap().stores["second"].name, "C");
    let two = two.variable("DESKHAND_STORE_NAME", "B");
    assert!(two.error().ends_with("set DESKHAND_STORES_FIRST_NAME instead"), "{}", two.error());
    let none = Project::with("").variable("DESKHAND_STORE_NAME", "A");
    assert_eq!(none.load().unwrap().stores["main"].name, "A");
}

#[test]
fn what_a_section_cannot_do_without_is_asked_for() {
    let project = Project::with("[stores.main]\nzone = \"UTC\"");
    assert_eq!(
        project.error(),
        "FOLDER/deskhand.toml:2: stores.main.name is missing; write it there or set DESKHAND_STORE_NAME"
    );
    assert!(Project::with("[stores.main]").error().contains(":1: stores.main.name is missing"));
}

#[test]
fn a_store_has_a_plain_name_that_is_not_the_sandboxs() {
    assert!(Project::with("[stores.sandbox]\nname = \"A\"").error().contains("choose another"));
    assert!(Project::with("[stores.\"A b\"]\nname = \"A\"").error().contains("small letters"));
}

#[test]
fn the_model_is_an_endpoint_when_a_key_or_an_address_says_so() {
    assert!(matches!(Project::with("").load().unwrap().model, ModelConfig::Unset));
    let offline = Project::with("[model]\nmodel = \"offline\"").variable("OPENAI_API_KEY", "sk-x");
    assert!(matches!(offline.load().unwrap().model, ModelConfig::Offline));
    let key = Project::with("").variable("OPENAI_API_KEY", "sk-x").load().unwrap();
    assert!(matches!(key.model, ModelConfig::Endpoint(_)));
    let elsewhere = Project::with("").variable("OPENAI_BASE_URL", "http://127.0.0.1:1/v1");
    assert!(matches!(elsewhere.load().unwrap().model, ModelConfig::Incomplete { lack: NO_MODEL, .. }));
    let nowhere = Project::with("").variable("DESKHAND_MODEL", "gpt-9").load().unwrap();
    assert!(matches!(nowhere.model, ModelConfig::Incomplete { lack: NO_ENDPOINT, .. }));
    assert_eq!(nowhere.model.settings().unwrap().model, "gpt-9");
}

#[test]
fn variables_that_look_like_ours_are_told_apart() {
    let project = Project::with("[stores.main]\nname = \"A\"")
        .variable("DESKHAND_ADRESS", "x")
        .variable("DESKHAND_SERVICE_HOST", "10.0.0.1")
        .variable("DESKHAND_PORT_8787_TCP", "tcp://10.0.0.1")
        .variable("DESKHAND_STORES_MAIN_ZONE", "UTC")
        .variable("DESKHAND_LOG", "info");
    let expected = vec![("DESKHAND_ADRESS".to_owned(), Some("DESKHAND_ADDRESS".to_owned()))];
    assert_eq!(project.load().unwrap().strangers, expected);
}

#[test]
fn no_two_settings_share_a_key_or_a_variable() {
    for (index, one) in SETTINGS.iter().enumerate() {
        for other in SETTINGS.iter().skip(index + 1) {
            assert_ne!(one.key, other.key);
            assert_ne!(one.environment, other.environment);
        }
    }
}

#[test]
fn the_list_has_exactly_the_fields_that_the_settings_are_read_into() {
    let of = |section: &str| {
        let prefix = format!("{section}.");
        let keys = SETTINGS.iter().filter_map(|setting| setting.key.strip_prefix(&prefix));
        keys.filter(|key| !key.contains('.')).map(str::to_owned).collect::<Vec<_>>()
    };
    same(of("storage"), fields::of::<StorageConfig>());
    same(of("log"), fields::of::<LogConfig>());
    same(of("sandbox"), fields::of::<SandboxConfig>());
    same(of("http"), fields::of::<HttpSettings>());
    same(of("model"), fields::of::<crate::model::openai::OpenAiSettings>());
    same(of("stores.*"), fields::of::<StoreConfig>());
    same(of("stores.*.shopify"), fields::of::<ShopifySettings>());
    same(of("stores.*.easypost"), fields::of::<EasyPostSettings>());
    same(of("stores.*.sendgrid"), fields::of::<SendGridSettings>());
    same(of("stores.*.front"), fields::of::<FrontSettings>());
    same(of("stores.*.gorgias"), fields::of::<GorgiasSettings>());
    same(of("stores.*.zendesk"), fields::of::<ZendeskSettings>());
    same(of("stores.*.intercom"), fields::of::<IntercomSettings>());
    same(of("stores.*.stripe"), fields::of::<StripeSettings>());
    let rates = ["key_rate", "address_rate"];
    rates.iter().for_each(|rate| same(of(&format!("server.{rate}")), fields::of::<crate::server::Rate>()));
    let server =
        of("server").into_iter().filter(|key| !["address", "private_address", "token_secret"].contains(&key.as_str()));
    let server = server.chain(rates.map(str::to_owned)).chain(["demo_page".to_owned()]);
    same(server.collect(), fields::of::<ServerSettings>());
}

fn same(mut listed: Vec<String>, fields: &[&str]) {
    let mut fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
    listed.sort();
    fields.sort();
    assert_eq!(listed, fields);
}

/// The names of a struct's fields, as its own `Deserialize` tells them.
mod fields {
    use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};

    pub fn of<T: DeserializeOwned>() -> &'static [&'static str] {
        let mut names: &'static [&'static str] = &[];
        let _ = T::deserialize(Asker(&mut names));
        names
    }

    struct Asker<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Asker<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(Self::Error::custom("not a struct"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Self::Error> {
            *self.0 = fields;
            Err(Self::Error::custom("asked"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }
}
