//! One set of greeks for all models on a forward, with one convention, because unstated units are where greeks go wrong.

/// Price and sensitivities of one option on one unit of a forward.
///
/// All are discounted, per unit of what they are taken by (not per percent, not per day) and not scaled by a notional.
/// Volatility is the model's own: lognormal in [`black76`](crate::black76), in price units in
/// [`bachelier`](crate::bachelier).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Greeks {
    /// Present value V, in price units.
    pub price: f64,
    /// `∂V/∂F`, without unit.
    pub delta: f64,
    /// `∂²V/∂F²`, per price unit.
    pub gamma: f64,
    /// `∂V/∂σ`, per 1.00 of volatility.
    pub vega: f64,
    /// `−∂V/∂T` per year, with rate and forward fixed.
    pub theta: f64,
    /// `∂V/∂r` with the forward fixed: `−T V`.
    pub rho: f64,
    /// `∂²V/∂F∂σ`.
    pub vanna: f64,
    /// `∂²V/∂σ²`.
    pub volga: f64,
    /// `∂V/∂K`.
    pub dual_delta: f64,
}
