//! Equity, initial margin and the check of orders in margined contracts, by the formulas of the margin page, from nothing
//! but positions, orders, arrays and marks.

use std::collections::BTreeMap;

use engine::ids::{AccountId, AssetId, InstrumentId, SeriesId};
use engine::instrument::Terms;
use engine::margin::SeriesMargin;
use engine::reject::Reject;
use engine::units::Side;

use super::collateral::{Arrival, Open};
use super::margin::maintenance;
use super::matching::hours;
use super::{Contract, Twin, cash};

/// What an account has and what it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub equity: i128,
    pub unrealised: i128,
    pub owed: i128,
    pub initial: i128,
    pub maintenance: i128,
    pub withdrawable: i128,
    pub parts: BTreeMap<SeriesId, Part>,
}

/// What one series adds to the initial margin.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Part {
    pub scan: i128,
    pub charges: i128,
    pub order_cost: i128,
    pub minimum: i128,
    /// Lots held whatever fills.
    pub long: i128,
    pub short: i128,
}

/// An account's position and orders in one contract, and what they are valued with.
pub(super) struct Line {
    pub(super) position: i128,
    pub(super) orders: Vec<Open>,
    pub(super) losses: [i128; 16],
    pub(super) mark: i128,
    pub(super) hours: i128,
    /// What it is or becomes, whether that was in delivery at its last mark, and whether a lot bought is one sold of it.
    pub(super) months: Vec<(InstrumentId, bool, bool)>,
}

/// The least and the most that could be held of a month, in its own contract and in strips, after any subset of fills.
#[derive(Clone, Copy)]
struct Reach {
    low: i128,
    high: i128,
    in_delivery: bool,
}

/// Which open orders count.
#[derive(Clone, Copy)]
pub(super) enum Counted<'a> {
    All,
    /// All, with one that arrives.
    With(&'a Arrival),
    Nothing,
    /// One alone, of a contract.
    Only(InstrumentId, Open),
}

impl Open {
    /// What is lost if the order fills and prices move, above what the mark says; below zero is a gain.
    fn loss(&self, line: &Line, loss: i128) -> i128 {
        let bought = loss + (self.limit - line.mark) * line.hours;
        let lost = if self.side == Side::Buy { bought } else { -bought };
        self.lots * lost.max(0)
    }
}

impl Line {
    fn of_side(&self, side: Side) -> i128 {
        self.orders.iter().filter(|open| open.side == side).map(|open| open.lots).sum()
    }

    fn low(&self) -> i128 {
        self.position - self.of_side(Side::Sell)
    }

    fn high(&self) -> i128 {
        self.position + self.of_side(Side::Buy)
    }

    /// The most lots of this contract alone.
    fn reach(&self) -> i128 {
        self.low().abs().max(self.high().abs())
    }
}

impl Reach {
    fn lots(&self) -> i128 {
        self.low.abs().max(self.high.abs())
    }
}

/// The reach in each month of a series.
fn reaches(lines: &[Line]) -> Vec<Reach> {
    let mut reaches: BTreeMap<InstrumentId, Reach> = BTreeMap::new();
    for line in lines {
        for &(month, in_delivery, is_sold) in &line.months {
            let reach = reaches.entry(month).or_insert(Reach { low: 0, high: 0, in_delivery });
            let (low, high) = if is_sold { (-line.high(), -line.low()) } else { (line.low(), line.high()) };
            reach.low += low;
            reach.high += high;
        }
    }
    reaches.into_values().collect()
}

impl Twin {
    /// What an account has and what it must have, worked out from the beginning.
    pub fn margin_report(&self, account: AccountId) -> Report {
        let (initial, parts) = self.requirement(account, Counted::All);
        let (alone, _) = self.requirement(account, Counted::Nothing);
        let (unrealised, equity) = (self.unrealised(account), self.equity(account));
        let free = self.free(account, AssetId::USD);
        let withdrawable = free.min(equity - initial - unrealised.max(0)).max(0);
        let (owed, maintenance) = (self.owed(account), maintenance(alone));
        Report { equity, unrealised, owed, initial, maintenance, withdrawable, parts }
    }

    pub(super) fn equity(&self, account: AccountId) -> i128 {
        self.free(account, AssetId::USD) - self.owed(account) + self.unrealised(account)
    }

    fn unrealised(&self, account: AccountId) -> i128 {
        let margined = self.contracts.iter().filter(|contract| contract.terms.is_margined());
        let gain = |contract: &Contract| {
            let (position, cost) = self.holding(account, contract.terms.instrument);
            let mark = contract.mark.map_or(0, |price| i128::from(price.0));
            position * mark * hours(&contract.terms) - cost
        };
        margined.map(gain).sum()
    }

    pub(super) fn initial_margin(&self, account: AccountId, counted: Counted<'_>) -> i128 {
        self.requirement(account, counted).0
    }

    fn requirement(&self, account: AccountId, counted: Counted<'_>) -> (i128, BTreeMap<SeriesId, Part>) {
        let parts: BTreeMap<SeriesId, Part> = self
            .margins
            .iter()
            .map(|(series, margin)| (*series, part(&self.lines(account, *series, counted), margin)))
            .collect();
        let risk: i128 = parts.values().map(|part| part.scan + part.charges).sum();
        let least: i128 = parts.values().map(|part| part.order_cost + part.minimum).sum();
        ((risk - self.credit(&parts)).max(least), parts)
    }

    /// What an account has in the contracts of a series that can be valued, and in their spreads.
    fn lines(&self, account: AccountId, series: SeriesId, counted: Counted<'_>) -> Vec<Line> {
        let of_series = self
            .contracts
            .iter()
            .filter(|contract| contract.terms.is_margined() && contract.terms.series() == Some(series));
        let mut lines: Vec<Line> = of_series.filter_map(|contract| self.line(account, contract, counted)).collect();
        lines.extend(self.lines_of_spreads(account, series, counted));
        lines
    }

    fn line(&self, account: AccountId, contract: &Contract, counted: Counted<'_>) -> Option<Line> {
        let instrument = contract.terms.instrument;
        let empty = self.empty_line(instrument)?;
        let (position, _) = self.holding(account, instrument);
        Some(Line { position, orders: self.counted_orders(account, instrument, counted), ..empty })
    }

    /// What a contract that can be valued is valued with.
    pub(super) fn empty_line(&self, instrument: InstrumentId) -> Option<Line> {
        let contract = self.listed(instrument);
        let losses = self.risk_of(instrument)?.losses.map(|loss| i128::from(loss.0));
        let mark = i128::from(contract.mark?.0);
        let months = self.months(instrument).into_iter();
        let months = months.map(|month| (month, self.listed(month).margin.marked_in_delivery, false)).collect();
        Some(Line { position: 0, orders: Vec::new(), losses, mark, hours: hours(&contract.terms), months })
    }

    pub(super) fn counted_orders(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        counted: Counted<'_>,
    ) -> Vec<Open> {
        match counted {
            Counted::With(arrival) if arrival.instrument == instrument => {
                self.open_orders(account, instrument, Some(arrival))
            }
            Counted::All | Counted::With(_) => self.open_orders(account, instrument, None),
            Counted::Only(of, open) if of == instrument => vec![open],
            Counted::Nothing | Counted::Only(..) => Vec::new(),
        }
    }

    /// What all margined contracts of an account may gain or lose between floor and cap.
    pub(super) fn value(&self, account: AccountId, counted: Counted<'_>) -> i128 {
        let margined = self.contracts.iter().filter(|contract| contract.terms.is_margined());
        let lines = margined.filter_map(|contract| {
            let line = self.line(account, contract, counted)?;
            Some(line.reach() * range_of_lot(&contract.terms))
        });
        lines.sum::<i128>() + self.value_of_spreads(account, counted)
    }

    /// The lots that an account may come to have in the months of a series.
    pub(super) fn reach_in(&self, series: SeriesId, account: AccountId) -> i128 {
        reaches(&self.lines(account, series, Counted::All)).iter().map(Reach::lots).sum()
    }

    /// Spreads between series, from the largest credit down.
    fn credit(&self, parts: &BTreeMap<SeriesId, Part>) -> i128 {
        let mut left: BTreeMap<SeriesId, (i128, i128)> =
            parts.iter().map(|(series, part)| (*series, (part.long, part.short))).collect();
        let mut pairs = self.credits.clone();
        pairs.sort_by_key(|&(first, second, per_lot)| (-per_lot, first, second));
        let mut credit = 0;
        for (first, second, per_lot) in pairs {
            for (long, short) in [(first, second), (second, first)] {
                let (Some(has), Some(lacks)) = (left.get(&long), left.get(&short)) else { continue };
                let spreads = has.0.min(lacks.1);
                left.get_mut(&long).unwrap().0 -= spreads;
                left.get_mut(&short).unwrap().1 -= spreads;
                credit += spreads * per_lot;
            }
        }
        credit
    }

    /// The rules of an order in a margined contract, or in a spread of two, that count what the account has already.
    pub(super) fn check_margin(&self, arrival: &Arrival) -> Result<(), Reject> {
        let Arrival { account, instrument, lots, .. } = *arrival;
        let legs = self.traded_legs(instrument, arrival.side);
        let mut series: Vec<SeriesId> = legs.iter().map(|(leg, _)| self.listed(*leg).terms.series().unwrap()).collect();
        for ((leg, _), series) in legs.iter().zip(&series) {
            if self.risk_of(*leg).is_none() || self.listed(*leg).mark.is_none() || self.margin_of(*series).is_none() {
                return Err(Reject::RiskUnknown { instrument: *leg });
            }
        }
        let of_leg = series.clone();
        series.dedup();
        for &series in &series {
            let most = self.margin_of(series).unwrap().position_max;
            let [before, after] = [Counted::All, Counted::With(arrival)]
                .map(|counted| reaches(&self.lines(account, series, counted)).iter().map(Reach::lots).sum::<i128>());
            if after > i128::from(most.0) && after > before {
                return Err(Reject::SeriesPositionLimit { most });
            }
        }
        let [value_before, value_after] =
            [Counted::All, Counted::With(arrival)].map(|counted| self.value(account, counted));
        if value_after > 100_000_000_000_000_000 && value_after > value_before {
            return Err(Reject::MarginedValueLimit);
        }
        for (&(leg, side), series) in legs.iter().zip(of_leg) {
            let most = self.margin_of(series).unwrap().open_interest_max;
            let opens = i128::from(lots) - self.reducible(account, leg, side).min(i128::from(lots));
            let long = self.holdings.iter().filter(|held| held.instrument == leg).map(|held| held.position.max(0));
            if opens > 0 && long.sum::<i128>() + opens > i128::from(most.0) {
                return Err(Reject::OpenInterestLimit { most });
            }
        }
        let terms = self.listed(instrument).terms;
        let [held_before, held_after] =
            [None, Some(arrival)].map(|with| self.hold(account, &terms, AssetId::USD, with));
        let (required, free) = (held_after - held_before, self.free(account, AssetId::USD));
        if required > free {
            return Err(Reject::InsufficientFunds { required: cash(required), free: cash(free) });
        }
        let [before, after] =
            [Counted::All, Counted::With(arrival)].map(|counted| self.initial_margin(account, counted));
        let equity = self.equity(account) - required;
        if after > before && equity < after {
            return Err(Reject::InsufficientMargin { required: cash(after), equity: cash(equity) });
        }
        if after > before {
            series.into_iter().try_for_each(|series| self.check_fresh(series))?;
            let mut old = legs.iter().filter(|(leg, _)| self.risk_of(*leg).unwrap().expires <= self.now);
            if let Some(&(instrument, _)) = old.next() {
                return Err(Reject::RiskExpired { instrument });
            }
        }
        Ok(())
    }
}

/// What a lot may gain or lose between floor and cap.
pub(super) fn range_of_lot(terms: &Terms) -> i128 {
    (i128::from(terms.cap.0) - i128::from(terms.floor.0)) * hours(terms)
}

fn part(lines: &[Line], margin: &SeriesMargin) -> Part {
    let sum = |of: &dyn Fn(&Line) -> i128| -> i128 { lines.iter().map(of).sum() };
    let scenario = |scenario: usize| {
        sum(&|line| {
            let loss = line.losses[scenario];
            line.position * loss + line.orders.iter().map(|open| open.loss(line, loss)).sum::<i128>()
        })
    };
    let months = reaches(lines);
    let over_months = |of: &dyn Fn(&Reach) -> i128| -> i128 { months.iter().map(of).sum() };
    let reach = over_months(&Reach::lots);
    let largest = months.iter().map(Reach::lots).max().unwrap_or(0);
    let (long, short) = (over_months(&|month| month.high.max(0)), over_months(&|month| (-month.low).max(0)));
    let calendar = i128::from(margin.calendar_charge.0) * long.min(short).min(reach - largest);
    let delivered = over_months(&|month| if month.in_delivery { month.lots() } else { 0 });
    let above = (reach - i128::from(margin.concentration_lots)).max(0);
    Part {
        scan: (0..16).map(scenario).max().unwrap(),
        charges: calendar
            + i128::from(margin.delivery_charge.0) * delivered
            + i128::from(margin.concentration_charge.0) * above,
        order_cost: sum(&|line| line.orders.iter().map(|open| open.loss(line, 0)).sum()),
        minimum: i128::from(margin.minimum_charge.0) * reach,
        long: over_months(&|month| month.low).max(0),
        short: (-over_months(&|month| month.high)).max(0),
    }
}
