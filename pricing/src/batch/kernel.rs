//! One option as straight arithmetic: the body that each path compiles to its own vector instructions.

use super::{Columns, GreekColumns};
use crate::elementary::{exponential, log_ratio, multiply_add};
use crate::normal::{DENSITY_AT_ZERO, mills_fraction};

/// Forward and strike beyond these are left to the scalar formula.
const PRICE_MIN: f64 = 1e-100;
const PRICE_MAX: f64 = 1e100;

/// Deviations from the money up to which the kernel prices; the density is a normal number there, with room for a strike.
const DEVIATIONS_MAX: f64 = 25.0;

/// `|r| T` up to which the kernel discounts.
const RATE_TIME_MAX: f64 = 300.0;

/// The least deviation, as a part of `1 + |ln(F/K)|/σ√T`: below it two tails agree in too many digits. What is lost is a
/// factor of its inverse on an error of 3 ε, 2.6e-13 in all.
const DEVIATION_MIN: f64 = 1.0 / 400.0;

/// What the kernel makes of one row; the price is not a number where the scalar formula has to do it.
struct Row {
    price: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    theta: f64,
    rho: f64,
}

#[inline(always)]
pub(super) fn prices<const FUSED: bool>(options: &Columns, prices: &mut [f64]) {
    let rows = prices.len();
    let (kinds, forwards, strikes) = (&options.kinds[..rows], &options.forwards[..rows], &options.strikes[..rows]);
    let (years, rates, volatilities) = (&options.years[..rows], &options.rates[..rows], &options.volatilities[..rows]);
    for at in 0..rows {
        let row = row::<FUSED>(kinds[at].sign(), forwards[at], strikes[at], years[at], rates[at], volatilities[at]);
        prices[at] = row.price;
    }
}

#[inline(always)]
pub(super) fn greeks<const FUSED: bool>(options: &Columns, output: &mut GreekColumns) {
    let rows = output.prices.len();
    let (kinds, forwards, strikes) = (&options.kinds[..rows], &options.forwards[..rows], &options.strikes[..rows]);
    let (years, rates, volatilities) = (&options.years[..rows], &options.rates[..rows], &options.volatilities[..rows]);
    let (prices, deltas, gammas) = (&mut output.prices[..rows], &mut output.deltas[..rows], &mut output.gammas[..rows]);
    let (vegas, thetas, rhos) = (&mut output.vegas[..rows], &mut output.thetas[..rows], &mut output.rhos[..rows]);
    for at in 0..rows {
        let row = row::<FUSED>(kinds[at].sign(), forwards[at], strikes[at], years[at], rates[at], volatilities[at]);
        prices[at] = row.price;
        deltas[at] = row.delta;
        gammas[at] = row.gamma;
        vegas[at] = row.vega;
        thetas[at] = row.theta;
        rhos[at] = row.rho;
    }
}

/// The formulas of `normalised` and `black76` with one quotient for both Mills ratios, every choice a selection.
#[inline(always)]
fn row<const FUSED: bool>(sign: f64, forward: f64, strike: f64, years: f64, rate: f64, volatility: f64) -> Row {
    let root = years.sqrt();
    let deviation = volatility * root;
    let log_ratio = log_ratio::<FUSED>(forward, strike);
    let middle = log_ratio.abs() / deviation;
    let half = 0.5 * deviation;
    let (a, b) = (half - middle, half + middle);
    let discount = exponential::<FUSED>(-rate * years);
    let lower = if log_ratio < 0.0 { forward } else { strike };
    let lower_density = lower * (DENSITY_AT_ZERO * exponential::<FUSED>(-0.5 * a * a));

    let (top_a, bottom_a) = mills_fraction::<FUSED>(a.abs());
    let (top_b, bottom_b) = mills_fraction::<FUSED>(b);
    let inverse = 1.0 / (bottom_a * bottom_b);
    let (mills_a, mills_b) = (top_a * bottom_b * inverse, top_b * bottom_a * inverse);
    let is_wide = a > 0.0;
    let base = if is_wide { lower } else { 0.0 };
    let difference = if is_wide { -mills_a } else { mills_a } - mills_b;
    let intrinsic = sign * (forward - strike);
    let intrinsic = if intrinsic > 0.0 { intrinsic } else { 0.0 };
    let undiscounted = intrinsic + multiply_add::<FUSED>(lower_density, difference, base);

    let least = if forward < strike { forward } else { strike };
    let most = if forward < strike { strike } else { forward };
    let rate_time = (rate * years).abs();
    let fits = (least >= PRICE_MIN)
        & (most <= PRICE_MAX)
        & (b <= DEVIATIONS_MAX)
        & (rate_time <= RATE_TIME_MAX)
        & (deviation >= DEVIATION_MIN * (1.0 + middle));
    let price = if fits { discount * undiscounted } else { f64::NAN };

    // d1 is a, seen from the other side where the strike is the lower one, and φ(d1) F is the same on both.
    let d1 = if log_ratio < 0.0 { a } else { b };
    let mills_d1 = if log_ratio < 0.0 { mills_a } else { mills_b };
    let per_forward_deviation = 1.0 / (forward * deviation);
    let density = lower_density * (deviation * per_forward_deviation);
    let tail = density * mills_d1;
    let probability = if sign * d1 > 0.0 { 1.0 - tail } else { tail };
    let decay = 0.5 * lower_density * volatility * volatility * (forward * per_forward_deviation);
    Row {
        price,
        delta: discount * sign * probability,
        gamma: discount * density * per_forward_deviation,
        vega: discount * lower_density * root,
        theta: rate * price - discount * decay,
        rho: -years * price,
    }
}
