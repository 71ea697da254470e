//! Scan ranges worked out by hand, their floors, and what gives none.

use proptest::prelude::*;

use crate::scenarios::{RangeError, RangeRules, price_scan_range};

const PLAIN: RangeRules = RangeRules {
    confidence: 0.995,
    margin_period_days: 1,
    decay: 0.5,
    daily_volatility_floor: 0.01,
    deviations: 0.0,
    fraction_floor: 0.0,
};

fn check(history: &[i64], rules: &RangeRules, wanted: i64) {
    assert_eq!(price_scan_range(history, rules), Ok(wanted), "{history:?} {rules:?}");
}

#[test]
fn ranges_worked_by_hand() {
    // What happened, alone: a rise by a tenth, then seen as a fraction of 1.1. A fall by as much is the same distance.
    check(&[1_000_000, 1_100_000], &PLAIN, 110_000);
    check(&[1_100_000, 1_000_000], &PLAIN, 100_000);
    // What is going on: variance (0.0001 + ln² 1.1) / 2 = (0.0001 + 0.0090840) / 2 = 0.0045920, volatility 0.0677644;
    // two of them are more than the move of 0.0953102: exp(0.1355288) − 1 = 0.1451422 of 1.1.
    check(&[1_000_000, 1_100_000], &RangeRules { deviations: 2.0, ..PLAIN }, 159_657);
    // Moves of two days: five per cent of 2.05.
    let two_days = RangeRules { margin_period_days: 2, ..PLAIN };
    check(&[2_000_000, 2_000_000, 2_100_000, 2_100_000, 2_050_000], &two_days, 102_500);
    // Four moves, of which two are none: half of them do not exceed nothing.
    let half = RangeRules { confidence: 0.5, ..PLAIN };
    check(&[2_000_000, 2_000_000, 2_000_000, 2_100_000, 2_000_000], &half, 0);
    // Three of four do not exceed ln 1.05, nor do all.
    check(&[2_000_000, 2_000_000, 2_000_000, 2_100_000, 2_000_000], &RangeRules { confidence: 0.51, ..PLAIN }, 100_000);
    // Three deviations of the floor: exp(3 × 0.01) − 1 = 0.0304545.
    check(&[2_000_000; 5], &RangeRules { deviations: 3.0, ..PLAIN }, 60_910);
    // Three deviations of the floor over three days: exp(3 × 0.01 × √3) − 1 = 0.0533352.
    check(&[2_400_000; 30], &RangeRules { fraction_floor: 0.0, ..RangeRules::default() }, 128_005);
    // Rounded up, but 15 % of a price is 15 % of it.
    check(&[2_400_000; 30], &RangeRules::default(), 360_000);
    check(&[2_400_001; 30], &RangeRules::default(), 360_001);
    check(&[1; 4], &RangeRules::default(), 1);
}

#[test]
fn what_gives_no_range_is_refused() {
    let calm = [1_000_000; 10];
    let rows = [
        (RangeRules { confidence: 1.0, ..PLAIN }, "confidence 1 is not from 0.5 to less than 1"),
        (RangeRules { confidence: f64::NAN, ..PLAIN }, "confidence NaN is not from 0.5 to less than 1"),
        (RangeRules { margin_period_days: 0, ..PLAIN }, "margin period 0 is not from 1 to 30 days"),
        (RangeRules { margin_period_days: 31, ..PLAIN }, "margin period 31 is not from 1 to 30 days"),
        (RangeRules { decay: 1.0, ..PLAIN }, "decay 1 is not from 0 to less than 1"),
        (
            RangeRules { daily_volatility_floor: -0.1, ..PLAIN },
            "daily volatility floor -0.1 is not from 0 to less than 10",
        ),
        (RangeRules { deviations: -1.0, ..PLAIN }, "deviations -1 is not from 0 to less than 100"),
        (
            RangeRules { fraction_floor: f64::INFINITY, ..PLAIN },
            "floor of the fraction inf is not from 0 to less than 100",
        ),
        (
            RangeRules { margin_period_days: 10, ..PLAIN },
            "10 days of history are not from 11 to 10000: one margin period is the least",
        ),
    ];
    for (rules, message) in rows {
        assert_eq!(price_scan_range(&calm, &rules).unwrap_err().to_string(), message);
    }
    assert_eq!(
        price_scan_range(&[1, 0], &PLAIN).unwrap_err().to_string(),
        "price 0 micro-USD of day 2 is not greater than zero"
    );
    let wild = price_scan_range(&[1, i64::MAX, 1, i64::MAX], &PLAIN);
    assert!(matches!(wild, Err(RangeError::Unbounded { .. })), "{wild:?}");
}

proptest! {
    #[test]
    fn a_range_covers_its_floors_and_grows_with_confidence(
        history in prop::collection::vec(1_000_000_i64..4_000_000, 5..60), low in 0.5..0.99_f64,
    ) {
        let last = history[history.len() - 1];
        let range = |confidence| price_scan_range(&history, &RangeRules { confidence, ..RangeRules::default() }).unwrap();
        prop_assert!(range(low) <= range(0.995));
        prop_assert!(range(low) >= last * 15 / 100);
    }

    #[test]
    fn a_range_is_a_fraction_of_the_price(history in prop::collection::vec(1_000_i64..4_000, 5..60)) {
        let range = |scale: i64| {
            let scaled: Vec<i64> = history.iter().map(|price| price * scale).collect();
            price_scan_range(&scaled, &RangeRules::default()).unwrap()
        };
        let (small, large) = (range(1_000), range(1_000_000));
        prop_assert!((large - small * 1_000).abs() <= 1_000, "{small} and {large}");
    }
}
