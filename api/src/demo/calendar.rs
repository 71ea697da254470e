//! The demo's timetable, in the venue's own days.

use engine::units::Timestamp;
use pricing::index::Day;

const MICROS_PER_MINUTE: i64 = 60_000_000;

/// A moment of a UTC day.
pub(super) fn moment(day: Day, hour: i64, minute: i64) -> Timestamp {
    Timestamp(day.start_us() + (hour * 60 + minute) * MICROS_PER_MINUTE)
}

/// A day of 2026.
pub(super) fn day(month: u32, day: u32) -> Day {
    Day::from_ymd(2026, month, day).expect("the timetable names real days")
}

/// The day this many days later, or earlier if negative.
pub(super) fn plus(day: Day, days: i32) -> Day {
    Day::from_days_since_epoch(day.days_since_epoch() + days).expect("the timetable stays within a year")
}
