//! The two stages of a day, because a fixing is shown early and only later becomes what contracts settle on.

use std::fmt;

use super::Day;
use super::day::DAY_US;

/// Cut-offs are at 00:30 UTC.
const CUT_OFF_AFTER_MIDNIGHT_US: i64 = 30 * 60 * 1_000_000;

/// How settled a determination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Shown the night after the day. Changes nothing.
    Provisional,
    /// Made once, a day later, in the order of days. References, panel and chain move.
    Final,
}

impl Stage {
    /// When `day` is determined at this stage and up to when, inclusive, reports count: microseconds since 1970-01-01.
    pub const fn cut_off_us(self, day: Day) -> i64 {
        let days_after: i64 = match self {
            Stage::Provisional => 1,
            Stage::Final => 2,
        };
        day.start_us() + days_after * DAY_US + CUT_OFF_AFTER_MIDNIGHT_US
    }

    /// Stable number on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Stage::Provisional => 1,
            Stage::Final => 2,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Provisional => "provisional",
            Stage::Final => "final",
        })
    }
}
