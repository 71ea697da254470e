//! Black's formula as a textbook has it, on the error function of a C library: the denominator of the ratios.

use pricing::{EuropeanOption, black76};
use std::f64::consts::FRAC_1_SQRT_2;

pub(crate) fn price(option: &EuropeanOption, market: &black76::Market) -> f64 {
    let sign = option.kind.sign();
    let deviation = market.volatility * option.years.sqrt();
    let d1 = (market.forward / option.strike).ln() / deviation + 0.5 * deviation;
    let d2 = d1 - deviation;
    let cumulative = |x: f64| 0.5 * libm::erfc(-x * FRAC_1_SQRT_2);
    let undiscounted = market.forward * cumulative(sign * d1) - option.strike * cumulative(sign * d2);
    (-market.rate * option.years).exp() * sign * undiscounted
}
