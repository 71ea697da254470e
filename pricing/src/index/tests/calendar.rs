//! The calendar against dates that are known, and against itself day by day.

use crate::index::Day;

#[test]
fn known_dates_have_known_numbers() {
    let rows = [
        ("0001-01-01", -719_162),
        ("1582-10-15", -141_427),
        ("1969-12-31", -1),
        ("1970-01-01", 0),
        ("2000-02-29", 11_016),
        ("2000-03-01", 11_017),
        ("2026-07-07", 20_641),
        ("9999-12-31", 2_932_896),
    ];
    for (text, number) in rows {
        let day: Day = text.parse().unwrap();
        assert_eq!(day.days_since_epoch(), number, "{text}");
        assert_eq!(day.to_string(), text);
        assert_eq!(Day::from_days_since_epoch(number), Some(day));
    }
}

#[test]
fn every_day_of_the_calendar_follows_the_one_before() {
    let mut day = Day::MIN;
    let mut expected = (1, 1, 1);
    while let Some(next) = day.next() {
        assert_eq!(day.ymd(), expected);
        assert_eq!(Day::from_ymd(expected.0, expected.1, expected.2), Some(day));
        // The next date is the next day of the month if there is one, else the first of a month.
        let (year, month, day_of_month) = expected;
        expected = if Day::from_ymd(year, month, day_of_month + 1).is_some() {
            (year, month, day_of_month + 1)
        } else if month < 12 {
            (year, month + 1, 1)
        } else {
            (year + 1, 1, 1)
        };
        day = next;
    }
    assert_eq!((day, expected), (Day::MAX, (9999, 12, 31)));
}

#[test]
fn what_is_no_date_is_refused() {
    for text in ["", "2026-7-7", "2026-07-07 ", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31"] {
        assert!(text.parse::<Day>().is_err(), "{text:?}");
    }
    for text in ["0000-01-01", "2026-07-00", "2026/07/07", "+026-07-07", "2026-+7-07", "２０26-07"] {
        assert!(text.parse::<Day>().is_err(), "{text:?}");
    }
    assert_eq!(
        "2026-02-29".parse::<Day>().unwrap_err().to_string(),
        "day \"2026-02-29\" is not a date from 0001-01-01 to 9999-12-31; write it as YYYY-MM-DD"
    );
    assert_eq!(Day::from_days_since_epoch(Day::MAX.days_since_epoch() + 1), None);
    assert_eq!(Day::from_days_since_epoch(Day::MIN.days_since_epoch() - 1), None);
    assert_eq!(Day::from_ymd(i32::MAX, 1, 1), None);
    assert_eq!(Day::from_ymd(2026, 1, u32::MAX), None);
}

#[test]
fn a_time_lies_in_a_day() {
    let day: Day = "2026-07-07".parse().unwrap();
    let next = day.next().unwrap();
    assert_eq!(Day::containing(day.start_us()), day);
    assert_eq!(Day::containing(next.start_us() - 1), day);
    assert_eq!(Day::containing(-1).to_string(), "1969-12-31");
    assert_eq!((Day::containing(i64::MIN), Day::containing(i64::MAX)), (Day::MIN, Day::MAX));
    assert_eq!((next.days_since(day), day.days_since(next)), (1, -1));
}
