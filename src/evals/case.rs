//! The shape of a suite's file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::domain::money::Currency;
use crate::domain::yaml;
use crate::sandbox::{Act, Fault};

pub mod colleague;
pub mod customer;
pub mod expectations;
pub mod staff;

use colleague::{Colleague, Letter};
use customer::Customer;
use expectations::{Expectations, Reply};
use staff::Staff;

/// A file of cases about one theme.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// What its cases have in common.
    #[serde(default)]
    pub about: String,
    /// Tags of all its cases. `needs-llm`: it tells nothing of the offline model, which skips it.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The world of all its cases. A case may change it further.
    #[serde(default)]
    pub world: WorldSpec,
    /// Read one by one: what is wrong with one stops no other.
    #[schemars(with = "Vec<Case>")]
    pub cases: Vec<Written>,
}

/// A case as it stands in its file.
pub struct Written {
    pub line: usize,
    pub json: Box<RawValue>,
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = yaml::Spanned::<Value>::deserialize(deserializer)?;
        let line = usize::try_from(found.defined.line()).map_err(de::Error::custom)?;
        Ok(Self { line, json: to_raw_value(&found.value).map_err(de::Error::custom)? })
    }
}

/// A conversation in a world of its own, and what must have come of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name, the only one of its kind in the suite.
    pub name: String,
    /// What it is there for.
    #[serde(default)]
    pub about: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub world: WorldSpec,
    /// The e-mail address of a shopper who is signed in: verified from the first word on.
    #[serde(default, rename = "as")]
    pub signed_in: Option<String>,
    pub conversation: Vec<Step>,
    /// Without it, nothing may have changed.
    #[serde(default)]
    pub expect: Expectations,
    /// A step for which there is nothing to act on is passed over: it is played to see what becomes of it.
    #[serde(skip)]
    pub whatever_comes: bool,
}

/// A store as it is when the conversation begins.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldSpec {
    /// A fixture's file, seen from the suite's, or a fixture itself; by default the demo store, or the project's own.
    #[serde(default)]
    pub fixture: Option<FixtureSpec>,
    /// The moment at which it begins; the clock stands still, and moves by `later` only.
    #[serde(default)]
    pub now: Option<String>,
    /// What is otherwise in the store's policy: `refunds: { damaged: { no_return_limits: { USD: "10.00" } } }`.
    #[serde(default)]
    pub policy: BTreeMap<String, Value>,
    /// How the store's people work with the agent: `people: { approvers: [nora@juniper.example] }`.
    #[serde(default)]
    pub people: BTreeMap<String, Value>,
    /// Orders of the fixture with what is otherwise, by their number, or further ones, as in a fixture.
    #[serde(default)]
    pub orders: Vec<Value>,
    /// The same for products, by their title.
    #[serde(default)]
    pub products: Vec<Value>,
    /// The same for customers, by their e-mail address.
    #[serde(default)]
    pub customers: Vec<Value>,
    /// The same for the store itself.
    #[serde(default)]
    pub store: BTreeMap<String, Value>,
    /// What the agent has paid back before: it counts toward the policy's limits.
    #[serde(default)]
    pub spent: Vec<SpentSpec>,
    /// What vendors do wrong from the beginning on.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// An amount that counts toward the limit of the store, and of a customer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpentSpec {
    /// The customer's e-mail address; somebody else's by default.
    #[serde(default)]
    pub customer: Option<String>,
    /// `480.00`
    pub amount: String,
    /// The store's by default.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub currency: Option<Currency>,
}

impl WorldSpec {
    /// Whether nothing in it is otherwise than in the fixture.
    pub fn leaves_fixture(&self) -> bool {
        let lists = [&self.orders, &self.products, &self.customers];
        self.fixture.is_none() && self.store.is_empty() && lists.into_iter().all(Vec::is_empty)
    }
}

/// Where a world begins.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FixtureSpec {
    File(String),
    Whole(BTreeMap<String, Value>),
}

/// One thing that happens, and perhaps what the agent must answer to it. Exactly one of `say`, `answer`, `customer`,
/// `another`, `letter`, `later`, `approve`, `deny`, `staff`, `colleague` and `fault`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The shopper says this. `{code}` stands for the code in the mail that came last.
    #[serde(default)]
    pub say: Option<String>,
    /// What the shopper says to what the agent asked: the first entry of which a word is in the agent's last words.
    #[serde(default)]
    pub answer: Option<Vec<Answer>>,
    /// A model plays the shopper, line by line, until the customer is done or a person has the conversation.
    #[serde(default)]
    pub customer: Option<Customer>,
    /// What follows is said in another conversation, of the same shopper or of somebody else.
    #[serde(default)]
    pub another: Option<Another>,
    /// What follows is another conversation, which a customer begins at the helpdesk with this. Where the store wants it
    /// (`people: { channel: true }`), the agent takes part; `reply` is what it says there.
    #[serde(default)]
    pub letter: Option<Letter>,
    /// Time passes in the world: `10d`, `36h`, `5m`.
    #[serde(default)]
    pub later: Option<String>,
    /// A person says yes to what waits longest.
    #[serde(default)]
    pub approve: Option<Approve>,
    /// A person says no to what waits longest.
    #[serde(default)]
    pub deny: Option<Deny>,
    /// The store's people do something in the platform's admin. It is not among the changes that `expect.world` names.
    #[serde(default)]
    pub staff: Option<Staff>,
    /// Somebody at the helpdesk does something with the conversation's ticket. It is not among the changes that
    /// `expect.world` names.
    #[serde(default)]
    pub colleague: Option<Colleague>,
    /// A vendor does something wrong from here on.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// What is said to it, all messages of the turn together; to a customer, all messages of all turns.
    #[serde(default)]
    pub reply: Option<Reply>,
    /// The agent that answers.
    #[serde(default)]
    pub agent: Option<String>,
    /// What the router reads in it.
    #[serde(default)]
    pub intent: Option<String>,
    /// What else a script's router reads in it.
    #[serde(default)]
    pub reading: Option<Reading>,
    /// What the model does then, step by step, in the place of a model: for what a hostile or an old one would do. Where
    /// one step has a script, all have.
    #[serde(default)]
    pub script: Option<Vec<ScriptLine>>,
}

/// How a message is read in the place of a model, beside its intent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// `positive`, `neutral`, `negative`, `angry` or `threat`.
    #[serde(default = "neutral")]
    pub sentiment: String,
    /// ISO 639-1.
    #[serde(default = "english")]
    pub language: String,
    /// From 0 to 1.
    #[serde(default = "surely")]
    pub confidence: f64,
}

fn neutral() -> String {
    "neutral".to_owned()
}

fn english() -> String {
    "en".to_owned()
}

fn surely() -> f64 {
    1.0
}

impl Default for Reading {
    fn default() -> Self {
        Self { sentiment: neutral(), language: english(), confidence: surely() }
    }
}

/// A call, or words; both where a model says something before it calls. `{label.url}` in words stands for what a tool
/// returned there last: vendors make another each time.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptLine {
    /// A tool's name.
    #[serde(default)]
    pub call: Option<String>,
    #[serde(default)]
    pub arguments: Value,
    #[serde(default)]
    pub say: Option<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Words of the agent; capitals do not matter. Empty: whatever it said.
    pub to: String,
    pub say: String,
}

/// A further conversation.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Another {
    /// The e-mail address of a shopper who is signed in there; nobody by default.
    #[serde(default, rename = "as")]
    pub signed_in: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Less than was proposed, as a decimal string.
    #[serde(default)]
    pub amount: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deny {
    /// Told to the shopper.
    #[serde(default)]
    pub message: Option<String>,
}

/// What a step does.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Say(String),
    Answer(Vec<(String, String)>),
    Customer(Box<Customer>),
    /// Who is signed in there.
    Another(Option<String>),
    Letter(Letter),
    Later(String),
    Approve(Option<String>),
    Deny(Option<String>),
    Staff(Box<Staff>),
    Colleague(Act),
    Fault(Fault),
}

impl Case {
    /// Whether a model plays the shopper.
    pub fn has_customer(&self) -> bool {
        self.conversation.iter().any(|step| step.customer.is_some())
    }
}

impl Step {
    /// # Errors
    /// Where it does nothing, or several things at once.
    pub fn action(&self) -> Result<Action, &'static str> {
        let Self { say, answer, customer, another, letter, later, approve, deny, staff, colleague, fault, .. } =
            self.clone();
        let answers = |answers: Vec<Answer>| answers.into_iter().map(|answer| (answer.to, answer.say)).collect();
        let all = [
            say.map(Action::Say),
            answer.map(|given| Action::Answer(answers(given))),
            customer.map(|customer| Action::Customer(Box::new(customer))),
            another.map(|another| Action::Another(another.signed_in)),
            letter.map(Action::Letter),
            later.map(Action::Later),
            approve.map(|approve| Action::Approve(approve.amount)),
            deny.map(|deny| Action::Deny(deny.message)),
            staff.map(|staff| Action::Staff(Box::new(staff))),
            colleague.map(|colleague| colleague.act()).transpose()?.map(Action::Colleague),
            fault.map(Action::Fault),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(action), None) => Ok(action),
            _ => Err(
                "a step has exactly one of say, answer, customer, another, letter, later, approve, deny, staff, colleague and \
                 fault",
            ),
        }
    }
}
