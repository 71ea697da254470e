//! The example at the end of the methodology, to the digit.

use super::support::{SERIES, Venue, day, fixing, owner, price};
use crate::index::{Fixing, Input, METHODOLOGY_VERSION, Outcome, Ratio, Stage};

#[test]
fn the_example_of_the_page_is_reproduced() {
    let (yesterday, today) = (day("2026-07-07"), day("2026-07-08"));
    let mut venue = Venue::new(yesterday);
    // The first fixing of the chain is the level, the median of the three: 3.20.
    let first = venue.play(yesterday, "a=3.00 b=3.20 c=4.00");
    assert_eq!(fixing(&first).value, price("3.200000"));

    let event = venue.play(today, "a=3.03 b=3.20 c=4.00");

    let input = |label, reported, reference, ppb| Input {
        owner: owner(label),
        report: Some(price(reported)),
        reference: Some((yesterday, price(reference))),
        ratio: Ratio::from_ppb(ppb),
        outcome: Outcome::Accepted,
    };
    let expected = Fixing {
        series: SERIES,
        day: today,
        stage: Stage::Final,
        methodology_version: METHODOLOGY_VERSION,
        value: price("3.210134"),
        level: price("3.200000"),
        matched_mean: Ratio::from_ppb(1_003_333_333).unwrap(),
        projection: price("3.210667"),
        // −10 667 × 1 000 000 / 3 210 667 = −3 322.36…
        gap_ppm: -3_322,
        gap_alarm: false,
        // floor(3 / 4) = 0: nothing is left out.
        interval: (price("3.03"), price("4.00")),
        standing_count: 3,
        reported_count: 3,
        inputs: vec![
            input("a", "3.03", "3.00", 1_010_000_000),
            input("b", "3.20", "3.20", 1_000_000_000),
            input("c", "4.00", "4.00", 1_000_000_000),
        ],
    };
    assert_eq!(fixing(&event), &expected);
    assert_eq!(venue.book.last_final(SERIES), Some((today, price("3.210134"))));
}

#[test]
fn the_chain_goes_on_from_what_was_published() {
    let mut venue = Venue::new(day("2026-07-07"));
    venue.play(day("2026-07-07"), "a=3.00 b=3.20 c=4.00");
    venue.play(day("2026-07-08"), "a=3.03 b=3.20 c=4.00");
    let event = venue.play(day("2026-07-09"), "a=3.03 b=3.20 c=4.00");
    // p = 3.210134, and round(0.05 × −10 134) = round(−506.7) = −507.
    assert_eq!(fixing(&event).projection, price("3.210134"));
    assert_eq!(fixing(&event).value, price("3.209627"));
}
