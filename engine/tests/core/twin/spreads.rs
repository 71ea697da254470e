//! Spreads of the twin: what their legs must be, which prices these trade at, what a trade does to them, and what an open order would.

use engine::event::Event;
use engine::ids::{AccountId, InstrumentId, SeriesId};
use engine::instrument::{Kind, SettlementKind, Spread, Terms};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Price, Side};

use super::Twin;
use super::collateral::Open;
use super::matching::hours;
use super::requirement::{Counted, Line, range_of_lot};
use super::strips::ends;

impl Twin {
    /// The first rule of listing that a spread breaks.
    pub(super) fn broken_rule_of_spread(&self, spread: &Spread) -> Option<&'static str> {
        if self.rules < Rules::FOURTH {
            return Some("spreads need the fourth version of the rules");
        }
        let legs = [spread.near, spread.far].map(|leg| self.leg_of_spread(leg));
        let [Some(near), Some(far)] = legs else {
            return Some("the legs of a spread are two different margined contracts that still trade");
        };
        if spread.near == spread.far {
            return Some("the legs of a spread are two different margined contracts that still trade");
        }
        let [(near_begins, near_days), (far_begins, far_days)] = [near, far].map(|leg| leg.delivery().unwrap());
        let near_ends = near_begins.0 + i32::from(near_days);
        let broken = if near.series() == far.series() {
            (far_begins.0 < near_ends).then_some("the near leg of a calendar spread is delivered before the far one")
        } else {
            let same = (near_begins, near_days) == (far_begins, far_days);
            (!same).then_some("the legs of a spread between series are delivered in the same hours")
        };
        let end = ends(&near).min(ends(&far)).unwrap();
        let is_said = i128::from(spread.hours.0) == hours(&far) && spread.end == end;
        broken.or((!is_said).then_some("a spread has the hours of its far leg and ends with the first of its legs"))
    }

    /// A month on margin, a physical one or a strip that does not end just now.
    fn leg_of_spread(&self, leg: InstrumentId) -> Option<Terms> {
        let leg = self.contract(leg).ok()?;
        let can_be = matches!(leg.terms.kind, Kind::MarginedMonth(_) | Kind::PhysicalMonth(_) | Kind::Strip(_));
        let ends_now = leg
            .settling
            .as_ref()
            .is_some_and(|run| matches!(run.kind, SettlementKind::Cascade | SettlementKind::Final));
        (can_be && !leg.settled_for_good && !ends_now).then_some(leg.terms)
    }

    /// The contracts that an order gives positions in, each with its side there.
    pub(super) fn traded_legs(&self, instrument: InstrumentId, side: Side) -> Vec<(InstrumentId, Side)> {
        match self.listed(instrument).terms.kind {
            Kind::Spread(spread) => vec![(spread.near, side), (spread.far, side.opposite())],
            _ => vec![(instrument, side)],
        }
    }

    /// What a leg may trade at: daily limits, floor and cap.
    fn bounds(&self, leg: InstrumentId) -> (Price, Price) {
        let Terms { floor, cap, .. } = self.listed(leg).terms;
        self.daily_limits(leg).unwrap_or((floor, cap))
    }

    /// Why the legs of a spread cannot trade at a price of it. Of anything else: nothing.
    pub(super) fn broken_leg(&self, instrument: InstrumentId, price: Price) -> Result<(), Reject> {
        let Kind::Spread(Spread { near, far, .. }) = self.listed(instrument).terms.kind else { return Ok(()) };
        let known = |leg| self.listed(leg).mark.ok_or(Reject::RiskUnknown { instrument: leg });
        let mark = known(near)?;
        known(far)?;
        let (lower, upper) = self.bounds(near);
        if mark < lower || mark > upper {
            return Err(Reject::OutsideDailyLimits { price: mark, lower, upper });
        }
        let (lower, upper) = self.bounds(far);
        let far_price = Price(mark.0 - price.0);
        if far_price < lower || far_price > upper {
            let (lower, upper) = (Price(mark.0 - upper.0), Price(mark.0 - lower.0));
            return Err(Reject::OutsideDailyLimits { price, lower, upper });
        }
        Ok(())
    }

    /// A trade of a spread is one in each leg: the near one at its mark, the far one at what is missing to the price.
    pub(super) fn clear_legs(
        &mut self,
        spread: &Spread,
        (buyer, seller): (AccountId, AccountId),
        price: Price,
        lots: u32,
    ) {
        let Spread { near, far, .. } = *spread;
        let near_price = self.listed(near).mark.unwrap();
        let far_price = Price(near_price.0 - price.0);
        self.events.push(Event::LegsTraded { near, near_price, far, far_price });
        let [near, far] = [near, far].map(|leg| self.listed(leg).terms);
        self.clear(&near, (buyer, seller), near_price, lots);
        self.clear(&far, (seller, buyer), far_price, lots);
    }

    /// What open orders in spreads do to a series, as orders in something that is valued.
    pub(super) fn lines_of_spreads(&self, account: AccountId, series: SeriesId, counted: Counted<'_>) -> Vec<Line> {
        let mut lines = Vec::new();
        for (instrument, spread) in self.spreads() {
            let orders = self.counted_orders(account, instrument, counted);
            if orders.is_empty() {
                continue;
            }
            let legs = [spread.near, spread.far].map(|leg| self.empty_line(leg));
            let [Some(near), Some(far)] = legs else { continue };
            let [of_near, of_far] =
                [spread.near, spread.far].map(|leg| self.listed(leg).terms.series() == Some(series));
            if of_near && of_far {
                lines.push(netted(near, far, orders));
                continue;
            }
            let at_mark = orders.iter().map(|open| Open { limit: near.mark, ..*open }).collect();
            let turned = |open: &Open| Open { side: open.side.opposite(), limit: near.mark - open.limit, ..*open };
            if of_far {
                lines.push(Line { orders: orders.iter().map(turned).collect(), ..far });
            } else if of_near {
                lines.push(Line { orders: at_mark, ..near });
            }
        }
        lines
    }

    /// What open orders in spreads may bring an account to gain or lose between floor and cap.
    pub(super) fn value_of_spreads(&self, account: AccountId, counted: Counted<'_>) -> i128 {
        let value = |(instrument, spread): (InstrumentId, Spread)| {
            let orders = self.counted_orders(account, instrument, counted);
            let of = |side| orders.iter().filter(|open| open.side == side).map(|open| open.lots).sum::<i128>();
            let of_lot: i128 = [spread.near, spread.far].map(|leg| range_of_lot(&self.listed(leg).terms)).iter().sum();
            of(Side::Buy).max(of(Side::Sell)) * of_lot
        };
        self.spreads().into_iter().map(value).sum()
    }

    /// All that are listed.
    pub fn spreads(&self) -> Vec<(InstrumentId, Spread)> {
        let spread = |terms: Terms| terms.spread().map(|spread| (terms.instrument, spread));
        self.contracts.iter().filter_map(|contract| spread(contract.terms)).collect()
    }
}

/// A lot of the near leg bought and one of the far leg sold, of one series.
fn netted(near: Line, far: Line, orders: Vec<Open>) -> Line {
    let losses = std::array::from_fn(|scenario| near.losses[scenario] - far.losses[scenario]);
    let sold = far.months.iter().map(|(month, in_delivery, _)| (*month, *in_delivery, true));
    let months = near.months.iter().copied().chain(sold).collect();
    Line { orders, losses, mark: near.mark - far.mark, hours: far.hours, months, ..near }
}
