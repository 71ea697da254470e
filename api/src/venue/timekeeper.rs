//! The venue's time: the clock's, but never backwards, and never further ahead at once than time can have passed.
//!
//! Contracts expire, orders end and names are forgotten by the stamps in the journal, for good. A clock that is set wrong by a hand or
//! by a time server would do all of that years early, so a leap stops the venue before anything is stamped with it. The leap is noted
//! in the folder: whoever starts a stopped venue again, be it a program that does so at once, must not take the leap for the time
//! that the venue was down.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::units::Timestamp;

use crate::venue::clock::{Clock, Reading};
use crate::venue::durable::{self, FileError};

/// How much more than really passed the clock may advance between two looks at it. As far as an order's own stamp may lie ahead; far
/// above a leap second or what a time daemon steps in daily work (128 ms and more), far below an hour, the error of a wrong time zone,
/// and below the day that the venue remembers names.
pub const CLOCK_JUMP_MAX: Duration = Duration::from_secs(60);

/// A clock that leapt ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock leapt {ahead:?} ahead, from {} to {}, more than {CLOCK_JUMP_MAX:?}, so the venue stops and stamps nothing \
     with it; set the clock right and start again, or with --accept-clock-jump if it is right (as after a machine slept)",
    text(*from), text(*to)
)]
pub struct ClockLeap {
    /// The last time before.
    pub from: Timestamp,
    /// What the clock shows.
    pub to: Timestamp,
    /// How much of that is more than passed.
    pub ahead: Duration,
}

/// Why a venue does not start on a clock.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// It leapt when the venue ran last, and still shows that time.
    #[error(
        "the clock leapt ahead to {} when this venue ran last, and shows {} now; set the clock right, or start with \
         --accept-clock-jump if it is right", text(*leapt), text(*shown)
    )]
    StillAhead {
        /// What it showed when the venue stopped.
        leapt: Timestamp,
        /// What it shows.
        shown: Timestamp,
    },
    /// The note of a leap cannot be read or removed.
    #[error("the note of a clock's leap: {0}")]
    Note(#[from] FileError),
}

/// Keeps the venue's time.
#[derive(Debug)]
pub(super) struct Timekeeper {
    clock: Clock,
    time: Timestamp,
    /// When the clock last moved the venue's time. None yet after a start: down time is no leap.
    moved: Option<Instant>,
    stands_still: bool,
}

impl Timekeeper {
    /// Goes on from the time of the journal's last command.
    pub(super) fn new(clock: Clock, time: Timestamp) -> Timekeeper {
        Timekeeper { clock, time, moved: None, stands_still: false }
    }

    /// The venue's time.
    pub(super) fn time(&self) -> Timestamp {
        self.time
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Moves the venue's time to the clock's, unless that is behind.
    ///
    /// # Errors
    /// If the clock leapt ahead; the venue's time is as it was.
    pub(super) fn look(&mut self) -> Result<(), ClockLeap> {
        let Reading { shown, steady } = self.clock.read();
        let Some(steady) = steady else {
            self.time = self.time.max(shown);
            return Ok(());
        };
        if shown < self.time {
            if !self.stands_still {
                let behind_us = self.time.0.saturating_sub(shown.0);
                tracing::warn!(
                    behind_us,
                    "the clock is behind the journal; the venue's time stands still until it is not"
                );
            }
            self.stands_still = true;
            return Ok(());
        }
        if let Some(moved) = self.moved {
            // Not negative: the clock is not behind here.
            let advanced = Duration::from_micros(shown.0.saturating_sub(self.time.0).unsigned_abs());
            let ahead = advanced.saturating_sub(steady.saturating_duration_since(moved));
            if ahead > CLOCK_JUMP_MAX {
                return Err(ClockLeap { from: self.time, to: shown, ahead });
            }
        }
        (self.time, self.moved, self.stands_still) = (shown, Some(steady), false);
        Ok(())
    }
}

/// Refuses to start on a clock that leapt and was not set right since; forgets a leap that is over or that the operator accepts.
pub(super) fn check_start(folder: &Path, clock: &Clock, accept_jump: bool) -> Result<(), ClockError> {
    let path = note_path(folder);
    let note = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        note => note.map_err(FileError::at(&path))?,
    };
    let Reading { shown, .. } = clock.read();
    // A note that cannot be read says that there was a leap, and not where to: the operator has to decide.
    let leapt = Timestamp(note.trim().parse().unwrap_or(shown.0));
    if shown >= leapt && !accept_jump {
        return Err(ClockError::StillAhead { leapt, shown });
    }
    Ok(durable::remove(&path)?)
}

/// Notes a leap for the next start.
pub(super) fn note(folder: &Path, leap: &ClockLeap) {
    let path = note_path(folder);
    let written =
        durable::write_part(&path, |file| writeln!(file, "{}", leap.to.0)).and_then(|()| durable::publish(&path));
    if let Err(error) = written {
        tracing::error!(%error, "the clock's leap cannot be noted; a start before the clock is set right would believe it");
    }
}

fn note_path(folder: &Path) -> PathBuf {
    folder.join("clock-leap")
}

fn text(time: Timestamp) -> String {
    chrono::DateTime::from_timestamp_micros(time.0)
        .map_or_else(|| format!("{} us", time.0), |time| time.format("%Y-%m-%d %H:%M:%S%.6f UTC").to_string())
}
