//! What an order in a spread adds to the sums of its legs' series.

use crate::margin::{Change, Valuation};
use crate::units::{Lots, Price, Side};

/// What the legs' arrays and marks say of one lot of a spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpreadValuation {
    /// Both legs are of one series: their losses offset each other, scenario by scenario.
    Netted(Valuation),
    /// The legs are of different series, and nothing offsets: two orders, as it were.
    Apart {
        /// One in the near leg, at its mark.
        near: Valuation,
        /// One on the opposite side of the far leg.
        far: Valuation,
    },
}

impl SpreadValuation {
    /// Of legs of one series.
    pub(crate) fn netted(near: &Valuation, far: &Valuation) -> SpreadValuation {
        let mut losses = near.losses;
        losses.iter_mut().zip(far.losses).for_each(|(loss, far)| *loss -= far);
        SpreadValuation::Netted(Valuation { losses, mark: near.mark - far.mark, hours: far.hours })
    }

    /// What an order adds as long as it is open: to the series of the near leg, and to that of the far one if it is another.
    pub(crate) fn order(&self, side: Side, limit: Price, lots: Lots) -> [Change; 2] {
        match self {
            SpreadValuation::Netted(spread) => [spread.order(side, limit, lots), Change::default()],
            SpreadValuation::Apart { near, far } => {
                [near.order(side, near.mark, lots), far.order(side.opposite(), near.mark - limit, lots)]
            }
        }
    }
}
