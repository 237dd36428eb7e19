//! Who wants to hear when a tracker moves, and what they have not taken yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{TrackerRecord, World};

/// An address that events go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    pub id: String,
    pub url: String,
    pub secret: Option<String>,
    pub at: Timestamp,
}

/// An event for one address, until it is taken or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Of the event: the same for all addresses.
    pub id: String,
    /// Id of the address's hook.
    pub hook: String,
    pub tracker: String,
    /// When it happened, by the world's clock.
    pub at: Timestamp,
    /// What the tracker said before. `None`: it is new.
    pub previous: Option<String>,
    pub tries: u32,
    /// When it is sent next, by the machine's clock.
    pub due: Timestamp,
}

/// Something that a tracker has to tell.
struct News {
    tracker: String,
    at: Timestamp,
    previous: Option<String>,
}

impl World {
    /// Enters an address. What happened before is not told there.
    pub fn add_hook(&mut self, url: &str, secret: Option<&str>, now: Timestamp) -> Hook {
        if self.hooks.is_empty() {
            self.noticed_at = Some(now);
        }
        let number = self.new_id();
        let hook = Hook {
            id: format!("hook_{}", digest(&format!("{url} {number} {now}"))),
            url: url.to_owned(),
            secret: secret.map(str::to_owned),
            at: now,
        };
        self.hooks.push(hook.clone());
        hook
    }

    /// `false`: there is none of this id.
    pub fn drop_hook(&mut self, id: &str) -> bool {
        let before = self.hooks.len();
        self.hooks.retain(|hook| hook.id != id);
        self.notices.retain(|notice| notice.hook != id);
        self.hooks.len() < before
    }

    /// Whether something has happened that nobody was told of.
    pub fn has_news(&self, now: Timestamp) -> bool {
        !self.hooks.is_empty() && !self.news(now).is_empty()
    }

    /// Makes notices of what has happened until now, in its order, to be sent from `due` on.
    pub fn notice(&mut self, now: Timestamp, due: Timestamp) {
        let mut news = self.news(now);
        news.sort_by_key(|it| it.at);
        for News { tracker, at, previous } in news {
            let id = format!("evt_{}", digest(&format!("{tracker} {at} {previous:?}")));
            let notices = self.hooks.iter().map(|hook| Notice {
                id: id.clone(),
                hook: hook.id.clone(),
                tracker: tracker.clone(),
                at,
                previous: previous.clone(),
                tries: 0,
                due,
            });
            self.notices.extend(notices);
        }
        self.noticed_at = Some(now);
    }

    fn news(&self, now: Timestamp) -> Vec<News> {
        let since = self.noticed_at.unwrap_or(now);
        self.trackers.iter().flat_map(|tracker| self.news_of(tracker, since, now)).collect()
    }

    /// That there is a tracker, and each status that differs from the one before it.
    fn news_of(&self, tracker: &TrackerRecord, since: Timestamp, now: Timestamp) -> Vec<News> {
        let is_new = |at: Timestamp| at > since && at <= now;
        let told = |at: Timestamp, previous: Option<String>| News { tracker: tracker.id.clone(), at, previous };
        let mut news: Vec<News> =
            is_new(tracker.created_at).then(|| told(tracker.created_at, None)).into_iter().collect();
        let Some(parcel) = self.parcel(&tracker.code, tracker.carrier.as_deref()) else { return news };
        let mut status = "unknown";
        for scan in &parcel.scans {
            if scan.status != status && is_new(scan.at) && scan.at > tracker.created_at {
                news.push(told(scan.at, Some(status.to_owned())));
            }
            status = &scan.status;
        }
        news
    }
}

fn digest(seed: &str) -> String {
    hex::encode(Sha256::digest(seed.as_bytes())).chars().take(32).collect()
}
