//! What a pricer refuses, with the value that it refused and what would have been right.

use crate::OptionKind;

/// Why there is no price. Nothing is computed from an input that is refused.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input is infinite or not a number.
    #[error("{name} {value} is not finite: give a real number")]
    NotFinite {
        /// The input.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// An input that cannot be negative in this model is.
    #[error("{name} {value} is negative: this model wants zero or more")]
    Negative {
        /// The input.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// An input has to be above zero for this question to have an answer.
    #[error("{name} {value} is not above zero: no volatility follows from it")]
    NotPositive {
        /// The input.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// No volatility gives a price below the value of exercising at once.
    #[error("{kind} price {price} is below its intrinsic value {intrinsic}: compare undiscounted with undiscounted")]
    BelowIntrinsic {
        /// Call or put.
        kind: OptionKind,
        /// The undiscounted price that was given.
        price: f64,
        /// The least price of any volatility.
        intrinsic: f64,
    },
    /// No finite volatility reaches the price: a call is worth less than its forward, a put less than its strike.
    #[error("{kind} price {price} is not below its upper bound {bound}: no finite volatility reaches it")]
    AboveBound {
        /// Call or put.
        kind: OptionKind,
        /// The undiscounted price that was given.
        price: f64,
        /// What the price tends to as the volatility grows.
        bound: f64,
    },
    /// A column of a batch has another length than its first.
    #[error("column {name} has {given} rows, the batch has {wanted}: give all columns one length")]
    OtherLength {
        /// The column.
        name: &'static str,
        /// Its rows.
        given: usize,
        /// The rows of the batch.
        wanted: usize,
    },
}

impl Error {
    /// Refuses what is no real number.
    pub(crate) fn unless_finite(name: &'static str, value: f64) -> Result<(), Self> {
        if value.is_finite() { Ok(()) } else { Err(Self::NotFinite { name, value }) }
    }

    /// Refuses what is no real number or is below zero.
    pub(crate) fn unless_not_negative(name: &'static str, value: f64) -> Result<(), Self> {
        Self::unless_finite(name, value)?;
        if value >= 0.0 { Ok(()) } else { Err(Self::Negative { name, value }) }
    }
}
