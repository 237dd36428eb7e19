//! Approvals that wait are announced to the store's people: by a mail, which is an effect and leaves once, and by a notice to
//! an address of their own, which comes until it is taken.

use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;

use super::outbox::Tried;
use super::{Inner, Stop, StoreSetup};
use crate::domain::customer::Email;
use crate::domain::effect::{ApprovalState, Effect, EffectKind};
use crate::domain::event::EventBody;
use crate::domain::id::{ApprovalId, EffectId};
use crate::integrations::VendorError;
use crate::integrations::messaging::Mail;
use crate::integrations::webhook::{Notice, Webhook};
use crate::storage::approvals::Approval;
use crate::storage::outbox::{Job, NewJob};

/// The outbox's names for announcing an approval.
pub const BY_MAIL: &str = "approval_mail";
pub const BY_WEBHOOK: &str = "approval_webhook";

/// The receiver's word for "never again".
const GONE: u16 = 410;

/// Where a store's people hear of approvals that wait.
#[derive(Clone, Default)]
pub struct Announce {
    pub email: Option<Email>,
    pub webhook: Option<Arc<Webhook>>,
}

impl StoreSetup {
    /// The page on which an approval is decided, for whom signs in there. None: nobody said where this server is.
    pub(super) fn page_of(&self, approval: &Approval) -> Option<Url> {
        let mut page = self.server.clone()?;
        page.path_segments_mut().ok()?.pop_if_empty().extend(["approvals", approval.id.as_str()]);
        Some(page)
    }

    /// The work that follows from events which ask people: once a channel. A lane of its own each, so that an address which
    /// does not answer holds up nothing else.
    pub(super) fn announcements(&self, events: &[EventBody]) -> Vec<NewJob> {
        let channels = [(BY_MAIL, self.announce.email.is_some()), (BY_WEBHOOK, self.announce.webhook.is_some())];
        let asked = events.iter().filter_map(|event| match event {
            EventBody::ApprovalRequested { approval, .. } => Some(approval),
            _ => None,
        });
        let jobs = asked.flat_map(|approval| {
            channels.iter().filter(|(_, wanted)| *wanted).map(move |(kind, _)| NewJob {
                lane: format!("{approval}/{kind}"),
                kind: (*kind).to_owned(),
                payload: json!({"approval": approval}),
            })
        });
        jobs.collect()
    }
}

impl Inner {
    /// One try at announcing an approval. One that was decided meanwhile is not announced any more.
    pub(super) async fn work_on_announcement(&self, job: &Job) -> Result<(), Stop> {
        let id = job.payload.get("approval").and_then(Value::as_str).unwrap_or_default();
        let Some(approval) = self.storage.approval(&ApprovalId::new(id)).await? else {
            return Ok(self.storage.bury(job.id, "its approval is not there").await?);
        };
        let effect = self.storage.effect(&approval.effect).await?;
        let (Some(effect), ApprovalState::Pending) = (effect, &approval.state) else {
            return Ok(self.storage.done(job.id).await?);
        };
        let announced = match self.stores.get(&approval.store) {
            Some(setup) => self.announce_by(&job.kind, setup, &approval, &effect).await?,
            None => Tried::Never("its store is not in the configuration".to_owned()),
        };
        if let Some(problem) = self.done_or_given_up(job, announced).await? {
            tracing::error!(approval = id, kind = job.kind, problem, "an approval waits, and nobody was told");
        }
        Ok(())
    }

    async fn announce_by(
        &self,
        channel: &str,
        setup: &StoreSetup,
        approval: &Approval,
        effect: &Effect,
    ) -> Result<Tried, Stop> {
        match (channel, &setup.announce) {
            (BY_MAIL, Announce { email: Some(email), .. }) => {
                let request = |id: &EffectId| setup.writers.mail.request(&mail(setup, approval, effect, id, email));
                let identity = format!("approval_mail:{}", approval.id);
                let kind = EffectKind::ApprovalMail;
                self.mail_once(setup, kind, identity, &approval.conversation, request).await
            }
            (BY_WEBHOOK, Announce { webhook: Some(webhook), .. }) => {
                Ok(match webhook.deliver(&notice(approval, effect)).await {
                    Ok(()) => Tried::Done,
                    Err(error @ VendorError::Refused { status: GONE | 0, .. }) => Tried::Never(error.to_string()),
                    Err(error) => Tried::Later(error.to_string()),
                })
            }
            _ => Ok(Tried::Never("no address for it is configured any more".to_owned())),
        }
    }
}

/// What an announcement tells of a proposal: less than the API shows, since it lies in mailboxes and logs.
fn told(approval: &Approval) -> Value {
    let shown = |name: &str| approval.proposal.get(name).cloned().unwrap_or_default();
    json!({
        "order_number": shown("order_number"), "return": shown("return"), "items": shown("items"),
        "amount": shown("amount"), "at_most": shown("at_most"),
    })
}

/// The same bytes whenever it is made.
fn notice(approval: &Approval, effect: &Effect) -> Notice {
    let body = json!({
        "type": "approval.requested",
        "approval_id": approval.id,
        "conversation_id": approval.conversation,
        "store": approval.store,
        "kind": effect.kind,
        "reason": approval.reason,
        "proposal": told(approval),
        "created_at": approval.created_at,
        "expires_at": approval.expires_at,
    });
    Notice { id: approval.id.to_string(), body: body.to_string() }
}

/// What waits for a yes, in words for people.
pub(super) struct Waiting {
    /// `refund of $24.00 on order #1016`
    pub what: String,
    /// A line each.
    pub items: String,
    /// In the store's time.
    pub until: String,
}

impl Waiting {
    pub(super) fn of(setup: &StoreSetup, approval: &Approval, effect: &Effect) -> Self {
        let order = approval.proposal.get("order_number").and_then(Value::as_str).unwrap_or_default();
        let order: String = order.chars().filter(|c| !c.is_control()).collect();
        let amount = match (effect.known_amount(), effect.amount) {
            (Some(amount), _) => format!(" of {amount}"),
            (None, Some(most)) => format!(" of at most {most}"),
            (None, None) => String::new(),
        };
        let what = format!("{}{amount} on order {order}", effect.kind.as_str().replace('_', " "));
        let items = approval.proposal.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let until = approval.expires_at.to_zoned_datetime(setup.profile.zone.clone());
        Self { what, items: items.iter().filter_map(item).collect(), until: until.strftime("%F %H:%M %Z").to_string() }
    }
}

fn mail(setup: &StoreSetup, approval: &Approval, effect: &Effect, id: &EffectId, to: &Email) -> Mail {
    let Waiting { what, items, until } = Waiting::of(setup, approval, effect);
    let (store, approval_id, conversation) = (&setup.profile.name, &approval.id, &approval.conversation);
    let page = setup.page_of(approval).map_or_else(String::new, |page| format!("Decide here, signed in: {page}\n"));
    let text = format!(
        "A shopper of {store} asked for something that needs your yes:\n\n{what}\n{items}\n\
         Why it waits: {}\nIt expires: {until}\nApproval: {approval_id}\nConversation: {conversation}\n\n\
         {page}Decide with an approver's key: POST /v1/approvals/{approval_id}/approve, or /deny. What was said stands in \
         `deskhand why {conversation}`.\n",
        approval.reason
    );
    Mail { effect: id.clone(), to: to.clone(), subject: format!("Needs a yes: {what}"), text }
}

/// `  1 × Mug`
fn item(item: &Value) -> Option<String> {
    let title = item.get("title")?.as_str()?.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(format!("  {} × {title}\n", item.get("quantity")?.as_u64()?))
}
