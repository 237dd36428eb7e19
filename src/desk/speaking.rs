//! Asks a specialist and lets its words out sentence by sentence, each once it has passed the claims check.

use std::cell::OnceCell;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Stop;
use super::driver::{Session, failed};
use crate::agents::catalog::Agent;
use crate::agents::claims::{self, Evidence, Said, Sentences};
use crate::agents::context;
use crate::agents::conversation::Entry;
use crate::agents::language::Language;
use crate::agents::turn::{Step, UNREACHABLE, conclusion};
use crate::domain::event::{Author, EventBody, ToolCall};
use crate::domain::id::{CallId, MessageId, TurnId};
use crate::model::{Completion, Piece};
use crate::policy::Mode;
use crate::storage::log::Checkpoint;
use crate::tools::Tool as _;
use crate::tools::people::AskColleague;

/// How often a message in the making is put on disk.
const CHECKPOINT: Duration = Duration::from_millis(300);
/// Calls of one answer that are taken seriously.
const MOST_CALLS: usize = 8;

/// How an attempt ended.
enum Attempt {
    Whole(Completion),
    Withheld { sentence: String, reason: String },
    Broken(String),
}

impl Session<'_> {
    pub(super) async fn ask(&mut self, turn: &TurnId, agent: &Agent) -> Result<(), Stop> {
        let attempt = self.conversation.turn.as_ref().map_or(1, |turn| turn.attempt + 1);
        let Some(language) = self.desk.languages.get(self.conversation.language()).cloned() else {
            return self.append(vec![failed(turn, "language", "its words cannot be checked".to_owned())]).await;
        };
        let silence = self.desk.running.silenced(&self.conversation.id);
        let asked = {
            // It is long, and not needed while the answer comes.
            let request = context::specialist(&self.conversation, agent);
            tokio::select! {
                biased;
                () = silence.cancelled() => return self.read_on().await,
                asked = self.setup.model.ask(&request) => asked,
            }
        };
        let mut answer = match asked {
            Ok(answer) => answer,
            Err(error) => return self.append(vec![failed(turn, UNREACHABLE, error.to_string())]).await,
        };
        let mut speech = Speech {
            session: self,
            silence: &silence,
            turn,
            attempt,
            language: &language,
            evidence: OnceCell::new(),
            sentences: Sentences::new(&language),
            said: String::new(),
            about: Said::default(),
            kept: None,
        };
        let mut cut_short = pin!(silence.cancelled());
        let ended = loop {
            let piece = tokio::select! {
                biased;
                () = &mut cut_short => break silenced(),
                piece = answer.next() => piece,
            };
            match piece {
                Some(Ok(Piece::Text(text))) => {
                    if let Err(withheld) = speech.hear(&text).await? {
                        break withheld;
                    }
                }
                Some(Ok(Piece::Done(completion))) => break speech.conclude(completion).await?,
                Some(Err(error)) => break Attempt::Broken(error.to_string()),
                None => break Attempt::Broken("it ended early".to_owned()),
            }
        };
        let said = speech.said;
        drop(answer);
        self.record(turn, attempt, said, ended).await
    }

    fn evidence(&self) -> Evidence {
        let zone = self.setup.profile.zone.clone();
        let today = self.desk.clock.now().to_zoned_datetime(zone).date();
        let mut evidence = Evidence::new(today);
        evidence.allow_name(&self.setup.profile.name);
        evidence.allow_name("Deskhand");
        for entry in &self.conversation.dialogue {
            match entry {
                Entry::Customer { text, .. } => evidence.customer_said(text),
                Entry::Result { at, tool, receipt, .. } if self.conversation.is_outdated(tool, *at) => {
                    evidence.outdated(tool, receipt);
                }
                Entry::Result { tool, receipt, .. } => evidence.receipt(tool, receipt),
                Entry::Person { name, text, .. } => evidence.colleague_said(name.as_deref(), text),
                Entry::Answered { name, text, .. } => {
                    evidence.receipt(AskColleague::NAME, &AskColleague::answered(name.as_deref(), text));
                }
                Entry::Calls(_) | Entry::Said { .. } => {}
            }
        }
        for (effect, (kind, state)) in &self.conversation.effects {
            evidence.effect(*kind, state.clone());
            evidence.effect_stands(effect.as_str(), state);
        }
        evidence
    }

    async fn record(&mut self, turn: &TurnId, attempt: u32, said: String, ended: Attempt) -> Result<(), Stop> {
        let shown = !said.is_empty() && self.speaks_to_shopper();
        let reset = |reason: &str| {
            shown.then(|| EventBody::MessageReset { turn: turn.clone(), attempt, reason: reason.to_owned() })
        };
        let events = match ended {
            Attempt::Whole(completion) => self.whole(turn, attempt, said, completion),
            Attempt::Withheld { sentence, reason } => {
                let withheld = EventBody::ClaimWithheld { turn: turn.clone(), attempt, sentence, reason };
                reset("withheld").into_iter().chain([withheld]).collect()
            }
            Attempt::Broken(why) => {
                reset("broken_off").into_iter().chain([failed(turn, "model_broke_off", why)]).collect()
            }
        };
        let outcome = self.append(events).await;
        if shown && matches!(outcome, Err(Stop::Interrupted)) {
            let reason = "a person has taken over".to_owned();
            let reset = EventBody::MessageReset { turn: turn.clone(), attempt, reason };
            self.append_whoever_has_it(vec![reset], Vec::new()).await?;
        }
        outcome
    }

    /// What a whole answer leaves in the log: what was said first, then what is asked for.
    fn whole(&self, turn: &TurnId, attempt: u32, said: String, completion: Completion) -> Vec<EventBody> {
        if completion.refused {
            return vec![failed(turn, "model_refused", "the model refused to answer".to_owned())];
        }
        if said.trim().is_empty() && completion.calls.is_empty() {
            return vec![failed(turn, "model_said_nothing", "an empty answer".to_owned())];
        }
        let mut events = Vec::new();
        let content = said.trim().to_owned();
        if !content.is_empty() {
            events.push(if self.speaks_to_shopper() {
                let (turn, message) = (Some(turn.clone()), MessageId::generate());
                EventBody::MessageCompleted { turn, message, attempt, author: Author::Agent, content }
            } else {
                EventBody::Drafted { turn: turn.clone(), content }
            });
        }
        let calls = self.distinct(completion.calls);
        let started: Vec<EventBody> = calls
            .iter()
            .map(|call| EventBody::ToolStarted { turn: turn.clone(), call: call.id.clone(), tool: call.name.clone() })
            .collect();
        let (model, usage) = (completion.model, completion.usage);
        let last_word = calls.is_empty();
        events.push(EventBody::ModelAnswered { turn: turn.clone(), attempt, calls, model, usage });
        events.extend(started);
        events.extend(self.end().filter(|_| last_word));
        events
    }

    /// The end of the turn, if nothing else follows on the model's last word.
    fn end(&self) -> Option<EventBody> {
        let turn = self.conversation.turn.as_ref()?;
        match conclusion(&self.conversation, turn, &self.setup.policy) {
            Step::Finish { helped } => {
                Some(EventBody::TurnCompleted { turn: turn.id.clone(), through: turn.through, helped })
            }
            _ => None,
        }
    }

    /// Calls under ids that occur once in the conversation, whatever the model sent.
    fn distinct(&self, calls: Vec<ToolCall>) -> Vec<ToolCall> {
        let mut known: std::collections::HashSet<CallId> = self
            .conversation
            .dialogue
            .iter()
            .filter_map(|entry| if let Entry::Calls(calls) = entry { Some(calls) } else { None })
            .flatten()
            .map(|call| call.id.clone())
            .collect();
        let mut distinct = Vec::new();
        for mut call in calls.into_iter().take(MOST_CALLS) {
            if call.id.as_str().is_empty() || !known.insert(call.id.clone()) {
                call.id = CallId::generate();
                known.insert(call.id.clone());
            }
            distinct.push(call);
        }
        distinct
    }

    /// In the lower modes a person speaks, and nothing that the agent prepares is streamed.
    pub(super) fn speaks_to_shopper(&self) -> bool {
        self.setup.policy.mode >= Mode::Approve
    }
}

/// An answer while it is being heard.
struct Speech<'s, 'd> {
    session: &'s Session<'d>,
    /// Cancelled when a person has taken the conversation.
    silence: &'s CancellationToken,
    turn: &'s TurnId,
    attempt: u32,
    language: &'s Arc<Language>,
    /// Gathered when there is something to check.
    evidence: OnceCell<Evidence>,
    sentences: Sentences<'s>,
    /// What has passed so far.
    said: String,
    /// What it was about.
    about: Said,
    /// When it was put on disk last, or shown first.
    kept: Option<Instant>,
}

fn silenced() -> Attempt {
    Attempt::Broken("a person has taken over".to_owned())
}

impl Speech<'_, '_> {
    async fn hear(&mut self, text: &str) -> Result<Result<(), Attempt>, Stop> {
        self.sentences.push(text);
        while let Some(sentence) = self.sentences.next_whole() {
            if let Err(withheld) = self.pass(&sentence).await? {
                return Ok(Err(withheld));
            }
        }
        Ok(Ok(()))
    }

    async fn conclude(&mut self, completion: Completion) -> Result<Attempt, Stop> {
        let rest = std::mem::replace(&mut self.sentences, Sentences::new(self.language)).finish();
        if completion.cut_off && completion.calls.is_empty() {
            return Ok(Attempt::Broken("it was cut off at the token limit".to_owned()));
        }
        for sentence in rest {
            if let Err(withheld) = self.pass(&sentence).await? {
                return Ok(withheld);
            }
        }
        Ok(Attempt::Whole(completion))
    }

    /// Checks a sentence and lets it out.
    async fn pass(&mut self, sentence: &str) -> Result<Result<(), Attempt>, Stop> {
        if self.silence.is_cancelled() {
            return Ok(Err(silenced()));
        }
        let evidence = self.evidence.get_or_init(|| self.session.evidence());
        match claims::check(self.language, evidence, &self.about, sentence) {
            Ok(about) => self.about = about,
            Err(withheld) => {
                let (sentence, reason) = (sentence.trim().to_owned(), withheld.to_string());
                return Ok(Err(Attempt::Withheld { sentence, reason }));
            }
        }
        let first = self.said.is_empty();
        let piece = if first { sentence.trim_start() } else { sentence };
        self.said.push_str(piece);
        if !piece.is_empty() && self.session.speaks_to_shopper() {
            self.keep().await?;
            let conversation = &self.session.conversation;
            let desk = self.session.desk;
            desk.hub.speak(&conversation.id, self.turn, self.attempt, conversation.len, piece);
        }
        Ok(Ok(()))
    }

    /// Puts what is shown on disk a few times a second. What was shown before the first time needs no record: whoever
    /// resumes a turn takes back what may have been shown.
    async fn keep(&mut self) -> Result<(), Stop> {
        let kept = self.kept.get_or_insert_with(Instant::now);
        if kept.elapsed() < CHECKPOINT {
            return Ok(());
        }
        *kept = Instant::now();
        let text = self.said.clone();
        let checkpoint = Checkpoint { turn: self.turn.clone(), attempt: self.attempt, text };
        let (desk, conversation) = (self.session.desk, &self.session.conversation);
        desk.storage.checkpoint(&conversation.id, self.session.fence, Some(checkpoint)).await?;
        Ok(())
    }
}
