//! Where the venue's time comes from. Only the desk reads it; everything behind it lives by the stamps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use engine::units::Timestamp;

/// A source of time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that somebody else moves: the demo plays weeks in seconds.
    Simulated(SimulatedClock),
    /// What a machine's clock could do, such as leap: it is set, and so is the time that really passes.
    Staged(StagedClock),
}

/// A clock that stands still until it is set.
#[derive(Clone, Debug, Default)]
pub struct SimulatedClock(Arc<AtomicI64>);

/// A machine's clock under somebody's hand: the time it shows, and apart from that the time that passes.
#[derive(Clone, Debug)]
pub struct StagedClock {
    begun: Instant,
    shown: Arc<AtomicI64>,
    passed_us: Arc<AtomicI64>,
}

/// What a clock says at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The time it shows, which somebody may have set.
    pub shown: Timestamp,
    /// A moment on a clock that nobody can set; `None` where time only passes as somebody says.
    pub steady: Option<Instant>,
}

impl Clock {
    /// What it says now. The time shown may step backwards; the venue does not follow it there.
    pub fn read(&self) -> Reading {
        match self {
            Clock::System => {
                Reading { shown: Timestamp(chrono::Utc::now().timestamp_micros()), steady: Some(Instant::now()) }
            }
            Clock::Simulated(clock) => Reading { shown: Timestamp(clock.0.load(Ordering::Relaxed)), steady: None },
            Clock::Staged(clock) => clock.read(),
        }
    }
}

impl SimulatedClock {
    /// Sets the time.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }
}

impl StagedClock {
    /// Shows this time until it is told otherwise.
    pub fn new(shown: Timestamp) -> StagedClock {
        StagedClock { begun: Instant::now(), shown: Arc::new(AtomicI64::new(shown.0)), passed_us: Arc::default() }
    }

    /// Time passes, and the clock goes with it.
    pub fn pass(&self, micros: u32) {
        self.passed_us.fetch_add(micros.into(), Ordering::Relaxed);
        self.leap(micros.into());
    }

    /// Somebody sets the clock so much ahead, or back, and no time passes.
    pub fn leap(&self, micros: i64) {
        self.shown.fetch_add(micros, Ordering::Relaxed);
    }

    fn read(&self) -> Reading {
        let passed = Duration::from_micros(self.passed_us.load(Ordering::Relaxed).unsigned_abs());
        Reading { shown: Timestamp(self.shown.load(Ordering::Relaxed)), steady: Some(self.begun + passed) }
    }
}
