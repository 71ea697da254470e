//! What the operator sets for a series: floors, steps, charges, limits.

use crate::limits;
use crate::reject::Reject;
use crate::units::{Cash, Lots, Price};

/// The margin parameters of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesMargin {
    /// The least that an array must cover, per GPU-hour left.
    pub scan_floor: Price,
    /// The most that a loss may move from one array to the next, per GPU-hour of the contract.
    pub step_max: Price,
    /// How far a mark may be from the reference value.
    pub mark_band: Price,
    /// For a lot of one month against a lot of another.
    pub calendar_charge: Cash,
    /// For a lot in delivery.
    pub delivery_charge: Cash,
    /// Lots above this many cost more.
    pub concentration_lots: u32,
    /// For each lot above.
    pub concentration_charge: Cash,
    /// The least for a lot, whatever it offsets.
    pub minimum_charge: Cash,
    /// The most that an account may reach in the series, in lots.
    pub position_max: Lots,
    /// The most that may be open in a contract of the series, in lots.
    pub open_interest_max: Lots,
    /// The least that the last hour of a day must have traded to settle the day.
    pub settlement_lots: Lots,
    /// How long after the last day with a fixing the index is stale, in microseconds; 0: never.
    pub stale_after_us: i64,
    /// For how long marks are frozen then, in microseconds.
    pub frozen_us: i64,
}

impl SeriesMargin {
    /// Refuses parameters that make no sense, or with which sums could grow beyond 64 bits.
    pub(crate) fn check(&self) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidMargin { rule });
        let prices = [self.scan_floor, self.step_max, self.mark_band];
        let charges = [self.calendar_charge, self.delivery_charge, self.concentration_charge, self.minimum_charge];
        if prices.iter().any(|price| !(Price(0)..=limits::PRICE_MAX).contains(price))
            || charges.iter().any(|charge| !(Cash::ZERO..=limits::CHARGE_PER_LOT_MAX).contains(charge))
        {
            return invalid(
                "charges, floors and widths are not negative, and at most 1000 USD per GPU-hour or 1000000 USD a lot",
            );
        }
        if self.scan_floor == Price(0) {
            return invalid("a scan floor is above zero");
        }
        if self.position_max.is_zero() || i64::from(self.position_max.0) > limits::POSITION_LOTS_MAX {
            return invalid("a position limit is 1 to 1000000 lots");
        }
        if self.open_interest_max.is_zero() || self.open_interest_max > limits::OPEN_INTEREST_LOTS_MAX {
            return invalid("an open interest limit is 1 to 1000000000 lots");
        }
        if self.settlement_lots.is_zero() || self.settlement_lots > limits::OPEN_INTEREST_LOTS_MAX {
            return invalid("settlement lots are 1 to 1000000000");
        }
        let durations = [self.stale_after_us, self.frozen_us];
        if durations.iter().any(|duration| !(0..=limits::STALENESS_US_MAX).contains(duration)) {
            return invalid("staleness and freezing last at most 30 days");
        }
        Ok(())
    }
}
