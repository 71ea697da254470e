//! An order that could trade with more resting orders than one order may.

use engine::Engine;
use engine::command::{Command, Credential, Role, Stamp};
use engine::event::{CancelReason, Event, Trade};
use engine::ids::{AccountId, AssetId, KeyId, OrderId, Seq};
use engine::instrument::SettlementKind;
use engine::limits;
use engine::reject::Reject;
use engine::units::{Amount, Lots, Side, Timestamp};

use crate::compare::compare_what_is_left;
use crate::twin::Twin;
use crate::venue::{CONTRACT, Exchange, TODAY, Venue, order, usual_terms};

const PRICE: i64 = 3_000_000;
const LIMIT: i64 = 3_250_000;
const HOURS: i64 = 744;
const TAKER: u32 = 1;

fn is_in_book(venue: &Venue, order: OrderId) -> bool {
    let book = &venue.engine.market(CONTRACT).unwrap().book;
    [Side::Buy, Side::Sell].into_iter().any(|side| book.queue(side).any(|(_, rests)| rests.order == order))
}

/// Makers of one lot each: accounts 2 and 3 in turn, because one account may not have so many orders.
fn with_makers(side: Side, count: u32, limit: i64) -> Venue {
    let mut venue = Venue::with_accounts(1..=3, 100_000_000);
    for number in 0..count {
        let account = 2 + number % 2;
        venue.submit(order(account, side, 1, limit, &format!("maker-{number}"))).unwrap();
    }
    venue
}

fn trades(events: &[Event]) -> Vec<Trade> {
    let trades = events.iter().filter_map(|event| if let Event::Traded(trade) = event { Some(*trade) } else { None });
    trades.collect()
}

fn fill_limit(order: OrderId, lots: u32) -> Event {
    let (account, reason) = (AccountId(TAKER), CancelReason::FillLimit);
    Event::OrderCancelled { order, account, instrument: CONTRACT, lots: Lots(lots), reason }
}

fn assert_not_crossed(venue: &Venue) {
    let book = &venue.engine.market(CONTRACT).unwrap().book;
    if let (Some(bid), Some(offer)) = (book.best(Side::Buy), book.best(Side::Sell)) {
        assert!(bid < offer, "bid {bid}, offer {offer}");
    }
}

#[test]
fn an_order_buys_from_a_thousand_and_the_rest_of_it_is_cancelled() {
    let mut venue = with_makers(Side::Sell, 1_500, PRICE);
    let first = venue.buy(TAKER, 2_000, LIMIT, "first").unwrap();
    assert!(
        matches!(venue.events[0], Event::OrderAccepted { order, request, .. } if order == first && request.lots == Lots(2_000))
    );
    assert_eq!(trades(&venue.events).len(), 1_000);
    // Each trade has its fee behind it, the maker pays none; the cancel is the last thing that happens and nothing rests.
    assert_eq!(venue.events.len(), 1 + 2 * 1_000 + 1);
    assert_eq!(venue.events.last(), Some(&fill_limit(first, 1_000)));

    let exposure = venue.engine.exposure(CONTRACT, AccountId(TAKER));
    assert_eq!((exposure.position.0, exposure.open_buys, exposure.orders_count), (1_000, 0, 0));
    // At the floor, 0, the position is worth nothing: what was paid for it is held, and no more.
    assert_eq!(venue.held(TAKER), Amount(1_000 * PRICE * HOURS));
    assert_eq!(venue.free(TAKER), Amount(100_000_000_000_000 - 1_000 * PRICE * HOURS - 1_000 * 500 * HOURS));
    // Its makers held 7 dollars an hour for each lot, sold or still offered, and the worst fee for those still offered.
    for maker in [2, 3] {
        assert_eq!(
            venue.held(maker),
            Amount(750 * (10_000_000 - PRICE) * HOURS + 250 * 500 * HOURS),
            "account {maker}"
        );
    }
    let book = &venue.engine.market(CONTRACT).unwrap().book;
    assert_eq!((book.best(Side::Buy), book.orders_count()), (None, 500));
    assert!(!is_in_book(&venue, first));

    // It is over: it cannot be cancelled, and its name brings back its first answer.
    assert_eq!(venue.cancel(TAKER, first), Err(Reject::OrderNotLive { order: first }));
    venue.buy(TAKER, 2_000, LIMIT, "first").unwrap();
    assert_eq!(venue.events, [Event::OrderReplayed { order: first, filled: Lots(1_000), rested: Lots(0) }]);

    // A second order goes on where the first had to stop, and what nobody offers to it rests.
    let second = venue.buy(TAKER, 2_000, LIMIT, "second").unwrap();
    let traded = trades(&venue.events);
    assert_eq!(traded.len(), 500);
    assert_eq!(traded[0].trade.0, 1_001);
    assert_eq!(venue.events.last(), Some(&Event::OrderRested { order: second, lots: Lots(1_500) }));
    let fees = 1_500 * 500 * HOURS;
    assert_eq!(venue.held(TAKER), Amount(1_500 * PRICE * HOURS + 1_500 * LIMIT * HOURS + fees));
    assert_not_crossed(&venue);
    venue.cancel(TAKER, second).unwrap();
    assert_eq!(venue.held(TAKER), Amount(1_500 * PRICE * HOURS));
}

#[test]
fn an_order_sells_to_a_thousand_and_the_rest_of_it_is_cancelled() {
    let mut venue = with_makers(Side::Buy, 1_500, PRICE);
    let first = venue.sell(TAKER, 2_000, 2_750_000, "first").unwrap();
    assert_eq!(trades(&venue.events).len(), 1_000);
    assert_eq!(venue.events.last(), Some(&fill_limit(first, 1_000)));
    assert_eq!(venue.held(TAKER), Amount(1_000 * (10_000_000 - PRICE) * HOURS));
    let second = venue.sell(TAKER, 500, 2_750_000, "second").unwrap();
    assert_eq!(trades(&venue.events).len(), 500);
    assert!(!is_in_book(&venue, second));
    assert_eq!(venue.engine.market(CONTRACT).unwrap().book.orders_count(), 0);
}

#[test]
fn only_what_could_still_trade_is_cancelled() {
    // Makers at the price, makers dearer than the limit, lots; then trades, and lots that rest or are cancelled.
    let rows: [(u32, u32, u32, usize, Option<Event>); 6] = [
        (999, 0, 1_001, 999, Some(rests(2))),
        (1_000, 0, 1_000, 1_000, None),
        (1_000, 0, 1_001, 1_000, Some(rests(1))),
        (1_000, 1, 1_001, 1_000, Some(rests(1))),
        (1_001, 0, 1_000, 1_000, None),
        (1_001, 0, 1_001, 1_000, Some(fill_limit(OrderId(0), 1))),
    ];
    for (makers, dearer, lots, expected, last) in rows {
        let what = format!("{lots} lots from {makers} makers and {dearer} dearer ones");
        let mut venue = with_makers(Side::Sell, makers, PRICE);
        for number in 0..dearer {
            venue.sell(2, 1, LIMIT + 1_000, &format!("dearer-{number}")).unwrap();
        }
        let taker = venue.buy(TAKER, lots, LIMIT, "taker").unwrap();
        assert_eq!(trades(&venue.events).len(), expected, "{what}");
        let left = match venue.events.last() {
            Some(&Event::OrderRested { order, lots }) if order == taker => Some(rests(lots.0)),
            Some(&Event::OrderCancelled { order, lots, .. }) if order == taker => {
                assert_eq!(venue.events.last(), Some(&fill_limit(taker, lots.0)), "{what}");
                Some(fill_limit(OrderId(0), lots.0))
            }
            _ => None,
        };
        assert_eq!(left, last, "{what}");
        assert_not_crossed(&venue);
    }
}

fn rests(lots: u32) -> Event {
    Event::OrderRested { order: OrderId(0), lots: Lots(lots) }
}

#[test]
fn the_name_of_an_order_that_met_too_many_is_free_again_after_24_hours() {
    let mut venue = with_makers(Side::Sell, 1_001, PRICE);
    let first = venue.buy(TAKER, 1_001, LIMIT, "name").unwrap();
    assert_eq!(venue.events.last(), Some(&fill_limit(first, 1)));
    // The thousand makers finished before it, and four are forgotten with each command.
    venue.now = venue.now.plus_micros(limits::ORDER_RETENTION_US);
    for _ in 0..250 {
        venue.buy(TAKER, 1_001, LIMIT, "name").unwrap();
        assert_eq!(venue.events, [Event::OrderReplayed { order: first, filled: Lots(1_000), rested: Lots(0) }]);
    }
    let second = venue.buy(TAKER, 1, LIMIT, "name").unwrap();
    assert_eq!(trades(&venue.events).len(), 1);
    assert_ne!(first, second);
}

#[test]
fn engine_and_twin_agree_on_orders_that_meet_too_many() {
    let (mut engine, mut twin) = (Engine::new(), Twin::default());
    let mut limited = 0;
    for (seq, (time, key, command)) in (1..).zip(crowded_commands()) {
        let stamp = Stamp { seq: Seq(seq), time, key, session: 0 };
        let (mut from_engine, mut from_twin) = (Vec::new(), Vec::new());
        let engine_answer = Exchange::apply(&mut engine, &stamp, &command, &mut from_engine);
        let twin_answer = Exchange::apply(&mut twin, &stamp, &command, &mut from_twin);
        assert_eq!((engine_answer, &from_engine), (twin_answer, &from_twin), "{command:?}");
        assert_eq!(engine_answer, Ok(()), "{command:?}");
        let is_limited =
            |event: &&Event| matches!(event, Event::OrderCancelled { reason: CancelReason::FillLimit, .. });
        limited += from_engine.iter().filter(is_limited).count();
    }
    assert_eq!(limited, 2, "one order to buy and one to sell");
    compare_what_is_left(&engine, &twin).unwrap();
}

/// Makers on both sides at three prices each, partly of two lots, and orders that could meet all of one side. Then a day passes and is
/// settled.
fn crowded_commands() -> Vec<(Timestamp, KeyId, Command)> {
    let mut commands = vec![(KeyId::VENUE, Command::ListInstrument { terms: usual_terms() })];
    for number in 1..=5 {
        let (account, key) = (AccountId(number), KeyId(u64::from(number)));
        let (credential, role) = (Credential::Ed25519([7; 32]), Role::Trader(account));
        commands.push((KeyId::VENUE, Command::OpenAccount { account }));
        commands.push((KeyId::VENUE, Command::RegisterKey { key, credential, role }));
        let (asset, amount) = (AssetId::USD, limits::DEPOSIT_MAX.into());
        commands.push((KeyId::VENUE, Command::Deposit { account, asset, amount, reference: 1 }));
    }
    let mut submit = |account: u32, side, lots, limit, name: &str| {
        let request = order(account, side, lots, limit, name);
        commands.push((KeyId(u64::from(account)), Command::SubmitOrder(request)));
    };
    for number in 0..1_200 {
        let (maker, step) = (2 + number % 4, i64::from(number % 3) * 1_000);
        submit(maker, Side::Sell, 1 + number % 2, PRICE + step, &format!("offer-{number}"));
        submit(maker, Side::Buy, 1 + number % 2, 2_900_000 - step, &format!("bid-{number}"));
    }
    submit(TAKER, Side::Buy, 50_000, LIMIT, "sweep");
    submit(TAKER, Side::Buy, 50_000, LIMIT, "sweep");
    // An account meets its own orders too.
    submit(2, Side::Sell, 50_000, 2_750_000, "sweep");
    submit(2, Side::Sell, 50_000, 2_750_000, "again");
    submit(TAKER, Side::Buy, 60_000, LIMIT, "again");
    let settle = [
        Command::StartSettlement { instrument: CONTRACT, day: TODAY, kind: SettlementKind::Daily },
        Command::AdvanceSettlement { instrument: CONTRACT },
    ];
    let today = commands.into_iter().map(|(key, command)| (TODAY.start(), key, command));
    today.chain(settle.map(|command| (TODAY.end(), KeyId::VENUE, command))).collect()
}
