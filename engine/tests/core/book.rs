//! The book against one that anybody can read: the same random orders, and after each the same queues, levels and best prices.

use engine::book::{Book, LevelView, Resting, Slot};
use engine::ids::{AccountId, OrderId};
use engine::units::{Lots, Price, Side};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::compare::config;
use crate::counts::count;

/// Orders of each side in trading order, found and placed by walking from the front.
#[derive(Default)]
struct PlainBook {
    bids: Vec<(Slot, Resting)>,
    asks: Vec<(Slot, Resting)>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Rest {
        side: Side,
        price: Place,
        lots: u32,
    },
    /// Trades with the front of a side.
    Take {
        side: Side,
        lots: u32,
    },
    /// These name an order by its place in the queue, counted around.
    Reduce {
        side: Side,
        place: usize,
        lots: u32,
    },
    Remove {
        side: Side,
        place: usize,
    },
}

/// Where an order rests.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// So many ticks from the middle.
    Near(i64),
    /// So many ticks from the middle, which moves there.
    Jump(i64),
    /// So many ticks from zero.
    Anywhere(i64),
}

struct Pair {
    book: Book,
    plain: PlainBook,
    tick: i64,
    middle: i64,
    orders_count: u64,
}

/// Ticks from zero that a price may have at most: all prices up to 1,000 USD in the smallest tick.
const TICKS_MAX: i64 = 1_000_000_000;

impl PlainBook {
    fn side(&mut self, side: Side) -> &mut Vec<(Slot, Resting)> {
        if side == Side::Buy { &mut self.bids } else { &mut self.asks }
    }

    fn rest(&mut self, slot: Slot, order: Resting) {
        let side = self.side(order.side);
        let is_behind = |price: Price| if order.side == Side::Buy { price < order.price } else { price > order.price };
        let at = side.iter().position(|(_, other)| is_behind(other.price)).unwrap_or(side.len());
        side.insert(at, (slot, order));
    }

    fn levels(&mut self, side: Side) -> Vec<LevelView> {
        let mut levels: Vec<LevelView> = Vec::new();
        for (_, order) in self.side(side) {
            match levels.last_mut().filter(|level| level.price == order.price) {
                Some(level) => {
                    level.lots += u64::from(order.lots.0);
                    level.orders_count += 1;
                }
                None => levels.push(LevelView { price: order.price, lots: order.lots.0.into(), orders_count: 1 }),
            }
        }
        levels
    }
}

impl Pair {
    fn new(tick: i64) -> Pair {
        Pair { book: Book::new(Price(tick)), plain: PlainBook::default(), tick, middle: 0, orders_count: 0 }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Rest { side, price, lots } => self.rest(side, price, lots),
            Step::Take { side, lots } => {
                if let Some((slot, order)) = self.book.front(side) {
                    let traded = Lots(lots.min(order.lots.0));
                    let left = self.book.fill(slot, traded);
                    assert_eq!(left, order.lots - traded);
                    self.shrink(side, 0, traded);
                }
            }
            Step::Reduce { side, place, lots } => {
                if let Some((at, slot, order)) = self.chosen(side, place) {
                    let lots = Lots(lots % order.lots.0);
                    self.book.reduce(slot, lots);
                    self.shrink(side, at, lots);
                }
            }
            Step::Remove { side, place } => {
                if let Some((at, slot, order)) = self.chosen(side, place) {
                    assert!(self.book.holds(slot, order.order));
                    assert_eq!(self.book.remove(slot), order);
                    assert!(!self.book.holds(slot, order.order));
                    self.plain.side(side).remove(at);
                }
            }
        }
    }

    fn rest(&mut self, side: Side, price: Place, lots: u32) {
        let ticks = match price {
            Place::Near(steps) => self.middle + steps,
            Place::Jump(steps) => {
                self.middle = (self.middle + steps).clamp(-TICKS_MAX, TICKS_MAX);
                self.middle
            }
            Place::Anywhere(ticks) => ticks,
        };
        self.orders_count += 1;
        let number = u32::try_from(self.orders_count).unwrap();
        let order = Resting {
            order: OrderId(self.orders_count),
            account: AccountId(number % 7),
            owner: AccountId(number % 3),
            link: !number,
            side,
            price: Price(ticks.clamp(-TICKS_MAX, TICKS_MAX) * self.tick),
            lots: Lots(lots),
            reduce_only: lots.is_multiple_of(2),
        };
        let slot = self.book.rest(order);
        self.plain.rest(slot, order);
    }

    fn chosen(&mut self, side: Side, place: usize) -> Option<(usize, Slot, Resting)> {
        let queue = self.plain.side(side);
        let at = place.checked_rem(queue.len())?;
        Some((at, queue[at].0, queue[at].1))
    }

    fn shrink(&mut self, side: Side, at: usize, lots: Lots) {
        let queue = self.plain.side(side);
        queue[at].1.lots -= lots;
        if queue[at].1.lots.is_zero() {
            queue.remove(at);
        }
    }

    fn assert_same_front(&mut self) {
        for side in [Side::Buy, Side::Sell] {
            let front = self.plain.side(side).first().copied();
            assert_eq!(self.book.front(side), front);
            assert_eq!(self.book.best(side), front.map(|(_, order)| order.price));
        }
        assert_eq!(self.book.orders_count(), self.plain.bids.len() + self.plain.asks.len());
    }

    fn assert_same(&mut self) {
        self.assert_same_front();
        for side in [Side::Buy, Side::Sell] {
            assert_eq!(self.book.levels(side).collect::<Vec<_>>(), self.plain.levels(side));
            assert_eq!(self.book.queue(side).collect::<Vec<_>>(), *self.plain.side(side));
            for pair in self.plain.side(side).windows(2) {
                assert_eq!(self.book.behind(pair[0].0), Some(pair[1]));
                assert_eq!(self.book.get(pair[1].0), pair[1].1);
            }
        }
    }
}

fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn places() -> impl Strategy<Value = Place> {
    prop_oneof![
        8 => (-3_i64..=3).prop_map(Place::Near),
        8 => (-150_i64..=150).prop_map(Place::Near),
        2 => (-5_000_i64..=5_000).prop_map(Place::Near),
        1 => (-3_000_i64..=3_000).prop_map(Place::Jump),
        1 => (-2 * TICKS_MAX..=2 * TICKS_MAX).prop_map(Place::Jump),
        1 => (-TICKS_MAX..=TICKS_MAX).prop_map(Place::Anywhere),
        1 => prop_oneof![Just(-TICKS_MAX), Just(-1), Just(0), Just(TICKS_MAX)].prop_map(Place::Anywhere),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (sides(), places(), 1_u32..=9).prop_map(|(side, price, lots)| Step::Rest { side, price, lots }),
        2 => (sides(), 1_u32..=12).prop_map(|(side, lots)| Step::Take { side, lots }),
        1 => (sides(), any::<usize>(), any::<u32>()).prop_map(|(side, place, lots)| Step::Reduce { side, place, lots }),
        2 => (sides(), any::<usize>()).prop_map(|(side, place)| Step::Remove { side, place }),
    ]
}

#[test]
fn the_book_does_what_a_plain_one_does() {
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let done = std::cell::Cell::new(0);
    let ticks = prop_oneof![Just(1_i64), Just(7), Just(10_000), Just(1_000_000_000)];
    let result = runner.run(&(ticks, vec(steps(), 1..600)), |(tick, steps)| {
        let mut pair = Pair::new(tick);
        for (number, step) in steps.iter().enumerate() {
            pair.apply(*step);
            pair.assert_same_front();
            if number % 32 == 0 {
                pair.assert_same();
            }
        }
        pair.assert_same();
        done.set(done.get() + steps.len());
        Ok(())
    });
    result.unwrap();
    count(done.get(), "book steps compared");
}

/// A price that walks away for long, so that the window has to follow and widen again and again.
#[test]
fn the_book_follows_a_price_that_runs_away() {
    let mut done = 0;
    for drift in [-40, -3, 0, 3, 40] {
        let mut pair = Pair::new(10);
        for number in 0..12_000_i64 {
            let side = if number % 3 == 0 { Side::Sell } else { Side::Buy };
            let price = match number % 20 {
                0 => Place::Jump(drift),
                1 => Place::Near(number * 7_919 % 1_000 - 500),
                _ => Place::Near(number * 7_919 % 60 - 30),
            };
            pair.apply(Step::Rest { side, price, lots: 5 });
            if number > 300 {
                pair.apply(Step::Take { side, lots: 4 });
                pair.apply(Step::Remove { side, place: usize::try_from(number).unwrap() * 31 });
            }
            pair.assert_same_front();
            if number % 512 == 0 {
                pair.assert_same();
            }
            done += 3;
        }
        pair.assert_same();
    }
    count(done, "book steps compared");
}

#[test]
fn a_dead_slot_is_an_error_of_the_engine() {
    let order = Resting {
        order: OrderId(1),
        account: AccountId(1),
        owner: AccountId(1),
        link: 0,
        side: Side::Buy,
        price: Price(30),
        lots: Lots(2),
        reduce_only: false,
    };
    let dead = |act: fn(&mut Book, Slot)| {
        std::panic::catch_unwind(move || {
            let mut book = Book::new(Price(10));
            let slot = book.rest(order);
            book.remove(slot);
            act(&mut book, slot);
        })
    };
    let faults: [fn(&mut Book, Slot); 5] = [
        |book, slot| _ = book.get(slot),
        |book, slot| _ = book.behind(slot),
        |book, slot| _ = book.remove(slot),
        |book, slot| _ = book.fill(slot, Lots(1)),
        |book, slot| book.reduce(slot, Lots(1)),
    ];
    for fault in faults {
        assert!(dead(fault).is_err());
    }
    let wrong = |order: Resting| std::panic::catch_unwind(move || Book::new(Price(10)).rest(order)).is_err();
    assert!(wrong(Resting { lots: Lots(0), ..order }));
    assert!(wrong(Resting { price: Price(31), ..order }));
    assert!(wrong(Resting { price: Price(20_000_000_000), ..order }));
    assert!(!wrong(order));
    count(9, "book errors refused");
}

/// Prices as far apart as they can be, and crowds that tempt the window to widen and then leave.
#[test]
fn hostile_prices_take_memory_in_proportion_to_orders() {
    const ORDERS: usize = 20_000;
    // The largest windows of both sides.
    const FIXED_BYTES: usize = 2 * 4_096 * 25;
    let spread: fn(i64) -> i64 = |number| number * 99_991 % TICKS_MAX;
    let crowds: fn(i64) -> i64 = |number| number / 1_000 * 1_000_003 + number % 1_000;
    let mut peak = 0;
    for price in [spread, crowds] {
        let mut pair = Pair::new(1);
        let mut slots = Vec::new();
        for number in 0..ORDERS {
            let ticks = price(i64::try_from(number).unwrap());
            let (side, sign) = if number % 2 == 0 { (Side::Buy, -1) } else { (Side::Sell, 1) };
            pair.rest(side, Place::Anywhere(sign * ticks), 1);
            slots.push(pair.plain.side(side).pop().unwrap().0);
            peak = peak.max(pair.book.memory_bytes());
        }
        for slot in slots {
            pair.book.remove(slot);
        }
        assert_eq!((pair.book.best(Side::Buy), pair.book.orders_count()), (None, 0));
    }
    // A slab that just doubled has 80 bytes an order, the map at most as many.
    assert!(peak < FIXED_BYTES + 160 * ORDERS, "{peak} bytes for {ORDERS} orders");
    count(2 * ORDERS, "hostile prices placed");
}
