//! What becomes of a report: a few days of trading per rule, worked out by hand.

use super::support::{SERIES, Venue, check, day, days, fixing, inputs, price, summary};
use crate::index::{Event, Outcome, Price};

const FIRST: &str = "a first, b first, c first, d first: 2.000000";
const ACCEPTED: &str = "a accepted, b accepted, c accepted, d accepted: 2.000000";
const HELD: &str = "a accepted, b accepted, c accepted, d held: 2.000000";

#[test]
fn a_held_price_that_is_repeated_is_confirmed_and_enters_in_full() {
    check(&[
        ("a=2 b=2 c=2 d=2", FIRST),
        ("a=2 b=2 c=2 d=3", HELD),
        // 3.15 is within a twentieth of 3. M = (3 + 1.575) / 4 = 1.14375, p = 2.2875, L = 2,
        // round(0.05 × −287 500) = −14 375.
        ("a=2 b=2 c=2 d=3.15", "a accepted, b accepted, c accepted, d confirmed: 2.273125"),
        // Now 3.15 is the reference. p = 2.273125, round(0.05 × −273 125) = round(−13 656.25) = −13 656.
        ("a=2 b=2 c=2 d=3.15", "a accepted, b accepted, c accepted, d accepted: 2.259469"),
    ]);
}

#[test]
fn a_held_price_is_dropped_when_the_owner_comes_back_into_band() {
    check(&[
        ("a=2 b=2 c=2 d=2", FIRST),
        ("a=2 b=2 c=2 d=3", HELD),
        ("a=2 b=2 c=2 d=2", ACCEPTED),
        // Nothing is held any more, so 3 is not a repetition.
        ("a=2 b=2 c=2 d=3", HELD),
    ]);
}

#[test]
fn a_held_price_is_replaced_by_one_that_is_not_near_it() {
    check(&[
        ("a=2 b=2 c=2 d=2", FIRST),
        ("a=2 b=2 c=2 d=3", HELD),
        // 0.150001 × 20 > 3: not near, and held in its turn.
        ("a=2 b=2 c=2 d=3.150001", HELD),
        ("a=2 b=2 c=2 d=3.15", "a accepted, b accepted, c accepted, d confirmed: 2.273125"),
    ]);
}

#[test]
fn a_held_price_outlives_days_without_a_report() {
    check(&[
        ("a=2 b=2 c=2 d=2", FIRST),
        ("a=2 b=2 c=2 d=3", HELD),
        ("a=2 b=2 c=2", "a accepted, b accepted, c accepted, d standing: 2.000000"),
        ("a=2 b=2 c=2 d=3.15", "a accepted, b accepted, c accepted, d confirmed: 2.273125"),
    ]);
}

#[test]
fn the_edge_of_the_band_is_in_band() {
    check(&[
        ("a=2 b=2 c=2 d=2", FIRST),
        // 15 % is three times the floor of 5 %. M = 1.0375, p = 2.075, round(0.05 × −75 000) = −3 750.
        ("a=2 b=2 c=2 d=2.3", "a accepted, b accepted, c accepted, d accepted: 2.071250"),
    ]);
    check(&[("a=2 b=2 c=2 d=2", FIRST), ("a=2 b=2 c=2 d=2.300001", HELD)]);
}

#[test]
fn a_reference_stands_for_three_days() {
    let rest = "a accepted, b accepted, c accepted";
    check(&[
        ("a=2 b=2 c=2 d=2", FIRST),
        ("a=2 b=2 c=2", &format!("{rest}, d standing: 2.000000")),
        ("a=2 b=2 c=2", &format!("{rest}, d standing: 2.000000")),
        ("a=2 b=2 c=2", &format!("{rest}, d standing: 2.000000")),
        ("a=2 b=2 c=2", &format!("{rest}, d absent: 2.000000")),
        // A younger reference than 30 days links, however long the gap.
        ("a=2 b=2 c=2 d=2", ACCEPTED),
    ]);
}

#[test]
fn a_held_owner_stands_at_its_old_reference_until_that_is_too_old() {
    let mut venue = Venue::new(day("2026-07-07"));
    venue.play(day("2026-07-07"), "a=2 b=2 c=2 d=2");
    // Each price is far from the one before, so none is confirmed.
    let standing: Vec<u32> = days(day("2026-07-08"), 4)
        .into_iter()
        .zip(["d=3", "d=4", "d=5", "d=6"])
        .map(|(day, held)| fixing(&venue.play(day, &format!("a=2 b=2 c=2 {held}"))).standing_count)
        .collect();
    assert_eq!(standing, [4, 4, 4, 3]);
}

#[test]
fn an_owner_outside_the_panel_moves_its_reference_unscreened_and_nothing_else() {
    check(&[
        ("a=2 b=2 c=2", "a first, b first, c first: 2.000000"),
        ("a=2 b=2 c=2 x=9", "a accepted, b accepted, c accepted, x outside_panel: 2.000000"),
        ("a=2 b=2 c=2 x=1", "a accepted, b accepted, c accepted, x outside_panel: 2.000000"),
        // Owners outside the panel are named only on days on which they report.
        ("a=2 b=2 c=2", "a accepted, b accepted, c accepted: 2.000000"),
    ]);
    let mut venue = Venue::new(day("2026-07-07"));
    venue.play(day("2026-07-07"), "a=2 b=2 c=2");
    venue.play(day("2026-07-08"), "a=2 b=2 c=2 x=9");
    let event = venue.play(day("2026-07-09"), "a=2 b=2 c=2 x=1");
    let outside = &inputs(&event)[3];
    assert_eq!((outside.outcome, outside.ratio), (Outcome::OutsidePanel, None));
    assert_eq!(outside.reference, Some((day("2026-07-08"), price("9"))));
    assert_eq!((fixing(&event).standing_count, fixing(&event).reported_count), (3, 3));
}

#[test]
fn a_reference_of_30_days_links_and_one_of_31_days_lets_its_owner_reenter() {
    // d reports until the notice day of August, so that it is in the panel of August, and then is silent.
    let (inception, last_report) = (day("2026-07-01"), day("2026-07-25"));
    let after_silence = |day_of_return: &str| {
        let day_of_return = day(day_of_return);
        let mut venue = Venue::new(inception);
        for quiet in days(inception, 60).into_iter().take_while(|day| *day < day_of_return) {
            venue.play(quiet, if quiet <= last_report { "a=2 b=2 c=2 d=2" } else { "a=2 b=2 c=2" });
        }
        venue.play(day_of_return, "a=2 b=2 c=2 d=2.2")
    };

    let linked = after_silence("2026-08-24");
    // M = (3 + 1.1) / 4 = 1.025, p = 2.05, round(0.05 × −50 000) = −2 500.
    assert_eq!(summary(&linked), "a accepted, b accepted, c accepted, d accepted: 2.047500");
    assert_eq!(inputs(&linked)[3].ratio.map(|ratio| ratio.ppb()), Some(1_100_000_000));

    let reentered = after_silence("2026-08-25");
    assert_eq!(summary(&reentered), "a accepted, b accepted, c accepted, d reentered: 2.000000");
    assert_eq!(inputs(&reentered)[3].ratio, None);
    assert_eq!(inputs(&reentered)[3].reference, Some((last_report, price("2"))));
    // The report is the reference now, and stands.
    assert_eq!(fixing(&reentered).standing_count, 4);
}

#[test]
fn two_counted_owners_suppress_a_day_and_the_chain_goes_on_from_the_last_published_level() {
    let mut venue = Venue::new(day("2026-07-07"));
    venue.play(day("2026-07-07"), "a=2 b=2 c=2");
    let suppressed = venue.play(day("2026-07-08"), "a=2.1 b=2.1 x=5");
    assert_eq!(summary(&suppressed), "a accepted, b accepted, c standing, x outside_panel: suppressed");
    let Event::FixingSuppressed { owners_counted, last_final, .. } = suppressed else { panic!("suppressed") };
    assert_eq!((owners_counted, last_final), (2, Some((day("2026-07-07"), price("2")))));
    assert_eq!(venue.book.last_final(SERIES), Some((day("2026-07-07"), price("2"))));
    assert_eq!(venue.book.next_final_day(SERIES), Some(day("2026-07-09")));

    // References moved on the suppressed day: only c moves now. M = 3.05 / 3 = 1.016666667, p = round(2.033333334),
    // L = 2.1, round(0.05 × 66 667) = round(3 333.35) = 3 333.
    let next = venue.play(day("2026-07-09"), "a=2.1 b=2.1 c=2.1");
    assert_eq!(summary(&next), "a accepted, b accepted, c accepted: 2.036666");
    assert_eq!(fixing(&next).projection, price("2.033333"));
}

#[test]
fn a_day_without_any_report_is_suppressed() {
    check(&[
        ("a=2 b=2 c=2", "a first, b first, c first: 2.000000"),
        ("", "a standing, b standing, c standing: suppressed"),
        ("a=2 b=2 c=2", "a accepted, b accepted, c accepted: 2.000000"),
    ]);
}

#[test]
fn held_owners_do_not_count_towards_the_three() {
    check(&[
        ("a=2 b=2 c=2 d=2 e=2", "a first, b first, c first, d first, e first: 2.000000"),
        ("a=2 b=2 e=3", "a accepted, b accepted, c standing, d standing, e held: suppressed"),
    ]);
}

#[test]
fn a_chain_that_ran_away_from_its_level_is_suppressed_and_never_overflows() {
    // One owner of three jumps tenfold and back, each time confirmed. The mean of ten and a tenth is far above one, so
    // the chain is ratcheted up faster than the anchor pulls it down.
    let inception = day("2026-07-01");
    let mut venue = Venue::new(inception);
    let lines = ["b=1 c=1 a=1", "b=1 c=1 a=10", "b=1 c=1 a=10", "b=1 c=1 a=1"];
    let events: Vec<Event> = days(inception, 60)
        .into_iter()
        .zip(lines.iter().cycle())
        // After July the panel is drawn anew from the same three.
        .map(|(day, line)| venue.play(day, line))
        .collect();
    let highest = events.iter().filter_map(|event| match event {
        Event::FixingPublished(fixing) => Some(fixing.value),
        _ => None,
    });
    assert!(highest.max() > Price::new(100_000_000).ok(), "the chain left the range of reports");
    let ran_away = |event: &&Event| matches!(event, Event::FixingSuppressed { owners_counted: 3, .. });
    assert!(events.iter().find(ran_away).is_some(), "and was suppressed before it left the range of prices");
}
