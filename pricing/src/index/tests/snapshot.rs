//! Whether a book that is read is the book that was written, in everything it will ever do, and whether nothing else is read.

use proptest::prelude::*;

use super::properties::{define, script};
use super::support::{Venue, day};
use crate::index::{Command, Day, DecodeError, IndexBook, Owner, Stage};

/// A book in the middle of its life: a panel drawn, prices held, a day open.
fn sample() -> IndexBook {
    let mut venue = Venue::new(day("2026-07-07"));
    for (date, line) in [("2026-07-07", "a=2 b=2 c=2 d=3"), ("2026-07-08", "a=2 b=2.02 c=2 d=4"), ("2026-07-09", "")] {
        venue.play(day(date), line);
    }
    venue.report(day("2026-07-10"), "a=2 b=2 e=2 a=2.1");
    venue.book
}

fn bytes_of(book: &IndexBook) -> Vec<u8> {
    let mut bytes = Vec::new();
    book.write_snapshot(&mut bytes);
    bytes
}

/// The bytes of a book after a change that no command makes.
fn refused(rule: &str, change: impl FnOnce(&mut IndexBook)) {
    let mut book = sample();
    change(&mut book);
    match IndexBook::read_snapshot(&bytes_of(&book)) {
        Err(DecodeError::Contradiction { rule: found }) => assert_eq!(found, rule),
        other => panic!("{other:?} instead of: {rule}"),
    }
}

proptest! {
    #[test]
    fn a_book_that_is_read_goes_on_as_the_one_that_was_written(script in script(), cut: prop::sample::Index) {
        let all: Vec<(i64, Command)> = std::iter::once((0, define())).chain(script).collect();
        let cut = cut.index(all.len());
        let (mut live, mut events) = (IndexBook::default(), Vec::new());
        let mut restored = None;
        for (seq, (now_us, command)) in (0..).zip(&all) {
            if seq == cut {
                let bytes = bytes_of(&live);
                let read = IndexBook::read_snapshot(&bytes).unwrap();
                prop_assert_eq!(&read, &live);
                prop_assert_eq!(read.hash(), live.hash());
                restored = Some((read, Vec::new(), events.len()));
            }
            let answer = live.apply(*now_us, seq as u64, command, &mut events);
            if let Some((book, their_events, _)) = &mut restored {
                prop_assert_eq!(book.apply(*now_us, seq as u64, command, their_events), answer);
            }
        }
        let (book, their_events, before) = restored.unwrap();
        prop_assert_eq!(&their_events[..], &events[before..]);
        prop_assert_eq!(book, live);
    }

    #[test]
    fn a_changed_byte_is_refused_or_another_book(at: prop::sample::Index, bits in 1..=255_u8) {
        let mut bytes = bytes_of(&sample());
        let at = at.index(bytes.len());
        bytes[at] ^= bits;
        if let Ok(book) = IndexBook::read_snapshot(&bytes) {
            prop_assert_ne!(&book, &sample());
            prop_assert_eq!(bytes_of(&book), bytes, "what is read is what would be written");
        }
    }

    #[test]
    fn a_snapshot_that_is_cut_or_goes_on_is_refused(at: prop::sample::Index, more: u8) {
        let mut bytes = bytes_of(&sample());
        prop_assert!(IndexBook::read_snapshot(&bytes[..at.index(bytes.len())]).is_err());
        bytes.push(more);
        prop_assert_eq!(IndexBook::read_snapshot(&bytes), Err(DecodeError::TrailingBytes { left: 1 }));
    }
}

#[test]
fn an_empty_book_is_a_book() {
    assert_eq!(IndexBook::read_snapshot(&bytes_of(&IndexBook::default())), Ok(IndexBook::default()));
}

#[test]
fn what_no_command_leads_to_is_refused() {
    fn series(book: &mut IndexBook) -> &mut crate::index::series::Series {
        book.series.values_mut().next().unwrap()
    }
    let stranger = || Owner::new("stranger").unwrap();
    refused("symbols are printable", |book| series(book).symbol = "no symbol".to_owned());
    refused("no two series share a symbol", |book| {
        let twin = series(book).clone();
        book.series.insert(crate::index::SeriesId(99), twin);
    });
    refused("references, held prices and fixings are of days that are final", |book| {
        series(book).records.values_mut().next().unwrap().held =
            series(&mut sample()).last_final.map(|(_, price)| (Day::MAX, price));
    });
    refused("whoever is on the panel has reported", |book| assert!(series(book).panel.insert(stranger())));
    refused("whoever is counted has reported", |book| {
        assert!(series(book).reported.values_mut().next().unwrap().insert(stranger()));
    });
    refused("who reported is kept for exactly the days that a panel can look at", |book| {
        drop(series(book).reported.pop_first());
    });
    refused("reports are kept for days that are not final yet", |book| {
        let (day, _) = series(book).reported.iter().next().map(|(day, owners)| (*day, owners.clone())).unwrap();
        let reports = series(book).open.values().next().unwrap().clone();
        series(book).open.insert(day, reports);
    });
    refused("there is room for every report", |book| {
        series(book).open.values_mut().next().unwrap().values_mut().next().unwrap().clear();
    });
    refused("a report is received on its day or later, with a price in range", |book| {
        let received = Stage::Provisional.cut_off_us(day("2026-07-01"));
        series(book).open.values_mut().next().unwrap().values_mut().next().unwrap()[0].received_us = received;
    });
}
