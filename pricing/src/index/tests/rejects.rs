//! Every reject, in order of precedence: each row breaks its rule and, where it can, a later one as well.

use super::support::{HOUR_US, SERIES, SYMBOL, Venue, day, days, owner, price};
use crate::index::limits::{OWNERS_PER_SERIES_MAX, REPORTS_PER_OWNER_AND_DAY_MAX, SERIES_COUNT_MAX};
use crate::index::{Command, Day, Evidence, SeriesId, Stage};

/// Two days are final; the next is 9 July.
fn venue() -> Venue {
    let mut venue = Venue::new(day("2026-07-07"));
    venue.play(day("2026-07-07"), "a=2 b=2 c=2");
    venue.play(day("2026-07-08"), "a=2 b=2 c=2");
    venue
}

fn define(series: u32, symbol: &str) -> Command {
    Command::DefineSeries { series: SeriesId(series), symbol: symbol.to_owned(), inception: day("2026-07-07") }
}

fn report(series: SeriesId, date: &str, label: &str, usd: &str) -> Command {
    Command::SubmitReport { series, day: day(date), owner: owner(label), evidence: Evidence::List, price: price(usd) }
}

fn determine(series: SeriesId, date: &str, stage: Stage) -> Command {
    Command::Determine { series, day: day(date), stage }
}

/// Sends a command at noon of a day; it must be refused with this number and message and change nothing.
fn check(venue: &mut Venue, noon_of: &str, command: &Command, code: u16, message: &str) {
    let before = (venue.book.clone(), venue.book.hash());
    let reject = venue.send(day(noon_of).start_us() + 12 * HOUR_US, command).unwrap_err();
    assert_eq!((reject.number(), reject.to_string().as_str()), (code, message), "{command:?}");
    assert_eq!((venue.book.clone(), venue.book.hash()), before, "{command:?}");
}

#[test]
fn series_are_refused_in_order() {
    let mut venue = venue();
    let today = "2026-07-11";
    let unknown = "series 8 is not defined; define it first";
    check(&mut venue, today, &report(SeriesId(8), "2027-01-01", "a", "0.000001"), 1, unknown);
    check(&mut venue, today, &determine(SeriesId(8), "2020-01-01", Stage::Final), 1, unknown);
    check(&mut venue, today, &define(7, ""), 2, "series 7 exists already; take another number");
    for (symbol, shown) in [("", ""), ("H100 SXM", "H100 SXM"), ("H\u{e9}", "Hé"), ("a\n", "a\\n")] {
        let message = format!("symbol \"{shown}\" is not 1 to 32 printable ascii characters; leave out spaces");
        check(&mut venue, today, &define(8, symbol), 3, &message);
    }
    let long = "x".repeat(33);
    let message = format!("symbol \"{long}\" is not 1 to 32 printable ascii characters; leave out spaces");
    check(&mut venue, today, &define(8, &long), 3, &message);

    // Fill the book, so that the taken symbol is refused before the lack of room.
    for series in (100..).take(SERIES_COUNT_MAX - 1) {
        venue.send(0, &define(series, &format!("S{series}"))).unwrap();
    }
    let taken = format!("symbol {SYMBOL} is that of series 7; a symbol names one series");
    check(&mut venue, today, &define(8, SYMBOL), 4, &taken);
    let full = "series 8 would be one more than the 64 of a book; series are never removed";
    check(&mut venue, today, &define(8, "NEW"), 5, full);
}

#[test]
fn reports_are_refused_in_order() {
    let mut venue = venue();
    let today = "2026-07-11";
    for evidence in [Evidence::Firm, Evidence::Executed] {
        let (owner, price) = (owner("a"), price("0.000999"));
        let command = Command::SubmitReport { series: SERIES, day: day("2026-07-06"), owner, evidence, price };
        let message =
            format!("evidence {evidence} is not accepted by a series of methodology version 1; report a list price");
        check(&mut venue, today, &command, 6, &message);
    }
    for (usd, micro_usd) in [("0.000999", "999"), ("100.000001", "100000001")] {
        let message = format!(
            "price {micro_usd} micro-USD per GPU-hour is not from 1000 to 100000000; check the unit, one USD is 1000000"
        );
        check(&mut venue, today, &report(SERIES, "2026-07-06", "a", usd), 7, &message);
    }
    let before_inception = "day 2026-07-06 lies before inception of the series; the first day is 2026-07-07";
    check(&mut venue, "2026-07-05", &report(SERIES, "2026-07-06", "a", "2"), 8, before_inception);
    let tomorrow = "day 2026-07-12 lies after the day of receipt, 2026-07-11; report a day once it has begun, in UTC";
    check(&mut venue, today, &report(SERIES, "2026-07-12", "a", "2"), 9, tomorrow);
    let past = "day 2026-07-08 is final already; go on with a later day";
    check(&mut venue, today, &report(SERIES, "2026-07-08", "a", "2"), 10, past);
    let far = "day 2026-10-17 is 100 days or more after 2026-07-09, the next to become final; determine that first";
    check(&mut venue, "2026-12-01", &report(SERIES, "2026-10-17", "a", "2"), 11, far);
    let last_open = report(SERIES, "2026-10-16", "a", "2");
    venue.send(day("2026-12-01").start_us(), &last_open).unwrap();
}

#[test]
fn owners_and_their_reports_are_limited() {
    let mut venue = venue();
    let (today, noon_us) = ("2026-07-11", day("2026-07-11").start_us() + 12 * HOUR_US);
    for _ in 0..REPORTS_PER_OWNER_AND_DAY_MAX {
        venue.send(noon_us, &report(SERIES, today, "a", "2")).unwrap();
    }
    let often = "owner a has given 24 reports for 2026-07-11, the limit; the latest counts";
    check(&mut venue, today, &report(SERIES, today, "a", "2"), 13, often);
    venue.send(noon_us, &report(SERIES, "2026-07-10", "a", "2")).unwrap();

    // Three owners are known already.
    for number in 0..OWNERS_PER_SERIES_MAX - 3 {
        venue.send(noon_us, &report(SERIES, today, &format!("owner-{number}"), "2")).unwrap();
    }
    let crowded = "owner x would be one more than the 128 of a series; owners are never removed";
    check(&mut venue, today, &report(SERIES, today, "x", "2"), 12, crowded);
    venue.send(noon_us, &report(SERIES, today, "b", "2")).unwrap();
}

#[test]
fn determinations_are_refused_in_order() {
    let mut venue = venue();
    let rows = [
        (
            "2026-07-06",
            Stage::Final,
            8,
            "day 2026-07-06 lies before inception of the series; the first day is 2026-07-07",
        ),
        ("2026-07-08", Stage::Final, 10, "day 2026-07-08 is final already; go on with a later day"),
        ("2026-07-08", Stage::Provisional, 10, "day 2026-07-08 is final already; go on with a later day"),
        (
            "2026-07-11",
            Stage::Provisional,
            14,
            "provisional determination of 2026-07-11 at 1783771200000000 us is too early; \
             it is due at 1783816200000000 us",
        ),
        (
            "2026-07-10",
            Stage::Final,
            14,
            "final determination of 2026-07-10 at 1783771200000000 us is too early; it is due at 1783816200000000 us",
        ),
        (
            "2026-07-10",
            Stage::Provisional,
            15,
            "provisional determination of 2026-07-10 is out of order; make the final one of 2026-07-09 first",
        ),
    ];
    for (date, stage, code, message) in rows {
        check(&mut venue, "2026-07-11", &determine(SERIES, date, stage), code, message);
    }
    let skipped = "final determination of 2026-07-10 is out of order; make the final one of 2026-07-09 first";
    check(&mut venue, "2026-07-12", &determine(SERIES, "2026-07-10", Stage::Final), 15, skipped);
}

#[test]
fn a_determination_is_due_from_its_cut_off_on() {
    for stage in [Stage::Provisional, Stage::Final] {
        let mut venue = venue();
        let next = day("2026-07-09");
        let determine = determine(SERIES, "2026-07-09", stage);
        let due_us = stage.cut_off_us(next);
        assert_eq!(venue.send(due_us - 1, &determine).unwrap_err().number(), 14);
        venue.send(due_us, &determine).unwrap();
    }
}

#[test]
fn the_calendar_ends_without_a_panic() {
    let mut venue = Venue::new(Day::MAX);
    venue.send(i64::MAX, &determine(SERIES, "9999-12-31", Stage::Final)).unwrap();
    assert_eq!(venue.book.next_final_day(SERIES), None);
    assert_eq!(venue.send(i64::MAX, &determine(SERIES, "9999-12-31", Stage::Final)).unwrap_err().number(), 10);
    assert_eq!(venue.send(i64::MAX, &report(SERIES, "9999-12-31", "a", "2")).unwrap_err().number(), 10);
}

#[test]
fn a_book_knows_its_series() {
    let venue = venue();
    assert_eq!(venue.book.symbol(SERIES), Some(SYMBOL));
    assert_eq!(venue.book.series_by_symbol(SYMBOL), Some(SERIES));
    assert_eq!(venue.book.next_final_day(SERIES), Some(day("2026-07-09")));
    assert_eq!(venue.book.last_final(SERIES), Some((day("2026-07-08"), price("2"))));
    let other = SeriesId(8);
    assert_eq!((venue.book.symbol(other), venue.book.series_by_symbol("OTHER")), (None, None));
    assert_eq!((venue.book.next_final_day(other), venue.book.last_final(other)), (None, None));
}

#[test]
fn state_does_not_grow_with_final_days() {
    // Nothing of a final day stays but who reported on the last days; so a year later the book is no larger.
    let mut venue = Venue::new(day("2026-01-01"));
    let size = |venue: &Venue| format!("{:?}", venue.book).len();
    let mut sizes = Vec::new();
    for (index, today) in days(day("2026-01-01"), 365).into_iter().enumerate() {
        venue.play(today, "a=2 b=2 c=2");
        if index == 30 || index == 364 {
            sizes.push(size(&venue));
        }
    }
    // Equal but for the digits of day numbers.
    assert!(sizes[1] <= sizes[0] + 100, "{sizes:?}");
}
