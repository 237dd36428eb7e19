//! Approvals that are decided in the helpdesk: shown as a note in the conversation's ticket, decided by a tag which somebody
//! whom the store allows has put there, as the helpdesk's own records prove. What is written in a ticket decides nothing.

use super::announcing::Waiting;
use super::approvals::{DecisionError, Yes};
use super::manners::Manners;
use super::{Inner, Stop, StoreSetup};
use crate::agents::conversation::{Conversation, HELPDESK};
use crate::domain::effect::ApprovalState;
use crate::domain::event::EventBody;
use crate::domain::id::ApprovalId;
use crate::integrations::Urgency;
use crate::integrations::helpdesk::{Colleague, Tagging, TicketAuthor, TicketView};
use crate::storage::approvals::Approval;

/// How much of an approval's id stands in its tags.
const CODE: usize = 6;

/// What a tag says about an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    yes: bool,
    /// The end of the approval's id. None: the only one that waits.
    code: Option<String>,
    amount: Option<String>,
}

impl Word {
    /// `deskhand-approve`, `deskhand-approve-a7f301`, `deskhand-approve-a7f301-15_00`, `deskhand-deny-a7f301`.
    fn read(tag: &str, manners: &Manners) -> Option<Self> {
        let tag = tag.trim().to_lowercase();
        let after = |word: &str| tag.strip_prefix(&word.to_lowercase()).map(str::to_owned);
        let (yes, rest) = match (after(&manners.approve_tag), after(&manners.deny_tag)) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return None,
        };
        if rest.is_empty() {
            return Some(Self { yes, code: None, amount: None });
        }
        let (code, amount) = match rest.strip_prefix('-')?.split_once('-') {
            Some((code, amount)) => (code.to_owned(), Some(amount.replace(['_', ','], "."))),
            None => (rest.trim_start_matches('-').to_owned(), None),
        };
        (code.len() == CODE).then_some(Self { yes, code: Some(code), amount })
    }

    fn means(&self, approval: &Approval) -> bool {
        self.code.as_ref().is_none_or(|code| code_of(&approval.id) == *code)
    }
}

/// By which its tags are told from another's.
fn code_of(approval: &ApprovalId) -> String {
    let letters: Vec<char> = approval.as_str().chars().collect();
    letters.iter().rev().take(CODE).rev().collect::<String>().to_lowercase()
}

impl Inner {
    /// What a ticket says of an approval, as long as it waits.
    pub(super) async fn approval_note(&self, setup: &StoreSetup, id: &ApprovalId) -> Result<Option<String>, Stop> {
        let Some(approval) = self.storage.approval(id).await? else { return Ok(None) };
        let effect = self.storage.effect(&approval.effect).await?;
        let (Some(effect), ApprovalState::Pending) = (effect, &approval.state) else { return Ok(None) };
        let Waiting { what, items, until } = Waiting::of(setup, &approval, &effect);
        let mut note = format!(
            "Waiting for a yes: {what}\n{items}Why it waits: {}\nIt expires: {until}\nApproval: {id}\n",
            approval.reason
        );
        let (manners, code) = (&setup.manners, code_of(id));
        if !manners.approvers.is_empty() {
            let (yes, no) = (&manners.approve_tag, &manners.deny_tag);
            let most = effect.known_amount().map_or("15_00".to_owned(), |amount| amount.decimal().replace('.', "_"));
            let part = format!("  {yes}-{code}-{most}   yes, to so much; write less in its place if it is to be less");
            // Goodwill has no amount until somebody names one.
            let whole = effect.known_amount().map(|_| format!("  {yes}-{code}   yes\n"));
            let whole = whole.unwrap_or_default();
            note.push_str(&format!(
                "\nDecide with a tag on this ticket:\n{whole}{part}\n  {no}-{code}   no\nWho may: {}\n",
                manners.approvers.join(", ")
            ));
        }
        if let Some(page) = setup.page_of(&approval) {
            note.push_str(&format!("\nOr decide here, signed in: {page}\n"));
        }
        note.push_str("\nWhat is written in this ticket decides nothing.");
        Ok(Some(note))
    }

    /// Takes in what people have decided by tags, but for those of which `known` tells already. `Err`: it has to be looked at
    /// again, and why.
    pub(super) async fn hear_decisions(
        &self,
        setup: &StoreSetup,
        conversation: &Conversation,
        view: &TicketView,
        known: &[EventBody],
    ) -> Result<Result<Vec<EventBody>, String>, Stop> {
        let manners = &setup.manners;
        let waits = conversation.approvals.values().any(|state| *state == ApprovalState::Pending);
        let is_word = |tag: &String| Word::read(tag, manners).is_some();
        if manners.approvers.is_empty() || !waits || !view.tags.iter().any(is_word) {
            return Ok(Ok(Vec::new()));
        }
        let taggings = match setup.readers.helpdesk.taggings(&view.reference.id, Urgency::Background).await {
            Ok(taggings) => taggings,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let is_known = |tagging: &Tagging| {
            let tells = |event: &EventBody| matches!(event, EventBody::Noted { about: Some(about), .. } if *about == tagging.id);
            conversation.heard.contains(&tagging.id) || known.iter().any(tells)
        };
        let mut told = Vec::new();
        for tagging in taggings.iter().filter(|tagging| !is_known(tagging)) {
            let (Some(word), TicketAuthor::Person(colleague)) = (Word::read(&tagging.tag, manners), &tagging.by) else {
                continue;
            };
            // A tag that was taken off again says nothing any more.
            if !view.tags.iter().any(|tag| tag.eq_ignore_ascii_case(&tagging.tag)) {
                continue;
            }
            match self.hear_word(setup, conversation, &word, colleague, tagging).await? {
                Ok(text) => told.push(EventBody::Noted { text, about: Some(tagging.id.clone()) }),
                Err(problem) => return Ok(Err(problem)),
            }
        }
        Ok(Ok(told))
    }

    /// What colleagues are told of somebody's word. `Err`: it has to be looked at again, and why.
    async fn hear_word(
        &self,
        setup: &StoreSetup,
        conversation: &Conversation,
        word: &Word,
        colleague: &Colleague,
        tagging: &Tagging,
    ) -> Result<Result<String, String>, Stop> {
        let tell = |text: String| Ok(Ok(format!("The tag {}: {text}", tagging.tag)));
        if !setup.manners.may_decide(colleague) {
            return tell("whoever put it there may not decide; nothing was done.".to_owned());
        }
        let by = format!("{HELPDESK}:{}", colleague.id);
        let mut meant = self.storage.approvals_of(&conversation.id).await?;
        meant.retain(|approval| word.means(approval));
        if word.code.is_none() {
            // What was put there before it was asked was not meant. Helpdesks tell whole seconds.
            let asked = |approval: &Approval| conversation.asked_at.get(&approval.id).map(|at| at.as_second());
            let meant_it = |approval: &Approval| asked(approval).is_some_and(|asked| asked <= tagging.at.as_second());
            meant.retain(|approval| approval.state == ApprovalState::Pending && meant_it(approval));
        }
        let approval = match meant.as_slice() {
            [approval] => approval,
            [] => return tell("nothing that waits is called so; nothing was done.".to_owned()),
            _ => return tell("more than one approval waits: use the tag with its letters and digits.".to_owned()),
        };
        if approval.state != ApprovalState::Pending {
            let by = if approval.decided_by.as_deref() == Some(by.as_str()) { "as was said" } else { "before" };
            return tell(format!("it was decided {by}: {}.", approval.state.as_str()));
        }
        let decided = if word.yes {
            let yes = Yes { amount: word.amount.clone(), ..Yes::default() };
            self.approve(&approval.store, &approval.id, &by, &yes).await.map(drop)
        } else {
            self.turn_down(approval, ApprovalState::Denied, &by, None).await.map(drop)
        };
        match decided {
            Ok(()) => tell(format!("{}, by {}.", if word.yes { "approved" } else { "denied" }, colleague.name)),
            Err(DecisionError::Storage(error)) => Err(Stop::Storage(error)),
            Err(error @ (DecisionError::Busy | DecisionError::Vendor(_))) => Ok(Err(error.to_string())),
            Err(error) => tell(format!("{error}.")),
        }
    }
}

#[cfg(test)]
mod tests;
