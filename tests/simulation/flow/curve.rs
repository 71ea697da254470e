//! The forward curve and what hangs on it: quarters and years that cascade, perpetuals, spreads, and what a family lists.

use engine::command::{Command, Role};
use engine::families::Family;
use engine::ids::{FamilyId, InstrumentId, Prefix, SeriesId};
use engine::instrument::{FeeRates, Kind, Legs, Month, Perpetual, Spread, Strip, Terms};
use engine::units::{Day, Price};
use engine::{Engine, Market};

use super::{Flow, SERIES};

const FLOOR: i64 = 0;
const CAP: i64 = 10_000_000;
const TICK: i64 = 1_000;

impl Flow {
    /// A quarter and a year that has it among its legs, both short enough to cascade while the venue is watched, and a perpetual.
    pub(super) fn plan_curve(&mut self, earliest: Day) {
        let series = self.series();
        let days = u16::try_from(self.dice.between(1, 2)).expect("it is small");
        let quarters = if self.scale.is_large() { 4 } else { 2 };
        let first = earliest.plus(u16::try_from(1 + self.dice.below(2)).expect("it is small"));
        let mut months = Vec::new();
        for month in 0..3 * quarters {
            let month = Month { series, first_day: first.plus(month * days), days };
            months.push(self.plan_contract(Kind::MarginedMonth(month)));
        }
        let quarters: Vec<Terms> = months.chunks(3).map(|legs| self.plan_strip(legs)).collect();
        self.plan_strip(&[&months[..3], &quarters[1..]].concat());
        self.plan_perpetual(series);
        self.curve = [months, quarters].concat();
    }

    /// Spreads within a series and between two, of months and of quarters.
    pub(super) fn plan_spreads(&mut self) {
        let curve = std::mem::take(&mut self.curve);
        let [first, second, .., last] = &curve[..] else { return };
        self.plan_spread(first, second);
        if let [.., quarter, next] = &curve[..] {
            self.plan_spread(quarter, next);
        }
        if let Some(month) = first.month() {
            let other = SERIES.into_iter().find(|&series| series != month.series).expect("there are several");
            let twin = self.plan_contract(Kind::PhysicalMonth(Month { series: other, ..month }));
            self.plan_spread(first, &twin);
        }
        // Not one after the other: refused.
        if self.dice.one_in(4) {
            self.plan_spread(last, first);
        }
    }

    /// Whatever a family says is missing, once nothing else is planned.
    pub(super) fn list_family(&mut self, venue: &Engine) -> Option<Command> {
        let today = self.now.day();
        let missing = venue.families().find_map(|family| venue.unlisted(family.family, today));
        let Some(terms) = missing else {
            self.has_families = false;
            return None;
        };
        self.next_instrument = self.next_instrument.max(terms.instrument.0.saturating_add(1));
        let middle = self.dice.between(2, 6) * (CAP / TICK) / 10;
        self.middles.insert(terms.instrument, if terms.spread().is_some() { 0 } else { middle });
        self.plan_beginning(&terms);
        Some(Command::ListInstrument { terms })
    }

    pub(super) fn family(&mut self) -> Command {
        let worst = self.dice.pick(&[0, 500]);
        let quarters = u8::try_from(self.dice.below(2)).expect("it is small");
        self.has_families = true;
        Command::SetFamily {
            family: Family {
                family: FamilyId(u32::try_from(1 + self.dice.below(2)).expect("it is small")),
                prefix: Prefix::new(if self.dice.one_in(3) { "G" } else { "F" }).expect("it is a label"),
                series: self.series(),
                tick: Price(TICK),
                floor: Price(FLOOR),
                cap: Price(CAP),
                fees: FeeRates { maker: Price(0), taker: Price(worst) },
                months: u8::try_from(1 + self.dice.below(2)).expect("it is small"),
                quarters,
                // Thirteen months more: rarely.
                years: u8::from(self.scale.is_large() && self.dice.one_in(8)),
                spreads: !self.dice.one_in(4),
            },
        }
    }

    fn plan_contract(&mut self, kind: Kind) -> Terms {
        let terms = self.plan_listing(kind, TICK, FLOOR, CAP);
        self.plan_beginning(&terms);
        terms
    }

    fn plan_strip(&mut self, legs: &[Terms]) -> Terms {
        let (Some(series), Some((first_day, _))) = (legs[0].series(), legs[0].delivery()) else {
            unreachable!("legs have a period")
        };
        let days = legs.iter().filter_map(Terms::delivery).map(|(_, days)| days).sum();
        let numbers: Vec<InstrumentId> = legs.iter().map(|leg| leg.instrument).collect();
        let legs = Legs::new(&numbers).expect("they are few");
        self.plan_contract(Kind::Strip(Strip { series, first_day, days, legs }))
    }

    fn plan_perpetual(&mut self, series: SeriesId) {
        let hours = self.dice.pick(&[24, 720]);
        let (interest_ppm, cap_ppm) = (self.dice.pick(&[0, 100, -50]), self.dice.pick(&[200, 40_000]));
        self.plan_contract(Kind::Perpetual(Perpetual { series, hours, interest_ppm, cap_ppm }));
    }

    fn plan_spread(&mut self, near: &Terms, far: &Terms) {
        let spread = self.plan_listing(Kind::Spread(Spread::between(near, far)), TICK, FLOOR - CAP, CAP - FLOOR);
        self.middles.insert(spread.instrument, 0);
    }

    /// Where a contract trades, in ticks: where what it is made of does, if it is made of something.
    pub(super) fn middle(&mut self, venue: &Engine, terms: &Terms) -> i64 {
        let mark = |instrument| venue.market(instrument).and_then(Market::mark);
        let price = if let Some(spread) = terms.spread() {
            mark(spread.near).zip(mark(spread.far)).map(|(near, far)| Price(near.0 - far.0))
        } else if terms.strip().is_some() || terms.perpetual().is_some() {
            venue.reference_of(terms.instrument)
        } else {
            None
        };
        let middle = self.middles.entry(terms.instrument).or_insert(10);
        if let Some(price) = price {
            *middle = price.0 / terms.tick.0;
        }
        *middle
    }

    /// The operators whose keys are not the venue's.
    pub(super) fn register_operators(&mut self) {
        for key in super::OPERATORS {
            let credential = engine::command::Credential::Ed25519([2; 32]);
            self.agenda.push_back(Command::RegisterKey { key, credential, role: Role::Operator });
        }
    }
}
