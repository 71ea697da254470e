//! The contracts of random scripts, their controls and fees, good and broken, and what their prices are.

use engine::accounts::{AccountLimits, RateLimit};
use engine::controls::Controls;
use engine::ids::{AssetId, InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, FeeTiers, Kind, Month, Spot, Terms};
use engine::limits;
use engine::units::{Amount, Day, Lots, Price};

use super::OPENING_DAY;
use super::actions::Limit;

/// Three months, a spot pair and three months on margin that can be traded, with floors, ticks and fees of all kinds.
pub(super) fn terms(contract: usize) -> Terms {
    let of = |series, starts_after, days| Month {
        series: SeriesId(series),
        first_day: OPENING_DAY.plus(starts_after),
        days,
    };
    let month = |series, starts_after, days| Kind::Month(of(series, starts_after, days));
    let margined = |series, starts_after, days| Kind::MarginedMonth(of(series, starts_after, days));
    let (id, name, kind, tick, floor, cap, fees) = match contract {
        0 => (1, "USUAL", month(1, 6, 2), 1_000, 0, 10_000_000, fees(0, 500)),
        // An odd tick and a floor below zero: midpoints have halves, also negative ones. The maker pays more.
        1 => (2, "SPREAD", month(2, 5, 4), 250_001, -2_000_008, 2_500_010, fees(2_000, 500)),
        2 => (3, "WIDE", month(1, 3, 31), 1_000_000, -1_000_000_000, 1_000_000_000, fees(0, 0)),
        3 => {
            let spot = Spot { base: AssetId(2), lot_size: Amount(10) };
            (5, "PAIR", Kind::Spot(spot), 1_000, 0, 10_000_000, fees(100, 500))
        }
        5 => (6, "NEAR", margined(4, 6, 2), 1_000, 0, 10_000_000, fees(0, 500)),
        // In delivery after a day, for a month: a lot is worth much.
        6 => (8, "LONG", margined(4, 1, 31), 1_000, 0, 10_000_000, fees(500, 100)),
        7 => (9, "OTHER", margined(5, 5, 4), 250_001, -2_000_008, 2_500_010, fees(300, 500)),
        _ => (4, "UNLISTED", month(3, 0, 1), 1, 0, 1, fees(0, 0)),
    };
    let (instrument, symbol) = (InstrumentId(id), Symbol::new(name).unwrap());
    Terms { instrument, symbol, kind, tick: Price(tick), floor: Price(floor), cap: Price(cap), fees }
}

fn fees(maker: i64, taker: i64) -> FeeRates {
    FeeRates { maker: Price(maker), taker: Price(taker) }
}

/// Those on margin.
pub(super) const MARGINED: std::ops::RangeInclusive<usize> = 5..=7;

/// No contract at all.
#[allow(clippy::reversed_empty_ranges, reason = "it is empty")]
pub(super) const NONE: std::ops::RangeInclusive<usize> = 1..=0;

/// Series on margin.
pub(super) const MARGINED_SERIES: [u32; 2] = [4, 5];

pub(super) const LISTINGS: usize = 26;

/// Terms to be listed: good ones, taken names, and one break of each rule.
pub(super) fn listing(choice: usize) -> Terms {
    let wide = terms(2);
    let unlisted = Terms { instrument: InstrumentId(7), symbol: Symbol::new("BROKEN").unwrap(), ..wide };
    let of_month = |first_day, days| Kind::Month(Month { series: SeriesId(1), first_day: Day(first_day), days });
    let of_pair = |base, lot_size| Kind::Spot(Spot { base: AssetId(base), lot_size: Amount(lot_size) });
    let good = OPENING_DAY.0;
    match choice {
        0 => wide,
        1 => Terms { instrument: InstrumentId(1), ..unlisted },
        2 => Terms { symbol: terms(0).symbol, ..unlisted },
        3 => Terms { kind: of_month(good, 0), ..terms(0) },
        4 => Terms { kind: of_month(good, 0), symbol: terms(1).symbol, ..unlisted },
        5 => Terms { kind: of_month(good, 0), ..unlisted },
        6 => Terms { kind: of_month(good, 32), ..unlisted },
        7 => Terms { kind: of_month(-1, 31), ..unlisted },
        8 => Terms { kind: of_month(84_000, 31), ..unlisted },
        9 => Terms { tick: Price(0), ..unlisted },
        10 => Terms { tick: Price(limits::PRICE_MAX.0 + 1), ..unlisted },
        11 => Terms { floor: Price(-1_001_000_000), ..unlisted },
        12 => Terms { cap: Price(1_001_000_000), ..unlisted },
        13 => Terms { floor: unlisted.cap, ..unlisted },
        14 => Terms { floor: Price(500_000), ..unlisted },
        15 => Terms { cap: Price(500_000), ..unlisted },
        16 => Terms { fees: fees(-1, 0), ..unlisted },
        17 => Terms { fees: fees(0, -1), ..unlisted },
        18 => Terms { kind: of_pair(9, 1), ..terms(0) },
        19 => Terms { kind: of_pair(1, 1), ..unlisted },
        20 => Terms { kind: of_pair(2, 0), ..unlisted },
        21 => Terms { kind: of_pair(2, 1_000_000_001), ..unlisted },
        22 => Terms { kind: of_pair(2, 1), ..unlisted },
        23 => Terms { kind: Kind::MarginedMonth(Month { days: 32, ..terms(5).month().unwrap() }), ..unlisted },
        24 => Terms { instrument: InstrumentId(10), symbol: Symbol::new("LATE").unwrap(), ..terms(5) },
        _ => Terms { fees: fees(0, limits::PRICE_MAX.0 + 1), ..unlisted },
    }
}

/// How many of the controls are valid; they come first.
pub(super) const GOOD_CONTROLS: usize = 7;
pub(super) const CONTROLS: usize = 16;

/// Controls in ticks around the usual price, and one break of each rule.
pub(super) fn controls(terms: &Terms, choice: usize) -> Controls {
    let tick = terms.tick.0;
    let reference = Limit::Near(0).price(terms);
    let widths = |widths: [i64; 3]| widths.map(|ticks| Price(ticks * tick));
    let none = Controls { reference, ..Controls::NONE };
    let seconds = 1_000_000;
    let two = Price(2 * tick);
    let stepped = Controls { protection: two, daily_limits: widths([2, 3, 4]), pause_us: 5 * seconds, ..none };
    match choice {
        0 => none,
        1 => Controls { band: Price(3 * tick), ..stepped },
        2 => Controls { protection: Price(3 * tick), daily_limits: widths([3, 0, 0]), ..none },
        3 => Controls { band: two, protection: Price(2 * tick + tick / 3), ..none },
        4 => Controls { daily_limits: widths([1, 2, 0]), pause_us: 1, ..stepped },
        5 => Controls { protection: Price(tick), order_lots_max: Lots(5), ..none },
        // Off the tick: limits are rounded inwards.
        6 => Controls {
            daily_limits: [Price(tick + tick / 2), Price(2 * tick + tick / 3), Price(4 * tick)],
            pause_us: 60 * seconds,
            ..stepped
        },
        7 => Controls { reference: Price(terms.cap.0 + 1), ..none },
        8 => Controls { reference: Price(terms.floor.0 - 1), ..none },
        9 => Controls { band: Price(-1), ..none },
        10 => Controls { protection: Price(2_000_000_001), ..none },
        11 => Controls { daily_limits: widths([3, 3, 4]), ..stepped },
        12 => Controls { daily_limits: widths([0, 3, 0]), ..stepped },
        13 => Controls { pause_us: 0, ..stepped },
        14 => Controls { pause_us: 86_400_000_001, ..stepped },
        _ => Controls { order_lots_max: Lots(if tick == 1_000 { 0 } else { 100_001 }), ..none },
    }
}

pub(super) const FEES: usize = 6;

/// Rates of all tiers below the worst that a contract was listed with, and one break of each rule.
pub(super) fn tiers(terms: &Terms, choice: usize) -> FeeTiers {
    let worst = terms.fees.worst().0;
    let half = worst / 2;
    match choice {
        0 => [terms.fees; 4],
        1 => [fees(-half, worst), fees(-half, half), fees(0, worst), fees(half, half)],
        2 => [fees(worst, worst), fees(-half / 2, half), fees(-half, worst), fees(0, half)],
        3 => [terms.fees, fees(0, worst + 1), terms.fees, terms.fees],
        4 => [terms.fees, terms.fees, fees(0, -1), terms.fees],
        _ => [terms.fees, fees(-worst - 1, worst), terms.fees, terms.fees],
    }
}

/// Limits of accounts that are soon reached, and one break of each rule.
pub(super) fn restrictions(choice: usize) -> AccountLimits {
    let rate = |per_second, burst| RateLimit { per_second, burst };
    let none = AccountLimits::default();
    match choice {
        0 => none,
        1 => AccountLimits { orders: rate(1, 1), ..none },
        2 => AccountLimits { cancels: rate(3, 0), ..none },
        3 => AccountLimits { open_orders_max: 4, ..none },
        4 => AccountLimits { orders: rate(1_000_000, 1), cancels: rate(7, 0), open_orders_max: 10_000 },
        5 => AccountLimits { cancels: rate(1_000_001, 0), ..none },
        6 => AccountLimits { orders: rate(1, 1_000_001), ..none },
        _ => AccountLimits { open_orders_max: 10_001, ..none },
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
