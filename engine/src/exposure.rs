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

use crate::instrument::Terms;
use crate::units::{Cash, Lots, Position, Price, Side};

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
    /// Open orders.
    pub orders_count: u32,
    /// `Σ open buys remaining × (limit − floor) × hours`.
    loss_at_floor: Cash,
    /// `Σ open sells remaining × (cap − limit) × hours`.
    loss_at_cap: Cash,
    /// `Σ open orders remaining × worst fee × hours`.
    fees: Cash,
}

impl Exposure {
    /// The collateral that covers the worst that can happen; zero exactly when there is nothing left to cover.
    pub fn hold(&self, terms: &Terms) -> Cash {
        let at_floor = self.cost - terms.floor.value(self.position, terms.hours()) + self.loss_at_floor;
        let at_cap = self.cost - terms.cap.value(self.position, terms.hours()) + self.loss_at_cap;
        at_floor.max(at_cap).max(Cash::ZERO) + self.fees
    }

    /// The exposure with one order more.
    #[must_use]
    pub fn with_order(mut self, terms: &Terms, side: Side, limit: Price, lots: Lots) -> Exposure {
        self.orders_count += 1;
        self.change_open(terms, side, limit, lots, Sign::Add);
        self
    }

    /// Part of an open order is gone, traded or cancelled.
    pub fn shrink_order(&mut self, terms: &Terms, side: Side, limit: Price, lots: Lots) {
        self.change_open(terms, side, limit, lots, Sign::Remove);
    }

    /// Nothing of an open order is left.
    pub fn close_order(&mut self) {
        self.orders_count -= 1;
    }

    /// The account traded.
    pub fn trade(&mut self, terms: &Terms, side: Side, price: Price, lots: Lots) {
        self.position = self.position.traded(side, lots);
        let notional = price.notional(lots, terms.hours());
        match side {
            Side::Buy => self.cost += notional,
            Side::Sell => self.cost -= notional,
        }
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

    fn change_open(&mut self, terms: &Terms, side: Side, limit: Price, lots: Lots, sign: Sign) {
        let hours = terms.hours();
        let signed = |amount: Cash| match sign {
            Sign::Add => amount,
            Sign::Remove => -amount,
        };
        let count = signed(Cash(i64::from(lots.0))).0;
        match side {
            Side::Buy => {
                self.open_buys += count;
                self.loss_at_floor += signed((limit - terms.floor).notional(lots, hours));
            }
            Side::Sell => {
                self.open_sells += count;
                self.loss_at_cap += signed((terms.cap - limit).notional(lots, hours));
            }
        }
        self.fees += signed(terms.fees.worst().notional(lots, hours));
    }
}

#[derive(Clone, Copy)]
enum Sign {
    Add,
    Remove,
}
