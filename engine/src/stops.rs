//! The stop orders that wait in one contract, and which of them the price has reached.
//!
//! What was reached stays reached until it is served, even if the price goes back meanwhile: the watch keeps the lowest and
//! the highest price since stops were last out of reach.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::ids::OrderId;
use crate::order::{Trigger, TriggerReference};
use crate::units::{Price, Side};

/// All stop orders of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stops {
    watches: [Watch; TriggerReference::ALL.len()],
    /// All that wait, whatever they watch.
    orders: BTreeSet<OrderId>,
}

/// The stop orders on one reference price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    /// None until the reference has a price.
    reach: Option<Reach>,
    /// In the order in which a rising price reaches them.
    buys: BTreeSet<(Price, OrderId)>,
    /// In the order in which a falling price reaches them.
    sells: BTreeSet<(Reverse<Price>, OrderId)>,
}

/// The present price, and the lowest and highest since stops were last out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) price: Price,
    pub(crate) low: Price,
    pub(crate) high: Price,
}

impl Stops {
    pub(crate) fn count(&self) -> usize {
        self.orders.len()
    }

    /// The present price of a reference.
    pub(crate) fn price(&self, reference: TriggerReference) -> Option<Price> {
        self.reach(reference).map(|reach| reach.price)
    }

    pub(crate) fn reach(&self, reference: TriggerReference) -> Option<Reach> {
        self.watches[reference as usize].reach
    }

    pub(crate) fn restore_reach(&mut self, reference: TriggerReference, reach: Option<Reach>) {
        self.watches[reference as usize].reach = reach;
    }

    /// Whether a stop would wake up at once.
    pub(crate) fn is_reached(&self, side: Side, trigger: Trigger) -> bool {
        self.price(trigger.reference).is_some_and(|price| match side {
            Side::Buy => price >= trigger.price,
            Side::Sell => price <= trigger.price,
        })
    }

    pub(crate) fn insert(&mut self, side: Side, trigger: Trigger, order: OrderId) {
        let watch = &mut self.watches[trigger.reference as usize];
        let fresh = match side {
            Side::Buy => watch.buys.insert((trigger.price, order)),
            Side::Sell => watch.sells.insert((Reverse(trigger.price), order)),
        };
        assert!(fresh && self.orders.insert(order), "order {order} waits twice");
    }

    pub(crate) fn remove(&mut self, side: Side, trigger: Trigger, order: OrderId) {
        let watch = &mut self.watches[trigger.reference as usize];
        let known = match side {
            Side::Buy => watch.buys.remove(&(trigger.price, order)),
            Side::Sell => watch.sells.remove(&(Reverse(trigger.price), order)),
        };
        assert!(known && self.orders.remove(&order), "order {order} does not wait");
        watch.shrink();
    }

    /// The reference has a new price.
    pub(crate) fn note(&mut self, reference: TriggerReference, price: Price) {
        let watch = &mut self.watches[reference as usize];
        let Reach { low, high, .. } = watch.reach.unwrap_or(Reach { price, low: price, high: price });
        watch.reach = Some(Reach { price, low: low.min(price), high: high.max(price) });
        watch.shrink();
    }

    /// The stop that wakes up next, if one is within reach.
    pub(crate) fn next(&self) -> Option<(TriggerReference, OrderId)> {
        TriggerReference::ALL.iter().find_map(|&reference| Some((reference, self.watches[reference as usize].next()?)))
    }

    /// The waiting order with the lowest number.
    pub(crate) fn lowest(&self) -> Option<OrderId> {
        self.orders.first().copied()
    }
}

impl Watch {
    fn next(&self) -> Option<OrderId> {
        let Reach { low, high, .. } = self.reach?;
        let buy = self.buys.first().filter(|(trigger, _)| *trigger <= high).map(|&(_, order)| order);
        buy.or_else(|| self.sells.first().filter(|(trigger, _)| trigger.0 >= low).map(|&(_, order)| order))
    }

    /// Once nothing is within reach any more, reach is where the price is.
    fn shrink(&mut self) {
        if self.next().is_none()
            && let Some(Reach { price, .. }) = self.reach
        {
            self.reach = Some(Reach { price, low: price, high: price });
        }
    }
}
