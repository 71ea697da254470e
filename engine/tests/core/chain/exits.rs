//! What the page says by example of an exit: paid from cash, closed in the book, closed at the mark; worked out by hand.

use engine::Engine;
use engine::command::Command;
use engine::event::{Event, PositionReason};
use engine::ids::{AccountId, AssetId};
use engine::instrument::SettlementKind;
use engine::margin::SeriesMargin;
use engine::units::{Amount, Day, Side};

use super::{alias, arrival, as_owner, attach, link, on_both};
use crate::incidents::{CONTRACT, coin, move_to, position, serve, set_margin};
use crate::margin::{DOLLAR, LENIENT, submit, trade, venue};
use crate::twin::Twin;
use crate::venue::{Stage, TODAY, VenueOf};

const MINUTES: i64 = 60_000_000;
const HOURS: i64 = 60 * MINUTES;

/// Account 1 has 100 dollars and is long 10 at a cost of 20; the mark is 3 and ten lots need 6.
fn opened<E: Stage>() -> VenueOf<E> {
    let mut venue = venue::<E>(0, 0);
    venue.operate(attach()).unwrap();
    for (account, dollars) in (1..).zip([100, 10_000, 10_000]) {
        venue.open(account, 0);
        as_owner(&mut venue, account, link(account, alias(account))).unwrap();
        venue.operate(arrival(u64::from(account), alias(account), dollars * DOLLAR)).unwrap();
    }
    venue.operate(Command::ListInstrument { terms: coin(1) }).unwrap();
    set_margin(&mut venue, SeriesMargin { settlement_lots: engine::units::Lots(1_000_000_000), ..LENIENT });
    move_to(&mut venue, 1, 2 * DOLLAR, 200_000);
    serve(&mut venue);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 2 * DOLLAR);
    // The last trade counts for the mark as the reference does, so that it takes one at 3, too.
    trade(&mut venue, (3, 2), 1, Side::Buy, 1, 3 * DOLLAR);
    move_to(&mut venue, 2, 3 * DOLLAR, 200_000);
    serve(&mut venue);
    assert_eq!(venue.engine.margin(AccountId(1)).withdrawable, i128::from(94 * DOLLAR));
    venue
}

fn exit<E: Stage>(venue: &mut VenueOf<E>, number: u64, dollars: i64) -> Vec<Event> {
    let target = Amount(dollars * DOLLAR);
    venue.operate(Command::ReceiveExit { number, pseudonym: alias(1), target }).unwrap();
    let mut told = venue.events.clone();
    told.append(&mut serve(venue));
    told
}

/// Waits and does what is due.
fn wait<E: Stage>(venue: &mut VenueOf<E>, micros: i64) -> Vec<Event> {
    venue.now = venue.now.plus_micros(micros);
    serve(venue)
}

fn settle<E: Stage>(venue: &mut VenueOf<E>) {
    let (day, kind) = (Day(TODAY.0 - 1), SettlementKind::Daily);
    venue.operate(Command::StartSettlement { instrument: CONTRACT, day, kind }).unwrap();
    venue.operate(Command::AdvanceSettlement { instrument: CONTRACT }).unwrap();
}

/// One word and a number for each event that an exit has.
fn said(events: &[Event], now: i64) -> Vec<(&'static str, i64)> {
    let say = |event: &Event| match *event {
        Event::WithdrawnToChain { claimable, .. } => Some(("claimable", claimable.0 / DOLLAR)),
        Event::ExitReceived { target, .. } => Some(("received", target.0 / DOLLAR)),
        Event::ExitRound { equity, .. } => Some(("round", equity.0 / DOLLAR)),
        Event::LiquidationOrdered { limit, .. } => Some(("ordered", limit.0)),
        Event::ExitPostponed { next, .. } => Some(("postponed", (next.0 - now) / MINUTES)),
        Event::ExitEnded { covered, .. } => Some(("ended", i64::from(covered))),
        Event::CloseOutStarted { equity, .. } => Some(("close-out", equity.0 / DOLLAR)),
        Event::CloseOutEnded { equity, .. } => Some(("closed out", equity.0 / DOLLAR)),
        Event::PositionTransferred { lots, value, reason, .. } => {
            assert_eq!(reason, PositionReason::Deleveraging);
            Some(("moved", value.0 / lots.0))
        }
        Event::LiquidationStarted { .. } => Some(("liquidation", 0)),
        _ => None,
    };
    events.iter().filter_map(say).collect()
}

fn from_cash<E: Stage>() -> Vec<Event> {
    let mut venue = opened::<E>();
    submit(&mut venue, 1, 1, Side::Sell, 4, 4 * DOLLAR).unwrap();
    let told = exit(&mut venue, 1, 90);
    assert_eq!(
        (position(&venue, 1), venue.engine.claimable(AccountId(1), AssetId::USD)),
        (10, i128::from(90 * DOLLAR))
    );
    // It trades again.
    submit(&mut venue, 1, 1, Side::Sell, 4, 4 * DOLLAR).unwrap();
    told
}

#[test]
fn an_exit_is_paid_from_cash_and_the_position_stays() {
    let told = on_both(from_cash::<Engine>(), from_cash::<Twin>());
    assert_eq!(said(&told, 0), [("received", 90), ("claimable", 90), ("ended", 1)]);
    let swept = told.iter().filter(|event| matches!(event, Event::OrderCancelled { .. })).count();
    assert_eq!(swept, 1);
}

/// 94 are paid; equity is then 16, so that ten lots are sold down to `3 - 1.60`; the bid is at 2.80. After the round 6 are free, the
/// profit of 8 comes with the settlement.
fn in_the_book<E: Stage>(dollars: i64) -> (Vec<Event>, i64) {
    let mut venue = opened::<E>();
    submit(&mut venue, 3, 1, Side::Buy, 20, 2_800_000).unwrap();
    let now = venue.now.0;
    let mut told = exit(&mut venue, 1, dollars);
    assert_eq!(position(&venue, 1), 0);
    told.append(&mut wait(&mut venue, 10 * MINUTES));
    settle(&mut venue);
    told.append(&mut wait(&mut venue, 10 * MINUTES));
    (told, now)
}

#[test]
fn an_exit_is_closed_in_the_book() {
    let on_both = |dollars| {
        let ((on_engine, now), (on_twin, _)) = (in_the_book::<Engine>(dollars), in_the_book::<Twin>(dollars));
        said(&on_both(on_engine, on_twin), now)
    };
    let begins =
        |target| [("received", target), ("claimable", 94), ("round", 16), ("ordered", 1_400_000), ("postponed", 10)];
    assert_eq!(on_both(100), [&begins(100)[..], &[("claimable", 100), ("ended", 1)]].concat());
    let waits = [("claimable", 100), ("postponed", 20)];
    assert_eq!(on_both(107), [&begins(107)[..], &waits, &[("claimable", 107), ("ended", 1)]].concat());
    assert_eq!(on_both(200), [&begins(200)[..], &waits, &[("claimable", 108), ("ended", 0)]].concat());
}

/// Nobody bids for twelve hours.
fn at_the_mark<E: Stage>() -> (Vec<Event>, i64) {
    let mut venue = opened::<E>();
    let now = venue.now.0;
    let mut told = exit(&mut venue, 1, 200);
    told.append(&mut wait(&mut venue, 12 * HOURS - 1));
    assert_eq!(position(&venue, 1), 10);
    told.append(&mut wait(&mut venue, 10 * MINUTES));
    assert_eq!((position(&venue, 1), position(&venue, 2)), (0, -1));
    settle(&mut venue);
    told.append(&mut wait(&mut venue, 10 * MINUTES));
    (told, now)
}

#[test]
fn an_exit_is_closed_at_the_mark_after_twelve_hours() {
    let ((on_engine, now), (on_twin, _)) = (at_the_mark::<Engine>(), at_the_mark::<Twin>());
    let told = on_both(on_engine, on_twin);
    let round = |postponed| [("round", 16), ("ordered", 1_400_000), ("postponed", postponed)];
    let begins = [&[("received", 200), ("claimable", 94)], &round(10)[..], &round(729)].concat();
    let closed = [("close-out", 16), ("moved", 3 * DOLLAR), ("closed out", 16), ("claimable", 100), ("postponed", 739)];
    assert_eq!(said(&told, now), [&begins[..], &closed, &[("claimable", 110), ("ended", 0)]].concat());
}
