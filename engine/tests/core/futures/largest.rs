//! A year at the largest prices, losses and lots: nothing wraps, whatever is asked.

use engine::command::Command;
use engine::ids::{AccountId, InstrumentId, SeriesId};
use engine::instrument::{FeeRates, Kind, Legs, Month, Perpetual, SettlementKind, Strip, Terms};
use engine::limits;
use engine::reject::Reject;
use engine::units::{Day, Lots, Price, Side};
use engine::{Engine, SimulatedPosition};

use crate::margin::{LENIENT, array, month, process, publish, submit, venue};
use crate::venue::{Exchange, TODAY, VenueOf};

const MOST: i64 = limits::PRICE_MAX.0;
const DAYS: [u16; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const YEAR: u32 = 20;

/// Twelve months of a leap year from tomorrow on, three quarters and the year, prices from `floor` to 1000 dollars; a lot of each month
/// loses so much at worst.
fn year(floor: i64, loss: i64) -> VenueOf<Engine> {
    let mut venue: VenueOf<Engine> = venue(2, 0);
    for _ in 0..500 {
        venue.credit(1, limits::DEPOSIT_MAX.0 / 1_000_000);
        venue.credit(2, limits::DEPOSIT_MAX.0 / 1_000_000);
    }
    let fees = FeeRates { maker: Price(0), taker: Price(0) };
    let terms = |number, kind| {
        let usual = month(number, 1, 1, 1);
        Terms { kind, tick: Price(1_000), floor: Price(floor), cap: Price(MOST), fees, ..usual }
    };
    let mut contracts = Vec::new();
    let mut starts_after = 1;
    for (number, days) in (1..).zip(DAYS) {
        let month = Month { series: SeriesId(1), first_day: TODAY.plus(starts_after), days };
        contracts.push(terms(number, Kind::MarginedMonth(month)));
        starts_after += days;
    }
    let strip = |first: usize, legs: &[u32], days: u16| {
        let starts_after = 1 + DAYS[..first].iter().sum::<u16>();
        let legs: Vec<InstrumentId> = legs.iter().copied().map(InstrumentId).collect();
        let (series, first_day) = (SeriesId(1), TODAY.plus(starts_after));
        Kind::Strip(Strip { series, first_day, days, legs: Legs::new(&legs).unwrap() })
    };
    for (quarter, first) in (13..).zip([3, 6, 9]) {
        let number = u32::try_from(first).unwrap();
        let legs = [number + 1, number + 2, number + 3];
        contracts.push(terms(quarter, strip(first, &legs, DAYS[first..first + 3].iter().sum())));
    }
    contracts.push(terms(YEAR, strip(0, &[1, 2, 3, 13, 14, 15], 366)));
    for terms in contracts {
        venue.operate(Command::ListInstrument { terms }).unwrap();
    }
    venue.operate(Command::SetMargin { series: SeriesId(1), margin: LENIENT }).unwrap();
    process(&mut venue);
    mark(&mut venue, 1, MOST, loss);
    venue
}

/// Arrays of all months at one price, and the marks that follow from them.
fn mark(venue: &mut VenueOf<Engine>, version: u64, price: i64, loss: i64) {
    let mut losses = [loss; 16];
    (losses[0], losses[1], losses[2]) = (0, 0, -loss);
    for number in 1..=12 {
        let risk = array(venue, version, price, losses);
        publish(venue, InstrumentId(number), risk).unwrap();
        process(venue);
    }
    for number in (1..=15).chain([YEAR]) {
        venue.operate(Command::UpdateMark { instrument: InstrumentId(number) }).unwrap();
        process(venue);
    }
}

/// Account 1 buys so many lots of the year of account 2.
fn buy(venue: &mut VenueOf<Engine>, lots: u32, price: i64) -> Result<(), Reject> {
    submit(venue, 2, YEAR, Side::Sell, lots, price)?;
    submit(venue, 1, YEAR, Side::Buy, lots, price).map(|_| ())
}

fn settle(venue: &mut VenueOf<Engine>, number: u32, day: Day, kind: SettlementKind) {
    let instrument = InstrumentId(number);
    venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
    venue.operate(Command::AdvanceSettlement { instrument }).unwrap();
}

/// Everything is settled for the last day before delivery, and the year and all quarters cascade.
fn cascade_all(venue: &mut VenueOf<Engine>) {
    for (strip, day, legs) in [(YEAR, 0, 1..=15), (13, 91, 4..=6), (14, 182, 7..=9), (15, 274, 10..=12)] {
        let day = Day(TODAY.0 + day);
        venue.now = day.end();
        legs.for_each(|number| settle(venue, number, day, SettlementKind::Daily));
        settle(venue, strip, day, SettlementKind::Cascade);
        process(venue);
    }
}

#[test]
fn a_year_from_one_end_of_prices_to_the_other() {
    let most = u32::try_from(limits::VALUE_RANGE_MAX.0 / (2 * MOST * 8_784)).unwrap();
    let mut venue = year(-MOST, limits::LOSS_PER_LOT_MAX.0);
    assert_eq!(buy(&mut venue, most + 1, MOST), Err(Reject::MarginedValueLimit));
    buy(&mut venue, most, MOST).unwrap();
    mark(&mut venue, 2, -MOST, limits::LOSS_PER_LOT_MAX.0);
    let fallen = -i128::from(most) * 2 * i128::from(MOST) * 8_784;
    let report = Exchange::margin(&venue.engine, AccountId(1));
    // The mark is half way to the last trade, which the band keeps at zero.
    assert_eq!(report.unrealised, fallen * 3 / 4);
    cascade_all(&mut venue);
    for number in 1..=12 {
        assert_eq!(venue.engine.holding(AccountId(1), InstrumentId(number)).0, i128::from(most), "month {number}");
    }
    assert_eq!(venue.engine.total(engine::ids::AssetId::USD), 0);
}

#[test]
fn a_year_of_as_many_lots_as_there_may_be() {
    let loss = LENIENT.scan_floor.0 * 744;
    let mut venue = year(MOST - 1_000_000, loss);
    let most = u32::try_from(limits::POSITION_LOTS_MAX / 12).unwrap();
    assert_eq!(buy(&mut venue, most + 1, MOST), Err(Reject::SeriesPositionLimit { most: Lots(1_000_000) }));
    buy(&mut venue, most, MOST).unwrap();
    cascade_all(&mut venue);
    for number in 1..=12 {
        let held = venue.engine.holding(AccountId(2), InstrumentId(number)).0;
        assert_eq!(held, -i128::from(most), "month {number}");
    }
}

/// Days and hours from one end of time to the other.
#[test]
fn any_day_is_answered() {
    for day in [i32::MIN, -1, 0, 83_981, 110_000_000, i32::MAX - 366, i32::MAX] {
        for days in [1, 366, 367, u16::MAX] {
            let mut venue = year(0, limits::LOSS_PER_LOT_MAX.0);
            let legs = Legs::new(&[1, 2].map(InstrumentId)).unwrap();
            let kind = Kind::Strip(Strip { series: SeriesId(1), first_day: Day(day), days, legs });
            let answer = venue.operate(Command::ListInstrument { terms: Terms { kind, ..month(30, 1, 1, 1) } });
            assert!(matches!(answer, Err(Reject::InvalidTerms { .. })), "{days} from {day}: {answer:?}");
        }
    }
    let mut venue = year(0, limits::LOSS_PER_LOT_MAX.0);
    let perpetual = Perpetual { series: SeriesId(1), hours: 744, interest_ppm: -100_000, cap_ppm: 100_000 };
    let terms = Terms { kind: Kind::Perpetual(perpetual), ..month(30, 1, 1, 1) };
    venue.operate(Command::ListInstrument { terms }).unwrap();
    for day in [i32::MIN, -1, 0, 110_000_000, i32::MAX] {
        for (number, kind) in [(YEAR, SettlementKind::Cascade), (30, SettlementKind::Funding)] {
            let instrument = InstrumentId(number);
            let answer = venue.operate(Command::StartSettlement { instrument, day: Day(day), kind });
            assert_eq!(answer, Err(Reject::DaySettled { instrument, day: Day(day) }));
        }
    }
}

/// Nobody can have what is asked for here, so it is refused, whatever it would need.
#[test]
fn a_portfolio_beyond_counting_is_refused() {
    let venue = year(-MOST, limits::LOSS_PER_LOT_MAX.0);
    let whole = |position, orders: &[(Side, Price, Lots)]| SimulatedPosition {
        instrument: InstrumentId(YEAR),
        position,
        orders: orders.to_vec(),
    };
    for portfolio in [
        whole(1_000_000, &[]),
        whole(-1_000_000, &[]),
        whole(83_334, &[]),
        whole(0, &[(Side::Sell, Price(-MOST), Lots(1_000_000))]),
        whole(i64::MIN, &[]),
    ] {
        assert_eq!(venue.engine.simulate_margin(&[portfolio]).unwrap_err(), Reject::PositionLimit);
    }
    let fits = venue.engine.simulate_margin(&[whole(83_333, &[])]).unwrap();
    assert_eq!(fits.initial.0, 83_333 * 12 * limits::LOSS_PER_LOT_MAX.0);
}
