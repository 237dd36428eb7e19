//! The one source of the present moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Tells the time to desk and sandbox alike. Clones share their setting, so that moving one moves the world.
///
/// A clock either follows the machine at an adjustable distance or stands still until it is moved.
/// Time-outs of sockets and leases never come from here: they are real time ([`Clock::machine`]).
#[derive(Clone, Debug)]
pub struct Clock(Arc<Setting>);

#[derive(Debug)]
enum Setting {
    Following { ahead_ms: AtomicI64 },
    Standing { at_ms: AtomicI64 },
}

impl Clock {
    /// Follows the machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(Setting::Following { ahead_ms: AtomicI64::new(0) }))
    }

    /// Stands at `at` until it is advanced.
    pub fn standing(at: Timestamp) -> Self {
        Self(Arc::new(Setting::Standing { at_ms: AtomicI64::new(at.as_millisecond()) }))
    }

    /// The present moment of this world, to the millisecond.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Setting::Following { ahead_ms } => {
                from_millis(Self::machine().as_millisecond().saturating_add(ahead_ms.load(Ordering::Relaxed)))
            }
            Setting::Standing { at_ms } => from_millis(at_ms.load(Ordering::Relaxed)),
        }
    }

    /// Moves this world forward.
    pub fn advance(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let (Setting::Following { ahead_ms: cell } | Setting::Standing { at_ms: cell }) = &*self.0;
        cell.fetch_add(by, Ordering::Relaxed);
    }

    /// The machine's own time, for leases and time-outs, which hold whatever the world's clock says.
    #[expect(clippy::disallowed_methods, reason = "this is the module that may ask the machine")]
    pub fn machine() -> Timestamp {
        from_millis(Timestamp::now().as_millisecond())
    }
}

/// A moment from milliseconds since 1970, the form in which moments are stored. Out of range becomes the nearest end.
pub fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
