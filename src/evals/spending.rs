//! What models cost: tokens as servers count them, and money where their price is known.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures_util::{Stream, StreamExt as _};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::event::Usage;
use crate::model::{Answer, ChatModel, ChatRequest, Message, ModelError, Piece};

/// Said of cases that were not begun.
pub const NOT_RUN: &str = "not run (cost limit)";
/// Prices are by so many tokens.
const MILLION: u64 = 1_000_000;
/// Characters of a token, where nobody counted: rather too few.
const CHARACTERS: usize = 3;

/// USD by a million tokens.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    pub input: Decimal,
    /// Of tokens that the server had read before.
    pub cached: Decimal,
    pub output: Decimal,
}

impl Prices {
    fn of(&self, spent: &Spent) -> Decimal {
        let fresh = spent.input_tokens.saturating_sub(spent.cached_tokens);
        let all = self.input * Decimal::from(fresh)
            + self.cached * Decimal::from(spent.cached_tokens)
            + self.output * Decimal::from(spent.output_tokens);
        (all / Decimal::from(MILLION)).round_dp(6).normalize()
    }
}

/// Who asks a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Agent,
    Customer,
    Judge,
}

/// What each role's model costs, where it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tariff {
    pub agent: Option<Prices>,
    pub customer: Option<Prices>,
    pub judge: Option<Prices>,
}

impl Tariff {
    fn of(&self, role: Role) -> Option<&Prices> {
        match role {
            Role::Agent => self.agent.as_ref(),
            Role::Customer => self.customer.as_ref(),
            Role::Judge => self.judge.as_ref(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub model_calls: u64,
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    /// USD.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "as_text",
        deserialize_with = "of_text"
    )]
    pub cost: Option<Decimal>,
}

/// No float comes near an amount.
fn as_text<S: Serializer>(cost: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    cost.map(|cost| cost.to_string()).serialize(serializer)
}

fn of_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

impl Spent {
    fn add(&mut self, usage: Usage, prices: Option<&Prices>) {
        self.model_calls += 1;
        self.input_tokens += usage.input_tokens;
        self.cached_tokens += usage.cached_tokens;
        self.output_tokens += usage.output_tokens;
        self.cost = prices.map(|prices| prices.of(self));
    }

    pub fn and(self, other: Self) -> Self {
        // What one role cost that nobody has prices for makes the sum unknown.
        let cost = match (self.model_calls, other.model_calls) {
            (0, _) => other.cost,
            (_, 0) => self.cost,
            _ => self.cost.zip(other.cost).map(|(one, more)| (one + more).normalize()),
        };
        Self {
            model_calls: self.model_calls + other.model_calls,
            input_tokens: self.input_tokens + other.input_tokens,
            cached_tokens: self.cached_tokens + other.cached_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
            cost,
        }
    }
}

/// By role: each has prices of its own.
#[derive(Clone, Copy, Debug, Default)]
struct Accounts {
    agent: Spent,
    customer: Spent,
    judge: Spent,
}

impl Accounts {
    fn add(&mut self, role: Role, usage: Usage, tariff: &Tariff) {
        let account = match role {
            Role::Agent => &mut self.agent,
            Role::Customer => &mut self.customer,
            Role::Judge => &mut self.judge,
        };
        account.add(usage, tariff.of(role));
    }

    fn all(&self) -> Spent {
        self.agent.and(self.customer).and(self.judge)
    }
}

/// What all cases may spend together, and have spent.
#[derive(Default)]
pub struct Purse {
    pub tariff: Tariff,
    /// USD.
    pub limit: Option<Decimal>,
    /// Before this run, on the same trials.
    before: Spent,
    spent: Mutex<Accounts>,
}

impl Purse {
    pub fn new(tariff: Tariff, limit: Option<Decimal>) -> Self {
        Self { tariff, limit, before: Spent::default(), spent: Mutex::default() }
    }

    /// The same, of which so much was spent before.
    #[must_use]
    pub fn spent_before(self, before: Spent) -> Self {
        Self { before, ..self }
    }

    pub fn spent(&self) -> Spent {
        self.before.and(self.spent.lock().unwrap_or_else(PoisonError::into_inner).all())
    }

    pub fn is_empty(&self) -> bool {
        self.limit.is_some_and(|limit| self.spent().cost.unwrap_or_default() >= limit)
    }
}

/// Counts what one trial spends.
#[derive(Clone)]
pub struct Meter(Arc<Count>);

struct Count {
    own: Mutex<Accounts>,
    purse: Arc<Purse>,
}

impl Meter {
    pub fn new(purse: Arc<Purse>) -> Self {
        Self(Arc::new(Count { own: Mutex::default(), purse }))
    }

    pub fn spent(&self) -> Spent {
        self.0.own.lock().unwrap_or_else(PoisonError::into_inner).all()
    }

    /// The model, counted at the prices of this role.
    pub fn on(&self, role: Role, model: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        Arc::new(Metered { role, model, meter: self.clone() })
    }

    fn add(&self, role: Role, usage: Usage) {
        for spent in [&self.0.own, &self.0.purse.spent] {
            spent.lock().unwrap_or_else(PoisonError::into_inner).add(role, usage, &self.0.purse.tariff);
        }
    }
}

struct Metered {
    role: Role,
    model: Arc<dyn ChatModel>,
    meter: Meter,
}

#[async_trait]
impl ChatModel for Metered {
    fn description(&self) -> String {
        self.model.description()
    }

    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError> {
        let answer = self.model.ask(request).await?;
        let (role, meter) = (self.role, self.meter.clone());
        let counted = Counted { answer, role, meter, asked: size(request), said: 0, is_counted: false };
        Ok(counted.boxed())
    }
}

/// An answer that is counted when it is whole, or when its reader leaves it.
struct Counted {
    answer: Answer,
    role: Role,
    meter: Meter,
    asked: usize,
    said: usize,
    is_counted: bool,
}

impl Counted {
    /// Servers tell at the end what they counted, if they do.
    fn estimate(&self) -> Usage {
        let tokens = |characters: usize| u64::try_from(characters.div_ceil(CHARACTERS)).unwrap_or(u64::MAX);
        Usage { input_tokens: tokens(self.asked), cached_tokens: 0, output_tokens: tokens(self.said) }
    }
}

impl Stream for Counted {
    type Item = Result<Piece, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.answer.poll_next_unpin(context);
        match &polled {
            Poll::Ready(Some(Ok(Piece::Text(text)))) => self.said += text.len(),
            Poll::Ready(Some(Ok(Piece::Done(completion)))) => {
                let is_told = completion.usage != Usage::default();
                let usage = if is_told { completion.usage } else { self.estimate() };
                self.meter.add(self.role, usage);
                self.is_counted = true;
            }
            _ => {}
        }
        polled
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if !self.is_counted {
            self.meter.add(self.role, self.estimate());
        }
    }
}

fn size(request: &ChatRequest) -> usize {
    let of = |message: &Message| match message {
        Message::System(text) => text.len(),
        Message::User(text) | Message::Tool { content: text, .. } => text.len(),
        Message::Assistant { text, calls } => text.len() + calls.iter().map(|call| call.arguments.len()).sum::<usize>(),
    };
    let tools = request.tools.iter().map(|tool| tool.description.len() + tool.parameters.to_string().len());
    request.messages.iter().map(of).sum::<usize>() + tools.sum::<usize>()
}
