//! One contract as its events tell of it: two queues in price-time order, and what governs trading.

use std::collections::BTreeMap;

use engine::ids::OrderId;
use engine::instrument::{FEE_TIERS, FeeRates, FeeTiers, Terms};
use engine::units::{Cash, Day, Price, Side, Timestamp};

use super::margin::Known;
use super::settlement::Settling;

/// One contract.
#[derive(Clone)]
pub(super) struct Market {
    pub(super) terms: Terms,
    pub(super) is_halted: bool,
    pub(super) is_settled: bool,
    pub(super) settling: Option<Settling>,
    /// The day it was settled for last, and at what a lot.
    pub(super) settled: Option<(Day, Cash)>,
    /// The hour of the clock, counted from 1970, that was funded last.
    pub(super) funded_hour: Option<i64>,
    pub(super) has_limits: bool,
    /// The lowest and highest price that may trade.
    pub(super) bounds: (Price, Price),
    pub(super) fees: Vec<(Timestamp, FeeTiers)>,
    /// Of a contract on margin.
    pub(super) known: Known,
    /// Best first; at one price in the order of coming to rest.
    queues: [BTreeMap<Place, OrderId>; 2],
    arrivals: u64,
}

/// Where an order stands in its queue: its price, the better the lower, then when it came.
pub(super) type Place = (i64, u64);

impl Market {
    pub(super) fn new(terms: Terms) -> Market {
        Market {
            terms,
            is_halted: false,
            is_settled: false,
            settling: None,
            settled: None,
            funded_hour: None,
            has_limits: false,
            bounds: (terms.floor, terms.cap),
            known: Known::default(),
            fees: vec![(Timestamp(i64::MIN), [terms.fees; FEE_TIERS])],
            queues: [BTreeMap::new(), BTreeMap::new()],
            arrivals: 0,
        }
    }

    /// The rates of a tier at a moment.
    pub(super) fn rates(&self, tier: u8, now: Timestamp) -> FeeRates {
        let in_force = self.fees.iter().rev().find(|(from, _)| *from <= now).expect("the first rates begin with time");
        in_force.1[usize::from(tier)]
    }

    /// Whether orders may arrive and trade, as far as this contract alone says.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        !self.is_halted && !self.is_settled && self.settling.is_none() && now < self.terms.end()
    }

    pub(super) fn queue(&self, side: Side) -> impl Iterator<Item = OrderId> + '_ {
        self.queues[side as usize].values().copied()
    }

    pub(super) fn front(&self, side: Side) -> Option<OrderId> {
        self.queue(side).next()
    }

    /// The best price of a side.
    pub(super) fn best(&self, side: Side) -> Option<Price> {
        self.queues[side as usize].keys().next().map(|&(key, _)| price_of(side, key))
    }

    pub(super) fn rest(&mut self, side: Side, limit: Price, order: OrderId) -> Place {
        self.arrivals += 1;
        let place = (key_of(side, limit), self.arrivals);
        self.queues[side as usize].insert(place, order);
        place
    }

    pub(super) fn remove(&mut self, side: Side, place: Place) {
        self.queues[side as usize].remove(&place);
    }
}

fn key_of(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => -price.0,
        Side::Sell => price.0,
    }
}

fn price_of(side: Side, key: i64) -> Price {
    Price(key_of(side, Price(key)))
}
