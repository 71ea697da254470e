//! Dates as people write them, because the engine counts days and a golden day should read like a calendar.

use engine::units::{Day, Timestamp};

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

/// The moment that `2026-08-31` and `09:30:00` name.
pub fn parse_time(day: &str, time: &str) -> Timestamp {
    let parts: Vec<i64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    let [hours, minutes, seconds] = parts[..] else { panic!("{time} is not a time") };
    parse_day(day).start().plus_micros((hours * 3_600 + minutes * 60 + seconds) * 1_000_000)
}

/// How a moment is written; the days of golden scripts have whole seconds.
pub fn write_time(moment: Timestamp) -> String {
    let micros = moment.0 - moment.day().start().0;
    assert_eq!(micros % 1_000_000, 0, "a golden moment is a whole second");
    let seconds = micros / 1_000_000;
    format!("{} {:02}:{:02}:{:02}", write_day(moment.day()), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[test]
fn dates_are_read_and_written() {
    for (text, day) in [("1970-01-01", 0), ("1970-12-31", 364), ("2000-03-01", 11_017), ("2026-07-07", 20_641)] {
        assert_eq!(parse_day(text), Day(day), "{text}");
        assert_eq!(write_day(Day(day)), text);
    }
}
