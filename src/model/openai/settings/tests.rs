use secrecy::ExposeSecret as _;

use super::*;

#[test]
fn the_least_settings_are_a_model() {
    let settings: OpenAiSettings = toml::from_str(r#"model = "gpt-5.2""#).expect("settings");
    assert_eq!(settings.base_url.as_str(), "https://api.openai.com/v1");
    assert_eq!(settings.total_limit, Duration::from_secs(120));
    assert!(settings.api_key.is_none() && settings.strict_tools);
    let same = OpenAiSettings::new("gpt-5.2");
    assert_eq!(format!("{settings:?}"), format!("{same:?}"));
}

#[test]
fn all_settings_are_read_and_an_unknown_one_is_refused() {
    let all = r#"
        base_url = "http://localhost:11434/v1"
        api_key = "sk-1"
        model = "a"
        fallback_model = "b"
        fallback_base_url = "https://b.example/v1"
        fallback_api_key = "sk-2"
        temperature = 0.2
        max_output_tokens = 100
        first_token_limit = 1.5
        idle_limit = 2
        total_limit = 3
        retries = 0
        strict_tools = false
        parallel_tool_calls = false
        extra_headers = { "x-team" = "support" }
        token_budget = 9000
    "#;
    let settings: OpenAiSettings = toml::from_str(all).expect("settings");
    assert_eq!(settings.first_token_limit, Duration::from_millis(1_500));
    assert_eq!(settings.extra_headers["x-team"].expose_secret(), "support");
    assert!(!format!("{settings:?}").contains("sk-"), "{settings:?}");
    let error = toml::from_str::<OpenAiSettings>(&format!("{all}\nmodle = 1")).expect_err("an error");
    assert!(error.to_string().contains("unknown field `modle`"), "{error}");
    let error = toml::from_str::<OpenAiSettings>("model = 'a'\nidle_limit = -1").expect_err("an error");
    assert!(error.to_string().contains("idle_limit"), "{error}");
}
