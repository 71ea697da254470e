//! What strips, perpetuals and physical months can be refused for, and which rule is named if several are broken.

use engine::Engine;
use engine::command::{Command, FixingStage};
use engine::ids::{InstrumentId, SeriesId, Symbol};
use engine::instrument::{Kind, Legs, Month, Perpetual, SettlementKind, Spot, Strip, Terms};
use engine::margin::Risk;
use engine::reject::Reject;
use engine::units::{Amount, Day, Price, Side};

use super::{RowOf, check};
use crate::counts::count;
use crate::margin::{DOLLAR, LENIENT, month, moves, process, publish, submit, venue};
use crate::twin::Twin;
use crate::venue::{Stage, TODAY, VenueOf, order};

use SettlementKind::{Cascade, Daily, Final, Funding};

/// Two months of a series, their strip, a physical month, a perpetual; the last day before delivery is the fourth from today.
const FIRST: u32 = 1;
const SECOND: u32 = 2;
const STRIP: u32 = 3;
const PHYSICAL: u32 = 4;
const PERPETUAL: u32 = 5;
/// Of another series.
const OTHER: u32 = 6;
const LAST_DAY: Day = Day(TODAY.0 + 4);

fn strip(starts_after: u16, days: u16, legs: &[u32]) -> Kind {
    let legs: Vec<InstrumentId> = legs.iter().copied().map(InstrumentId).collect();
    let (series, first_day) = (SeriesId(1), TODAY.plus(starts_after));
    Kind::Strip(Strip { series, first_day, days, legs: Legs::new(&legs).unwrap() })
}

fn of(number: u32, kind: Kind) -> Terms {
    Terms { kind, ..month(number, 1, 5, 2) }
}

fn perpetual(hours: u16, interest_ppm: i32, cap_ppm: i32) -> Kind {
    Kind::Perpetual(Perpetual { series: SeriesId(1), hours, interest_ppm, cap_ppm })
}

fn list(terms: Terms) -> Command {
    Command::ListInstrument { terms }
}

/// Everything listed, with parameters, and the first month, the physical one and the perpetual with array and mark.
fn stage<E: Stage>() -> VenueOf<E> {
    let mut venue = venue(2, 100_000);
    let physical = Month { series: SeriesId(1), first_day: TODAY.plus(5), days: 2 };
    for terms in [
        month(FIRST, 1, 5, 2),
        month(SECOND, 1, 7, 2),
        of(STRIP, strip(5, 4, &[FIRST, SECOND])),
        of(PHYSICAL, Kind::PhysicalMonth(physical)),
        of(PERPETUAL, perpetual(24, 0, 1_000)),
        month(OTHER, 2, 9, 2),
    ] {
        venue.operate(list(terms)).unwrap();
    }
    venue.operate(Command::SetMargin { series: SeriesId(1), margin: LENIENT }).unwrap();
    process(&mut venue);
    for number in [FIRST, PHYSICAL, PERPETUAL] {
        know(&mut venue, number, 1);
    }
    venue
}

/// Gives a contract an array and a mark.
fn know<E: Stage>(venue: &mut VenueOf<E>, number: u32, version: u64) {
    let instrument = InstrumentId(number);
    if number != STRIP {
        let risk = moves(venue, version, 3 * DOLLAR, 8 * DOLLAR);
        publish(venue, instrument, risk).unwrap();
        process(venue);
    }
    venue.operate(Command::UpdateMark { instrument }).unwrap();
    process(venue);
}

fn start(number: u32, day: Day, kind: SettlementKind) -> Command {
    Command::StartSettlement { instrument: InstrumentId(number), day, kind }
}

fn settle<E: Stage>(venue: &mut VenueOf<E>, number: u32, day: Day, kind: SettlementKind) {
    venue.operate(start(number, day, kind)).unwrap();
    venue.operate(Command::AdvanceSettlement { instrument: InstrumentId(number) }).unwrap();
}

#[test]
fn listings() {
    listings_of::<Engine>();
    listings_of::<Twin>();
}

/// Each rule alone, in its words.
fn listings_of<E: Stage>() {
    let legs = "the legs of a strip are margined contracts of its series that still trade";
    let gap = "the legs of a strip follow each other without a gap";
    let days = "delivery of a strip lasts at most 366 days";
    let hours = "a lot of a perpetual has 1 to 744 hours";
    let rates = "interest and cap of a perpetual are at most 100000 parts per million";
    let rows = [
        ("a strip has two to six legs", strip(5, 2, &[])),
        ("a strip has two to six legs", strip(5, 2, &[FIRST])),
        (legs, strip(5, 4, &[FIRST, 99])),
        (legs, strip(5, 4, &[PHYSICAL, SECOND])),
        (legs, strip(5, 4, &[PERPETUAL, SECOND])),
        (legs, strip(5, 6, &[STRIP, OTHER])),
        (gap, strip(5, 4, &[SECOND, FIRST])),
        (gap, strip(4, 4, &[FIRST, SECOND])),
        (gap, strip(5, 3, &[FIRST, SECOND])),
        (gap, strip(5, 5, &[FIRST, SECOND])),
        (gap, strip(5, 4, &[FIRST, FIRST])),
        (days, strip(5, 0, &[FIRST, SECOND])),
        (days, strip(5, 367, &[FIRST, SECOND])),
        (hours, perpetual(0, 0, 0)),
        (hours, perpetual(745, 0, 0)),
        (rates, perpetual(24, 100_001, 0)),
        (rates, perpetual(24, i32::MIN, 0)),
        (rates, perpetual(24, 0, 100_001)),
        (rates, perpetual(24, 0, -1)),
    ];
    let mut venue: VenueOf<E> = stage();
    for (rule, kind) in rows {
        assert_eq!(venue.operate(list(of(20, kind))), Err(Reject::InvalidTerms { rule }), "{kind:?}");
    }
    for (number, kind) in (30..).zip([strip(5, 4, &[FIRST, SECOND]), perpetual(744, -100_000, 100_000)]) {
        assert_eq!(venue.operate(list(of(number, kind))), Ok(()), "{kind:?}");
    }
    // What cascades, and what is settled for good, is no leg any more.
    let year = strip(5, 4, &[30, SECOND]);
    venue.operate(list(of(40, strip(5, 2, &[FIRST, FIRST])))).unwrap_err();
    know(&mut venue, SECOND, 1);
    venue.now = LAST_DAY.end();
    [FIRST, SECOND].into_iter().for_each(|leg| settle(&mut venue, leg, LAST_DAY, Daily));
    venue.operate(start(30, LAST_DAY, Cascade)).unwrap();
    assert_eq!(venue.operate(list(of(41, year))), Err(Reject::InvalidTerms { rule: legs }));
    venue.operate(Command::AdvanceSettlement { instrument: InstrumentId(30) }).unwrap();
    process(&mut venue);
    assert_eq!(venue.operate(list(of(41, year))), Err(Reject::InvalidTerms { rule: legs }));
    count(rows.len() + 2, "reject rows");
}

#[test]
fn settlements() {
    check(rows_of_settlements::<Engine>());
    check(rows_of_settlements::<Twin>());
}

fn rows_of_settlements<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue: VenueOf<E> = stage();
    let symbol = Symbol::new("SPOT").unwrap();
    let asset = engine::ids::AssetSymbol::new("GPUH").unwrap();
    venue.operate(Command::DefineAsset { asset: engine::ids::AssetId(2), symbol: asset, decimals: 0 }).unwrap();
    let pair = Kind::Spot(Spot { base: engine::ids::AssetId(2), lot_size: Amount(1) });
    let terms = Terms { symbol, floor: Price(0), ..of(50, pair) };
    venue.operate(list(terms)).unwrap();
    let yesterday = Day(TODAY.0 - 1);
    let row = |venue: &VenueOf<E>, broken: &[u16], number, day, kind| {
        RowOf::of_venue(broken, venue, start(number, day, kind))
    };
    let mut rows = vec![
        row(&venue, &[34], 99, TODAY, Cascade),
        row(&venue, &[85, 86], 50, TODAY, Cascade),
        row(&venue, &[86, 82], FIRST, LAST_DAY, Cascade),
        row(&venue, &[86], FIRST, TODAY, Funding),
        row(&venue, &[86, 82], PHYSICAL, LAST_DAY, Cascade),
        row(&venue, &[86, 82, 83], STRIP, LAST_DAY, Final),
        row(&venue, &[86], STRIP, TODAY, Funding),
        row(&venue, &[86, 82], PERPETUAL, TODAY, Final),
        row(&venue, &[86, 82], PERPETUAL, TODAY, Cascade),
        row(&venue, &[81, 82, 84], STRIP, TODAY, Cascade),
        row(&venue, &[81, 82, 84], STRIP, Day(LAST_DAY.0 + 1), Cascade),
        row(&venue, &[81, 82, 84], STRIP, Day(LAST_DAY.0 + 1), Daily),
        row(&venue, &[82, 84], STRIP, LAST_DAY, Cascade),
        row(&venue, &[82, 84], STRIP, TODAY, Daily),
        row(&venue, &[84], STRIP, yesterday, Daily),
        row(&venue, &[81], PERPETUAL, yesterday, Funding),
        row(&venue, &[81, 82], PERPETUAL, TODAY.next(), Funding),
        row(&venue, &[82, 83], PHYSICAL, TODAY.plus(6), Final),
    ];
    let mut funding = venue.clone();
    funding.operate(start(PERPETUAL, TODAY, Funding)).unwrap();
    rows.push(row(&funding, &[41, 81], PERPETUAL, TODAY, Funding));
    rows.push(row(&funding, &[86, 41], PERPETUAL, TODAY, Final));
    funding.operate(Command::AdvanceSettlement { instrument: InstrumentId(PERPETUAL) }).unwrap();
    rows.push(row(&funding, &[81], PERPETUAL, TODAY, Funding));

    know(&mut venue, SECOND, 1);
    venue.now = LAST_DAY.end();
    settle(&mut venue, FIRST, LAST_DAY, Daily);
    rows.push(row(&venue, &[84], STRIP, LAST_DAY, Cascade));
    venue.operate(start(SECOND, LAST_DAY, Daily)).unwrap();
    rows.push(row(&venue, &[41, 84], STRIP, LAST_DAY, Cascade));
    rows.push(row(&venue, &[41, 81], STRIP, TODAY, Cascade));
    // A daily settlement of the strip does not wait for its legs to be quiet.
    rows.push(row(&venue, &[84], STRIP, LAST_DAY, Daily));
    venue.operate(Command::AdvanceSettlement { instrument: InstrumentId(SECOND) }).unwrap();
    venue.operate(start(STRIP, LAST_DAY, Cascade)).unwrap();
    rows.push(row(&venue, &[41, 81], FIRST, LAST_DAY, Daily));
    rows.push(row(&venue, &[41, 82, 83], SECOND, TODAY.plus(8), Final));
    rows.push(row(&venue, &[41, 81], STRIP, LAST_DAY, Daily));
    rows.push(row(&venue, &[86, 41], FIRST, LAST_DAY, Cascade));
    venue.operate(Command::AdvanceSettlement { instrument: InstrumentId(STRIP) }).unwrap();
    process(&mut venue);
    rows.push(row(&venue, &[42, 81], STRIP, LAST_DAY, Cascade));
    rows.push(row(&venue, &[42, 81], STRIP, LAST_DAY, Daily));
    rows.push(row(&venue, &[86, 42], STRIP, LAST_DAY, Final));
    rows.push(row(&venue, &[82, 84], FIRST, TODAY.plus(5), Daily));
    rows
}

#[test]
fn arrays_marks_and_orders() {
    check(rows_of_trading::<Engine>());
    check(rows_of_trading::<Twin>());
}

fn rows_of_trading<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue: VenueOf<E> = stage();
    let publish = |number, risk| Command::PublishRisk { instrument: InstrumentId(number), risk };
    let buy = |number, lots| {
        let instrument = InstrumentId(number);
        Command::SubmitOrder(engine::order::OrderRequest { instrument, ..order(1, Side::Buy, lots, 3_000_000, "buy") })
    };
    let row = |venue: &VenueOf<E>, broken: &[u16], command| RowOf::of_venue(broken, venue, command);
    let trade = |venue: &VenueOf<E>, broken: &[u16], command| RowOf::of_account(broken, venue, 1, command);
    let risk = moves(&venue, 9, 3 * DOLLAR, 8 * DOLLAR);
    let mark = |number| Command::UpdateMark { instrument: InstrumentId(number) };
    // Until the second month has array and mark, the strip has none.
    let mut rows = vec![
        row(&venue, &[29], publish(STRIP, risk)),
        row(&venue, &[29], publish(STRIP, Risk { version: 0, ..risk })),
        row(&venue, &[28], mark(STRIP)),
        trade(&venue, &[59], buy(STRIP, 1)),
    ];
    know(&mut venue, SECOND, 1);
    rows.push(trade(&venue, &[59], buy(STRIP, 1)));
    rows.push(row(&venue, &[24, 29], publish(STRIP, Risk { version: 2, ..risk })));
    rows.push(row(&venue, &[29], publish(STRIP, Risk { version: 3, ..risk })));
    know(&mut venue, STRIP, 0);
    // A lot counts in both months.
    let margin = engine::margin::SeriesMargin { position_max: engine::units::Lots(9), ..LENIENT };
    venue.operate(Command::SetMargin { series: SeriesId(1), margin }).unwrap();
    process(&mut venue);
    rows.push(trade(&venue, &[69], buy(STRIP, 5)));
    let mut fits = venue.clone();
    submit(&mut fits, 1, STRIP, Side::Buy, 4, 3_000_000).unwrap();
    rows.push(trade(&fits, &[69], buy(SECOND, 2)));
    let mut expired = venue.clone();
    expired.now = expired.now.plus_micros(2 * 86_400_000_000);
    rows.push(trade(&expired, &[69, 53], buy(STRIP, 5)));
    rows.push(trade(&expired, &[53], buy(STRIP, 1)));
    // When delivery begins, strip and physical month have traded their last; the first month trades on.
    venue.now = TODAY.plus(5).start();
    rows.push(trade(&venue, &[42, 69, 53], buy(STRIP, 5)));
    rows.push(trade(&venue, &[42, 53], buy(PHYSICAL, 1)));
    rows.push(trade(&venue, &[53], buy(FIRST, 1)));
    rows.push(trade(&venue, &[53], buy(PERPETUAL, 1)));
    let (series, day, price) = (SeriesId(1), TODAY, Some(Price(3_000_000)));
    let margin = engine::margin::SeriesMargin { stale_after_us: 1, frozen_us: 1, ..margin };
    venue.operate(Command::SetMargin { series, margin }).unwrap();
    process(&mut venue);
    venue.operate(Command::RecordFixing { series, day, stage: FixingStage::Final, price }).unwrap();
    rows.push(trade(&venue, &[75, 53], buy(PERPETUAL, 1)));
    rows
}
