//! Why there is no curve, or no price on it: quotes that contradict each other are named with what separates them.

use std::fmt;

use super::{PRICE_MAX, QUOTES_MAX, SplineError};
use crate::delivery::DeliveryPeriod;

/// A quote and others that say something else about the same hours.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The period of the quote.
    pub period: DeliveryPeriod,
    /// Its price as quoted, currency per GPU-hour.
    pub quoted: f64,
    /// The periods that together cover the same hours: its parts, or the period itself if it was quoted twice.
    pub against: Vec<DeliveryPeriod>,
    /// The hours-weighted mean of their prices.
    pub implied: f64,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let against: Vec<String> = self.against.iter().map(ToString::to_string).collect();
        let Conflict { period, quoted, implied, .. } = self;
        let against = against.join(" + ");
        write!(f, "{period} at {quoted} against {implied} of {against}, off by {}", quoted - implied)
    }
}

/// Why quotes make no curve, or a period has no price on it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CurveError {
    /// No quotes.
    #[error("no quotes: a curve needs at least one")]
    Empty,
    /// More quotes than there are periods.
    #[error("{count} quotes are more than {QUOTES_MAX}, one for each period of the calendar")]
    TooManyQuotes {
        /// How many were given.
        count: usize,
    },
    /// A price is no number or absurdly large.
    #[error("price {price} of {period} is not from -{PRICE_MAX:e} to {PRICE_MAX:e} per GPU-hour")]
    Price {
        /// The quoted period.
        period: DeliveryPeriod,
        /// The price as given.
        price: f64,
    },
    /// The tolerance is less than zero or no number.
    #[error("tolerance {tolerance} is not zero or more, in currency per GPU-hour")]
    Tolerance {
        /// As given.
        tolerance: f64,
    },
    /// Quotes of the same hours differ by more than the tolerance. Each one that does is named.
    #[error(
        "quotes of the same hours differ by more than {tolerance}: {}; correct or withdraw one of them",
        list(conflicts)
    )]
    Inconsistent {
        /// Every quote that its parts or its twin contradict, in order of time.
        conflicts: Vec<Conflict>,
        /// How much they may differ.
        tolerance: f64,
    },
    /// A shape gave a month no usable weight.
    #[error("shape {value} of {month} is not {rule}")]
    Shape {
        /// The month.
        month: DeliveryPeriod,
        /// What the shape said.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// An hour of the period is in no quote.
    #[error("{period} is not covered: no quote speaks of hour {hour} after 1970-01-01 00:00 UTC")]
    NotCovered {
        /// The period asked for.
        period: DeliveryPeriod,
        /// The first hour without a price.
        hour: u32,
    },
    /// A logarithmic curve needs prices above the shift.
    #[error(
        "price {price} is not greater than {floor}: shift the logarithm further, or draw the curve on a linear scale"
    )]
    NotPositive {
        /// The price of a piece.
        price: f64,
        /// What it must exceed: minus the shift.
        floor: f64,
    },
    /// The averages of a logarithmic curve could not be met.
    #[error("the logarithmic curve is off by {relative} after {rounds} rounds; draw it on a linear scale")]
    NotConverged {
        /// The worst relative distance of an average from its target.
        relative: f64,
        /// How often it was corrected.
        rounds: usize,
    },
    /// The spline through the averages does not exist.
    #[error(transparent)]
    Spline(#[from] SplineError),
}

fn list(conflicts: &[Conflict]) -> String {
    let texts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
    texts.join("; ")
}
