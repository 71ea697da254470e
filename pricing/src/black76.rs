//! Black's formula for a European option on a futures or forward, with its first and second derivatives: the lognormal model
//! in which option prices of commodities are quoted.
//!
//! Source: F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976), equation 16. With
//! `d1 = ln(F/K)/σ√T + σ√T/2`, `d2 = d1 − σ√T` and `c = ±1` for call and put,
//!
//! `V = e^(−rT) c (F N(c d1) − K N(c d2))`.
//!
//! ```
//! use pricing::{EuropeanOption, OptionKind, black76};
//!
//! # fn main() -> Result<(), pricing::Error> {
//! // Three months on an H100 hour at 2.40 USD, struck at 2.50, at 60 % a year.
//! let call = EuropeanOption { kind: OptionKind::Call, strike: 2.5, years: 0.25 };
//! let market = black76::Market { forward: 2.4, rate: 0.04, volatility: 0.6 };
//! let price = black76::price(&call, &market)?;
//! assert!((price - 0.242_370_507).abs() < 1e-9);
//!
//! let greeks = black76::greeks(&call, &market)?;
//! assert_eq!(greeks.price, price);
//! assert!((greeks.delta - 0.500_525_400).abs() < 1e-9);
//! # Ok(())
//! # }
//! ```

use crate::normal::{DENSITY_AT_ZERO, cumulative_of};
use crate::normalised::out_of_the_money;
use crate::{Error, EuropeanOption, Greeks, elementary};

/// What the lognormal model takes from the market.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Market {
    /// Forward or futures price for delivery at expiry, in the unit of the strike. Not negative.
    pub forward: f64,
    /// Continuously compounded rate per year that discounts the payment; may be negative.
    pub rate: f64,
    /// Lognormal volatility per √year, as a decimal: 0.6 is 60 %. Not negative.
    pub volatility: f64,
}

/// The present value of one unit, in the unit of the strike. Relative error below 1e-12, wherever the value is a normal
/// number, for the inputs as given.
///
/// Without deviation (`σ = 0` or `T = 0`), and with a forward or strike of zero, the value is the discounted intrinsic
/// value exactly.
///
/// # Errors
///
/// An input that is not finite, and a negative strike, forward, volatility or time.
pub fn price(option: &EuropeanOption, market: &Market) -> Result<f64, Error> {
    check(option, market)?;
    Ok(discount(option, market) * undiscounted(option, market))
}

/// Price and greeks, in the conventions of [`Greeks`].
///
/// Without deviation they are the limits: a delta of `N(0) = ½` at the money, an infinite gamma there, zero elsewhere.
///
/// # Errors
///
/// As [`price`].
pub fn greeks(option: &EuropeanOption, market: &Market) -> Result<Greeks, Error> {
    check(option, market)?;
    let EuropeanOption { kind, strike, years } = *option;
    let Market { forward, rate, volatility } = *market;
    let (sign, root) = (kind.sign(), years.sqrt());
    let discount = discount(option, market);
    let price = discount * undiscounted(option, market);
    let deviation = volatility * root;
    let (d1, d2) = d1_d2(option, market);
    // φ(d1): zero as soon as the exponent leaves the doubles, whatever it is multiplied with below.
    let density = DENSITY_AT_ZERO * (-0.5 * d1 * d1).exp();
    let vega = discount * forward * density * root;
    let scaled = |factor: f64| if density == 0.0 { 0.0 } else { discount * density * factor };
    let decay = if density == 0.0 || volatility == 0.0 { 0.0 } else { 0.5 * forward * volatility / root };
    // d2/σ and d1/σ have limits at the money, where d1 = −d2 = σ√T/2.
    let (vanna, volga) = if forward == strike {
        (scaled(0.5 * root), -0.25 * vega * volatility * years)
    } else {
        (scaled(-d2 / volatility), if density == 0.0 { 0.0 } else { vega * d1 * (d2 / volatility) })
    };
    Ok(Greeks {
        price,
        delta: discount * sign * cumulative_of(sign * d1, density),
        gamma: scaled(1.0 / (forward * deviation)),
        vega,
        theta: rate * price - scaled(decay),
        rho: -years * price,
        vanna,
        volga,
        dual_delta: -discount * sign * cumulative_of(sign * d2, DENSITY_AT_ZERO * (-0.5 * d2 * d2).exp()),
    })
}

fn check(option: &EuropeanOption, market: &Market) -> Result<(), Error> {
    option.check()?;
    Error::unless_not_negative("strike", option.strike)?;
    Error::unless_not_negative("forward", market.forward)?;
    Error::unless_not_negative("volatility", market.volatility)?;
    Error::unless_finite("rate", market.rate)
}

fn discount(option: &EuropeanOption, market: &Market) -> f64 {
    (-market.rate * option.years).exp()
}

/// Intrinsic value plus the value of the option out of the money at the same strike (put-call parity): both are positive,
/// so that the sum keeps the accuracy of its parts.
fn undiscounted(option: &EuropeanOption, market: &Market) -> f64 {
    let (forward, strike) = (market.forward, option.strike);
    let intrinsic = option.kind.payoff(forward, strike);
    let deviation = market.volatility * option.years.sqrt();
    let lower = forward.min(strike);
    if deviation == 0.0 || lower == 0.0 {
        return intrinsic;
    }
    intrinsic + lower * out_of_the_money(log_ratio(forward, strike).abs(), deviation).value
}

/// `ln(F/K)` with full relative accuracy near the money, where a quotient would have rounded it away.
pub(crate) fn log_ratio(forward: f64, strike: f64) -> f64 {
    if forward.is_normal() && strike.is_normal() {
        elementary::log_ratio::<false>(forward, strike)
    } else {
        forward.ln() - strike.ln()
    }
}

/// Below this part of its two terms, an argument of the formula is computed from more than doubles.
const CANCELLED: f64 = 0.02;

/// Both arguments of the formula. Without deviation they are at their limits, ±∞, or zero at the money.
///
/// Where the terms `ln(F/K)/σ√T` and `σ√T/2` cancel, so would the digits of vanna and volga: there both are computed as
/// `(ln(F/K) ± σ²T/2) / σ√T` with logarithm and variance in two doubles each.
fn d1_d2(option: &EuropeanOption, market: &Market) -> (f64, f64) {
    let log_ratio = log_ratio(market.forward, option.strike);
    let deviation = market.volatility * option.years.sqrt();
    let middle = if log_ratio == 0.0 { 0.0 } else { log_ratio / deviation };
    let half = 0.5 * deviation;
    let (d1, d2) = (middle + half, middle - half);
    let is_cancelled = d1.abs().min(d2.abs()) < CANCELLED * half && log_ratio != 0.0;
    if !is_cancelled || !market.forward.is_normal() || !option.strike.is_normal() {
        return (d1, d2);
    }
    let (log, log_low) = elementary::log_ratio_in_two(market.forward, option.strike);
    let square = market.volatility * market.volatility;
    let variance = square * option.years;
    let square_low = market.volatility.mul_add(market.volatility, -square);
    let variance_low = square.mul_add(option.years, -variance) + square_low * option.years;
    let argument = |sign: f64| {
        let (sum, lost) = elementary::sum_and_lost(log, sign * 0.5 * variance);
        (sum + (lost + log_low + sign * 0.5 * variance_low)) / deviation
    };
    (argument(1.0), argument(-1.0))
}
