//! The largest and smallest numbers that a command can carry: each is taken or refused, none stops the venue.

use engine::command::{Command, FixingStage, Role};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, KeyId, OrderId};
use engine::instrument::{FeeRates, Month, SettlementKind, Terms};
use engine::limits;
use engine::reject::Reject;
use engine::units::{Amount, Cash, Day, Lots, Price, Side};

use crate::venue::{CONTRACT, TODAY, Venue, order, terms_of, usual_month, usual_terms};

const MOST: i64 = limits::PRICE_MAX.0;

/// Prices from -1000 to 1000 dollars and the dearest fees.
fn widest() -> Terms {
    let fees = FeeRates { maker: Price(MOST), taker: Price(MOST) };
    Terms { tick: Price(1_000_000), floor: Price(-MOST), cap: Price(MOST), fees, ..usual_terms() }
}

/// Accounts 1 and 2 share all the money that a venue can hold.
fn richest(terms: Terms) -> Venue {
    let mut venue = Venue::with_terms(terms, 1..=2, 0);
    for _ in 0..500 {
        venue.credit(1, limits::DEPOSIT_MAX.0 / 1_000_000);
        venue.credit(2, limits::DEPOSIT_MAX.0 / 1_000_000);
    }
    venue
}

#[test]
fn orders_of_any_numbers_are_answered() {
    let mut venue = richest(widest());
    let prices = [i64::MIN, -MOST - 1, -MOST, -1_000_000, -1, 0, 1, MOST, MOST + 1, i64::MAX];
    for (index, price) in prices.into_iter().enumerate() {
        for lots in [0, 1, 100_000, 100_001, u32::MAX] {
            for side in [Side::Buy, Side::Sell] {
                let request = order(1, side, lots, price, &format!("{side}-{index}-{lots}"));
                if let Err(refused) = venue.submit(request) {
                    assert!([43, 44, 45, 48].contains(&refused.number()), "{request:?}: {refused}");
                }
            }
        }
    }
}

#[test]
fn the_largest_position_lives_from_floor_to_cap() {
    let terms = Terms { fees: FeeRates { maker: Price(0), taker: Price(0) }, ..widest() };
    let mut venue = richest(terms);
    // 500 thousand million dollars carry 336 000 lots that may lose 2000 dollars in each of 744 hours.
    let mut traded = 0;
    for number in 0.. {
        let name = format!("n{number}");
        let Ok(offer) = venue.sell(2, 100_000, -MOST, &name) else { break };
        if venue.buy(1, 100_000, -MOST, &name).is_err() {
            venue.cancel(2, offer).unwrap();
            break;
        }
        traded += 100_000;
    }
    assert_eq!(traded, 300_000);
    assert_eq!(venue.held(2), Amount(300_000 * 2_000 * 744 * 1_000_000));

    venue.now = usual_terms().end();
    venue.fix_all(MOST);
    venue.start(Day(venue.now.day().0 - 1), SettlementKind::Final).unwrap();
    venue.advance().unwrap();
    assert_eq!(venue.free(2), Amount((500_000_000_000 - 300_000 * 2_000 * 744) * 1_000_000));
    assert_eq!((venue.held(1), venue.held(2)), (Amount::ZERO, Amount::ZERO));
}

#[test]
fn a_million_lots_may_be_held_and_one_more_may_not() {
    // At the floor a buyer can lose nothing, so nothing but the limit of lots stops it.
    let terms = Terms { fees: FeeRates { maker: Price(0), taker: Price(0) }, ..usual_terms() };
    let mut venue = Venue::with_terms(terms, 1..=2, 1_000_000_000);
    venue.credit(1, 1_000_000_000);
    venue.credit(2, 1_000_000_000);
    for name in 0..10 {
        let name = format!("n{name}");
        venue.buy(1, 100_000, 0, &name).unwrap();
    }
    assert_eq!(venue.buy(1, 1, 0, "one-more"), Err(Reject::PositionLimit));
    venue.sell(1, 1, 10_000_000, "the-other-side").unwrap();
    for name in 0..10 {
        let name = format!("n{name}");
        venue.sell(2, if name == "n9" { 70_000 } else { 20_000 }, 0, &name).unwrap();
    }
    assert_eq!(venue.engine.exposure(CONTRACT, AccountId(1)).position.0, 250_000);
    assert_eq!(venue.buy(1, 1, 0, "still-one-more"), Err(Reject::PositionLimit), "a position counts like an order");
}

#[test]
fn an_order_may_cost_exactly_what_is_free() {
    let cost = 3_250_000 * 7 * 744 + 500 * 7 * 744;
    for (missing, accepted) in [(0, true), (1, false)] {
        let mut venue = Venue::with_accounts(1..=1, 0);
        let (account, amount) = (AccountId(1), Amount(cost - missing));
        venue.operate(Command::Deposit { account, asset: AssetId::USD, amount, reference: 1 }).unwrap();
        let answer = venue.buy(1, 7, 3_250_000, "all-in").map(drop);
        let expected = if accepted {
            Ok(())
        } else {
            Err(Reject::InsufficientFunds { required: Cash(cost), free: Cash(amount.0) })
        };
        assert_eq!(answer, expected);
    }
}

#[test]
fn an_account_trades_with_itself_at_its_last_dollar() {
    let mut venue = Venue::with_accounts(1..=1, 0);
    // Both sides at one price: 7 lots may lose 6.75 dollars an hour at the cap, or 3.25 at the floor, and both may trade.
    let cost = 6_750_000 * 7 * 744 + 2 * 500 * 7 * 744;
    venue
        .operate(Command::Deposit { account: AccountId(1), asset: AssetId::USD, amount: Amount(cost), reference: 1 })
        .unwrap();
    venue.sell(1, 7, 3_250_000, "offer").unwrap();
    venue.buy(1, 7, 3_250_000, "bid").unwrap();
    let exposure = venue.engine.exposure(CONTRACT, AccountId(1));
    assert!(exposure.is_empty(), "{exposure:?}");
    assert_eq!(venue.held(1), Amount::ZERO);
    assert_eq!(venue.free(1), Amount(cost - 500 * 7 * 744));
}

#[test]
fn a_thousand_orders_may_be_open() {
    let mut venue = Venue::with_accounts(1..=2, 10_000_000);
    for name in 0..1_000 {
        venue.buy(1, 1, 1_000, &format!("n{name}")).unwrap();
    }
    assert_eq!(venue.buy(1, 1, 1_000, "one-more"), Err(Reject::TooManyOpenOrders));
    // A fill makes room; so does a cancel.
    venue.sell(2, 1, 1_000, "taker").unwrap();
    let last = venue.buy(1, 1, 1_000, "room").unwrap();
    assert_eq!(venue.buy(1, 1, 1_000, "full-again"), Err(Reject::TooManyOpenOrders));
    venue.cancel(1, last).unwrap();
    venue.buy(1, 1, 1_000, "room-again").unwrap();
    // One order can take a thousand others.
    venue.sell(2, 1_000, 1_000, "all").unwrap();
    assert_eq!(venue.events.iter().filter(|event| matches!(event, Event::Traded(_))).count(), 1_000);
    assert_eq!(venue.engine.exposure(CONTRACT, AccountId(1)).orders_count, 0);
}

#[test]
fn fixings_of_any_numbers_are_answered() {
    let mut venue = Venue::with_accounts(1..=1, 0);
    let prices = [i64::MIN, i64::MIN + 1, -MOST - 1, -MOST, 0, MOST, MOST + 1, i64::MAX];
    for (day, price) in (0..).zip(prices) {
        let answer = venue.fix(Day(day), FixingStage::Final, Some(price));
        assert_eq!(answer.is_ok(), (-MOST..=MOST).contains(&price), "{price}");
    }
    for day in [i32::MIN, -1, i32::MAX] {
        assert_eq!(venue.fix(Day(day), FixingStage::Final, Some(1)), Ok(()), "day {day}");
    }
}

#[test]
fn settlements_of_any_day_are_answered() {
    for day in [i32::MIN, i32::MIN + 1, -1, 0, 110_000_000, i32::MAX - 1, i32::MAX] {
        let kinds = [SettlementKind::Daily, SettlementKind::Final, SettlementKind::Cascade, SettlementKind::Funding];
        for kind in kinds {
            let mut venue = Venue::with_accounts(1..=1, 0);
            venue.fix(TODAY, FixingStage::Final, Some(1)).unwrap();
            let answer = venue.start(Day(day), kind);
            let expected = match kind {
                SettlementKind::Daily if day > TODAY.0 + 40 => Some(81),
                SettlementKind::Daily => None,
                SettlementKind::Final => Some(82),
                SettlementKind::Cascade | SettlementKind::Funding => Some(86),
            };
            assert_eq!(answer.err().map(|refused| refused.number()), expected, "{kind:?} of day {day}");
        }
    }
}

#[test]
fn terms_of_any_day_are_answered() {
    for day in [i32::MIN, -1, 83_981, 110_000_000, i32::MAX - 31, i32::MAX - 30, i32::MAX] {
        let mut venue = Venue::empty();
        let answer =
            venue.operate(Command::ListInstrument { terms: terms_of(Month { first_day: Day(day), ..usual_month() }) });
        assert!(matches!(answer, Err(Reject::InvalidTerms { .. })), "day {day}: {answer:?}");
    }
}

#[test]
fn terms_at_their_limits_are_listed() {
    let one_day = Month { days: 1, ..usual_month() };
    let last_day = Day(limits::TIMESTAMP_MAX.day().0 - 1);
    let first_day = Day(0);
    for terms in [
        terms_of(Month { first_day, ..usual_month() }),
        terms_of(Month { first_day, ..one_day }),
        terms_of(Month { first_day: last_day, ..one_day }),
        Terms { tick: Price(MOST), ..widest() },
        Terms { tick: Price(1), ..widest() },
        Terms { floor: Price(MOST - 1_000), cap: Price(MOST), ..usual_terms() },
        Terms { floor: Price(-MOST), cap: Price(1_000 - MOST), ..usual_terms() },
    ] {
        let mut venue = Venue::empty();
        assert_eq!(venue.operate(Command::ListInstrument { terms }), Ok(()), "{terms:?}");
    }
}

#[test]
fn numbers_of_orders_and_accounts_may_be_the_last_there_are() {
    let mut venue = Venue::with_accounts(1..=1, 1_000_000);
    venue.open(u32::MAX, 1_000_000);
    // Key 0 is the venue itself, so account 0 trades through the key of another number.
    venue.operate(Command::OpenAccount { account: AccountId(0) }).unwrap();
    venue.register(77, Role::Trader(AccountId(0))).unwrap();
    venue.credit(0, 1_000_000);
    let bid = order(0, Side::Buy, 1, 3_000_000, "bid");
    venue.send(KeyId(77), Command::SubmitOrder(bid)).unwrap();
    venue.sell(u32::MAX, 1, 3_000_000, "offer").unwrap();
    venue.now = TODAY.end();
    venue.start(TODAY, SettlementKind::Daily).unwrap();
    venue.advance().unwrap();
    let settled = venue.events.iter().filter(|event| matches!(event, Event::PositionSettled { .. })).count();
    assert_eq!(settled, 2);
    assert_eq!(venue.cancel(1, OrderId(u64::MAX)), Err(Reject::OrderNotLive { order: OrderId(u64::MAX) }));
    assert_eq!(
        venue.buy(1, 0, 0, "nothing"),
        Err(Reject::LotsOutOfRange { lots: Lots(0), least: Lots(1), most: limits::ORDER_LOTS_MAX })
    );
}
