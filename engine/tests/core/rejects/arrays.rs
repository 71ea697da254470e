//! What arrays, margin parameters and credits can be refused for: the words of the first rule that is broken, and what is just allowed.

use engine::Engine;
use engine::command::Command;
use engine::ids::SeriesId;
use engine::limits;
use engine::margin::{Risk, SeriesMargin};
use engine::reject::Reject;
use engine::units::{Cash, Lots, Price};

use super::margin::{DAY_MICROS, stage};
use crate::counts::count;
use crate::margin::{DOLLAR, LENIENT, moves, process, publish};
use crate::twin::Twin;
use crate::venue::{CONTRACT, SERIES, Stage, TODAY, VenueOf};

type BreaksArray = fn(&mut Risk);
type BreaksParameters = fn(&mut SeriesMargin);

/// Each rule of an array alone and with each that stands behind it: the words are those of the first.
#[test]
fn the_first_rule_that_an_array_breaks_is_named() {
    let breaks: [(&'static str, BreaksArray); 7] = [
        ("a version is at most 1000000000000000", |risk| risk.version = 1_000_000_000_000_001),
        ("an array expires later than now and at most 48 hours from now", |risk| {
            risk.expires = risk.expires.plus_micros(1)
        }),
        ("the reference lies between floor and cap", |risk| risk.reference = Price(10 * DOLLAR + 1)),
        ("a loss is at most 1000000000000 micro-USD a lot", |risk| risk.losses[3] = Cash(-1_000_000_000_001)),
        ("a future loses nothing while its price stands still", |risk| risk.losses[0] = Cash(-1)),
        ("the worst loss of either side is at least the series' scan floor for the hours left", |risk| {
            for (scenario, loss) in risk.losses.iter_mut().enumerate().skip(2) {
                // The range stays as wide as another rule may have made it.
                if loss.0 > 0 && scenario != 5 {
                    *loss = Cash(0);
                }
            }
            risk.losses[5] = Cash(23_999_999);
        }),
        ("a loss moves by at most the series' largest step for the contract's hours", |risk| {
            risk.losses[15] = Cash(risk.losses[15].0 - 48_000_001);
        }),
    ];
    fn answers<E: Stage>(breaks: &[(&'static str, BreaksArray)]) -> usize {
        let mut venue = stage::<E>(0);
        // At least 1 dollar an hour, which the array in force just covers, and at most 2 from one array to the next.
        let margin = SeriesMargin { scan_floor: Price(DOLLAR), step_max: Price(2 * DOLLAR), ..LENIENT };
        venue.operate(Command::SetMargin { series: SERIES, margin }).unwrap();
        process(&mut venue);
        let good = moves(&venue, 8, 3 * DOLLAR, 8 * DOLLAR);
        let mut rows = 0;
        for (index, (rule, first)) in breaks.iter().enumerate() {
            for (_, second) in &breaks[index..] {
                let mut risk = good;
                second(&mut risk);
                first(&mut risk);
                let refused = publish(&mut venue, CONTRACT, risk).unwrap_err();
                assert_eq!(refused, Reject::InvalidRisk { rule }, "{risk:?}");
                rows += 1;
            }
        }
        publish(&mut venue, CONTRACT, good).unwrap();
        rows
    }
    count(answers::<Twin>(&breaks) + answers::<Engine>(&breaks), "reject rows");
}

/// What is just allowed, and the same by one too much.
#[test]
fn arrays_at_their_limits() {
    fn check<E: Stage>() {
        let mut venue = stage::<E>(0);
        let margin = SeriesMargin { scan_floor: Price(DOLLAR), step_max: Price(2 * DOLLAR), ..LENIENT };
        venue.operate(Command::SetMargin { series: SERIES, margin }).unwrap();
        process(&mut venue);
        let now = venue.now;
        let good = moves(&venue, 8, 3 * DOLLAR, 8 * DOLLAR);
        let rows: [(bool, BreaksArray, u16); 8] = [
            (true, |risk| risk.expires.0 -= 2 * DAY_MICROS - 1, 0),
            (false, |risk| risk.expires.0 -= 2 * DAY_MICROS, 0),
            (true, |risk| risk.reference = Price(-10 * DOLLAR), 0),
            (false, |risk| risk.reference = Price(-10 * DOLLAR - 1), 0),
            (true, |risk| risk.losses[4] = Cash(8_000_000 + 48_000_000), 0),
            (false, |risk| risk.losses[4] = Cash(8_000_000 + 48_000_001), 0),
            // At the end of the only delivery day no hour is left to be covered; a microsecond before all are.
            (true, |risk| risk.losses = [Cash(0); 16], 41),
            (false, |risk| risk.losses = [Cash(0); 16], 40),
        ];
        for (allowed, change, days) in rows {
            let mut venue = venue.clone();
            venue.now = TODAY.plus(days).start().max(now);
            process(&mut venue);
            let mut risk = Risk { expires: venue.now.plus_micros(2 * DAY_MICROS), ..good };
            change(&mut risk);
            let answer = publish(&mut venue, CONTRACT, risk);
            assert_eq!(answer.is_ok(), allowed, "{risk:?}: {answer:?}");
        }
    }
    check::<Twin>();
    check::<Engine>();
}

#[test]
fn the_first_rule_that_parameters_break_is_named() {
    const CHARGES: &str =
        "charges, floors and widths are not negative, and at most 1000 USD per GPU-hour or 1000000 USD a lot";
    let breaks: [(&'static str, BreaksParameters); 15] = [
        (CHARGES, |margin| margin.scan_floor = Price(1_000 * DOLLAR + 1)),
        (CHARGES, |margin| margin.step_max = Price(-1)),
        (CHARGES, |margin| margin.mark_band = Price(-1)),
        (CHARGES, |margin| margin.calendar_charge = Cash(-1)),
        (CHARGES, |margin| margin.delivery_charge = Cash(1_000_000 * DOLLAR + 1)),
        (CHARGES, |margin| margin.concentration_charge = Cash(-1)),
        (CHARGES, |margin| margin.minimum_charge = Cash(1_000_000 * DOLLAR + 1)),
        ("a scan floor is above zero", |margin| margin.scan_floor = Price(0)),
        ("a position limit is 1 to 1000000 lots", |margin| margin.position_max = Lots(0)),
        ("a position limit is 1 to 1000000 lots", |margin| margin.position_max = Lots(1_000_001)),
        ("an open interest limit is 1 to 1000000000 lots", |margin| margin.open_interest_max = Lots(0)),
        ("an open interest limit is 1 to 1000000000 lots", |margin| margin.open_interest_max = Lots(1_000_000_001)),
        ("settlement lots are 1 to 1000000000", |margin| margin.settlement_lots = Lots(0)),
        ("staleness and freezing last at most 30 days", |margin| margin.stale_after_us = -1),
        ("staleness and freezing last at most 30 days", |margin| margin.frozen_us = 30 * DAY_MICROS + 1),
    ];
    fn answers<E: Stage>(breaks: &[(&'static str, BreaksParameters)]) -> usize {
        let mut venue = VenueOf::<E>::empty();
        let mut rows = 0;
        for (index, (rule, first)) in breaks.iter().enumerate() {
            for (_, second) in &breaks[index..] {
                let mut margin = LENIENT;
                second(&mut margin);
                first(&mut margin);
                let refused = venue.operate(Command::SetMargin { series: SERIES, margin }).unwrap_err();
                assert_eq!(refused, Reject::InvalidMargin { rule }, "{margin:?}");
                rows += 1;
            }
        }
        let largest = SeriesMargin {
            scan_floor: Price(1_000 * DOLLAR),
            calendar_charge: Cash(1_000_000 * DOLLAR),
            concentration_lots: u32::MAX,
            ..LENIENT
        };
        venue.operate(Command::SetMargin { series: SERIES, margin: largest }).unwrap();
        rows
    }
    count(answers::<Twin>(&breaks) + answers::<Engine>(&breaks), "reject rows");
}

#[test]
fn a_thousand_series_have_parameters_and_64_pairs_a_credit() {
    fn check<E: Stage>() {
        let mut venue = VenueOf::<E>::empty();
        let set = |series| Command::SetMargin { series: SeriesId(series), margin: LENIENT };
        let most = u32::try_from(limits::MARGIN_SERIES_MAX).unwrap();
        for series in 0..most {
            venue.operate(set(series)).unwrap();
        }
        let rule = "at most 1000 series have margin parameters";
        assert_eq!(venue.operate(set(most)), Err(Reject::InvalidMargin { rule }));
        venue.operate(set(most - 1)).unwrap();

        let grant = |first, second, per_lot| Command::SetCredit {
            first: SeriesId(first),
            second: SeriesId(second),
            per_lot: Cash(per_lot),
        };
        for first in 0..64 {
            venue.operate(grant(first, 7_000, 1)).unwrap();
        }
        let rule = "at most 64 pairs of series have a credit";
        assert_eq!(venue.operate(grant(64, 7_000, 1)), Err(Reject::InvalidMargin { rule }));
        // A pair that has one may have another, from either end; one that is taken away makes room.
        venue.operate(grant(7_000, 3, 2)).unwrap();
        venue.operate(grant(7_000, 3, 0)).unwrap();
        venue.operate(grant(64, 7_000, 1)).unwrap();
        let rule = "a credit is between two different series";
        assert_eq!(venue.operate(grant(5, 5, -1)), Err(Reject::InvalidMargin { rule }));
        let rule = "a credit is from 0 to 1000000 USD a lot";
        assert_eq!(venue.operate(grant(65, 7_000, -1)), Err(Reject::InvalidMargin { rule }));
    }
    check::<Twin>();
    check::<Engine>();
}

/// A floor that is raised above the array in force may be reached in one step, however far; otherwise an array moves step by step.
#[test]
fn an_array_rises_to_a_raised_floor_at_once() {
    fn check<E: Stage>() {
        let mut venue = stage::<E>(0);
        let far = moves(&venue, 8, 3 * DOLLAR, 100 * DOLLAR);
        // The array in force covers a floor of 1 dollar an hour, and no more.
        for (floor, allowed) in [(DOLLAR, false), (DOLLAR + 1, true)] {
            let margin = SeriesMargin { scan_floor: Price(floor), step_max: Price(DOLLAR), ..LENIENT };
            venue.operate(Command::SetMargin { series: SERIES, margin }).unwrap();
            process(&mut venue);
            assert_eq!(publish(&mut venue, CONTRACT, far).is_ok(), allowed, "{floor}");
        }
    }
    check::<Twin>();
    check::<Engine>();
}
