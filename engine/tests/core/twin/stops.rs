//! Stop orders of the twin: reference prices, reach, and waking up.

use engine::event::{CancelReason, Event};
use engine::ids::{InstrumentId, OrderId};
use engine::order::{OrderRequest, TriggerReference};
use engine::reject::Reject;
use engine::units::{Price, Side};

use super::collateral::Arrival;
use super::{Order, Twin};

impl Twin {
    /// What stop orders of a contract watch, as it is now.
    pub(super) fn reference_price(&self, instrument: InstrumentId, reference: TriggerReference) -> Option<Price> {
        match reference {
            TriggerReference::Last => self.last_trade(instrument),
            TriggerReference::Mark => self.listed(instrument).mark,
            TriggerReference::Index => self.index(instrument),
        }
    }

    pub(super) fn last_trade(&self, instrument: InstrumentId) -> Option<Price> {
        self.trades.iter().rfind(|trade| trade.instrument == instrument).map(|trade| trade.price)
    }

    /// The latest fixing of a contract's series.
    pub(super) fn index(&self, instrument: InstrumentId) -> Option<Price> {
        let series = self.listed(instrument).terms.series()?;
        let of_series = self.fixings.iter().filter(|fixing| fixing.series == series);
        of_series.max_by_key(|fixing| fixing.day).map(|fixing| fixing.price)
    }

    /// Widens reach to the prices as they are now. Called whenever one may have moved.
    pub(super) fn watch_prices(&mut self) {
        for instrument in self.instruments() {
            for (index, reference) in TriggerReference::ALL.into_iter().enumerate() {
                let Some(price) = self.reference_price(instrument, reference) else { continue };
                let reach = &mut self.contract_mut(instrument).reach[index];
                let (low, high) = reach.unwrap_or((price, price));
                *reach = Some((low.min(price), high.max(price)));
            }
        }
    }

    /// Shrinks reach to the present price wherever no waiting stop order lies within.
    pub(super) fn shrink_reach(&mut self) {
        for instrument in self.instruments() {
            for (index, reference) in TriggerReference::ALL.into_iter().enumerate() {
                if self.stops_within_reach(instrument, reference).is_empty() {
                    let present = self.reference_price(instrument, reference);
                    self.contract_mut(instrument).reach[index] = present.map(|price| (price, price));
                }
            }
        }
    }

    /// The stop orders on one reference that are to wake up, in their order.
    fn stops_within_reach(&self, instrument: InstrumentId, reference: TriggerReference) -> Vec<OrderId> {
        let index = TriggerReference::ALL.iter().position(|known| *known == reference).unwrap();
        let Some((low, high)) = self.listed(instrument).reach[index] else { return Vec::new() };
        let within = |order: &&Order| {
            order.live
                && order.request.instrument == instrument
                && order.waits_for.is_some_and(|trigger| {
                    let touched =
                        if order.request.side == Side::Buy { high >= trigger.price } else { low <= trigger.price };
                    trigger.reference == reference && touched
                })
        };
        let mut stops: Vec<&Order> = self.orders.iter().filter(within).collect();
        stops.sort_by_key(|order| {
            let price = order.waits_for.unwrap().price.0;
            let is_sell = order.request.side == Side::Sell;
            (is_sell, if is_sell { -price } else { price }, order.order)
        });
        stops.into_iter().map(|order| order.order).collect()
    }

    /// The stop order that is to wake up next.
    pub(super) fn next_stop(&self, instrument: InstrumentId) -> Option<OrderId> {
        let references = TriggerReference::ALL.into_iter();
        references.flat_map(|reference| self.stops_within_reach(instrument, reference)).next()
    }

    pub(super) fn wake_up(&mut self, order: OrderId) {
        match self.check_awake(order) {
            Err(reject) => self.take_out(order, CancelReason::Refused(reject)),
            Ok(limit) => {
                let woken = self.order_mut(order);
                let reference = woken.waits_for.take().unwrap().reference;
                woken.limit = Some(limit);
                self.leave_place(order);
                self.events.push(Event::StopTriggered { order, reference, limit });
                self.arrive(order);
            }
        }
        self.shrink_reach();
    }

    /// The rules of arrival that an order which waits has not been checked for; the limit it works with from now on.
    fn check_awake(&self, order: OrderId) -> Result<Price, Reject> {
        let woken = self.order(order);
        let OrderRequest { account, instrument, side, conditions, .. } = woken.request;
        let limit = match woken.limit {
            Some(limit) => limit,
            None => self.protected_limit(instrument, side)?,
        };
        let lots = woken.remaining();
        let arrival = Arrival { account, instrument, side, lots, limit, conditions, instead_of: None };
        self.check_book(&arrival)?;
        self.check_cover(&arrival)?;
        Ok(limit)
    }
}
