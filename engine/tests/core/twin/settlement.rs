//! The life of a contract in the twin: fixings and their rungs, the price of a settlement, and its posting in steps.

use engine::command::FixingStage;
use engine::event::{CancelReason, Event, FixingRung, SettlementRung, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId, SeriesId};
use engine::instrument::{Month, SettlementKind, Terms};
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::reject::Reject;
use engine::units::{Day, Position, Price, Side};

use super::{Fixing, Twin, cash};

/// A settlement that was started.
#[derive(Clone)]
pub(super) struct Settling {
    day: Day,
    kind: SettlementKind,
    value_per_lot: i128,
    /// Accounts up to this one are posted.
    posted_to: Option<AccountId>,
}

impl Twin {
    pub(super) fn record_fixing(
        &mut self,
        series: SeriesId,
        day: Day,
        stage: FixingStage,
        price: Option<Price>,
    ) -> Result<(), Reject> {
        if let Some(price) = price.filter(|price| i128::from(price.0).abs() > i128::from(limits::PRICE_MAX.0)) {
            return Err(Reject::FixingOutOfRange { series, price });
        }
        let known = self.fixings.iter().position(|fixing| fixing.series == series && fixing.day == day);
        if known.is_some_and(|known| self.fixings[known].stage == FixingStage::Final) {
            return Err(Reject::FixingFinal { series, day });
        }
        let (price, rung) = match price {
            Some(price) => (price, FixingRung::Fixing),
            None => (self.last_final_before(series, day)?, FixingRung::LastFinal),
        };
        if known.is_none() && self.fixings.len() >= limits::FIXINGS_MAX {
            return Err(Reject::TooManyFixings);
        }
        if let Some(known) = known {
            self.fixings.remove(known);
        }
        self.fixings.push(Fixing { series, day, stage, price, rung });
        self.watch_prices();
        self.events.push(Event::FixingRecorded { series, day, stage, price, rung });
        Ok(())
    }

    /// The last final fixing before a day; a day that was itself suppressed has none.
    fn last_final_before(&self, series: SeriesId, day: Day) -> Result<Price, Reject> {
        let earlier = self.fixings.iter().filter(|fixing| {
            fixing.series == series
                && fixing.day < day
                && fixing.stage == FixingStage::Final
                && fixing.rung == FixingRung::Fixing
        });
        let last = earlier.max_by_key(|fixing| fixing.day);
        last.map(|fixing| fixing.price).ok_or(Reject::NoEarlierFixing { series, day })
    }

    pub(super) fn start_settlement(
        &mut self,
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
    ) -> Result<(), Reject> {
        let contract = self.contract(instrument)?;
        let terms = contract.terms;
        if contract.settling.is_some() {
            return Err(Reject::Settling { instrument });
        }
        if contract.settled_for_good {
            return Err(Reject::Expired { instrument });
        }
        let Some(month) = terms.month() else { return Err(Reject::NotSettled { instrument }) };
        let last_day = month.first_day.0 + i32::from(month.days) - 1;
        let settled_already = contract.last_settled.is_some_and(|(last, _)| day <= last);
        if settled_already || (kind == SettlementKind::Daily && day.0 > last_day) {
            return Err(Reject::DaySettled { instrument, day });
        }
        let earliest = match kind {
            SettlementKind::Daily => day.end(),
            SettlementKind::Final => day.end().max(month.end()),
        };
        if self.now < earliest {
            return Err(Reject::TooEarly { instrument, earliest });
        }
        let (value_per_lot, rung) = match kind {
            SettlementKind::Daily => self.daily_value(&terms, &month, day)?,
            SettlementKind::Final => (self.final_value(&terms, &month)?, SettlementRung::Fixings),
        };
        let settling = Settling { day, kind, value_per_lot, posted_to: None };
        self.contract_mut(instrument).settling = Some(settling);
        let value_per_lot = cash(value_per_lot);
        self.events.push(Event::SettlementStarted { instrument, day, kind, value_per_lot, rung });
        Ok(())
    }

    /// Whether a settlement of a listed contract is being posted.
    pub fn is_settling(&self, instrument: InstrumentId) -> bool {
        self.contract(instrument).is_ok_and(|contract| contract.settling.is_some())
    }

    fn daily_value(&self, terms: &Terms, month: &Month, day: Day) -> Result<(i128, SettlementRung), Reject> {
        let instrument = terms.instrument;
        let hours = 24 * i128::from(month.days);
        let mut trades = self.trades.iter().filter(|trade| trade.instrument == instrument && trade.day == day);
        if let Some(last) = trades.next_back() {
            return Ok((i128::from(last.price.0) * hours, SettlementRung::LastTrade));
        }
        let best = |side| self.best_price(instrument, side);
        if let (Some(bid), Some(offer)) = (best(Side::Buy), best(Side::Sell)) {
            let twice = i128::from(bid.0) + i128::from(offer.0);
            let middle = if twice % 2 == 0 { twice / 2 } else { (twice - 1) / 2 };
            return Ok((middle * hours, SettlementRung::Midpoint));
        }
        if let Some((_, value)) = self.contract(instrument)?.last_settled {
            return Ok((value, SettlementRung::PreviousSettlement));
        }
        let of_series = self.fixings.iter().filter(|fixing| fixing.series == month.series);
        let latest = of_series.max_by_key(|fixing| fixing.day).ok_or(Reject::NoSettlementPrice { instrument })?;
        let price = latest.price.clamp(terms.floor, terms.cap);
        Ok((i128::from(price.0) * hours, SettlementRung::LatestFixing))
    }

    fn final_value(&self, terms: &Terms, month: &Month) -> Result<i128, Reject> {
        let mut value = 0;
        for offset in 0..i32::from(month.days) {
            let day = Day(month.first_day.0 + offset);
            let mut found = self.fixings.iter().filter(|fixing| {
                fixing.series == month.series && fixing.day == day && fixing.stage == FixingStage::Final
            });
            let fixing = found.next().ok_or(Reject::FixingMissing { series: month.series, day })?;
            value += i128::from(fixing.price.0) * 24;
        }
        let hours = 24 * i128::from(month.days);
        Ok(value.clamp(i128::from(terms.floor.0) * hours, i128::from(terms.cap.0) * hours))
    }

    pub(super) fn advance_settlement(&mut self, instrument: InstrumentId) -> Result<(), Reject> {
        let Some(settling) = self.contract(instrument)?.settling.clone() else {
            return Err(Reject::NotSettling { instrument });
        };
        let mut left = limits::SETTLEMENT_STEP_MAX;
        if settling.kind == SettlementKind::Final {
            for order in self.expiring(instrument) {
                if left == 0 {
                    return Ok(());
                }
                self.take_out(order, CancelReason::Expired);
                left -= 1;
            }
        }
        while let Some(account) = self.next_to_post(instrument) {
            if left == 0 {
                return Ok(());
            }
            self.post_variation(instrument, account, &settling);
            left -= 1;
        }
        let Settling { day, kind, value_per_lot, .. } = settling;
        let contract = self.contract_mut(instrument);
        contract.settling = None;
        contract.last_settled = Some((day, value_per_lot));
        contract.settled_for_good = kind == SettlementKind::Final;
        self.events.push(Event::SettlementCompleted { instrument, day, kind });
        match kind {
            SettlementKind::Daily => self.begin_with_first_width(instrument),
            SettlementKind::Final => self.contract_mut(instrument).halt = None,
        }
        Ok(())
    }

    /// The lowest account not yet posted that has a position or an unsettled cost.
    fn next_to_post(&self, instrument: InstrumentId) -> Option<AccountId> {
        let posted_to = self.contract(instrument).unwrap().settling.as_ref().unwrap().posted_to;
        let open = self.holdings.iter().filter(|held| {
            held.instrument == instrument
                && (held.position != 0 || held.cost != 0)
                && posted_to.is_none_or(|last| held.account > last)
        });
        open.map(|held| held.account).min()
    }

    fn post_variation(&mut self, instrument: InstrumentId, account: AccountId, settling: &Settling) {
        let held = self.holdings.iter_mut().find(|held| held.account == account && held.instrument == instrument);
        let held = held.unwrap();
        let position = held.position;
        let variation = position * settling.value_per_lot - held.cost;
        held.cost = position * settling.value_per_lot;
        if settling.kind == SettlementKind::Final {
            (held.position, held.cost) = (0, 0);
        }
        let (customer, pot) = (LedgerAccount::Customer(account), LedgerAccount::Variation(instrument));
        if variation > 0 {
            self.transfer(pot, customer, AssetId::USD, variation, TransferReason::Variation);
            self.pay_back(account, variation);
        } else {
            self.transfer(customer, pot, AssetId::USD, -variation, TransferReason::Variation);
            self.owe_shortfall(account);
        }
        let position = Position(i64::try_from(position).unwrap());
        self.events.push(Event::PositionSettled { instrument, account, position, variation: cash(variation) });
        self.contract_mut(instrument).settling.as_mut().unwrap().posted_to = Some(account);
    }
}
