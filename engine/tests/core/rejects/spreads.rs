//! What spreads can be refused for, and which rule is named if several are broken.

use engine::Engine;
use engine::command::Command;
use engine::controls::Controls;
use engine::ids::{ClientOrderId, InstrumentId, SeriesId, Symbol};
use engine::instrument::{Kind, Legs, Month, Perpetual, SettlementKind, Spread, Strip, Terms};
use engine::margin::SeriesMargin;
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, TimeInForce, Trigger, TriggerReference};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Day, Hours, Lots, Price, Side, Timestamp};

use super::{RowOf, check};
use crate::counts::count;
use crate::margin::{DOLLAR, LENIENT, month, moves, process, publish, submit};
use crate::twin::Twin;
use crate::venue::{Stage, TODAY, VenueOf, order};

/// Two months of a series, a strip of both, a physical month behind them, a perpetual; a month of another series in the hours of the second.
const FIRST: u32 = 1;
const SECOND: u32 = 2;
const STRIP: u32 = 3;
const PHYSICAL: u32 = 4;
const PERPETUAL: u32 = 5;
const OTHER: u32 = 6;
const COLLATERALISED: u32 = 7;
/// From the first to the second, from the second to the other.
const CALENDAR: u32 = 10;
const ACROSS: u32 = 11;
/// When the first month ends, and the strip cascades for the day before.
const BEGIN: u16 = 5;

fn of(number: u32, kind: Kind) -> Terms {
    Terms { kind, ..month(number, 1, BEGIN, 2) }
}

fn spread_of(near: u32, far: u32, hours: u16, end: Timestamp) -> Kind {
    Kind::Spread(Spread { near: InstrumentId(near), far: InstrumentId(far), hours: Hours(hours), end })
}

/// A spread whose far leg has two days, and that ends so many days from now.
fn spread(near: u32, far: u32, ends_after: u16) -> Kind {
    spread_of(near, far, 48, TODAY.plus(ends_after).start())
}

fn list(terms: Terms) -> Command {
    Command::ListInstrument { terms }
}

fn named(number: u32, kind: Kind) -> Terms {
    Terms { symbol: Symbol::new(&format!("S{number}")).unwrap(), ..of(number, kind) }
}

/// Everything listed under the rules before spreads.
fn legs<E: Stage>() -> VenueOf<E> {
    let mut venue: VenueOf<E> = VenueOf::empty();
    for version in 2..=3 {
        venue.operate(Command::AdoptRules { rules: Rules(version) }).unwrap();
    }
    for account in 1..=2 {
        venue.open(account, 100_000);
    }
    let both = Legs::new(&[FIRST, SECOND].map(InstrumentId)).unwrap();
    let physical = Month { series: SeriesId(1), first_day: TODAY.plus(9), days: 2 };
    let perpetual = Perpetual { series: SeriesId(1), hours: 48, interest_ppm: 0, cap_ppm: 1_000 };
    for terms in [
        month(FIRST, 1, BEGIN, 2),
        month(SECOND, 1, 7, 2),
        named(STRIP, Kind::Strip(Strip { series: SeriesId(1), first_day: TODAY.plus(BEGIN), days: 4, legs: both })),
        named(PHYSICAL, Kind::PhysicalMonth(physical)),
        named(PERPETUAL, Kind::Perpetual(perpetual)),
        month(OTHER, 2, 7, 2),
        named(COLLATERALISED, Kind::Month(Month { series: SeriesId(1), first_day: TODAY.plus(20), days: 2 })),
    ] {
        venue.operate(list(terms)).unwrap();
    }
    venue
}

/// The spreads listed, parameters of both series, and nothing known of any contract.
fn stage<E: Stage>() -> VenueOf<E> {
    let mut venue = legs();
    venue.operate(Command::AdoptRules { rules: Rules::FOURTH }).unwrap();
    venue.operate(list(named(CALENDAR, spread(FIRST, SECOND, 7)))).unwrap();
    venue.operate(list(named(ACROSS, spread(SECOND, OTHER, 9)))).unwrap();
    for series in [1, 2].map(SeriesId) {
        venue.operate(Command::SetMargin { series, margin: LENIENT }).unwrap();
        process(&mut venue);
    }
    venue
}

fn array<E: Stage>(venue: &mut VenueOf<E>, number: u32, version: u64) {
    let risk = moves(venue, version, 3 * DOLLAR, 8 * DOLLAR);
    publish(venue, InstrumentId(number), risk).unwrap();
    process(venue);
}

fn mark<E: Stage>(venue: &mut VenueOf<E>, number: u32) {
    venue.operate(Command::UpdateMark { instrument: InstrumentId(number) }).unwrap();
    process(venue);
}

/// With arrays and marks of everything that the spreads trade.
fn known<E: Stage>() -> VenueOf<E> {
    let mut venue = stage();
    for number in [FIRST, SECOND, OTHER] {
        array(&mut venue, number, 1);
        mark(&mut venue, number);
    }
    venue
}

#[test]
fn listings() {
    listings_of::<Engine>();
    listings_of::<Twin>();
}

/// Each rule alone, in its words.
fn listings_of<E: Stage>() {
    let legs_rule = "the legs of a spread are two different margined contracts that still trade";
    let calendar = "the near leg of a calendar spread is delivered before the far one";
    let hours = "the legs of a spread between series are delivered in the same hours";
    let said = "a spread has the hours of its far leg and ends with the first of its legs";
    let old = "spreads need the fourth version of the rules";
    let mut before: VenueOf<E> = legs();
    let refused = |venue: &mut VenueOf<E>, rule, terms: Terms| {
        assert_eq!(venue.operate(list(terms)), Err(Reject::InvalidTerms { rule }), "{terms:?}");
    };
    refused(&mut before, old, named(20, spread(FIRST, FIRST, 1)));
    refused(&mut before, "tick is above zero", Terms { tick: Price(0), ..named(20, spread(FIRST, SECOND, 7)) });

    let mut venue: VenueOf<E> = stage();
    let rows = [
        (legs_rule, spread(FIRST, FIRST, 7)),
        (legs_rule, spread(FIRST, 99, 7)),
        (legs_rule, spread(99, SECOND, 7)),
        (legs_rule, spread(FIRST, PERPETUAL, 7)),
        (legs_rule, spread(CALENDAR, PHYSICAL, 7)),
        (legs_rule, spread(FIRST, COLLATERALISED, 7)),
        (calendar, spread(SECOND, FIRST, 7)),
        (calendar, spread(STRIP, SECOND, 5)),
        (calendar, spread(FIRST, STRIP, 1)),
        (hours, spread(FIRST, OTHER, 1)),
        (hours, spread(OTHER, STRIP, 1)),
        (said, spread_of(FIRST, SECOND, 47, TODAY.plus(7).start())),
        (said, spread_of(FIRST, SECOND, 49, TODAY.plus(7).start())),
        (said, spread(FIRST, SECOND, 9)),
        (said, spread_of(FIRST, SECOND, 48, Timestamp(TODAY.plus(7).start().0 - 1))),
        // A physical month stops trading before it is delivered.
        (said, spread(SECOND, PHYSICAL, 11)),
    ];
    for (rule, kind) in rows {
        refused(&mut venue, rule, named(20, kind));
    }
    let range = |floor, cap| Terms { floor: Price(floor), cap: Price(cap), ..named(20, spread(FIRST, SECOND, 7)) };
    refused(&mut venue, "floor lies below cap, both within 1000 USD of zero", range(-1_000_001_000, 0));
    for (number, kind) in
        (30..).zip([spread(SECOND, PHYSICAL, 9), spread(STRIP, PHYSICAL, 5), spread(OTHER, SECOND, 9)])
    {
        assert_eq!(venue.operate(list(named(number, kind))), Ok(()), "{kind:?}");
    }

    // What cascades or is settled for good is no leg any more; what only has come to its end is one.
    let mut venue: VenueOf<E> = known();
    let last_day = Day(TODAY.0 + i32::from(BEGIN) - 1);
    venue.now = last_day.end();
    let start = |venue: &mut VenueOf<E>, number, day, kind| {
        venue.operate(Command::StartSettlement { instrument: InstrumentId(number), day, kind }).unwrap();
    };
    let advance = |venue: &mut VenueOf<E>, number| {
        venue.operate(Command::AdvanceSettlement { instrument: InstrumentId(number) }).unwrap();
    };
    for leg in [FIRST, SECOND] {
        start(&mut venue, leg, last_day, SettlementKind::Daily);
        venue.clone().operate(list(named(20, spread(FIRST, SECOND, 7)))).unwrap();
        advance(&mut venue, leg);
    }
    venue.operate(list(named(20, spread(STRIP, PHYSICAL, 5)))).unwrap();
    start(&mut venue, STRIP, last_day, SettlementKind::Cascade);
    refused(&mut venue, legs_rule, named(21, spread(STRIP, PHYSICAL, 5)));
    advance(&mut venue, STRIP);
    process(&mut venue);
    refused(&mut venue, legs_rule, named(21, spread(STRIP, PHYSICAL, 5)));
    count(rows.len() + 7, "reject rows");
}

#[test]
fn what_a_spread_does_not_have() {
    check(rows_of_the_venue::<Engine>());
    check(rows_of_the_venue::<Twin>());
}

fn rows_of_the_venue<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue: VenueOf<E> = known();
    // With a print, and quotes, there is still no mark.
    submit(&mut venue, 1, CALENDAR, Side::Buy, 2, 0).unwrap();
    submit(&mut venue, 2, CALENDAR, Side::Sell, 1, 0).unwrap();
    submit(&mut venue, 2, CALENDAR, Side::Sell, 1, 1_000).unwrap();
    let instrument = InstrumentId(CALENDAR);
    let row = |venue: &VenueOf<E>, broken: &[u16], command| RowOf::of_venue(broken, venue, command);
    let risk = moves(&venue, 1, 3 * DOLLAR, 8 * DOLLAR);
    let start = |kind| Command::StartSettlement { instrument, day: TODAY, kind };
    let wide = Controls { reference: Price(11 * DOLLAR), ..Controls::NONE };
    let mut rows = vec![
        row(&venue, &[28], Command::UpdateMark { instrument }),
        row(&venue, &[23], Command::PublishRisk { instrument, risk }),
        row(&venue, &[80], Command::AdvanceSettlement { instrument }),
        row(&venue, &[25], Command::SetControls { instrument, controls: wide }),
        row(&venue, &[27], Command::ResumeInstrument { instrument }),
    ];
    let kinds = [SettlementKind::Daily, SettlementKind::Final, SettlementKind::Cascade, SettlementKind::Funding];
    rows.extend(kinds.into_iter().map(|kind| row(&venue, &[85, 86, 82], start(kind))));
    // Nor when it has ended.
    venue.now = TODAY.plus(7).start();
    process(&mut venue);
    rows.push(row(&venue, &[28], Command::UpdateMark { instrument }));
    rows.extend(kinds.into_iter().map(|kind| row(&venue, &[85, 86], start(kind))));
    rows
}

fn buy(number: u32, lots: u32, limit: i64) -> OrderRequest {
    OrderRequest { instrument: InstrumentId(number), ..order(1, Side::Buy, lots, limit, "buy") }
}

#[test]
fn orders() {
    check(rows_of_orders::<Engine>());
    check(rows_of_orders::<Twin>());
}

fn rows_of_orders<E: Stage>() -> Vec<RowOf<E>> {
    let venue: VenueOf<E> = known();
    let row = |venue: &VenueOf<E>, broken: &[u16], request| {
        RowOf::of_account(broken, venue, 1, Command::SubmitOrder(request))
    };
    let usual = buy(CALENDAR, 1, 0);
    let reduces = Conditions { post_only: false, reduce_only: true };
    let trigger = Some(Trigger { reference: TriggerReference::Index, price: Price(20 * DOLLAR) });
    let date = |micros| TimeInForce::GoodTillDate(TODAY.plus(7).start().plus_micros(micros));
    let mut rows = vec![
        row(&venue, &[35, 56], OrderRequest { conditions: reduces, ..usual }),
        row(&venue, &[35, 44], OrderRequest { trigger, ..usual }),
        row(&venue, &[35], OrderRequest { time_in_force: date(1), ..usual }),
        row(&venue, &[44], buy(CALENDAR, 1, -10 * DOLLAR - 1_000)),
        row(&venue, &[45, 51], buy(CALENDAR, 1, -9 * DOLLAR - 1)),
        row(&venue, &[51], buy(CALENDAR, 1, -7_001_000)),
        row(&venue, &[39], OrderRequest { pricing: Pricing::Market, ..usual }),
    ];
    // Its own halt, then the legs'.
    for halted in [CALENDAR, FIRST, SECOND] {
        let mut venue = venue.clone();
        venue.operate(Command::HaltInstrument { instrument: InstrumentId(halted) }).unwrap();
        rows.push(row(&venue, &[37, 43, 44], buy(CALENDAR, 0, 99 * DOLLAR)));
        rows.push(row(&venue, &[35, 37], OrderRequest { conditions: reduces, ..usual }));
    }
    for settled in [FIRST, SECOND] {
        let mut venue = venue.clone();
        venue.now = TODAY.end();
        venue.operate(Command::HaltInstrument { instrument: InstrumentId(settled) }).unwrap();
        let (day, kind) = (TODAY, SettlementKind::Daily);
        venue.operate(Command::StartSettlement { instrument: InstrumentId(settled), day, kind }).unwrap();
        rows.push(row(&venue, &[41, 37, 43], buy(CALENDAR, 0, 0)));
    }
    let mut ended = venue;
    ended.now = TODAY.plus(7).start();
    rows.push(row(&ended, &[42, 53], usual));
    rows
}

/// What of two rules that the table of numbers would turn round comes first, and what a refusal says.
#[test]
fn what_refusals_name() {
    refusals_of::<Engine>();
    refusals_of::<Twin>();
}

fn refusals_of<E: Stage>() {
    fn refused<E: Stage>(venue: &VenueOf<E>, request: OrderRequest, expected: Reject) {
        assert_eq!(venue.clone().submit(request), Err(expected), "{request:?}");
    }
    let unknown = |number| Reject::RiskUnknown { instrument: InstrumentId(number) };
    let outside = |price, lower, upper| Reject::OutsideDailyLimits {
        price: Price(price),
        lower: Price(lower),
        upper: Price(upper),
    };
    let limits = |venue: &mut VenueOf<E>, number, reference, width, band| {
        let daily_limits = [Price(width), Price(0), Price(0)];
        let controls = Controls { reference: Price(reference), daily_limits, band: Price(band), ..Controls::NONE };
        venue.operate(Command::SetControls { instrument: InstrumentId(number), controls }).unwrap();
        process(venue);
    };
    let mut venue: VenueOf<E> = stage();
    limits(&mut venue, CALENDAR, 0, 50_000, 20_000);
    // Its own limits come before the marks of the legs, these before its band.
    refused(&venue, buy(CALENDAR, 1, 51_000), outside(51_000, -50_000, 50_000));
    refused(&venue, buy(CALENDAR, 1, 30_000), unknown(FIRST));
    array(&mut venue, SECOND, 1);
    mark(&mut venue, SECOND);
    refused(&venue, buy(CALENDAR, 1, 30_000), unknown(FIRST));
    array(&mut venue, FIRST, 1);
    refused(&venue, buy(CALENDAR, 1, 0), unknown(FIRST));
    mark(&mut venue, FIRST);
    // Then the near mark, then the far price, then the band.
    refused(&venue, buy(ACROSS, 1, 0), unknown(OTHER));
    limits(&mut venue, FIRST, 3_100_000, 99_000, 0);
    limits(&mut venue, SECOND, 3_000_000, 10_000, 0);
    refused(&venue, buy(CALENDAR, 1, 30_000), outside(3_000_000, 3_001_000, 3_199_000));
    limits(&mut venue, FIRST, 3_099_000, 99_000, 0);
    refused(&venue, buy(CALENDAR, 1, 30_000), outside(30_000, -10_000, 10_000));
    refused(&venue, buy(CALENDAR, 1, -11_000), outside(-11_000, -10_000, 10_000));
    limits(&mut venue, SECOND, 3_000_000, 40_000, 0);
    let beyond = Reject::OutsideBand { price: Price(30_000), reference: Price(0), bound: Price(20_000) };
    refused(&venue, buy(CALENDAR, 1, 30_000), beyond);
    // An amendment anew obeys them, one that keeps its place does not ask.
    let resting = submit(&mut venue, 1, CALENDAR, Side::Buy, 3, 20_000).unwrap();
    limits(&mut venue, SECOND, 3_000_000, 10_000, 0);
    let amendment = |lots, limit: Option<i64>| {
        let (account, limit) = (engine::ids::AccountId(1), limit.map(Price));
        Command::AmendOrder(Amendment { account, order: resting, lots: Some(Lots(lots)), limit, trigger: None })
    };
    let key = engine::ids::KeyId(1);
    for (lots, limit, price) in [(4, None, 20_000), (2, Some(11_000), 11_000)] {
        let refused = venue.send(key, amendment(lots, limit));
        assert_eq!(refused, Err(outside(price, -10_000, 10_000)));
    }
    venue.send(key, amendment(2, None)).unwrap();

    // A mark without an array, for another series without parameters: the leg is named.
    let mut venue: VenueOf<E> = known();
    let series = |near, far| [near, far].map(|most| SeriesMargin { position_max: Lots(most), ..LENIENT });
    for (margins, expected) in [(series(1, 9), 1), (series(9, 1), 1), (series(3, 2), 3)] {
        for (number, margin) in (1..).zip(margins) {
            venue.operate(Command::SetMargin { series: SeriesId(number), margin }).unwrap();
            process(&mut venue);
        }
        let most = Lots(expected);
        refused(&venue, buy(ACROSS, 4, 0), Reject::SeriesPositionLimit { most });
    }
    let open = |near, far| [near, far].map(|most| SeriesMargin { open_interest_max: Lots(most), ..LENIENT });
    for (margins, expected) in [(open(1, 9), 1), (open(9, 2), 2), (open(3, 2), 3)] {
        for (number, margin) in (1..).zip(margins) {
            venue.operate(Command::SetMargin { series: SeriesId(number), margin }).unwrap();
            process(&mut venue);
        }
        refused(&venue, buy(ACROSS, 4, 0), Reject::OpenInterestLimit { most: Lots(expected) });
    }

    // The array that is too old is named, the near one first.
    let mut venue: VenueOf<E> = known();
    venue.now = venue.now.plus_micros(2 * 86_400_000_000);
    let expired = |number| Reject::RiskExpired { instrument: InstrumentId(number) };
    refused(&venue, buy(ACROSS, 1, 0), expired(SECOND));
    array(&mut venue, SECOND, 2);
    refused(&venue, buy(ACROSS, 1, 0), expired(OTHER));
    array(&mut venue, OTHER, 2);
    let name = ClientOrderId::new("fresh").unwrap();
    assert!(venue.clone().submit(OrderRequest { client_order_id: name, ..buy(ACROSS, 1, 0) }).is_ok());
    // So is the series whose index is stale, before any array.
    for series in [2, 1].map(SeriesId) {
        let (day, stage, price) = (TODAY, engine::command::FixingStage::Final, Some(Price(3_000_000)));
        venue.operate(Command::RecordFixing { series, day, stage, price }).unwrap();
        let margin = SeriesMargin { stale_after_us: 1, ..LENIENT };
        venue.operate(Command::SetMargin { series, margin }).unwrap();
        process(&mut venue);
        refused(&venue, buy(ACROSS, 1, 0), Reject::IndexStale { series });
    }
    count(22, "refusals of spreads in full");
}
