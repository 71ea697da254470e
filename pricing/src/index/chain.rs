//! One step of the chain: the last fixing carried forward by the matched moves and pulled slowly towards the level.

use super::rounding::{narrow, round_div};
use super::{Price, Ratio};

/// Share of the gap between level and projection that a day closes: 5 % in parts per million.
const ANCHOR_PPM: i128 = 50_000;

/// Absolute gap from which the alarm is raised: 5 % in parts per million.
const GAP_ALARM_PPM: u64 = 50_000;

const PPM_ONE: i128 = 1_000_000;

/// A fixing and what led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) value: Price,
    pub(super) matched_mean: Ratio,
    pub(super) projection: Price,
    /// `round((level − projection) / projection)` in parts per million.
    pub(super) gap_ppm: i64,
    pub(super) gap_alarm: bool,
}

/// The fixing after `previous`, the last published one, or the first of the chain if there is none.
///
/// `None` if the projection is no price: it rounds to zero or exceeds the highest price. Moves that each passed the
/// screening can multiply without end, so no limit on reports excludes it.
pub(super) fn step(previous: Option<Price>, moves: &[Ratio], level: Price) -> Option<Step> {
    let (projection, matched_mean) = match previous {
        None => (level, Ratio::ONE),
        Some(previous) => {
            let matched_mean = Ratio::mean(moves);
            (previous.moved_by(matched_mean)?, matched_mean)
        }
    };
    let gap = i128::from(level.micro_usd()) - i128::from(projection.micro_usd());
    let pull = narrow(round_div(ANCHOR_PPM * gap, PPM_ONE));
    let gap_ppm = narrow(round_div(gap * PPM_ONE, i128::from(projection.micro_usd())));
    Some(Step {
        // Between projection and level, and so a price.
        value: Price::new(projection.micro_usd() + pull).ok()?,
        matched_mean,
        projection,
        gap_ppm,
        gap_alarm: gap_ppm.unsigned_abs() >= GAP_ALARM_PPM,
    })
}
