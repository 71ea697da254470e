//! Months of the calendar, so that a family can say which contracts come next.

use std::fmt;

use crate::units::Day;

/// A month of the Gregorian calendar, counted from January of the year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CalendarMonth(pub(crate) i32);

/// Days of 400 years, after which the calendar repeats itself.
const DAYS_PER_ERA: i64 = 146_097;

/// Days from 1 March of the year 0 to 1 January 1970.
const EPOCH: i64 = 719_468;

/// Months of a year.
pub(crate) const MONTHS_PER_YEAR: i32 = 12;

/// Months of a quarter.
pub(crate) const MONTHS_PER_QUARTER: i32 = 3;

impl CalendarMonth {
    /// The month that a day lies in.
    ///
    /// Years are counted from March, so that the leap day is the last of a year and months have lengths that a line can give
    /// (H. Hinnant, *chrono-compatible low-level date algorithms*, 2013).
    pub(crate) fn of(day: Day) -> CalendarMonth {
        let days = i64::from(day.0) + EPOCH;
        let (era, of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let months = 12 * (400 * era + year) + from_march + 2;
        CalendarMonth(i32::try_from(months).expect("months are fewer than days"))
    }

    /// Its first day.
    pub(crate) fn first_day(self) -> Day {
        let from_march = i64::from(self.0) - 2;
        let (year, month) = (from_march.div_euclid(12), from_march.rem_euclid(12));
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = 365 * year + leap_days + (153 * month + 2) / 5 - EPOCH;
        // Nobody lists that far; such a month is refused like any other outside the venue's time.
        Day(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// The days of this many months from this one on.
    pub(crate) fn days(self, months: i32) -> u16 {
        let days = CalendarMonth(self.0 + months).first_day().0.saturating_sub(self.first_day().0);
        u16::try_from(days).expect("periods are at most a year")
    }

    pub(crate) fn year(self) -> i32 {
        self.0.div_euclid(MONTHS_PER_YEAR)
    }

    /// Counted from the first quarter of the year 0.
    pub(crate) fn quarter(self) -> i32 {
        self.0.div_euclid(MONTHS_PER_QUARTER)
    }
}

impl fmt::Display for CalendarMonth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year(), self.0.rem_euclid(MONTHS_PER_YEAR) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::CalendarMonth;
    use crate::units::Day;

    #[test]
    fn every_day_of_four_centuries_lies_in_its_month() {
        let mut day = Day(-25_567); // 1900-01-01
        for month in (1_900 * 12..2_300 * 12).map(CalendarMonth) {
            assert_eq!(month.first_day(), day, "{month}");
            for _ in 0..month.days(1) {
                assert_eq!(CalendarMonth::of(day), month, "{day:?}");
                day = day.next();
            }
        }
        assert_eq!(day, Day(120_530)); // 2300-01-01
    }

    #[test]
    fn known_months() {
        for (days, name, length) in [
            (0, "1970-01", 31),
            (20_666, "2026-08", 31),
            (20_696, "2026-08", 31),
            (20_697, "2026-09", 30),
            (21_974, "2030-03", 31),
            (21_244, "2028-03", 31),
            (21_243, "2028-02", 29),
        ] {
            let month = CalendarMonth::of(Day(days));
            assert_eq!((month.to_string().as_str(), month.days(1)), (name, length), "day {days}");
        }
    }
}
