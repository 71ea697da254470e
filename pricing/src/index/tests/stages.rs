//! Which report counts at which stage, and that only final determinations change anything.

use super::support::{HOUR_US, SERIES, Venue, day, fixing, inputs, price, summary};
use crate::index::{Command, Day, Price, Reject, Stage};

const MINUTE_US: i64 = HOUR_US / 60;

fn second_day() -> (Venue, Day) {
    let mut venue = Venue::new(day("2026-07-07"));
    venue.play(day("2026-07-07"), "a=2 b=2 c=2");
    (venue, day("2026-07-08"))
}

/// The price that counts for a at a stage after reports `(receipt after the start of the day, price)`.
fn check_counted(stage: Stage, reports: &[(i64, &str)], expected: Option<&str>) {
    let (mut venue, today) = second_day();
    for (after_us, usd) in reports {
        venue.report_at(today.start_us() + after_us, today, "a", usd).unwrap();
    }
    let event = venue.determine(today, stage);
    let report: Option<Price> = inputs(&event)[0].report;
    assert_eq!(report, expected.map(price), "{stage} after {reports:?}");
}

#[test]
fn cut_offs_are_half_past_midnight() {
    let today = day("2026-07-08");
    assert_eq!(Stage::Provisional.cut_off_us(today), day("2026-07-09").start_us() + 30 * MINUTE_US);
    assert_eq!(Stage::Final.cut_off_us(today), day("2026-07-10").start_us() + 30 * MINUTE_US);
}

#[test]
fn the_latest_report_up_to_the_cut_off_counts() {
    let provisional_us = 24 * HOUR_US + 30 * MINUTE_US;
    let final_us = 48 * HOUR_US + 30 * MINUTE_US;
    check_counted(Stage::Provisional, &[(0, "2.1")], Some("2.1"));
    check_counted(Stage::Provisional, &[(0, "2.1"), (HOUR_US, "2.2")], Some("2.2"));
    check_counted(Stage::Provisional, &[(provisional_us, "2.1")], Some("2.1"));
    check_counted(Stage::Provisional, &[(provisional_us + 1, "2.1")], None);
    check_counted(Stage::Provisional, &[(0, "2.1"), (provisional_us + 1, "2.2")], Some("2.1"));
    check_counted(Stage::Final, &[(0, "2.1"), (provisional_us + 1, "2.2")], Some("2.2"));
    check_counted(Stage::Final, &[(0, "2.1"), (final_us, "2.2")], Some("2.2"));
    check_counted(Stage::Final, &[(0, "2.1"), (final_us + 1, "2.2")], Some("2.1"));
    // Of one microsecond, the higher sequence number; and receipt decides before sequence.
    check_counted(Stage::Final, &[(HOUR_US, "2.1"), (HOUR_US, "2.2")], Some("2.2"));
    check_counted(Stage::Final, &[(HOUR_US, "2.1"), (0, "2.2")], Some("2.1"));
}

#[test]
fn a_late_report_makes_the_final_fixing_differ_from_the_provisional_one() {
    let (mut venue, today) = second_day();
    venue.report(today, "a=2 b=2 c=2");
    assert_eq!(fixing(&venue.determine(today, Stage::Provisional)).value, price("2"));
    venue.report_at(today.start_us() + 34 * HOUR_US, today, "a", "2.2").unwrap();
    // M = 3.1 / 3 = 1.033333333, p = 2.066667, L = 2, round(0.05 × −66 667) = round(−3 333.35) = −3 333.
    let last = venue.determine(today, Stage::Final);
    assert_eq!((fixing(&last).value, fixing(&last).stage), (price("2.063334"), Stage::Final));
}

#[test]
fn a_provisional_determination_changes_nothing_and_can_be_repeated() {
    let (mut venue, today) = second_day();
    venue.report(today, "a=2.1 b=2 c=9 x=2");
    let before = venue.book.clone();
    let provisional = venue.determine(today, Stage::Provisional);
    assert_eq!(summary(&provisional), "a accepted, b accepted, c held, x outside_panel: suppressed");
    assert_eq!(venue.book, before);
    assert_eq!(venue.determine(today, Stage::Provisional), provisional);
    assert_eq!(summary(&venue.determine(today, Stage::Final)), summary(&provisional));
    assert_ne!(venue.book, before);
}

#[test]
fn the_first_provisional_determinations_draw_panels_without_keeping_them() {
    let inception = day("2026-07-07");
    let mut venue = Venue::new(inception);
    venue.report(inception, "a=2 b=2 c=2");
    assert_eq!(summary(&venue.determine(inception, Stage::Provisional)), "a first, b first, c first: 2.000000");
    venue.report_at(inception.start_us() + 40 * HOUR_US, inception, "d", "2").unwrap();
    let last = venue.determine(inception, Stage::Final);
    assert_eq!(summary(&last), "a first, b first, c first, d first: 2.000000");
}

#[test]
fn a_final_day_takes_no_report_and_no_determination() {
    let (mut venue, _) = second_day();
    let inception = day("2026-07-07");
    let before = venue.book.hash();
    let now_us = Stage::Final.cut_off_us(inception);
    assert_eq!(venue.report_at(now_us, inception, "a", "2"), Err(Reject::DayFinal { day: inception }));
    for stage in [Stage::Provisional, Stage::Final] {
        let determine = Command::Determine { series: SERIES, day: inception, stage };
        assert_eq!(venue.send(now_us, &determine), Err(Reject::DayFinal { day: inception }));
    }
    assert_eq!(venue.book.hash(), before);
}
