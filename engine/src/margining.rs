//! What the operator and the risk service say about margined contracts: parameters, credits, arrays, marks.

use crate::engine::Engine;
use crate::event::Event;
use crate::ids::{InstrumentId, SeriesId};
use crate::instrument::{Halt, State};
use crate::limits;
use crate::margin::{Credit, Risk, SeriesMargin};
use crate::market::{Market, mean};
use crate::order::TriggerReference;
use crate::reject::Reject;
use crate::units::{Cash, HOURS_PER_DAY, Hours, Lots, Price, Side};

/// How slowly the basis follows: by an eighth of what it is off, each mark.
const BASIS_SMOOTHING: i64 = 8;

/// What a mark is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marking {
    pub(crate) mark: Price,
    pub(crate) reference: Price,
    pub(crate) basis: Price,
    pub(crate) in_delivery: bool,
}

/// How stale an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staleness {
    /// Marks stay as they are.
    Frozen,
    /// For so long that contracts do not trade any more.
    Halted,
}

impl Engine {
    pub(crate) fn set_margin(
        &mut self,
        series: SeriesId,
        margin: SeriesMargin,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        margin.check()?;
        if self.margins.find(series).is_none() && self.margins.iter().count() >= limits::MARGIN_SERIES_MAX {
            return Err(Reject::InvalidMargin { rule: "at most 1000 series have margin parameters" });
        }
        self.margins.set(series, margin);
        events.push(Event::MarginSet { series, margin });
        let of_series = |market: &Market| {
            market.margin_series.is_some() && market.state != State::Settled && market.terms.series() == Some(series)
        };
        let contracts: Vec<InstrumentId> =
            self.markets().filter(|market| of_series(market)).map(|market| market.terms.instrument).collect();
        contracts.into_iter().for_each(|instrument| self.call_for_revaluation(instrument));
        Ok(())
    }

    /// Credits are not kept in any sum, so nothing has to be revalued; who falls below its margin is found at the next mark.
    pub(crate) fn set_credit(
        &mut self,
        first: SeriesId,
        second: SeriesId,
        per_lot: Cash,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let Credit { first, second, per_lot } = self.margins.credits.set(first, second, per_lot)?;
        events.push(Event::CreditSet { first, second, per_lot });
        Ok(())
    }

    pub(crate) fn publish_risk(
        &mut self,
        instrument: InstrumentId,
        risk: &Risk,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let place = self.markets.require(instrument)?;
        let market = self.markets.get(place);
        let series = market.margin_series.ok_or(Reject::NotMargined { instrument })?;
        if market.state == State::Settled {
            return Err(Reject::Expired { instrument });
        }
        let margin = self.margins.get(series).ok_or(Reject::RiskUnknown { instrument })?;
        if let Some(before) = market.risk.filter(|before| risk.version <= before.version) {
            return Err(Reject::RiskOutOfOrder { instrument, version: risk.version, latest: before.version });
        }
        if market.terms.strip().is_some() {
            return Err(Reject::InvalidRisk { rule: "the array of a strip follows from those of its months" });
        }
        risk.check(&market.terms, margin, market.risk.as_ref(), self.time)?;
        self.markets.get_mut(place).set_risk(Some(*risk));
        events.push(Event::RiskPublished { instrument, version: risk.version, reference: risk.reference });
        self.call_for_revaluation(instrument);
        for strip in self.strips_with(place) {
            self.derive_risk(strip);
        }
        self.call_for_strips(place);
        Ok(())
    }

    /// The strips that contain a month are to be revalued with it.
    fn call_for_strips(&mut self, month: u32) {
        for strip in self.strips_with(month) {
            let instrument = self.markets.get(strip).terms.instrument;
            self.call_for_revaluation(instrument);
        }
    }

    /// Marks a margined contract by its array's reference, its book and its last trade.
    pub(crate) fn mark_margined(&mut self, place: u32, events: &mut Vec<Event>) -> Result<(), Reject> {
        let market = self.markets.get(place);
        let instrument = market.terms.instrument;
        if let Some(staleness) = self.staleness(market) {
            if staleness == Staleness::Frozen
                || market.halt.is_some_and(|halt| !matches!(halt, Halt::DailyLimit { .. }))
            {
                let series = market.terms.series().expect("only contracts have an index");
                return Err(Reject::IndexStale { series });
            }
            let halt = Halt::StaleIndex;
            self.set_halt(place, Some(halt));
            self.refresh(place);
            events.push(Event::InstrumentHalted { instrument, halt });
            return Ok(());
        }
        let Marking { mark, reference, basis, in_delivery } =
            self.marking(market).ok_or(Reject::NoMark { instrument })?;
        let delivery_begins = in_delivery && !market.in_delivery;
        let is_new = market.mark() != Some(mark) || delivery_begins;
        let market = self.markets.get_mut(place);
        (market.basis, market.in_delivery) = (basis, in_delivery);
        if market.terms.perpetual().is_some() {
            market.funding.sample(Price(mark.0 - reference.0));
        }
        market.stops.note(TriggerReference::Mark, mark);
        market.set_valuation();
        self.refresh(place);
        events.push(Event::MarkUpdated { instrument, price: mark });
        if is_new {
            self.call_for_revaluation(instrument);
        }
        if delivery_begins {
            // Who holds only a strip reaches into this month, too.
            self.call_for_strips(place);
        }
        Ok(())
    }

    /// Whether the index of a margined contract is stale, and for how long.
    pub(crate) fn staleness(&self, market: &Market) -> Option<Staleness> {
        let margin = self.margins.get(market.margin_series?)?;
        let series = market.terms.series()?;
        if margin.stale_after_us == 0 {
            return None;
        }
        let (day, _) = self.fixings.latest(series)?;
        let since = day.end().plus_micros(margin.stale_after_us);
        if self.time < since {
            return None;
        }
        let thawed = since.plus_micros(margin.frozen_us);
        Some(if self.time < thawed { Staleness::Frozen } else { Staleness::Halted })
    }

    /// What the mark would be made of now; `None` without an array.
    pub(crate) fn marking(&self, market: &Market) -> Option<Marking> {
        let risk = market.risk?;
        let margin = self.margins.get(market.margin_series?)?;
        let (reference, in_delivery) = self.reference_value(market, &risk)?;
        let midpoint = market.midpoint();
        let basis = midpoint.map_or(market.basis, |midpoint| {
            let off = midpoint.0 - reference.0 - market.basis.0;
            Price(market.basis.0 + off.div_euclid(BASIS_SMOOTHING))
        });
        let (low, high) = (Price(reference.0 - margin.mark_band.0), Price(reference.0 + margin.mark_band.0));
        let mut prices: Vec<Price> =
            [Some(Price(reference.0 + basis.0)), midpoint, market.last_trades.latest()].into_iter().flatten().collect();
        prices.iter_mut().for_each(|price| *price = (*price).clamp(low, high));
        prices.sort_unstable();
        let median = match prices[..] {
            [low, high] => mean(low, high),
            _ => prices[prices.len() / 2],
        };
        let mark = median.clamp(market.terms.floor, market.terms.cap);
        Some(Marking { mark, reference, basis, in_delivery })
    }

    /// The array's reference, in delivery blended with what is fixed already, rounded down to the micro-USD; of a strip the mean of its
    /// months' marks, if they have some; of a perpetual its index. Also whether it is in delivery.
    pub(crate) fn reference_value(&self, market: &Market, risk: &Risk) -> Option<(Price, bool)> {
        if let Some(perpetual) = market.terms.perpetual() {
            let index = self.fixings.latest(perpetual.series).map(|(_, fixing)| fixing.price);
            return Some((index.unwrap_or(risk.reference), false));
        }
        let Some(month) = market.terms.month() else {
            return self.mean_mark(&market.months).map(|mark| (mark, false));
        };
        if self.time < month.first_day.start() {
            return Some((risk.reference, false));
        }
        let day = Hours(HOURS_PER_DAY);
        let value: Cash = month
            .delivery_days()
            .map(|at| self.fixings.get(month.series, at).map_or(risk.reference, |fixing| fixing.price))
            .map(|price| price.notional(Lots(1), day))
            .sum();
        Some((Price(value.0.div_euclid(i64::from(month.hours().0))), true))
    }
}

impl Market {
    /// The middle between best bid and best offer, rounded down.
    pub(crate) fn midpoint(&self) -> Option<Price> {
        self.book.best(Side::Buy).zip(self.book.best(Side::Sell)).map(|(bid, ask)| mean(bid, ask))
    }
}
