//! Delivery periods: the UTC months, quarters and years in which a contract delivers, and how many hours each has.
//!
//! A contract on compute delivers one GPU for every hour of its period, so the hours decide what it is worth: 672, 696,
//! 720 or 744 in a month, never a fixed 730. The calendar is the one of [`crate::index::Day`], in whole numbers.
//!
//! ```
//! use pricing::delivery::DeliveryPeriod;
//!
//! let quarter: DeliveryPeriod = "2027-Q1".parse()?;
//! assert_eq!(quarter.hours(), 744 + 672 + 744);
//! let months: Vec<String> = quarter.months().map(|month| month.to_string()).collect();
//! assert_eq!(months, ["2027-01", "2027-02", "2027-03"]);
//! # Ok::<(), pricing::delivery::DeliveryError>(())
//! ```

mod text;

#[cfg(test)]
mod tests;

use crate::index::Day;

pub use text::DeliveryError;

/// The first year in which a period may lie.
pub const YEAR_MIN: i32 = 1970;

/// The last year in which a period may lie.
pub const YEAR_MAX: i32 = 2200;

/// Hours of one UTC day; days of the market have no leap second.
pub const HOURS_PER_DAY: u32 = 24;

/// Microseconds of one hour.
pub const HOUR_US: i64 = 3_600_000_000;

const MONTHS_PER_YEAR: i32 = 12;

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// One calendar month.
    Month,
    /// Three months, beginning in January, April, July or October.
    Quarter,
    /// A calendar year.
    Year,
}

impl PeriodKind {
    /// Months of a period of this kind: 1, 3 or 12.
    pub const fn months_count(self) -> i32 {
        match self {
            PeriodKind::Month => 1,
            PeriodKind::Quarter => 3,
            PeriodKind::Year => MONTHS_PER_YEAR,
        }
    }
}

/// A UTC month, quarter or year from [`YEAR_MIN`] to [`YEAR_MAX`], written `2027-01`, `2027-Q1` or `2027`.
///
/// It begins with its first hour and ends before the first hour of what follows. Any two periods are disjoint, or one
/// [contains](DeliveryPeriod::contains) the other. Ordered by begin; of those that begin together the shorter is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryPeriod {
    /// Months from 0000-01 to the first month of the period.
    first_month: i32,
    kind: PeriodKind,
}

impl DeliveryPeriod {
    /// The month `month` (1 to 12) of `year`, or `None` outside the calendar.
    pub fn month(year: i32, month: u32) -> Option<DeliveryPeriod> {
        DeliveryPeriod::nth(year, month, PeriodKind::Month)
    }

    /// The quarter `quarter` (1 to 4) of `year`, or `None` outside the calendar.
    pub fn quarter(year: i32, quarter: u32) -> Option<DeliveryPeriod> {
        DeliveryPeriod::nth(year, quarter, PeriodKind::Quarter)
    }

    /// The whole of `year`, or `None` outside the calendar.
    pub fn year(year: i32) -> Option<DeliveryPeriod> {
        DeliveryPeriod::nth(year, 1, PeriodKind::Year)
    }

    /// The month in which the UTC instant `us` (microseconds since 1970-01-01 00:00) falls, or `None` outside the
    /// calendar.
    pub fn month_at(us: i64) -> Option<DeliveryPeriod> {
        let (year, month, _) = Day::containing(us).ymd();
        DeliveryPeriod::month(year, month)
    }

    fn nth(year: i32, nth: u32, kind: PeriodKind) -> Option<DeliveryPeriod> {
        let nth = i32::try_from(nth).ok()?;
        let is_in_calendar = (YEAR_MIN..=YEAR_MAX).contains(&year);
        let is_in_year = (1..=MONTHS_PER_YEAR / kind.months_count()).contains(&nth);
        let first_month = || year * MONTHS_PER_YEAR + (nth - 1) * kind.months_count();
        (is_in_calendar && is_in_year).then(|| DeliveryPeriod { first_month: first_month(), kind })
    }

    /// Month, quarter or year.
    pub const fn kind(self) -> PeriodKind {
        self.kind
    }

    /// The year and the number of the month (1 to 12) with which the period begins.
    pub const fn first_year_and_month(self) -> (i32, u32) {
        year_and_month(self.first_month)
    }

    /// The months of the period, in order.
    ///
    /// Double-ended and exact in length, so that `len`, `rev` and `last` cost nothing.
    pub fn months(self) -> impl DoubleEndedIterator<Item = DeliveryPeriod> + ExactSizeIterator {
        (0..self.kind.months_count())
            .map(move |month| DeliveryPeriod { first_month: self.first_month + month, kind: PeriodKind::Month })
    }

    /// The period of the same kind that follows, or `None` at the end of the calendar.
    pub fn next(self) -> Option<DeliveryPeriod> {
        let first_month = self.first_month + self.kind.months_count();
        (year_and_month(first_month).0 <= YEAR_MAX).then_some(DeliveryPeriod { first_month, kind: self.kind })
    }

    /// Whether every hour of `other` is an hour of this period.
    pub const fn contains(self, other: DeliveryPeriod) -> bool {
        self.first_month <= other.first_month && other.end_month() <= self.end_month()
    }

    /// Whether the two periods have an hour in common.
    pub const fn overlaps(self, other: DeliveryPeriod) -> bool {
        self.first_month < other.end_month() && other.first_month < self.end_month()
    }

    /// Hours from 1970-01-01 00:00 UTC to the first hour of the period.
    pub fn start_hour(self) -> u32 {
        first_hour(self.first_month)
    }

    /// Hours from 1970-01-01 00:00 UTC to the end of the period, which is the start of what follows.
    pub fn end_hour(self) -> u32 {
        first_hour(self.end_month())
    }

    /// Hours of the period: 672, 696, 720 or 744 of a month, 2,160 to 2,208 of a quarter, 8,760 or 8,784 of a year.
    pub fn hours(self) -> u32 {
        self.end_hour() - self.start_hour()
    }

    /// The first instant of the period in microseconds since 1970-01-01 00:00 UTC.
    pub fn start_us(self) -> i64 {
        i64::from(self.start_hour()) * HOUR_US
    }

    /// The first instant after the period in microseconds since 1970-01-01 00:00 UTC.
    pub fn end_us(self) -> i64 {
        i64::from(self.end_hour()) * HOUR_US
    }

    const fn end_month(self) -> i32 {
        self.first_month + self.kind.months_count()
    }
}

const fn year_and_month(month: i32) -> (i32, u32) {
    (month.div_euclid(MONTHS_PER_YEAR), month.rem_euclid(MONTHS_PER_YEAR).unsigned_abs() + 1)
}

/// Hours since 1970-01-01 00:00 UTC; the end of 2200 is about two million.
fn first_hour(month: i32) -> u32 {
    let (year, month) = year_and_month(month);
    let day = Day::from_ymd(year, month, 1).expect("a month of a period, or the one after it, is in the calendar");
    day.days_since_epoch().unsigned_abs() * HOURS_PER_DAY
}
