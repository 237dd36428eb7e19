//! What a desk could not bring to its end, and a person has to.

use std::collections::HashSet;

use super::Report;
use crate::agents::conversation::Conversation;
use crate::desk::announcing::{BY_MAIL, BY_WEBHOOK};
use crate::desk::twin::MIRROR;
use crate::domain::effect::{ApprovalState, Effect, EffectKind, EffectState};
use crate::domain::event::Status;
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::approvals::Approvals as _;
use crate::storage::ledger::Ledger as _;
use crate::storage::log::{AppendError, EventLog as _};
use crate::storage::outbox::{Letter, Outbox as _};
use crate::storage::sqlite::SqliteStorage;

/// So many are looked at.
const MOST: u32 = 500;
/// So many are told one by one.
const TOLD: usize = 20;

/// Tells of the outbox of this folder's database, by the name that it has in the report.
pub async fn tell(name: &str, storage: &SqliteStorage, report: &mut Report<'_>) -> anyhow::Result<()> {
    match Stuck::find(storage).await {
        Ok(stuck) => stuck.tell(name, report),
        Err(error) => report.wrong(name, error),
    }
}

struct Stuck {
    waiting: u64,
    dead: Vec<Letter>,
    doubtful: Vec<Effect>,
}

impl Stuck {
    async fn find(storage: &SqliteStorage) -> Result<Self, StorageError> {
        let (waiting, _) = storage.depth().await?;
        let mut dead = Vec::new();
        for letter in storage.dead_letters(MOST).await? {
            let matters = if announces(&letter) {
                waits_for_a_yes(storage, &letter.conversation).await?
            } else {
                still_matters(&letter, status_of(storage, &letter.conversation).await?)
            };
            if matters {
                dead.push(letter);
            }
        }
        let told: HashSet<&ConversationId> = dead.iter().map(|letter| &letter.conversation).collect();
        let mut doubtful = Vec::new();
        for effect in storage.unsettled(MOST).await? {
            let in_doubt = effect.state == EffectState::Unknown && needs_a_person(effect.kind);
            if in_doubt && !told.contains(&effect.conversation) {
                let status = status_of(storage, &effect.conversation).await?;
                doubtful.extend((status == Some(Status::HandoffPending)).then_some(effect));
            }
        }
        Ok(Self { waiting, dead, doubtful })
    }

    fn tell(&self, name: &str, report: &mut Report<'_>) -> anyhow::Result<()> {
        if self.dead.is_empty() && self.doubtful.is_empty() {
            return report.well(name, format_args!("nothing is stuck; jobs that wait: {}", self.waiting));
        }
        let dead = self.dead.iter().map(|letter| (&letter.conversation, given_up(letter)));
        let doubtful = self.doubtful.iter().map(|effect| (&effect.conversation, in_doubt(effect)));
        for (conversation, problem) in dead.chain(doubtful).take(TOLD) {
            report.wrong(conversation.as_str(), problem)?;
        }
        let more = (self.dead.len() + self.doubtful.len()).saturating_sub(TOLD);
        if more > 0 {
            report.wrong(name, format_args!("{more} more conversations are stuck; deal with these first"))?;
        }
        Ok(())
    }
}

/// A ticket is of no use any more once a person has the conversation, or it was given back or resolved.
fn still_matters(letter: &Letter, status: Option<Status>) -> bool {
    match status {
        None | Some(Status::Resolved) => false,
        Some(Status::HandoffPending) => true,
        Some(Status::AiHandling | Status::HumanHandling) => letter.kind != EffectKind::Ticket.as_str(),
    }
}

fn announces(letter: &Letter) -> bool {
    matches!(letter.kind.as_str(), BY_MAIL | BY_WEBHOOK)
}

/// An approval that was decided, or is over, needs no announcement any more.
async fn waits_for_a_yes(storage: &SqliteStorage, id: &ConversationId) -> Result<bool, StorageError> {
    let approvals = storage.approvals_of(id).await?;
    Ok(approvals.iter().any(|approval| approval.state == ApprovalState::Pending))
}

/// Whether somebody has to look when nobody knows what became of it.
fn needs_a_person(kind: EffectKind) -> bool {
    match kind {
        // It expires, and the shopper was told that it may not have left.
        EffectKind::Code | EffectKind::ApprovalMail => false,
        _ => true,
    }
}

fn given_up(letter: &Letter) -> String {
    let Letter { conversation, kind, attempts, created_at, .. } = letter;
    let problem = letter.problem.as_deref().unwrap_or("no answer came");
    let since = created_at.strftime("%F %H:%M UTC");
    if announces(letter) {
        return format!(
            "something in it waits for a yes since {since}, and nobody was told by {} (tries: {attempts}): {problem}. Decide \
             it (GET /v1/approvals?state=pending), and mend the address under [stores.NAME.approvals]",
            if kind == BY_MAIL { "mail" } else { "the webhook" }
        );
    }
    if kind == EffectKind::Letter.as_str() {
        return format!(
            "the letter that confirms what was done for its shopper was given up, {since} (tries: {attempts}): {problem}. \
             What was done stands; tell them by hand if it matters (`deskhand why {conversation}`)"
        );
    }
    if kind == MIRROR {
        return format!(
            "a message of it was refused by the helpdesk, {since}: {problem}. The ticket says that one is missing; tell the \
             colleague by hand what it was (`deskhand why {conversation}`)"
        );
    }
    let (by_hand, id) = (by_hand(conversation), letter.id);
    format!(
        "waits for a person since {since}, and its {kind} was given up (tries: {attempts}): {problem}. Mend what it \
         names and `deskhand outbox retry {id}`, or {by_hand}"
    )
}

fn in_doubt(effect: &Effect) -> String {
    let Effect { id, conversation, kind, proposed_at, .. } = effect;
    let (since, kind) = (proposed_at.strftime("%F %H:%M UTC"), kind.as_str());
    let problem = effect.problem.as_deref().unwrap_or("no answer came");
    if effect.kind != EffectKind::Ticket {
        let what = kind.replace('_', " ");
        return format!(
            "nobody knows since {since} whether its {what} was made: {problem}. A desk that serves asks the vendor again by \
             itself. Where this stays, look at the order for {id}, and tell the shopper by hand (`deskhand why \
             {conversation}`)"
        );
    }
    format!(
        "waits for a person since {since}, and nobody knows whether its {kind} is there: {problem}. A desk that serves asks \
         the helpdesk again by itself. Where this stays, look there for a {kind} with the external id {id}; if there is none, \
         {}",
        by_hand(conversation)
    )
}

fn by_hand(conversation: &ConversationId) -> String {
    format!(
        "answer the shopper by hand (`deskhand why {conversation}` tells what was said), then POST \
         /v1/conversations/{conversation}/resolve"
    )
}

async fn status_of(storage: &SqliteStorage, id: &ConversationId) -> Result<Option<Status>, StorageError> {
    match storage.read(id, 0).await {
        Ok(events) => Ok(Conversation::fold(&events).map(|conversation| conversation.status)),
        Err(AppendError::Storage(error)) => Err(error),
        Err(AppendError::Unknown | AppendError::Changed { .. } | AppendError::Fenced) => Ok(None),
    }
}
