//! The rules that an order of the twin can break, one function each.

use engine::accounts::RateLimit;
use engine::ids::{AccountId, InstrumentId};
use engine::instrument::Kind;
use engine::limits;
use engine::order::{OrderRequest, Pricing, TimeInForce, Trigger, TriggerReference};
use engine::reject::Reject;
use engine::units::{Lots, Price, Side, Timestamp};

use super::Twin;
use super::collateral::Arrival;
use super::strips::ends;

impl Twin {
    pub(super) fn check_sent(&self, request: &OrderRequest) -> Result<(), Reject> {
        let Some(sent) = request.sent else { return Ok(()) };
        let age = i128::from(self.now.0) - i128::from(sent.0);
        if !(-60_000_000..=24 * 3_600_000_000).contains(&age) {
            return Err(Reject::SentOutsideRetention { sent });
        }
        Ok(())
    }

    pub(super) fn check_contradictions(&self, request: &OrderRequest) -> Result<(), Reject> {
        let terms = self.listed(request.instrument).terms;
        let invalid = |rule| Err(Reject::InvalidOrder { rule });
        let immediate = matches!(request.time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill);
        if request.conditions.post_only && (request.pricing == Pricing::Market || immediate) {
            return invalid("a post-only order rests: a limit order that is not immediate");
        }
        if let TimeInForce::GoodTillDate(date) = request.time_in_force
            && (date <= self.now || ends(&terms).is_some_and(|end| date > end))
        {
            return invalid("a date lies in the future and not behind the contract's end");
        }
        if matches!(terms.kind, Kind::Spot(_)) {
            if request.conditions.reduce_only {
                return invalid("a spot pair has no position to reduce");
            }
            if request.trigger.is_some_and(|trigger| trigger.reference == TriggerReference::Index) {
                return invalid("a spot pair has no index");
            }
        }
        if matches!(terms.kind, Kind::Spread(_)) {
            if request.conditions.reduce_only {
                return invalid("a spread has no position to reduce");
            }
            if request.trigger.is_some() {
                return invalid("a spread has no stop orders");
            }
        }
        Ok(())
    }

    /// Being settled, expired, halted.
    pub(super) fn check_open(&self, instrument: InstrumentId) -> Result<(), Reject> {
        let contract = self.listed(instrument);
        if contract.settling.is_some() {
            return Err(Reject::Settling { instrument });
        }
        if contract.settled_for_good || self.has_ended(instrument) {
            return Err(Reject::Expired { instrument });
        }
        if contract.halt.is_some() {
            return Err(Reject::Halted { instrument });
        }
        match contract.terms.kind {
            Kind::Spread(spread) => self.check_open(spread.near).and_then(|()| self.check_open(spread.far)),
            _ => Ok(()),
        }
    }

    pub(super) fn is_open(&self, instrument: InstrumentId) -> bool {
        self.check_open(instrument).is_ok()
    }

    fn has_ended(&self, instrument: InstrumentId) -> bool {
        ends(&self.listed(instrument).terms).is_some_and(|end| self.now >= end)
    }

    pub(super) fn check_order_rate(&self, account: AccountId) -> Result<(), Reject> {
        let known = self.account(account);
        self.check_rate(known.limits.orders, &known.ordered)
    }

    pub(super) fn check_cancel_rate(&self, account: AccountId) -> Result<(), Reject> {
        let known = self.account(account);
        self.check_rate(known.limits.cancels, &known.cancelled)
    }

    /// The generic cell rate: each command that was accepted moves what is due by an interval.
    fn check_rate(&self, rate: RateLimit, accepted: &[Timestamp]) -> Result<(), Reject> {
        let RateLimit { per_second, burst } = rate;
        if per_second == 0 {
            return Ok(());
        }
        let interval = 1_000_000 / i128::from(per_second);
        let due = accepted.iter().fold(0, |due: i128, at| due.max(i128::from(at.0)) + interval);
        if due > i128::from(self.now.0) + i128::from(burst) * interval {
            return Err(Reject::RateExceeded { per_second });
        }
        Ok(())
    }

    pub(super) fn check_lots(&self, instrument: InstrumentId, lots: Lots, least: Lots) -> Result<(), Reject> {
        let most = self.listed(instrument).controls.order_lots_max;
        if lots < least || lots > most {
            return Err(Reject::LotsOutOfRange { lots, least, most });
        }
        Ok(())
    }

    /// Floor and cap, then tick.
    pub(super) fn check_price(&self, instrument: InstrumentId, price: Price) -> Result<(), Reject> {
        let terms = self.listed(instrument).terms;
        if price < terms.floor || price > terms.cap {
            return Err(Reject::PriceOutOfRange { price, floor: terms.floor, cap: terms.cap });
        }
        // The floor is on the tick, so distances from it tell what is.
        let past = (price.0 - terms.floor.0) % terms.tick.0;
        if past != 0 {
            let below = Price(price.0 - past);
            let above = Price(below.0 + terms.tick.0);
            return Err(Reject::PriceOffTick { price, tick: terms.tick, below, above });
        }
        Ok(())
    }

    /// Daily limits, price band, post only, reduce only.
    pub(super) fn check_book(&self, arrival: &Arrival) -> Result<(), Reject> {
        let Arrival { account, instrument, side, limit: price, conditions, .. } = *arrival;
        if let Some((lower, upper)) = self.daily_limits(instrument)
            && (price < lower || price > upper)
        {
            return Err(Reject::OutsideDailyLimits { price, lower, upper });
        }
        self.broken_leg(instrument, price)?;
        if let Some((reference, bound)) = self.band(instrument, side) {
            let outside = if side == Side::Buy { price > bound } else { price < bound };
            if outside {
                return Err(Reject::OutsideBand { price, reference, bound });
            }
        }
        if conditions.post_only
            && let Some(best) = self.best_price(instrument, side.opposite())
            && accepts(side, price, best)
        {
            return Err(Reject::WouldTrade { best });
        }
        if conditions.reduce_only && self.reducible(account, instrument, side) == 0 {
            return Err(Reject::NothingToReduce);
        }
        Ok(())
    }

    pub(super) fn check_out_of_reach(
        &self,
        instrument: InstrumentId,
        side: Side,
        trigger: Trigger,
    ) -> Result<(), Reject> {
        let Some(present) = self.reference_price(instrument, trigger.reference) else { return Ok(()) };
        let wakes = if side == Side::Buy { present >= trigger.price } else { present <= trigger.price };
        if wakes { Err(Reject::StopInReach { price: trigger.price }) } else { Ok(()) }
    }

    /// Orders in the contract, orders of the account, stops in the contract.
    pub(super) fn check_room(&self, request: &OrderRequest) -> Result<(), Reject> {
        let OrderRequest { account, instrument, .. } = *request;
        let live: Vec<_> = self.remembered(account).filter(|order| order.live).collect();
        if live.iter().filter(|order| order.is_of(account, instrument)).count() >= 1_000 {
            return Err(Reject::TooManyOpenOrders);
        }
        let most = match self.account(account).limits.open_orders_max {
            0 => 10_000,
            most => most,
        };
        if live.len() >= most as usize {
            return Err(Reject::TooManyAccountOrders { most });
        }
        let waits = self.orders.iter().filter(|order| order.live && order.waits_for.is_some());
        let waiting = waits.filter(|order| order.request.instrument == instrument).count();
        if request.trigger.is_some() && waiting >= limits::STOPS_MAX {
            return Err(Reject::TooManyStops);
        }
        Ok(())
    }

    /// How many lots of its position an account can still trade away on this side.
    pub(super) fn reducible(&self, account: AccountId, instrument: InstrumentId, side: Side) -> i128 {
        let (position, _) = self.holding(account, instrument);
        if side == Side::Sell { position.max(0) } else { (-position).max(0) }
    }

    pub(super) fn best_price(&self, instrument: InstrumentId, side: Side) -> Option<Price> {
        self.queue(instrument, side).first().and_then(|best| best.limit)
    }
}

/// Whether an order with this limit may trade at a price.
pub(super) fn accepts(side: Side, limit: Price, price: Price) -> bool {
    if side == Side::Buy { price <= limit } else { price >= limit }
}
