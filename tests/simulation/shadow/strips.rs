//! Strips as events tell of them: what they are made of, that their values are those of their legs, and how they become them.

use engine::ids::{AccountId, InstrumentId};
use engine::instrument::{SettlementKind, Terms};
use engine::units::{Cash, Day, Position};

use super::Shadow;
use crate::fault::{Fault, check, same};

impl Shadow {
    /// The legs of a strip; none of anything else.
    pub(super) fn legs_of(&self, instrument: InstrumentId) -> Vec<InstrumentId> {
        let strip = self.markets.get(&instrument).and_then(|market| market.terms.strip());
        strip.map_or(Vec::new(), |strip| strip.legs.as_slice().to_vec())
    }

    /// The months that a contract becomes in the end; any but a strip is one itself.
    pub(super) fn months_of(&self, instrument: InstrumentId) -> Vec<InstrumentId> {
        let legs = self.legs_of(instrument);
        if legs.is_empty() {
            return vec![instrument];
        }
        legs.into_iter().flat_map(|leg| self.months_of(leg)).collect()
    }

    /// Whether a strip is cascading into a contract.
    pub(super) fn is_cascaded_into(&self, instrument: InstrumentId) -> bool {
        let cascades = |strip: &InstrumentId| {
            let settling = self.markets[strip].settling.as_ref();
            settling.is_some_and(|settling| settling.kind == SettlementKind::Cascade)
        };
        self.strips_of(instrument).iter().any(cascades)
    }

    /// The strips that have a contract among their legs.
    fn strips_of(&self, instrument: InstrumentId) -> Vec<InstrumentId> {
        self.markets.keys().copied().filter(|&strip| self.legs_of(strip).contains(&instrument)).collect()
    }

    /// A strip settles at the sum of its legs, which wait for it.
    pub(super) fn check_strips(&self, terms: &Terms, day: Day, kind: SettlementKind, value: Cash) -> Result<(), Fault> {
        let instrument = terms.instrument;
        check(!self.is_cascaded_into(instrument), "what a strip cascades into settles nothing", || {
            format!("instrument {instrument}")
        })?;
        for strip in self.strips_of(instrument) {
            let strip = &self.markets[&strip];
            let is_early = kind != SettlementKind::Final && day <= strip.terms.last_settlement_day();
            check(strip.is_settled || is_early, "a leg waits for its strip", || {
                format!("{instrument} settles {day:?} before strip {}", strip.terms.instrument)
            })?;
        }
        let legs = self.legs_of(instrument);
        if legs.is_empty() {
            return Ok(());
        }
        let settled = |leg: &InstrumentId| self.markets[leg].settled.filter(|(last, _)| *last == day);
        let sum = legs.iter().map(|leg| settled(leg).map(|(_, value)| value)).sum::<Option<Cash>>();
        same("a strip is worth its legs", Some(value), sum, || format!("strip {instrument} for {day:?}"))?;
        let is_at_rest = kind != SettlementKind::Cascade
            || (day == terms.last_settlement_day() && legs.iter().all(|leg| self.markets[leg].settling.is_none()));
        check(is_at_rest, "a strip cascades on the eve of its delivery", || format!("strip {instrument} for {day:?}"))
    }

    /// As many lots of each leg as there were of the strip, at the value of the leg.
    pub(super) fn cascade(
        &mut self,
        instrument: InstrumentId,
        account: AccountId,
        position: Position,
    ) -> Result<(), Fault> {
        let expected = Some((instrument, account, position));
        same("what was settled cascades", self.course.cascading.take(), expected, || format!("account {account}"))?;
        for leg in self.legs_of(instrument) {
            let value = self.markets[&leg].settled.map_or(0, |(_, value)| value.0);
            self.move_position(leg, account, position.0, i128::from(value) * i128::from(position.0));
        }
        Ok(())
    }

    /// Everybody who was in the strip is in its legs now, so there, too, everything adds up to nothing.
    pub(super) fn end_cascade(&mut self, instrument: InstrumentId, accounts: usize) -> Result<(), Fault> {
        self.counts.cascades += u64::from(accounts > 0);
        self.legs_of(instrument).into_iter().try_for_each(|leg| self.check_balanced(leg))
    }
}
