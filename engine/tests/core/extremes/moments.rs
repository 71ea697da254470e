//! What changes at one exact microsecond, and what is kept for how long.

use engine::command::FixingStage;
use engine::event::{Event, SettlementRung};
use engine::ids::{ClientOrderId, OrderId};
use engine::instrument::SettlementKind;
use engine::limits;
use engine::reject::Reject;
use engine::units::{Day, Lots, Timestamp};

use crate::venue::{CONTRACT, TODAY, Venue, usual_terms};

const PRICE: i64 = 3_000_000;

#[test]
fn trading_ends_with_the_last_microsecond_of_delivery() {
    let mut venue = Venue::with_accounts(1..=2, 1_000_000);
    let end = usual_terms().end();
    venue.now = Timestamp(end.0 - 1);
    venue.buy(1, 1, PRICE, "in-time").unwrap();
    venue.now = end;
    assert_eq!(venue.sell(2, 1, PRICE, "too-late"), Err(Reject::Expired { instrument: CONTRACT }));
}

#[test]
fn a_day_is_settled_once_it_is_over() {
    let mut venue = Venue::with_accounts(1..=2, 1_000_000);
    venue.fix(TODAY, FixingStage::Final, Some(PRICE)).unwrap();
    venue.now = Timestamp(TODAY.end().0 - 1);
    let too_early = Reject::TooEarly { instrument: CONTRACT, earliest: TODAY.end() };
    assert_eq!(venue.start(TODAY, SettlementKind::Daily), Err(too_early));
    venue.now = TODAY.end();
    assert_eq!(venue.start(TODAY, SettlementKind::Daily), Ok(()));
}

#[test]
fn the_last_trade_is_that_of_the_day_however_late_it_is_settled() {
    for days_late in 0..5_u16 {
        let mut venue = Venue::with_accounts(1..=2, 1_000_000);
        for day in 0..=days_late {
            // One trade at the first and one at the last moment of each day, at a price of its own.
            venue.now = TODAY.plus(day).start();
            trade(&mut venue, 9_000_000, &format!("early-{day}"));
            venue.now = Timestamp(TODAY.plus(day).end().0 - 1);
            trade(&mut venue, PRICE + 1_000 * i64::from(day), &format!("late-{day}"));
        }
        venue.now = TODAY.plus(days_late).end();
        let started = venue.start(TODAY, SettlementKind::Daily);
        assert_eq!(started, Ok(()), "{days_late} more days with trades");
        let Event::SettlementStarted { value_per_lot, rung, .. } = venue.events[0] else {
            panic!("{:?}", venue.events)
        };
        assert_eq!((value_per_lot.0, rung), (PRICE * 744, SettlementRung::LastTrade), "settled {days_late} days late");
    }
}

#[test]
fn a_client_order_id_is_free_24_hours_after_the_order_finished() {
    let mut venue = Venue::with_accounts(1..=2, 1_000_000);
    let first = venue.buy(1, 1, PRICE, "name").unwrap();
    venue.now = venue.now.plus_micros(limits::ORDER_RETENTION_US);
    assert_eq!(
        venue.buy(1, 1, PRICE, "name").map(|_| venue.events.clone()),
        Ok(vec![replayed(first, 0, 1)]),
        "it is live"
    );

    venue.cancel(1, first).unwrap();
    let finished = venue.now;
    venue.now = finished.plus_micros(limits::ORDER_RETENTION_US - 1);
    venue.buy(1, 1, PRICE, "name").unwrap();
    assert_eq!(venue.events, [replayed(first, 0, 1)]);
    let another = venue.buy(1, 2, PRICE, "name");
    assert_eq!(another, Err(Reject::ClientOrderIdReused { client_order_id: ClientOrderId::new("name").unwrap() }));

    venue.now = finished.plus_micros(limits::ORDER_RETENTION_US);
    let second = venue.buy(1, 2, PRICE, "name").unwrap();
    assert!(matches!(venue.events[0], Event::OrderAccepted { order, .. } if order == second));
}

#[test]
fn names_are_forgotten_a_few_at_a_time_in_the_order_of_finish() {
    let mut venue = Venue::with_accounts(1..=2, 10_000_000);
    let orders: Vec<_> = (0..10).map(|name| venue.buy(1, 1, PRICE, &format!("n{name}")).unwrap()).collect();
    // They finish in one command, the oldest first.
    venue.sell(2, 10, PRICE, "all").unwrap();
    venue.now = venue.now.plus_micros(limits::ORDER_RETENTION_US);
    // Four are forgotten before this command is answered, so the fifth is still known, and the first is not.
    venue.buy(1, 1, PRICE, "n4").unwrap();
    assert_eq!(venue.events, [replayed(orders[4], 0, 1)]);
    // Now eight are.
    for (name, order) in [("n8", orders[8]), ("n0", orders[0])] {
        venue.buy(1, 1, PRICE, name).unwrap();
        let is_replay = venue.events == [replayed(order, 0, 1)];
        assert_eq!(is_replay, name == "n8", "{name}");
    }
}

#[test]
fn the_first_answer_is_repeated_whatever_has_happened_since() {
    let mut venue = Venue::with_accounts(1..=2, 1_000_000);
    venue.sell(2, 2, PRICE, "offer").unwrap();
    let order = venue.buy(1, 5, PRICE, "name").unwrap();
    let again = |venue: &mut Venue, when: &str| {
        venue.buy(1, 5, PRICE, "name").unwrap();
        assert_eq!(venue.events, [replayed(order, 2, 3)], "{when}");
    };
    again(&mut venue, "while it rests");
    venue.sell(2, 1, PRICE, "more").unwrap();
    again(&mut venue, "after another part was traded");
    venue.now = TODAY.end();
    venue.start(TODAY, SettlementKind::Daily).unwrap();
    again(&mut venue, "during a settlement");
    venue.cancel(1, order).unwrap();
    again(&mut venue, "after its cancel");
    venue.advance().unwrap();

    venue.now = usual_terms().end();
    let late = venue.buy(1, 5, PRICE, "name");
    assert_eq!(late, Err(Reject::Expired { instrument: CONTRACT }), "its name is free, its contract is not there");
}

#[test]
fn a_last_moment_order_is_replayed_after_the_end() {
    let mut venue = Venue::with_accounts(1..=2, 1_000_000);
    venue.now = Timestamp(usual_terms().end().0 - 1);
    let order = venue.buy(1, 1, PRICE, "name").unwrap();
    venue.fix_all(PRICE);
    venue.now = usual_terms().end();
    let again = |venue: &mut Venue| {
        venue.buy(1, 1, PRICE, "name").unwrap();
        assert_eq!(venue.events, [replayed(order, 0, 1)]);
    };
    again(&mut venue);
    venue.start(Day(venue.now.day().0 - 1), SettlementKind::Final).unwrap();
    again(&mut venue);
    venue.advance().unwrap();
    again(&mut venue);
}

fn trade(venue: &mut Venue, price: i64, name: &str) {
    venue.sell(2, 1, price, name).unwrap();
    venue.buy(1, 1, price, name).unwrap();
}

fn replayed(order: OrderId, filled: u32, rested: u32) -> Event {
    Event::OrderReplayed { order, filled: Lots(filled), rested: Lots(rested) }
}

#[test]
fn the_latest_moment_is_answered_like_any_other() {
    let mut venue = Venue::with_accounts(1..=2, 1_000_000);
    venue.now = limits::TIMESTAMP_MAX;
    assert_eq!(venue.buy(1, 1, PRICE, "late"), Err(Reject::Expired { instrument: CONTRACT }));
    assert_eq!(venue.fix(Day(i32::MAX), FixingStage::Final, Some(PRICE)), Ok(()));
    assert_eq!(venue.start(venue.now.day(), SettlementKind::Final).map_err(|refused| refused.number()), Err(82));
}

#[test]
#[should_panic(expected = "is stamped later than the venue counts")]
fn a_later_stamp_stops_the_venue() {
    let mut venue = Venue::with_accounts(1..=2, 1_000_000);
    venue.now = limits::TIMESTAMP_MAX.plus_micros(1);
    let _ = venue.buy(1, 1, PRICE, "later-still");
}
