//! Who is in the panel: drawn on the inception day, then for each month from the week that ends on the notice day.

use super::support::{SERIES, Venue, day, days, fixing, inputs, price, summary};
use crate::index::{Day, Event, Outcome};

/// Plays July from its 7th day with `a=2 b=2 c=2` and what `extra` adds, and gives the determination of 1 August.
fn august_after(inception: Day, extra: impl Fn(Day) -> String) -> Event {
    let mut venue = Venue::new(inception);
    for july in days(inception, 31).into_iter().take_while(|day| day.ymd().1 == 7) {
        venue.play(july, &format!("a=2 b=2 c=2 {}", extra(july)));
    }
    venue.play(day("2026-08-01"), "a=2 b=2 c=2 x=2")
}

fn outcome_of_x(event: &Event) -> Outcome {
    inputs(event).iter().find(|input| input.owner.label() == "x").unwrap().outcome
}

/// Whether x, which reports on these days of July and on 1 August, is in the panel of August.
fn check_x(days_of_july: &[u32], expected: Outcome) {
    let event = august_after(day("2026-07-07"), |july| {
        if days_of_july.contains(&july.ymd().2) { "x=2".to_owned() } else { String::new() }
    });
    assert_eq!(outcome_of_x(&event), expected, "x reported on July {days_of_july:?}");
}

#[test]
fn the_panel_of_a_month_is_drawn_from_the_week_that_ends_on_the_notice_day() {
    // The notice day of August is 25 July, and its week begins on 19 July.
    check_x(&[19, 20, 21, 22, 23, 24, 25], Outcome::Accepted);
    check_x(&[19, 20, 21, 24, 25], Outcome::Accepted);
    check_x(&[21, 22, 23, 24, 25], Outcome::Accepted);
    check_x(&[22, 23, 24, 25], Outcome::OutsidePanel);
    check_x(&[15, 16, 17, 18, 19, 20, 21, 22], Outcome::OutsidePanel);
    check_x(&[22, 23, 24, 25, 26, 27, 28, 29, 30, 31], Outcome::OutsidePanel);
}

#[test]
fn who_reports_every_day_of_the_inception_month_is_outside_until_the_next() {
    let mut venue = Venue::new(day("2026-07-07"));
    venue.play(day("2026-07-07"), "a=2 b=2 c=2");
    let others = "a accepted, b accepted, c accepted";
    for july in days(day("2026-07-08"), 24) {
        let event = venue.play(july, "a=2 b=2 c=2 x=2");
        assert_eq!(summary(&event), format!("{others}, x outside_panel: 2.000000"));
    }
    let first_of_august = venue.play(day("2026-08-01"), "a=2 b=2 c=2 x=2");
    assert_eq!(summary(&first_of_august), format!("{others}, x accepted: 2.000000"));
}

#[test]
fn a_member_that_stops_before_the_notice_week_is_not_in_the_next_panel() {
    let event =
        august_after(day("2026-07-07"), |july| if july < day("2026-07-20") { "d=2".into() } else { String::new() });
    assert!(inputs(&event).iter().all(|input| input.owner.label() != "d"));
}

#[test]
fn an_inception_on_the_first_of_a_month_draws_the_panel_from_that_day() {
    let mut venue = Venue::new(day("2026-08-01"));
    assert_eq!(summary(&venue.play(day("2026-08-01"), "a=2 b=2 c=2")), "a first, b first, c first: 2.000000");
}

#[test]
fn days_before_inception_do_not_exist_and_count_for_nobody() {
    // From 21 July on, five days of the week exist; from 22 July on, four, and nobody is in the panel of August.
    let in_time = august_after(day("2026-07-21"), |_| "x=2".to_owned());
    assert_eq!(outcome_of_x(&in_time), Outcome::Accepted);
    let too_late = august_after(day("2026-07-22"), |_| "x=2".to_owned());
    assert_eq!(summary(&too_late), "a outside_panel, b outside_panel, c outside_panel, x outside_panel: suppressed");
}

#[test]
fn a_suppressed_inception_keeps_its_panel_and_the_next_fixing_is_the_first_of_the_chain() {
    let mut venue = Venue::new(day("2026-07-07"));
    let inception = venue.play(day("2026-07-07"), "a=2 b=2.2");
    assert_eq!(summary(&inception), "a first, b first: suppressed");
    assert!(matches!(inception, Event::FixingSuppressed { owners_counted: 2, last_final: None, .. }));
    for july in days(day("2026-07-08"), 24) {
        let event = venue.play(july, "a=2 b=2.2 c=2.4");
        assert_eq!(summary(&event), "a accepted, b accepted, c outside_panel: suppressed");
    }
    assert_eq!(venue.book.last_final(SERIES), None);

    // The moves of the day are accepted, but the first fixing of the chain is the level.
    let first = venue.play(day("2026-08-01"), "a=2.2 b=2.3 c=2.4");
    assert_eq!(summary(&first), "a accepted, b accepted, c accepted: 2.300000");
    assert_eq!(fixing(&first).projection, price("2.3"));
    assert_eq!(fixing(&first).matched_mean.ppb(), 1_000_000_000);
}
