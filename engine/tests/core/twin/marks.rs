//! Marks of margined contracts in the twin, the reference value they are made of, and what a stale index does to them.

use engine::event::Event;
use engine::ids::{InstrumentId, SeriesId};
use engine::instrument::{Halt, Kind};
use engine::margin::Risk;
use engine::reject::Reject;
use engine::units::{Price, Side};

use super::Twin;
use super::controls::mean;
use super::matching::hours;

impl Twin {
    /// Whether the first delivery day has begun.
    pub(super) fn is_in_delivery(&self, instrument: InstrumentId) -> bool {
        self.listed(instrument).terms.month().is_some_and(|month| self.now >= month.first_day.start())
    }

    /// Since when the index of a series is stale, if it is.
    pub(super) fn stale_since(&self, series: SeriesId) -> Option<i64> {
        let after = self.margin_of(series)?.stale_after_us;
        let latest = self.fixings.iter().filter(|fixing| fixing.series == series).map(|fixing| fixing.day).max()?;
        let since = latest.end().0 + after;
        (after > 0 && self.now.0 >= since).then_some(since)
    }

    /// Refuses what a stale index forbids.
    pub(super) fn check_fresh(&self, series: SeriesId) -> Result<(), Reject> {
        if self.stale_since(series).is_some() { Err(Reject::IndexStale { series }) } else { Ok(()) }
    }

    /// A fixing after which a series is not stale ends the halts of its contracts.
    pub(super) fn end_stale_halts(&mut self, series: SeriesId) {
        if self.stale_since(series).is_some() {
            return;
        }
        let mut instruments = self.instruments();
        instruments.sort();
        for instrument in instruments {
            let contract = self.contract_mut(instrument);
            if contract.terms.series() == Some(series) && contract.halt == Some(Halt::StaleIndex) {
                contract.halt = None;
                self.events.push(Event::InstrumentResumed { instrument });
            }
        }
    }

    /// Whether marks have been frozen for so long that the contract halts instead.
    fn halt_if_frozen(&mut self, instrument: InstrumentId) -> bool {
        let contract = self.listed(instrument);
        let series = contract.terms.series().unwrap();
        let Some(since) = self.stale_since(series) else { return false };
        let frozen = self.margin_of(series).unwrap().frozen_us;
        let halted = matches!(contract.halt, Some(Halt::Operator | Halt::StaleIndex));
        if halted || self.now.0 < since + frozen {
            return false;
        }
        let halt = Halt::StaleIndex;
        self.contract_mut(instrument).halt = Some(halt);
        self.events.push(Event::InstrumentHalted { instrument, halt });
        true
    }

    pub(super) fn update_margined_mark(&mut self, instrument: InstrumentId) -> Result<(), Reject> {
        if self.halt_if_frozen(instrument) {
            return Ok(());
        }
        self.check_fresh(self.listed(instrument).terms.series().unwrap())?;
        let contract = self.listed(instrument);
        let (terms, before, basis) = (contract.terms, contract.mark, contract.margin.basis);
        let series = terms.series().unwrap();
        let risk = self.risk_of(instrument).ok_or(Reject::NoMark { instrument })?;
        let reference = self.reference_value(instrument, &risk).ok_or(Reject::NoMark { instrument })?;
        let band = i128::from(self.margin_of(series).unwrap().mark_band.0);

        let quotes = [Side::Buy, Side::Sell].map(|side| self.best_price(instrument, side));
        let middle = match quotes {
            [Some(bid), Some(offer)] => Some(i128::from(mean(bid, offer).0)),
            _ => None,
        };
        let basis = basis + middle.map_or(0, |middle| (middle - reference - basis).div_euclid(8));
        let last = self.last_trade(instrument).map(|price| i128::from(price.0));
        let found = [Some(reference + basis), middle, last].into_iter().flatten();
        let mut found: Vec<i128> = found.map(|value| value.clamp(reference - band, reference + band)).collect();
        found.sort_unstable();
        let median = match found[..] {
            [only] => only,
            [one, other] => (one + other).div_euclid(2),
            [_, median, _] => median,
            _ => unreachable!("there is a reference, and there are three at most"),
        };
        let price = Price(i64::try_from(median).unwrap()).clamp(terms.floor, terms.cap);

        let in_delivery = self.is_in_delivery(instrument);
        let contract = self.contract_mut(instrument);
        contract.margin.basis = basis;
        let begins = in_delivery && !contract.margin.marked_in_delivery;
        contract.margin.marked_in_delivery = in_delivery;
        contract.mark = Some(price);
        if matches!(terms.kind, Kind::Perpetual(_)) {
            contract.margin.premiums.push(i128::from(price.0) - reference);
        }
        if before != Some(price) || begins {
            self.make_due(instrument);
        }
        if begins {
            for strip in self.strips_with(instrument) {
                self.make_due(strip);
            }
        }
        self.watch_prices();
        self.events.push(Event::MarkUpdated { instrument, price });
        Ok(())
    }

    /// The array's reference; in delivery the mean over what is fixed and what is not. Of a strip what its months are marked at, of a
    /// perpetual its index.
    pub(super) fn reference_value(&self, instrument: InstrumentId, risk: &Risk) -> Option<i128> {
        let terms = self.listed(instrument).terms;
        let reference = i128::from(risk.reference.0);
        match terms.kind {
            Kind::Strip(_) => return self.mean_mark(instrument),
            Kind::Perpetual(_) => {
                return Some(self.index(instrument).map_or(reference, |price| i128::from(price.0)));
            }
            _ if !self.is_in_delivery(instrument) => return Some(reference),
            _ => {}
        }
        let series = terms.series().unwrap();
        let of = |day| self.fixings.iter().find(|fixing| fixing.series == series && fixing.day == day);
        let days = self.delivery_days(instrument);
        let sum: i128 = days.map(|day| of(day).map_or(reference, |fixing| i128::from(fixing.price.0)) * 24).sum();
        Some(sum.div_euclid(hours(&terms)))
    }
}
