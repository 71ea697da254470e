//! The generalised Black-Scholes-Merton formula, on a spot price with a yield: Black's formula seen from today's price.
//!
//! Source: E. G. Haug, "The Complete Guide to Option Pricing Formulas" (1998), pages 7–16: with cost of carry `b = r − q`
//! the forward is `F = S e^(bT)`, and `V = e^((b−r)T) S N(d1) − e^(−rT) K N(d2)` for a call. `q = 0` is Black and Scholes
//! (1973), a yield is Merton (1973), and `q = r` (no carry) is Black (1976).
//!
//! Carry supposes that the underlying can be held. A GPU-hour cannot: price what settles against one with
//! [`black76`], and use this for shares, currencies and tokens.
//!
//! ```
//! use pricing::{EuropeanOption, OptionKind, black_scholes};
//!
//! # fn main() -> Result<(), pricing::Error> {
//! let call = EuropeanOption { kind: OptionKind::Call, strike: 60.0, years: 0.75 };
//! let market = black_scholes::Market { spot: 55.0, rate: 0.1, dividend_yield: 0.0, volatility: 0.3 };
//! // Haug (1998), pages 13 and 14.
//! let greeks = black_scholes::greeks(&call, &market)?;
//! assert!((greeks.gamma - 0.0278).abs() < 5e-5);
//! assert!((greeks.vega - 18.9358).abs() < 5e-5);
//! # Ok(())
//! # }
//! ```

use crate::{Error, EuropeanOption, black76};

/// Days that a year's theta is divided by, as Haug does.
const DAYS_PER_YEAR: f64 = 365.0;

/// What the model takes from the market.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Market {
    /// Price now, in the unit of the strike. Not negative.
    pub spot: f64,
    /// Continuously compounded rate per year.
    pub rate: f64,
    /// Continuous yield q per year of holding the underlying; the cost of carry is `r − q`.
    pub dividend_yield: f64,
    /// Lognormal volatility per √year, as a decimal. Not negative.
    pub volatility: f64,
}

/// Price and sensitivities by the spot, per unit of what they are taken by.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SpotGreeks {
    /// Present value V, in price units.
    pub price: f64,
    /// `∂V/∂S`, without unit.
    pub delta: f64,
    /// `∂²V/∂S²`, per price unit.
    pub gamma: f64,
    /// `∂V/∂σ`, per 1.00 of volatility.
    pub vega: f64,
    /// `−∂V/∂T` per year.
    pub theta: f64,
    /// `∂V/∂r` with the yield fixed.
    pub rho: f64,
    /// `∂V/∂q` with the rate fixed.
    pub dividend_rho: f64,
    /// `∂V/∂K`.
    pub dual_delta: f64,
    /// `delta × S / V`, the percent that V moves for one percent of S; infinite or not a number for a worthless option.
    pub elasticity: f64,
}

impl SpotGreeks {
    /// What a day of 1/365 year costs, at this instant's pace.
    #[must_use]
    pub fn theta_per_day(&self) -> f64 {
        self.theta / DAYS_PER_YEAR
    }
}

/// The present value of one unit, in the unit of the strike.
///
/// # Errors
///
/// An input that is not finite, a forward that is not, and a negative strike, spot, volatility or time.
pub fn price(option: &EuropeanOption, market: &Market) -> Result<f64, Error> {
    black76::price(option, &forward_market(option, market)?)
}

/// Price and greeks.
///
/// # Errors
///
/// As [`price`].
pub fn greeks(option: &EuropeanOption, market: &Market) -> Result<SpotGreeks, Error> {
    let on_forward = forward_market(option, market)?;
    let by_forward = black76::greeks(option, &on_forward)?;
    let years = option.years;
    let growth = growth(option, market);
    // V depends on r and q through the discount factor and through F = S e^((r−q)T).
    let by_log_forward = on_forward.forward * by_forward.delta;
    let carry = market.rate - market.dividend_yield;
    let delta = by_forward.delta * growth;
    Ok(SpotGreeks {
        price: by_forward.price,
        delta,
        gamma: by_forward.gamma * growth * growth,
        vega: by_forward.vega,
        theta: by_forward.theta - carry * by_log_forward,
        rho: years * (by_log_forward - by_forward.price),
        dividend_rho: -years * by_log_forward,
        dual_delta: by_forward.dual_delta,
        elasticity: delta * market.spot / by_forward.price,
    })
}

fn forward_market(option: &EuropeanOption, market: &Market) -> Result<black76::Market, Error> {
    option.check()?;
    Error::unless_not_negative("spot", market.spot)?;
    Error::unless_finite("rate", market.rate)?;
    Error::unless_finite("dividend yield", market.dividend_yield)?;
    let forward = market.spot * growth(option, market);
    Ok(black76::Market { forward, rate: market.rate, volatility: market.volatility })
}

fn growth(option: &EuropeanOption, market: &Market) -> f64 {
    ((market.rate - market.dividend_yield) * option.years).exp()
}
