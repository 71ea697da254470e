//! Changing a live order: in its place if it only gets smaller, otherwise as if it arrived anew.

use crate::checks::{check_lots, check_price, check_reducing};
use crate::cover::{Changed, Proposed};
use crate::engine::Engine;
use crate::event::Event;
use crate::order::{Amendment, Trigger};
use crate::orders::{Live, OrderRecord};
use crate::reject::Reject;
use crate::units::{Lots, Price};

impl Engine {
    pub(crate) fn amend_order(&mut self, amendment: &Amendment, events: &mut Vec<Event>) -> Result<(), Reject> {
        let account = self.accounts.require(amendment.account)?;
        let hot = self.own_live_order(account, amendment.order)?;
        let record = self.orders.record(hot);
        let Live { market: place, waiting, limit, lots, .. } = *self.orders.live(hot);
        check_fits(amendment, &record, waiting)?;
        let market = self.markets.get(place);
        self.check_taking_orders(market, account)?;
        let lots_after = amendment.lots.unwrap_or(lots);
        check_lots(lots_after, record.filled + Lots(1), market)?;
        if let Some(price) = amendment.limit {
            check_price(price, market)?;
        }
        if let Some(price) = amendment.trigger {
            check_price(price, market)?;
        }

        if waiting {
            self.amend_waiting(hot, &record, amendment, lots_after, events)?;
            self.pause_at_limits(place, None, events);
        } else {
            let limit_after = amendment.limit.unwrap_or(limit);
            if limit_after == limit && lots_after <= lots {
                self.amend_in_place(hot, lots_after, events);
                self.pause_at_limits(place, None, events);
            } else {
                self.amend_anew(hot, &record, limit_after, lots_after, events)?;
            }
        }
        let now = self.time;
        let owner = self.accounts.get_mut(account);
        owner.orders_budget.spend(owner.limits.orders, now);
        self.refresh(place);
        Ok(())
    }

    fn amend_waiting(
        &mut self,
        hot: u32,
        record: &OrderRecord,
        amendment: &Amendment,
        lots: Lots,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let Live { order, market, side, .. } = *self.orders.live(hot);
        let before = record.trigger.expect("an order that waits has a trigger");
        let trigger = Trigger { price: amendment.trigger.unwrap_or(before.price), ..before };
        let stops = &mut self.markets.get_mut(market).stops;
        if stops.is_reached(side, trigger) {
            return Err(Reject::StopInReach { price: trigger.price });
        }
        stops.remove(side, before, order);
        stops.insert(side, trigger, order);
        let limit = amendment.limit.or(record.limit);
        let live = self.orders.live_mut(hot);
        (live.lots, live.trigger) = (lots, trigger.price);
        live.limit = limit.unwrap_or(live.limit);
        events.push(Event::OrderAmended { order, lots, limit, trigger: Some(trigger.price) });
        Ok(())
    }

    /// The order keeps its place; what it does not need any more is given back.
    fn amend_in_place(&mut self, hot: u32, lots: Lots, events: &mut Vec<Event>) {
        let Live { order, market, exposure: place, slot, side, limit, lots: before, .. } = *self.orders.live(hot);
        let gone = before - lots;
        if !gone.is_zero() {
            let market = self.markets.get_mut(market);
            market.book.reduce(slot.expect("a live order that does not wait rests"), gone);
            let mut exposure = self.exposures.get(place).exposure;
            exposure.shrink(&market.contract, side, limit, gone);
            self.orders.live_mut(hot).lots = lots;
            self.set_exposure(place, &exposure);
            self.note_margin(place, Changed::Closed { side, limit, lots: gone });
        }
        events.push(Event::OrderAmended { order, lots, limit: Some(limit), trigger: None });
    }

    /// The order loses its place and arrives again under its old number.
    fn amend_anew(
        &mut self,
        hot: u32,
        record: &OrderRecord,
        limit: Price,
        lots: Lots,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let Live { order, market: place, account, exposure, slot, side, limit: old, filled, .. } =
            *self.orders.live(hot);
        let remaining = self.orders.live(hot).remaining();
        let market = self.markets.get(place);
        let conditions = record.request.conditions;
        self.check_market(market, side, limit, conditions.post_only)?;
        let (mut after, held) = self.exposures.before(exposure);
        if conditions.reduce_only {
            check_reducing(side, &after)?;
        }
        after.shrink(&market.contract, side, old, remaining);
        after.open(&market.contract, side, limit, lots - filled);
        let proposed = Proposed {
            market: place,
            account,
            place: Some(exposure),
            held,
            after: &after,
            side,
            limit,
            lots: lots - filled,
            left: Some((old, remaining)),
        };
        self.check_cover(&proposed)?;

        self.markets.get_mut(place).book.remove(slot.expect("a live order that does not wait rests"));
        self.set_exposure(exposure, &after);
        self.note_margin(exposure, Changed::Closed { side, limit: old, lots: remaining });
        self.note_margin(exposure, Changed::Opened { side, limit, lots: lots - filled });
        let live = self.orders.live_mut(hot);
        (live.slot, live.limit, live.lots) = (None, limit, lots);
        events.push(Event::OrderAmended { order, lots, limit: Some(limit), trigger: None });
        self.arrive(self.arrival(hot), events);
        Ok(())
    }
}

/// Refuses a limit for an order without one, and a trigger for one that does not wait.
fn check_fits(amendment: &Amendment, record: &OrderRecord, waiting: bool) -> Result<(), Reject> {
    if amendment.limit.is_some() && record.limit.is_none() {
        return Err(Reject::InvalidOrder { rule: "an order without a limit cannot be given one" });
    }
    if amendment.trigger.is_some() && !waiting {
        return Err(Reject::InvalidOrder { rule: "only a waiting stop order has a trigger" });
    }
    Ok(())
}
