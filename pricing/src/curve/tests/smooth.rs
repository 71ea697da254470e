//! Smooth curves of quotes: every quote is repriced, on either scale, and a logarithm keeps prices positive.

use proptest::prelude::*;

use super::support::{agreeing_quotes, period, quotes};
use crate::curve::{CurveError, EndSlope, ForwardCurve, Scale, SmoothCurve};

const LOGARITHMIC: Scale = Scale::Logarithmic { shift: 0.0 };

proptest! {
    #[test]
    fn every_quote_is_repriced(
        given in agreeing_quotes(1.0..3.0), end in prop::sample::select(vec![EndSlope::Zero, EndSlope::Free]),
    ) {
        let curve = ForwardCurve::bootstrap(&given).unwrap();
        let smooth = SmoothCurve::through(&curve, end, Scale::Linear).unwrap();
        for quote in &given {
            let found = smooth.price(quote.period).unwrap();
            prop_assert!((found / quote.price - 1.0).abs() < 1e-12, "{quote:?} became {found}");
        }
    }

    #[test]
    fn every_quote_is_repriced_on_a_logarithmic_scale(given in agreeing_quotes(1.0..3.0)) {
        let curve = ForwardCurve::bootstrap(&given).unwrap();
        prop_assume!(curve.pieces().iter().all(|piece| piece.price > 0.5));
        let smooth = SmoothCurve::through(&curve, EndSlope::Zero, LOGARITHMIC).unwrap();
        for quote in &given {
            let found = smooth.price(quote.period).unwrap();
            prop_assert!((found / quote.price - 1.0).abs() < 1e-11, "{quote:?} became {found}");
        }
    }
}

#[test]
fn a_logarithm_keeps_prices_above_zero_where_a_line_does_not() {
    let given = quotes(&[("2027-01", 3.0), ("2027-02", 0.2), ("2027-03", 0.2), ("2027-04", 3.0)]);
    let curve = ForwardCurve::bootstrap(&given).unwrap();
    let least = |scale| {
        let smooth = SmoothCurve::through(&curve, EndSlope::Zero, scale).unwrap();
        for quote in &given {
            assert!((smooth.price(quote.period).unwrap() / quote.price - 1.0).abs() < 1e-11, "{quote:?} {scale:?}");
        }
        let (start, end) = (period("2027-01").start_us(), period("2027-04").end_us());
        let instants = (0..=1_000).map(|step| start + (end - start) / 1_000 * step);
        instants.map(|us| smooth.price_at(us).unwrap()).fold(f64::INFINITY, f64::min)
    };
    assert!(least(Scale::Linear) < 0.0);
    assert!(least(LOGARITHMIC) > 0.0);
    assert!(least(Scale::Logarithmic { shift: 1.0 }) > -1.0);
}

#[test]
fn gaps_are_bridged_and_what_lies_outside_is_refused() {
    let curve = ForwardCurve::bootstrap(&quotes(&[("2027-01", 2.0), ("2027-03", 3.0)])).unwrap();
    for scale in [Scale::Linear, LOGARITHMIC] {
        let smooth = SmoothCurve::through(&curve, EndSlope::Zero, scale).unwrap();
        let february = smooth.price(period("2027-02")).unwrap();
        assert!((2.0..3.0).contains(&february), "{february}");
        for text in ["2026-12", "2027-04", "2027", "2200-12"] {
            assert!(matches!(smooth.price(period(text)), Err(CurveError::NotCovered { .. })), "{text}");
        }
        let (start, end) = (period("2027-01").start_us(), period("2027-03").end_us());
        assert!(smooth.price_at(start).is_some() && smooth.price_at(end).is_some());
        assert_eq!((smooth.price_at(start - 1), smooth.price_at(end + 1)), (None, None));
        assert_eq!((smooth.price_at(i64::MIN), smooth.price_at(i64::MAX)), (None, None));
    }
}

#[test]
fn a_logarithm_needs_prices_above_its_shift() {
    let curve = ForwardCurve::bootstrap(&quotes(&[("2027-01", -0.5)])).unwrap();
    let draw = |shift| SmoothCurve::through(&curve, EndSlope::Zero, Scale::Logarithmic { shift });
    assert!((draw(1.0).unwrap().price(period("2027-01")).unwrap() + 0.5).abs() < 1e-14);
    assert_eq!(
        draw(0.5).unwrap_err().to_string(),
        "price -0.5 is not greater than -0.5: shift the logarithm further, or draw the curve on a linear scale"
    );
    assert!(draw(f64::NAN).is_err());
}
