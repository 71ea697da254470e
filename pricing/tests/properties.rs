//! What holds between prices, greeks and volatilities whatever the numbers: parity, differences, round trips, limits.

use pricing::OptionKind::{Call, Put};
use pricing::{
    Error, EuropeanOption, Greeks, OptionKind, bachelier, black_scholes, black76, implied_volatility, normal,
};
use proptest::prelude::*;

fn option(kind: OptionKind, strike: f64, years: f64) -> EuropeanOption {
    EuropeanOption { kind, strike, years }
}

fn kinds() -> impl Strategy<Value = OptionKind> {
    prop_oneof![Just(Call), Just(Put)]
}

/// Far in the money a price says nothing of its volatility: beyond three deviations the option is out of it.
fn out_beyond_three(kind: OptionKind, away: f64) -> OptionKind {
    match away {
        _ if away > 3.0 => Call,
        _ if away < -3.0 => Put,
        _ => kind,
    }
}

fn assert_near(what: &str, value: f64, wanted: f64, allowed: f64) {
    assert!((value - wanted).abs() <= allowed, "{what}: {value:e} for {wanted:e}, allowed {allowed:e}");
}

/// A central difference of the fourth order, and how far rounding and the next term may take it.
fn slope(at: f64, step: f64, value: impl Fn(f64) -> f64) -> f64 {
    let near = value(at + step) - value(at - step);
    let far = value(at + 2.0 * step) - value(at - 2.0 * step);
    (8.0 * near - far) / (12.0 * step)
}

/// A model as a function of forward, strike, years, rate and volatility.
type Model = fn(OptionKind, [f64; 5]) -> Greeks;

fn lognormal(kind: OptionKind, [forward, strike, years, rate, volatility]: [f64; 5]) -> Greeks {
    black76::greeks(&option(kind, strike, years), &black76::Market { forward, rate, volatility })
        .expect("inputs of the domain")
}

fn gaussian(kind: OptionKind, [forward, strike, years, rate, volatility]: [f64; 5]) -> Greeks {
    bachelier::greeks(&option(kind, strike, years), &bachelier::Market { forward, rate, volatility })
        .expect("inputs of the domain")
}

/// Each greek against the difference of what it is the derivative of.
fn check_greeks(model: Model, kind: OptionKind, inputs: [f64; 5]) {
    let greeks = model(kind, inputs);
    let by = |at: usize, of: fn(&Greeks) -> f64| {
        let step = 1e-4 * inputs[at].abs().max(0.1);
        slope(inputs[at], step, |value| {
            let mut moved = inputs;
            moved[at] = value;
            of(&model(kind, moved))
        })
    };
    for (what, value, wanted) in [
        ("delta", greeks.delta, by(0, |greeks| greeks.price)),
        ("gamma", greeks.gamma, by(0, |greeks| greeks.delta)),
        ("vega", greeks.vega, by(4, |greeks| greeks.price)),
        ("theta", greeks.theta, -by(2, |greeks| greeks.price)),
        ("rho", greeks.rho, by(3, |greeks| greeks.price)),
        ("vanna", greeks.vanna, by(4, |greeks| greeks.delta)),
        ("volga", greeks.volga, by(4, |greeks| greeks.vega)),
        ("dual delta", greeks.dual_delta, by(1, |greeks| greeks.price)),
    ] {
        assert_near(what, value, wanted, 1e-7 * (1.0 + wanted.abs()));
    }
}

proptest! {
    #[test]
    fn calls_less_puts_are_the_discounted_forward_less_strike(
        forward in 0.01..50.0_f64, strike in 0.01..50.0_f64, years in 0.0..5.0_f64,
        rate in -0.05..0.2_f64, volatility in 0.0..3.0_f64,
    ) {
        let inputs = [forward, strike, years, rate, volatility];
        let parity = (-rate * years).exp() * (forward - strike);
        for model in [lognormal, gaussian] {
            let (call, put) = (model(Call, inputs), model(Put, inputs));
            let allowed = 4.0 * f64::EPSILON * (call.price + put.price);
            assert_near("price", call.price - put.price, parity, allowed);
            assert_near("delta", call.delta - put.delta, (-rate * years).exp(), 1e-15);
            assert_eq!((call.gamma, call.vega, call.vanna, call.volga), (put.gamma, put.vega, put.vanna, put.volga));
        }
    }

    #[test]
    fn greeks_are_the_slopes_of_prices(
        kind in kinds(), forward in 0.5..5.0_f64, moneyness in -0.5..0.5_f64, years in 0.2..2.0_f64,
        rate in -0.05..0.2_f64, volatility in 0.2..1.5_f64,
    ) {
        check_greeks(lognormal, kind, [forward, forward * moneyness.exp(), years, rate, volatility]);
        check_greeks(gaussian, kind, [forward - 2.0, forward - 2.0 + moneyness, years, rate, volatility]);
    }

    #[test]
    fn greeks_by_the_spot_are_the_slopes_of_prices(
        kind in kinds(), spot in 0.5..5.0_f64, moneyness in -0.5..0.5_f64, years in 0.2..2.0_f64,
        rate in -0.05..0.2_f64, dividend_yield in -0.05..0.2_f64, volatility in 0.2..1.5_f64,
    ) {
        let option = option(kind, spot * moneyness.exp(), years);
        let market = black_scholes::Market { spot, rate, dividend_yield, volatility };
        let price = |option: &EuropeanOption, market: black_scholes::Market| black_scholes::price(option, &market).unwrap();
        let greeks = black_scholes::greeks(&option, &market).unwrap();
        for (what, value, wanted) in [
            ("delta", greeks.delta, slope(spot, 1e-4, |spot| price(&option, black_scholes::Market { spot, ..market }))),
            ("vega", greeks.vega, slope(volatility, 1e-4, |volatility| {
                price(&option, black_scholes::Market { volatility, ..market })
            })),
            ("rho", greeks.rho, slope(rate, 1e-4, |rate| price(&option, black_scholes::Market { rate, ..market }))),
            ("dividend rho", greeks.dividend_rho, slope(dividend_yield, 1e-4, |dividend_yield| {
                price(&option, black_scholes::Market { dividend_yield, ..market })
            })),
            ("theta", greeks.theta, -slope(years, 1e-4, |years| price(&EuropeanOption { years, ..option }, market))),
            ("gamma", greeks.gamma, slope(spot, 1e-4, |spot| {
                black_scholes::greeks(&option, &black_scholes::Market { spot, ..market }).unwrap().delta
            })),
        ] {
            assert_near(what, value, wanted, 1e-7 * (1.0 + wanted.abs()));
        }
    }

    /// Where a price determines its volatility, the way there and back loses nothing.
    #[test]
    fn a_volatility_comes_back_from_its_price(
        kind in kinds(), forward in 0.01..100.0_f64, log_deviation in -14.0..1.6_f64, away in -25.0..25.0_f64,
        years in 0.001..5.0_f64,
    ) {
        let deviation = log_deviation.exp();
        let volatility = deviation / years.sqrt();
        let option = option(out_beyond_three(kind, away), forward * (away * deviation).exp(), years);
        let market = black76::Market { forward, rate: 0.0, volatility };
        let greeks = black76::greeks(&option, &market).unwrap();
        let condition = greeks.price / (greeks.vega * volatility);
        if condition > 1e6 {
            return Ok(());
        }
        let implied = implied_volatility::black76(&option, forward, greeks.price).unwrap();
        // The price is within (1 + z²) ε of its own, the root within some more.
        let allowed = 32.0 * f64::EPSILON * (1.0 + condition * (1.0 + away * away));
        assert_near("volatility", implied, volatility, allowed * volatility);
    }

    #[test]
    fn a_normal_volatility_comes_back_from_its_price(
        kind in kinds(), forward in -10.0..10.0_f64, log_deviation in -10.0..5.0_f64, away in -25.0..25.0_f64,
        years in 0.001..5.0_f64,
    ) {
        let deviation = log_deviation.exp();
        let volatility = deviation / years.sqrt();
        let option = option(out_beyond_three(kind, away), forward + away * deviation, years);
        let greeks = bachelier::greeks(&option, &bachelier::Market { forward, rate: 0.0, volatility }).unwrap();
        let condition = greeks.price / (greeks.vega * volatility);
        if condition > 1e6 {
            return Ok(());
        }
        let implied = implied_volatility::bachelier(&option, forward, greeks.price).unwrap();
        // The strike was rounded: that moves the distance by the part of it that a double of its size has.
        let rounding = option.strike.abs() / deviation;
        let allowed = 32.0 * f64::EPSILON * (1.0 + condition * (1.0 + away * away)) + f64::EPSILON * rounding;
        assert_near("volatility", implied, volatility, allowed * volatility);
    }

    #[test]
    fn the_normal_distribution_is_that_of_the_error_function(x in -37.0..8.0_f64) {
        let wanted = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        // The argument of the error function is rounded.
        assert_near("cumulative", normal::cumulative(x), wanted, 4.0 * f64::EPSILON * (1.0 + x * x) * wanted);
    }

    #[test]
    fn a_quantile_has_its_probability(exponent in -300.0..-0.001_f64, is_upper in any::<bool>()) {
        // One less a tail is a double only down to 1e-16.
        let exponent = if is_upper { exponent / 20.0 } else { exponent };
        let tail = 0.5 * 10.0_f64.powf(exponent);
        let p = if is_upper { 1.0 - tail } else { tail };
        let x = normal::inverse_cumulative(p);
        let (value, wanted) = if is_upper { (normal::cumulative(-x), 1.0 - p) } else { (normal::cumulative(x), p) };
        assert_near("p", value, wanted, 4.0 * f64::EPSILON * (1.0 + x * x) * wanted);
    }
}

/// Price, delta, gamma, vega, theta, vanna, volga, dual delta at the limits, from the formulas by hand: `D = e^(−rT)`,
/// `φ0 = 1/√(2π)`.
#[test]
fn without_deviation_the_limits_hold_exactly() {
    let phi = 0.398_942_280_401_432_7;
    let discount = (-0.04_f64).exp();
    let zero = 0.0;
    for (what, inputs, wanted) in [
        (
            "no volatility, in",
            [3.0, 2.0, 2.0, 0.02, 0.0],
            [discount, discount, zero, zero, 0.02 * discount, zero, zero, -discount],
        ),
        ("no time, in", [3.0, 2.0, 0.0, 0.02, 0.5], [1.0, 1.0, zero, zero, 0.02, zero, zero, -1.0]),
        ("no volatility, out", [2.0, 3.0, 2.0, 0.02, 0.0], [zero, zero, zero, zero, zero, zero, zero, -zero]),
        (
            "no volatility, at",
            [2.0, 2.0, 1.0, 0.0, 0.0],
            [zero, 0.5, f64::INFINITY, 2.0 * phi, zero, 0.5 * phi, -zero, -0.5],
        ),
        (
            "no time, at",
            [2.0, 2.0, 0.0, 0.0, 0.5],
            [zero, 0.5, f64::INFINITY, zero, f64::NEG_INFINITY, zero, -zero, -0.5],
        ),
        ("neither, at", [2.0, 2.0, 0.0, 0.0, 0.0], [zero, 0.5, f64::INFINITY, zero, zero, zero, -zero, -0.5]),
        (
            "strike zero",
            [2.0, 0.0, 2.0, 0.02, 0.5],
            [2.0 * discount, discount, zero, zero, 0.04 * discount, zero, zero, -discount],
        ),
        ("forward zero", [0.0, 2.0, 2.0, 0.02, 0.5], [zero, zero, zero, zero, zero, zero, zero, -zero]),
    ] {
        let greeks = lognormal(Call, inputs);
        let values = [
            greeks.price,
            greeks.delta,
            greeks.gamma,
            greeks.vega,
            greeks.theta,
            greeks.vanna,
            greeks.volga,
            greeks.dual_delta,
        ];
        for (value, wanted) in values.into_iter().zip(wanted) {
            assert!(value == wanted || (value - wanted).abs() < 1e-15, "{what}: {values:?}");
        }
    }
    let at = gaussian(Put, [0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!((at.price, at.delta, at.gamma, at.vega, at.volga), (0.0, -0.5, f64::INFINITY, phi, 0.0));
    let below = gaussian(Put, [-2.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!((below.price, below.delta, below.gamma, below.dual_delta), (3.0, -1.0, 0.0, 1.0));
}

#[test]
fn prices_without_a_volatility_are_refused_with_their_bounds() {
    let (call, put) = (option(Call, 2.0, 1.0), option(Put, 2.0, 1.0));
    let below = Error::BelowIntrinsic { kind: Call, price: 0.9, intrinsic: 1.0 };
    assert_eq!(implied_volatility::black76(&call, 3.0, 0.9), Err(below));
    assert_eq!(
        below.to_string(),
        "call price 0.9 is below its intrinsic value 1: compare undiscounted with undiscounted"
    );
    let above = |kind, price, bound| Err(Error::AboveBound { kind, price, bound });
    assert_eq!(implied_volatility::black76(&call, 3.0, 3.0), above(Call, 3.0, 3.0));
    assert_eq!(implied_volatility::black76(&put, 3.0, 2.5), above(Put, 2.5, 2.0));
    assert_eq!(implied_volatility::black76(&call, 3.0, 1.0), Ok(0.0));
    assert_eq!(implied_volatility::bachelier(&put, 1.0, 1.0), Ok(0.0));
    let not_positive = |name, value| Err(Error::NotPositive { name, value });
    assert_eq!(implied_volatility::black76(&call, 0.0, 1.0), not_positive("forward", 0.0));
    assert_eq!(implied_volatility::black76(&option(Put, 0.0, 1.0), 1.0, 1.0), not_positive("strike", 0.0));
    assert_eq!(implied_volatility::black76(&option(Put, 1.0, 0.0), 1.0, 1.0), not_positive("years", 0.0));
    let not_finite = Error::NotFinite { name: "price", value: f64::INFINITY };
    assert_eq!(implied_volatility::bachelier(&put, 1.0, f64::INFINITY), Err(not_finite));
    assert_eq!(
        black76::price(&option(Call, 1.0, -1.0), &black76::Market { forward: 1.0, rate: 0.0, volatility: 0.1 }),
        Err(Error::Negative { name: "years", value: -1.0 })
    );
}

/// At the money a small price is `F σ√T φ(0)`, however small; next to it, and far from it by any standard, the way back
/// is exact, too.
#[test]
fn the_smallest_prices_have_their_volatility() {
    let phi = 0.398_942_280_401_432_7;
    for exponent in [-7, -17, -20, -100, -290] {
        let price = 10.0_f64.powi(exponent);
        let volatility = implied_volatility::black76(&option(Call, 2.0, 4.0), 2.0, price).unwrap();
        assert_near("volatility", volatility, price / (2.0 * 2.0 * phi), 4e-15 * volatility);
    }
    for (forward, strike, volatility) in
        [(1.0, 1.0 + 1e-15, 1e-15), (1.0, 1.0 + 1e-15, 0.3), (3.0, 3e9, 3.0), (1e-9, 1.0, 2.0)]
    {
        let option = option(Call, strike, 1.0);
        let price = black76::price(&option, &black76::Market { forward, rate: 0.0, volatility }).unwrap();
        let implied = implied_volatility::black76(&option, forward, price).unwrap();
        assert_near("volatility", implied, volatility, 4e-15 * volatility);
    }
}

/// From the CRC handbook's tables, and their mirror.
#[test]
fn the_normal_distribution_has_its_landmarks() {
    assert_eq!(normal::cumulative(0.0), 0.5);
    assert_eq!(normal::cumulative(f64::INFINITY), 1.0);
    assert_eq!(normal::cumulative(f64::NEG_INFINITY), 0.0);
    assert!(normal::cumulative(f64::NAN).is_nan());
    assert_eq!((normal::inverse_cumulative(0.0), normal::inverse_cumulative(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    assert_eq!(normal::inverse_cumulative(0.5), 0.0);
    assert!(normal::inverse_cumulative(1.5).is_nan());
    assert_near("quantile", normal::inverse_cumulative(0.975), 1.959_963_984_540_054, 1e-15);
    assert_near("one", normal::cumulative(1.0), 0.841_344_746_068_542_9, 2e-16);
    assert_near("ratio", normal::mills_ratio(1e12), 1e-12, 1e-28);
}
