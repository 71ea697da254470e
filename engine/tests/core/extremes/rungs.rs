//! The two ladders, rung by rung: what a suppressed day takes, and the price of a daily settlement.

use engine::command::{Command, FixingStage};
use engine::event::{Event, FixingRung, SettlementRung};
use engine::ids::SeriesId;
use engine::instrument::{FeeRates, SettlementKind, Terms};
use engine::units::{Day, Price};

use crate::venue::{TODAY, Venue, usual_terms};

const FINAL: FixingStage = FixingStage::Final;
const PROVISIONAL: FixingStage = FixingStage::Provisional;

/// A fixing as it is recorded: day, stage, price.
type Recorded = (i32, FixingStage, Option<i64>);

/// Fixings in the order in which they are recorded, and the value of the last of them.
const SUPPRESSED: &[(&str, &[Recorded], i64)] = &[
    ("the day before", &[(1, FINAL, Some(5)), (2, FINAL, None)], 5),
    ("over a gap", &[(1, FINAL, Some(5)), (9, FINAL, None)], 5),
    ("a final one, not a provisional one", &[(1, FINAL, Some(5)), (2, PROVISIONAL, Some(6)), (3, FINAL, None)], 5),
    ("the last one", &[(1, FINAL, Some(5)), (2, FINAL, Some(6)), (3, FINAL, None)], 6),
    ("by day, not by arrival", &[(2, FINAL, Some(6)), (1, FINAL, Some(5)), (3, FINAL, None)], 6),
    ("no later day", &[(1, FINAL, Some(5)), (3, FINAL, Some(7)), (2, FINAL, None)], 5),
    ("through other suppressed days", &[(1, FINAL, Some(5)), (2, FINAL, None), (3, FINAL, None)], 5),
    (
        "a fixing, not another day's rung",
        &[(1, FINAL, Some(5)), (3, FINAL, None), (2, FINAL, Some(6)), (4, FINAL, None)],
        6,
    ),
    ("also for a provisional value", &[(1, FINAL, Some(5)), (2, PROVISIONAL, None)], 5),
    ("in the place of its own provisional one", &[(1, FINAL, Some(5)), (2, PROVISIONAL, Some(9)), (2, FINAL, None)], 5),
];

#[test]
fn a_suppressed_day_takes_the_last_final_fixing_before_it() {
    for (what, fixings, expected) in SUPPRESSED {
        let mut venue = Venue::with_accounts(1..=1, 0);
        for &(day, stage, price) in *fixings {
            venue.fix(Day(day), stage, price).unwrap();
        }
        let [Event::FixingRecorded { price, rung, .. }] = venue.events[..] else { panic!("{:?}", venue.events) };
        assert_eq!((price, rung), (Price(*expected), FixingRung::LastFinal), "{what}");
    }
}

#[test]
fn a_suppressed_day_of_one_series_takes_nothing_from_another() {
    let mut venue = Venue::with_accounts(1..=1, 0);
    venue.fix(Day(1), FINAL, Some(5)).unwrap();
    let series = SeriesId(2);
    let fixing = Command::RecordFixing { series, day: Day(2), stage: FINAL, price: None };
    assert_eq!(venue.operate(fixing).unwrap_err().number(), 72);
}

/// Odd ticks on both sides of zero.
fn terms() -> Terms {
    let fees = FeeRates { maker: Price(0), taker: Price(0) };
    Terms { tick: Price(3), floor: Price(-3_000_000), cap: Price(3_000_000), fees, ..usual_terms() }
}

/// What the day is settled at, after all that was done yesterday.
fn settled_at(prepare: impl FnOnce(&mut Venue)) -> (i64, SettlementRung) {
    let mut venue = Venue::with_terms(terms(), 1..=2, 10_000_000);
    prepare(&mut venue);
    venue.now = venue.now.day().end();
    venue.start(Day(venue.now.day().0 - 1), SettlementKind::Daily).unwrap();
    let [Event::SettlementStarted { value_per_lot, rung, .. }] = venue.events[..] else { panic!("{:?}", venue.events) };
    assert_eq!(value_per_lot.0 % 744, 0);
    (value_per_lot.0 / 744, rung)
}

fn quote(venue: &mut Venue, bid: i64, offer: i64) {
    venue.buy(1, 1, bid, &format!("bid{bid}")).unwrap();
    venue.sell(2, 1, offer, &format!("offer{offer}")).unwrap();
}

#[test]
fn a_day_is_settled_at_the_first_rung_that_has_a_price() {
    let fix = |venue: &mut Venue, price| venue.fix(TODAY, PROVISIONAL, Some(price)).unwrap();
    let settle = |venue: &mut Venue| {
        venue.start(Day(TODAY.0 - 1), SettlementKind::Daily).unwrap();
        venue.advance().unwrap();
    };
    let latest = SettlementRung::LatestFixing;
    assert_eq!(settled_at(|venue| fix(venue, 9)), (9, latest));
    assert_eq!(settled_at(|venue| fix(venue, 10)), (10, latest), "a fixing need not be on the tick");
    assert_eq!(settled_at(|venue| fix(venue, 9_000_000)), (3_000_000, latest), "kept below the cap");
    assert_eq!(settled_at(|venue| fix(venue, -9_000_000)), (-3_000_000, latest), "kept above the floor");
    let one_side = |venue: &mut Venue| {
        fix(venue, 9);
        venue.buy(1, 1, 3, "bid").unwrap();
    };
    assert_eq!(settled_at(one_side), (9, latest), "a bid alone is no quote");
    let two_days = |venue: &mut Venue| {
        fix(venue, 9);
        venue.fix(TODAY.next(), PROVISIONAL, Some(12)).unwrap();
        venue.fix(Day(TODAY.0 - 1), FINAL, Some(15)).unwrap();
    };
    assert_eq!(settled_at(two_days), (12, latest), "the latest day, however firm");

    let previous = |venue: &mut Venue| {
        fix(venue, 9);
        settle(venue);
        fix(venue, 12);
    };
    assert_eq!(settled_at(previous), (9, SettlementRung::PreviousSettlement));

    let midpoint = SettlementRung::Midpoint;
    let quoted = |bid, offer| {
        settled_at(|venue| {
            fix(venue, 9);
            settle(venue);
            quote(venue, bid, offer);
        })
    };
    assert_eq!(quoted(3, 9), (6, midpoint));
    assert_eq!(quoted(3, 6), (4, midpoint), "4.5 rounded down");
    assert_eq!(quoted(-6, -3), (-5, midpoint), "-4.5 rounded down");
    assert_eq!(quoted(-3, 0), (-2, midpoint), "-1.5 rounded down");

    let traded = |venue: &mut Venue| {
        quote(venue, 300, 300);
        quote(venue, 6, 600);
        venue.now = venue.now.plus_micros(1);
        venue.sell(2, 1, 3, "last").unwrap();
    };
    assert_eq!(settled_at(traded), (6, SettlementRung::LastTrade));
    let traded_the_day_before = |venue: &mut Venue| {
        quote(venue, 300, 300);
        quote(venue, 3, 9);
        venue.now = TODAY.end();
    };
    assert_eq!(settled_at(traded_the_day_before), (6, midpoint), "another day's trade is no price of this day");
    let traded_the_day_after = |venue: &mut Venue| {
        quote(venue, 300, 300);
        venue.now = TODAY.end();
        quote(venue, 3, 3);
        venue.start(TODAY, SettlementKind::Daily).unwrap();
        let [Event::SettlementStarted { value_per_lot, .. }] = venue.events[..] else { panic!("{:?}", venue.events) };
        assert_eq!(value_per_lot.0, 300 * 744);
        venue.advance().unwrap();
    };
    assert_eq!(settled_at(traded_the_day_after), (3, SettlementRung::LastTrade));
}
