//! The part of a snapshot that the third version of the rules brought: parameters, arrays, and what is due to be revalued.
//!
//! What positions and orders add up to is worked out again when it is read. Where a revaluation was under way, all accounts come back
//! valued; the steps that remain find nothing to change.

use super::read::{invalid, repeat, take_bool};
use crate::engine::Engine;
use crate::funding::Funding;
use crate::ids::{AccountId, InstrumentId, OrderId, SeriesId};
use crate::instrument::State;
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::journal::wire;
use crate::orders::NONE;
use crate::units::{Cash, Day, Price};

impl Engine {
    /// Under older rules only parameters can have been set; a state without any is written as programs before this one wrote it.
    pub(super) fn has_margin_section(&self) -> bool {
        let is_set = self.margins.iter().next().is_some() || self.margins.credits.iter().len() > 0;
        self.rules.has_margin() || is_set
    }

    pub(super) fn put_margin(&self, to: &mut Writer) {
        put_count(to, self.margins.iter().count());
        for (series, margin) in self.margins.iter() {
            to.u32(series.0);
            wire::put_margin(to, margin);
        }
        put_count(to, self.margins.credits.iter().len());
        for credit in self.margins.credits.iter() {
            to.u32(credit.first.0);
            to.u32(credit.second.0);
            to.i64(credit.per_lot.0);
        }
        for market in self.markets.iter().filter(|market| market.terms.is_margined()) {
            let own = market.risk.as_ref().filter(|_| market.terms.strip().is_none());
            to.u8(u8::from(own.is_some()));
            if let Some(risk) = own {
                wire::put_risk(to, risk);
            }
            to.i64(market.basis.0);
            to.u8(u8::from(market.in_delivery));
            to.i64(market.funding.premium_sum);
            to.u32(market.funding.samples);
            to.i64(market.funding.funded_hour);
            put_count(to, market.closing.iter().len());
            for (day, lots, notional) in market.closing.iter() {
                to.i32(day.0);
                to.u64(lots);
                to.bytes(&notional.to_le_bytes());
            }
        }
        put_count(to, self.due.revaluations.len());
        for (instrument, after) in &self.due.revaluations {
            to.u32(instrument.0);
            to.i64(after.map_or(-1, |account| i64::from(account.0)));
        }
        put_count(to, self.due.checks.len());
        for (account, below) in &self.due.checks {
            to.u32(account.0);
            to.u64(below.map_or(0, |order| order.0));
        }
    }

    pub(super) fn take_margin(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let series = SeriesId(from.u32()?);
            let margin = wire::take_margin(from)?;
            margin.check().map_err(|_| invalid("margin of series", u64::from(series.0)))?;
            self.margins.set(series, margin);
            Ok(())
        })?;
        repeat(from, |from| {
            let (first, second, per_lot) = (SeriesId(from.u32()?), SeriesId(from.u32()?), Cash(from.i64()?));
            let set = self.margins.credits.set(first, second, per_lot);
            set.map(|_| ()).map_err(|_| invalid("credit of series", u64::from(first.0)))
        })?;
        for place in self.market_places() {
            if self.markets.get(place).terms.is_margined() {
                self.take_market_margin(place, from)?;
            }
        }
        self.market_places().for_each(|place| self.derive_risk(place));
        repeat(from, |from| {
            let instrument = InstrumentId(from.u32()?);
            let market = self.markets.get(self.market_place(instrument)?);
            if !market.contract.is_margined || market.state == State::Settled {
                return Err(invalid("instrument to be revalued", u64::from(instrument.0)));
            }
            let after = u32::try_from(from.i64()?).ok().map(AccountId);
            self.due.revaluations.insert(instrument, after);
            Ok(())
        })?;
        repeat(from, |from| {
            let account = AccountId(from.u32()?);
            self.account_slot(account)?;
            let below = Some(from.u64()?).filter(|&order| order > 0).map(OrderId);
            self.due.checks.insert(account, below);
            Ok(())
        })
    }

    fn take_market_margin(&mut self, place: u32, from: &mut Reader) -> Result<(), DecodeError> {
        let risk = if take_bool(from)? { Some(wire::take_risk(from)?) } else { None };
        let market = self.markets.get_mut(place);
        let terms = market.terms;
        let most = crate::limits::LOSS_PER_LOT_MAX.0.unsigned_abs();
        let is_sound = risk.is_none_or(|risk| {
            let reference = (terms.floor..=terms.cap).contains(&risk.reference);
            reference && risk.losses.iter().all(|loss| loss.0.unsigned_abs() <= most)
        });
        if !is_sound {
            return Err(invalid("risk array of instrument", u64::from(terms.instrument.0)));
        }
        market.set_risk(risk);
        market.basis = Price(from.i64()?);
        market.in_delivery = take_bool(from)?;
        market.funding = Funding { premium_sum: from.i64()?, samples: from.u32()?, funded_hour: from.i64()? };
        repeat(from, |from| {
            let (day, lots) = (Day(from.i32()?), from.u64()?);
            let notional = i128::from_le_bytes(from.array()?);
            let largest = i128::from(lots) * i128::from(crate::limits::PRICE_MAX.0);
            if lots == 0 || notional.abs() > largest {
                return Err(invalid("closing trades of instrument", u64::from(terms.instrument.0)));
            }
            market.closing.restore(day, lots, notional);
            Ok(())
        })
    }

    /// What positions and orders of margined contracts add up to.
    pub(super) fn derive_margin(&mut self) {
        let entries: Vec<(u32, u32, i64)> =
            self.exposures.places().map(|(place, entry)| (place, entry.market, entry.exposure.position.0)).collect();
        for (place, market, position) in entries {
            self.markets.get_mut(market).open_interest += position.max(0);
            if self.exposures.get(place).share != NONE {
                self.revalue(place);
            }
        }
    }

    fn market_places(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.markets.len()).expect("instruments are limited")
    }
}

fn put_count(to: &mut Writer, count: usize) {
    to.u64(count as u64);
}
