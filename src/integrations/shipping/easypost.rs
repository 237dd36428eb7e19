//! EasyPost v2: trackers here, labels beside. A tracker is found by its number, or made: making one is idempotent, the same number and
//! carrier give the same tracker for three months.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use url::Url;

use self::wire::{Trackers, WireTracker};
use super::TrackingReader;
use crate::domain::order::Tracker;
use crate::integrations::http::budget::Budget;
use crate::integrations::http::transport::Answer;
use crate::integrations::http::{
    Account, AccountSettings, Call, Outgoing, Rate, SHORTEST_SECRET, Safety, Transport, check_base_url, redaction,
    secret_header,
};
use crate::integrations::{SettingsError, Urgency, Vendor, VendorError};

pub mod events;
mod labels;
pub mod webhooks;
mod wire;

/// Longest tracking number that is asked about, in bytes.
const LONGEST_NUMBER: usize = 64;
/// How long a tracker's id is remembered. Carriers use numbers again, though not within months.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// Numbers remembered at once; at more, all are forgotten and found again.
const MOST_REMEMBERED: usize = 10_000;

/// `[stores.NAME.easypost]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EasyPostSettings {
    /// The API key; its kind (test or production) chooses the mode.
    pub api_key: SecretString,
    /// Where to send requests instead of to `https://api.easypost.com`: a proxy, a test, the sandbox.
    #[serde(default)]
    pub base_url: Option<Url>,
    /// Searches a second that are sent at most. EasyPost allows 5, for the whole account.
    #[serde(default = "EasyPostSettings::searches_per_second")]
    pub searches_per_second: u32,
    /// The secret under which EasyPost signs the events that it sends.
    #[serde(default)]
    pub webhook_secret: Option<SecretString>,
}

impl EasyPostSettings {
    fn searches_per_second() -> u32 {
        5
    }

    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let key = self.api_key.expose_secret();
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(SettingsError {
                key: "easypost.api_key",
                problem: "it is empty or contains characters that no key has".to_owned(),
                fix: "copy it again from EasyPost's account settings",
            });
        }
        if self.searches_per_second == 0 {
            return Err(SettingsError {
                key: "easypost.searches_per_second",
                problem: "with 0 no parcel could be found".to_owned(),
                fix: "give 1 or more; EasyPost allows 5",
            });
        }
        if self.webhook_secret.as_ref().is_some_and(|secret| secret.expose_secret().len() < SHORTEST_SECRET) {
            return Err(SettingsError {
                key: "easypost.webhook_secret",
                problem: "it is too short to keep anybody from guessing it".to_owned(),
                fix: "make one of at least 16 characters, such as `openssl rand -hex 32` prints, and register it anew",
            });
        }
        self.base_url.as_ref().map_or(Ok(()), |url| check_base_url("easypost.base_url", url))
    }
}

pub struct EasyPost {
    account: Account,
    authorization: HeaderValue,
    /// Lists have a limit of their own.
    searches: Budget,
    /// Tracker ids by number and carrier. One task looks, the others wait for what it finds.
    known: Mutex<HashMap<Key, Known>>,
}

type Key = (String, Option<String>);

#[derive(Clone)]
struct Known {
    id: Arc<OnceCell<String>>,
    since: Instant,
}

#[derive(Serialize)]
struct Create<'a> {
    tracker: NewTracker<'a>,
}

#[derive(Serialize)]
struct NewTracker<'a> {
    tracking_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<&'a str>,
}

impl EasyPost {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: EasyPostSettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let unfit = |key| SettingsError {
            key,
            problem: "it cannot be used".to_owned(),
            fix: "copy it again from EasyPost's account settings",
        };
        let base = match settings.base_url {
            Some(url) => url,
            None => Url::parse("https://api.easypost.com").map_err(|_| unfit("easypost.base_url"))?,
        };
        let bearer = SecretString::from(format!("Bearer {}", settings.api_key.expose_secret()));
        let authorization = secret_header(&bearer).ok_or_else(|| unfit("easypost.api_key"))?;
        let account = Account::new(
            transport,
            AccountSettings {
                vendor: Vendor::EasyPost,
                base,
                rate: None,
                request_id_headers: &["x-ep-request-uuid", "x-request-id"],
                reset_header: None,
            },
        );
        let rate = Rate::of(settings.searches_per_second, Duration::from_secs(1));
        Ok(Self { account, authorization, searches: Budget::new(Some(rate)), known: Mutex::default() })
    }

    /// The tracker by its id, where it is known already, else found or made.
    async fn tracker(&self, number: &str, carrier: Option<&str>, call: &Call) -> Result<Option<Tracker>, VendorError> {
        let known = self.known(number, carrier);
        let mut found = None;
        let id = known.id.get_or_try_init(|| async {
            let tracker =
                self.find_or_create(number, carrier, call).await.map_err(Miss::Error)?.ok_or(Miss::Nothing)?;
            let id = tracker.id.clone();
            found = Some(tracker);
            Ok(id)
        });
        let id = match id.await {
            Ok(id) => id,
            Err(Miss::Nothing) => return Ok(None),
            Err(Miss::Error(error)) => return Err(error),
        };
        if let Some(tracker) = found {
            return Ok(Some(tracker));
        }
        let answer = self.get("tracker_by_id", &["v2", "trackers", id], &[], call).await?;
        if answer.status.as_u16() == 404 {
            self.forget(number, carrier);
            return self.find_or_create(number, carrier, call).await;
        }
        self.read::<WireTracker>(&answer).map(|tracker| Some(tracker.into()))
    }

    async fn find_or_create(
        &self,
        number: &str,
        carrier: Option<&str>,
        call: &Call,
    ) -> Result<Option<Tracker>, VendorError> {
        if let Some(tracker) = self.find(number, carrier, call).await? {
            return Ok(Some(tracker));
        }
        match self.create(number, carrier, call).await? {
            Some(tracker) => Ok(Some(tracker)),
            // The platform's word for the carrier may not be EasyPost's; EasyPost can tell most by their numbers.
            None if carrier.is_some() => self.create(number, None, call).await,
            None => Ok(None),
        }
    }

    async fn find(&self, number: &str, carrier: Option<&str>, call: &Call) -> Result<Option<Tracker>, VendorError> {
        let spent = self.searches.spend(1.0, call.urgency, call.deadline).await;
        spent.map_err(|wait| VendorError::Throttled { vendor: Vendor::EasyPost, wait, request_id: None })?;
        let query = [("tracking_code", number), ("page_size", "20")];
        let answer = self.get("trackers", &["v2", "trackers"], &query, call).await?;
        let found: Trackers = self.read(&answer)?;
        let mut trackers = found.trackers.into_iter().filter(|tracker| tracker.is_of(number, carrier));
        Ok(trackers.next().map(Tracker::from))
    }

    /// `None` where EasyPost cannot make a tracker of this.
    async fn create(&self, number: &str, carrier: Option<&str>, call: &Call) -> Result<Option<Tracker>, VendorError> {
        let body = Create { tracker: NewTracker { tracking_code: number, carrier } };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let outgoing = Outgoing::post_json(self.account.url(&["v2", "trackers"]), body)
            .header(AUTHORIZATION, self.authorization.clone());
        let call = Call { operation: "create_tracker", safety: Safety::Idempotent, ..*call };
        let answer = self.account.send(&call, &outgoing).await?;
        if matches!(answer.status.as_u16(), 400 | 404 | 422) {
            return Ok(None);
        }
        self.read::<WireTracker>(&answer).map(|tracker| Some(tracker.into()))
    }

    async fn get(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
        call: &Call,
    ) -> Result<Answer, VendorError> {
        let mut url = self.account.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let outgoing = Outgoing::get(url).header(AUTHORIZATION, self.authorization.clone());
        Ok(self.account.send(&Call { operation, ..*call }, &outgoing).await?)
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, answer: &Answer) -> Result<T, VendorError> {
        if !answer.status.is_success() {
            return Err(self.account.error_of(answer, &wire::reason(&answer.body)));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.account.garbled(answer, &redaction::unreadable(&error)))
    }

    fn known(&self, number: &str, carrier: Option<&str>) -> Known {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        let new = || Known { id: Arc::default(), since: Instant::now() };
        let entry = known.entry(key(number, carrier)).or_insert_with(new);
        if entry.since.elapsed() > REMEMBERED {
            *entry = new();
        }
        entry.clone()
    }

    fn forget(&self, number: &str, carrier: Option<&str>) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(number, carrier));
    }
}

/// Why a search gave no id.
enum Miss {
    Nothing,
    Error(VendorError),
}

fn key(number: &str, carrier: Option<&str>) -> Key {
    (number.to_owned(), carrier.map(str::to_owned))
}

#[async_trait]
impl TrackingReader for EasyPost {
    async fn track(
        &self,
        number: &str,
        carrier: Option<&str>,
        urgency: Urgency,
    ) -> Result<Option<Tracker>, VendorError> {
        let number: String = number.chars().filter(|c| !c.is_whitespace()).collect();
        if number.is_empty() || number.len() > LONGEST_NUMBER || !number.is_ascii() {
            return Ok(None);
        }
        let carrier = carrier.map(wire::carrier_code).filter(|code| !code.is_empty());
        let call = self.account.call("track", Safety::Read, urgency);
        // Whoever waits for another's search waits no longer than for a search of their own.
        let tracker = tokio::time::timeout_at(call.deadline, self.tracker(&number, carrier.as_deref(), &call));
        tracker.await.unwrap_or_else(|_| {
            let reason = "no answer in time".to_owned();
            Err(VendorError::Unavailable { vendor: Vendor::EasyPost, reason, request_id: None })
        })
    }

    async fn check(&self) -> Result<String, VendorError> {
        let call = self.account.call("check", Safety::Read, Urgency::Background);
        let answer = self.get("check", &["v2", "trackers"], &[("page_size", "1")], &call).await?;
        let trackers: Trackers = self.read(&answer)?;
        let mode = trackers.trackers.first().and_then(|tracker| tracker.mode.as_deref());
        Ok(match mode {
            Some(mode) => format!("the key is accepted, {mode} mode"),
            None => "the key is accepted; there is no tracker yet to tell its mode by".to_owned(),
        })
    }
}
