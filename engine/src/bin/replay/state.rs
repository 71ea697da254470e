//! Fills an exchange with live orders, and times how long its snapshot takes to write and to read.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "measuring needs a clock; the library has none"
)]

use std::time::Instant;

use engine::Engine;
use engine::command::Command;
use engine::ids::{AccountId, ClientOrderId, InstrumentId};
use engine::order::OrderRequest;
use engine::units::{Day, Lots, Price, Side};

use super::error::Error;
use super::heap::Counts;
use super::venue::{Venue, key_of, terms};

/// Contracts that the orders are spread over.
const INSTRUMENTS: u32 = 100;

/// Prices on each side of a book.
const LEVELS: u64 = 500;

/// The middle of each book, in ticks.
const MIDDLE: i64 = 3_000;

/// How large a state is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) orders: u64,
    pub(crate) accounts: u32,
}

/// One line of JSON.
pub(crate) fn measure(size: Size, counts: Counts) -> Result<String, Error> {
    let Size { orders, accounts } = size;
    let bytes_now = || counts.map_or(0, |count| count().bytes);
    let before = bytes_now();
    let start = Instant::now();
    let (Venue { engine, events, .. }, with_accounts) = fill_counting(size, bytes_now)?;
    drop(events);
    let memory = memory(size, [before, with_accounts, bytes_now()], counts);
    let filled = start.elapsed().as_millis();
    let live = engine.orders().live_count();

    let mut bytes = Vec::new();
    let start = Instant::now();
    engine.write_snapshot(|piece| bytes.extend_from_slice(piece));
    let write = start.elapsed().as_millis();
    // Two states of this size need not fit into memory.
    drop(engine);

    let start = Instant::now();
    let read = Engine::read_snapshot(&bytes, 1).map_err(|error| Error::Flow(error.to_string()))?;
    let took = start.elapsed().as_millis();
    let start = Instant::now();
    let equal = read.state_hash() == *blake3::hash(&bytes).as_bytes() && read.orders().live_count() == live;
    let hash = start.elapsed().as_millis();
    let per_order = bytes.len() as u64 / orders.max(1);
    Ok(format!(
        r#"{{"orders":{live},"accounts":{accounts},"fill_ms":{filled},"write_ms":{write},"read_ms":{took},"hash_ms":{hash},"bytes":{},"bytes_per_order":{per_order},"equal":{equal}{memory}}}"#,
        bytes.len()
    ))
}

/// What an account and an order take, if the allocator's bytes before, between and after are known. Tables that have just doubled are
/// in it as they are.
pub(crate) fn memory(size: Size, [before, between, after]: [usize; 3], counts: Counts) -> String {
    let of_each = |bytes: usize, count: u64| bytes as u64 / count.max(1);
    let account = of_each(between - before, size.accounts.into());
    let order = of_each(after - between, size.orders);
    counts.map_or(String::new(), |_| format!(r#","memory_per_account":{account},"memory_per_order":{order}"#))
}

/// An exchange of that size.
pub(crate) fn fill(size: Size) -> Result<Venue, Error> {
    fill_counting(size, || ()).map(|(venue, ())| venue)
}

/// Also answers what `look` saw between accounts and orders.
fn fill_counting<T>(size: Size, look: impl FnOnce() -> T) -> Result<(Venue, T), Error> {
    let Size { orders, accounts } = size;
    let mut venue = Venue::new(accounts)?;
    for number in 0..INSTRUMENTS {
        let terms = terms(number, Day(60_000), Price(1_000), Price(0), Price(10_000_000))?;
        venue.operate(Command::ListInstrument { terms })?;
    }
    let seen = look();
    for number in 0..orders {
        let request = order(number, accounts);
        venue.send(key_of(request.account), &Command::SubmitOrder(request))?;
    }
    Ok((venue, seen))
}

/// Accounts and contracts take turns at different speeds; bids below the middle, offers above, so that all of them rest.
fn order(number: u64, accounts: u32) -> OrderRequest {
    let small = |value: u64| u32::try_from(value).expect("a remainder is small");
    let account = AccountId(small(number % u64::from(accounts)));
    let instrument = InstrumentId(small((number / 7 + number) % u64::from(INSTRUMENTS)));
    let depth = i64::from(small(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % LEVELS)) + 1;
    let (side, ticks) =
        if number.is_multiple_of(2) { (Side::Buy, MIDDLE - depth) } else { (Side::Sell, MIDDLE + depth) };
    let name = ClientOrderId::new(&format!("order-{number:x}")).expect("hexadecimal digits make a label");
    OrderRequest::limit(account, name, instrument, side, Lots(1 + small(number % 9)), Price(ticks * 1_000))
}
