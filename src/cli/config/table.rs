//! The table of all settings, for terminals and for the README.

use std::fmt::Write as _;

use super::settings::{CONFIG_VARIABLE, SETTINGS, Setting};

/// Stand around the table in the README.
pub const BEGIN: &str = "<!-- settings: made by `deskhand config --markdown` -->";
pub const END: &str = "<!-- end of settings -->";

const ABOUT: &str = "Flags go before the environment, the environment before deskhand.toml. NAME_FILE names a file that holds the \
     value of the variable NAME (a mounted secret); KEY_file does the same for a secret in deskhand.toml. Where the \
     configuration has several stores, write DESKHAND_STORES_ID_SHOPIFY_SHOP for DESKHAND_SHOPIFY_SHOP, and so on.";

/// Each setting in a paragraph, as narrow as a terminal.
pub fn plain() -> String {
    let mut text =
        format!("{CONFIG_VARIABLE}\n    path. Default: deskhand.toml in the working folder. The configuration file.\n");
    for setting in SETTINGS.iter() {
        let _ = write!(text, "\n{}", shown_key(setting));
        let _ = write!(text, "  {}", setting.environment);
        let _ = write!(text, "\n    {}.{}", setting.kind.name(), default(setting));
        let _ = writeln!(text, "\n    {}", setting.meaning);
    }
    let _ = writeln!(text, "\n{ABOUT}");
    text
}

/// As the README has it.
pub fn markdown() -> String {
    let mut text = format!(
        "{BEGIN}\n\n{ABOUT}\n\n| `deskhand.toml` | environment | type | default | meaning |\n|---|---|---|---|---|\n"
    );
    let _ = writeln!(
        text,
        "| | `{CONFIG_VARIABLE}` | path | deskhand.toml in the working folder | The configuration file. |"
    );
    for setting in SETTINGS.iter() {
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} |",
            shown_key(setting),
            setting.environment,
            setting.kind.name(),
            if setting.required { "required" } else { setting.default },
            setting.meaning
        );
    }
    let _ = write!(text, "\n{END}");
    text
}

fn shown_key(setting: &Setting) -> String {
    setting.key.replacen('*', "ID", 1)
}

fn default(setting: &Setting) -> String {
    if setting.required {
        " Required.".to_owned()
    } else if setting.default.is_empty() {
        String::new()
    } else {
        format!(" Default: {}.", setting.default)
    }
}
