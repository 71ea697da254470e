//! One contract's order book in price–time priority.
//!
//! Orders live in a slab and are linked into a queue per price level, so that a cancel in the middle is as cheap as one
//! at the front and never touches the queue of others. Levels are kept in ordered maps; the best bid is the last key of one,
//! the best offer the first key of the other. Nothing is cached, hence nothing can go stale.

use std::collections::BTreeMap;

use crate::ids::{AccountId, OrderId};
use crate::units::{Lots, Price, Side};

/// No slot: the end of a queue.
const NIL: u32 = u32::MAX;

/// All resting orders of one contract.
#[derive(Clone, Debug, Default)]
pub struct Book {
    bids: BTreeMap<Price, Level>,
    asks: BTreeMap<Price, Level>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    slot_of: BTreeMap<OrderId, u32>,
}

/// A price level: the oldest order first.
#[derive(Clone, Copy, Debug)]
struct Level {
    first: u32,
    last: u32,
    lots: u64,
    orders_count: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    resting: Resting,
    previous: u32,
    next: u32,
}

/// An order at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// The order.
    pub order: OrderId,
    /// Whose.
    pub account: AccountId,
    /// Buy or sell.
    pub side: Side,
    /// Its limit.
    pub price: Price,
    /// What is left of it.
    pub lots: Lots,
}

/// A resting order that met one that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The resting order as it was before; its price is the price of the trade.
    pub maker: Resting,
    /// How much was traded.
    pub lots: Lots,
}

/// What a price level shows to the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelView {
    /// The price.
    pub price: Price,
    /// Lots of all orders.
    pub lots: u64,
    /// How many orders.
    pub orders_count: u32,
}

impl Book {
    /// The best price of a side.
    pub fn best(&self, side: Side) -> Option<Price> {
        match side {
            Side::Buy => self.bids.last_key_value().map(|(&price, _)| price),
            Side::Sell => self.asks.first_key_value().map(|(&price, _)| price),
        }
    }

    /// Trades an arriving order with the oldest order at the best opposite price, if its limit allows.
    /// The maker keeps its place unless nothing of it is left.
    pub fn match_next(&mut self, side: Side, limit: Price, lots: Lots) -> Option<Fill> {
        let best = self.best(side.opposite())?;
        if lots.is_zero() || !side.accepts(limit, best) {
            return None;
        }
        let first = self.side(side.opposite())[&best].first;
        let maker = self.slots[index(first)].resting;
        let traded = lots.min(maker.lots);
        if traded == maker.lots {
            self.remove_slot(first);
        } else {
            self.slots[index(first)].resting.lots -= traded;
            let level = self.side_mut(side.opposite()).get_mut(&best).expect("the best level exists");
            level.lots -= u64::from(traded.0);
        }
        Some(Fill { maker, lots: traded })
    }

    /// Puts an order behind all others at its price.
    pub fn rest(&mut self, resting: Resting) {
        let slot = self.take_slot(resting);
        let previous = {
            let level = self.side_mut(resting.side).entry(resting.price).or_insert(Level {
                first: slot,
                last: NIL,
                lots: 0,
                orders_count: 0,
            });
            let previous = level.last;
            level.last = slot;
            level.lots += u64::from(resting.lots.0);
            level.orders_count += 1;
            previous
        };
        if previous != NIL {
            self.slots[index(previous)].next = slot;
            self.slots[index(slot)].previous = previous;
        }
        let before = self.slot_of.insert(resting.order, slot);
        assert!(before.is_none(), "order {} rests twice", resting.order);
    }

    /// Takes an order out; `None` if it does not rest here.
    pub fn cancel(&mut self, order: OrderId) -> Option<Resting> {
        let slot = *self.slot_of.get(&order)?;
        let resting = self.slots[index(slot)].resting;
        self.remove_slot(slot);
        Some(resting)
    }

    /// An order at rest.
    pub fn get(&self, order: OrderId) -> Option<Resting> {
        self.slot_of.get(&order).map(|&slot| self.slots[index(slot)].resting)
    }

    /// Any one order, the one with the lowest id.
    pub fn lowest_order(&self) -> Option<OrderId> {
        self.slot_of.first_key_value().map(|(&order, _)| order)
    }

    /// How many orders rest here.
    pub fn orders_count(&self) -> usize {
        self.slot_of.len()
    }

    /// The price levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = LevelView> + '_ {
        let (bids, asks) = match side {
            Side::Buy => (Some(self.bids.iter().rev()), None),
            Side::Sell => (None, Some(self.asks.iter())),
        };
        bids.into_iter().flatten().chain(asks.into_iter().flatten()).map(|(&price, level)| LevelView {
            price,
            lots: level.lots,
            orders_count: level.orders_count,
        })
    }

    /// The orders of a side in the order in which they would trade.
    pub fn queue(&self, side: Side) -> impl Iterator<Item = Resting> + '_ {
        self.levels(side).flat_map(move |view| {
            let mut slot = self.side(side)[&view.price].first;
            std::iter::from_fn(move || {
                let found = self.slots.get(index(slot))?;
                slot = found.next;
                Some(found.resting)
            })
        })
    }

    fn side(&self, side: Side) -> &BTreeMap<Price, Level> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Price, Level> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn take_slot(&mut self, resting: Resting) -> u32 {
        let fresh = Slot { resting, previous: NIL, next: NIL };
        if let Some(slot) = self.free.pop() {
            self.slots[index(slot)] = fresh;
            return slot;
        }
        let slot = u32::try_from(self.slots.len()).expect("open orders are limited");
        self.slots.push(fresh);
        slot
    }

    /// Unlinks a slot, drops its level if it was the last one there, and frees it.
    fn remove_slot(&mut self, slot: u32) {
        let Slot { resting, previous, next } = self.slots[index(slot)];
        if previous != NIL {
            self.slots[index(previous)].next = next;
        }
        if next != NIL {
            self.slots[index(next)].previous = previous;
        }
        let levels = self.side_mut(resting.side);
        let level = levels.get_mut(&resting.price).expect("a resting order has a level");
        level.lots -= u64::from(resting.lots.0);
        level.orders_count -= 1;
        if level.first == slot {
            level.first = next;
        }
        if level.last == slot {
            level.last = previous;
        }
        if level.orders_count == 0 {
            levels.remove(&resting.price);
        }
        self.slot_of.remove(&resting.order);
        self.free.push(slot);
    }
}

fn index(slot: u32) -> usize {
    // u32 fits into usize on every platform with 32 bits or more, the only ones the venue runs on.
    slot as usize
}
