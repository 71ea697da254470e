//! What one account could lose in one contract, and therefore has to hold.
//!
//! Every contract settles between its floor and its cap, so a holding is worst either at the floor or at the cap; in between
//! the loss is linear. An open order makes a scenario worse or leaves it alone, and whether it fills is not up to the account, so each
//! scenario counts exactly the orders that would hurt it:
//!
//! ```text
//! at floor = cost − position × floor × hours + Σ open buys  remaining × (limit − floor) × hours
//! at cap   = cost − position × cap   × hours + Σ open sells remaining × (cap − limit)   × hours
//! hold     = max(0, at floor, at cap) + Σ open orders remaining × worst fee × hours
//! ```
//!
//! This is the open-order bound of scenario margin (SPAN, Chicago Mercantile Exchange 1988) with two scenarios that cover everything
//! that can happen: the account is fully collateralised, and no fill, settlement or subset of fills can make its
//! free balance negative. Buying back a short or selling out of a long needs no collateral of its own.
//!
//! Of a contract on margin only the worst fees are held; what else must be there is the margin of the whole account
//! ([`crate::margin`]).
//!
//! A spot pair is fully funded instead: there is no position, a buy holds `remaining × (limit + worst fee)` in US dollars, a sell holds
//! what it sells and `remaining × max(0, worst fee − limit)` in US dollars, should its proceeds not cover the fee.

use crate::instrument::{Kind, Terms};
use crate::limits;
use crate::reject::Reject;
use crate::units::{Amount, Cash, Hours, Lots, Position, Price, Side};

/// The position and open orders of one account in one contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Contracts held.
    pub position: Position,
    /// What the position cost since it was last settled: paid for buys less received for sells.
    pub cost: Cash,
    /// Open buy orders, in lots.
    pub open_buys: i64,
    /// Open sell orders, in lots.
    pub open_sells: i64,
    /// Live orders, those that wait included.
    pub orders_count: u32,
    /// `Σ open buys remaining × (limit − floor) × hours`; of a spot pair `Σ open buys remaining × limit`.
    loss_at_floor: Cash,
    /// `Σ open sells remaining × (cap − limit) × hours`; of a spot pair `Σ open sells remaining × max(0, worst fee − limit)`.
    loss_at_cap: Cash,
    /// `Σ open orders remaining × worst fee × hours`; of a spot pair of buys only.
    fees: Cash,
}

/// What has to be held for an exposure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// In US dollars.
    pub dollars: Cash,
    /// In the asset of a spot pair.
    pub base: Amount,
}

/// What the formulas need of a contract, worked out once a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    floor: Price,
    cap: Price,
    worst_fee: Price,
    /// What a price is multiplied with to give the value of a lot.
    pub hours: Hours,
    /// How much of an asset one lot of a spot pair is; `None` for a contract.
    pub lot_size: Option<Amount>,
    /// Whether margin stands in the place of full collateral; of a spread the margin of its legs.
    pub is_margined: bool,
}

impl Contract {
    /// Of these terms.
    pub fn of(terms: &Terms) -> Contract {
        let lot_size = match terms.kind {
            Kind::Spot(spot) => Some(spot.lot_size),
            _ => None,
        };
        let Terms { floor, cap, fees, .. } = *terms;
        Contract {
            floor,
            cap,
            worst_fee: fees.worst(),
            hours: terms.hours(),
            lot_size,
            is_margined: terms.is_margined() || terms.spread().is_some(),
        }
    }
}

impl Contract {
    /// What a lot can gain or lose between floor and cap.
    pub(crate) fn width(&self) -> Cash {
        (self.cap - self.floor).notional(Lots(1), self.hours)
    }
}

impl Exposure {
    /// The collateral that covers the worst that can happen; zero exactly when there is nothing left to cover.
    #[inline]
    pub fn hold(&self, contract: &Contract) -> Hold {
        if let Some(lot_size) = contract.lot_size {
            let dollars = self.loss_at_floor + self.loss_at_cap + self.fees;
            return Hold { dollars, base: Amount(self.open_sells * lot_size.0) };
        }
        if contract.is_margined {
            return Hold { dollars: self.fees, base: Amount::ZERO };
        }
        let at_floor = self.cost - contract.floor.value(self.position, contract.hours) + self.loss_at_floor;
        let at_cap = self.cost - contract.cap.value(self.position, contract.hours) + self.loss_at_cap;
        Hold { dollars: at_floor.max(at_cap).max(Cash::ZERO) + self.fees, base: Amount::ZERO }
    }

    /// Refuses a position that could become too large with the open orders of one side.
    ///
    /// # Errors
    /// If it could.
    pub fn check_position(&self) -> Result<(), Reject> {
        let (longest, shortest) = (self.position.0 + self.open_buys, self.position.0 - self.open_sells);
        let too_large = longest > limits::POSITION_LOTS_MAX || shortest < -limits::POSITION_LOTS_MAX;
        if too_large { Err(Reject::PositionLimit) } else { Ok(()) }
    }

    /// Lots are open at this limit from now on.
    pub fn open(&mut self, contract: &Contract, side: Side, limit: Price, lots: Lots) {
        self.change_open(contract, side, limit, i64::from(lots.0));
    }

    /// Lots are not open any more, traded or cancelled.
    pub fn shrink(&mut self, contract: &Contract, side: Side, limit: Price, lots: Lots) {
        self.change_open(contract, side, limit, -i64::from(lots.0));
    }

    /// The account traded. A spot trade changes balances, not positions.
    pub fn trade(&mut self, contract: &Contract, side: Side, price: Price, lots: Lots) {
        if contract.lot_size.is_some() {
            return;
        }
        self.position = self.position.traded(side, lots);
        let notional = price.notional(lots, contract.hours);
        match side {
            Side::Buy => self.cost += notional,
            Side::Sell => self.cost -= notional,
        }
    }

    /// The most lots an order of this side could still trade without opening or turning the position.
    pub fn reducible(&self, side: Side) -> Lots {
        self.position.reducible(side)
    }

    /// Brings the position to `value_per_lot` and says what the account receives for it.
    pub fn settle(&mut self, value_per_lot: Cash) -> Cash {
        let value = Cash(value_per_lot.0 * self.position.0);
        let variation = value - self.cost;
        self.cost = value;
        variation
    }

    /// Forgets the position after its final settlement.
    pub fn close_position(&mut self) {
        self.position = Position::FLAT;
        self.cost = Cash::ZERO;
    }

    /// Gain since the last settlement if the contract were worth `value_per_lot`.
    pub fn unsettled(&self, value_per_lot: Cash) -> Cash {
        Cash(value_per_lot.0 * self.position.0) - self.cost
    }

    /// Whether nothing is left: no position, no order, nothing to settle.
    pub fn is_empty(&self) -> bool {
        *self == Exposure::default()
    }

    #[inline]
    fn change_open(&mut self, contract: &Contract, side: Side, limit: Price, lots: i64) {
        let value = |price: Price| Cash(price.0 * lots * i64::from(contract.hours.0));
        let (worst_fee, is_spot) = (contract.worst_fee, contract.lot_size.is_some());
        match side {
            Side::Buy => {
                self.open_buys += lots;
                self.loss_at_floor += value(if is_spot { limit } else { limit - contract.floor });
            }
            Side::Sell => {
                self.open_sells += lots;
                self.loss_at_cap +=
                    value(if is_spot { (worst_fee - limit).max(Price(0)) } else { contract.cap - limit });
            }
        }
        if !is_spot || side == Side::Buy {
            self.fees += value(worst_fee);
        }
    }
}
