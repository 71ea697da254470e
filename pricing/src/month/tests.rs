//! Months on the way from forward to fixing, and strips, worked out by hand.

use super::{DeliveringMonth, strip_value};
use crate::delivery::DeliveryPeriod;

fn period(text: &str) -> DeliveryPeriod {
    text.parse().unwrap()
}

#[test]
fn a_month_moves_from_its_forward_to_its_fixings() {
    // month, days fixed, at, balance forward, value
    let rows = [
        // Nothing fixed: the forward.
        ("2027-02", 0, 0.0, 2.5, 2.5),
        // 24 h × 2 + 648 h × 3 = 1,992 over 672 h.
        ("2027-02", 1, 2.0, 3.0, 1_992.0 / 672.0),
        // Half of 28 days.
        ("2027-02", 14, 2.0, 3.0, 2.5),
        // The leap day counts: 28 × 24 × 2 + 24 × 31 = 1,344 + 744 = 2,088 over 696 h.
        ("2028-02", 28, 2.0, 31.0, 3.0),
        // Fixed completely: the fixings alone.
        ("2027-02", 28, 2.0, 99.0, 2.0),
        ("2027-02", 28, 2.0, f64::NAN, 2.0),
    ];
    for (month, days, fixing, forward, value) in rows {
        let delivering = DeliveringMonth::from_fixings(period(month), &vec![(24, fixing); days]).unwrap();
        let valued = delivering.value(forward);
        assert!((valued - value).abs() < 1e-14, "{month} {days}: {valued}");
        let back = delivering.balance_forward(valued);
        assert_eq!(back.is_none(), delivering.hours_left() == 0, "{month} {days}");
        assert!(back.is_none_or(|back| (back - forward).abs() < 1e-13), "{month} {days}: {back:?}");
    }
}

#[test]
fn fixings_that_are_not_of_the_month_are_refused() {
    type Refused<'a> = (&'a str, Vec<(u32, f64)>, &'a str);
    let rows: [Refused; 3] = [
        ("2027-Q1", vec![], "delivery period 2027-Q1 is not a month; value its months one by one and take the strip"),
        (
            "2027-02",
            vec![(24, 2.0); 29],
            "fixings cover more than the 672 hours of 2027-02; give only those of its own days",
        ),
        ("2027-02", vec![(24, f64::NAN)], "price NaN of 2027-02 is not a finite number"),
    ];
    for (month, fixings, message) in rows {
        let error = DeliveringMonth::from_fixings(period(month), &fixings).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    assert!(DeliveringMonth::from_fixings(period("2027-02"), &[(u32::MAX, 1.0); 2]).is_err());
}

#[test]
fn a_strip_is_the_mean_by_hours() {
    let year = period("2028");
    // Month m at price m: Σ days × m = 31·(1+3+5+7+8+10+12) + 30·(4+6+9+11) + 29·2 = 1,426 + 900 + 58 = 2,384 over 366.
    let months: Vec<_> = year.months().zip((1..=12).map(f64::from)).collect();
    assert!((strip_value(year, &months).unwrap() - 2_384.0 / 366.0).abs() < 1e-14);

    let rows: [(Vec<_>, &str); 3] = [
        (
            months[..11].to_vec(),
            "the months of 2028 were not given in order and complete: expected 2028-12 at place 12",
        ),
        (
            [&months[1..2], &months[..1]].concat(),
            "the months of 2028 were not given in order and complete: expected 2028-01 at place 1",
        ),
        ([&months[..], &months[..1]].concat(), "13 months were given, but 2028 has only 12"),
    ];
    for (values, message) in rows {
        assert_eq!(strip_value(year, &values).unwrap_err().to_string(), message);
    }
}
