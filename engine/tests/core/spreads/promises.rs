//! What a trade of a spread must not touch: it is no print in its legs, whatever it gives to positions there.

use engine::Engine;
use engine::command::Command;
use engine::controls::Controls;
use engine::event::{Event, SettlementRung};
use engine::ids::{AccountId, ClientOrderId, InstrumentId, Symbol};
use engine::instrument::{Kind, SettlementKind, Spread, Terms};
use engine::margin::SeriesMargin;
use engine::order::{OrderRequest, Trigger, TriggerReference};
use engine::reject::Reject;
use engine::units::{Lots, Price, Side};

use crate::margin::{DOLLAR, LENIENT, list, month, moves, process, submit, trade, venue};
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
