//! Daily variation margin and final settlement, posted in bounded steps.
//!
//! A settlement fixes the value of one lot when it starts and takes no orders until it is complete. Every account receives
//! `position × value − cost`. Positions and costs of a contract each sum to zero over all accounts, so the
//! postings do too, without a rounding and without a remainder: the variation account ends at exactly zero.

use std::collections::BTreeMap;

use crate::command::FixingStage;
use crate::cover::Changed;
use crate::engine::Engine;
use crate::event::{CancelReason, Event, SettlementRung, TransferReason};
use crate::exposures::Entry;
use crate::ids::{AccountId, InstrumentId, SeriesId};
use crate::instrument::{Halt, Kind, Month, SettlementKind, State, Terms, Transition};
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::market::{Market, mean};
use crate::order::TriggerReference;
use crate::reject::Reject;
use crate::units::{Amount, Cash, Day, HOURS_PER_DAY, Hours, Lots, Position, Price, Side, Timestamp};

/// The last trade of each day that is not settled yet, and of the latest day with one. However late a day is settled, its last trade
/// is still known; one entry a day at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastTrades {
    /// The latest trade, apart because every trade changes it.
    latest: Option<(Day, Price)>,
    earlier: BTreeMap<Day, Price>,
}

impl LastTrades {
    /// The price of the latest trade.
    pub fn latest(&self) -> Option<Price> {
        self.latest.map(|(_, price)| price)
    }

    /// The price of the last trade of a day.
    pub fn of(&self, day: Day) -> Option<Price> {
        match self.latest {
            Some((latest, price)) if latest == day => Some(price),
            _ => self.earlier.get(&day).copied(),
        }
    }

    pub(crate) fn note(&mut self, day: Day, price: Price) {
        if let Some((before, last)) = self.latest.replace((day, price))
            && before != day
        {
            self.earlier.insert(before, last);
        }
    }

    /// Days are settled in rising order, so those up to a settled one are never asked for again.
    fn forget_up_to(&mut self, settled: Day) {
        self.earlier.retain(|&day, _| day > settled);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Day, Price)> + '_ {
        self.earlier.iter().map(|(&day, &price)| (day, price)).chain(self.latest)
    }
}

/// What traded in the last hour of each day that is not settled yet: lots, and price × lots. Of margined contracts only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosingTrades(BTreeMap<Day, (u64, i128)>);

impl ClosingTrades {
    /// The volume-weighted average price of a day's last hour, rounded down, if enough traded.
    pub fn average(&self, day: Day, least: Lots) -> Option<Price> {
        let &(lots, notional) = self.0.get(&day).filter(|(lots, _)| *lots >= u64::from(least.0))?;
        let average = notional.div_euclid(i128::from(lots));
        Some(Price(i64::try_from(average).expect("an average is not larger than the largest price")))
    }

    pub(crate) fn note(&mut self, now: Timestamp, price: Price, lots: Lots) {
        let day = now.day();
        if now < day.end().plus_micros(-limits::CLOSING_WINDOW_US) {
            return;
        }
        let (traded, notional) = self.0.entry(day).or_default();
        *traded += u64::from(lots.0);
        *notional += i128::from(price.0) * i128::from(lots.0);
    }

    fn forget_up_to(&mut self, settled: Day) {
        self.0.retain(|&day, _| day > settled);
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (Day, u64, i128)> + '_ {
        self.0.iter().map(|(&day, &(lots, notional))| (day, lots, notional))
    }

    pub(crate) fn restore(&mut self, day: Day, lots: u64, notional: i128) {
        self.0.insert(day, (lots, notional));
    }
}

/// A settlement that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The business day it closed.
    pub day: Day,
    /// What one lot was worth.
    pub value_per_lot: Cash,
    /// Where that value came from.
    pub rung: SettlementRung,
}

/// A settlement that is being posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) kind: SettlementKind,
    pub(crate) settled: Settled,
    /// The last account that was posted.
    pub(crate) after: Option<AccountId>,
}

/// Which contract has which settlements.
fn settles(terms: &Terms, kind: SettlementKind) -> bool {
    match kind {
        SettlementKind::Daily => true,
        SettlementKind::Final => terms.month().is_some(),
        SettlementKind::Cascade => terms.strip().is_some(),
        SettlementKind::Funding => terms.perpetual().is_some(),
    }
}

/// Whether a contract can be settled for a day at a moment.
fn check_day(market: &Market, now: Timestamp, day: Day, kind: SettlementKind) -> Result<(), Reject> {
    let Terms { instrument, .. } = market.terms;
    if kind == SettlementKind::Funding {
        let is_due = day == now.day() && market.funding.is_due(now);
        return if is_due { Ok(()) } else { Err(Reject::DaySettled { instrument, day }) };
    }
    let last_day = market.terms.last_settlement_day();
    let in_order = match kind {
        // The legs of a strip must be settled for the same day, so the strip may have been, too.
        SettlementKind::Cascade => day == last_day && market.settled.is_none_or(|settled| settled.day <= day),
        SettlementKind::Daily => day <= last_day && market.settled.is_none_or(|settled| settled.day < day),
        SettlementKind::Final | SettlementKind::Funding => market.settled.is_none_or(|settled| settled.day < day),
    };
    if !in_order {
        return Err(Reject::DaySettled { instrument, day });
    }
    let earliest = match kind {
        SettlementKind::Daily | SettlementKind::Cascade | SettlementKind::Funding => day.end(),
        SettlementKind::Final => last_day.max(day).end(),
    };
    if now < earliest {
        return Err(Reject::TooEarly { instrument, earliest });
    }
    Ok(())
}

impl SettlementKind {
    /// Whether orders expire and positions end with it.
    pub(crate) fn closes(self) -> bool {
        matches!(self, SettlementKind::Final | SettlementKind::Cascade)
    }
}

impl Engine {
    pub(crate) fn record_fixing(
        &mut self,
        series: SeriesId,
        day: Day,
        stage: FixingStage,
        price: Option<Price>,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        events.push(self.fixings.record(series, day, stage, price)?);
        let Some((_, latest)) = self.fixings.latest(series) else { return Ok(()) };
        let of_series = |market: &Market| market.terms.series() == Some(series);
        let places: Vec<u32> =
            self.markets.by_number().filter(|(_, market)| of_series(market)).map(|(place, _)| place).collect();
        for place in places {
            self.markets.get_mut(place).stops.note(TriggerReference::Index, latest.price);
            let market = self.markets.get(place);
            if market.halt == Some(Halt::StaleIndex) && self.staleness(market).is_none() {
                let instrument = market.terms.instrument;
                self.set_halt(place, None);
                events.push(Event::InstrumentResumed { instrument });
            }
            self.refresh(place);
        }
        Ok(())
    }

    /// What a settlement that started at a moment would settle at: the same checks and the same ladder, and nothing changes.
    ///
    /// # Errors
    /// The rule that would refuse it.
    pub fn would_settle(
        &self,
        now: Timestamp,
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
    ) -> Result<Settled, Reject> {
        let (_, _, settled) = self.settlement_at(now.max(self.time), instrument, day, kind)?;
        self.check_approved(instrument, kind, &settled)?;
        Ok(settled)
    }

    /// Where a contract is, what state a settlement brings it to, and at what.
    pub(crate) fn settlement_at(
        &self,
        now: Timestamp,
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
    ) -> Result<(u32, State, Settled), Reject> {
        let place = self.markets.require(instrument)?;
        let market = self.markets.get(place);
        if market.terms.series().is_none() {
            return Err(Reject::NotSettled { instrument });
        }
        if !settles(&market.terms, kind) {
            return Err(Reject::WrongSettlement { instrument });
        }
        let state = match market.state.after(Transition::Start(kind)) {
            Some(state) => state,
            None if market.state == State::Settled => return Err(Reject::Expired { instrument }),
            None => return Err(Reject::Settling { instrument }),
        };
        if kind == SettlementKind::Cascade {
            self.check_legs_rest(&market.terms)?;
        }
        if let Some(strip) = self.cascading_into(place) {
            return Err(Reject::Settling { instrument: self.markets.get(strip).terms.instrument });
        }
        if let Some(strip) = self.strip_to_cascade_before(place, day, kind) {
            return Err(Reject::Settling { instrument: self.markets.get(strip).terms.instrument });
        }
        check_day(market, now, day, kind)?;
        let (value_per_lot, rung) = match (kind, market.terms.month()) {
            (SettlementKind::Funding, _) => (self.funding_per_lot(market), SettlementRung::Premium),
            (SettlementKind::Final, Some(month)) => {
                let rung = match market.terms.kind {
                    Kind::PhysicalMonth(_) => SettlementRung::Undelivered,
                    _ => SettlementRung::Fixings,
                };
                (self.final_value(&market.terms, month)?, rung)
            }
            (_, _) if market.terms.strip().is_none() => self.daily_value(market, day)?,
            (_, _) => {
                let value = self.value_of_legs(&market.terms, day);
                (value.ok_or(Reject::NoSettlementPrice { instrument })?, SettlementRung::Legs)
            }
        };
        Ok((place, state, Settled { day, value_per_lot, rung }))
    }

    pub(crate) fn start_settlement(
        &mut self,
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let now = self.time;
        let (place, state, settled) = self.settlement_at(now, instrument, day, kind)?;
        self.check_approved(instrument, kind, &settled)?;
        let Settled { value_per_lot, rung, .. } = settled;
        let market = self.markets.get_mut(place);
        if kind == SettlementKind::Funding {
            // With its beginning, so that samples taken while it is posted, and the hour in which it is complete, are the next one's.
            market.funding.close(now);
        }
        market.state = state;
        market.run = Some(Run { kind, settled, after: None });
        self.refresh(place);
        if kind == SettlementKind::Final {
            self.end_proposal(instrument);
        }
        events.push(Event::SettlementStarted { instrument, day, kind, value_per_lot, rung });
        Ok(())
    }

    /// Touches at most [`limits::SETTLEMENT_STEP_MAX`] orders and accounts; call again until it completes.
    pub(crate) fn advance_settlement(
        &mut self,
        instrument: InstrumentId,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let place = self.markets.require(instrument)?;
        let Some(mut run) = self.markets.get(place).run else { return Err(Reject::NotSettling { instrument }) };

        let mut left = limits::SETTLEMENT_STEP_MAX;
        if run.kind.closes() {
            left -= self.expire_orders(place, left, events);
        }
        let exposures: Vec<(AccountId, u32)> = self.exposures.behind(place, run.after).take(left).collect();
        for &(account, exposure) in &exposures {
            self.settle_position(place, exposure, &run, events);
            run.after = Some(account);
        }

        if exposures.len() == left {
            self.markets.get_mut(place).run = Some(run);
        } else {
            self.complete_settlement(place, &run, events);
        }
        Ok(())
    }

    /// `Σ fixing × 24 h` over the delivery days, between floor and cap. Exact: the mean is never formed.
    fn final_value(&self, terms: &Terms, month: Month) -> Result<Cash, Reject> {
        let series = month.series;
        let mut value = Cash::ZERO;
        for day in month.delivery_days() {
            let fixing = self.fixings.get(series, day).filter(|fixing| fixing.stage == FixingStage::Final);
            let fixing = fixing.ok_or(Reject::FixingMissing { series, day })?;
            value += fixing.price.notional(Lots(1), Hours(HOURS_PER_DAY));
        }
        Ok(terms.clamp_value(value))
    }

    /// The settlement price ladder: the first rung that has a price, and which it was.
    fn daily_value(&self, market: &Market, day: Day) -> Result<(Cash, SettlementRung), Reject> {
        let instrument = market.terms.instrument;
        let of_price = |price: Price| price.notional(Lots(1), market.contract.hours);
        if let Some((price, rung)) = self.margined_settlement_price(market, day) {
            return Ok((market.terms.clamp_value(of_price(price)), rung));
        }
        if market.terms.is_margined() {
            let settled = market.settled.ok_or(Reject::NoSettlementPrice { instrument })?;
            return Ok((settled.value_per_lot, SettlementRung::PreviousSettlement));
        }
        if let Some(price) = market.last_trades.of(day) {
            return Ok((of_price(price), SettlementRung::LastTrade));
        }
        if let (Some(bid), Some(ask)) = (market.book.best(Side::Buy), market.book.best(Side::Sell)) {
            // Rounded down to the micro-USD; whoever is short gains at most one micro-USD per GPU-hour until tomorrow.
            return Ok((of_price(mean(bid, ask)), SettlementRung::Midpoint));
        }
        if let Some(settled) = market.settled {
            return Ok((settled.value_per_lot, SettlementRung::PreviousSettlement));
        }
        let series = market.terms.series().expect("only contracts settle");
        if let Some((_, fixing)) = self.fixings.latest(series) {
            return Ok((market.terms.clamp_value(of_price(fixing.price)), SettlementRung::LatestFixing));
        }
        Err(Reject::NoSettlementPrice { instrument })
    }

    /// The first rungs of a margined contract; `None` without an array.
    fn margined_settlement_price(&self, market: &Market, day: Day) -> Option<(Price, SettlementRung)> {
        let (margin, risk) = (self.margins.get(market.margin_series?)?, market.risk?);
        let (reference, _) = self.reference_value(market, &risk)?;
        let (low, high) = (Price(reference.0 - margin.mark_band.0), Price(reference.0 + margin.mark_band.0));
        if let Some(price) = market.closing.average(day, margin.settlement_lots) {
            return Some((price.clamp(low, high), SettlementRung::VolumeWeighted));
        }
        let midpoint = market.midpoint().filter(|midpoint| (low..=high).contains(midpoint));
        let priced = midpoint.map(|midpoint| (midpoint, SettlementRung::Midpoint));
        Some(priced.unwrap_or((reference, SettlementRung::Reference)))
    }

    /// Cancels up to `most` orders; says how many.
    pub(crate) fn expire_orders(&mut self, place: u32, most: usize, events: &mut Vec<Event>) -> usize {
        for done in 0..most {
            let market = self.markets.get(place);
            let stop = || market.stops.lowest().and_then(|order| self.orders.find_live(order));
            let Some(hot) = self.next_to_expire(market).or_else(stop) else { return done };
            self.cancel_live(hot, CancelReason::Expired, events);
        }
        most
    }

    /// The resting order that expires next: in trading order; under the first rules in rising number, which has to be searched for.
    fn next_to_expire(&self, market: &Market) -> Option<u32> {
        let book = &market.book;
        let resting = if self.rules.expires_in_trading_order() {
            book.front(Side::Buy).or_else(|| book.front(Side::Sell))
        } else {
            let orders = [Side::Buy, Side::Sell].into_iter().flat_map(|side| book.queue(side));
            orders.min_by_key(|(_, resting)| resting.order)
        };
        resting.map(|(_, resting)| resting.link)
    }

    fn settle_position(&mut self, market: u32, place: u32, run: &Run, events: &mut Vec<Event>) {
        let instrument = self.markets.get(market).terms.instrument;
        let Entry { mut exposure, account: slot, account_id: account, dollars, .. } = *self.exposures.get(place);
        let (position, cost) = (exposure.position, exposure.cost);
        let variation = match run.kind {
            SettlementKind::Funding => Cash(-run.settled.value_per_lot.0 * position.0),
            _ => exposure.settle(run.settled.value_per_lot),
        };
        if run.kind.closes() {
            exposure.close_position();
            self.markets.get_mut(market).open_interest -= position.0.max(0);
        }
        self.set_exposure(place, &exposure);
        let after = (exposure.position, exposure.cost);
        self.note_margin(place, Changed::Settled { before: (position, cost), after });
        self.exposures.release(place);
        let (clearing, customer) = (LedgerAccount::Variation(instrument), LedgerAccount::Customer(account));
        let funds = run.kind == SettlementKind::Funding;
        let (asset, reason) = (Engine::MONEY, if funds { TransferReason::Funding } else { TransferReason::Variation });
        if variation > Cash::ZERO {
            self.transfer(clearing, customer, asset, variation.into(), reason, events);
            self.repay(slot, asset, events);
        } else if variation < Cash::ZERO {
            self.transfer(customer, clearing, asset, (-variation).into(), reason, events);
            self.owe_shortfall(slot, events);
        }
        self.ledger.assert_covered(dollars);
        if position == Position::FLAT && variation == Cash::ZERO {
            return; // The account has open orders only.
        }
        events.push(Event::PositionSettled { instrument, account, position, variation });
        if run.kind == SettlementKind::Cascade && position != Position::FLAT {
            self.cascade_position(market, slot, account, position, events);
        }
    }

    fn complete_settlement(&mut self, place: u32, run: &Run, events: &mut Vec<Event>) {
        let market = self.markets.get_mut(place);
        let instrument = market.terms.instrument;
        let remainder = self.ledger.balance(LedgerAccount::Variation(instrument), Engine::MONEY).posted;
        assert!(remainder == Amount::ZERO, "settlement of instrument {instrument} leaves {remainder}");
        market.state = market.state.after(Transition::Complete).expect("a running settlement completes");
        if run.kind != SettlementKind::Funding {
            market.settled = Some(run.settled);
            market.last_trades.forget_up_to(run.settled.day);
            market.closing.forget_up_to(run.settled.day);
        }
        market.run = None;
        events.push(Event::SettlementCompleted { instrument, day: run.settled.day, kind: run.kind });
        match run.kind {
            SettlementKind::Daily => self.restart_limits(place, events),
            SettlementKind::Funding => {}
            SettlementKind::Final => self.set_halt(place, None),
            SettlementKind::Cascade => {
                self.set_halt(place, None);
                self.end_strip(place);
            }
        }
        self.refresh(place);
    }
}
