//! One step of the chain, the gap and its alarm, and the level it is pulled to.

use super::support::price;
use crate::index::Price;
use crate::index::Ratio;
use crate::index::chain::step;
use crate::index::level::level;

#[test]
fn the_first_fixing_is_the_level_whatever_moved() {
    let moved = [Ratio::from_ppb(1_100_000_000).unwrap()];
    let first = step(None, &moved, price("3")).unwrap();
    assert_eq!((first.value, first.projection, first.matched_mean), (price("3"), price("3"), Ratio::ONE));
    assert_eq!((first.gap_ppm, first.gap_alarm), (0, false));
}

#[test]
fn the_anchor_closes_a_twentieth_of_the_gap_and_the_alarm_rings_at_five_percent() {
    // Columns: projection, level, fixing, gap in ppm, alarm.
    let rows = [
        ("1", "1", "1", 0, false),
        ("1", "1.049999", "1.002500", 49_999, false),
        ("1", "1.05", "1.002500", 50_000, true),
        ("1", "0.950001", "0.997500", -49_999, false),
        ("1", "0.95", "0.997500", -50_000, true),
        // Halves go upwards: 0.05 × 10 = 0.5 to 1, and −0.5 to 0.
        ("1", "1.000010", "1.000001", 10, false),
        ("1", "0.999990", "1", -10, false),
        ("1", "0.999989", "0.999999", -11, false),
    ];
    for (projection, level, value, gap_ppm, gap_alarm) in rows {
        let step = step(Some(price(projection)), &[], price(level)).unwrap();
        assert_eq!((step.projection, step.matched_mean), (price(projection), Ratio::ONE));
        assert_eq!(
            (step.value, step.gap_ppm, step.gap_alarm),
            (price(value), gap_ppm, gap_alarm),
            "from {projection} to level {level}"
        );
    }
}

#[test]
fn a_projection_that_is_no_price_ends_in_nothing() {
    let move_to = |previous: i64, ppb: i64| {
        step(Some(Price::new(previous).unwrap()), &[Ratio::from_ppb(ppb).unwrap()], price("1"))
    };
    assert_eq!(move_to(1, 499_999_999), None, "rounds to zero");
    assert!(move_to(1, 500_000_000).is_some(), "half a micro-USD rounds upwards");
    assert!(move_to(1_000_000_000, 1_000_000_000).is_some());
    assert_eq!(move_to(1_000_000_000, 1_000_000_001), None, "above the highest price");
}

#[test]
fn the_level_is_the_median_and_the_interval_the_middle_half() {
    let rows: [(&[i64], i64, (i64, i64)); 6] = [
        (&[5], 5, (5, 5)),
        (&[9, 4], 6, (4, 9)),
        (&[3, 1, 2], 2, (1, 3)),
        (&[4, 1, 3, 2], 2, (2, 3)),
        (&[1, 2, 3, 4, 5, 6, 7], 4, (2, 6)),
        (&[8, 7, 6, 5, 4, 3, 2, 1], 4, (3, 6)),
    ];
    for (standing, median, (low, high)) in rows {
        let prices: Vec<Price> = standing.iter().map(|micro_usd| Price::new(*micro_usd).unwrap()).collect();
        let found = level(prices).unwrap();
        assert_eq!(
            (found.median.micro_usd(), found.interval.0.micro_usd(), found.interval.1.micro_usd()),
            (median, low, high),
            "{standing:?}"
        );
    }
    assert_eq!(level(Vec::new()), None);
}
