//! Spreads: contracts on the difference of two others, which have no position of their own. What they need of margin follows from
//! their legs, and what they trade becomes positions there (`docs/spreads.md`).

use crate::engine::Engine;
use crate::ids::InstrumentId;
use crate::instrument::{Kind, SettlementKind, Spread, State};
use crate::market::Market;
use crate::reject::Reject;

impl Engine {
    /// The spread between two contracts, whether it could be listed or not; `None` if one of them is not listed.
    pub fn spread_between(&self, near: InstrumentId, far: InstrumentId) -> Option<Spread> {
        let (first, second) = (self.market(near)?.terms, self.market(far)?.terms);
        Some(Spread { near, far, hours: second.hours(), end: first.end().min(second.end()) })
    }

    /// Refuses legs that do not make a spread.
    pub(crate) fn check_spread(&self, spread: &Spread) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidTerms { rule });
        let legs = self.leg(spread.near).zip(self.leg(spread.far)).filter(|_| spread.near != spread.far);
        let Some((near, far)) = legs else {
            return invalid("the legs of a spread are two different margined contracts that still trade");
        };
        let periods = near.terms.delivery().zip(far.terms.delivery());
        let ((near_day, near_days), (far_day, far_days)) = periods.expect("a leg has a period of delivery");
        if near.terms.series() == far.terms.series() && far_day < near_day.plus(near_days) {
            return invalid("the near leg of a calendar spread is delivered before the far one");
        }
        if near.terms.series() != far.terms.series() && (near_day, near_days) != (far_day, far_days) {
            return invalid("the legs of a spread between series are delivered in the same hours");
        }
        if self.spread_between(spread.near, spread.far) != Some(*spread) {
            return invalid("a spread has the hours of its far leg and ends with the first of its legs");
        }
        Ok(())
    }

    /// A contract that can be a leg and still trades.
    fn leg(&self, instrument: InstrumentId) -> Option<&Market> {
        let is_leg = |market: &&Market| {
            matches!(market.terms.kind, Kind::MarginedMonth(_) | Kind::PhysicalMonth(_) | Kind::Strip(_))
        };
        let trades = |market: &&Market| {
            !matches!(market.state, State::Settled | State::Settling(SettlementKind::Final | SettlementKind::Cascade))
        };
        self.market(instrument).filter(is_leg).filter(trades)
    }
}
