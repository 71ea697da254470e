//! Portfolio margin: what an account must have behind its positions and orders in margined contracts.
//!
//! The rules are in `docs/margin.md`. The shape is that of SPAN (Chicago Mercantile Exchange, 1988): a risk array says what
//! one long lot of a contract loses in each of sixteen scenarios; positions add up scenario by scenario within a series, orders count
//! in each scenario just as far as they hurt there, charges use the largest and credits the smallest position that any subset of
//! fills can lead to.
//!
//! - [`Risk`] is one contract's array, [`SeriesMargin`] what the operator sets for a series, [`Credits`] for pairs of series.
//! - [`Sums`] is what one account's positions and orders in one series add up to; it changes in sixteen additions.
//! - [`requirement`] makes one number of them.

mod book;
mod credits;
mod ladder;
mod risk;
mod score;
mod series;
mod spread;
mod sums;
#[cfg(test)]
mod tests;

pub(crate) use book::{Parameters, SeriesSlot};
pub use credits::{Credit, Credits};
pub(crate) use ladder::{Added, Ladder, Rung};
pub use risk::{Risk, SCENARIOS};
pub(crate) use score::{Cut, Tiers, share};
pub use score::{Standing, TIERS};
pub use series::SeriesMargin;
pub(crate) use spread::SpreadValuation;
pub use sums::{Certain, Change, Part, Reach, Sums, Valuation};

use crate::ids::SeriesId;
use crate::units::Cash;

/// Of the initial margin of the positions alone, this many in a thousand must be there.
pub const MAINTENANCE_PER_MILLE: i64 = 800;

/// The maintenance margin of positions whose initial margin is this, rounded up to the micro-USD in favour of the venue.
///
/// ```
/// use engine::margin::maintenance;
/// use engine::units::Cash;
/// assert_eq!(maintenance(Cash(1_785_600_001)), Cash(1_428_480_001));
/// ```
pub fn maintenance(initial_of_positions: Cash) -> Cash {
    // Initial margins are limited far below the 64 bits that the product could need.
    let product = i128::from(initial_of_positions.0) * i128::from(MAINTENANCE_PER_MILLE);
    Cash(i64::try_from((product + 999).div_euclid(1_000)).expect("a part of a number of 64 bits fits into 64 bits"))
}

/// The initial margin of an account with these parts, one a series, and the credits between them.
pub fn requirement<'a>(parts: impl Iterator<Item = &'a Part> + Clone, credits: &Credits) -> Cash {
    let mut totals = Totals::default();
    parts.clone().for_each(|part| totals.add(part));
    totals.requirement(credits, |series| parts.clone().find(|part| part.series == series).map(|part| part.certain))
}

/// What the parts of an account add up to, kept so that one part can change without looking at the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Scans and charges.
    risk: i128,
    /// Order costs and minima.
    least: i128,
}

impl Totals {
    pub(crate) fn add(&mut self, part: &Part) {
        self.risk += i128::from(part.scan.0) + i128::from(part.charges.0);
        self.least += i128::from(part.order_cost.0) + i128::from(part.minimum.0);
    }

    pub(crate) fn subtract(&mut self, part: &Part) {
        self.risk -= i128::from(part.scan.0) + i128::from(part.charges.0);
        self.least -= i128::from(part.order_cost.0) + i128::from(part.minimum.0);
    }

    /// The initial margin with the credits that lots held for certain lead to.
    pub(crate) fn requirement(&self, credits: &Credits, lots_of: impl Fn(SeriesId) -> Option<Certain>) -> Cash {
        let risk = self.risk - i128::from(credits.between(lots_of).0);
        // Each of up to a few hundred parts is below a quarter of 64 bits; whoever comes near has no money to match it.
        Cash(i64::try_from(risk.max(self.least)).unwrap_or(i64::MAX))
    }
}
