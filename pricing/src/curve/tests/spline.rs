//! The spline held against the conditions under which, by the calculus of variations, no curve is smoother.

use proptest::prelude::*;

use crate::curve::{EndSlope, MaximumSmoothness};

/// Value and the first three derivatives of piece `at`, per unit of time, at its relative time `u`.
fn derivatives(spline: &MaximumSmoothness, at: usize, u: f64) -> [f64; 4] {
    let (knots, coefficients) = spline.parts();
    let length = knots[at + 1] - knots[at];
    let [c0, c1, c2, c3, c4] = coefficients[at];
    [
        c0 + u * (c1 + u * (c2 + u * (c3 + u * c4))),
        (c1 + u * (2.0 * c2 + u * (3.0 * c3 + u * 4.0 * c4))) / length,
        (2.0 * c2 + u * (6.0 * c3 + u * 12.0 * c4)) / length.powi(2),
        (6.0 * c3 + u * 24.0 * c4) / length.powi(3),
    ]
}

/// Stationarity of `∫ f″²` under given averages: three continuous derivatives inside, `f″ = f‴ = 0` where the curve is free
/// and `f‴ = 0` where its slope is held. The problem is convex, so this is the minimum.
fn assert_smoothest(spline: &MaximumSmoothness, averages: &[Option<f64>], end: EndSlope) -> Result<(), TestCaseError> {
    let (knots, _) = spline.parts();
    let pieces = averages.len();
    let shortest = knots.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let level = averages.iter().flatten().fold(1.0, |level: f64, price| level.max(price.abs()));
    // A derivative of order k of noise in the values is worse by the k-th power of the shortest length.
    let allowed = |order: i32| 1e-9 * level / shortest.powi(order);

    for at in 1..pieces {
        let (left, right) = (derivatives(spline, at - 1, 1.0), derivatives(spline, at, 0.0));
        for (order, (left, right)) in (0..).zip(left.iter().zip(right)) {
            prop_assert!((left - right).abs() < allowed(order), "knot {at}, order {order}: {left} and {right}");
        }
    }
    let (first, last) = (derivatives(spline, 0, 0.0), derivatives(spline, pieces - 1, 1.0));
    let held = if end == EndSlope::Zero { 1 } else { 2 };
    for (name, value, order) in
        [("first", first[2], 2), ("first", first[3], 3), ("last", last[held], 2), ("last", last[3], 3)]
    {
        prop_assert!(value.abs() < allowed(order), "{name} knot, order {order}: {value}");
    }
    for (pair, average) in knots.windows(2).zip(averages) {
        let mean = spline.mean(pair[0], pair[1]).unwrap();
        prop_assert!(average.is_none_or(|average| (mean - average).abs() < 1e-12 * level), "{mean} for {average:?}");
    }
    Ok(())
}

fn knots(lengths: &[f64]) -> Vec<f64> {
    let ends = lengths.iter().scan(0.0, |end, length| {
        *end += length;
        Some(*end)
    });
    std::iter::once(0.0).chain(ends).collect()
}

proptest! {
    #[test]
    fn no_curve_with_these_averages_is_smoother(
        pieces in prop::collection::vec((prop::sample::select(vec![1.0 / 12.0, 0.25, 1.0, 0.7]), -5.0..50.0, 0..8), 2..90),
        end in prop::sample::select(vec![EndSlope::Zero, EndSlope::Free]),
    ) {
        let lengths: Vec<f64> = pieces.iter().map(|(length, ..)| *length).collect();
        // One in eight intervals is free, but the first two are not.
        let averages: Vec<Option<f64>> =
            pieces.iter().enumerate().map(|(at, (_, price, die))| (*die > 0 || at < 2).then_some(*price)).collect();
        let spline = MaximumSmoothness::new(&knots(&lengths), &averages, end).unwrap();
        assert_smoothest(&spline, &averages, end)?;
    }
}

#[test]
fn ten_years_of_months() {
    let averages: Vec<Option<f64>> = (0..120).map(|month| Some(2.0 + f64::from(month * 7919 % 13) / 13.0)).collect();
    for end in [EndSlope::Zero, EndSlope::Free] {
        let spline = MaximumSmoothness::new(&knots(&[1.0 / 12.0; 120]), &averages, end).unwrap();
        assert_smoothest(&spline, &averages, end).unwrap();
    }
}

#[test]
fn curves_that_are_known() {
    // A straight line is the smoothest curve through its own averages, gaps included, if its end is free.
    let line = [Some(1.5), Some(2.5), None, Some(5.0)];
    let spline = MaximumSmoothness::new(&[0.0, 1.0, 2.0, 3.0, 5.0], &line, EndSlope::Free).unwrap();
    for time in [0.0, 0.3, 2.5, 3.0, 5.0] {
        assert!((spline.value(time).unwrap() - (1.0 + time)).abs() < 1e-13, "{time}");
    }
    assert!(spline.roughness() < 1e-24);
    // One average is flat, however the end is.
    for end in [EndSlope::Zero, EndSlope::Free] {
        let spline = MaximumSmoothness::new(&[0.0, 1.0, 9.0], &[None, Some(2.25)], end).unwrap();
        assert!((spline.value(0.0).unwrap() - 2.25).abs() < 1e-14);
        assert!((spline.mean(0.5, 7.0).unwrap() - 2.25).abs() < 1e-14);
    }
    assert_eq!((spline.value(-0.1), spline.value(5.1), spline.value(f64::NAN)), (None, None, None));
    assert_eq!((spline.mean(1.0, 1.0), spline.mean(2.0, 1.0), spline.mean(0.0, 6.0)), (None, None, None));
}

#[test]
fn roughness_is_the_integral_of_the_squared_second_derivative() {
    let averages = [Some(-1.0), Some(1.0), Some(0.5)];
    let spline = MaximumSmoothness::new(&[0.0, 1.0, 2.0, 5.0], &averages, EndSlope::Zero).unwrap();
    // Simpson's rule by hundredths of each interval: the integrand is of fourth degree.
    let lengths = [1.0, 1.0, 3.0];
    let square = |at: usize, u: f64| derivatives(&spline, at, u)[2].powi(2);
    let panel = |at: usize, u: f64| (square(at, u) + 4.0 * square(at, u + 0.005) + square(at, u + 0.01)) / 600.0;
    let piece = |at: usize| (0..100).map(|step| panel(at, f64::from(step) / 100.0)).sum::<f64>() * lengths[at];
    let integral: f64 = (0..3).map(piece).sum();
    assert!((spline.roughness() / integral - 1.0).abs() < 1e-9, "{} and {integral}", spline.roughness());
}

#[test]
fn what_makes_no_spline_is_refused() {
    type Refused<'a> = (&'a [f64], &'a [Option<f64>], &'a str);
    let rows: [Refused; 6] = [
        (&[0.0], &[], "1 knots are not from 2 to 4096"),
        (&[0.0, 1.0], &[], "0 averages do not fit 2 knots: give one for each interval, 1"),
        (&[0.0, 0.0], &[Some(1.0)], "knot 0 at place 2 is not a finite number greater than the one before it"),
        (&[f64::NAN, 0.0], &[Some(1.0)], "knot NaN at place 1 is not a finite number greater than the one before it"),
        (&[0.0, 1.0], &[Some(f64::INFINITY)], "average inf of interval 1 is not a finite number"),
        (&[0.0, 1.0], &[None], "no interval has an average: a curve needs at least one"),
    ];
    for (knots, averages, message) in rows {
        assert_eq!(MaximumSmoothness::new(knots, averages, EndSlope::Zero).unwrap_err().to_string(), message);
    }
}
