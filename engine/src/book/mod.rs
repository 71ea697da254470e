//! One contract's resting orders in price–time priority, built for speed: most commands touch a handful of cache lines.
//!
//! Three parts: a slab of packed orders (`node`), linked into one queue per price, so that a cancel in the middle is as
//! cheap as one at the front; a ladder of price levels per side (`ladder`), an array around the best price (`window`) with
//! an ordered map for whatever lies far from it; and ranks (`rank`), which let both sides share all code.
//!
//! The book does not look orders up by id and knows no rule of trading. Whoever drives it keeps the [`Slot`] of each order.
//!
//! ```
//! use engine::book::{Book, Resting};
//! use engine::ids::{AccountId, OrderId};
//! use engine::units::{Lots, Price, Side};
//!
//! let mut book = Book::new(Price(10_000));
//! let (account, side, price) = (AccountId(7), Side::Sell, Price(3_250_000));
//! let offer = Resting { order: OrderId(1), account, owner: account, link: 0, side, price, lots: Lots(5), reduce_only: false };
//! let slot = book.rest(offer);
//!
//! assert_eq!(book.best(Side::Sell), Some(price));
//! assert_eq!(book.front(Side::Sell), Some((slot, offer)));
//! assert_eq!(book.fill(slot, Lots(3)), Lots(2));
//! assert_eq!(book.remove(slot).lots, Lots(2));
//! assert_eq!(book.best(Side::Sell), None);
//! ```

mod ladder;
mod node;
mod rank;
mod window;

use self::ladder::{Ladder, Level};
use self::node::{NIL, Node, Nodes};
use self::rank::Rank;
use crate::ids::{AccountId, OrderId};
use crate::units::{Lots, Price, Side};

/// All resting orders of one contract.
#[derive(Clone, Debug)]
pub struct Book {
    tick: i64,
    sides: [Ladder; 2],
    nodes: Nodes,
}

/// Handle of a resting order, valid until the order leaves its book; then the next order to rest may get the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub u32);

/// An order at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// The order.
    pub order: OrderId,
    /// Whose.
    pub account: AccountId,
    /// Whose account that is, for self-trade prevention.
    pub owner: AccountId,
    /// Where whoever drives the book keeps the rest of what it knows of the order. The book only carries it.
    pub link: u32,
    /// Buy or sell.
    pub side: Side,
    /// Its limit.
    pub price: Price,
    /// What is left of it.
    pub lots: Lots,
    /// Whether it may only make a position smaller. The book only carries it.
    pub reduce_only: bool,
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
    /// An empty book. It takes no memory before its first order.
    ///
    /// # Panics
    /// If the tick is not above zero.
    pub fn new(tick: Price) -> Book {
        assert!(tick > Price(0), "tick {tick} is not above zero");
        Book { tick: tick.0, sides: Default::default(), nodes: Nodes::default() }
    }

    /// The best price of a side.
    #[inline]
    pub fn best(&self, side: Side) -> Option<Price> {
        self.ladder(side).first().map(|rank| self.price(side, rank))
    }

    /// The order that trades next on a side.
    #[inline]
    pub fn front(&self, side: Side) -> Option<(Slot, Resting)> {
        let rank = self.ladder(side).first()?;
        Some(self.entry(self.ladder(side).level(rank).first))
    }

    /// The order that trades after this one, at the same price or at the next.
    ///
    /// # Panics
    /// If no order rests in the slot.
    pub fn behind(&self, slot: Slot) -> Option<(Slot, Resting)> {
        let node = self.nodes.get(slot.0);
        if node.next != NIL {
            return Some(self.entry(node.next));
        }
        let ladder = self.ladder(node.side);
        let rank = ladder.after(node.rank)?;
        Some(self.entry(ladder.level(rank).first))
    }

    /// An order at rest.
    ///
    /// # Panics
    /// If no order rests in the slot.
    #[inline]
    pub fn get(&self, slot: Slot) -> Resting {
        self.resting(self.nodes.get(slot.0))
    }

    /// Whether this order rests in this slot.
    #[inline]
    pub fn holds(&self, slot: Slot, order: OrderId) -> bool {
        self.nodes.find(slot.0).is_some_and(|node| node.order == order)
    }

    /// Puts an order behind all others at its price.
    ///
    /// # Panics
    /// If it has no lots, or its price is no multiple of the tick or more than 2^30 ticks from zero.
    #[inline]
    pub fn rest(&mut self, resting: Resting) -> Slot {
        let rank = self.rank(resting.side, resting.price);
        let (ladder, nodes) = self.parts(resting.side);
        let level = ladder.level_or_new(rank);
        let slot = nodes.take(Node {
            order: resting.order,
            next: NIL,
            previous: level.last,
            rank,
            lots: resting.lots,
            account: resting.account,
            owner: resting.owner,
            link: resting.link,
            side: resting.side,
            reduce_only: resting.reduce_only,
        });
        if level.last == NIL {
            level.first = slot;
        }
        nodes.tie(level.last, slot);
        level.last = slot;
        level.lots += u64::from(resting.lots.0);
        level.orders_count += 1;
        Slot(slot)
    }

    /// Takes lots off an order that traded; says what is left. It keeps its place unless that is nothing.
    ///
    /// # Panics
    /// If no order rests in the slot, or it has fewer lots.
    #[inline]
    pub fn fill(&mut self, slot: Slot, lots: Lots) -> Lots {
        let left = self.nodes.get(slot.0).lots - lots;
        if left.is_zero() {
            self.remove(slot);
        } else {
            self.reduce(slot, lots);
        }
        left
    }

    /// Takes lots off an order, which keeps its place.
    ///
    /// # Panics
    /// If no order rests in the slot, or none of it would be left.
    #[inline]
    pub fn reduce(&mut self, slot: Slot, lots: Lots) {
        let node = self.nodes.get_mut(slot.0);
        assert!(lots < node.lots, "order {} of {} lots cannot lose {lots} and stay", node.order, node.lots);
        node.lots -= lots;
        let (side, rank) = (node.side, node.rank);
        self.parts(side).0.level_mut(rank).lots -= u64::from(lots.0);
    }

    /// Takes an order out.
    ///
    /// # Panics
    /// If no order rests in the slot.
    #[inline]
    pub fn remove(&mut self, slot: Slot) -> Resting {
        let node = self.nodes.release(slot.0);
        let (ladder, nodes) = self.parts(node.side);
        let level = ladder.level_mut(node.rank);
        nodes.tie(node.previous, node.next);
        if node.previous == NIL {
            level.first = node.next;
        }
        if node.next == NIL {
            level.last = node.previous;
        }
        level.lots -= u64::from(node.lots.0);
        level.orders_count -= 1;
        if level.orders_count == 0 {
            ladder.vacate(node.rank);
        }
        self.resting(&node)
    }

    /// Loads what resting at a price will read, and answers something of it.
    #[inline]
    pub(crate) fn touch_level(&self, side: Side, price: Price) -> u32 {
        self.ladder(side).touch(self.rank(side, price))
    }

    /// Loads what taking an order out will read beside the order itself, and answers something of it.
    #[inline]
    pub(crate) fn touch_neighbours(&self, slot: Slot) -> u32 {
        let node = self.nodes.get(slot.0);
        let lots = |slot| self.nodes.find(slot).map_or(0, |node| node.lots.0);
        self.ladder(node.side).touch(node.rank) ^ lots(node.previous) ^ lots(node.next)
    }

    /// How many orders rest here.
    pub fn orders_count(&self) -> usize {
        self.nodes.live_count()
    }

    /// The price levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = LevelView> + '_ {
        let ladder = self.ladder(side);
        std::iter::successors(ladder.first(), |&rank| ladder.after(rank)).map(move |rank| {
            let &Level { lots, orders_count, .. } = ladder.level(rank);
            LevelView { price: self.price(side, rank), lots, orders_count }
        })
    }

    /// The orders of a side in the order in which they would trade.
    pub fn queue(&self, side: Side) -> impl Iterator<Item = (Slot, Resting)> + '_ {
        std::iter::successors(self.front(side), |&(slot, _)| self.behind(slot))
    }

    /// Bytes the book has taken from the allocator, an estimate for its ordered maps.
    pub fn memory_bytes(&self) -> usize {
        self.nodes.memory_bytes() + self.sides.iter().map(Ladder::memory_bytes).sum::<usize>()
    }

    #[inline]
    fn ladder(&self, side: Side) -> &Ladder {
        &self.sides[side as usize]
    }

    /// One side's levels and all nodes, both to be changed.
    #[inline]
    fn parts(&mut self, side: Side) -> (&mut Ladder, &mut Nodes) {
        (&mut self.sides[side as usize], &mut self.nodes)
    }

    #[inline]
    fn rank(&self, side: Side, price: Price) -> Rank {
        let ticks = price.0 / self.tick;
        assert!(ticks * self.tick == price.0, "price {price} is not a multiple of the tick");
        Rank::new(side, ticks)
    }

    #[inline]
    fn price(&self, side: Side, rank: Rank) -> Price {
        Price(rank.ticks(side) * self.tick)
    }

    #[inline]
    fn entry(&self, slot: u32) -> (Slot, Resting) {
        (Slot(slot), self.get(Slot(slot)))
    }

    #[inline]
    fn resting(&self, node: &Node) -> Resting {
        let &Node { order, account, owner, link, side, lots, reduce_only, .. } = node;
        Resting { order, account, owner, link, side, price: self.price(side, node.rank), lots, reduce_only }
    }
}
