//! The way back of goods, as carriers see it.

use jiff::Timestamp;

use crate::domain::order::{Tracker, TrackerStatus};

/// How far goods have come on their way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// No carrier has them yet.
    NotSent,
    UnderWay,
    /// Since then, all of them.
    Arrived(Timestamp),
}

impl Way {
    pub(super) fn of(tracker: Option<&Tracker>) -> Self {
        let Some(tracker) = tracker else { return Self::NotSent };
        match (tracker.delivered_at(), &tracker.status) {
            (Some(at), _) => Self::Arrived(at),
            (None, TrackerStatus::Unknown | TrackerStatus::PreTransit) => Self::NotSent,
            (None, _) => Self::UnderWay,
        }
    }

    /// The way of both.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Arrived(one), Self::Arrived(other)) => Self::Arrived(one.max(other)),
            (Self::NotSent, Self::NotSent) => Self::NotSent,
            _ => Self::UnderWay,
        }
    }

    pub fn arrived_at(self) -> Option<Timestamp> {
        match self {
            Self::Arrived(at) => Some(at),
            Self::NotSent | Self::UnderWay => None,
        }
    }
}
