//! The contracts of random scripts, good and broken, and what their prices are.

use engine::ids::{InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Terms};
use engine::limits;
use engine::units::{Day, Price};

use super::{Limit, OPENING_DAY};

/// Three contracts that can be traded, with floors, ticks and fees of all kinds.
pub(super) fn terms(contract: usize) -> Terms {
    let named = |id, name: &str, series| (InstrumentId(id), Symbol::new(name).unwrap(), SeriesId(series));
    let fees = |maker, taker| FeeRates { maker: Price(maker), taker: Price(taker) };
    let (of, days, tick, floor, cap, fees, starts_after) = match contract {
        0 => (named(1, "USUAL", 1), 2, 1_000, 0, 10_000_000, fees(0, 500), 1),
        // An odd tick and a floor below zero: midpoints have halves, also negative ones. The maker pays more.
        1 => (named(2, "SPREAD", 2), 4, 250_001, -2_000_008, 2_500_010, fees(2_000, 500), 0),
        2 => (named(3, "WIDE", 1), 31, 1_000_000, -1_000_000_000, 1_000_000_000, fees(0, 0), 3),
        _ => (named(4, "UNLISTED", 3), 1, 1, 0, 1, fees(0, 0), 0),
    };
    let ((instrument, symbol, series), first_day) = (of, OPENING_DAY.plus(starts_after));
    let (tick, floor, cap) = (Price(tick), Price(floor), Price(cap));
    Terms { instrument, symbol, series, first_day, days, tick, floor, cap, fees }
}

pub(super) const LISTINGS: usize = 19;

/// Terms to be listed: good ones, taken names, and one break of each rule.
pub(super) fn listing(choice: usize) -> Terms {
    let wide = terms(2);
    let unlisted = Terms { instrument: InstrumentId(7), symbol: Symbol::new("BROKEN").unwrap(), ..wide };
    let fees = |maker, taker| FeeRates { maker: Price(maker), taker: Price(taker) };
    match choice {
        0 => wide,
        1 => Terms { instrument: InstrumentId(1), ..unlisted },
        2 => Terms { symbol: terms(0).symbol, ..unlisted },
        3 => Terms { days: 0, ..terms(0) },
        4 => Terms { days: 0, symbol: terms(1).symbol, ..unlisted },
        5 => Terms { days: 0, ..unlisted },
        6 => Terms { days: 32, ..unlisted },
        7 => Terms { first_day: Day(-1), ..unlisted },
        8 => Terms { first_day: Day(84_000), ..unlisted },
        9 => Terms { tick: Price(0), ..unlisted },
        10 => Terms { tick: Price(limits::PRICE_MAX.0 + 1), ..unlisted },
        11 => Terms { floor: Price(-1_001_000_000), ..unlisted },
        12 => Terms { cap: Price(1_001_000_000), ..unlisted },
        13 => Terms { floor: unlisted.cap, ..unlisted },
        14 => Terms { floor: Price(500_000), ..unlisted },
        15 => Terms { cap: Price(500_000), ..unlisted },
        16 => Terms { fees: fees(-1, 0), ..unlisted },
        17 => Terms { fees: fees(0, -1), ..unlisted },
        _ => Terms { fees: fees(0, limits::PRICE_MAX.0 + 1), ..unlisted },
    }
}

impl Limit {
    pub(super) fn price(self, terms: &Terms) -> Price {
        let usual = terms.tick.0 * ((terms.floor.0 + terms.cap.0) / 3 / terms.tick.0);
        Price(match self {
            Limit::Near(ticks) => usual + ticks * terms.tick.0,
            Limit::OffTick(micros) => usual + micros,
            Limit::Floor => terms.floor.0,
            Limit::Cap => terms.cap.0,
            Limit::BelowFloor => terms.floor.0 - terms.tick.0,
            Limit::AboveCap => terms.cap.0 + terms.tick.0,
            Limit::Extreme(price) => price,
        })
    }
}
