//! What a conversation is worth, as the benchmark counts it: 1 if the database was left as the task's actions leave it and the
//! customer was told every fact that they were to be told, else 0; 0 for one that was cut short.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::files::Task;

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Termination {
    /// The customer was done, or was handed to a person.
    UserStop,
    AgentStop,
    MaxSteps,
    TooManyErrors,
}

impl Termination {
    fn is_an_end(self) -> bool {
        matches!(self, Self::UserStop | Self::AgentStop)
    }

    /// `None`: it is not said, or ended in a way that only the benchmark's own programs know.
    pub fn read(word: Option<&str>) -> Option<Self> {
        [Self::UserStop, Self::AgentStop, Self::MaxSteps, Self::TooManyErrors]
            .into_iter()
            .find(|known| Some(known.as_str()) == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserStop => "user_stop",
            Self::AgentStop => "agent_stop",
            Self::MaxSteps => "max_steps",
            Self::TooManyErrors => "too_many_errors",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Reward {
    pub termination: Termination,
    pub database: bool,
    /// Those that were not told.
    pub untold: Vec<String>,
}

impl Reward {
    /// `said`: every text of the agent's.
    pub fn of<'t>(
        task: &Task,
        termination: Termination,
        database: bool,
        said: impl IntoIterator<Item = &'t str> + Clone,
    ) -> Self {
        let told = |fact: &String| said.clone().into_iter().any(|text| tells(text, fact));
        Self { termination, database, untold: task.facts().iter().filter(|fact| !told(fact)).cloned().collect() }
    }

    pub fn value(&self) -> f64 {
        if self.termination.is_an_end() && self.database && self.untold.is_empty() { 1.0 } else { 0.0 }
    }

    /// By the benchmark's names for its parts.
    pub fn breakdown(&self) -> BTreeMap<String, f64> {
        let part = |name: &str, holds: bool| (name.to_owned(), if holds { 1.0 } else { 0.0 });
        [part("DB", self.database), part("COMMUNICATE", self.untold.is_empty())].into()
    }
}

/// Amounts may be written with or without commas between thousands.
fn tells(text: &str, fact: &str) -> bool {
    text.to_lowercase().replace(',', "").contains(&fact.to_lowercase())
}
