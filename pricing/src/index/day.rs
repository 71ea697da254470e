//! The calendar: a UTC day as a number, because fixings are daily, panels monthly and the core has no clock to ask.

use std::fmt;
use std::str::FromStr;

/// Microseconds of one day. UTC days of the venue have no leap second.
pub(super) const DAY_US: i64 = 86_400_000_000;

/// Days from 0001-01-01 to 1970-01-01.
const EPOCH_OFFSET: i32 = 719_162;

/// A UTC calendar day from 0001-01-01 to 9999-12-31 in the proleptic Gregorian calendar.
///
/// Kept as days since 1970-01-01. The range is what `YYYY-MM-DD` can write; in it, microseconds fit in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i32);

/// A text or number that is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("day {text:?} is not a date from 0001-01-01 to 9999-12-31; write it as YYYY-MM-DD")]
pub struct DayError {
    /// The text as given.
    pub text: String,
}

impl Day {
    /// 0001-01-01.
    pub const MIN: Day = Day(-EPOCH_OFFSET);

    /// 9999-12-31.
    pub const MAX: Day = Day(days_before_year(10_000) - EPOCH_OFFSET - 1);

    /// The day `days` days after 1970-01-01 (before, if negative), or `None` outside [`Day::MIN`] to [`Day::MAX`].
    pub const fn from_days_since_epoch(days: i32) -> Option<Day> {
        if days >= Day::MIN.0 && days <= Day::MAX.0 { Some(Day(days)) } else { None }
    }

    /// Days since 1970-01-01.
    pub const fn days_since_epoch(self) -> i32 {
        self.0
    }

    /// The day of a calendar date, or `None` if there is no such date: `from_ymd(2026, 2, 29)`.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        let day_of_month = i32::try_from(day).ok()?;
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        if !(1..=days_in_month(year, month)).contains(&day_of_month) {
            return None;
        }
        let days_before_month: i32 = (1..month).map(|earlier| days_in_month(year, earlier)).sum();
        Some(Day(days_before_year(year) + days_before_month + day_of_month - 1 - EPOCH_OFFSET))
    }

    /// Year, month (1 to 12) and day of the month (1 to 31).
    pub fn ymd(self) -> (i32, u32, u32) {
        let days = self.0 + EPOCH_OFFSET;
        // Years of 366 days give a year that is never too late and at most seven too early.
        let mut year = days / 366 + 1;
        while days_before_year(year + 1) <= days {
            year += 1;
        }
        let mut month = 1;
        let mut rest = days - days_before_year(year);
        while rest >= days_in_month(year, month) {
            rest -= days_in_month(year, month);
            month += 1;
        }
        (year, month, rest.unsigned_abs() + 1)
    }

    /// The day in which `us` microseconds after 1970-01-01 00:00 UTC fall; clamped to the calendar.
    pub fn containing(us: i64) -> Day {
        i32::try_from(us.div_euclid(DAY_US)).ok().and_then(Day::from_days_since_epoch).unwrap_or(if us < 0 {
            Day::MIN
        } else {
            Day::MAX
        })
    }

    /// 00:00 UTC of the day in microseconds since 1970-01-01 00:00 UTC.
    pub const fn start_us(self) -> i64 {
        self.0 as i64 * DAY_US
    }

    /// The day after, or `None` after [`Day::MAX`].
    pub fn next(self) -> Option<Day> {
        Day::from_days_since_epoch(self.0 + 1)
    }

    /// Days from `earlier` to this day; negative if `earlier` is in fact later.
    pub const fn days_since(self, earlier: Day) -> i32 {
        self.0 - earlier.0
    }

    /// Whether this is the first day of a calendar month.
    pub fn is_first_of_month(self) -> bool {
        self.ymd().2 == 1
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Reads `YYYY-MM-DD`, all ten characters and nothing else.
impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Day, DayError> {
        parse(text).ok_or_else(|| DayError { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<Day> {
    let is_date_shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_date_shaped {
        return None;
    }
    let mut parts = text.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    Day::from_ymd(year, month, day)
}

/// Days from 0001-01-01 to the first day of `year`.
const fn days_before_year(year: i32) -> i32 {
    let years = year - 1;
    365 * years + years / 4 - years / 100 + years / 400
}

/// Days of a month; `month` is from 1 to 12.
const fn days_in_month(year: i32, month: u32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}
