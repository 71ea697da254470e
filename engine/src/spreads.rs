//! Spreads: contracts on the difference of two others, which have no position of their own. What they need of margin follows from
//! their legs, and what they trade becomes positions there (`docs/spreads.md`).

use crate::cover::{Changed, Proposed, Touched, reach_of};
use crate::engine::Engine;
use crate::event::Event;
use crate::ids::InstrumentId;
use crate::instrument::{Kind, SettlementKind, Spread, State, Terms};
use crate::margin::{Added, Change, SpreadValuation, Sums};
use crate::market::Market;
use crate::orders::{Live, OrderState};
use crate::reject::Reject;
use crate::units::{Cash, Lots, Price, Side};

/// What each leg trades at.
#[derive(Clone, Copy, Debug)]
struct LegPrices {
    near: Price,
    far: Price,
}

impl Engine {
    /// The spread between two contracts, whether it could be listed or not; `None` if one of them is not listed.
    pub fn spread_between(&self, near: InstrumentId, far: InstrumentId) -> Option<Spread> {
        Some(Spread::between(&self.market(near)?.terms, &self.market(far)?.terms))
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

    /// Whether a spread that was listed once could have these legs.
    pub(crate) fn are_legs(&self, spread: &Spread) -> bool {
        let are_legs = [spread.near, spread.far].iter().all(|&leg| self.market(leg).is_some_and(can_be_leg));
        are_legs && spread.near != spread.far && self.spread_between(spread.near, spread.far) == Some(*spread)
    }

    /// A contract that can be a leg and still trades.
    fn leg(&self, instrument: InstrumentId) -> Option<&Market> {
        let trades = |market: &&Market| {
            !matches!(market.state, State::Settled | State::Settling(SettlementKind::Final | SettlementKind::Cascade))
        };
        self.market(instrument).filter(|market| can_be_leg(market)).filter(trades)
    }

    /// The places of a spread's legs; none of anything else.
    pub(crate) fn legs_of_spread(&self, terms: &Terms) -> Option<[u32; 2]> {
        let spread = terms.spread()?;
        Some([spread.near, spread.far].map(|leg| self.markets.find(leg).expect("a leg is listed before its spread")))
    }

    /// Refuses orders in a spread while one of its legs takes none.
    #[cold]
    pub(crate) fn check_legs_open(&self, legs: [u32; 2]) -> Result<(), Reject> {
        legs.iter().try_for_each(|&leg| self.check_open(self.markets.get(leg)))
    }

    /// The lowest and the highest price at which both legs trade within their own limits: the near one at its mark, the far one at
    /// the mark less the price.
    ///
    /// # Errors
    /// If a mark is missing, or that of the near leg lies outside its limits.
    pub(crate) fn prices_of_legs(&self, legs: [u32; 2]) -> Result<(Price, Price), Reject> {
        let [near, far] = legs.map(|leg| self.markets.get(leg));
        let mark = |leg: &Market| leg.mark().ok_or(Reject::RiskUnknown { instrument: leg.terms.instrument });
        let price = mark(near)?;
        mark(far)?;
        let (lower, upper) = near.bounds;
        if price < lower || price > upper {
            return Err(Reject::OutsideDailyLimits { price, lower, upper });
        }
        let (lower, upper) = far.bounds;
        Ok((price - upper, price - lower))
    }

    /// Whether a resting order could trade: in a spread the legs' limits may have moved away from its price.
    #[inline]
    pub(crate) fn is_feasible(&self, market: u32, price: Price) -> bool {
        self.markets.get(market).legs.is_none_or(|legs| self.suits_legs(legs, price))
    }

    #[cold]
    fn suits_legs(&self, legs: [u32; 2], price: Price) -> bool {
        self.prices_of_legs(legs).is_ok_and(|(lower, upper)| (lower..=upper).contains(&price))
    }

    /// The rules of an order in a spread, in the order of those in margined contracts.
    pub(crate) fn check_spread_margin(&self, proposed: &Proposed, legs: [u32; 2]) -> Result<(), Reject> {
        let contracts = legs.map(|leg| self.markets.get(leg));
        let unknown = contracts.iter().find(|leg| {
            let margin = leg.margin_series.and_then(|series| self.margins.get(series));
            margin.and(leg.valuation()).is_none()
        });
        if let Some(leg) = unknown {
            return Err(Reject::RiskUnknown { instrument: leg.terms.instrument });
        }
        let (low, high) = self.reach_gained(proposed);
        let [near, far] = contracts;
        let bought = Added { months: &near.months, low, high };
        let sold = Added { months: &far.months, low: -high, high: -low };
        let touch = |leg: &Market, added| {
            let series = leg.margin_series.expect("a leg is margined");
            Touched { series, group: self.group_of(proposed.account, series), added }
        };
        if near.margin_series == far.margin_series {
            return self.check_touched(proposed, contracts, &[touch(near, [bought, sold])]);
        }
        let nothing = Added { months: &[], low: 0, high: 0 };
        self.check_touched(proposed, contracts, &[touch(near, [bought, nothing]), touch(far, [sold, nothing])])
    }

    fn check_touched<const N: usize>(
        &self,
        proposed: &Proposed,
        legs: [&Market; 2],
        touched: &[Touched<'_, 2>; N],
    ) -> Result<(), Reject> {
        let &Proposed { account, side, limit, lots, left, .. } = proposed;
        touched.iter().try_for_each(|touched| self.check_series_position(touched))?;
        let width = legs[0].contract.width() + legs[1].contract.width();
        self.check_value_range(account, proposed.place, reach_of(proposed.after), width)?;
        for (leg, side) in legs.into_iter().zip([side, side.opposite()]) {
            let place = self.markets.find(leg.terms.instrument).expect("a leg is listed");
            self.check_open_interest(leg, &self.exposure_of(place, account), side, lots)?;
        }
        let required = self.check_fees(proposed, self.markets.get(proposed.market))?;
        let valuation = value_legs(legs).expect("both legs have array and mark");
        let mut changes = valuation.order(side, limit, lots);
        if let Some((limit, lots)) = left {
            let gone = valuation.order(side, limit, lots);
            changes.iter_mut().zip(&gone).for_each(|(change, gone)| change.subtract(gone));
        }
        let parts =
            std::array::from_fn::<_, N, _>(|at| (touched[at].group, self.part_with(&touched[at], &changes[at])));
        self.check_initial(account, &parts, &legs, required)
    }

    /// Brings what is summed up for a spread's exposure up to date with what happened to it.
    pub(crate) fn note_spread(&mut self, share: u32, legs: [u32; 2], reach: (i64, i64), changed: Changed) {
        let valuation = value_legs(legs.map(|leg| self.markets.get(leg)));
        let changes = valuation.map(|valuation| changed.of_spread(&valuation)).unwrap_or_default();
        self.reach_legs(share, legs, reach);
        for (share, change) in self.shares(share).into_iter().zip(&changes) {
            self.exposures.groups.add(share, change);
        }
        self.refresh_both(share);
    }

    /// Puts what a spread's orders add up to in the place of what they did.
    pub(crate) fn replace_spread(&mut self, share: u32, legs: [u32; 2], reach: (i64, i64), sums: &[Sums; 2]) {
        self.reach_legs(share, legs, reach);
        for (share, sums) in self.shares(share).into_iter().zip(sums) {
            self.exposures.groups.replace(share, sums);
        }
        self.refresh_both(share);
    }

    /// What an order in a spread adds to the sums of both shares, at present arrays and marks.
    pub(crate) fn value_of_spread_order(&self, legs: [u32; 2], side: Side, limit: Price, lots: Lots) -> [Change; 2] {
        let valuation = value_legs(legs.map(|leg| self.markets.get(leg)));
        valuation.map(|valuation| valuation.order(side, limit, lots)).unwrap_or_default()
    }

    /// Who buys a spread reaches further up in its near leg, and further down in its far one.
    fn reach_legs(&mut self, share: u32, [near, far]: [u32; 2], (low, high): (i64, i64)) {
        let [of_near, of_far] = self.shares(share);
        self.exposures.groups.reach(of_near, self.markets.get(near), low, high);
        self.exposures.groups.reach(of_far, self.markets.get(far), -high, -low);
    }

    fn shares(&self, share: u32) -> [u32; 2] {
        [share, self.exposures.groups.share(share).other]
    }

    fn refresh_both(&mut self, share: u32) {
        let [near, far] = self.shares(share).map(|share| self.exposures.groups.share(share).group);
        self.refresh_part(near);
        if far != near {
            self.refresh_part(far);
        }
    }

    /// A trade of a spread: both orders shrink, and both accounts trade both legs.
    pub(crate) fn clear_spread(
        &mut self,
        legs: [u32; 2],
        (taker, maker): (u32, u32),
        price: Price,
        lots: Lots,
        events: &mut Vec<Event>,
    ) {
        let [near, far] = legs.map(|leg| self.markets.get(leg));
        let near_price = near.mark().expect("a spread trades within its legs' limits, which takes a mark");
        let prices = LegPrices { near: near_price, far: near_price - price };
        let (near, far) = (near.terms.instrument, far.terms.instrument);
        events.push(Event::LegsTraded { near, near_price, far, far_price: prices.far });
        for hot in [taker, maker] {
            self.clear_spread_side(legs, hot, prices, lots);
        }
    }

    fn clear_spread_side(&mut self, [near, far]: [u32; 2], hot: u32, prices: LegPrices, lots: Lots) {
        let live = self.orders.live_mut(hot);
        live.filled += lots;
        let (Live { side, limit, exposure: place, account, market, .. }, is_filled) =
            (*live, live.remaining().is_zero());
        let mut exposure = self.exposures.get(place).exposure;
        exposure.shrink(&self.markets.get(market).contract, side, limit, lots);
        if is_filled {
            exposure.orders_count -= 1;
            self.finish(hot, OrderState::Filled);
        }
        self.set_exposure(place, &exposure);
        self.note_margin(place, Changed::Closed { side, limit, lots });
        for (leg, side, price) in [(near, side, prices.near), (far, side.opposite(), prices.far)] {
            let paid = price.notional(lots, self.markets.get(leg).contract.hours);
            match side {
                Side::Buy => self.change_position(leg, account, i64::from(lots.0), paid),
                Side::Sell => self.change_position(leg, account, -i64::from(lots.0), Cash::ZERO - paid),
            }
        }
    }
}

fn can_be_leg(market: &Market) -> bool {
    matches!(market.terms.kind, Kind::MarginedMonth(_) | Kind::PhysicalMonth(_) | Kind::Strip(_))
}

/// What both legs' arrays and marks say of a spread; `None` until both are known.
fn value_legs([near, far]: [&Market; 2]) -> Option<SpreadValuation> {
    let (of_near, of_far) = (near.valuation()?, far.valuation()?);
    Some(match near.margin_series == far.margin_series {
        true => SpreadValuation::netted(of_near, of_far),
        false => SpreadValuation::Apart { near: *of_near, far: *of_far },
    })
}
