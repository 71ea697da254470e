//! The bootstrap: overlaps by hand, quotes that contradict each other, and any mix that agrees.

use proptest::prelude::*;

use super::support::{agreeing_quotes, period, quotes};
use crate::curve::{CurveError, ForwardCurve, Quote, Rules, Shape};
use crate::delivery::DeliveryPeriod;

fn check(given: &[(&str, f64)], wanted: &[(&str, f64)]) {
    let mut given = quotes(given);
    // The order of quotes does not matter.
    for _ in 0..given.len() {
        given.rotate_left(1);
        let curve = ForwardCurve::bootstrap(&given).unwrap();
        for (text, price) in wanted {
            let found = curve.price(period(text)).unwrap();
            assert!((found - price).abs() < 1e-12, "{text}: {found} for {price}");
        }
    }
}

#[test]
fn overlaps_worked_by_hand() {
    // One quote is its own curve.
    check(&[("2027", 2.0)], &[("2027", 2.0), ("2027-Q3", 2.0), ("2027-11", 2.0)]);
    // (17.22 × 91 − 19.05 × 31) / 60 = 976.47 / 60 in a leap year; the case that Cmdty publishes.
    check(&[("2020-01", 19.05), ("2020-Q1", 17.22)], &[("2020-02", 16.2745), ("2020-03", 16.2745), ("2020-Q1", 17.22)]);
    // 90 days × 2 − 28 × 3 = 96 over the 62 days of January and March, on both sides of February.
    check(&[("2027-02", 3.0), ("2027-Q1", 2.0)], &[("2027-01", 96.0 / 62.0), ("2027-03", 96.0 / 62.0)]);
    // 365 × 2 − 90 × 1 − 30 × 4 = 520 over the 245 days from May on.
    check(
        &[("2027", 2.0), ("2027-Q1", 1.0), ("2027-04", 4.0)],
        &[("2027-02", 1.0), ("2027-05", 520.0 / 245.0), ("2027-Q3", 520.0 / 245.0), ("2027", 2.0)],
    );
    // Negative remainders are prices as well.
    check(&[("2027-01", 9.0), ("2027-02", 9.0), ("2027-Q1", 1.0)], &[("2027-03", (90.0 - 59.0 * 9.0) / 31.0)]);
    // Redundant: a quarter with all of its months, and a year with all of its quarters.
    check(
        &[("2027-01", 1.0), ("2027-02", 2.0), ("2027-03", 3.0), ("2027-Q1", 180.0 / 90.0)],
        &[("2027-Q1", 2.0), ("2027-02", 2.0)],
    );
    check(&[("2027-05", 2.5), ("2027-05", 2.5)], &[("2027-05", 2.5)]);
}

#[test]
fn hours_without_a_quote_have_no_price() {
    let curve = ForwardCurve::bootstrap(&quotes(&[("2027-01", 2.0), ("2027-03", 3.0)])).unwrap();
    assert_eq!(curve.pieces().len(), 2);
    let february = period("2027-02");
    for text in ["2027-02", "2027-Q1"] {
        let hour = february.start_hour();
        assert_eq!(curve.price(period(text)), Err(CurveError::NotCovered { period: period(text), hour }));
    }
    assert_eq!(
        curve.price(period("2026-12")).unwrap_err().to_string(),
        "2026-12 is not covered: no quote speaks of hour 498912 after 1970-01-01 00:00 UTC"
    );
    assert!(curve.price(period("2027-04")).is_err());
}

#[test]
fn contradictions_are_named_with_what_separates_them() {
    let rows: [(&[(&str, f64)], &str); 4] = [
        (
            &[("2027-01", 1.0), ("2027-02", 2.0), ("2027-03", 3.0), ("2027-Q1", 2.5)],
            "quotes of the same hours differ by more than 0.000000001: \
             2027-Q1 at 2.5 against 2 of 2027-01 + 2027-02 + 2027-03, off by 0.5; correct or withdraw one of them",
        ),
        (
            &[("2027-01", 1.0), ("2027-01", 1.25)],
            "quotes of the same hours differ by more than 0.000000001: \
             2027-01 at 1.25 against 1 of 2027-01, off by 0.25; correct or withdraw one of them",
        ),
        (&[("2027-01", f64::NAN)], "price NaN of 2027-01 is not from -1e12 to 1e12 per GPU-hour"),
        (&[], "no quotes: a curve needs at least one"),
    ];
    for (given, message) in rows {
        assert_eq!(ForwardCurve::bootstrap(&quotes(given)).unwrap_err().to_string(), message);
    }
}

#[test]
fn within_the_tolerance_the_finer_quotes_win() {
    // Three months of 2.001 on average, a quarter on a tick of 0.01: half a tick apart and less.
    let given = quotes(&[("2027-01", 2.001), ("2027-02", 2.001), ("2027-03", 2.001), ("2027-Q1", 2.0), ("2027", 2.0)]);
    assert!(ForwardCurve::bootstrap(&given).is_err());
    let curve = ForwardCurve::bootstrap_with(&given, &Rules { tolerance: 0.005, ..Rules::default() }).unwrap();
    assert_eq!(curve.price(period("2027-Q1")), Ok(2.001));
    // The year is taken apart by what the quarter is now, so it is repriced all the same.
    assert!((curve.price(period("2027")).unwrap() - 2.0).abs() < 1e-15);
    for tolerance in [f64::NAN, f64::INFINITY, -1.0] {
        let rules = Rules { tolerance, ..Rules::default() };
        assert!(matches!(ForwardCurve::bootstrap_with(&given, &rules), Err(CurveError::Tolerance { .. })));
    }
}

#[test]
fn shapes_distribute_the_remainder() {
    let given = quotes(&[("2027-01", 3.0), ("2027-Q1", 2.0)]);
    let february_twice = |month: DeliveryPeriod| if month == period("2027-02") { 2.0 } else { 1.0 };
    // 90 × 2 − 31 × 3 = 87 over 28 × 2 + 31 × 1 = 87: the level is 1.
    let factors = Rules { shape: Shape::Factors(&february_twice), ..Rules::default() };
    let curve = ForwardCurve::bootstrap_with(&given, &factors).unwrap();
    for (text, price) in [("2027-01", 3.0), ("2027-02", 2.0), ("2027-03", 1.0), ("2027-Q1", 2.0)] {
        assert!((curve.price(period(text)).unwrap() - price).abs() < 1e-14, "{text}");
    }
    // 87 = 28 × (level + 2) + 31 × (level + 1), so the level is 0.
    let offsets = Rules { shape: Shape::Offsets(&february_twice), ..Rules::default() };
    let curve = ForwardCurve::bootstrap_with(&given, &offsets).unwrap();
    for (text, price) in [("2027-02", 2.0), ("2027-03", 1.0)] {
        assert!((curve.price(period(text)).unwrap() - price).abs() < 1e-14, "{text}");
    }
    let nothing = |_: DeliveryPeriod| 0.0;
    let rules = Rules { shape: Shape::Factors(&nothing), ..Rules::default() };
    assert_eq!(
        ForwardCurve::bootstrap_with(&given, &rules).unwrap_err().to_string(),
        "shape 0 of 2027-02 is not a finite number greater than zero"
    );
}

proptest! {
    #[test]
    fn any_mix_that_agrees_is_repriced(given in agreeing_quotes(-5.0..50.0)) {
        let curve = ForwardCurve::bootstrap(&given).unwrap();
        for quote in &given {
            let found = curve.price(quote.period).unwrap();
            prop_assert!((found - quote.price).abs() < 1e-11, "{quote:?} became {found}");
        }
        for pair in curve.pieces().windows(2) {
            prop_assert!(pair[0].end_hour <= pair[1].start_hour);
        }
    }

    #[test]
    fn a_shape_changes_no_average(given in agreeing_quotes(1.0..50.0)) {
        let season = |month: DeliveryPeriod| 1.0 + 0.3 * f64::from(month.first_year_and_month().1 % 5);
        for shape in [Shape::Factors(&season), Shape::Offsets(&season)] {
            let curve = ForwardCurve::bootstrap_with(&given, &Rules { shape, ..Rules::default() }).unwrap();
            for quote in &given {
                let found = curve.price(quote.period).unwrap();
                prop_assert!((found - quote.price).abs() < 1e-10, "{quote:?} became {found}");
            }
        }
    }

    #[test]
    fn a_quote_that_others_decide_cannot_be_wrong_unnoticed(
        given in agreeing_quotes(-5.0..50.0), pick in any::<prop::sample::Index>(), off in 1e-6..1.0_f64,
    ) {
        let mut given = given;
        let victim = pick.get(&given).period;
        let honest = *pick.get(&given);
        // Quoted twice, or beside all of its months: either way it is decided by others.
        given.retain(|quote| !quote.period.overlaps(victim));
        given.extend(victim.months().map(|period| Quote { period, price: honest.price }));
        given.push(honest);
        prop_assert!(ForwardCurve::bootstrap(&given).is_ok());
        given.last_mut().unwrap().price += off;
        let Err(CurveError::Inconsistent { conflicts, .. }) = ForwardCurve::bootstrap(&given) else {
            return Err(TestCaseError::fail("not noticed"));
        };
        let [named] = conflicts.as_slice() else { return Err(TestCaseError::fail("not the one quote that is wrong")) };
        let difference = named.quoted - named.implied;
        prop_assert_eq!(named.period, victim);
        prop_assert!((difference.abs() - off).abs() < 1e-9);
        prop_assert_eq!(&named.against, &victim.months().collect::<Vec<_>>());
    }
}
