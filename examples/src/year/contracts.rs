//! Which contracts the year has, and when each is listed: every kind that the venue knows on one series.

use engine::ids::{InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Legs, Month, Perpetual, Spread, Strip, Terms};
use engine::units::{Day, Price};
use pricing::delivery::{DeliveryError, DeliveryPeriod};

/// The series that all contracts are on.
pub const SERIES: SeriesId = SeriesId(1);

const PREFIX: &str = "H100-SXM.GLOBAL.OD";
const TICK: Price = Price(1_000);
/// Far above a price that trebles.
const CAP: Price = Price(20_000_000);
/// Of the fully collateralised month, whose shorts hold the distance to it.
const CAP_OF_FULL: Price = Price(12_000_000);

/// What a trader looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A month on margin.
    Month,
    /// A month on margin that is meant to be delivered.
    Physical,
    /// A fully collateralised month.
    Full,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
    /// The perpetual.
    Perpetual,
    /// A month against the one behind it.
    Spread,
}

/// A contract that is listed at some time of the year.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Its terms.
    pub terms: Terms,
    /// What it is.
    pub class: Class,
    /// Its delivery, of a spread that of its near leg; none of the perpetual.
    pub period: Option<DeliveryPeriod>,
    /// The day on which it is listed.
    pub listed: Day,
}

/// What is listed when the venue opens, and when October begins: the next year, in the order that strips need.
const CYCLES: [(&str, &[(Class, &str)]); 2] = [
    (
        "2026-07",
        &[
            (Class::Month, "2026-07"),
            (Class::Month, "2026-08"),
            (Class::Month, "2026-09"),
            (Class::Month, "2026-10"),
            (Class::Month, "2026-11"),
            (Class::Month, "2026-12"),
            (Class::Quarter, "2026-Q4"),
            (Class::Full, "2026-08"),
            (Class::Physical, "2026-08"),
            (Class::Physical, "2026-11"),
            (Class::Perpetual, ""),
        ],
    ),
    (
        "2026-10",
        &[
            (Class::Month, "2027-01"),
            (Class::Month, "2027-02"),
            (Class::Month, "2027-03"),
            (Class::Month, "2027-04"),
            (Class::Month, "2027-05"),
            (Class::Month, "2027-06"),
            (Class::Month, "2027-07"),
            (Class::Month, "2027-08"),
            (Class::Month, "2027-09"),
            (Class::Month, "2027-10"),
            (Class::Month, "2027-11"),
            (Class::Month, "2027-12"),
            (Class::Quarter, "2027-Q1"),
            (Class::Quarter, "2027-Q2"),
            (Class::Quarter, "2027-Q3"),
            (Class::Quarter, "2027-Q4"),
            (Class::Year, "2027"),
            (Class::Full, "2027-01"),
            (Class::Physical, "2027-03"),
        ],
    ),
];

/// All contracts, in the order in which they are listed; none before the venue opens.
///
/// # Errors
/// If a period of the table is none.
pub fn listings(opening: Day) -> Result<Vec<Listing>, DeliveryError> {
    let mut all: Vec<Listing> = Vec::new();
    for (cycle, contracts) in CYCLES {
        let listed = first_day(cycle.parse()?).max(opening);
        for &(class, period) in contracts {
            let period: Option<DeliveryPeriod> = (class != Class::Perpetual).then(|| period.parse()).transpose()?;
            let number = u32::try_from(all.len()).unwrap_or(u32::MAX) + 1;
            let terms = terms(InstrumentId(number), class, period, &all);
            all.push(Listing { terms, class, period, listed });
        }
        // Each month of the cycle against the one before it, which may be of the cycle before.
        let months: Vec<Listing> = all.iter().filter(|listing| listing.class == Class::Month).copied().collect();
        for pair in months.windows(2).filter(|pair| pair[1].listed == listed) {
            let number = u32::try_from(all.len()).unwrap_or(u32::MAX) + 1;
            let (class, period) = (Class::Spread, pair[0].period);
            all.push(Listing { terms: spread(InstrumentId(number), &pair[0], &pair[1]), class, period, listed });
        }
    }
    Ok(all)
}

/// The first day of a period, as the engine counts days.
pub fn first_day(period: DeliveryPeriod) -> Day {
    engine::units::Timestamp(period.start_us()).day()
}

fn days_of(period: DeliveryPeriod) -> u16 {
    u16::try_from(period.hours() / 24).unwrap_or(u16::MAX)
}

fn terms(instrument: InstrumentId, class: Class, period: Option<DeliveryPeriod>, listed: &[Listing]) -> Terms {
    let name = period.map_or(format!("{PREFIX}-PERP"), |period| format!("{PREFIX}-{period}"));
    let (name, cap) = match class {
        Class::Full => (format!("{name}-FC"), CAP_OF_FULL),
        Class::Physical => (format!("{name}-PH"), CAP),
        _ => (name, CAP),
    };
    let kind = match (class, period) {
        (Class::Month, Some(period)) => Kind::MarginedMonth(month(period)),
        (Class::Physical, Some(period)) => Kind::PhysicalMonth(month(period)),
        (Class::Full, Some(period)) => Kind::Month(month(period)),
        (Class::Quarter | Class::Year, Some(period)) => Kind::Strip(Strip {
            series: SERIES,
            first_day: first_day(period),
            days: days_of(period),
            legs: legs(class, period, listed),
        }),
        (Class::Perpetual | Class::Spread, _) | (_, None) => {
            Kind::Perpetual(Perpetual { series: SERIES, hours: 720, interest_ppm: 100, cap_ppm: 40_000 })
        }
    };
    let symbol = Symbol::new(&name).expect("the names of the table are symbols");
    let fees = FeeRates { maker: Price(0), taker: Price(500) };
    Terms { instrument, symbol, kind, tick: TICK, floor: Price(0), cap, fees }
}

/// A month against the next one: its price is their difference, and it ends with the near one.
fn spread(instrument: InstrumentId, near: &Listing, far: &Listing) -> Terms {
    let periods = [near, far].map(|leg| leg.period.map_or_else(String::new, |period| period.to_string()));
    let symbol = Symbol::new(&format!("SPREAD-{}", periods.join("~"))).expect("two months are a label");
    let (hours, end) = (far.terms.hours(), near.terms.end());
    let kind = Kind::Spread(Spread { near: near.terms.instrument, far: far.terms.instrument, hours, end });
    let fees = FeeRates { maker: Price(0), taker: Price(250) };
    Terms { instrument, symbol, kind, tick: TICK, floor: Price(-CAP.0), cap: CAP, fees }
}

fn month(period: DeliveryPeriod) -> Month {
    Month { series: SERIES, first_day: first_day(period), days: days_of(period) }
}

/// A quarter becomes its months; a year its first three months and the quarters behind them.
fn legs(class: Class, period: DeliveryPeriod, listed: &[Listing]) -> Legs {
    let spring = period.months().nth(3).map(first_day);
    let is_leg = |leg: &&Listing| match leg.class {
        Class::Month => {
            class == Class::Quarter || spring.is_some_and(|spring| leg.period.map(first_day) < Some(spring))
        }
        Class::Quarter => {
            class == Class::Year && spring.is_some_and(|spring| leg.period.map(first_day) >= Some(spring))
        }
        _ => false,
    };
    let inside = |leg: &&Listing| leg.period.is_some_and(|leg| period.contains(leg));
    let legs: Vec<InstrumentId> = listed.iter().filter(inside).filter(is_leg).map(|leg| leg.terms.instrument).collect();
    Legs::new(&legs).expect("a year has six legs")
}
