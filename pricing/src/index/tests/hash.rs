//! The hash sees every part of the state: two books hash alike only if they are equal.

use super::support::{HOUR_US, Venue, day};
use crate::index::{Command, SeriesId, Stage};

/// Two final days and an open one; the second day and the open one are as given.
fn book_after(second: &str, open: &str, received_after_us: i64) -> Venue {
    let mut venue = Venue::new(day("2026-07-07"));
    venue.play(day("2026-07-07"), "a=2 b=2 c=2 d=2");
    venue.play(day("2026-07-08"), second);
    let (label, usd) = open.split_once('=').unwrap();
    let today = day("2026-07-10");
    venue.report_at(today.start_us() + received_after_us, today, label, usd).unwrap();
    venue
}

#[test]
fn books_that_differ_in_one_part_hash_differently() {
    let base = || book_after("a=2 b=2 c=2 d=3", "a=2", HOUR_US);
    let mut venues = vec![
        base(),
        // Another price held, which shows in nothing else yet.
        book_after("a=2 b=2 c=2 d=4", "a=2", HOUR_US),
        // Another reference, another owner, another price or time of an open report.
        book_after("a=2 b=2 c=2 d=2", "a=2", HOUR_US),
        book_after("a=2 b=2 c=2 x=3", "a=2", HOUR_US),
        book_after("a=2 b=2 c=2 d=3", "a=2.1", HOUR_US),
        book_after("a=2 b=2 c=2 d=3", "b=2", HOUR_US),
        book_after("a=2 b=2 c=2 d=3", "a=2", HOUR_US + 1),
        // Only the sequence number of the open report differs: another owner repeated itself on a final day.
        book_after("a=2 b=2 c=2 d=3 d=3", "a=2", HOUR_US),
        // A suppressed day.
        book_after("", "a=2", HOUR_US),
    ];
    let mut determined = base();
    determined.determine(day("2026-07-09"), Stage::Final);
    venues.push(determined);
    // One more series, of another number, symbol or inception.
    for (series, symbol, inception) in
        [(8, "OTHER", "2026-07-07"), (9, "OTHER", "2026-07-07"), (8, "SOME", "2026-07-07"), (8, "OTHER", "2026-07-08")]
    {
        let mut venue = base();
        let (symbol, inception) = (symbol.to_owned(), day(inception));
        venue.send(0, &Command::DefineSeries { series: SeriesId(series), symbol, inception }).unwrap();
        venues.push(venue);
    }
    for (at, venue) in venues.iter().enumerate() {
        for (other_at, other) in venues.iter().enumerate() {
            assert_eq!(venue.book == other.book, at == other_at, "books {at} and {other_at}");
            assert_eq!(venue.book.hash() == other.book.hash(), at == other_at, "hashes of {at} and {other_at}");
        }
    }
    assert_eq!(base().book.hash(), base().book.hash());
}

/// The encoding behind the hash is part of what a replay is compared with: it changes only with the domain of the hash.
#[test]
fn a_known_book_has_a_known_hash() {
    let hash = book_after("a=2 b=2 c=2 d=3", "a=2", HOUR_US).book.hash();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "3df25c18626506f6c5ce9c881423ed6618ada947554d4de7d174cdd817433741");
}
