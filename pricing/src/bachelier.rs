//! Bachelier's formula for a European option on a forward, with its greeks: the normal model, for spreads and other prices
//! that may be zero or negative.
//!
//! Source: L. Bachelier, "Théorie de la spéculation", Annales scientifiques de l'École Normale Supérieure 17 (1900), in the
//! form on a forward with discounting. With `m = (F − K)/σ√T` and `c = ±1` for call and put,
//!
//! `V = e^(−rT) (c (F − K) N(c m) + σ√T φ(m))`.
//!
//! ```
//! use pricing::{EuropeanOption, OptionKind, bachelier};
//!
//! # fn main() -> Result<(), pricing::Error> {
//! // A spread between two regions, now 10 cents negative.
//! let call = EuropeanOption { kind: OptionKind::Call, strike: 0.0, years: 1.0 };
//! let market = bachelier::Market { forward: -0.1, rate: 0.0, volatility: 0.1 };
//! // σ (φ(1) − N(−1))
//! assert!((bachelier::price(&call, &market)? - 0.008_331_547).abs() < 1e-9);
//! # Ok(())
//! # }
//! ```

use crate::normal::{DENSITY_AT_ZERO, cumulative_of, mills_ratio_and_slope};
use crate::{Error, EuropeanOption, Greeks};

/// What the normal model takes from the market.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Market {
    /// Forward or futures price for delivery at expiry, in the unit of the strike, of either sign.
    pub forward: f64,
    /// Continuously compounded rate per year that discounts the payment; may be negative.
    pub rate: f64,
    /// Normal volatility in price units per √year. Not negative.
    pub volatility: f64,
}

/// Beyond so many deviations the density is no number any more.
const DEVIATIONS_MAX: f64 = 39.0;

/// The present value of one unit, in the unit of the strike. Relative error below 1e-12, wherever the value is a normal
/// number, for the inputs as given.
///
/// # Errors
///
/// An input that is not finite, and a negative volatility or time. Strike and forward may have either sign.
pub fn price(option: &EuropeanOption, market: &Market) -> Result<f64, Error> {
    check(option, market)?;
    Ok(discount(option, market) * undiscounted(option, market))
}

/// Price and greeks, in the conventions of [`Greeks`]; without deviation they are the limits.
///
/// # Errors
///
/// As [`price`].
pub fn greeks(option: &EuropeanOption, market: &Market) -> Result<Greeks, Error> {
    check(option, market)?;
    let Market { forward, rate, volatility } = *market;
    let (sign, root) = (option.kind.sign(), option.years.sqrt());
    let discount = discount(option, market);
    let price = discount * undiscounted(option, market);
    let deviation = volatility * root;
    let moneyness = if forward == option.strike { 0.0 } else { (forward - option.strike) / deviation };
    let density = DENSITY_AT_ZERO * (-0.5 * moneyness * moneyness).exp();
    let scaled = |factor: f64| if density == 0.0 { 0.0 } else { discount * density * factor };
    // Zero, or the limit at the money.
    let per_volatility = if moneyness == 0.0 { 0.0 } else { moneyness / volatility };
    let delta = discount * sign * cumulative_of(sign * moneyness, density);
    Ok(Greeks {
        price,
        delta,
        gamma: scaled(1.0 / deviation),
        vega: scaled(root),
        theta: rate * price - if volatility == 0.0 { 0.0 } else { scaled(0.5 * volatility / root) },
        rho: -option.years * price,
        vanna: scaled(-per_volatility),
        volga: scaled(root * moneyness * per_volatility),
        dual_delta: -delta,
    })
}

fn check(option: &EuropeanOption, market: &Market) -> Result<(), Error> {
    option.check()?;
    Error::unless_finite("forward", market.forward)?;
    Error::unless_not_negative("volatility", market.volatility)?;
    Error::unless_finite("rate", market.rate)
}

fn discount(option: &EuropeanOption, market: &Market) -> f64 {
    (-market.rate * option.years).exp()
}

/// Intrinsic value plus the value out of the money, `σ√T (φ(z) − z N(−z))` with `z = |m|`. The bracket is `φ(z)` times the
/// slope of the Mills ratio, in which nothing cancels.
fn undiscounted(option: &EuropeanOption, market: &Market) -> f64 {
    let deviation = market.volatility * option.years.sqrt();
    let intrinsic = option.kind.payoff(market.forward, option.strike);
    let z = (market.forward - option.strike).abs() / deviation;
    if deviation == 0.0 || z > DEVIATIONS_MAX {
        return intrinsic;
    }
    let (_, slope) = mills_ratio_and_slope(z);
    intrinsic + deviation * (DENSITY_AT_ZERO * (-0.5 * z * z).exp()) * slope
}
