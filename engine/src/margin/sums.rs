//! What one account's positions and orders in one series add up to, scenario by scenario.
//!
//! An order adds to each scenario what it would lose there if it filled at its limit, and nothing where it would gain:
//! `remaining × max(0, ±(loss + (limit − mark) × hours))`. So the sum of a scenario bounds every subset of fills, and an order comes and goes in
//! sixteen additions. What it adds depends on array and mark of its contract: when either changes, the contract is revalued
//! account by account before anything else happens, so that an order always goes as it came.

use crate::ids::SeriesId;
use crate::margin::{SCENARIOS, SeriesMargin};
use crate::units::{Cash, Hours, Lots, Price, Side};

/// What a contract's array and mark say of one lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// What a long lot loses in each scenario.
    pub losses: [Cash; SCENARIOS],
    /// The mark price.
    pub mark: Price,
    /// The contract's hours.
    pub hours: Hours,
}

/// Sums over positions and orders, of one contract or of all contracts of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Loss in each scenario.
    pub scenarios: [i64; SCENARIOS],
    /// What all orders together could cost at unchanged marks.
    pub order_cost: i64,
    /// Positions at their marks less what they cost.
    pub unrealised: i64,
}

/// A change of [`Sums`]: the same numbers, to be added.
pub type Change = Sums;

impl Sums {
    /// Adds a change.
    pub fn add(&mut self, change: &Change) {
        for (sum, change) in self.scenarios.iter_mut().zip(&change.scenarios) {
            *sum += change;
        }
        self.order_cost += change.order_cost;
        self.unrealised += change.unrealised;
    }

    /// Takes a change back.
    pub fn subtract(&mut self, change: &Change) {
        for (sum, change) in self.scenarios.iter_mut().zip(&change.scenarios) {
            *sum -= change;
        }
        self.order_cost -= change.order_cost;
        self.unrealised -= change.unrealised;
    }

    /// The largest sum of any scenario. Never negative: while prices stand still a position loses nothing, and an order never gains.
    pub fn scan(&self) -> Cash {
        Cash(self.scenarios.iter().copied().fold(0, i64::max))
    }
}

impl Valuation {
    /// What an order adds as long as it is open.
    pub fn order(&self, side: Side, limit: Price, lots: Lots) -> Change {
        let lots = i64::from(lots.0);
        let distance = (limit - self.mark).0 * i64::from(self.hours.0);
        let hurt = |loss: i64| match side {
            Side::Buy => lots * (loss + distance).max(0),
            Side::Sell => lots * (-(loss + distance)).max(0),
        };
        Change { scenarios: self.losses.map(|loss| hurt(loss.0)), order_cost: hurt(0), unrealised: 0 }
    }

    /// What a position adds that was bought or sold for `cost`.
    pub fn position(&self, position: i64, cost: Cash) -> Change {
        let value = self.mark.0 * position * i64::from(self.hours.0);
        Change { scenarios: self.losses.map(|loss| position * loss.0), order_cost: 0, unrealised: value - cost.0 }
    }

    /// What a fill adds to a position.
    pub fn fill(&self, side: Side, price: Price, lots: Lots) -> Change {
        let (lots, notional) = (i64::from(lots.0), price.notional(lots, self.hours));
        match side {
            Side::Buy => self.position(lots, notional),
            Side::Sell => self.position(-lots, -notional),
        }
    }
}

/// What one series contributes to the requirement of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The series.
    pub series: SeriesId,
    /// The scan: the worst scenario.
    pub scan: Cash,
    /// Calendar, delivery and concentration charges.
    pub charges: Cash,
    /// What all orders together could cost at unchanged marks.
    pub order_cost: Cash,
    /// The least for the lots that could be held.
    pub minimum: Cash,
    /// Lots that the account holds whatever fills.
    pub certain: Certain,
}

/// Lots of a series that an account holds whatever fills; at most one of both is above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certain {
    /// Long.
    pub long: i64,
    /// Short.
    pub short: i64,
}

/// The reach of an account in one contract: the least and the most it could hold after any subset of fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// With all sells filled.
    pub low: i64,
    /// With all buys filled.
    pub high: i64,
    /// Whether the contract is in delivery.
    pub in_delivery: bool,
}

impl Reach {
    /// The most lots on either side.
    pub fn lots(&self) -> i64 {
        self.low.abs().max(self.high.abs())
    }
}

impl Part {
    /// Makes one series' part of its sums and of the reach in each of its contracts.
    pub fn new(series: SeriesId, margin: &SeriesMargin, sums: &Sums, reaches: impl Iterator<Item = Reach>) -> Part {
        let (mut low, mut high, mut longs, mut shorts) = (0, 0, 0, 0);
        let (mut reach, mut largest, mut delivering) = (0, 0, 0);
        for contract in reaches {
            low += contract.low;
            high += contract.high;
            longs += contract.high.max(0);
            shorts += (-contract.low).max(0);
            reach += contract.lots();
            largest = contract.lots().max(largest);
            delivering += if contract.in_delivery { contract.lots() } else { 0 };
        }
        let spreads = longs.min(shorts).min(reach - largest);
        let concentrated = (reach - i64::from(margin.concentration_lots)).max(0);
        let charges = margin.calendar_charge.0 * spreads
            + margin.delivery_charge.0 * delivering
            + margin.concentration_charge.0 * concentrated;
        Part {
            series,
            scan: sums.scan(),
            charges: Cash(charges),
            order_cost: Cash(sums.order_cost),
            minimum: Cash(margin.minimum_charge.0 * reach),
            certain: Certain { long: low.max(0), short: (-high).max(0) },
        }
    }
}
