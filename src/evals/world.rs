//! The world of a case: a fixture and the store's rules, with what is otherwise in them.

use std::path::Path;
use std::sync::OnceLock;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::case::{FixtureSpec, SpentSpec, WorldSpec};
use crate::desk::manners::Manners;
use crate::domain::customer::Email;
use crate::domain::money::{Currency, Money};
use crate::domain::yaml;
use crate::policy::Policy;
use crate::sandbox::{Fault, Fixture};

mod rules;

pub use rules::Setting;
use rules::differences;

/// When the worlds of cases begin that name no moment: in the morning of a store in America, on a Tuesday.
const BEGINS: &str = "2026-10-06T17:00:00Z";

/// What cases change.
#[derive(Clone, Debug)]
pub struct Base {
    /// YAML.
    fixture: String,
    /// TOML.
    policy: String,
    /// What they say, once they have been read.
    read: Read,
}

#[derive(Clone, Debug, Default)]
struct Read {
    fixture: OnceLock<Value>,
    unchanged: OnceLock<Fixture>,
    policy: OnceLock<toml::Table>,
    rules: OnceLock<Policy>,
}

impl Default for Base {
    /// The demo store.
    fn default() -> Self {
        Self::new(Fixture::juniper_and_pine_text().to_owned(), Fixture::juniper_and_pine_policy().to_owned())
    }
}

impl Base {
    pub fn new(fixture: String, policy: String) -> Self {
        Self { fixture, policy, read: Read::default() }
    }

    pub fn with_policy(self, policy: String) -> Self {
        Self::new(self.fixture, policy)
    }

    fn fixture(&self) -> Result<Value, WorldError> {
        once(&self.read.fixture, || yaml::read(&self.fixture).map_err(wrong))
    }

    fn unchanged(&self) -> Result<Fixture, WorldError> {
        once(&self.read.unchanged, || serde_json::from_value(self.fixture()?).map_err(wrong))
    }

    fn policy(&self) -> Result<toml::Table, WorldError> {
        once(&self.read.policy, || toml::from_str(&self.policy).map_err(wrong))
    }

    /// Its rules with what cases say otherwise, the later after the earlier ones.
    fn rules(&self, specs: &[&WorldSpec]) -> Result<Policy, WorldError> {
        let made = || {
            let mut policy = self.policy()?;
            // How far a live store trusts its agent is no rule of a case, unless the case says so.
            policy.insert("mode".to_owned(), "act".into());
            for spec in specs {
                merge_tables(&mut policy, toml::Table::try_from(&spec.policy).map_err(wrong)?);
            }
            self::policy(policy)
        };
        if specs.iter().all(|spec| spec.policy.is_empty()) { once(&self.read.rules, made) } else { made() }
    }

    /// The same under these rules, laid over its own: what they do not write stays.
    ///
    /// # Errors
    /// They do not read, or together with those below they cannot be meant.
    pub fn overlaid(self, written: &str) -> Result<Self, WorldError> {
        let mut policy = self.policy()?;
        merge_tables(&mut policy, toml::from_str(written).map_err(wrong)?);
        let text = toml::to_string(&policy).map_err(wrong)?;
        self::policy(policy)?;
        Ok(self.with_policy(text))
    }

    /// What its rules say otherwise than those of another.
    pub fn rules_unlike(&self, other: &Self) -> Result<Vec<Setting>, WorldError> {
        let policy = |base: &Self| self::policy(base.policy()?);
        Ok(differences(&policy(self)?, &policy(other)?))
    }
}

#[derive(Debug, Error)]
#[error("{0}")]
pub struct WorldError(String);

fn wrong(what: impl std::fmt::Display) -> WorldError {
    WorldError(what.to_string())
}

/// All that a shop is opened with.
#[derive(Clone, Debug)]
pub struct Plan {
    pub fixture: Fixture,
    pub policy: Policy,
    pub people: Manners,
    pub now: Timestamp,
    pub faults: Vec<Fault>,
    pub spent: Vec<Spent>,
}

/// What was paid back before, and to whom, if it is known.
#[derive(Clone, Debug)]
pub struct Spent {
    pub customer: Option<Email>,
    pub amount: Money,
}

impl Plan {
    /// The later of `specs` go on from the earlier ones. `folder` is where their fixtures lie.
    pub fn new(base: &Base, folder: Option<&Path>, specs: &[&WorldSpec]) -> Result<Self, WorldError> {
        let fixture = fixture(base, folder, specs)?;
        let mut people = toml::Table::new();
        for spec in specs {
            merge_tables(&mut people, toml::Table::try_from(&spec.people).map_err(wrong)?);
        }
        let now = specs.iter().rev().find_map(|spec| spec.now.as_deref()).unwrap_or(BEGINS);
        let now: Timestamp =
            now.parse().map_err(|_| wrong(format_args!("now: {now:?} is no moment; write {BEGINS}")))?;
        let spent = specs.iter().flat_map(|spec| &spec.spent);
        let spent = spent.map(|spec| self::spent(spec, fixture.store.currency)).collect::<Result<_, _>>()?;
        let people: Manners = people.try_into().map_err(wrong)?;
        people.validate().map_err(|(name, problem)| wrong(format_args!("people.{name}: {problem}")))?;
        Ok(Self {
            fixture,
            policy: base.rules(specs)?,
            people,
            now,
            spent,
            faults: specs.iter().flat_map(|spec| spec.faults.clone()).collect(),
        })
    }

    /// Whether a sandbox can be opened with it.
    pub fn check(&self) -> Result<(), WorldError> {
        self.fixture.realise(self.now, "agent@desk.example").map(drop).map_err(wrong)
    }
}

fn policy(table: toml::Table) -> Result<Policy, WorldError> {
    let policy = Policy::deserialize(table).map_err(|error| wrong(format_args!("policy: {}", error.message())))?;
    policy.validate().map_err(|unsound| wrong(format_args!("policy: {unsound}")))?;
    Ok(policy)
}

fn spent(spec: &SpentSpec, currency: Currency) -> Result<Spent, WorldError> {
    let at = |problem: String| wrong(format_args!("spent: {problem}"));
    let amount =
        Money::parse(&spec.amount, spec.currency.unwrap_or(currency)).map_err(|error| at(error.to_string()))?;
    let email = |text: &String| Email::parse(text).ok_or_else(|| at(format!("{text:?} is no e-mail address")));
    Ok(Spent { customer: spec.customer.as_ref().map(email).transpose()?, amount })
}

fn once<T: Clone>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T, WorldError>) -> Result<T, WorldError> {
    if let Some(made) = cell.get() {
        return Ok(made.clone());
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made).clone())
}

fn fixture(base: &Base, folder: Option<&Path>, specs: &[&WorldSpec]) -> Result<Fixture, WorldError> {
    let named = specs.iter().rev().find_map(|spec| spec.fixture.as_ref());
    let mut fixture = match named {
        None if specs.iter().all(|spec| spec.leaves_fixture()) => return base.unchanged(),
        None => base.fixture()?,
        Some(FixtureSpec::Whole(fixture)) => Value::Object(fixture.clone().into_iter().collect()),
        Some(FixtureSpec::File(name)) => {
            let path = folder.unwrap_or(Path::new("")).join(name);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| wrong(format_args!("fixture {} cannot be read: {error}", path.display())))?;
            yaml::read(&text).map_err(wrong)?
        }
    };
    for spec in specs {
        change_fixture(&mut fixture, spec)?;
    }
    serde_json::from_value(fixture).map_err(wrong)
}

fn change_fixture(fixture: &mut Value, spec: &WorldSpec) -> Result<(), WorldError> {
    let store = Value::Object(spec.store.clone().into_iter().collect());
    if let Some(own) = fixture.get_mut("store") {
        merge(own, store);
    }
    for (list, key, changes) in [
        ("orders", "number", &spec.orders),
        ("products", "title", &spec.products),
        ("customers", "email", &spec.customers),
    ] {
        for change in changes {
            let Some(id) = change.get(key) else {
                return Err(wrong(format_args!("{list}: each needs its {key}")));
            };
            let Some(known) = fixture.get_mut(list).and_then(Value::as_array_mut) else {
                return Err(wrong(format_args!("the fixture has no {list}")));
            };
            match known.iter_mut().find(|one| one.get(key) == Some(id)) {
                Some(one) => merge(one, change.clone()),
                None => known.push(change.clone()),
            }
        }
    }
    Ok(())
}

/// Objects are merged; everything else takes the place of what was there.
fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change,
    }
}

fn merge_tables(into: &mut toml::Table, change: toml::Table) {
    for (key, value) in change {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(change)) => merge_tables(into, change),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}
