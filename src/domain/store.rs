//! What is known of a store, beside its policy and its secrets.

use jiff::tz::TimeZone;

use super::id::StoreId;

#[derive(Clone, Debug)]
pub struct StoreProfile {
    pub id: StoreId,
    /// As shoppers know it.
    pub name: String,
    /// In which its dates are told.
    pub zone: TimeZone,
    /// How its agents speak: goes into their prompts.
    pub brand_voice: String,
    /// ISO 639-1 codes of the languages in which the agent may answer.
    pub languages: Vec<String>,
    /// Whether it is a sandbox: only there may a customer be declared verified.
    pub sandbox: bool,
}
