//! Which moves are believed at once: a move far from the others waits for a second report, so that a typing error never
//! reaches a fixing and a true jump comes one report late.

use super::rounding::{median, round_div};
use super::{Outcome, Price, Ratio};

/// Makes the median absolute deviation comparable to a standard deviation: 1.4826 in ten-thousandths.
const MAD_FACTOR: i128 = 14_826;
const MAD_FACTOR_ONE: i128 = 10_000;

/// Floor of the scale, 5 % in parts per billion: list prices are staircases whose MAD is often zero.
const SCALE_PPB_MIN: i128 = 50_000_000;

/// Scales from the median at which the band ends.
const BAND_SCALES: i128 = 3;

/// A price is near the held one within a twentieth of it.
const NEAR_DIVISOR: i64 = 20;

/// The band of the day's moves around their median.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Band {
    median_ppb: i64,
    distance_ppb_max: i128,
}

impl Band {
    /// The band around the median of `moves`, or `None` if there are none.
    pub(super) fn around(moves: &[Ratio]) -> Option<Band> {
        let median_ppb = median(moves.iter().map(|ratio| ratio.ppb()).collect())?;
        let distances = moves.iter().map(|ratio| (ratio.ppb() - median_ppb).abs()).collect();
        let mad = i128::from(median(distances)?);
        let scale = round_div(mad * MAD_FACTOR, MAD_FACTOR_ONE).max(SCALE_PPB_MIN);
        Some(Band { median_ppb, distance_ppb_max: BAND_SCALES * scale })
    }

    /// Whether a move is in band; the edge is.
    pub(super) fn contains(self, ratio: Ratio) -> bool {
        i128::from((ratio.ppb() - self.median_ppb).abs()) <= self.distance_ppb_max
    }
}

/// What becomes of a measured move of an owner for which `held` was remembered on an earlier day.
pub(super) fn screen(is_in_band: bool, price: Price, held: Option<Price>) -> Outcome {
    match (is_in_band, held) {
        (true, _) => Outcome::Accepted,
        (false, Some(held)) if is_near(price, held) => Outcome::Confirmed,
        (false, _) => Outcome::Held,
    }
}

/// Whether a price repeats the held one: `|price − held| × 20 ≤ held`.
fn is_near(price: Price, held: Price) -> bool {
    (price.micro_usd() - held.micro_usd()).abs() * NEAR_DIVISOR <= held.micro_usd()
}
