//! Forward curves of delivery periods: from the quotes of overlapping months, quarters and years to the price of any
//! period between them, and to a smooth curve that reprices every quote.
//!
//! A quote is an average: a quarter at 17.22 says what its 2,160 hours cost on average, and nothing about January.
//! [`ForwardCurve::bootstrap`] takes from each quote what finer quotes inside it have said, exactly, and lays the rest flat
//! or in a given [`Shape`]. [`SmoothCurve`] draws the smoothest curve with the same averages (Benth, Koekebakker and
//! Ollmar 2007).
//!
//! ```
//! use pricing::curve::{EndSlope, ForwardCurve, Quote, Scale, SmoothCurve};
//!
//! let quote = |period: &str, price| Ok::<_, Box<dyn std::error::Error>>(Quote { period: period.parse()?, price });
//! let curve = ForwardCurve::bootstrap(&[quote("2027-01", 2.60)?, quote("2027-Q1", 2.45)?, quote("2027", 2.20)?])?;
//! // (2,160 h × 2.45 − 744 h × 2.60) / 1,416 h, in February as in March.
//! assert!((curve.price("2027-02".parse()?)? - 2.371_186).abs() < 1e-6);
//!
//! let smooth = SmoothCurve::through(&curve, EndSlope::Zero, Scale::Linear)?;
//! assert!(smooth.price("2027-02".parse()?)? > smooth.price("2027-03".parse()?)?);
//! assert!((smooth.price("2027-Q1".parse()?)? - 2.45).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod banded;
mod bootstrap;
mod error;
mod shape;
mod smooth;
mod spline;

#[cfg(test)]
mod tests;

pub use bootstrap::{ForwardCurve, Piece, Quote, Rules};
pub use error::{Conflict, CurveError};
pub use shape::Shape;
pub use smooth::{Scale, SmoothCurve};
pub use spline::{EndSlope, KNOTS_MAX, MaximumSmoothness, SplineError};

/// The most quotes that one curve takes: every month, quarter and year of the calendar.
pub const QUOTES_MAX: usize = 17 * 231;

/// The highest price that a quote may have, and with a minus the lowest: currency per GPU-hour.
pub const PRICE_MAX: f64 = 1e12;
