//! Makes order flow up: mostly orders near a price that hardly moves, and mostly cancelled again, as on a real venue.
//!
//! Of a thousand operations about 520 are new orders, 100 take what is offered and 380 cancel. New orders lie a geometric
//! number of ticks from the middle, one in twenty of them anywhere within 500 ticks; the middle moves a tick in one of 500
//! operations. Symbols are drawn with Zipf weights: the second trades half as often as the first. Cancels name live orders, recent
//! ones more often.

use engine::units::Side;

use super::flow::{Books, Kind, Operation, Shape};
use super::naive::NaiveBooks;
use super::random::Random;
use super::workload::Workload;

const ACCOUNTS: u32 = 1_000;
const FIRST_PRICE: i32 = 100_000;

/// Thousandths of operations. New orders get what the others leave.
const AGGRESSIVE: u64 = 100;
const CANCELS: u64 = 400;
const MIDDLE_MOVES: u64 = 2;

struct Generator {
    random: Random,
    shape: Shape,
    /// Tells which orders trade, and so which are left to be cancelled.
    books: NaiveBooks,
    symbols: Vec<Symbol>,
    /// Running sums of the symbols' weights.
    weights: Vec<u64>,
    last_id: u64,
    time_ns: u64,
}

struct Symbol {
    middle: i32,
    /// Orders that came to rest, oldest first; up to half of them may be gone.
    rested: Vec<u64>,
    live_count: usize,
}

pub(crate) fn generate(shape: &Shape) -> Workload {
    let mut generator = Generator::new(*shape);
    let prefill = usize::try_from(shape.symbols * shape.depth).expect("limited on the command line");
    let total = prefill + usize::try_from(shape.operations).expect("limited on the command line");
    let mut operations = Vec::with_capacity(total);
    while operations.len() < total {
        let symbol = if operations.len() < prefill {
            operations.len() % generator.symbols.len()
        } else {
            generator.any_symbol()
        };
        let operation = generator.operation(symbol, operations.len() < prefill);
        operations.push(operation);
    }
    if shape.opaque {
        operations = opaque(&operations, prefill, shape.seed);
    }
    let small = |number: u64| u32::try_from(number).expect("limited on the command line");
    let (symbols, prefill) = (small(shape.symbols), small(prefill as u64));
    Workload { symbols, accounts: ACCOUNTS, prefill, seed: shape.seed, operations }
}

impl Generator {
    fn new(shape: Shape) -> Generator {
        let mut sum = 0;
        let weights = (1..=shape.symbols).map(|place| {
            sum += (1 << 32) / place;
            sum
        });
        let weights: Vec<u64> = weights.collect();
        let symbols = weights.iter().map(|_| Symbol { middle: FIRST_PRICE, rested: Vec::new(), live_count: 0 });
        Generator {
            random: Random::new(shape.seed),
            shape,
            books: NaiveBooks::new(u32::try_from(shape.symbols).expect("limited on the command line")),
            symbols: symbols.collect(),
            weights,
            last_id: 0,
            time_ns: 0,
        }
    }

    fn any_symbol(&mut self) -> usize {
        let drawn = self.random.below(*self.weights.last().expect("there is a symbol"));
        self.weights.partition_point(|&sum| sum <= drawn)
    }

    fn operation(&mut self, symbol: usize, prefill: bool) -> Operation {
        self.time_ns += 1 + self.random.below(900);
        if !prefill && self.random.chance(MIDDLE_MOVES) {
            self.symbols[symbol].middle += if self.random.coin() { 1 } else { -1 };
        }
        let drawn = if prefill { 1_000 } else { self.random.below(1_000) };
        let (live, depth) = (self.symbols[symbol].live_count as u64, self.shape.depth);
        let side = if self.random.coin() { Side::Buy } else { Side::Sell };
        let best = self.books.best(u16_of(symbol), side.opposite());
        let operation = match best {
            Some(best) if drawn < AGGRESSIVE => self.aggressive(symbol, side, best),
            _ if !prefill && live > 2 * depth => self.cancel(symbol),
            _ if live > depth / 2 && (AGGRESSIVE..AGGRESSIVE + CANCELS).contains(&drawn) => self.cancel(symbol),
            _ => self.passive(symbol, side),
        };
        self.apply(symbol, &operation);
        operation
    }

    fn passive(&mut self, symbol: usize, side: Side) -> Operation {
        let near = self.random.chance(950);
        let distance = 1 + if near { self.random.failures(120, 400) } else { self.random.below(500) };
        let distance = i32::try_from(distance).expect("at most 500 ticks");
        let middle = self.symbols[symbol].middle;
        let price = if side == Side::Buy { middle - distance } else { middle + distance };
        let lots = self.lots(100);
        self.order(Kind::Limit, symbol, side, price, lots)
    }

    /// Takes from the best price on; one in five rests with what it does not get.
    fn aggressive(&mut self, symbol: usize, side: Side, best: i32) -> Operation {
        let rests = self.random.chance(200);
        let slip = if rests { 0 } else { i32::try_from(self.random.below(4)).expect("below 4") };
        let price = if side == Side::Buy { best + slip } else { best - slip };
        let most = if self.random.chance(50) { 1_000 } else { 100 };
        let lots = self.lots(most);
        self.order(if rests { Kind::Limit } else { Kind::ImmediateOrCancel }, symbol, side, price, lots)
    }

    /// Cancels a live order of the symbol, which has one: in seven of ten cases one of the latest, otherwise any.
    fn cancel(&mut self, symbol: usize) -> Operation {
        let books = &self.books;
        let Symbol { rested, live_count, .. } = &mut self.symbols[symbol];
        if rested.len() > 64.max(2 * *live_count) {
            rested.retain(|&id| books.place(id).is_some());
        }
        let last = rested.len() - 1;
        let recent = self.random.chance(700);
        let back = if recent { self.random.failures(20, 400) } else { self.random.below(rested.len() as u64) };
        let from = last - usize::try_from(back).expect("limited").min(last);
        let live_at = |at: &usize| books.place(rested[*at]).is_some();
        let at = (0..=from).rev().find(live_at).or_else(|| (from..=last).find(live_at)).expect("an order is live");
        let id = rested[at];
        let place = books.place(id).expect("it was found live");
        let Operation { account, time_ns, .. } = self.stamped(id);
        let (kind, symbol) = (Kind::Cancel, u16_of(symbol));
        Operation { kind, side: place.side, symbol, lots: 0, id, price: place.price, account, time_ns }
    }

    fn lots(&mut self, most: u64) -> u32 {
        u32::try_from(1 + self.random.below(most)).expect("lots are small")
    }

    fn order(&mut self, kind: Kind, symbol: usize, side: Side, price: i32, lots: u32) -> Operation {
        self.last_id += 1;
        Operation { kind, side, symbol: u16_of(symbol), price, lots, ..self.stamped(self.last_id) }
    }

    /// An operation of which only identifier, account and time are set.
    fn stamped(&self, id: u64) -> Operation {
        let account = u32::try_from(id % u64::from(ACCOUNTS)).expect("a remainder is small");
        let (kind, side) = (Kind::Cancel, Side::Buy);
        Operation { kind, side, symbol: 0, lots: 0, id, price: 0, account, time_ns: self.time_ns }
    }

    fn apply(&mut self, symbol: usize, operation: &Operation) {
        let before = self.books.resting_count();
        let outcome = match operation.kind {
            Kind::Cancel => self.books.cancel(operation),
            Kind::Limit | Kind::ImmediateOrCancel => self.books.limit(operation, |_, _, _| ()),
        };
        outcome.expect("a plain book refuses nothing");
        let symbol = &mut self.symbols[symbol];
        symbol.live_count = symbol.live_count + self.books.resting_count() - before;
        if operation.kind == Kind::Limit && self.books.place(operation.id).is_some() {
            symbol.rested.push(operation.id);
        }
    }
}

/// The same flow with identifiers all over 64 bits, and after one operation in twenty the cancel of an order long cancelled.
fn opaque(operations: &[Operation], prefill: usize, seed: u64) -> Vec<Operation> {
    let mut random = Random::new(!seed);
    let mut cancelled = Vec::new();
    let mut all = Vec::with_capacity(operations.len() + operations.len() / 16);
    for (number, operation) in operations.iter().enumerate() {
        let operation = Operation { id: scattered(operation.id), ..*operation };
        all.push(operation);
        if operation.kind == Kind::Cancel {
            cancelled.push(operation);
        }
        if number >= prefill && !cancelled.is_empty() && random.chance(50) {
            let drawn = usize::try_from(random.below(cancelled.len() as u64)).expect("below a length");
            all.push(Operation { time_ns: operation.time_ns, ..cancelled[drawn] });
        }
    }
    all
}

/// Odd factors and shifts are bijections of 64 bits, so identifiers stay unique.
fn scattered(id: u64) -> u64 {
    let first = id.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    let second = (first ^ (first >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    second ^ (second >> 33)
}

fn u16_of(symbol: usize) -> u16 {
    u16::try_from(symbol).expect("at most 65536 symbols")
}
