//! Perpetual futures: what a contract is worth that never expires and is held to its index by funding alone.
//!
//! Formulas of Ackerer, Hugonnier and Jermann, *Perpetual Futures Pricing* (2024): equation 12 and propositions 2 to 4.
//! They suppose that the underlying can be held and earns `asset_rate`. A GPU-hour cannot be stored, so nothing in the
//! market shows that rate: it is an input here, the modeller's view of carry, and never derived.
//!
//! ```
//! use pricing::perpetual::{Funding, Market, Perpetual, Quotation, fair_value};
//!
//! // Anchored once a day with 5 % of the premium, no interest term; the index is expected to fall 10 % a year.
//! let funding = Funding::OnPreviousIndex { interval_years: 1.0 / 365.0 };
//! let perpetual = Perpetual { quotation: Quotation::Linear, funding, anchoring: 0.05, interest: 0.0 };
//! let market = Market { spot: 2.50, rate: 0.04, asset_rate: 0.14 };
//! let value = fair_value(&perpetual, &market)?;
//! assert!((value - 2.486_378).abs() < 1e-6);
//! # Ok::<(), pricing::perpetual::PerpetualError>(())
//! ```

mod funding;

#[cfg(test)]
mod tests;

pub use funding::{FundingError, funding_rate};

/// What the contract is margined and settled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotation {
    /// In the currency of the price: profit is the change of the price.
    Linear,
    /// In units of the underlying: profit is the change of one over the price, with its sign turned.
    Inverse,
}

/// When funding flows, and on which index its amount is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Funding {
    /// At every instant; `anchoring` and `interest` are per year.
    Continuous,
    /// At the end of each interval, on premium and index of its begin. `anchoring` and `interest` are per interval.
    OnPreviousIndex {
        /// Years from one payment to the next.
        interval_years: f64,
    },
    /// At the end of each interval, the relative premium of its begin on the index of its end. `anchoring` and
    /// `interest` are per interval.
    OnCurrentIndex {
        /// Years from one payment to the next.
        interval_years: f64,
    },
}

/// The terms of a perpetual: the long pays `anchoring × (price − index) + interest × index`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perpetual {
    /// Linear or inverse.
    pub quotation: Quotation,
    /// How funding is paid.
    pub funding: Funding,
    /// κ, how much of the premium is paid; greater than zero, per year or per interval.
    pub anchoring: f64,
    /// ι, the interest term of funding; less than κ, per year or per interval.
    pub interest: f64,
}

/// What a perpetual is priced from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Market {
    /// The index, currency per unit; greater than zero.
    pub spot: f64,
    /// r, the interest rate of the price's currency: continuously compounded, per year, as a decimal.
    pub rate: f64,
    /// q, what holding one unit of the underlying earns: continuously compounded, per year, as a decimal.
    pub asset_rate: f64,
}

/// Why a perpetual has no value.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PerpetualError {
    /// A number is not finite.
    #[error("{name} {value} is not a finite number")]
    NotFinite {
        /// Which input.
        name: &'static str,
        /// The number as given.
        value: f64,
    },
    /// A number that must be greater than zero is not.
    #[error("{name} {value} is not greater than zero")]
    NotPositive {
        /// Which input.
        name: &'static str,
        /// The number as given.
        value: f64,
    },
    /// Funding would take the long's whole price, or more.
    #[error("interest {interest} is not less than anchoring {anchoring}: the price would not be greater than zero")]
    InterestTooHigh {
        /// ι as given.
        interest: f64,
        /// κ as given.
        anchoring: f64,
    },
    /// The expected index outgrows the pull of funding, and the sum that defines the price has no limit.
    #[error("anchoring {anchoring} is not greater than {needed}, the growth it must outrun: no finite price exists")]
    Diverges {
        /// κ as given.
        anchoring: f64,
        /// What it must exceed.
        needed: f64,
    },
}

/// The price at which a perpetual costs nothing to enter, in the currency of `market.spot` per unit.
///
/// With `g = exp((r − q) Δ)` the expected growth of the index over an interval, the linear price is `spot` times
///
/// | funding | factor | exists where |
/// | --- | --- | --- |
/// | continuous | `(κ − ι) / (κ − (r − q))` | `κ > r − q` |
/// | on the previous index | `(κ − ι) / (κ − (g − 1))` | `κ > g − 1` |
/// | on the current index | `(κ − ι) / (κ − (1 − 1/g))` | `κ > 1 − 1/g` |
///
/// An inverse contract is a linear one on `1 / index`, which grows with `q − r`: its price is `spot` divided by the
/// factor with `r` and `q` exchanged.
///
/// # Errors
///
/// [`PerpetualError`] if a number is not finite or not positive where it must be, if `ι ≥ κ`, and where funding pulls
/// less than the index is expected to move, so that no finite price exists.
pub fn fair_value(perpetual: &Perpetual, market: &Market) -> Result<f64, PerpetualError> {
    let Perpetual { quotation, funding, anchoring, interest } = *perpetual;
    let spot = positive("spot", market.spot)?;
    let anchoring = positive("anchoring", anchoring)?;
    let interest = finite("interest", interest)?;
    let drift = finite("rate", market.rate)? - finite("asset rate", market.asset_rate)?;
    if interest >= anchoring {
        return Err(PerpetualError::InterestTooHigh { interest, anchoring });
    }

    let needed = growth_to_outrun(quotation, funding, drift)?;
    if needed >= anchoring {
        return Err(PerpetualError::Diverges { anchoring, needed });
    }
    let factor = (anchoring - interest) / (anchoring - needed);
    finite(
        "price",
        match quotation {
            Quotation::Linear => spot * factor,
            Quotation::Inverse => spot / factor,
        },
    )
}

/// What κ must exceed: the growth of what the contract is linear in, in the terms of its funding.
fn growth_to_outrun(quotation: Quotation, funding: Funding, drift: f64) -> Result<f64, PerpetualError> {
    let drift = match quotation {
        Quotation::Linear => drift,
        Quotation::Inverse => -drift,
    };
    // exp_m1 keeps the digits that exp(x) − 1 loses over an interval of an hour.
    finite(
        "growth",
        match funding {
            Funding::Continuous => drift,
            Funding::OnPreviousIndex { interval_years } => (drift * positive("interval", interval_years)?).exp_m1(),
            Funding::OnCurrentIndex { interval_years } => -(-drift * positive("interval", interval_years)?).exp_m1(),
        },
    )
}

fn finite(name: &'static str, value: f64) -> Result<f64, PerpetualError> {
    if value.is_finite() { Ok(value) } else { Err(PerpetualError::NotFinite { name, value }) }
}

fn positive(name: &'static str, value: f64) -> Result<f64, PerpetualError> {
    if finite(name, value)? > 0.0 { Ok(value) } else { Err(PerpetualError::NotPositive { name, value }) }
}
