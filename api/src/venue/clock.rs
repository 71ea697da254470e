//! Where the venue's time comes from. Only the sequencer reads it; everything behind it lives by the stamps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use engine::units::Timestamp;

/// A source of time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that somebody else moves: the demo plays weeks in seconds.
    Simulated(SimulatedClock),
}

/// A clock that stands still until it is set.
#[derive(Clone, Debug, Default)]
pub struct SimulatedClock(Arc<AtomicI64>);

impl Clock {
    /// The time now. May step backwards; the sequencer does not follow it there.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp(chrono::Utc::now().timestamp_micros()),
            Clock::Simulated(clock) => Timestamp(clock.0.load(Ordering::Relaxed)),
        }
    }
}

impl SimulatedClock {
    /// Sets the time.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }
}
