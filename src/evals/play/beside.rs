//! What happens beside the shopper's lines: another conversation begins, staff act in the platform's admin.

use anyhow::Context as _;

use super::{Play, STORE};
use crate::domain::id::StoreId;
use crate::evals::case::colleague::Colleague;
use crate::evals::case::staff::Staff;
use crate::evals::changes::between;
use crate::integrations::hooks::{Hint, Source};
use crate::sandbox::Act;

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
    pub(super) async fn colleague(&mut self, act: &Act) -> anyhow::Result<()> {
        self.rest().await?;
        let conversation = self.shop.desk.conversation(&self.id).await?;
        let ticket = conversation.twin.and_then(|twin| twin.ticket).context("the conversation has no ticket")?;
        let so_far = self.shop.sandbox.look(|world| between(&self.before, world));
        self.shop.sandbox.act(ticket.id.parse().context("the ticket's number")?, act.clone()).await?;
        self.changes.extend(so_far);
        self.before = self.shop.sandbox.world();
        self.note(Colleague::told(act)).await?;
        let event = format!("evt_colleague_{}", self.beside.len());
        let hint = Hint { event, kind: "ticket-updated".to_owned(), object: ticket.id };
        self.shop.desk.deliver(&StoreId::new(STORE), Source::Gorgias, hint).await?;
        self.rest().await
    }
}
