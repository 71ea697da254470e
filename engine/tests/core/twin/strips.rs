//! Strips of the twin: their legs and months, what follows for them from their months, and how they become their legs.

use engine::event::Event;
use engine::ids::{AccountId, InstrumentId};
use engine::instrument::{Kind, SettlementKind, Strip, Terms};
use engine::margin::Risk;
use engine::reject::Reject;
use engine::units::{Cash, Day, Position, Price, Timestamp};

use super::matching::hours;
use super::{Contract, Twin};

/// When trading ends, if it ever does: months with delivery; what becomes something else, and what is to be delivered, before it; a spread
/// with the first of its legs.
pub(super) fn ends(terms: &Terms) -> Option<Timestamp> {
    match terms.kind {
        Kind::Month(month) | Kind::MarginedMonth(month) => Some(day_after(month.first_day, month.days).start()),
        Kind::PhysicalMonth(month) => Some(month.first_day.start()),
        Kind::Strip(strip) => Some(strip.first_day.start()),
        Kind::Spread(spread) => Some(spread.end),
        Kind::Perpetual(_) | Kind::Spot(_) => None,
    }
}

fn day_after(first_day: Day, days: u16) -> Day {
    Day(first_day.0 + i32::from(days))
}

impl Twin {
    /// The first rule of listing that these legs break.
    pub(super) fn broken_rule_of_legs(&self, strip: &Strip) -> Option<&'static str> {
        let mut begins = strip.first_day;
        for &leg in strip.legs.as_slice() {
            let listed = self.contract(leg).ok().filter(|leg| is_leg(leg, strip));
            let period = listed.and_then(|leg| match leg.terms.kind {
                Kind::MarginedMonth(month) => Some((month.first_day, month.days)),
                Kind::Strip(strip) => Some((strip.first_day, strip.days)),
                _ => None,
            });
            let Some((first_day, days)) = period else {
                return Some("the legs of a strip are margined contracts of its series that still trade");
            };
            if first_day != begins {
                return Some("the legs of a strip follow each other without a gap");
            }
            begins = day_after(first_day, days);
        }
        let all = day_after(strip.first_day, strip.days);
        (begins != all).then_some("the legs of a strip follow each other without a gap")
    }

    /// The legs of a strip; none of anything else.
    pub(super) fn legs(&self, instrument: InstrumentId) -> Vec<InstrumentId> {
        match self.listed(instrument).terms.kind {
            Kind::Strip(strip) => strip.legs.as_slice().to_vec(),
            _ => Vec::new(),
        }
    }

    /// What a contract becomes in the end: itself, unless it is a strip.
    pub(super) fn months(&self, instrument: InstrumentId) -> Vec<InstrumentId> {
        let legs = self.legs(instrument);
        if legs.is_empty() {
            return vec![instrument];
        }
        legs.into_iter().flat_map(|leg| self.months(leg)).collect()
    }

    /// The strips that contain a month and are not settled for good.
    pub(super) fn strips_with(&self, month: InstrumentId) -> Vec<InstrumentId> {
        let strips = self.contracts.iter().filter(|listed| matches!(listed.terms.kind, Kind::Strip(_)));
        let live = strips.filter(|strip| !strip.settled_for_good).map(|strip| strip.terms.instrument);
        live.filter(|strip| self.months(*strip).contains(&month)).collect()
    }

    /// The array of a contract; a strip's is the sum of those of its months, once all of them have one.
    pub(super) fn risk_of(&self, instrument: InstrumentId) -> Option<Risk> {
        let contract = self.listed(instrument);
        if !matches!(contract.terms.kind, Kind::Strip(_)) {
            return contract.margin.risk;
        }
        if contract.settled_for_good {
            return None;
        }
        let months = self.months(instrument).into_iter().map(|month| self.listed(month));
        let parts: Vec<(Risk, i128)> =
            months.map(|month| Some((month.margin.risk?, hours(&month.terms)))).collect::<Option<_>>()?;
        let value: i128 = parts.iter().map(|(risk, hours)| i128::from(risk.reference.0) * hours).sum();
        let all: i128 = parts.iter().map(|(_, hours)| hours).sum();
        Some(Risk {
            version: parts.iter().map(|(risk, _)| risk.version).sum(),
            expires: parts.iter().map(|(risk, _)| risk.expires).min()?,
            reference: Price(i64::try_from(value.div_euclid(all)).unwrap()),
            losses: std::array::from_fn(|scenario| Cash(parts.iter().map(|(risk, _)| risk.losses[scenario].0).sum())),
        })
    }

    /// The mean of the marks of a strip's months over their hours, once all of them have one.
    pub(super) fn mean_mark(&self, strip: InstrumentId) -> Option<i128> {
        let (mut value, mut all) = (0, 0);
        for month in self.months(strip) {
            let month = self.listed(month);
            value += i128::from(month.mark?.0) * hours(&month.terms);
            all += hours(&month.terms);
        }
        Some(value.div_euclid(all))
    }

    /// The sum of the values at which the legs of a strip were settled for a day.
    pub(super) fn value_of_legs(&self, strip: InstrumentId, day: Day) -> Result<i128, Reject> {
        let settled = |leg: InstrumentId| self.listed(leg).last_settled.filter(|(last, _)| *last == day);
        let values: Option<Vec<i128>> =
            self.legs(strip).into_iter().map(|leg| settled(leg).map(|(_, value)| value)).collect();
        values.map(|values| values.iter().sum()).ok_or(Reject::NoSettlementPrice { instrument: strip })
    }

    /// Whether a strip is on its way into its legs.
    pub fn is_cascading(&self, strip: InstrumentId) -> bool {
        let settling = self.contract(strip).ok().and_then(|listed| listed.settling.as_ref());
        settling.is_some_and(|run| run.kind == SettlementKind::Cascade)
    }

    /// Whether some strip is on its way into a contract.
    pub fn is_cascaded_into(&self, instrument: InstrumentId) -> bool {
        self.cascading_into(instrument).is_some()
    }

    fn cascading_into(&self, instrument: InstrumentId) -> Option<InstrumentId> {
        let flows_into = |strip: &InstrumentId| self.is_cascading(*strip) && self.legs(*strip).contains(&instrument);
        self.instruments().into_iter().find(flows_into)
    }

    /// Whether a strip that has not cascaded yet could not do so after its leg was settled like this.
    fn is_owed(&self, strip: InstrumentId, leg: InstrumentId, day: Day, kind: SettlementKind) -> bool {
        let listed = self.listed(strip);
        let Kind::Strip(terms) = listed.terms.kind else { return false };
        let for_good = matches!(kind, SettlementKind::Final | SettlementKind::Cascade);
        !listed.settled_for_good && self.legs(strip).contains(&leg) && (for_good || day >= terms.first_day)
    }

    /// A cascade waits for its legs, and what it flows into waits for the cascade.
    pub(super) fn check_cascades(
        &self,
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
    ) -> Result<(), Reject> {
        let legs = self.legs(instrument).into_iter();
        let busy = legs.filter(|_| kind == SettlementKind::Cascade).find(|leg| self.is_settling(*leg));
        let busy = busy.or_else(|| self.cascading_into(instrument));
        let busy =
            busy.or_else(|| self.instruments().into_iter().find(|strip| self.is_owed(*strip, instrument, day, kind)));
        busy.map_or(Ok(()), |instrument| Err(Reject::Settling { instrument }))
    }

    /// Opens as many lots of each leg as were closed of the strip, at the values of the day.
    pub(super) fn cascade(&mut self, instrument: InstrumentId, account: AccountId, lots: i128) {
        for leg in self.legs(instrument) {
            let (_, value) = self.listed(leg).last_settled.unwrap();
            let held = self.holding_mut(account, leg);
            held.position += lots;
            held.cost += lots * value;
        }
        let position = Position(i64::try_from(lots).unwrap());
        self.events.push(Event::PositionCascaded { instrument, account, position });
    }
}

/// Whether a contract can be a leg of a strip.
fn is_leg(leg: &Contract, strip: &Strip) -> bool {
    let ends_now = |kind| matches!(kind, SettlementKind::Cascade | SettlementKind::Final);
    leg.terms.series() == Some(strip.series)
        && !leg.settled_for_good
        && !leg.settling.as_ref().is_some_and(|run| ends_now(run.kind))
}
