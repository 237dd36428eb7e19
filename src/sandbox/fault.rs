//! Faults on demand: what a vendor does wrong, to which request, how often.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// One of the simulated vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    Shopify,
    Easypost,
    Sendgrid,
    Front,
    Gorgias,
    Zendesk,
    Intercom,
    Stripe,
}

impl Vendor {
    pub const ALL: [Self; 8] = [
        Self::Shopify,
        Self::Easypost,
        Self::Sendgrid,
        Self::Front,
        Self::Gorgias,
        Self::Zendesk,
        Self::Intercom,
        Self::Stripe,
    ];

    /// The first segment of its paths.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::Easypost => "easypost",
            Self::Sendgrid => "sendgrid",
            Self::Front => "front",
            Self::Gorgias => "gorgias",
            Self::Zendesk => "zendesk",
            Self::Intercom => "intercom",
            Self::Stripe => "stripe",
        }
    }
}

/// A fault: an effect, and the requests that it strikes. What is left out matches everything.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// For Shopify the name of the GraphQL operation or one of its root fields, for the others `POST /v2/trackers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// A part of the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many matching requests pass before the first is struck.
    #[serde(default)]
    pub after: u32,
    /// How many are struck; all where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    pub effect: Effect,
}

/// What happens to a struck request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// The answer comes late.
    Latency { milliseconds: u64 },
    /// Status 429 in the vendor's own shape, nothing done.
    RateLimited { retry_after_seconds: u32 },
    /// Shopify alone: status 200 and the error code `THROTTLED`, nothing done. Others answer 429.
    Throttled,
    /// A 5xx (or any other status) in the vendor's own shape, nothing done.
    Status { code: u16 },
    /// The vendor does its work, and the answer is status 200 with bytes that are no JSON.
    Garbage,
    /// The connection ends without an answer, nothing done.
    CutBefore,
    /// The vendor does its work, then the connection ends without an answer.
    CutAfter,
    /// The vendor does its work; the answer waits until the barrier of this name is released.
    Hold { barrier: String },
}

impl Fault {
    /// Strikes everything, always, until narrowed.
    pub fn new(effect: Effect) -> Self {
        Self { vendor: None, operation: None, path: None, after: 0, times: None, effect }
    }

    #[must_use]
    pub fn vendor(mut self, vendor: Vendor) -> Self {
        self.vendor = Some(vendor);
        self
    }

    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.after = requests;
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn strikes(&self, request: &Target<'_>) -> bool {
        self.vendor.is_none_or(|vendor| vendor == request.vendor)
            && self.path.as_deref().is_none_or(|path| request.path.contains(path))
            && self.operation.as_deref().is_none_or(|wanted| request.operations.iter().any(|name| name == wanted))
    }
}

/// The request as faults see it.
#[derive(Debug)]
pub struct Target<'a> {
    pub vendor: Vendor,
    pub path: &'a str,
    pub operations: &'a [String],
}

/// The faults in force and the barriers at which answers wait.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Mutex<Vec<Armed>>,
    barriers: Mutex<HashMap<String, watch::Sender<Barrier>>>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    matched: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Barrier {
    waiting: u32,
    /// Goes up with every release, so that an answer waits for one that came after it.
    releases: u32,
}

impl Faults {
    pub fn arm(&self, fault: Fault) {
        self.armed().push(Armed { fault, matched: 0 });
    }

    /// Disarms all faults. Answers that already wait at a barrier go on waiting.
    pub fn clear(&self) {
        self.armed().clear();
    }

    pub fn list(&self) -> Vec<Fault> {
        self.armed().iter().map(|armed| armed.fault.clone()).collect()
    }

    /// Whether anything is armed: asked first, so that an undisturbed request costs nothing.
    pub fn any(&self) -> bool {
        !self.armed().is_empty()
    }

    /// The effects that this request suffers, and one count off each fault that it matched.
    pub fn strike(&self, request: &Target<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for armed in self.armed().iter_mut().filter(|armed| armed.fault.strikes(request)) {
            armed.matched = armed.matched.saturating_add(1);
            let last = armed.fault.times.map_or(u32::MAX, |times| armed.fault.after.saturating_add(times));
            if armed.matched > armed.fault.after && armed.matched <= last {
                effects.push(armed.fault.effect.clone());
            }
        }
        effects
    }

    /// Waits at a barrier until its next release.
    pub async fn wait_at(&self, barrier: &str) {
        let mut receiver = self.with_barrier(barrier, |state| {
            state.send_modify(|barrier| barrier.waiting += 1);
            state.subscribe()
        });
        let seen = receiver.borrow_and_update().releases;
        let _ = receiver.wait_for(|barrier| barrier.releases > seen).await;
        self.with_barrier(barrier, |state| state.send_modify(|barrier| barrier.waiting -= 1));
    }

    /// Lets every answer go that waits at this barrier now. Returns how many.
    pub fn release(&self, barrier: &str) -> u32 {
        self.with_barrier(barrier, |state| {
            let waiting = state.borrow().waiting;
            state.send_modify(|barrier| barrier.releases += 1);
            waiting
        })
    }

    pub fn release_all(&self) {
        let barriers = self.barriers.lock().unwrap_or_else(PoisonError::into_inner);
        for barrier in barriers.values() {
            barrier.send_modify(|barrier| barrier.releases += 1);
        }
    }

    /// Waits until at least `count` answers wait at the barrier; `false` after `limit` of real time.
    pub async fn wait_held(&self, barrier: &str, count: u32, limit: Duration) -> bool {
        let mut receiver = self.with_barrier(barrier, watch::Sender::subscribe);
        tokio::time::timeout(limit, receiver.wait_for(|barrier| barrier.waiting >= count)).await.is_ok()
    }

    fn with_barrier<T>(&self, name: &str, act: impl FnOnce(&watch::Sender<Barrier>) -> T) -> T {
        let mut barriers = self.barriers.lock().unwrap_or_else(PoisonError::into_inner);
        act(barriers.entry(name.to_owned()).or_insert_with(|| watch::Sender::new(Barrier::default())))
    }

    fn armed(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
