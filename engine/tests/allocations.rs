//! Once warm, trading asks the allocator for nothing: counted, not claimed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::alloc::System;

use engine::Engine;
use engine::command::{Command, Credential, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Terms};
use engine::margin::{Risk, SeriesMargin};
use engine::order::{Amendment, OrderRequest, TimeInForce};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Price, Side, Timestamp};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CONTRACT: InstrumentId = InstrumentId(1);
const SERIES: SeriesId = SeriesId(1);
const ACCOUNTS: u32 = 50;
const ROUNDS: u64 = 40_000;

/// One test, because what is counted is what the whole program asks for.
#[test]
fn trading_allocates_nothing_once_warm() {
    let month = Month { series: SERIES, first_day: Day(20_000), days: 31 };
    for kind in [Kind::Month(month), Kind::MarginedMonth(month)] {
        check(kind);
    }
}

fn check(kind: Kind) {
    let mut venue = Venue { engine: Engine::new(), seq: 0, events: Vec::with_capacity(4_096) };
    for command in set_up(kind) {
        venue.send(0, command);
    }
    for round in 0..ROUNDS {
        trade(round, &mut venue);
    }
    venue.engine.reserve_orders(4 * usize::try_from(ROUNDS).unwrap());

    let region = Region::new(ALLOCATOR);
    let before = venue.seq;
    for round in ROUNDS..2 * ROUNDS {
        trade(round, &mut venue);
    }
    let (change, commands) = (region.change(), venue.seq - before);
    assert_eq!((change.allocations, change.reallocations), (0, 0), "in {commands} commands: {change:?}");
    assert!(commands > 150_000, "{commands} commands");
}

struct Venue {
    engine: Engine,
    seq: u64,
    events: Vec<Event>,
}

impl Venue {
    fn send(&mut self, key: u64, command: Command) -> OrderId {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), time: Timestamp(0), key: KeyId(key), session: 0 };
        self.events.clear();
        self.engine.apply(&stamp, &command, &mut self.events).unwrap();
        OrderId(self.seq)
    }
}

/// A bid and an offer, the bid amended, part of the offer taken, what is left cancelled.
fn trade(round: u64, venue: &mut Venue) {
    let account = |offset: u64| AccountId(u32::try_from((round + offset) % u64::from(ACCOUNTS)).unwrap() + 1);
    let order = |number: u64, offset: u64, side, lots, price| {
        let name = ClientOrderId::new(&format_name(round, number)).unwrap();
        OrderRequest::limit(account(offset), name, CONTRACT, side, Lots(lots), Price(price))
    };
    let price = 3_000_000 + i64::try_from(round % 40).unwrap() * 1_000;
    let key = |offset: u64| u64::from(account(offset).0);
    let bid = venue.send(key(0), Command::SubmitOrder(order(0, 0, Side::Buy, 5, price - 1_000)));
    let offer = venue.send(key(1), Command::SubmitOrder(order(1, 1, Side::Sell, 5, price)));
    let amendment = Amendment { account: account(0), order: bid, lots: Some(Lots(3)), limit: None, trigger: None };
    venue.send(key(0), Command::AmendOrder(amendment));
    let take = order(2, 2, Side::Buy, 2, price);
    let take = OrderRequest { time_in_force: TimeInForce::ImmediateOrCancel, ..take };
    venue.send(key(2), Command::SubmitOrder(take));
    venue.send(key(0), Command::CancelOrder { account: account(0), order: bid });
    venue.send(key(1), Command::CancelOrder { account: account(1), order: offer });
}

/// A name on the stack: the test itself must not allocate either.
fn format_name(round: u64, number: u64) -> NameText {
    let mut text = [b'0'; 12];
    let mut rest = round * 4 + number;
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap();
        rest /= 10;
    }
    NameText(text)
}

struct NameText([u8; 12]);

impl std::ops::Deref for NameText {
    type Target = str;
    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap()
    }
}

fn set_up(kind: Kind) -> Vec<Command> {
    let terms = Terms {
        instrument: CONTRACT,
        symbol: Symbol::new("WARM").unwrap(),
        kind,
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    };
    let mut commands = (2..=Rules::LATEST.0).map(|version| Command::AdoptRules { rules: Rules(version) }).collect();
    if terms.is_margined() {
        list_on_margin(terms, &mut commands);
    } else {
        commands.push(Command::ListInstrument { terms });
    }
    for account in (1..=ACCOUNTS).map(AccountId) {
        let (key, credential) = (KeyId(u64::from(account.0)), Credential::TokenSha256([0; 32]));
        let (asset, amount, reference) = (AssetId::USD, Amount(1_000_000_000_000_000), 1);
        commands.push(Command::OpenAccount { account });
        commands.push(Command::RegisterKey { key, credential, role: Role::Trader(account) });
        commands.push(Command::Deposit { account, asset, amount, reference });
    }
    commands
}

/// The contract with its array and mark, and another series that it has a credit with, so that every part of margin has something to do.
fn list_on_margin(terms: Terms, commands: &mut Vec<Command>) {
    let margin = SeriesMargin {
        scan_floor: Price(10_000),
        step_max: Price(1_000_000_000),
        mark_band: Price(1_000_000),
        calendar_charge: Cash(30_000_000),
        delivery_charge: Cash(20_000_000),
        concentration_lots: 3,
        concentration_charge: Cash(5_000_000),
        minimum_charge: Cash(10_000_000),
        position_max: Lots(1_000_000),
        open_interest_max: Lots(1_000_000_000),
        settlement_lots: Lots(2),
        stale_after_us: 0,
        frozen_us: 0,
    };
    let losses = [0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -3, 3].map(|thirds| Cash(thirds * 148_800_000));
    let risk = Risk { version: 1, expires: Timestamp(1), reference: Price(3_000_000), losses };
    let (first, second) = (SERIES, SeriesId(2));
    commands.extend([
        Command::SetMargin { series: first, margin },
        Command::SetMargin { series: second, margin },
        Command::SetCredit { first, second, per_lot: Cash(100_000_000) },
        Command::ListInstrument { terms },
        Command::PublishRisk { instrument: CONTRACT, risk },
        Command::ProcessDue,
        Command::UpdateMark { instrument: CONTRACT },
        Command::ProcessDue,
    ]);
}
