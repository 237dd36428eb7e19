//! What happens beside the shopper's lines: another conversation begins, staff act in the platform's admin, people and
//! customers at the helpdesk.

use anyhow::Context as _;

use super::{Play, Quiet, STORE};
use crate::domain::event::EventBody;
use crate::domain::id::StoreId;
use crate::evals::case::colleague::{Colleague, Letter};
use crate::evals::case::staff::Staff;
use crate::evals::changes::between;
use crate::evals::outcome::Said;
use crate::integrations::hooks::{Hint, Source};
use crate::sandbox::{Act, Vendor};
use crate::storage::log::Filter;

impl Play {
    /// All that is said from here on is said in another conversation, of the same shopper or of somebody else.
    pub(super) async fn begin_another(&mut self, signed_in: Option<&str>) -> anyhow::Result<()> {
        self.rest().await?;
        let who = signed_in.map_or_else(String::new, |email| format!(", of {email}, who is signed in"));
        self.note(format!("another conversation begins{who}")).await?;
        let next = super::conversation(&self.shop, signed_in).await?;
        self.earlier.push(std::mem::replace(&mut self.id, next));
        self.began_at = self.steps.len();
        Ok(())
    }

    /// What staff do is none of the agent's changes: it stands in the case.
    pub(super) async fn staff(&mut self, staff: &Staff) -> anyhow::Result<()> {
        self.rest().await?;
        let now = self.shop.sandbox.clock().now();
        let so_far = self.shop.sandbox.look(|world| between(&self.before, world));
        let done = self.shop.sandbox.change(|world| staff.act(world, now)).await;
        if let Err(refused) = &done
            && self.whatever_comes
        {
            return self.note(format!("staff cannot do it: {refused}")).await;
        }
        let told = done.context("staff")?;
        self.changes.extend(so_far);
        self.before = self.shop.sandbox.world();
        self.note(told).await
    }

    /// Somebody at the helpdesk does something with this conversation's ticket, and the desk hears of it.
    pub(super) async fn colleague(&mut self, act: &Act) -> anyhow::Result<Said> {
        self.rest().await?;
        let conversation = self.shop.desk.conversation(&self.id).await?;
        let ticket = conversation.twin.and_then(|twin| twin.ticket).context("the conversation has no ticket")?;
        let so_far = self.shop.sandbox.look(|world| between(&self.before, world));
        self.shop.sandbox.act(ticket.id.parse().context("the ticket's number")?, act.clone()).await?;
        self.changes.extend(so_far);
        self.before = self.shop.sandbox.world();
        self.note(Colleague::told(act)).await?;
        self.tell("ticket-updated", ticket.id).await?;
        self.until(Quiet::Answered).await?;
        self.said_after(conversation.len).await
    }

    /// A customer writes to the store at the helpdesk: a ticket, and a conversation, where the store wants one of it.
    pub(super) async fn letter(&mut self, letter: Letter) -> anyhow::Result<Said> {
        self.rest().await?;
        let told = format!("{} writes to the store: {}", letter.from, letter.text);
        let so_far = self.shop.sandbox.look(|world| between(&self.before, world));
        let ticket =
            self.shop.sandbox.hear(Vendor::Gorgias, &letter.written()).await.context("no ticket came of it")?;
        self.changes.extend(so_far);
        self.before = self.shop.sandbox.world();
        self.note(told).await?;
        self.tell("ticket-created", ticket.to_string()).await?;
        self.rest().await?;
        let newest = self.shop.desk.list(&Filter { limit: 1, ..Filter::default() }).await?.conversations;
        let begun =
            newest.into_iter().map(|summary| summary.conversation).find(|id| self.conversations().all(|own| own != id));
        let Some(id) = begun else { return Ok(Said::default()) };
        self.earlier.push(std::mem::replace(&mut self.id, id));
        self.began_at = self.steps.len();
        self.until(Quiet::Answered).await?;
        self.said_after(0).await
    }

    /// The desk hears that something has happened to a ticket.
    async fn tell(&self, kind: &str, ticket: String) -> anyhow::Result<()> {
        let event = format!("evt_helpdesk_{}", self.beside.len());
        let hint = Hint { event, kind: kind.to_owned(), object: ticket };
        self.shop.desk.deliver(&StoreId::new(STORE), Source::Gorgias, hint).await?;
        Ok(())
    }

    /// What the agent and the desk have said here after this number of the log.
    async fn said_after(&self, seq: u64) -> anyhow::Result<Said> {
        let conversation = self.shop.desk.conversation(&self.id).await?;
        let events = self.shop.desk.events(&self.id, seq).await?;
        let said: Vec<String> = events
            .into_iter()
            .filter_map(|event| match event.body {
                EventBody::MessageCompleted { content, .. } => Some(content),
                _ => None,
            })
            .collect();
        let (agent, analysis) = (conversation.agent, conversation.analysis);
        Ok(Said { reply: said.join("\n"), agent, analysis, undone: None })
    }
}
