//! Where the panel stands: the median and the middle half of the standing prices.

use super::Price;
use super::rounding::median;

/// Days after which a reference stands for nothing.
const STANDING_DAYS_MAX: i32 = 3;

/// The part of the standing prices left out on each side of the interval: a quarter.
const TRIM_DIVISOR: usize = 4;

/// The level and the interval of a set of standing prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// The median of the standing prices.
    pub(super) median: Price,
    /// Lowest and highest standing price after leaving out `floor(n / 4)` on each side.
    pub(super) interval: (Price, Price),
}

/// Whether a reference that is `age_days` days old stands.
pub(super) const fn stands(age_days: i32) -> bool {
    age_days <= STANDING_DAYS_MAX
}

/// The level of `standing` prices, or `None` if there are none.
pub(super) fn level(mut standing: Vec<Price>) -> Option<Level> {
    standing.sort_unstable();
    let trimmed = standing.len() / TRIM_DIVISOR;
    let middle = standing.get(trimmed..standing.len() - trimmed)?;
    let interval = (*middle.first()?, *middle.last()?);
    // The middle of two prices is a price.
    let median = median(standing.iter().map(|price| price.micro_usd()).collect())?;
    Some(Level { median: Price::new(median).ok()?, interval })
}
