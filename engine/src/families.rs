//! What the venue lists by itself: months, quarters, years and calendar spreads of a series, so that the next contract is there before
//! anybody misses it (`docs/spreads.md`).

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use crate::calendar::{CalendarMonth, MONTHS_PER_QUARTER, MONTHS_PER_YEAR};
use crate::engine::Engine;
use crate::event::Event;
use crate::ids::{FamilyId, InstrumentId, Prefix, SeriesId, Symbol};
use crate::instrument::{FeeRates, Kind, Legs, Month, Strip, Terms};
use crate::limits;
use crate::reject::Reject;
use crate::rules::Rules;
use crate::units::{Day, Price};

/// What a series lists, and at which terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The family.
    pub family: FamilyId,
    /// What its symbols begin with.
    pub prefix: Prefix,
    /// The price series.
    pub series: SeriesId,
    /// Price step.
    pub tick: Price,
    /// Lowest price of its months, quarters and years.
    pub floor: Price,
    /// Highest price of its months, quarters and years.
    pub cap: Price,
    /// Fees of every tier until others are scheduled.
    pub fees: FeeRates,
    /// How many months it lists, the present one counted.
    pub months: u8,
    /// How many quarters that have not begun.
    pub quarters: u8,
    /// How many years that have not begun.
    pub years: u8,
    /// Whether months that follow each other have a calendar spread.
    pub spreads: bool,
}

/// The periods that a family should have on a day, each in the order of delivery.
struct Periods {
    months: BTreeSet<CalendarMonth>,
    quarters: BTreeSet<i32>,
    years: RangeInclusive<i32>,
}

impl Family {
    /// Refuses a family that could not be listed.
    pub(crate) fn check(&self) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidTerms { rule });
        if self.months > limits::FAMILY_MONTHS_MAX
            || self.quarters > limits::FAMILY_QUARTERS_MAX
            || self.years > limits::FAMILY_YEARS_MAX
        {
            return invalid("a family lists at most 24 months, 12 quarters and 5 years");
        }
        if self.months == 0 {
            return invalid("a family lists at least one month");
        }
        let symbol = Symbol::new(self.prefix.as_str()).expect("a prefix is shorter than a symbol");
        let month = Month { series: self.series, first_day: Day(0), days: 31 };
        self.terms(InstrumentId(0), symbol, Kind::MarginedMonth(month)).check()?;
        if self.spreads && self.cap - self.floor > limits::PRICE_MAX {
            return invalid("the cap of a family with spreads is at most 1000 USD above its floor");
        }
        Ok(())
    }

    fn periods(&self, day: Day) -> Periods {
        let present = CalendarMonth::of(day);
        let (quarter, year) = (present.quarter(), present.year());
        let years = year + 1..=year + i32::from(self.years);
        let mut quarters: BTreeSet<i32> = (quarter + 1..=quarter + i32::from(self.quarters)).collect();
        let mut months: BTreeSet<CalendarMonth> =
            (present.0..present.0 + i32::from(self.months)).map(CalendarMonth).collect();
        quarters.extend(years.clone().flat_map(|year| 4 * year + 1..4 * year + 4));
        let of_quarters = quarters.iter().map(|quarter| (quarter * MONTHS_PER_QUARTER, MONTHS_PER_QUARTER));
        let of_years = years.clone().map(|year| (year * MONTHS_PER_YEAR, MONTHS_PER_YEAR));
        months.extend(of_quarters.chain(of_years).flat_map(|(first, count)| first..first + count).map(CalendarMonth));
        Periods { months, quarters, years }
    }

    fn symbol(&self, period: impl fmt::Display) -> Option<Symbol> {
        Symbol::new(&format!("{}-{period}", self.prefix))
    }

    fn terms(&self, instrument: InstrumentId, symbol: Symbol, kind: Kind) -> Terms {
        let &Family { tick, floor, cap, fees, .. } = self;
        let (floor, cap) = match kind {
            Kind::Spread(_) => (floor - cap, cap - floor),
            _ => (floor, cap),
        };
        Terms { instrument, symbol, kind, tick, floor, cap, fees }
    }
}

impl Engine {
    pub(crate) fn set_family(&mut self, family: &Family, events: &mut Vec<Event>) -> Result<(), Reject> {
        if !self.rules.has_spreads() {
            return Err(Reject::RulesTooOld { needed: Rules::FOURTH });
        }
        family.check()?;
        if !self.families.contains_key(&family.family) && self.families.len() >= limits::FAMILIES_MAX {
            return Err(Reject::TooManyInstruments);
        }
        self.families.insert(family.family, *family);
        events.push(Event::FamilySet { family: *family });
        Ok(())
    }

    /// What a family should have on a day and has not, with the lowest number above all that are listed: the first of several, as the
    /// next ones can depend on it. `None` if nothing is missing that could be listed.
    pub fn unlisted(&self, family: FamilyId, day: Day) -> Option<Terms> {
        let family = self.families.get(&family)?;
        if self.markets.len() >= limits::INSTRUMENTS_MAX {
            return None;
        }
        let instrument = self.markets.number_behind()?;
        let Periods { months, quarters, years } = family.periods(day);
        let pairs = months.iter().zip(months.iter().skip(1)).filter(|_| family.spreads);
        let pairs = pairs.filter(|(near, far)| far.0 == near.0 + 1);
        let missing = months.iter().filter_map(|&month| self.missing_month(family, month));
        let missing = missing.chain(quarters.iter().filter_map(|&quarter| self.missing_quarter(family, quarter)));
        let missing = missing.chain(years.filter_map(|year| self.missing_year(family, year)));
        let mut missing = missing.chain(pairs.filter_map(|(&near, &far)| self.missing_spread(family, near, far)));
        missing.next().map(|(symbol, kind)| family.terms(instrument, symbol, kind))
    }

    fn missing_month(&self, family: &Family, month: CalendarMonth) -> Option<(Symbol, Kind)> {
        let symbol = self.free_symbol(family, month)?;
        let kind =
            Kind::MarginedMonth(Month { series: family.series, first_day: month.first_day(), days: month.days(1) });
        // Beyond the venue's time there is no month.
        family.terms(InstrumentId(0), symbol, kind).check().ok()?;
        Some((symbol, kind))
    }

    fn missing_quarter(&self, family: &Family, quarter: i32) -> Option<(Symbol, Kind)> {
        let first = CalendarMonth(quarter * MONTHS_PER_QUARTER);
        let symbol = self.free_symbol(family, quarter_name(quarter))?;
        let legs = [0, 1, 2].map(|month| self.member(family, CalendarMonth(first.0 + month)));
        self.missing_strip(family, symbol, first, MONTHS_PER_QUARTER, &legs)
    }

    fn missing_year(&self, family: &Family, year: i32) -> Option<(Symbol, Kind)> {
        let first = CalendarMonth(year * MONTHS_PER_YEAR);
        let symbol = self.free_symbol(family, format_args!("{year:04}"))?;
        let months = [0, 1, 2].map(|month| self.member(family, CalendarMonth(first.0 + month)));
        let quarters = [1, 2, 3].map(|quarter| self.member(family, quarter_name(first.quarter() + quarter)));
        self.missing_strip(family, symbol, first, MONTHS_PER_YEAR, &[months, quarters].concat())
    }

    fn missing_strip(
        &self,
        family: &Family,
        symbol: Symbol,
        first: CalendarMonth,
        months: i32,
        legs: &[Option<InstrumentId>],
    ) -> Option<(Symbol, Kind)> {
        let legs: Vec<InstrumentId> = legs.iter().copied().collect::<Option<_>>()?;
        let (first_day, days) = (first.first_day(), first.days(months));
        let strip = Strip { series: family.series, first_day, days, legs: Legs::new(&legs)? };
        self.check_legs(&strip).ok()?;
        Some((symbol, Kind::Strip(strip)))
    }

    fn missing_spread(&self, family: &Family, near: CalendarMonth, far: CalendarMonth) -> Option<(Symbol, Kind)> {
        let symbol = self.free_symbol(family, format_args!("{near}~{far}"))?;
        let spread = self.spread_between(self.member(family, near)?, self.member(family, far)?)?;
        self.check_spread(&spread).ok()?;
        Some((symbol, Kind::Spread(spread)))
    }

    /// The symbol of a family's period, unless it is taken.
    fn free_symbol(&self, family: &Family, period: impl fmt::Display) -> Option<Symbol> {
        family.symbol(period).filter(|&symbol| self.markets.find_symbol(symbol).is_none())
    }

    /// What is listed under the symbol of a family's period.
    fn member(&self, family: &Family, period: impl fmt::Display) -> Option<InstrumentId> {
        let place = self.markets.find_symbol(family.symbol(period)?)?;
        Some(self.markets.get(place).terms.instrument)
    }
}

fn quarter_name(quarter: i32) -> impl fmt::Display {
    let (year, of_year) = (quarter.div_euclid(4), quarter.rem_euclid(4) + 1);
    fmt::from_fn(move |formatter| write!(formatter, "{year:04}-Q{of_year}"))
}
