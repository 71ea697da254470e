//! The venue's book and index, driven as the venue drives them but without money.

use engine::book::{Book, Resting, Slot};
use engine::ids::{AccountId, OrderId};
use engine::index::IdIndex;
use engine::units::{Lots, Price};

use super::error::Refusal;
use super::flow::{Books, Kind, Operation};

/// One book a symbol; all orders in one index.
pub(crate) struct FastBooks {
    books: Vec<Book>,
    slots: IdIndex,
}

/// Any will do: results do not depend on it.
const SEED: u64 = 7;

impl FastBooks {
    pub(crate) fn new(symbols: u32) -> FastBooks {
        FastBooks { books: vec![Book::new(Price(1)); symbols as usize], slots: IdIndex::new(SEED) }
    }
}

impl Books for FastBooks {
    fn limit(&mut self, operation: &Operation, mut fill: impl FnMut(u64, i64, u32)) -> Result<(), Refusal> {
        let &Operation { kind, side, symbol, lots, id, price, account, .. } = operation;
        let book = &mut self.books[usize::from(symbol)];
        let (limit, mut left) = (Price(i64::from(price)), Lots(lots));
        // The best price is asked for before the order behind it: most orders cross nothing, and need not load that one.
        while !left.is_zero()
            && book.best(side.opposite()).is_some_and(|best| side.accepts(limit, best))
            && let Some((slot, maker)) = book.front(side.opposite())
        {
            let traded = left.min(maker.lots);
            fill(maker.order.0, maker.price.0, traded.0);
            left -= traded;
            if book.fill(slot, traded).is_zero() {
                self.slots.remove(maker.order.0, slot.0);
            }
        }
        if !left.is_zero() && kind == Kind::Limit {
            let (order, account) = (OrderId(id), AccountId(account));
            let resting =
                Resting { order, account, owner: account, link: 0, side, price: limit, lots: left, reduce_only: false };
            let slot = book.rest(resting);
            self.slots.insert(id, slot.0);
        }
        Ok(())
    }

    fn cancel(&mut self, operation: &Operation) -> Result<(), Refusal> {
        let book = &mut self.books[usize::from(operation.symbol)];
        let order = OrderId(operation.id);
        if let Some(slot) = self.slots.find(order.0, |slot| book.holds(Slot(slot), order)) {
            book.remove(Slot(slot));
            self.slots.remove(order.0, slot);
        }
        Ok(())
    }

    fn resting_count(&self) -> usize {
        self.books.iter().map(Book::orders_count).sum()
    }

    fn memory_bytes(&self) -> Option<usize> {
        Some(self.slots.memory_bytes() + self.books.iter().map(Book::memory_bytes).sum::<usize>())
    }
}
