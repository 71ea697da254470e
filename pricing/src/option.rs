//! The contract that every European pricer takes: what is written on the paper, without any market in it.

use std::fmt;

use crate::Error;

/// The right to buy or the right to sell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OptionKind {
    /// Pays `max(underlying − strike, 0)`.
    Call,
    /// Pays `max(strike − underlying, 0)`.
    Put,
}

impl OptionKind {
    /// `1` for a call and `−1` for a put, as the formulas take it.
    #[must_use]
    pub const fn sign(self) -> f64 {
        match self {
            Self::Call => 1.0,
            Self::Put => -1.0,
        }
    }

    /// What exercise at `underlying` pays, in the unit of the strike.
    #[must_use]
    pub fn payoff(self, underlying: f64, strike: f64) -> f64 {
        let value = self.sign() * (underlying - strike);
        // Not `max`, which may keep a minus before its zero.
        if value > 0.0 { value } else { 0.0 }
    }
}

impl fmt::Display for OptionKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Call => "call",
            Self::Put => "put",
        })
    }
}

/// A European option on one unit of the underlying, paid at expiry.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EuropeanOption {
    /// Call or put.
    pub kind: OptionKind,
    /// In price units of the underlying, USD per GPU-hour for instance.
    pub strike: f64,
    /// Years from the valuation time to expiry and payment.
    pub years: f64,
}

impl EuropeanOption {
    /// Refuses a contract that no model can price.
    pub(crate) fn check(&self) -> Result<(), Error> {
        Error::unless_finite("strike", self.strike)?;
        Error::unless_not_negative("years", self.years)
    }
}
