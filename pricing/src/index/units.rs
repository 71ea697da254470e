//! The units of the index as types, with the whole algebra between them, so that a price cannot be taken for a ratio.

use std::fmt;

use super::limits::{PRICE_MICRO_USD_MAX, RATIO_ONE_PPB, RATIO_PPB_MAX};
use super::rounding::{narrow, round_div};

/// The number of a series, given by the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesId(pub u32);

/// A price in whole micro-USD per GPU-hour, from 1 to [`PRICE_MICRO_USD_MAX`].
///
/// 64 bits and not 32: a price is multiplied and summed, and the limit would not fit twice in 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(i64);

/// A value that is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "price {micro_usd} micro-USD per GPU-hour is not from 1 to {max}; one USD is 1000000",
    max = PRICE_MICRO_USD_MAX
)]
pub struct PriceError {
    /// The value as given, in micro-USD per GPU-hour.
    pub micro_usd: i64,
}

/// The ratio of two prices in whole parts per billion, from 0 to [`RATIO_PPB_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(i64);

impl Price {
    /// A price of `micro_usd` micro-USD per GPU-hour.
    ///
    /// # Errors
    ///
    /// [`PriceError`] unless the value lies from 1 to [`PRICE_MICRO_USD_MAX`].
    pub const fn new(micro_usd: i64) -> Result<Price, PriceError> {
        if micro_usd >= 1 && micro_usd <= PRICE_MICRO_USD_MAX {
            Ok(Price(micro_usd))
        } else {
            Err(PriceError { micro_usd })
        }
    }

    /// The price in micro-USD per GPU-hour.
    pub const fn micro_usd(self) -> i64 {
        self.0
    }

    /// This price measured against `reference`: `round(price × RATIO_ONE / reference)`.
    pub fn ratio_to(self, reference: Price) -> Ratio {
        let scaled = i128::from(self.0) * i128::from(RATIO_ONE_PPB);
        Ratio(narrow(round_div(scaled, i128::from(reference.0))))
    }

    /// This price moved by `ratio`: `round(price × ratio / RATIO_ONE)`, or `None` where that is no price.
    pub fn moved_by(self, ratio: Ratio) -> Option<Price> {
        let product = i128::from(self.0) * i128::from(ratio.0);
        Price::new(narrow(round_div(product, i128::from(RATIO_ONE_PPB)))).ok()
    }
}

impl Ratio {
    /// An unchanged price.
    pub const ONE: Ratio = Ratio(RATIO_ONE_PPB);

    /// A ratio of `ppb` parts per billion, or `None` unless it lies from 0 to [`RATIO_PPB_MAX`].
    pub const fn from_ppb(ppb: i64) -> Option<Ratio> {
        if ppb >= 0 && ppb <= RATIO_PPB_MAX { Some(Ratio(ppb)) } else { None }
    }

    /// The ratio in parts per billion.
    pub const fn ppb(self) -> i64 {
        self.0
    }

    /// The mean, `round(Σ ratio / count)`, or [`Ratio::ONE`] if there is none.
    pub(super) fn mean(ratios: &[Ratio]) -> Ratio {
        if ratios.is_empty() {
            return Ratio::ONE;
        }
        let sum: i128 = ratios.iter().map(|ratio| i128::from(ratio.0)).sum();
        Ratio(narrow(round_div(sum, ratios.len() as i128)))
    }
}

impl fmt::Display for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// USD per GPU-hour with all six decimals: `3.250000`.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// The ratio with all nine decimals: `1.003333333`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / RATIO_ONE_PPB, self.0 % RATIO_ONE_PPB)
    }
}
