//! From the price of an option back to the volatility that explains it, to the last digits over the whole domain: from
//! options worth 1e-300 to those worth nearly all that they can be.
//!
//! ```
//! use pricing::{EuropeanOption, OptionKind, implied_volatility};
//!
//! # fn main() -> Result<(), pricing::Error> {
//! let put = EuropeanOption { kind: OptionKind::Put, strike: 2.0, years: 0.5 };
//! let volatility = implied_volatility::black76(&put, 2.4, 0.25)?;
//! let market = pricing::black76::Market { forward: 2.4, rate: 0.0, volatility };
//! assert!((pricing::black76::price(&put, &market)? - 0.25).abs() < 1e-15);
//! assert!(implied_volatility::black76(&put, 1.5, 0.25).is_err(), "exercise alone is worth 0.50");
//! # Ok(())
//! # }
//! ```

use crate::black76::log_ratio;
use crate::normal::{DENSITY_AT_ZERO, mills_ratio, mills_ratio_and_slope, quantile_of_tail};
use crate::normalised::{OutOfTheMoney, out_of_the_money};
use crate::{Error, EuropeanOption};

/// A step of fourth order this small, relative to the deviation, leaves an error below the last digit.
const STEP_ENOUGH: f64 = 2e-5;

/// The inputs of the tests need five steps at most.
const STEPS_MAX: usize = 12;

/// Within this `|ln(F/K)|`, and below this value of the lower of both, the first guess takes the model for normal.
const NEAR: f64 = 1.0;
const NEARLY_NORMAL: f64 = 0.4;

/// The value of a normal option, as a part of its distance from the money, that is 0.99 deviations away.
const FAR_RATIO: f64 = 0.0889;
const NEAR_THE_MONEY: [f64; 6] =
    [0.398_761_434_4, 0.007_576_646_378, -0.017_352_943_49, 0.109_506_868_8, -0.095_199_206_31, 0.033_196_881_61];
const FAR_FROM_THE_MONEY: [f64; 5] = [1.000_653_586, -0.136_188_884_5, -8.299_361_213, 17.961_208_11, -10.919_670_58];

/// The lognormal volatility per √year at which Black's formula gives `price`, which is not discounted: divide a premium
/// paid today by its discount factor first. Zero for exactly the intrinsic value.
///
/// The relative error is a few ε times `max(1, price / (σ ∂V/∂σ))`: what the rounding of the price itself leaves open.
///
/// As in P. Jäckel, "Let's Be Rational" (Wilmott, 2015), the option out of the money is solved for `s = σ√T` by
/// Householder's third method on a function of its value that is nearly linear in s: `1/ln b` where its convexity ends
/// (`s² < 2x`), `ln(1 − b)` for values above half, b itself between. The first guess is our own: the normal
/// model's near the money, elsewhere a normal distribution in `s/2 − x/s` scaled to meet the point of inflection.
///
/// # Errors
///
/// Forward, strike or time that are not above zero; a price below the intrinsic value, or not below what the option can
/// be worth at most (the forward for a call, the strike for a put).
pub fn black76(option: &EuropeanOption, forward: f64, price: f64) -> Result<f64, Error> {
    option.check()?;
    Error::unless_finite("forward", forward)?;
    Error::unless_finite("price", price)?;
    for (name, value) in [("forward", forward), ("strike", option.strike), ("years", option.years)] {
        if value <= 0.0 {
            return Err(Error::NotPositive { name, value });
        }
    }
    let time_value = time_value(option, forward, price)?;
    let lower = forward.min(option.strike);
    if time_value >= lower {
        let bound = if option.kind.sign() > 0.0 { forward } else { option.strike };
        return Err(Error::AboveBound { kind: option.kind, price, bound });
    }
    if time_value == 0.0 {
        return Ok(0.0);
    }
    let target = Target { value: time_value / lower, complement: (lower - time_value) / lower };
    let distance = (forward - option.strike).abs() / lower;
    Ok(deviation(log_ratio(forward, option.strike).abs(), distance, target) / option.years.sqrt())
}

/// The normal volatility, in price units per √year, at which Bachelier's formula gives `price`, which is not discounted.
/// Forward and strike may have either sign. Relative error as for [`black76`].
///
/// With `z = |F − K|/σ√T` the time value is `|F − K| (φ(z)/z − N(−z))`; its logarithm is solved for z by Householder's third
/// method (P. Jäckel, "Implied normal volatility", Wilmott, 2017, has a rational function for the same).
///
/// # Errors
///
/// Time that is not above zero; a price below the intrinsic value.
pub fn bachelier(option: &EuropeanOption, forward: f64, price: f64) -> Result<f64, Error> {
    option.check()?;
    Error::unless_finite("forward", forward)?;
    Error::unless_finite("price", price)?;
    if option.years <= 0.0 {
        return Err(Error::NotPositive { name: "years", value: option.years });
    }
    let time_value = time_value(option, forward, price)?;
    if time_value == 0.0 {
        return Ok(0.0);
    }
    let distance = (forward - option.strike).abs();
    if distance == 0.0 {
        return Ok(time_value / (DENSITY_AT_ZERO * option.years.sqrt()));
    }
    Ok(distance / (normal_deviations(time_value / distance) * option.years.sqrt()))
}

/// Price less intrinsic value: by put-call parity the price of the option out of the money at the same strike.
fn time_value(option: &EuropeanOption, forward: f64, price: f64) -> Result<f64, Error> {
    let intrinsic = option.kind.payoff(forward, option.strike);
    if price < intrinsic {
        Err(Error::BelowIntrinsic { kind: option.kind, price, intrinsic })
    } else {
        Ok(price - intrinsic)
    }
}

/// The value out of the money per unit of the lower of forward and strike, and what it lacks to one.
#[derive(Clone, Copy)]
struct Target {
    value: f64,
    complement: f64,
}

/// The s at which an option `x = |ln(F/K)|` out of the money has the value.
fn deviation(x: f64, distance: f64, target: Target) -> f64 {
    // At this deviation the slope is largest, φ(0), and a is zero.
    let inflection = (2.0 * x).sqrt();
    let value_there = 0.5 - DENSITY_AT_ZERO * mills_ratio(inflection);
    let is_below = target.value < value_there;
    let mut s = first_guess(x, distance, target, value_there);
    for _ in 0..STEPS_MAX {
        let at = out_of_the_money(x, s);
        let step = if is_below {
            step_of_inverse_logarithm(x, s, &at, target.value)
        } else if target.value > 0.5 {
            step_of_complement(x, s, &at, target.complement)
        } else {
            householder((target.value - at.value) / at.slope, curvature(x, s))
        };
        // Never a sign or a leap into nothing: the next step starts from a better place.
        let next = (s + step).clamp(0.5 * s, 2.0 * s);
        let is_enough = (next - s).abs() <= STEP_ENOUGH * s;
        s = next;
        if is_enough {
            break;
        }
    }
    s
}

/// Within a few percent for ordinary inputs.
///
/// Near the money the model is almost normal, and `x / z` is close for the z of [`distance_per_normal_deviation`]. Elsewhere
/// value and complement, `φ(a) (R(|a|) ∓ R(√(a² + 2x)))`, are taken as multiples of `N(−|a|)` that are right at `a = 0` and
/// for x without bound; that of the complement is right for `x = 0`, too.
fn first_guess(x: f64, distance: f64, target: Target, value_there: f64) -> f64 {
    if x < NEAR && target.value < NEARLY_NORMAL {
        let slant = if distance == 0.0 { 1.0 } else { x / distance };
        let s = slant * distance_per_normal_deviation(target.value, distance);
        s * (1.0 + s * s / 24.0)
    } else if target.value < value_there {
        let p = 0.5 * (target.value / value_there);
        let a = -quantile_of_tail(p, p - 0.5);
        2.0 * x / (a + (a * a + 2.0 * x).sqrt())
    } else {
        let room = 1.0 - value_there;
        let a = -quantile_of_tail(0.5 * (target.complement / room), -0.5 * (target.value - value_there) / room);
        a + (a * a + 2.0 * x).sqrt()
    }
}

/// Second and third derivative of the value by s, as parts of the first.
fn curvature(x: f64, s: f64) -> (f64, f64) {
    let middle = x / s;
    let second = middle * middle / s - 0.25 * s;
    (second, second * second - 3.0 * (middle / s) * (middle / s) - 0.25)
}

/// One step of Householder's third method, from Newton's step and two ratios of derivatives.
fn householder(newton: f64, (second, third): (f64, f64)) -> f64 {
    newton * (1.0 + 0.5 * newton * second) / (1.0 + newton * (second + newton * third / 6.0))
}

/// A step towards `1/ln b = 1/ln β`.
fn step_of_inverse_logarithm(x: f64, s: f64, at: &OutOfTheMoney, wanted: f64) -> f64 {
    if at.value <= 0.0 {
        return 0.5 * s;
    }
    let (second, third) = curvature(x, s);
    let log = at.value.ln();
    let missing = log_quotient(wanted, at.value);
    let growth = at.slope / at.value;
    let inverse = 1.0 / log;
    let newton = missing * log / (log + missing) / growth;
    let bend = 1.0 + 2.0 * inverse;
    let ratios = (
        second - growth * bend,
        third + 2.0 * growth * growth * (1.0 + 3.0 * inverse * (1.0 + inverse)) - 3.0 * second * growth * bend,
    );
    householder(newton, ratios)
}

/// A step towards `ln(1 − b) = ln(1 − β)`.
fn step_of_complement(x: f64, s: f64, at: &OutOfTheMoney, wanted: f64) -> f64 {
    if at.complement <= 0.0 {
        return -0.5 * s;
    }
    let (second, third) = curvature(x, s);
    let decline = at.slope / at.complement;
    let newton = -log_quotient(wanted, at.complement) / decline;
    householder(newton, (second + decline, third + 3.0 * second * decline + 2.0 * decline * decline))
}

/// `ln(a/b)`, with full relative accuracy where both are near: that is where the last step ends.
fn log_quotient(a: f64, b: f64) -> f64 {
    let quotient = (a - b) / b;
    if quotient.abs() < 0.5 { quotient.ln_1p() } else { a.ln() - b.ln() }
}

/// The z with `φ(z)/z − N(−z) = ratio`. The left side falls from infinity, its slope is `−φ(z)/z²`.
fn normal_deviations(ratio: f64) -> f64 {
    let mut z = 1.0 / distance_per_normal_deviation(ratio, 1.0);
    for _ in 0..STEPS_MAX {
        let density = DENSITY_AT_ZERO * (-0.5 * z * z).exp();
        let value = density * mills_ratio_and_slope(z).1 / z;
        if value <= 0.0 {
            z *= 0.9;
            continue;
        }
        let decline = -density / (z * z) / value;
        let newton = log_quotient(ratio, value) / decline;
        let second = -z - 2.0 / z;
        let third = z * z + 3.0 + 6.0 / (z * z);
        let ratios = (second - decline, third - 3.0 * second * decline + 2.0 * decline * decline);
        let next = (z + householder(newton, ratios)).clamp(0.5 * z, 2.0 * z);
        let is_enough = (next - z).abs() <= STEP_ENOUGH * z;
        z = next;
        if is_enough {
            break;
        }
    }
    z
}

/// `distance / z` for the z at which the normal model gives `value`, to 0.3 %: `φ(z)/z − N(−z) = value / distance`. A distance
/// of zero is the limit at the money.
///
/// Two near-minimax polynomials: z as a multiple of `u = 1 / (value/distance + ½)`, which it is in the limit, and of
/// `√(−2 ln(value/distance))`, by the inverse of the latter.
fn distance_per_normal_deviation(value: f64, distance: f64) -> f64 {
    if value > FAR_RATIO * distance {
        let middle = value + 0.5 * distance;
        let u = distance / middle;
        middle / NEAR_THE_MONEY.iter().rev().fold(0.0, |sum, &next| sum * u + next)
    } else {
        let root = (-2.0 * (value / distance).ln()).sqrt();
        distance / (root * FAR_FROM_THE_MONEY.iter().rev().fold(0.0, |sum, &next| sum / root + next))
    }
}
