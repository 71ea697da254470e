//! Daily variation margin and final settlement, posted in bounded steps.
//!
//! A settlement fixes the value of one lot when it starts and takes no orders until it is complete. Every account receives
//! `position × value − cost`. Positions and costs of a contract each sum to zero over all accounts, so the
//! postings do too, without a rounding and without a remainder: the variation account ends at exactly zero.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::command::FixingStage;
use crate::engine::{Engine, Market};
use crate::event::{CancelReason, Event, SettlementRung, TransferReason};
use crate::ids::{AccountId, AssetId, InstrumentId};
use crate::instrument::{SettlementKind, State, Terms, Transition};
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::reject::Reject;
use crate::units::{Cash, Day, HOURS_PER_DAY, Hours, Lots, Position, Price, Side, Timestamp};

/// The last trade of each day that is not settled yet, and of the latest day with one. However late a day is settled, its last trade
/// is still known; one entry a day at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastTrades(BTreeMap<Day, Price>);

impl LastTrades {
    /// The price of the latest trade.
    pub fn latest(&self) -> Option<Price> {
        self.0.last_key_value().map(|(_, &price)| price)
    }

    /// The price of the last trade of a day.
    pub fn of(&self, day: Day) -> Option<Price> {
        self.0.get(&day).copied()
    }

    pub(crate) fn note(&mut self, now: Timestamp, price: Price) {
        self.0.insert(now.day(), price);
    }

    /// Days are settled in rising order, so those up to a settled one are never asked for again.
    fn forget_up_to(&mut self, settled: Day) {
        let latest = self.0.last_key_value().map(|(&day, _)| day);
        self.0.retain(|&day, _| day > settled || Some(day) == latest);
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (Day, Price)> + '_ {
        self.0.iter().map(|(&day, &price)| (day, price))
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

impl Engine {
    pub(crate) fn start_settlement(
        &mut self,
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let market = self.markets.get(&instrument).ok_or(Reject::UnknownInstrument { instrument })?;
        let state = match market.state.after(Transition::Start(kind)) {
            Some(state) => state,
            None if market.state == State::Settled => return Err(Reject::Expired { instrument }),
            None => return Err(Reject::Settling { instrument }),
        };
        self.check_day(market, day, kind)?;
        let (value_per_lot, rung) = match kind {
            SettlementKind::Final => (self.final_value(&market.terms)?, SettlementRung::Fixings),
            SettlementKind::Daily => self.daily_value(market, day)?,
        };

        let settled = Settled { day, value_per_lot, rung };
        let market = self.market_mut(instrument)?;
        market.state = state;
        market.run = Some(Run { kind, settled, after: None });
        events.push(Event::SettlementStarted { instrument, day, kind, value_per_lot, rung });
        Ok(())
    }

    /// Touches at most [`limits::SETTLEMENT_STEP_MAX`] orders and accounts; call again until it completes.
    pub(crate) fn advance_settlement(
        &mut self,
        instrument: InstrumentId,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let market = self.market_mut(instrument)?;
        let terms = market.terms;
        let Some(mut run) = market.run else { return Err(Reject::NotSettling { instrument }) };

        let mut left = limits::SETTLEMENT_STEP_MAX;
        if run.kind == SettlementKind::Final {
            left -= self.expire_orders(instrument, left, events);
        }
        let first = run
            .after
            .map_or(Bound::Included((instrument, AccountId(0))), |account| Bound::Excluded((instrument, account)));
        let last = Bound::Included((instrument, AccountId(u32::MAX)));
        let accounts: Vec<AccountId> =
            self.exposures.range((first, last)).take(left).map(|(&(_, account), _)| account).collect();
        for &account in &accounts {
            self.settle_position(&terms, account, &run, events);
            run.after = Some(account);
        }

        if accounts.len() == left {
            self.market_mut(instrument)?.run = Some(run);
        } else {
            self.complete_settlement(instrument, &run, events);
        }
        Ok(())
    }

    fn check_day(&self, market: &Market, day: Day, kind: SettlementKind) -> Result<(), Reject> {
        let Terms { instrument, .. } = market.terms;
        let last_delivery_day = Day(market.terms.first_day.plus(market.terms.days).0 - 1);
        let in_order = market.settled.is_none_or(|settled| settled.day < day);
        if !in_order || (kind == SettlementKind::Daily && day > last_delivery_day) {
            return Err(Reject::DaySettled { instrument, day });
        }
        let earliest = match kind {
            SettlementKind::Daily => day.end(),
            SettlementKind::Final => market.terms.end().max(day.end()),
        };
        if self.time < earliest {
            return Err(Reject::TooEarly { instrument, earliest });
        }
        Ok(())
    }

    /// `Σ fixing × 24 h` over the delivery days, between floor and cap. Exact: the mean is never formed.
    fn final_value(&self, terms: &Terms) -> Result<Cash, Reject> {
        let mut value = Cash::ZERO;
        for day in terms.delivery_days() {
            let fixing = self.fixings.get(terms.series, day).filter(|fixing| fixing.stage == FixingStage::Final);
            let fixing = fixing.ok_or(Reject::FixingMissing { series: terms.series, day })?;
            value += fixing.price.notional(Lots(1), Hours(HOURS_PER_DAY));
        }
        Ok(terms.clamp_value(value))
    }

    /// The settlement price ladder: the first rung that has a price, and which it was.
    fn daily_value(&self, market: &Market, day: Day) -> Result<(Cash, SettlementRung), Reject> {
        let Terms { instrument, series, .. } = market.terms;
        let of_price = |price: Price| price.notional(Lots(1), market.terms.hours());
        if let Some(price) = market.last_trades.of(day) {
            return Ok((of_price(price), SettlementRung::LastTrade));
        }
        if let (Some(bid), Some(ask)) = (market.book.best(Side::Buy), market.book.best(Side::Sell)) {
            // Rounded down to the micro-USD; whoever is short gains at most one micro-USD per GPU-hour until tomorrow.
            return Ok((of_price(Price((bid.0 + ask.0).div_euclid(2))), SettlementRung::Midpoint));
        }
        if let Some(settled) = market.settled {
            return Ok((settled.value_per_lot, SettlementRung::PreviousSettlement));
        }
        if let Some((_, fixing)) = self.fixings.latest(series) {
            return Ok((market.terms.clamp_value(of_price(fixing.price)), SettlementRung::LatestFixing));
        }
        Err(Reject::NoSettlementPrice { instrument })
    }

    /// Cancels up to `most` orders; says how many.
    fn expire_orders(&mut self, instrument: InstrumentId, most: usize, events: &mut Vec<Event>) -> usize {
        for done in 0..most {
            let Some(order) = self.markets.get(&instrument).and_then(|market| market.book.lowest_order()) else {
                return done;
            };
            let record = *self.orders.get(order).expect("a live order is remembered");
            self.take_out(order, &record, CancelReason::Expired, events);
        }
        most
    }

    fn settle_position(&mut self, terms: &Terms, account: AccountId, run: &Run, events: &mut Vec<Event>) {
        let Terms { instrument, .. } = *terms;
        let mut exposure = self.exposure(instrument, account);
        let position = exposure.position;
        let variation = exposure.settle(run.settled.value_per_lot);
        if run.kind == SettlementKind::Final {
            exposure.close_position();
        }
        self.set_exposure(terms, account, exposure);
        let (clearing, customer) = (LedgerAccount::Variation(instrument), LedgerAccount::Customer(account));
        if variation > Cash::ZERO {
            self.transfer(clearing, customer, variation, TransferReason::Variation, events);
        } else if variation < Cash::ZERO {
            self.transfer(customer, clearing, -variation, TransferReason::Variation, events);
        }
        self.assert_covered(account);
        if position == Position::FLAT && variation == Cash::ZERO {
            return; // The account has open orders only.
        }
        events.push(Event::PositionSettled { instrument, account, position, variation });
    }

    fn complete_settlement(&mut self, instrument: InstrumentId, run: &Run, events: &mut Vec<Event>) {
        let remainder = self.ledger.balance(LedgerAccount::Variation(instrument), AssetId::USD).posted;
        assert!(remainder == Cash::ZERO, "settlement of instrument {instrument} leaves {remainder}");
        let market = self.markets.get_mut(&instrument).expect("the contract is listed");
        market.state = market.state.after(Transition::Complete).expect("a running settlement completes");
        market.settled = Some(run.settled);
        market.last_trades.forget_up_to(run.settled.day);
        market.run = None;
        events.push(Event::SettlementCompleted { instrument, day: run.settled.day, kind: run.kind });
    }
}
