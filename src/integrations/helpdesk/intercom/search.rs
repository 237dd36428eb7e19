//! Finding a conversation again by what was planted in its first message.
//!
//! It is searched for by its contact and by that word, and looked for among the newest, because the search may be behind. In
//! which order conversations are listed nobody says; the newest are taken to come first.

use serde::Deserialize;
use serde_json::json;

use super::Intercom;
use super::view::{Conversation, Id};
use crate::domain::id::EffectId;
use crate::integrations::http::{Outgoing, Safety};
use crate::integrations::{Urgency, VendorError};

/// Pages that are looked through.
const MOST_PAGES: usize = 3;
/// What one of them holds at most.
const LONGEST_PAGE: &str = "150";

#[derive(Deserialize)]
struct Page {
    conversations: Vec<Conversation>,
    pages: Option<Pages>,
}

#[derive(Deserialize)]
struct Pages {
    next: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    starting_after: Option<String>,
}

impl Intercom {
    /// The conversation that this effect opened.
    pub(super) async fn conversation_of(
        &self,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<Conversation>, VendorError> {
        // Compared here, because neither the search nor the list is for exactly this.
        let mut ours = self.searched(effect, urgency).await?.into_iter().filter(|own| is_of(own, effect));
        match ours.next() {
            Some(conversation) => Ok(Some(conversation)),
            None => self.listed(effect, urgency).await,
        }
    }

    async fn searched(&self, effect: &EffectId, urgency: Urgency) -> Result<Vec<Conversation>, VendorError> {
        let contact = self.contact_of(effect.as_str(), urgency).await?;
        let by_contact = |Id(id): Id| json!({"field": "contact_ids", "operator": "=", "value": id});
        let by_word = json!({"field": "source.body", "operator": "=", "value": effect.as_str()});
        let filters: Vec<_> = contact.map(|contact| by_contact(contact.id)).into_iter().chain([by_word]).collect();
        let query = json!({"query": {"operator": "OR", "value": filters}});
        let outgoing = Outgoing::post_json(self.account.url(&["conversations", "search"]), query.to_string());
        let call = self.account.call("search", Safety::Read, urgency);
        match self.ask_for(outgoing, &call).await {
            Ok(answer) => Ok(self.read::<Page>(&answer)?.conversations),
            // It will not be searched so; the list is left.
            Err(VendorError::Refused { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn listed(&self, effect: &EffectId, urgency: Urgency) -> Result<Option<Conversation>, VendorError> {
        let call = self.account.call("tickets", Safety::Read, urgency);
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![("per_page", LONGEST_PAGE)];
            query.extend(cursor.as_deref().map(|cursor| ("starting_after", cursor)));
            let page: Page = self.read(&self.get(&["conversations"], &query, &call).await?)?;
            if let Some(found) = page.conversations.into_iter().find(|own| is_of(own, effect)) {
                return Ok(Some(found));
            }
            cursor = page.pages.and_then(|pages| pages.next).and_then(|next| next.starting_after);
            if cursor.is_none() {
                break;
            }
        }
        Ok(None)
    }
}

fn is_of(conversation: &Conversation, effect: &EffectId) -> bool {
    conversation.planted() == Some(effect.as_str())
}
