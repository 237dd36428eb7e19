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

/// What came of somebody's word.
enum Outcome {
    /// It was decided so, and the conversation tells.
    Decided,
    /// It was not, and colleagues are told why.
    Told(String),
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
            let less = match effect.known_amount() {
                Some(amount) => format!(
                    "\n  {yes}-{code}-{}   yes, to this much, or less in its place",
                    amount.decimal().to_string().replace('.', "_")
                ),
                None => String::new(),
            };
            note.push_str(&format!(
                "\nDecide with a tag on this ticket:\n  {yes}-{code}   yes{less}\n  {no}-{code}   no\nWho may: {}\n",
                manners.approvers.join(", ")
            ));
        }
        if let Some(page) = setup.page_of(&approval) {
            note.push_str(&format!("\nOr decide here, signed in: {page}\n"));
        }
        note.push_str("\nWhat is written in this ticket decides nothing.");
        Ok(Some(note))
    }

    /// Takes in what people have decided by tags. `Err`: it has to be looked at again, and why.
    pub(super) async fn hear_decisions(
        &self,
        setup: &StoreSetup,
        conversation: &Conversation,
        view: &TicketView,
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
        let mut told = Vec::new();
        for tagging in taggings.iter().filter(|tagging| !conversation.heard.contains(&tagging.id)) {
            let (Some(word), TicketAuthor::Person(colleague)) = (Word::read(&tagging.tag, manners), &tagging.by) else {
                continue;
            };
            // A tag that was taken off again says nothing any more.
            if !view.tags.iter().any(|tag| tag.eq_ignore_ascii_case(&tagging.tag)) {
                continue;
            }
            match self.hear_word(setup, conversation, &word, colleague, tagging).await? {
                Ok(Outcome::Decided) => {}
                Ok(Outcome::Told(text)) => {
                    told.push(EventBody::Noted { text, about: Some(tagging.id.clone()) });
                }
                Err(problem) => return Ok(Err(problem)),
            }
        }
        Ok(Ok(told))
    }

    async fn hear_word(
        &self,
        setup: &StoreSetup,
        conversation: &Conversation,
        word: &Word,
        colleague: &Colleague,
        tagging: &Tagging,
    ) -> Result<Result<Outcome, String>, Stop> {
        let tell = |text: String| Ok(Ok(Outcome::Told(format!("The tag {}: {text}", tagging.tag))));
        if !setup.manners.may_decide(colleague) {
            return tell("whoever put it there may not decide; nothing was done.".to_owned());
        }
        let by = format!("{HELPDESK}:{}", colleague.id);
        let mut meant = self.storage.approvals_of(&conversation.id).await?;
        meant.retain(|approval| word.means(approval));
        if word.code.is_none() {
            // What was put there before it was asked was not meant.
            let asked_before = |approval: &Approval| tagging.at.as_second() >= approval.created_at.as_second();
            meant.retain(|approval| approval.state == ApprovalState::Pending && asked_before(approval));
        }
        let approval = match meant.as_slice() {
            [approval] => approval,
            [] => return tell("nothing that waits is called so; nothing was done.".to_owned()),
            _ => return tell("more than one approval waits: use the tag with its letters and digits.".to_owned()),
        };
        if approval.state != ApprovalState::Pending {
            if approval.decided_by.as_deref() == Some(by.as_str()) {
                return Ok(Ok(Outcome::Decided));
            }
            return tell(format!("it was decided before: {}.", approval.state.as_str()));
        }
        let decided = if word.yes {
            let yes = Yes { amount: word.amount.clone(), ..Yes::default() };
            self.approve(&approval.store, &approval.id, &by, &yes).await.map(drop)
        } else {
            self.turn_down(approval, ApprovalState::Denied, &by, None).await.map(drop)
        };
        match decided {
            Ok(()) => Ok(Ok(Outcome::Decided)),
            Err(DecisionError::Storage(error)) => Err(Stop::Storage(error)),
            Err(error @ (DecisionError::Busy | DecisionError::Vendor(_))) => Ok(Err(error.to_string())),
            Err(error) => tell(format!("{error}.")),
        }
    }
}

#[cfg(test)]
mod tests;
