//! What agents wish to do to orders: judged, recorded with all that it takes hold of, and taken as far as it can be taken
//! within the turn.

use serde_json::{Value, json};

use crate::agents::conversation::Conversation;
use crate::desk::driver::Session;
use crate::desk::{Inner, Stop, StoreSetup};
use crate::domain::effect::{Consent, Effect};
use crate::domain::event::EventBody;
use crate::domain::id::ApprovalId;
use crate::domain::identity::{Assurance, MatchedBy};
use crate::domain::order::{Order, OrderId};
use crate::integrations::Urgency;
use crate::policy::Mode;
use crate::policy::decision::Reason;
use crate::storage::StorageError;
use crate::storage::approvals::NewApproval;
use crate::tools::books::Books;
use crate::tools::{ToolError, Wish};

/// What a call of the tool leaves behind.
pub struct Acted {
    pub receipt: Value,
    /// What the shopper's screen may show of it.
    pub projection: Value,
    pub events: Vec<EventBody>,
}

impl From<Value> for Acted {
    fn from(receipt: Value) -> Self {
        let shown = |key: &str| receipt.get(key).cloned().unwrap_or_default();
        let projection = json!({
            "order_number": shown("order_number"), "decision": shown("decision"), "amount": shown("amount"),
            "reason": shown("reason"),
        });
        Self { receipt, projection, events: Vec::new() }
    }
}

/// Why nothing came of a wish: the work stops, or the model is told.
pub(super) enum Trouble {
    Stop(Stop),
    Tool(ToolError),
}

impl<E: Into<ToolError>> From<E> for Trouble {
    fn from(error: E) -> Self {
        match error.into() {
            ToolError::Storage(error) => Self::Stop(Stop::Storage(error)),
            error => Self::Tool(error),
        }
    }
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// Who tells the shopper of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The agent, in the turn that asked for it.
    ByAgent,
    /// A fixed line.
    ByLine,
}

impl StoreSetup {
    pub(in crate::desk) fn books<'a>(&'a self, desk: &'a Inner) -> Books<'a> {
        Books {
            store: &self.profile,
            policy: &self.policy,
            readers: &self.readers,
            ledger: desk.storage.as_ref(),
            clock: &desk.clock,
        }
    }
}

impl Session<'_> {
    /// A model's wish, as far as the store trusts the agent with it.
    pub(in crate::desk) async fn act(&self, tool: &str, wish: Wish) -> Result<Result<Acted, ToolError>, Stop> {
        let mode = self.setup.policy.mode_of(tool);
        if mode < Mode::Approve {
            return Ok(Err(ToolError::NotPossible("In this store only people do this. Hand over to a person.")));
        }
        let acted = match &wish {
            Wish::Refund(wish) => self.refund(wish, mode).await,
            Wish::Goodwill(wish) => self.goodwill(wish).await,
            Wish::Return(wish) => self.send_back(wish, mode).await,
            Wish::Order(wish) => self.change_order(wish, mode).await,
        };
        match acted {
            Ok(acted) => Ok(Ok(acted)),
            Err(Trouble::Stop(stop)) => Err(stop),
            Err(Trouble::Tool(error)) => Ok(Err(error)),
        }
    }

    /// The order as it is now, of somebody who has proved enough for it.
    pub(super) async fn order_of(&self, id: &OrderId, proof: Proof) -> Result<Order, Trouble> {
        let order = self.setup.readers.commerce.order(id, Urgency::Shopper).await.map_err(ToolError::from)?;
        let identity = &self.conversation.identity;
        let may = |order: &Order| {
            let assured = identity.assurance_for(&order.id, order.owner());
            match proof {
                Proof::Any => assured >= Assurance::OrderMatched,
                Proof::Email => {
                    assured == Assurance::Verified || identity.matched_by(&order.id) == Some(MatchedBy::Email)
                }
                Proof::Code => assured == Assurance::Verified,
            }
        };
        Ok(order.filter(may).ok_or_else(|| proof.lacking())?)
    }

    pub(super) fn approval(&self, reason: Option<Reason>, proposal: Value) -> Option<NewApproval> {
        self.desk.approval(self.setup, reason, proposal)
    }

    /// Takes an effect as far as it can be taken now; with it, the event that a person is asked.
    pub(super) async fn take_on(&self, effect: Effect) -> Result<(Effect, Vec<EventBody>), Trouble> {
        let effect = self.desk.pursue(self.setup, effect, Told::ByAgent).await?;
        let effect = self.desk.come_to_rest(effect).await?;
        let asked = self.asked_for(&effect).await?;
        Ok((effect, asked))
    }

    /// The event that a person is asked, where one is and the log does not have it yet.
    pub(super) async fn asked_for(&self, effect: &Effect) -> Result<Vec<EventBody>, Trouble> {
        Ok(self.desk.asking_a_person(&self.conversation, effect).await?.into_iter().collect())
    }
}

impl Inner {
    /// The approval that a wish waits for, where one is needed.
    pub(super) fn approval(&self, setup: &StoreSetup, reason: Option<Reason>, proposal: Value) -> Option<NewApproval> {
        reason.map(|reason| NewApproval {
            id: ApprovalId::generate(),
            reason: reason.code().to_owned(),
            proposal,
            expires_at: setup.policy.approvals.expiry(self.clock.now()),
        })
    }

    /// The event that a person is asked about an effect of this conversation, unless its log has it.
    pub(super) async fn asking_a_person(
        &self,
        conversation: &Conversation,
        effect: &Effect,
    ) -> Result<Option<EventBody>, StorageError> {
        if effect.consent != Consent::Awaited || effect.conversation != conversation.id {
            return Ok(None);
        }
        let approvals = self.storage.approvals_of(&conversation.id).await?;
        let asked = approvals.into_iter().find(|approval| approval.effect == effect.id);
        let news = asked.filter(|approval| !conversation.approvals.contains_key(&approval.id));
        Ok(news.map(|approval| EventBody::ApprovalRequested {
            approval: approval.id,
            effect: effect.id.clone(),
            kind: effect.kind,
            reason: approval.reason,
            amount: effect.known_amount(),
            expires_at: approval.expires_at,
        }))
    }
}

/// What somebody must have proved of themselves and an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// A second fact about the order.
    Any,
    /// The order's e-mail address: a postcode is on every parcel's label.
    Email,
    /// That its mail reaches them.
    Code,
}

impl Proof {
    fn lacking(self) -> ToolError {
        const MATCH: &str = "No order with this number was matched in this conversation: call find_order.";
        const EMAIL: &str = "This needs more proof than reading: ask for the e-mail address of the order and call \
                             find_order with it, or verify the shopper with a code.";
        const CODE: &str = "This needs a verified shopper: offer to send a code to the address on file \
                            (send_verification_code), and try again once it was confirmed.";
        match self {
            Self::Any => ToolError::Assurance { needed: Assurance::OrderMatched, advice: MATCH },
            Self::Email => ToolError::Assurance { needed: Assurance::OrderMatched, advice: EMAIL },
            Self::Code => ToolError::Assurance { needed: Assurance::Verified, advice: CODE },
        }
    }
}

/// Other money of the order is on its way.
pub(super) fn busy() -> Trouble {
    const ADVICE: &str =
        "Other money of this order is on its way. Say so, and that it can be tried again in a few minutes.";
    ToolError::NotPossible(ADVICE).into()
}

/// A limit has been used up by others meanwhile, twice.
pub(super) fn in_use() -> Trouble {
    ToolError::NotPossible("The store's limits are in use just now. Offer a person.").into()
}
