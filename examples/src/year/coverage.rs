//! Whether the initial margin of the evening covered what the next day cost, account by account. Counted, and nothing claimed of it: the
//! days of one market are few, and its accounts move together.

use std::collections::BTreeMap;

use engine::Engine;
use engine::ids::{AccountId, InstrumentId};
use engine::margin::MAINTENANCE_PER_MILLE;
use engine::units::Cash;

/// Positions of an account, and the margin that they alone needed.
type Portfolio = (i128, Vec<(InstrumentId, i64)>);

/// What was held against what.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Since the last settlement.
    portfolios: BTreeMap<AccountId, Portfolio>,
    /// What a lot of each margined contract was settled at last.
    values: BTreeMap<InstrumentId, Cash>,
    /// Account-days that were looked at.
    pub observations: u64,
    /// Those whose loss was more than the initial margin.
    pub exceptions: u64,
    /// The largest loss as a part of its initial margin.
    pub worst: f64,
}

/// One day of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CoverageDay {
    /// What all positions needed, in micro-USD.
    pub initial: i128,
    /// What those that lost have lost, in micro-USD.
    pub lost: i128,
    /// The largest loss of an account as a part of its initial margin.
    pub worst: f64,
}

impl Coverage {
    /// Holds what was settled now against the margin of the evening before, then remembers today's.
    pub fn day(&mut self, engine: &Engine) -> CoverageDay {
        let settled = engine.markets().filter(|market| market.terms.is_margined());
        let values: BTreeMap<InstrumentId, Cash> =
            settled.filter_map(|market| Some((market.terms.instrument, market.settled?.value_per_lot))).collect();
        let day = self.compare(&values);
        self.values = values;
        self.remember(engine);
        day
    }

    fn compare(&mut self, values: &BTreeMap<InstrumentId, Cash>) -> CoverageDay {
        let mut day = CoverageDay::default();
        let moved = |instrument: &InstrumentId| match (values.get(instrument), self.values.get(instrument)) {
            (Some(now), Some(before)) => i128::from(now.0) - i128::from(before.0),
            _ => 0,
        };
        for (initial, positions) in self.portfolios.values() {
            let gain: i128 = positions.iter().map(|(instrument, lots)| i128::from(*lots) * moved(instrument)).sum();
            let part = (-gain) as f64 / *initial as f64;
            day.initial += initial;
            day.lost += (-gain).max(0);
            day.worst = day.worst.max(part);
            self.observations += 1;
            self.exceptions += u64::from(-gain > *initial);
        }
        self.worst = self.worst.max(day.worst);
        day
    }

    fn remember(&mut self, engine: &Engine) {
        self.portfolios.clear();
        for (instrument, account, exposure) in engine.exposures() {
            if exposure.position.0 != 0 && self.values.contains_key(&instrument) {
                self.portfolios.entry(account).or_default().1.push((instrument, exposure.position.0));
            }
        }
        self.portfolios.retain(|&account, portfolio| {
            // The initial margin of the positions alone; orders have no share in what a day costs.
            let maintenance = engine.margin_report(account).map_or(0, |report| i128::from(report.maintenance.0));
            portfolio.0 = maintenance * 1_000 / i128::from(MAINTENANCE_PER_MILLE);
            portfolio.0 > 0
        });
    }
}
