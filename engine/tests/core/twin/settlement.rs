//! The life of a contract in the twin: fixings and their rungs, the price of a settlement, and its posting in steps.

use engine::command::FixingStage;
use engine::event::{CancelReason, Event, FixingRung, SettlementRung, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId, SeriesId};
use engine::instrument::{Kind, Month, SettlementKind, Terms};
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::reject::Reject;
use engine::units::{Day, Position, Price, Side};

use super::controls::mean;
use super::matching::hours;
use super::{Fixing, Twin, cash};

/// A settlement that was started.
#[derive(Clone)]
pub(super) struct Settling {
    day: Day,
    pub(super) kind: SettlementKind,
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
        self.end_stale_halts(series);
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
        let (value_per_lot, rung) = self.settlement_value(instrument, day, kind)?;
        if kind == SettlementKind::Final {
            self.check_approved(instrument, day, value_per_lot)?;
        }
        let settling = Settling { day, kind, value_per_lot, posted_to: None };
        let now = self.now;
        let contract = self.contract_mut(instrument);
        contract.settling = Some(settling);
        if kind == SettlementKind::Funding {
            contract.margin.funded_at = Some(now);
            contract.margin.premiums.clear();
        }
        let value_per_lot = cash(value_per_lot);
        self.events.push(Event::SettlementStarted { instrument, day, kind, value_per_lot, rung });
        Ok(())
    }

    /// What a lot would be worth now, and where that comes from.
    pub(super) fn settlement_value(
        &self,
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
    ) -> Result<(i128, SettlementRung), Reject> {
        let contract = self.contract(instrument)?;
        let terms = contract.terms;
        let has_it = match terms.kind {
            Kind::Spot(_) | Kind::Spread(_) => return Err(Reject::NotSettled { instrument }),
            Kind::Month(_) | Kind::MarginedMonth(_) | Kind::PhysicalMonth(_) => {
                matches!(kind, SettlementKind::Daily | SettlementKind::Final)
            }
            Kind::Strip(_) => matches!(kind, SettlementKind::Daily | SettlementKind::Cascade),
            Kind::Perpetual(_) => matches!(kind, SettlementKind::Daily | SettlementKind::Funding),
        };
        if !has_it {
            return Err(Reject::WrongSettlement { instrument });
        }
        if contract.settling.is_some() {
            return Err(Reject::Settling { instrument });
        }
        if contract.settled_for_good {
            return Err(Reject::Expired { instrument });
        }
        self.check_cascades(instrument, day, kind)?;
        self.check_day(instrument, day, kind)?;
        Ok(match (kind, terms.kind) {
            (SettlementKind::Funding, Kind::Perpetual(perpetual)) => {
                (self.funding_of_a_lot(instrument, &perpetual), SettlementRung::Premium)
            }
            (SettlementKind::Final, Kind::PhysicalMonth(month)) => {
                (self.final_value(&terms, &month)?, SettlementRung::Undelivered)
            }
            (SettlementKind::Final, _) => (self.final_value(&terms, &terms.month().unwrap())?, SettlementRung::Fixings),
            (_, Kind::Strip(_)) => (self.value_of_legs(instrument, day)?, SettlementRung::Legs),
            (_, Kind::Month(month)) => self.daily_value(&terms, &month, day)?,
            (_, _) => self.margined_value(&terms, day)?,
        })
    }

    /// Whether this day can be settled, and is over.
    fn check_day(&self, instrument: InstrumentId, day: Day, kind: SettlementKind) -> Result<(), Reject> {
        let contract = self.listed(instrument);
        let last_day = match contract.terms.kind {
            Kind::Strip(strip) => Some(strip.first_day.0 - 1),
            Kind::Perpetual(_) | Kind::Spread(_) | Kind::Spot(_) => None,
            Kind::Month(month) | Kind::MarginedMonth(month) | Kind::PhysicalMonth(month) => {
                Some(month.first_day.0 + i32::from(month.days) - 1)
            }
        };
        let settled = |day: Day| contract.last_settled.is_some_and(|(last, _)| day <= last);
        let (out_of_order, earliest) = match kind {
            SettlementKind::Funding => return self.check_hour(instrument, day),
            SettlementKind::Daily => (settled(day) || last_day.is_some_and(|last| day.0 > last), day.end()),
            SettlementKind::Final => (settled(day), day.end().max(Day(last_day.unwrap()).end())),
            SettlementKind::Cascade => (settled(Day(day.0 + 1)) || Some(day.0) != last_day, day.end()),
        };
        if out_of_order {
            return Err(Reject::DaySettled { instrument, day });
        }
        if self.now < earliest { Err(Reject::TooEarly { instrument, earliest }) } else { Ok(()) }
    }

    /// Whether a settlement of a listed contract is being posted.
    pub fn is_settling(&self, instrument: InstrumentId) -> bool {
        self.contract(instrument).is_ok_and(|contract| contract.settling.is_some())
    }

    fn daily_value(&self, terms: &Terms, month: &Month, day: Day) -> Result<(i128, SettlementRung), Reject> {
        let instrument = terms.instrument;
        let hours = 24 * i128::from(month.days);
        let mut trades = self.trades.iter().filter(|trade| trade.instrument == instrument && trade.time.day() == day);
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

    /// The settlement price of a contract on margin: the day's last hour, the book, the reference value, the last settlement.
    fn margined_value(&self, terms: &Terms, day: Day) -> Result<(i128, SettlementRung), Reject> {
        let instrument = terms.instrument;
        let contract = self.listed(instrument);
        let (floor, cap) = (i128::from(terms.floor.0), i128::from(terms.cap.0));
        let reference = self.risk_of(instrument).and_then(|risk| self.reference_value(instrument, &risk));
        let margin = self.margin_of(terms.series().unwrap());
        if let (Some(reference), Some(margin)) = (reference, margin) {
            let band = i128::from(margin.mark_band.0);
            let last_hour = self.trades.iter().filter(|trade| {
                let before_the_end = day.end().0 - trade.time.0;
                trade.instrument == instrument && 0 < before_the_end && before_the_end <= 3_600_000_000
            });
            let (lots, paid) = last_hour.fold((0, 0), |(lots, paid), trade| {
                (lots + i128::from(trade.lots), paid + i128::from(trade.lots) * i128::from(trade.price.0))
            });
            let quotes = [Side::Buy, Side::Sell].map(|side| self.best_price(instrument, side));
            let middle = match quotes {
                [Some(bid), Some(offer)] => Some(i128::from(mean(bid, offer).0)),
                _ => None,
            };
            let (price, rung) = if lots > 0 && lots >= i128::from(margin.settlement_lots.0) {
                let average = paid.div_euclid(lots).clamp(reference - band, reference + band);
                (average, SettlementRung::VolumeWeighted)
            } else if let Some(middle) = middle.filter(|middle| (middle - reference).abs() <= band) {
                (middle, SettlementRung::Midpoint)
            } else {
                (reference, SettlementRung::Reference)
            };
            return Ok((price.clamp(floor, cap) * hours(terms), rung));
        }
        let (_, value) = contract.last_settled.ok_or(Reject::NoSettlementPrice { instrument })?;
        Ok((value, SettlementRung::PreviousSettlement))
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
        let closes = matches!(settling.kind, SettlementKind::Final | SettlementKind::Cascade);
        if closes {
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
        if kind != SettlementKind::Funding {
            contract.last_settled = Some((day, value_per_lot));
        }
        contract.settled_for_good = closes;
        self.events.push(Event::SettlementCompleted { instrument, day, kind });
        match kind {
            SettlementKind::Daily => self.begin_with_first_width(instrument),
            SettlementKind::Funding => {}
            SettlementKind::Final | SettlementKind::Cascade => self.contract_mut(instrument).halt = None,
        }
        if kind == SettlementKind::Cascade {
            for month in self.months(instrument) {
                self.make_due(month);
            }
        }
        Ok(())
    }

    /// The lowest account not yet posted that has a position or an unsettled cost.
    fn next_to_post(&self, instrument: InstrumentId) -> Option<AccountId> {
        let Settling { kind, posted_to, .. } = *self.listed(instrument).settling.as_ref().unwrap();
        let open = self.holdings.iter().filter(|held| {
            held.instrument == instrument
                && (held.position != 0 || (held.cost != 0 && kind != SettlementKind::Funding))
                && posted_to.is_none_or(|last| held.account > last)
        });
        open.map(|held| held.account).min()
    }

    fn post_variation(&mut self, instrument: InstrumentId, account: AccountId, settling: &Settling) {
        let held = self.holdings.iter_mut().find(|held| held.account == account && held.instrument == instrument);
        let held = held.unwrap();
        let position = held.position;
        let value = position * settling.value_per_lot;
        let (variation, reason) = match settling.kind {
            SettlementKind::Funding => (-value, TransferReason::Funding),
            _ => (value - held.cost, TransferReason::Variation),
        };
        match settling.kind {
            SettlementKind::Funding => {}
            SettlementKind::Daily => held.cost = value,
            SettlementKind::Final | SettlementKind::Cascade => (held.position, held.cost) = (0, 0),
        }
        let (customer, pot) = (LedgerAccount::Customer(account), LedgerAccount::Variation(instrument));
        if variation > 0 {
            self.transfer(pot, customer, AssetId::USD, variation, reason);
            self.pay_back(account);
        } else {
            self.transfer(customer, pot, AssetId::USD, -variation, reason);
            self.owe_shortfall(account);
        }
        let signed = Position(i64::try_from(position).unwrap());
        self.events.push(Event::PositionSettled { instrument, account, position: signed, variation: cash(variation) });
        if settling.kind == SettlementKind::Cascade && position != 0 {
            self.cascade(instrument, account, position);
        }
        self.contract_mut(instrument).settling.as_mut().unwrap().posted_to = Some(account);
    }
}
