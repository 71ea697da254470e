//! How an order comes into the twin: the rules of placing in their order, first answers, the keeping of client order ids.

use engine::event::Event;
use engine::ids::OrderId;
use engine::limits;
use engine::order::{OrderRequest, Pricing};
use engine::reject::Reject;
use engine::units::{Lots, Price};

use super::collateral::Arrival;
use super::{Order, Twin};

impl Twin {
    pub(super) fn submit(&mut self, request: &OrderRequest) -> Result<(), Reject> {
        self.contract(request.instrument)?;
        let first = self.remembered(request.account).find(|first| is_named_like(first, request)).cloned();
        if let Some(first) = first {
            let without_stamp = OrderRequest { sent: None, ..first.request };
            if without_stamp != (OrderRequest { sent: None, ..*request }) {
                return Err(Reject::ClientOrderIdReused { client_order_id: request.client_order_id });
            }
            let (filled, rested) = (Lots(first.first_answer.0), Lots(first.first_answer.1));
            let replayed = Event::OrderReplayed { order: first.order, filled, rested };
            self.events.push(replayed);
            return Ok(());
        }
        self.refuse_in_liquidation(request.account)?;
        self.refuse_in_exit(request.account)?;
        let limit = self.check_new(request)?;
        self.accept(request, limit);
        Ok(())
    }

    /// Every rule of a new order but that of its name; the limit it would work with.
    fn check_new(&self, request: &OrderRequest) -> Result<Option<Price>, Reject> {
        let OrderRequest { account, instrument, side, lots, .. } = *request;
        self.check_sent(request)?;
        self.check_contradictions(request)?;
        self.check_open(instrument)?;
        self.check_order_rate(account)?;
        self.check_lots(instrument, lots, Lots(1))?;
        let limit = match request.pricing {
            Pricing::Limit(limit) => Some(limit),
            Pricing::Market if request.trigger.is_some() => None,
            Pricing::Market => Some(self.protected_limit(instrument, side)?),
        };
        for price in limit.into_iter().chain(request.trigger.map(|trigger| trigger.price)) {
            self.check_price(instrument, price)?;
        }
        let arrival = limit.map(|limit| Arrival {
            account,
            instrument,
            side,
            lots: lots.0,
            limit,
            conditions: request.conditions,
            instead_of: None,
        });
        match (request.trigger, &arrival) {
            (Some(trigger), _) => self.check_out_of_reach(instrument, side, trigger)?,
            (None, Some(arrival)) => self.check_book(arrival)?,
            (None, None) => unreachable!("an order that does not wait has a limit"),
        }
        self.check_room(request)?;
        if let (None, Some(arrival)) = (request.trigger, &arrival) {
            self.check_cover(arrival)?;
        }
        if self.remembered(account).count() >= limits::REMEMBERED_ORDERS_MAX as usize {
            return Err(Reject::TooManyOrders);
        }
        Ok(limit)
    }

    fn accept(&mut self, request: &OrderRequest, limit: Option<Price>) {
        let order = OrderId(self.seq);
        self.orders.push(Order {
            order,
            request: *request,
            accepted: self.now,
            lots: request.lots.0,
            filled: 0,
            limit,
            waits_for: request.trigger,
            live: true,
            first_answer: (0, 0),
            sent: None,
        });
        let now = self.now;
        self.account_mut(request.account).ordered.push(now);
        self.events.push(Event::OrderAccepted { order, request: *request, limit });
        if request.trigger.is_none() {
            self.arrive(order);
        }
        let accepted = self.order_mut(order);
        accepted.first_answer = (accepted.filled, accepted.remaining());
    }

    pub(super) fn order(&self, order: OrderId) -> &Order {
        self.orders.iter().find(|known| known.order == order).unwrap()
    }

    pub(super) fn order_mut(&mut self, order: OrderId) -> &mut Order {
        self.orders.iter_mut().find(|known| known.order == order).unwrap()
    }

    /// Puts an order behind all others.
    pub(super) fn leave_place(&mut self, order: OrderId) {
        let at = self.orders.iter().position(|known| known.order == order).unwrap();
        let moved = self.orders.remove(at);
        self.orders.push(moved);
    }

    /// Forgets orders that finished 24 hours ago or earlier, the earliest first, a few with each command.
    pub(super) fn forget_finished_orders(&mut self) {
        for _ in 0..4 {
            let Some(&(order, finished)) = self.finished.first() else { return };
            if self.now.0 - finished.0 < 24 * 3_600_000_000 {
                return;
            }
            self.finished.remove(0);
            self.orders.retain(|kept| kept.order != order);
        }
    }
}

fn is_named_like(first: &Order, request: &OrderRequest) -> bool {
    first.request.client_order_id == request.client_order_id
}
