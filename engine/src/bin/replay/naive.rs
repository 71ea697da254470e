//! A book as anyone would first write it: an ordered map of queues. The oracle of the fast one, and what it is measured against.

#![expect(
    clippy::disallowed_types,
    reason = "looked up by id only, never iterated; a slower map would flatter the ratio"
)]

use std::collections::{BTreeMap, HashMap, VecDeque};

use engine::units::Side;

use super::error::Refusal;
use super::flow::{Books, Kind, Operation};

/// An order's id and what is left of it.
type Queue = VecDeque<(u64, u32)>;

/// One book a symbol, and where each order rests.
pub(crate) struct NaiveBooks {
    books: Vec<NaiveBook>,
    live: HashMap<u64, Place>,
}

/// Where an order rests.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) symbol: u16,
    pub(crate) side: Side,
    pub(crate) price: i32,
}

#[derive(Clone, Default)]
struct NaiveBook {
    bids: BTreeMap<i32, Queue>,
    asks: BTreeMap<i32, Queue>,
}

impl NaiveBook {
    fn side(&mut self, side: Side) -> &mut BTreeMap<i32, Queue> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn best(&self, side: Side) -> Option<i32> {
        match side {
            Side::Buy => self.bids.last_key_value().map(|(&price, _)| price),
            Side::Sell => self.asks.first_key_value().map(|(&price, _)| price),
        }
    }
}

impl NaiveBooks {
    pub(crate) fn new(symbols: u32) -> NaiveBooks {
        NaiveBooks { books: vec![NaiveBook::default(); symbols as usize], live: HashMap::new() }
    }

    pub(crate) fn best(&self, symbol: u16, side: Side) -> Option<i32> {
        self.books[usize::from(symbol)].best(side)
    }

    pub(crate) fn place(&self, id: u64) -> Option<Place> {
        self.live.get(&id).copied()
    }
}

impl Books for NaiveBooks {
    fn limit(&mut self, operation: &Operation, mut fill: impl FnMut(u64, i64, u32)) -> Result<(), Refusal> {
        let &Operation { kind, side, symbol, lots, id, price: limit, .. } = operation;
        let book = &mut self.books[usize::from(symbol)];
        let mut left = lots;
        while left > 0
            && let Some(best) = book.best(side.opposite())
        {
            let accepts = if side == Side::Buy { best <= limit } else { best >= limit };
            if !accepts {
                break;
            }
            let levels = book.side(side.opposite());
            let queue = levels.get_mut(&best).expect("the best price has a queue");
            let (maker, offered) = queue.front_mut().expect("a queue has orders");
            let traded = left.min(*offered);
            fill(*maker, i64::from(best), traded);
            left -= traded;
            *offered -= traded;
            if *offered == 0 {
                self.live.remove(maker);
                queue.pop_front();
            }
            if queue.is_empty() {
                levels.remove(&best);
            }
        }
        if left > 0 && kind == Kind::Limit {
            book.side(side).entry(limit).or_default().push_back((id, left));
            self.live.insert(id, Place { symbol, side, price: limit });
        }
        Ok(())
    }

    fn cancel(&mut self, operation: &Operation) -> Result<(), Refusal> {
        let Some(Place { symbol, side, price }) = self.live.remove(&operation.id) else { return Ok(()) };
        let levels = self.books[usize::from(symbol)].side(side);
        let queue = levels.get_mut(&price).expect("a live order's price has a queue");
        let at = queue.iter().position(|&(id, _)| id == operation.id).expect("a live order is in its queue");
        queue.remove(at);
        if queue.is_empty() {
            levels.remove(&price);
        }
        Ok(())
    }

    fn resting_count(&self) -> usize {
        self.live.len()
    }
}
