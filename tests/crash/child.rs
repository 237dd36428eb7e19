//! The process that is killed: a desk that does what lines on its standard input say, and answers on standard output.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deskhand::desk::approvals::{DecisionError, Yes};
use deskhand::desk::{Desk, NewMessage, Opening, Pace};
use deskhand::domain::clock::Clock;
use deskhand::domain::effect::ApprovalState;
use deskhand::domain::event::HandoffReason;
use deskhand::domain::id::{ConversationId, StoreId};
use deskhand::integrations::hooks::{Hint, Source};
use deskhand::policy::{Caps, IdentityLimits, Mode, Policy};
use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::points::{Hold, Watched};
use crate::support::shop::{Endpoints, STORE, Setting, demo_policy, desk_over, install_tls, storage};

/// Names the child's orders to it. Without it, this is no child.
pub const ORDERS: &str = "DESKHAND_TEST_CRASH_CHILD";
/// The test that is the child.
pub const TEST: &str = "crash::child::serves_until_it_is_killed";
/// Stands before each line that is meant for the parent: the test harness writes lines of its own.
pub const MARK: &str = "@ ";

/// What a child is told at its start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Orders {
    pub folder: PathBuf,
    pub endpoints: Endpoints,
    /// How long a turn is held by a process that says no more; a job is held six times as long.
    pub lease: Duration,
    /// Where to stop and wait for the end.
    pub hold: Option<Hold>,
}

/// A line from the parent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    Open,
    /// Post under this client id, then wait for the answer.
    Say {
        conversation: String,
        client_message_id: String,
        text: String,
    },
    /// Someone of the store takes the conversation.
    Escalate {
        conversation: String,
    },
    /// The ledger's rows of a conversation.
    Effects {
        conversation: String,
    },
    /// A person says yes to all that waits, with this amount.
    Approve {
        amount: String,
    },
    /// The carrier tells of a shipment.
    Deliver {
        shipment: String,
    },
    /// How much work waits.
    Waiting,
    /// There is room on the disk again.
    Room,
}

/// Short, so that what a killed process held is free soon.
pub const LEASE: Duration = Duration::from_millis(400);

fn pace(lease: Duration) -> Pace {
    Pace {
        lease,
        sweep: Duration::from_millis(60),
        ticket: Duration::from_secs(2),
        absence: Duration::from_millis(700),
    }
}

/// Shoppers share a few orders and addresses, and a try whose process was killed counts as wrong: limits that are for a
/// day would end the talks. They have tests of their own.
fn policy() -> Policy {
    let identity = IdentityLimits {
        tries_per_order: MANY,
        tries_per_conversation: MANY,
        tries_per_address: MANY,
        ..IdentityLimits::default()
    };
    let caps = Caps { codes_per_customer_per_day: MANY, turns_per_day: MANY, ..Caps::default() };
    let limits = toml::from_str(LIMITS).unwrap();
    Policy { mode: Mode::Act, identity, caps, limits, ..demo_policy() }
}

const MANY: u32 = 100_000;
const LIMITS: &str = r#"
[customer]
days = 30
most = { USD = "500.00" }
[store]
days = 1
most = { USD = "100000.00" }
"#;

#[test]
fn serves_until_it_is_killed() {
    let Some(orders) = std::env::var_os(ORDERS) else { return };
    let orders: Orders = serde_json::from_str(orders.to_str().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let desk = runtime.block_on(async {
        install_tls();
        let storage = Watched::new(storage(&orders.folder).await, orders.hold.clone());
        let setting = Setting { pace: pace(orders.lease), policy: policy(), ..Setting::default() };
        desk_over(Arc::new(storage), Clock::system(), &orders.endpoints, &setting).await
    });
    tell("ready", "");
    for line in std::io::stdin().lock().lines() {
        let (number, request): (u64, Request) = serde_json::from_str(&line.unwrap()).unwrap();
        let desk = desk.clone();
        runtime.spawn(async move {
            let answer = answer(&desk, request).await;
            tell("answer", &json!([number, answer]).to_string());
        });
    }
}

pub fn tell(what: &str, detail: &str) {
    let mut stdout = std::io::stdout().lock();
    // A parent that has gone is no reason to panic.
    let _ = stdout.write_all(format!("\n{MARK}{what} {detail}\n").as_bytes());
    let _ = stdout.flush();
}

async fn answer(desk: &Desk, request: Request) -> Value {
    match perform(desk, request).await {
        Ok(value) => json!({"ok": value}),
        Err(error) => json!({"error": error.to_string()}),
    }
}

async fn perform(desk: &Desk, request: Request) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    Ok(match request {
        Request::Open => {
            let (store, channel) = (StoreId::new(STORE), "test".to_owned());
            let opening = Opening { store, channel, key: None, customer: None, verified: None, metadata: None };
            json!(desk.open(opening).await?)
        }
        Request::Say { conversation, client_message_id, text } => {
            let id = ConversationId::new(conversation);
            let message = NewMessage {
                content: text,
                client_message_id: Some(client_message_id),
                // Each shopper has an address of its own: wrong tries of one are not those of another.
                address: Some(id.to_string()),
                key: None,
            };
            let posted = desk.post(&id, message).await?;
            let answer = desk.answer(&id, &posted).await?;
            json!({"content": answer.content, "silent": posted.silent})
        }
        Request::Escalate { conversation } => {
            json!(desk.escalate(&ConversationId::new(conversation), HandoffReason::Operator, "staff").await?)
        }
        Request::Effects { conversation } => {
            json!(desk.storage().effects_of(&ConversationId::new(conversation)).await?)
        }
        Request::Approve { amount } => {
            let store = StoreId::new(STORE);
            for approval in desk.approvals(&store, Some(ApprovalState::Pending)).await? {
                let yes = Yes { amount: Some(amount.clone()), ..Yes::default() };
                match desk.approve(&store, &approval.id, "key_1", yes).await {
                    Ok(_) | Err(DecisionError::Decided(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Value::Null
        }
        Request::Deliver { shipment } => {
            let (event, kind) = ("evt_1".to_owned(), "tracker.updated".to_owned());
            let hint = Hint { event, kind, object: shipment };
            json!(desk.deliver(&StoreId::new(STORE), Source::EasyPost, hint).await?)
        }
        Request::Room => json!(set_disk_full(false)),
        Request::Waiting => {
            let mut unsettled = desk.storage().unsettled(1_000).await?;
            unsettled.retain(|effect| effect.order.is_some());
            let letters = desk.storage().waiting_letters(10).await?;
            let letters: Vec<String> = letters.iter().map(|letter| format!("{letter:?}")).collect();
            json!({
                "jobs": desk.storage().depth().await?.0,
                "letters": letters,
                "deliveries": desk.storage().waiting_deliveries().await?,
                "dead_deliveries": desk.storage().dead_deliveries(10).await?.len(),
                "conversations": desk.storage().unanswered(100).await?.len(),
                "deeds": unsettled.len(),
                "watched": desk.storage().watched(Timestamp::MAX, 1_000).await?.len(),
            })
        }
    })
}

/// A limit on the size of files is what a program meets on a full disk. The signal that comes with it is ignored from the
/// process's start on.
pub fn set_disk_full(full: bool) {
    let most = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: if full { Some(1) } else { most }, maximum: most }).unwrap();
}
