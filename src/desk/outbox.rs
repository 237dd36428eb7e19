//! The outbox is worked off: each job is tried until it is done or given up, and waits longer with each try that fails.

use std::sync::Arc;
use std::time::Duration;

use super::announcing::{BY_MAIL, BY_WEBHOOK};
use super::articles::ARTICLE;
use super::handoff::TICKET;
use super::letters::LETTER;
use super::twin::MIRROR;
use super::{Inner, Stop};
use crate::storage::outbox::Job;

/// Jobs that are taken up at a time.
const AT_ONCE: u32 = 32;
const SWEEP: Duration = Duration::from_millis(200);
/// Short, because a shopper may be waiting.
const FIRST_RETRY: Duration = Duration::from_millis(400);
const LONGEST_RETRY: Duration = Duration::from_secs(600);
/// Nearly two hours.
const MOST_FAILURES: u32 = 20;

/// What came of one try.
pub enum Tried {
    Done,
    /// Again later.
    Later(String),
    /// Never: people have to look.
    Never(String),
}

impl Inner {
    pub(super) fn wake_outbox(&self) {
        self.outbox.notify_one();
    }

    pub(super) fn start_working_off_outbox(self: &Arc<Self>) {
        let desk = Arc::clone(self);
        self.tasks.spawn(async move {
            while !desk.stopping.is_cancelled() {
                let woken = desk.outbox.notified();
                if !desk.work_off_outbox().await {
                    tokio::select! {
                        () = woken => {}
                        () = tokio::time::sleep(SWEEP) => {}
                        () = desk.stopping.cancelled() => {}
                    }
                }
            }
        });
    }

    /// Does what is due. `false`: nothing was.
    async fn work_off_outbox(self: &Arc<Self>) -> bool {
        let lease = self.pace.lease * 6;
        let jobs = match self.storage.take(&self.owner, AT_ONCE, lease).await {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::error!(%error, "cannot look for waiting work");
                return false;
            }
        };
        let any = !jobs.is_empty();
        for job in jobs {
            let desk = Arc::clone(self);
            self.tasks.spawn(async move {
                if let Err(stop) = desk.work_on(&job).await {
                    tracing::error!(lane = job.lane, kind = job.kind, ?stop, "work stopped; it is taken up again");
                }
                desk.outbox.notify_one();
            });
        }
        any
    }

    async fn work_on(&self, job: &Job) -> Result<(), Stop> {
        match job.kind.as_str() {
            TICKET => self.work_on_ticket(job).await,
            MIRROR => self.work_on_mirror(job).await,
            BY_MAIL | BY_WEBHOOK => self.work_on_announcement(job).await,
            LETTER => self.work_on_letter(job).await,
            ARTICLE => self.work_on_article(job).await,
            other => Ok(self.storage.bury(job.id, &format!("no work is called {other}")).await?),
        }
    }

    /// It is done with, or tried again until it has failed too often. Returns why it was given up.
    pub(super) async fn done_or_given_up(&self, job: &Job, tried: Tried) -> Result<Option<String>, Stop> {
        match tried {
            Tried::Done => self.storage.done(job.id).await?,
            Tried::Later(problem) if job.failures.saturating_add(1) < MOST_FAILURES => {
                tracing::warn!(lane = job.lane, kind = job.kind, problem, failures = job.failures, "not done yet");
                self.put_off(job, LONGEST_RETRY, &problem).await?;
            }
            Tried::Later(problem) | Tried::Never(problem) => {
                self.storage.bury(job.id, &problem).await?;
                return Ok(Some(problem));
            }
        }
        Ok(None)
    }

    /// Not now: again in a while, twice as long as after its last failure.
    pub(super) async fn put_off(&self, job: &Job, longest: Duration, problem: &str) -> Result<(), Stop> {
        let delay = FIRST_RETRY.saturating_mul(1 << job.failures.min(11)).min(longest);
        Ok(self.storage.retry(job, delay, problem).await?)
    }
}
