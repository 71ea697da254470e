//! The contracts of random lives: short months, strips of them that overlap and contain each other, a physical month, perpetuals; and what
//! spreads between series need besides.

use engine::ids::{InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Legs, Month, Perpetual, Spread, Strip, Terms};
use engine::units::Price;

use crate::venue::TODAY;

/// How many contracts there are to begin with.
pub const LISTED: u32 = 11;

/// What spreads need besides.
pub const FOR_SPREADS: std::ops::RangeInclusive<u32> = 40..=44;

/// The spreads.
pub const SPREADS: std::ops::RangeInclusive<u32> = 50..=59;

/// Listings later on, most of them refused.
pub const LISTINGS: u32 = 14;

const SERIES: SeriesId = SeriesId(1);

/// Those of the beginning.
pub fn listed() -> impl Iterator<Item = Terms> {
    (1..=LISTED).map(contract)
}

/// The contract of a number: legs have lower numbers than their strips, so that settling in rising number settles all.
pub fn contract(number: u32) -> Terms {
    let kind = match number {
        1 => Kind::MarginedMonth(month(1, 3, 2)),
        2 => Kind::MarginedMonth(month(1, 5, 3)),
        3 => Kind::MarginedMonth(month(1, 8, 2)),
        4 => Kind::MarginedMonth(month(1, 10, 1)),
        5 => Kind::PhysicalMonth(month(1, 4, 2)),
        6 => perpetual(1, 24, 100, 40_000),
        7 => perpetual(2, 7, -3_000, 900),
        8 => Kind::MarginedMonth(month(2, 5, 2)),
        9 => strip(5, 6, &[2, 3, 4]),
        10 => strip(8, 3, &[3, 4]),
        11 => strip(3, 8, &[1, 9]),
        40 => Kind::MarginedMonth(month(2, 5, 3)),
        41 => Kind::PhysicalMonth(month(2, 4, 2)),
        42 => Kind::MarginedMonth(month(2, 8, 2)),
        43 => Kind::MarginedMonth(month(2, 10, 1)),
        44 => {
            let Kind::Strip(strip) = strip(8, 3, &[42, 43]) else { unreachable!("a strip is one") };
            Kind::Strip(Strip { series: SeriesId(2), ..strip })
        }
        50.. => spread(number),
        _ => strip(3, 2, &[1]),
    };
    let terms = terms(number, kind);
    match kind {
        Kind::Spread(_) => Terms { floor: Price(-11_000_000), cap: Price(11_000_000), ..terms },
        _ => terms,
    }
}

/// What is listed later: the same legs again, and one break of each rule.
pub fn listing(choice: u32) -> Terms {
    let kind = match choice {
        0 => strip(5, 5, &[2, 3]),
        1 => strip(3, 8, &[1, 9]),
        2 => strip(3, 2, &[1]),
        3 => strip(5, 6, &[2, 4, 3]),
        4 => strip(5, 7, &[2, 3, 4]),
        5 => strip(4, 5, &[2, 3]),
        6 => strip(4, 3, &[5, 4]),
        7 => strip(5, 0, &[2, 3]),
        8 => strip(5, 367, &[2, 3]),
        9 => strip(5, 5, &[2, 99]),
        10 => strip(3, 4, &[1, 8]),
        11 => perpetual(1, 745, 0, 0),
        12 => perpetual(1, 24, -100_001, 0),
        _ => perpetual(1, 24, 0, -1),
    };
    terms(20 + choice, kind)
}

fn terms(number: u32, kind: Kind) -> Terms {
    Terms {
        instrument: InstrumentId(number),
        symbol: Symbol::new(&format!("F{number}")).unwrap(),
        kind,
        tick: Price(1_000),
        floor: Price(-1_000_000),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(100), taker: Price(500) },
    }
}

fn month(series: u32, starts_after: u16, days: u16) -> Month {
    Month { series: SeriesId(series), first_day: TODAY.plus(starts_after), days }
}

fn strip(starts_after: u16, days: u16, legs: &[u32]) -> Kind {
    let legs: Vec<InstrumentId> = legs.iter().copied().map(InstrumentId).collect();
    Kind::Strip(Strip { series: SERIES, first_day: TODAY.plus(starts_after), days, legs: Legs::new(&legs).unwrap() })
}

/// Spreads of months that follow each other, of a physical month, of a month and a strip; then between series: of months, of physical
/// months, of strips; then in the other series.
fn spread(number: u32) -> Kind {
    let [near, far] = match number {
        50 => [1, 2],
        51 => [2, 3],
        52 => [3, 4],
        53 => [5, 3],
        54 => [1, 9],
        55 => [2, 10],
        56 => [40, 2],
        57 => [5, 41],
        58 => [10, 44],
        _ => [40, 42],
    };
    let [of_near, of_far] = [near, far].map(contract);
    let (hours, end) = (of_far.hours(), of_near.end().min(of_far.end()));
    Kind::Spread(Spread { near: InstrumentId(near), far: InstrumentId(far), hours, end })
}

fn perpetual(series: u32, hours: u16, interest_ppm: i32, cap_ppm: i32) -> Kind {
    Kind::Perpetual(Perpetual { series: SeriesId(series), hours, interest_ppm, cap_ppm })
}
