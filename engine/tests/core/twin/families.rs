//! Families of the twin: what the venue should list by itself on a day, written out period by period.

use engine::event::Event;
use engine::families::Family;
use engine::ids::{FamilyId, InstrumentId, Symbol};
use engine::instrument::{Kind, Legs, Month, Spread, Strip, Terms};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Day, Hours, Price};

use super::Twin;
use super::registry::broken_rule;
use super::strips::ends;
use crate::calendar::{parse_day, write_day};

/// A year and a month of it, January is 1.
type CalendarMonth = (i32, i32);

impl Twin {
    pub(super) fn set_family(&mut self, family: Family) -> Result<(), Reject> {
        if self.rules < Rules::FOURTH {
            return Err(Reject::RulesTooOld { needed: Rules::FOURTH });
        }
        if let Some(rule) = broken_rule_of_family(&family) {
            return Err(Reject::InvalidTerms { rule });
        }
        let known = self.families.iter().position(|known| known.family == family.family);
        match known {
            Some(known) => self.families[known] = family,
            None if self.families.len() >= 1_000 => return Err(Reject::TooManyInstruments),
            None => self.families.push(family),
        }
        self.events.push(Event::FamilySet { family });
        Ok(())
    }

    /// The first contract that a family should have on a day and has not.
    pub fn unlisted(&self, family: FamilyId, day: Day) -> Option<Terms> {
        let family = self.families.iter().find(|known| known.family == family)?;
        let highest = self.contracts.iter().map(|listed| listed.terms.instrument.0).max().unwrap_or(0);
        let instrument = InstrumentId(highest.checked_add(1)?);
        for (name, period) in periods(family, day) {
            let symbol = Symbol::new(&format!("{}-{name}", family.prefix)).unwrap();
            if self.contracts.iter().any(|listed| listed.terms.symbol == symbol) {
                continue;
            }
            let (floor, cap) = match period {
                Period::Spread(..) => (Price(family.floor.0 - family.cap.0), Price(family.cap.0 - family.floor.0)),
                _ => (family.floor, family.cap),
            };
            let Some(kind) = self.kind_of(family, &period) else { continue };
            let terms = Terms { instrument, symbol, kind, tick: family.tick, floor, cap, fees: family.fees };
            if self.can_be_listed(&terms) {
                return Some(terms);
            }
        }
        None
    }

    fn can_be_listed(&self, terms: &Terms) -> bool {
        self.clone().list(*terms).is_ok()
    }

    fn kind_of(&self, family: &Family, period: &Period) -> Option<Kind> {
        let series = family.series;
        match period {
            Period::Month(month) => {
                let (first_day, days) = delivery(*month, 1);
                Some(Kind::MarginedMonth(Month { series, first_day, days }))
            }
            Period::Strip(first, months, legs) => {
                let legs: Vec<InstrumentId> =
                    legs.iter().map(|name| self.member(family, name)).collect::<Option<_>>()?;
                let (first_day, days) = delivery(*first, *months);
                Some(Kind::Strip(Strip { series, first_day, days, legs: Legs::new(&legs)? }))
            }
            Period::Spread(near, far) => {
                let [near, far] = [near, far].map(|month| self.member(family, &month_name(*month)));
                let (near, far) = (near?, far?);
                let [of_near, of_far] = [near, far].map(|leg| self.listed(leg).terms);
                let end = ends(&of_near)?.min(ends(&of_far)?);
                Some(Kind::Spread(Spread { near, far, hours: Hours(of_far.hours().0), end }))
            }
        }
    }

    fn member(&self, family: &Family, name: &str) -> Option<InstrumentId> {
        let symbol = Symbol::new(&format!("{}-{name}", family.prefix))?;
        let listed = self.contracts.iter().find(|listed| listed.terms.symbol == symbol)?;
        Some(listed.terms.instrument)
    }
}

/// The first rule that a family breaks.
fn broken_rule_of_family(family: &Family) -> Option<&'static str> {
    let Family { series, tick, floor, cap, fees, .. } = *family;
    if family.months > 24 || family.quarters > 12 || family.years > 5 {
        return Some("a family lists at most 24 months, 12 quarters and 5 years");
    }
    if family.months < 1 {
        return Some("a family lists at least one month");
    }
    let kind = Kind::MarginedMonth(Month { series, first_day: Day(0), days: 31 });
    let month = Terms { instrument: InstrumentId(1), symbol: Symbol::new("X").unwrap(), kind, tick, floor, cap, fees };
    let is_wide = family.spreads && cap.0 - floor.0 > 1_000_000_000;
    broken_rule(&month).or(is_wide.then_some("the cap of a family with spreads is at most 1000 USD above its floor"))
}

enum Period {
    Month(CalendarMonth),
    /// The first month, how many, and the names of the legs.
    Strip(CalendarMonth, i32, Vec<String>),
    Spread(CalendarMonth, CalendarMonth),
}

/// All that a family should have on a day with its names, in the order of the page.
fn periods(family: &Family, day: Day) -> Vec<(String, Period)> {
    let present = month_of(day);
    let (year, quarter) = (present.0, (present.1 - 1) / 3);
    let years: Vec<i32> = (1..=i32::from(family.years)).map(|ahead| year + ahead).collect();

    // Quarters are counted through the years.
    let mut quarters: Vec<i32> = (1..=i32::from(family.quarters)).map(|ahead| year * 4 + quarter + ahead).collect();
    quarters.extend(years.iter().flat_map(|year| (1..4).map(move |nth| year * 4 + nth)));
    quarters.sort_unstable();
    quarters.dedup();

    let mut months: Vec<CalendarMonth> = (0..i32::from(family.months)).map(|ahead| later(present, ahead)).collect();
    months.extend(quarters.iter().flat_map(|quarter| months_from((quarter / 4, quarter % 4 * 3 + 1), 3)));
    months.extend(years.iter().flat_map(|year| months_from((*year, 1), 12)));
    months.sort_unstable();
    months.dedup();

    let mut periods: Vec<(String, Period)> =
        months.iter().map(|month| (month_name(*month), Period::Month(*month))).collect();
    for quarter in quarters {
        let first = (quarter / 4, quarter % 4 * 3 + 1);
        let legs = months_from(first, 3).map(month_name).collect();
        periods.push((quarter_name(quarter), Period::Strip(first, 3, legs)));
    }
    for year in years {
        let months = months_from((year, 1), 3).map(month_name);
        let legs = months.chain((1..4).map(|nth| quarter_name(year * 4 + nth))).collect();
        periods.push((format!("{year:04}"), Period::Strip((year, 1), 12, legs)));
    }
    for near in months.iter().filter(|_| family.spreads) {
        let far = later(*near, 1);
        if months.contains(&far) {
            periods.push((format!("{}~{}", month_name(*near), month_name(far)), Period::Spread(*near, far)));
        }
    }
    periods
}

fn months_from(first: CalendarMonth, count: i32) -> impl Iterator<Item = CalendarMonth> {
    (0..count).map(move |ahead| later(first, ahead))
}

fn later((year, month): CalendarMonth, months: i32) -> CalendarMonth {
    let all = year * 12 + month - 1 + months;
    (all.div_euclid(12), all.rem_euclid(12) + 1)
}

fn month_name((year, month): CalendarMonth) -> String {
    format!("{year:04}-{month:02}")
}

fn quarter_name(quarter: i32) -> String {
    format!("{:04}-Q{}", quarter / 4, quarter % 4 + 1)
}

/// First day and days of this many months.
fn delivery(first: CalendarMonth, months: i32) -> (Day, u16) {
    let [begins, ends] = [first, later(first, months)].map(first_day);
    (begins, u16::try_from(ends.0 - begins.0).unwrap())
}

fn first_day((year, month): CalendarMonth) -> Day {
    parse_day(&format!("{year}-{month}-1"))
}

fn month_of(day: Day) -> CalendarMonth {
    let date = write_day(day);
    let (year, rest) = date.split_once('-').unwrap();
    let (month, _) = rest.split_once('-').unwrap();
    (year.parse().unwrap(), month.parse().unwrap())
}
