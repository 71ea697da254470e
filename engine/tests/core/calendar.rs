//! Dates as people write them, because the engine counts days and a golden day should read like a calendar.

use engine::units::Day;

/// Days in each month of a year, beginning with January.
fn month_lengths(year: i32) -> [i32; 12] {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// The day that `2026-08-31` names.
pub fn parse_day(text: &str) -> Day {
    let parts: Vec<i32> = text.split('-').map(|part| part.parse().unwrap()).collect();
    let [year, month, day] = parts[..] else { panic!("{text} is not a date") };
    let before_year: i32 = (1970..year).map(|year| month_lengths(year).iter().sum::<i32>()).sum();
    let before_month: i32 = month_lengths(year).iter().take(usize::try_from(month - 1).unwrap()).sum();
    Day(before_year + before_month + day - 1)
}

/// How a day is written.
pub fn write_day(day: Day) -> String {
    let (mut left, mut year) = (day.0, 1970);
    loop {
        for (month, length) in (1..).zip(month_lengths(year)) {
            if left < length {
                return format!("{year}-{month:02}-{:02}", left + 1);
            }
            left -= length;
        }
        year += 1;
    }
}

#[test]
fn dates_are_read_and_written() {
    for (text, day) in [("1970-01-01", 0), ("1970-12-31", 364), ("2000-03-01", 11_017), ("2026-07-07", 20_641)] {
        assert_eq!(parse_day(text), Day(day), "{text}");
        assert_eq!(write_day(Day(day)), text);
    }
}
