//! Fills an exchange with live orders and times how long its snapshot takes to write and to read.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "measuring needs a clock; the library has none"
)]

use std::time::Instant;

use engine::Engine;
use engine::command::{Command, Credential, Role, Stamp};
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Terms};
use engine::limits;
use engine::order::OrderRequest;
use engine::units::{Amount, Day, Lots, Price, Side, Timestamp};

use crate::error::Error;

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
pub(crate) fn measure(size: Size) -> Result<String, Error> {
    let Size { orders, accounts } = size;
    let start = Instant::now();
    let engine = fill(size)?;
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
        r#"{{"orders":{live},"accounts":{accounts},"fill_ms":{filled},"write_ms":{write},"read_ms":{took},"hash_ms":{hash},"bytes":{},"bytes_per_order":{per_order},"equal":{equal}}}"#,
        bytes.len()
    ))
}

fn fill(size: Size) -> Result<Engine, Error> {
    let Size { orders, accounts } = size;
    let mut engine = Engine::new();
    let (mut seq, mut events) = (0, Vec::new());
    let mut apply = |key, command: Command| {
        seq += 1;
        events.clear();
        let stamp = Stamp { seq: Seq(seq), time: Timestamp(0), key, session: 0 };
        engine.apply(&stamp, &command, &mut events).map_err(|reject| Error::Flow(reject.to_string()))
    };
    let share = Amount(limits::TOTAL_CASH_MAX.0 / i64::from(accounts)).min(Amount(limits::DEPOSIT_MAX.0));
    for account in (0..accounts).map(AccountId) {
        let credential = Credential::TokenSha256([0; 32]);
        apply(KeyId::VENUE, Command::OpenAccount { account })?;
        apply(KeyId::VENUE, Command::RegisterKey { key: key_of(account), credential, role: Role::Trader(account) })?;
        apply(KeyId::VENUE, Command::Deposit { account, asset: AssetId::USD, amount: share, reference: 1 })?;
    }
    for number in 0..INSTRUMENTS {
        apply(KeyId::VENUE, Command::ListInstrument { terms: terms(number)? })?;
    }
    for number in 0..orders {
        let request = order(number, accounts);
        apply(key_of(request.account), Command::SubmitOrder(request))?;
    }
    Ok(engine)
}

fn terms(number: u32) -> Result<Terms, Error> {
    let name = format!("STATE-{number}");
    Ok(Terms {
        instrument: InstrumentId(number),
        symbol: Symbol::new(&name).ok_or_else(|| Error::Flow(format!("{name} is no symbol")))?,
        kind: Kind::Month(Month { series: SeriesId(1), first_day: Day(60_000), days: 1 }),
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    })
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

fn key_of(account: AccountId) -> KeyId {
    KeyId(u64::from(account.0) + 1)
}
