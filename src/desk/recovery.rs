//! What goes on in the background: conversations that nobody works on are taken up, waiting work is done.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Inner, Stop};
use crate::domain::clock::Clock;
use crate::domain::effect::{EffectKind, EffectState};
use crate::storage::StorageError;
use crate::storage::ledger::Move;

/// Conversations that are taken up at a time.
const AT_ONCE: u32 = 32;
/// No call to a vendor takes longer: what was sent before that is nobody's any more.
const LONGEST_CALL: SignedDuration = SignedDuration::from_secs(120);
/// Longer than any window in which tries to prove an identity are counted.
const TRIES_COUNT: SignedDuration = SignedDuration::from_hours(48);
/// How often what is older than anybody needs is forgotten.
const OLD_IS_FORGOTTEN: Duration = Duration::from_secs(900);

impl Inner {
    /// What an earlier process had in hand: rows left as sent, of which nobody here knows what became, and jobs.
    pub(super) async fn settle_leftovers(&self) -> Result<(), StorageError> {
        let left = self.storage.waiting().await?;
        if left.sent {
            self.forget(Clock::machine()).await?;
        }
        let jobs = if left.jobs { self.storage.free_abandoned(&self.owner).await? } else { 0 };
        let deliveries = if left.deliveries { self.storage.free_deliveries(&self.owner).await? } else { 0 };
        if jobs + deliveries > 0 {
            tracing::info!(jobs, deliveries, "work was in hand when its process ended; it is taken up again");
        }
        if left.sent || left.unsettled {
            self.expire_codes().await?;
        }
        Ok(())
    }

    async fn forget(&self, sent_before: Timestamp) -> Result<(), StorageError> {
        let lost = self.storage.forget_sent(&self.owner, sent_before).await?;
        if lost > 0 {
            tracing::warn!(lost, "effects were under way when their process ended; the vendors are asked");
        }
        Ok(())
    }

    pub(super) fn start_sweeping(self: &Arc<Self>) {
        let desk = Arc::clone(self);
        self.tasks.spawn(async move {
            while desk.stopping.run_until_cancelled(tokio::time::sleep(OLD_IS_FORGOTTEN)).await.is_some() {
                desk.forget_old_tries().await;
                desk.forget_old_deliveries().await;
            }
        });
        self.repeat(self.pace.absence, |desk| async move { desk.watch_money().await });
        self.repeat(self.pace.sweep, |desk| async move { desk.sweep().await });
        self.start_working_off_outbox();
    }

    /// Does something now and then, and when it is called for, until the desk stops.
    fn repeat<F, W>(self: &Arc<Self>, pause: Duration, work: F)
    where
        F: Fn(Arc<Self>) -> W + Send + 'static,
        W: Future<Output = ()> + Send,
    {
        let desk = Arc::clone(self);
        self.tasks.spawn(async move {
            while !desk.stopping.is_cancelled() {
                let call = desk.called.notified();
                work(Arc::clone(&desk)).await;
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = call => {}
                    () = desk.stopping.cancelled() => {}
                }
            }
        });
    }

    async fn watch_money(&self) {
        let pause = SignedDuration::try_from(self.pace.absence).unwrap_or(SignedDuration::MAX);
        let asked_before = Clock::machine().checked_sub(pause).unwrap_or(Timestamp::MIN);
        let watched = match self.storage.watched(asked_before, AT_ONCE).await {
            Ok(effects) => self.watch_deeds(effects).await,
            Err(error) => Err(Stop::Storage(error)),
        };
        if let Err(stop) = watched {
            tracing::error!(?stop, "what is still to come cannot be looked after now");
        }
    }

    /// Tries to prove an identity that no limit counts any more.
    async fn forget_old_tries(&self) {
        if let Err(error) = self.storage.forget_tries(Clock::machine() - TRIES_COUNT).await {
            tracing::error!(%error, "cannot forget old tries to prove an identity");
        }
    }

    async fn sweep(self: &Arc<Self>) {
        let waiting = match self.storage.waiting().await {
            Ok(waiting) => waiting,
            Err(error) => return tracing::error!(%error, "cannot look for what waits"),
        };
        if waiting.sent
            && let Err(error) = self.forget(Clock::machine() - LONGEST_CALL).await
        {
            tracing::error!(%error, "cannot look for effects that nobody sends any more");
        }
        if (waiting.sent || waiting.unsettled)
            && let Err(stop) = self.settle_money().await
        {
            tracing::error!(?stop, "effects that nobody waits for cannot be settled now");
        }
        if waiting.approvals
            && let Err(error) = self.expire_approvals().await
        {
            tracing::error!(%error, "approvals whose time is over cannot be closed now");
        }
        if waiting.unanswered {
            self.take_up_unanswered().await;
        }
    }

    async fn take_up_unanswered(self: &Arc<Self>) {
        match self.storage.unanswered(AT_ONCE).await {
            Ok(waiting) => waiting.iter().for_each(|id| self.kick(id)),
            Err(error) => tracing::error!(%error, "cannot look for unanswered conversations"),
        }
    }

    async fn settle_money(&self) -> Result<(), Stop> {
        let _settling = self.settling.lock().await;
        self.settle_deeds(self.storage.unsettled(AT_ONCE).await?).await
    }

    /// One-time codes of an earlier process whose mail may have left: the mail vendor cannot be asked, so that they stay
    /// as they are until they have expired, and then count as failed.
    async fn expire_codes(&self) -> Result<(), StorageError> {
        let now = Clock::machine();
        for effect in self.storage.unsettled(AT_ONCE).await? {
            let old = now.duration_since(effect.proposed_at) > SignedDuration::from_hours(1);
            if effect.kind == EffectKind::Code && effect.state == EffectState::Unknown && old {
                let problem = "whether the mail left is not known; the code has expired".to_owned();
                self.storage.advance(&effect.id, Move::Fail { problem }, now, None).await?;
            }
        }
        Ok(())
    }
}
