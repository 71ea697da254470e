//! Once warm, trading asks the allocator for nothing: counted for each kind of command, not claimed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::alloc::System;

use engine::Engine;
use engine::command::{Command, Credential, Role, Stamp};
use engine::controls::Controls;
use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Terms};
use engine::margin::{Risk, SeriesMargin};
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger, TriggerReference};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Price, Side, Timestamp};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use Side::{Buy, Sell};
use TimeInForce::{FillOrKill, GoodTillDate, ImmediateOrCancel};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CONTRACTS: u32 = 3;
const SERIES: SeriesId = SeriesId(1);
const ACCOUNTS: u32 = 50;
const ROUNDS: u32 = 1_500;
const TICK: i64 = 1_000;
const PRICE: i64 = 3_000_000;

/// Far more orders than the rounds of one kind of command place.
const ORDERS: usize = 10 * ROUNDS as usize;

type Round = fn(&mut Venue);

/// What a kind of command does, and how often a round of it may call the allocator. A round leaves no order behind.
const ROWS: [(&str, Round, u32); 10] = [
    ("orders that rest, are amended in place, trade in part and are cancelled", trade, 0),
    ("amendments that lose their place, and that trade", amend_anew, 0),
    ("immediate orders and market orders with a residue", take_with_residue, 0),
    // The walk before the trade notes positions in a list of its own.
    ("fill-or-kill orders that are filled and that are not", fill_or_kill, 0),
    ("stops that are amended, cancelled and woken up", wake_stops, 0),
    ("mass cancels over all contracts, of one and of one side", cancel_all, 0),
    ("dead man's switches that are set, switched off and fire", cancel_after, 0),
    ("orders whose time is over", expire, 0),
    ("reduce-only and post-only orders", reduce, 0),
    ("orders that meet their owner's", meet_own, 0),
];

/// One test, because what is counted is what the whole program asks for.
#[test]
fn trading_allocates_nothing_once_warm() {
    check(false);
    check(true);
}

fn check(on_margin: bool) {
    let mut venue = Venue::new(on_margin);
    for _ in 0..ROUNDS {
        ROWS.iter().for_each(|(_, round, _)| venue.run(*round));
    }
    for (what, round, calls_max) in ROWS {
        venue.engine.reserve_orders(ORDERS);
        let (region, before) = (Region::new(ALLOCATOR), venue.seq);
        for _ in 0..ROUNDS {
            venue.run(round);
        }
        let (change, commands) = (region.change(), venue.seq - before);
        let calls = change.allocations + change.reallocations;
        assert!(calls <= (calls_max * ROUNDS) as usize, "{what}, in {commands} commands: {change:?}");
        assert!(commands >= 4 * u64::from(ROUNDS) && venue.engine.orders().live_count() == 0, "{what}");
    }
}

/// A bid and an offer, the bid amended, part of the offer taken, what is left cancelled.
fn trade(venue: &mut Venue) {
    let bid = venue.submit(venue.order(0, Buy, 5, PRICE - TICK));
    let offer = venue.submit(venue.order(1, Sell, 5, PRICE));
    venue.amend(0, bid, Amended { lots: Some(3), ..Amended::default() });
    venue.submit(lasting(ImmediateOrCancel, venue.order(2, Buy, 2, PRICE)));
    venue.expect(1, |event| matches!(event, Event::Traded(_)));
    venue.cancel(0, bid);
    venue.cancel(1, offer);
}

fn amend_anew(venue: &mut Venue) {
    let bid = venue.submit(venue.order(0, Buy, 2, PRICE - 2 * TICK));
    let offer = venue.submit(venue.order(1, Sell, 5, PRICE));
    venue.amend(0, bid, Amended { limit: Some(PRICE - TICK), ..Amended::default() });
    venue.amend(0, bid, Amended { limit: Some(PRICE), lots: Some(3), ..Amended::default() });
    venue.expect(1, |event| matches!(event, Event::Traded(_)));
    venue.cancel(1, offer);
}

fn take_with_residue(venue: &mut Venue) {
    for number in 1..=3 {
        venue.submit(venue.order(number, Sell, 1, PRICE + i64::from(number) * TICK));
    }
    venue.submit(lasting(ImmediateOrCancel, venue.order(0, Buy, 9, PRICE + 2 * TICK)));
    venue.expect(2, |event| matches!(event, Event::Traded(_)));
    let market = lasting(ImmediateOrCancel, venue.order(0, Buy, 9, PRICE));
    venue.submit(OrderRequest { pricing: Pricing::Market, ..market });
    venue.expect(1, |event| matches!(event, Event::Traded(_)));
    venue.expect(1, |event| is_cancel(event, CancelReason::ImmediateOrCancel));
}

fn fill_or_kill(venue: &mut Venue) {
    for number in 1..=3 {
        venue.submit(venue.order(number, Sell, 1, PRICE));
    }
    venue.submit(lasting(FillOrKill, venue.order(0, Buy, 4, PRICE)));
    venue.expect(1, |event| is_cancel(event, CancelReason::FillOrKill));
    venue.submit(lasting(FillOrKill, venue.order(0, Buy, 3, PRICE)));
    venue.expect(3, |event| matches!(event, Event::Traded(_)));
}

fn wake_stops(venue: &mut Venue) {
    // The last trade lies below the stops.
    venue.submit(venue.order(0, Sell, 1, PRICE));
    venue.submit(venue.order(1, Buy, 1, PRICE));
    let [near, far] = [1, 9].map(|ticks| {
        let trigger = Some(Trigger { reference: TriggerReference::Last, price: Price(PRICE + ticks * TICK) });
        OrderRequest { trigger, ..venue.order(2, Buy, 1, PRICE + 10 * TICK) }
    });
    venue.submit(near);
    let far = venue.submit(OrderRequest { client_order_id: venue.name(), ..far });
    venue.amend(2, far, Amended { trigger: Some(PRICE + 8 * TICK), ..Amended::default() });
    venue.submit(venue.order(3, Sell, 2, PRICE + TICK));
    venue.submit(venue.order(4, Buy, 1, PRICE + TICK));
    venue.process_due();
    venue.expect(1, |event| matches!(event, Event::StopTriggered { .. }));
    venue.expect(1, |event| matches!(event, Event::Traded(_)));
    venue.cancel(2, far);
}

fn cancel_all(venue: &mut Venue) {
    // Six orders stand each time: of one contract two are cancelled, of its sells one, of all contracts what is left.
    for narrow in [None, Some((None, 2)), Some((Some(Sell), 1))] {
        for instrument in (0..CONTRACTS).map(InstrumentId) {
            venue.submit(OrderRequest { instrument, ..venue.order(0, Buy, 1, PRICE - TICK) });
            venue.submit(OrderRequest { instrument, ..venue.order(0, Sell, 1, PRICE + TICK) });
        }
        let mut left = 2 * CONTRACTS as usize;
        if let Some((side, count)) = narrow {
            venue.cancel_all_in(Some(venue.contract), side, count);
            left -= count;
        }
        venue.cancel_all_in(None, None, left);
    }
}

fn cancel_after(venue: &mut Venue) {
    venue.submit(venue.order(0, Buy, 1, PRICE - TICK));
    venue.submit(venue.order(0, Sell, 1, PRICE + TICK));
    let account = venue.account(0);
    for timeout_us in [10, 0, 20] {
        venue.send(account.0.into(), &Command::CancelAfter { account, timeout_us });
    }
    venue.time = venue.time.plus_micros(20);
    venue.process_due();
    venue.expect(2, |event| is_cancel(event, CancelReason::CancelAfter));
}

fn expire(venue: &mut Venue) {
    let until = venue.time.plus_micros(5);
    for number in 0..5 {
        venue.submit(lasting(GoodTillDate(until), venue.order(number, Buy, 1, PRICE)));
    }
    venue.time = until;
    venue.process_due();
    venue.expect(5, |event| is_cancel(event, CancelReason::TimeInForce));
}

fn reduce(venue: &mut Venue) {
    let (post_only, reduce_only) = (true, true);
    let only_post = Conditions { post_only, ..Conditions::NONE };
    let only_reduce = Conditions { reduce_only, ..Conditions::NONE };
    // Both accounts are long and short by one lot at least, whatever they were before.
    for (buyer, seller) in [(0, 1), (1, 0)] {
        let lots = 1 + venue.position(seller).max(0) + (-venue.position(buyer)).max(0);
        let lots = u32::try_from(lots).unwrap();
        venue.submit(OrderRequest { conditions: only_post, ..venue.order(seller, Sell, lots, PRICE) });
        venue.submit(venue.order(buyer, Buy, lots, PRICE));
        venue.expect(1, |event| matches!(event, Event::Traded(_)));
        venue.submit(OrderRequest { conditions: only_post, ..venue.order(seller, Buy, 1, PRICE) });
        let order = lasting(ImmediateOrCancel, venue.order(buyer, Sell, 1, PRICE));
        venue.submit(OrderRequest { conditions: only_reduce, ..order });
        venue.expect(1, |event| matches!(event, Event::Traded(_)));
    }
}

fn meet_own(venue: &mut Venue) {
    for (self_trade, cancelled) in
        [(SelfTrade::CancelBoth, 2), (SelfTrade::CancelOldest, 1), (SelfTrade::CancelNewest, 1)]
    {
        let offer = venue.submit(venue.order(0, Sell, 1, PRICE));
        venue.submit(OrderRequest { self_trade, ..lasting(ImmediateOrCancel, venue.order(0, Buy, 1, PRICE)) });
        venue.expect(cancelled, |event| is_cancel(event, CancelReason::SelfTrade));
        if self_trade == SelfTrade::CancelNewest {
            venue.cancel(0, offer);
        }
    }
}

fn lasting(time_in_force: TimeInForce, order: OrderRequest) -> OrderRequest {
    OrderRequest { time_in_force, ..order }
}

fn is_cancel(event: &Event, why: CancelReason) -> bool {
    matches!(event, Event::OrderCancelled { reason, .. } if *reason == why)
}

struct Venue {
    engine: Engine,
    seq: u64,
    time: Timestamp,
    events: Vec<Event>,
    /// Shifts the accounts and the contract that a round is about.
    round: u32,
    contract: InstrumentId,
}

#[derive(Default)]
struct Amended {
    lots: Option<u32>,
    limit: Option<i64>,
    trigger: Option<i64>,
}

impl Venue {
    fn new(on_margin: bool) -> Venue {
        let (engine, events, time) = (Engine::new(), Vec::with_capacity(4_096), Timestamp(0));
        let mut venue = Venue { engine, seq: 0, time, events, round: 0, contract: InstrumentId(0) };
        for command in set_up(on_margin) {
            venue.send(0, &command);
        }
        venue
    }

    fn run(&mut self, round: Round) {
        self.round += 1;
        self.contract = InstrumentId(self.round % CONTRACTS);
        round(self);
    }

    fn send(&mut self, key: u64, command: &Command) {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), time: self.time, key: KeyId(key), session: 0 };
        self.events.clear();
        self.engine.apply(&stamp, command, &mut self.events).unwrap();
    }

    fn process_due(&mut self) {
        self.send(0, &Command::ProcessDue);
    }

    fn submit(&mut self, order: OrderRequest) -> OrderId {
        self.send(order.account.0.into(), &Command::SubmitOrder(order));
        OrderId(self.seq)
    }

    fn cancel(&mut self, number: u32, order: OrderId) {
        let account = self.account(number);
        self.send(account.0.into(), &Command::CancelOrder { account, order });
    }

    fn cancel_all_in(&mut self, instrument: Option<InstrumentId>, side: Option<Side>, count: usize) {
        let account = self.account(0);
        self.send(account.0.into(), &Command::CancelAllOrders { account, instrument, side });
        self.expect(count, |event| is_cancel(event, CancelReason::MassCancel));
    }

    fn amend(&mut self, number: u32, order: OrderId, Amended { lots, limit, trigger }: Amended) {
        let (account, limit, trigger) = (self.account(number), limit.map(Price), trigger.map(Price));
        let amendment = Amendment { account, order, lots: lots.map(Lots), limit, trigger };
        self.send(account.0.into(), &Command::AmendOrder(amendment));
    }

    /// Demands of the last command so many events: a round that does something else proves nothing.
    fn expect(&self, count: usize, is_it: fn(&Event) -> bool) {
        let found = self.events.iter().filter(|event| is_it(event)).count();
        assert_eq!(found, count, "{:?}", self.events);
    }

    /// The accounts of a round, by number.
    fn account(&self, number: u32) -> AccountId {
        AccountId((self.round + number) % ACCOUNTS + 1)
    }

    fn position(&self, number: u32) -> i64 {
        self.engine.exposure(self.contract, self.account(number)).position.0
    }

    fn order(&self, number: u32, side: Side, lots: u32, price: i64) -> OrderRequest {
        OrderRequest::limit(self.account(number), self.name(), self.contract, side, Lots(lots), Price(price))
    }

    /// That of no other order; made on the stack, because the test itself must not allocate either.
    fn name(&self) -> ClientOrderId {
        let mut text = [b'0'; 12];
        let mut rest = self.seq;
        for digit in text.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap();
            rest /= 10;
        }
        ClientOrderId::new(std::str::from_utf8(&text).unwrap()).unwrap()
    }
}

fn set_up(on_margin: bool) -> Vec<Command> {
    let versions = Rules::FIRST.0 + 1..=Rules::LATEST.0;
    let mut commands: Vec<Command> = versions.map(|version| Command::AdoptRules { rules: Rules(version) }).collect();
    if on_margin {
        commands.extend(series_on_margin());
    }
    for number in 0..CONTRACTS {
        let instrument = InstrumentId(number);
        let month = Month { series: SERIES, first_day: Day(20_000), days: 31 };
        let terms = Terms {
            instrument,
            symbol: Symbol::new(&format!("WARM-{number}")).unwrap(),
            kind: if on_margin { Kind::MarginedMonth(month) } else { Kind::Month(month) },
            tick: Price(TICK),
            floor: Price(0),
            cap: Price(10_000_000),
            fees: FeeRates { maker: Price(0), taker: Price(500) },
        };
        let controls = Controls { protection: Price(100 * TICK), ..Controls::NONE };
        commands.push(Command::ListInstrument { terms });
        commands.push(Command::SetControls { instrument, controls });
        if on_margin {
            commands.extend(risk_of(instrument));
        }
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

/// Parameters, and another series that there is a credit with, so that every part of margin has something to do.
fn series_on_margin() -> Vec<Command> {
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
        settlement_lots: Lots(1),
        stale_after_us: 0,
        frozen_us: 0,
    };
    let (first, second) = (SERIES, SeriesId(2));
    vec![
        Command::SetMargin { series: first, margin },
        Command::SetMargin { series: second, margin },
        Command::SetCredit { first, second, per_lot: Cash(100_000_000) },
    ]
}

/// An array and a mark at the usual price, looked at by nobody.
fn risk_of(instrument: InstrumentId) -> [Command; 4] {
    let losses = [0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -3, 3].map(|thirds| Cash(thirds * 148_800_000));
    let expires = Timestamp(48 * 3_600 * 1_000_000);
    let risk = Risk { version: 1, expires, reference: Price(PRICE), losses };
    [
        Command::PublishRisk { instrument, risk },
        Command::ProcessDue,
        Command::UpdateMark { instrument },
        Command::ProcessDue,
    ]
}
