//! Plays one case: the shopper's lines, what people and time do in between, and then a look at what there is.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use regex::Regex;

use super::case::{Action, Case};
use super::changes::{Change, between};
use super::domain::{Broken, Cast};
use super::outcome::{Outcome, Remains, Said};
use super::scripted::Scripted;
use super::shop::{STORE, Shop};
use crate::agents::conversation::Conversation;
use crate::desk::approvals::Yes;
use crate::desk::{Desk, DeskError, NewMessage, Opening};
use crate::domain::clock::Clock;
use crate::domain::customer::Email;
use crate::domain::durations;
use crate::domain::effect::{ApprovalState, Consent};
use crate::domain::id::{ConversationId, StoreId};
use crate::integrations::hooks::{Hint, Source};
use crate::sandbox::World;
use crate::sandbox::world::MailVia;

mod beside;
pub mod customer;

/// Signs the decisions of people.
const APPROVER: &str = "key_eval";
/// How long what goes on by itself may take to come to rest.
const REST: Duration = Duration::from_secs(8);
/// Typed where none was mailed.
const NO_CODE: &str = "000000";
const LOOK: Duration = Duration::from_millis(4);
/// What has not come to rest by then may be a matter of the desk's next round.
const CALL: Duration = Duration::from_millis(100);

/// In a line: the code that was mailed last.
pub const CODE_PLACE: &str = "{code}";

static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(\d{6})\b").ok());

/// What is waited for.
#[derive(Clone, Copy)]
enum Quiet {
    /// Nothing is under way that comes to an end by itself.
    Rest,
    /// And the agent has answered all that was said to it here.
    Answered,
    /// The desk has looked at all that time may have brought.
    Watched { since: Timestamp },
}

/// A conversation, or several, in a shop of its own.
pub struct Play {
    shop: Shop,
    /// The one in which is talked.
    id: ConversationId,
    earlier: Vec<ConversationId>,
    /// The number of the step with which it began.
    began_at: usize,
    before: World,
    /// What had changed before that.
    changes: Vec<Change>,
    script: Option<Scripted>,
    cast: Cast,
    whatever_comes: bool,
    steps: Vec<Said>,
    /// What logs do not tell, by the numbers of conversation and event after which it happened.
    beside: Vec<((usize, u64), String)>,
    /// Codes that were typed.
    codes: Vec<String>,
}

impl Play {
    /// `script` is what plays the model's part, if the case wrote it.
    ///
    /// # Errors
    /// The conversation cannot be opened. The shop is closed then.
    pub async fn begin(shop: Shop, case: &Case, script: Option<Scripted>, cast: Cast) -> Result<Self, Broken> {
        let id = match conversation(&shop, case.signed_in.as_deref()).await {
            Ok(id) => id,
            Err(error) => {
                shop.close().await;
                return Err(error.into());
            }
        };
        let before = shop.sandbox.world();
        // Where lines are not known before, what they lead to is judged by what is expected of the case.
        let whatever_comes = case.whatever_comes || case.has_customer();
        let (earlier, changes) = (Vec::new(), Vec::new());
        let (steps, beside, codes, began_at) = (Vec::new(), Vec::new(), Vec::new(), 0);
        Ok(Self { shop, id, earlier, began_at, before, changes, script, cast, whatever_comes, steps, beside, codes })
    }

    pub fn desk(&self) -> &Desk {
        &self.shop.desk
    }

    /// The one that was begun last.
    pub fn conversation(&self) -> &ConversationId {
        &self.id
    }

    fn conversations(&self) -> impl Iterator<Item = &ConversationId> {
        self.earlier.iter().chain(std::iter::once(&self.id))
    }

    pub async fn close(self) {
        self.shop.close().await;
    }

    /// Says and does what the case's conversation has.
    pub async fn steps(&mut self, case: &Case) -> Result<(), Broken> {
        for (index, step) in case.conversation.iter().enumerate() {
            let at = |problem: String| Broken::Step { step: index, problem };
            self.script.iter().for_each(|script| script.take(step));
            let action = step.action().map_err(|problem| at(problem.to_owned()))?;
            let said = match action {
                Action::Say(text) => self.say(&text, index).await?,
                Action::Answer(answers) => {
                    let last = self.last_words().to_lowercase();
                    let fitting = answers.iter().find(|(to, _)| last.contains(&to.to_lowercase()));
                    let (_, text) = fitting.ok_or_else(|| at(format!("no answer is written for {last:?}")))?;
                    self.say(text, index).await?
                }
                Action::Customer(customer) => self.converse(&customer, index).await?,
                Action::Another(signed_in) => {
                    self.begin_another(signed_in.as_deref()).await.map_err(|problem| at(problem.to_string()))?;
                    Said::default()
                }
                Action::Staff(staff) => {
                    self.staff(&staff).await.map_err(|problem| at(format!("{problem:#}")))?;
                    Said::default()
                }
                Action::Colleague(act) => self.colleague(&act).await.map_err(|problem| at(format!("{problem:#}")))?,
                Action::Letter(letter) => self.letter(letter).await.map_err(|problem| at(format!("{problem:#}")))?,
                Action::Later(text) => {
                    self.later(&text).await.map_err(|problem| at(problem.to_string()))?;
                    Said::default()
                }
                Action::Approve(amount) => {
                    self.decide(Some(amount), None).await.map_err(|problem| at(problem.to_string()))?;
                    Said::default()
                }
                Action::Deny(message) => {
                    self.decide(None, message).await.map_err(|problem| at(problem.to_string()))?;
                    Said::default()
                }
                Action::Fault(fault) => {
                    self.shop.sandbox.fault(fault);
                    self.note("a vendor begins to fail".to_owned()).await?;
                    Said::default()
                }
            };
            let is_undone = said.undone.is_some();
            self.steps.push(said);
            // What was to come after its end does not fit any more.
            if is_undone {
                break;
            }
        }
        Ok(self.rest().await?)
    }

    fn last_words(&self) -> &str {
        let here = self.steps.iter().skip(self.began_at).rev();
        here.map(|said| said.reply.as_str()).find(|reply| !reply.is_empty()).unwrap_or_default()
    }

    async fn say(&mut self, text: &str, step: usize) -> Result<Said, Broken> {
        let mut content = text.to_owned();
        if text.contains(CODE_PLACE) {
            let none = || Broken::Step { step, problem: "no code was mailed".to_owned() };
            let mailed = self.code();
            let code = mailed.clone().or_else(|| self.whatever_comes.then(|| NO_CODE.to_owned())).ok_or_else(none)?;
            content = text.replace(CODE_PLACE, &code);
            self.codes.extend(mailed);
        }
        self.post(content, text).await
    }

    /// `told` is what is told of it where nobody answers.
    async fn post(&mut self, content: String, told: &str) -> Result<Said, Broken> {
        self.rest().await?;
        let message = NewMessage { content, client_message_id: None, address: Some("192.0.2.1".to_owned()), key: None };
        let within = self.cast.patience;
        let answer = tokio::time::timeout(within, self.shop.desk.ask(&self.id, message))
            .await
            .map_err(|_| Broken::NoAnswer { said: told.to_owned(), within })?
            .map_err(anyhow::Error::from)?;
        Ok(Said {
            reply: answer.content.unwrap_or_default(),
            agent: answer.agent,
            analysis: answer.analysis,
            undone: None,
        })
    }

    /// The code in the mail that came last.
    pub fn code(&self) -> Option<String> {
        self.shop.sandbox.look(|world| {
            let mut mails = world.mails.iter().rev().filter(|mail| mail.via == MailVia::Sendgrid);
            mails.find_map(|mail| Some(CODE.as_ref()?.captures(mail.text.as_ref()?)?.get(1)?.as_str().to_owned()))
        })
    }

    /// Time passes, and carriers tell of what it brought.
    pub async fn later(&mut self, text: &str) -> anyhow::Result<()> {
        let by = durations::parse(text).map_err(anyhow::Error::msg)?;
        self.rest().await?;
        self.note(format!("{text} later")).await?;
        self.shop.sandbox.clock().advance(by);
        let advanced = Clock::machine();
        let labels: Vec<String> =
            self.shop.sandbox.look(|world| world.shipments.iter().map(|shipment| shipment.id.clone()).collect());
        for (number, object) in labels.into_iter().enumerate() {
            let event = format!("evt_{}_{number}", self.beside.len());
            let hint = Hint { event, kind: "tracker.updated".to_owned(), object };
            self.shop.desk.deliver(&StoreId::new(STORE), Source::EasyPost, hint).await?;
        }
        self.looked_after(advanced).await?;
        self.rest().await
    }

    /// Waits until the desk has looked at all that time may have brought.
    async fn looked_after(&self, advanced: Timestamp) -> anyhow::Result<()> {
        self.until(Quiet::Watched { since: advanced }).await
    }

    /// Waits until it is quiet, or has not been for long. That is a matter of what is stored: it is asked after each change.
    async fn until(&self, quiet: Quiet) -> anyhow::Result<()> {
        let (started, mut called) = (Instant::now(), Instant::now());
        let mut asked_at = None;
        while started.elapsed() < REST {
            let writes = Some(self.shop.writes());
            if asked_at != writes && self.is(quiet).await? {
                break;
            }
            asked_at = writes;
            if called.elapsed() > CALL {
                self.shop.desk.look_around();
                called = Instant::now();
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// A person's decision about what waits longest: a yes with an amount, or a no.
    async fn decide(&mut self, yes: Option<Option<String>>, message: Option<String>) -> anyhow::Result<()> {
        let (desk, store) = (self.shop.desk.clone(), StoreId::new(STORE));
        let waiting = desk.approvals(&store, Some(ApprovalState::Pending)).await?;
        if waiting.is_empty() && self.whatever_comes {
            return self.note("nothing waits for a yes".to_owned()).await;
        }
        let first = waiting.first().context("nothing waits for a yes")?;
        match yes {
            Some(amount) => {
                let to = amount.as_ref().map_or_else(String::new, |amount| format!(" to {amount}"));
                self.note(format!("a person says yes{to}")).await?;
                let yes = Yes { amount, ..Yes::default() };
                desk.approve(&store, &first.id, APPROVER, yes).await?;
            }
            None => {
                self.note("a person says no".to_owned()).await?;
                desk.deny(&store, &first.id, APPROVER, message).await?;
            }
        }
        Ok(())
    }

    /// What the log does not tell, in its place between the log's events.
    async fn note(&mut self, text: String) -> anyhow::Result<()> {
        let len = self.shop.desk.conversation(&self.id).await?.len;
        self.beside.push(((self.earlier.len(), len), text));
        Ok(())
    }

    /// Waits until nothing is under way that comes to an end by itself: the shopper goes on when all is told.
    pub async fn rest(&self) -> anyhow::Result<()> {
        self.until(Quiet::Rest).await
    }

    async fn is(&self, quiet: Quiet) -> anyhow::Result<bool> {
        let storage = self.shop.desk.storage();
        match quiet {
            Quiet::Answered => {
                // In this order: what a vendor's event brings is in the log before the event is done with.
                if !Box::pin(self.is(Quiet::Rest)).await? {
                    return Ok(false);
                }
                let conversation = self.shop.desk.conversation(&self.id).await?;
                Ok(conversation.turn.is_none() && !conversation.awaits_answer())
            }
            Quiet::Watched { since } => {
                let now = self.shop.sandbox.clock().now();
                Ok(storage.watched(since, 1).await?.is_empty() && storage.overdue(now, 1).await?.is_empty())
            }
            Quiet::Rest => {
                let waiting = storage.waiting().await?;
                Ok(!(waiting.deliveries || waiting.sent || waiting.unsettled || waiting.jobs))
            }
        }
    }

    /// What there is by now.
    pub async fn look(&self) -> Result<Outcome, Broken> {
        Ok(self.remains().await?)
    }

    async fn remains(&self) -> anyhow::Result<Outcome> {
        let desk = &self.shop.desk;
        let (mut logs, mut effects, mut approvals) = (Vec::new(), Vec::new(), Vec::new());
        for id in self.conversations() {
            logs.push(desk.events(id, 0).await?);
            let here = desk.storage().effects_of(id).await?;
            if here.iter().any(|effect| effect.consent != Consent::NotNeeded) {
                approvals.extend(desk.storage().approvals_of(id).await?);
            }
            effects.extend(here);
        }
        let conversation = logs.last().and_then(|events| Conversation::fold(events));
        let conversation = conversation.context("the log has no beginning")?;
        let (steps, beside, codes) = (self.steps.clone(), self.beside.clone(), self.codes.clone());
        let since = self.shop.sandbox.look(|after| between(&self.before, after));
        let changes = [self.changes.as_slice(), &since].concat();
        let (conversation, effects, approvals) = (&conversation, &effects, &approvals);
        Ok(Outcome::of(Remains { logs, conversation, effects, approvals, changes, steps, beside, codes }))
    }
}

/// A new one, in which this address is signed in.
async fn conversation(shop: &Shop, signed_in: Option<&str>) -> anyhow::Result<ConversationId> {
    let verified = match signed_in {
        Some(text) => Some(Email::parse(text).with_context(|| format!("as: {text:?} is no e-mail address"))?),
        None => None,
    };
    let opening = Opening {
        store: StoreId::new(STORE),
        channel: "eval".to_owned(),
        key: None,
        customer: None,
        verified,
        metadata: None,
    };
    Ok(shop.desk.open(opening).await?)
}

impl From<DeskError> for Broken {
    fn from(error: DeskError) -> Self {
        Self::Other(error.into())
    }
}
