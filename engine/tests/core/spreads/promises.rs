//! What a trade of a spread must not touch: it is no print in its legs, whatever it gives to positions there.

use engine::Engine;
use engine::command::Command;
use engine::controls::Controls;
use engine::event::{Event, SettlementRung};
use engine::ids::{AccountId, ClientOrderId, InstrumentId, Symbol};
use engine::instrument::{Kind, SettlementKind, Spread, Terms};
use engine::margin::SeriesMargin;
use engine::order::{OrderRequest, TimeInForce, Trigger, TriggerReference};
use engine::reject::Reject;
use engine::units::{Lots, Price, Side};

use crate::margin::{DOLLAR, LENIENT, list, month, moves, process, publish, submit, trade, venue};
use crate::twin::Twin;
use crate::venue::{Stage, TODAY, VenueOf};

const NEAR: u32 = 1;
const FAR: u32 = 2;
const SPREAD: u32 = 3;
const HOUR: i64 = 3_600_000_000;

/// Two months of two and three days and their spread, marked at 3 dollars, both traded there once.
fn stage<E: Stage>() -> VenueOf<E> {
    let mut venue = venue(4, 100_000);
    let months = [month(NEAR, 1, 5, 2), month(FAR, 1, 7, 3)];
    let months = months.map(|terms| (terms, moves(&venue, 1, 3 * DOLLAR, 8 * DOLLAR)));
    list(&mut venue, &months, SeriesMargin { settlement_lots: Lots(2), ..LENIENT });
    let [near, far] = [NEAR, FAR].map(InstrumentId);
    let (of_near, of_far) = (months[0].0, months[1].0);
    let kind = Kind::Spread(Spread { near, far, hours: of_far.hours(), end: of_near.end() });
    let terms = Terms { kind, symbol: Symbol::new("SPREAD").unwrap(), ..month(SPREAD, 1, 7, 3) };
    venue.operate(Command::ListInstrument { terms }).unwrap();
    for leg in [NEAR, FAR] {
        trade(&mut venue, (1, 2), leg, Side::Buy, 1, 3 * DOLLAR);
    }
    venue
}

#[test]
fn a_spread_is_no_print_in_its_legs() {
    no_print_of::<Engine>();
    no_print_of::<Twin>();
}

fn no_print_of<E: Stage>() {
    let mut venue: VenueOf<E> = stage();
    let band = Controls { band: Price(100_000), ..Controls::NONE };
    for leg in [NEAR, FAR] {
        let controls = Controls { reference: Price(9 * DOLLAR), ..band };
        venue.operate(Command::SetControls { instrument: InstrumentId(leg), controls }).unwrap();
    }
    // Stops that the next trade of the far leg at 3.5 dollars, or of the near one at 3, would wake.
    for (leg, price, name) in [(NEAR, 3 * DOLLAR + 1_000, "near"), (FAR, 3 * DOLLAR + 50_000, "far")] {
        let (name, instrument) = (ClientOrderId::new(name).unwrap(), InstrumentId(leg));
        let trigger = Some(Trigger { reference: TriggerReference::Last, price: Price(price) });
        let limit = Price(3 * DOLLAR + 60_000);
        let stop = OrderRequest::limit(AccountId(3), name, instrument, Side::Buy, Lots(1), limit);
        venue.submit(OrderRequest { trigger, ..stop }).unwrap();
    }
    // In the last hour of the day three lots trade: the near leg at its mark of 3, the far one at 3.5.
    venue.now = TODAY.end().plus_micros(-HOUR / 2);
    submit(&mut venue, 1, SPREAD, Side::Sell, 3, -500_000).unwrap();
    submit(&mut venue, 2, SPREAD, Side::Buy, 3, -500_000).unwrap();
    let legs = Event::LegsTraded {
        near: InstrumentId(NEAR),
        near_price: Price(3 * DOLLAR),
        far: InstrumentId(FAR),
        far_price: Price(3_500_000),
    };
    assert!(matches!(venue.events[1], Event::Traded(_)) && venue.events[2] == legs, "{:?}", venue.events);
    let held = |account, leg| venue.engine.holding(AccountId(account), InstrumentId(leg));
    assert_eq!([held(2, NEAR), held(2, FAR)], [(2, 2 * 144_000_000), (-4, -216_000_000 - 3 * 252_000_000)]);
    assert_eq!([held(1, NEAR), held(1, FAR)], [(-2, -2 * 144_000_000), (4, 216_000_000 + 3 * 252_000_000)]);
    assert_eq!(held(1, SPREAD), (0, 0));

    // No stop wakes, no mark moves, the band is around the last trade of the leg.
    assert_eq!(venue.operate(Command::ProcessDue), Err(Reject::NothingDue));
    for leg in [NEAR, FAR].map(InstrumentId) {
        venue.operate(Command::UpdateMark { instrument: leg }).unwrap();
        assert_eq!(venue.events, [Event::MarkUpdated { instrument: leg, price: Price(3 * DOLLAR) }]);
    }
    assert_eq!(venue.operate(Command::ProcessDue), Err(Reject::NothingDue));
    let (reference, bound) = (Price(3 * DOLLAR), Price(3 * DOLLAR + 100_000));
    let beyond = Reject::OutsideBand { price: Price(3_101_000), reference, bound };
    assert_eq!(submit(&mut venue, 4, FAR, Side::Buy, 1, 3_101_000), Err(beyond));
    // Nor is it volume of the hour that settles the day.
    venue.now = TODAY.end();
    for leg in [NEAR, FAR].map(InstrumentId) {
        let (day, kind) = (TODAY, SettlementKind::Daily);
        venue.operate(Command::StartSettlement { instrument: leg, day, kind }).unwrap();
        let rungs = venue.events.iter().map(|event| match event {
            Event::SettlementStarted { rung, .. } => Some(*rung),
            _ => None,
        });
        assert_eq!(rungs.collect::<Vec<_>>(), [Some(SettlementRung::Reference)]);
    }
}

#[test]
fn the_far_leg_trades_at_exactly_what_is_missing() {
    exactly_of::<Engine>();
    exactly_of::<Twin>();
}

/// A mark is no price of the book, and need not be on the tick: the mean of an array's 3.000333 and a last trade at 3.
fn exactly_of<E: Stage>() {
    let mut venue: VenueOf<E> = stage();
    let risk = moves(&venue, 2, 3_000_333, 8 * DOLLAR);
    publish(&mut venue, InstrumentId(NEAR), risk).unwrap();
    process(&mut venue);
    venue.operate(Command::UpdateMark { instrument: InstrumentId(NEAR) }).unwrap();
    process(&mut venue);
    trade(&mut venue, (1, 2), SPREAD, Side::Sell, 2, -45_000);
    let (near, far) = (InstrumentId(NEAR), InstrumentId(FAR));
    let (near_price, far_price) = (Price(3_000_166), Price(3_045_166));
    assert_eq!(venue.events[2], Event::LegsTraded { near, near_price, far, far_price });
    let costs = [near, far].map(|leg| venue.engine.holding(AccountId(1), leg).1);
    assert_eq!(costs, [3 * 48_000_000 - 2 * 3_000_166 * 48, 3 * 72_000_000 + 2 * 3_045_166 * 72]);
}

#[test]
fn fill_or_kill_skips_what_a_leg_cannot_trade_at() {
    skipped_of::<Engine>();
    skipped_of::<Twin>();
}

/// Bids for two lots each at 0.010 and at 0; then the far leg trades at 3 and above only, so that the better bid cannot.
fn skipped_of<E: Stage>() {
    let mut venue: VenueOf<E> = stage();
    for price in [10_000, 0] {
        submit(&mut venue, 3, SPREAD, Side::Buy, 2, price).unwrap();
    }
    let daily_limits = [Price(100_000), Price(0), Price(0)];
    let controls = Controls { reference: Price(3_100_000), daily_limits, ..Controls::NONE };
    venue.operate(Command::SetControls { instrument: InstrumentId(FAR), controls }).unwrap();
    for (lots, is_filled) in [(3, false), (2, true)] {
        let name = ClientOrderId::new(&format!("kill{lots}")).unwrap();
        let sell =
            OrderRequest::limit(AccountId(4), name, InstrumentId(SPREAD), Side::Sell, Lots(lots), Price(-50_000));
        venue.submit(OrderRequest { time_in_force: TimeInForce::FillOrKill, ..sell }).unwrap();
        let trades = venue.events.iter().filter(|event| matches!(event, Event::Traded(_))).count();
        assert_eq!(trades, usize::from(is_filled), "{:?}", venue.events);
        let left = venue.engine.queue(InstrumentId(SPREAD), Side::Buy).len();
        assert_eq!(left, if is_filled { 0 } else { 2 });
    }
}

/// A leg's resting reduce-only order is capped when it trades: a spread may have taken away before what it reduces.
#[test]
fn a_spread_takes_what_a_resting_order_would_reduce() {
    capped_of::<Engine>();
    capped_of::<Twin>();
}

fn capped_of<E: Stage>() {
    let mut venue: VenueOf<E> = stage();
    let name = ClientOrderId::new("reduces").unwrap();
    let sell = OrderRequest::limit(AccountId(1), name, InstrumentId(NEAR), Side::Sell, Lots(1), Price(3_010_000));
    let conditions = engine::order::Conditions { post_only: false, reduce_only: true };
    let resting = venue.submit(OrderRequest { conditions, ..sell }).unwrap();
    // The account is long one near; it sells that with a spread.
    trade(&mut venue, (1, 3), SPREAD, Side::Sell, 1, 0);
    assert_eq!(venue.engine.queue(InstrumentId(NEAR), Side::Sell), [(resting, Price(3_010_000), 1)]);
    submit(&mut venue, 4, NEAR, Side::Buy, 1, 3_010_000).unwrap();
    let (account, instrument, lots) = (AccountId(1), InstrumentId(NEAR), Lots(1));
    let reason = engine::event::CancelReason::ReduceOnly;
    assert_eq!(venue.events[1], Event::OrderCancelled { order: resting, account, instrument, lots, reason });
    assert!(!venue.events.iter().any(|event| matches!(event, Event::Traded(_))));
    process(&mut venue);
}
