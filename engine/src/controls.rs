//! What keeps trading orderly in one contract: price band, protection of market orders, daily limits that expand, sizes.
//!
//! Unlike its terms, a contract's controls may be changed at any time by a journaled command. A contract begins without any.

use crate::instrument::Terms;
use crate::limits;
use crate::reject::Reject;
use crate::units::{Lots, Price};

/// How many widths the daily limits of a contract can have, one after the other.
pub const DAILY_LIMIT_STEPS: usize = 3;

/// The controls of a contract. Zero switches a control off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Controls {
    /// What bands and limits are measured from until there is a trade or a settlement.
    pub reference: Price,
    /// A buy may not bid more than the reference price plus this, a sell not offer less than the reference price less this.
    pub band: Price,
    /// How far from the best opposite price a market order may trade. Without it there are no market orders.
    pub protection: Price,
    /// Distances of the daily limits from the settlement price, widening; a zero ends the list.
    pub daily_limits: [Price; DAILY_LIMIT_STEPS],
    /// How long trading pauses before the daily limits widen.
    pub pause_us: u64,
    /// Largest order, in lots.
    pub order_lots_max: Lots,
}

impl Controls {
    /// No controls but those every contract has.
    pub const NONE: Controls = Controls {
        reference: Price(0),
        band: Price(0),
        protection: Price(0),
        daily_limits: [Price(0); DAILY_LIMIT_STEPS],
        pause_us: 0,
        order_lots_max: limits::ORDER_LOTS_MAX,
    };

    /// Refuses controls that contradict themselves or the terms.
    pub(crate) fn check(&self, terms: &Terms) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidControls { rule });
        let width = |price: Price| price >= Price(0) && price <= limits::PRICE_WIDTH_MAX;
        if self.reference < terms.floor || self.reference > terms.cap {
            return invalid("the reference lies between floor and cap");
        }
        if !width(self.band) || !width(self.protection) || !self.daily_limits.iter().all(|&limit| width(limit)) {
            return invalid("band, protection and limits are from 0 to 2000 USD");
        }
        let steps = self.daily_limits.iter().take_while(|limit| limit.0 > 0).count();
        let widens = self.daily_limits[..steps].windows(2).all(|pair| pair[0] < pair[1]);
        if !widens || self.daily_limits[steps..].iter().any(|limit| limit.0 > 0) {
            return invalid("daily limits widen, and nothing follows a zero");
        }
        if self.pause_us > limits::PAUSE_US_MAX || (steps > 1 && self.pause_us == 0) {
            return invalid("a pause lasts at most a day, and limits that widen need one");
        }
        if self.order_lots_max.is_zero() || self.order_lots_max > limits::ORDER_LOTS_MAX {
            return invalid("the largest order has 1 to 100000 lots");
        }
        Ok(())
    }
}
