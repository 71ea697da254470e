//! The orders of a snapshot: live ones, the queues they stand in, and those that are still remembered.

use super::{invalid, repeat};
use crate::book::Resting;
use crate::engine::Engine;
use crate::ids::OrderId;
use crate::instrument::Terms;
use crate::journal::bytes::{DecodeError, Reader};
use crate::journal::wire;
use crate::limits;
use crate::order::Trigger;
use crate::orders::{Live, NONE, OrderRecord, OrderState};
use crate::units::{Lots, Price, Timestamp};

impl Engine {
    pub(super) fn take_live_orders(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        let mut last = OrderId(0);
        repeat(from, |from| {
            let order = OrderId(from.u64()?);
            if order <= last {
                return Err(invalid("live order out of its place", order.0));
            }
            last = order;
            let record = take_record(from)?;
            self.restore_live(order, record)
        })
    }

    fn restore_live(&mut self, order: OrderId, record: OrderRecord) -> Result<(), DecodeError> {
        let request = record.request;
        let market = self.market_place(request.instrument)?;
        let account = self.account_slot(request.account)?;
        self.check_fresh(order, &record)?;
        let waiting = match record.state {
            OrderState::Waiting => true,
            OrderState::Live => false,
            OrderState::Filled | OrderState::Cancelled => return Err(invalid("live order that is not", order.0)),
        };
        let place = self.exposure_place(market, account);
        let mut exposure = self.exposures.get(place).exposure;
        exposure.orders_count += 1;
        let market_of = self.markets.get_mut(market);
        match record.trigger.filter(|_| waiting) {
            Some(trigger) => market_of.stops.insert(request.side, trigger, order),
            None => {
                let limit = record.limit.ok_or(invalid("resting order without limit", order.0))?;
                let Terms { floor, cap, tick, .. } = market_of.terms;
                if limit < floor || limit > cap || !limit.is_on_tick(tick) {
                    return Err(invalid("limit of resting order", order.0));
                }
                exposure.open(&market_of.contract, request.side, limit, record.remaining());
            }
        }
        self.exposures.get_mut(place).exposure = exposure;
        if record.expiry != Timestamp::NEVER {
            self.due.expiries.insert((record.expiry, order));
        }
        let live = Live {
            order,
            cold: NONE,
            market,
            account,
            exposure: place,
            slot: None,
            previous: NONE,
            next: NONE,
            lots: record.lots,
            filled: record.filled,
            limit: record.limit.unwrap_or(Price(0)),
            trigger: record.trigger.map_or(Price(0), |trigger| trigger.price),
            expiry: record.expiry,
            side: request.side,
            reduce_only: request.conditions.reduce_only,
            waiting,
            has_limit: record.limit.is_some(),
        };
        let name = self.orders.name_hash(request.account, request.client_order_id);
        let hot = self.orders.insert(&live, &request, name, self.accounts.get_mut(account));
        let cold = self.orders.live(hot).cold;
        self.orders.restore_answer(cold, record.first_filled, record.first_rested);
        Ok(())
    }

    /// An order has a name of its own, a number of the past, and something to trade.
    fn check_fresh(&self, order: OrderId, record: &OrderRecord) -> Result<(), DecodeError> {
        let request = &record.request;
        let is_named = self.orders.by_client_id(request.account, request.client_order_id).is_some();
        if is_named || order.0 > self.seq.0 {
            return Err(invalid("order twice or of the future", order.0));
        }
        if self.markets.find(request.instrument).is_none() || record.lots > limits::ORDER_LOTS_MAX {
            return Err(invalid("order", order.0));
        }
        let is_live = matches!(record.state, OrderState::Live | OrderState::Waiting);
        if is_live && record.filled == record.lots {
            return Err(invalid("live order of which nothing is left", order.0));
        }
        Ok(())
    }

    pub(super) fn take_books(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        for market in 0..u32::try_from(self.markets.len()).expect("instruments are limited") {
            repeat(from, |from| {
                let order = OrderId(from.u64()?);
                let hot = self.orders.find_live(order).ok_or(invalid("resting order", order.0))?;
                let &Live { account, side, limit, reduce_only, waiting, slot, .. } = self.orders.live(hot);
                if waiting || slot.is_some() || self.orders.live(hot).market != market {
                    return Err(invalid("resting order", order.0));
                }
                let (owner, lots) = (self.accounts.get(account), self.orders.live(hot).remaining());
                let (account, owner) = (owner.id, owner.master);
                let resting = Resting { order, account, owner, link: hot, side, price: limit, lots, reduce_only };
                let slot = self.markets.get_mut(market).book.rest(resting);
                self.orders.live_mut(hot).slot = Some(slot);
                Ok(())
            })?;
        }
        let lost = self.orders.live_by_place().find(|&(_, hot)| {
            let live = self.orders.live(hot);
            live.slot.is_none() && !live.waiting
        });
        lost.map_or(Ok(()), |(order, _)| Err(invalid("order in no book", order.0)))
    }

    pub(super) fn take_finished_orders(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let (due, order) = (Timestamp(from.i64()?), OrderId(from.u64()?));
            let record = take_record(from)?;
            let slot = self.account_slot(record.request.account)?;
            self.check_fresh(order, &record)?;
            let is_live = matches!(record.state, OrderState::Live | OrderState::Waiting);
            if is_live || self.orders.get(order).is_some() {
                return Err(invalid("finished order that is live or twice", order.0));
            }
            self.orders.restore_finished(due, order, record, self.accounts.get_mut(slot));
            Ok(())
        })
    }
}

fn take_record(from: &mut Reader) -> Result<OrderRecord, DecodeError> {
    let request = wire::take_request(from)?;
    let (lots, limit, price) = (Lots(from.u32()?), wire::take_price_option(from)?, Price(from.i64()?));
    let trigger = request.trigger.map(|asked| Trigger { price, ..asked });
    let [first_filled, first_rested, filled] = [from.u32()?, from.u32()?, from.u32()?].map(Lots);
    if filled > lots {
        return Err(invalid("lots filled", u64::from(filled.0)));
    }
    let expiry = Timestamp(from.i64()?);
    let state = match from.u8()? {
        1 => OrderState::Live,
        2 => OrderState::Waiting,
        3 => OrderState::Filled,
        4 => OrderState::Cancelled,
        tag => return Err(invalid("order state", u64::from(tag))),
    };
    Ok(OrderRecord { request, lots, limit, trigger, first_filled, first_rested, filled, expiry, state })
}
