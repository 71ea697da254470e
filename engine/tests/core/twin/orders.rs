//! Orders of the twin: the rules of arrival in their order, matching by search, cancels, and the keeping of client order ids.

use engine::command::OrderRequest;
use engine::event::{CancelReason, Event, Trade, TradeSide, TransferReason};
use engine::ids::{AccountId, InstrumentId, OrderId, TradeId};
use engine::instrument::Terms;
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::reject::Reject;
use engine::units::{Lots, Price, Side};

use super::{Holding, Order, PastTrade, Twin, cash};

impl Twin {
    pub(super) fn submit(&mut self, request: &OrderRequest) -> Result<(), Reject> {
        let contract = self.contract(request.instrument)?;
        let terms = contract.terms;
        let settling = contract.settling.is_some();
        let expired = contract.settled_for_good || self.now >= terms.end();

        let named =
            |order: &&Order| order.account == request.account && order.client_order_id == request.client_order_id;
        if let Some(first) = self.orders.iter().find(named) {
            if !is_same(first, request) {
                return Err(Reject::ClientOrderIdReused { client_order_id: request.client_order_id });
            }
            let (filled, rested) = (Lots(first.filled_at_first), Lots(first.rested_at_first));
            let replayed = Event::OrderReplayed { order: first.order, filled, rested };
            self.events.push(replayed);
            return Ok(());
        }
        if settling {
            return Err(Reject::Settling { instrument: terms.instrument });
        }
        if expired {
            return Err(Reject::Expired { instrument: terms.instrument });
        }
        check_shape(request, &terms)?;
        self.check_limits(request)?;
        let order = Order {
            order: OrderId(self.seq),
            account: request.account,
            client_order_id: request.client_order_id,
            instrument: request.instrument,
            side: request.side,
            limit: request.limit,
            lots: request.lots.0,
            filled_at_first: 0,
            rested_at_first: 0,
            remaining: request.lots.0,
        };
        self.check_funds(&order, &terms)?;
        if self.remembered(request.account).count() >= limits::REMEMBERED_ORDERS_MAX as usize {
            return Err(Reject::TooManyOrders);
        }
        self.accept(order, &terms);
        Ok(())
    }

    /// At most 1 000 open orders, at most 1 000 000 lots of one side.
    fn check_limits(&self, request: &OrderRequest) -> Result<(), Reject> {
        let open: Vec<&Order> = self
            .orders
            .iter()
            .filter(|order| order.account == request.account && order.instrument == request.instrument)
            .filter(|order| order.remaining > 0)
            .collect();
        if open.len() >= limits::OPEN_ORDERS_MAX as usize {
            return Err(Reject::TooManyOpenOrders);
        }
        let same_side = open.iter().filter(|order| order.side == request.side);
        let open_lots: i128 = same_side.map(|order| i128::from(order.remaining)).sum();
        let (position, _) = self.holding(request.account, request.instrument);
        let already = if request.side == Side::Buy { position } else { -position };
        if already + open_lots + i128::from(request.lots.0) > i128::from(limits::POSITION_LOTS_MAX) {
            return Err(Reject::PositionLimit);
        }
        Ok(())
    }

    fn check_funds(&self, order: &Order, terms: &Terms) -> Result<(), Reject> {
        let before = self.hold(order.account, terms, None);
        let required = self.hold(order.account, terms, Some(order)) - before;
        let free = self.posted(LedgerAccount::Customer(order.account)) - self.held(order.account);
        if required > free {
            return Err(Reject::InsufficientFunds { required: cash(required), free: cash(free) });
        }
        Ok(())
    }

    fn accept(&mut self, mut taker: Order, terms: &Terms) {
        self.events.push(Event::OrderAccepted {
            order: taker.order,
            account: taker.account,
            instrument: taker.instrument,
            client_order_id: taker.client_order_id,
            side: taker.side,
            limit: taker.limit,
            lots: Lots(taker.lots),
        });
        for _ in 0..limits::FILLS_PER_ORDER_MAX {
            let Some(index) = self.best_against(&taker) else { break };
            self.trade(&mut taker, index, terms);
        }
        taker.filled_at_first = taker.lots - taker.remaining;
        let (order, left) = (taker.order, taker.remaining);
        let could_trade_more = self.best_against(&taker).is_some();
        taker.rested_at_first = if could_trade_more { 0 } else { left };
        self.orders.push(taker);
        if could_trade_more {
            self.take_out(order, CancelReason::FillLimit);
        } else if left > 0 {
            self.events.push(Event::OrderRested { order, lots: Lots(left) });
        }
    }

    /// The opposite order with the best price, the earliest of those, if the limit allows it and there is anything left to trade.
    fn best_against(&self, taker: &Order) -> Option<usize> {
        let mut best: Option<usize> = None;
        if taker.remaining == 0 {
            return None;
        }
        for (index, order) in self.orders.iter().enumerate() {
            let opposite = order.instrument == taker.instrument && order.side != taker.side && order.remaining > 0;
            let allowed = match taker.side {
                Side::Buy => order.limit <= taker.limit,
                Side::Sell => order.limit >= taker.limit,
            };
            let better = best.is_none_or(|best| match taker.side {
                Side::Buy => order.limit < self.orders[best].limit,
                Side::Sell => order.limit > self.orders[best].limit,
            });
            if opposite && allowed && better {
                best = Some(index);
            }
        }
        best
    }

    fn trade(&mut self, taker: &mut Order, maker: usize, terms: &Terms) {
        let maker = &mut self.orders[maker];
        let (price, lots) = (maker.limit, maker.remaining.min(taker.remaining));
        maker.remaining -= lots;
        taker.remaining -= lots;
        let maker = maker.clone();

        let fee = |rate: Price| i128::from(rate.0) * i128::from(lots) * 24 * i128::from(terms.days);
        let (taker_fee, maker_fee) = (fee(terms.fees.taker), fee(terms.fees.maker));
        self.trades.push(PastTrade { instrument: terms.instrument, day: self.now.day(), price });
        self.events.push(Event::Traded(Trade {
            trade: TradeId(self.trades.len() as u64),
            instrument: terms.instrument,
            price,
            lots: Lots(lots),
            taker_side: taker.side,
            taker: TradeSide { order: taker.order, account: taker.account, fee: cash(taker_fee) },
            maker: TradeSide { order: maker.order, account: maker.account, fee: cash(maker_fee) },
        }));
        for (account, fee) in [(taker.account, taker_fee), (maker.account, maker_fee)] {
            self.transfer(LedgerAccount::Customer(account), LedgerAccount::Fees, fee, TransferReason::Fee);
        }
        // Where one trade finishes both orders, the arriving one comes first, as with the fees.
        for order in [&*taker, &maker] {
            if order.remaining == 0 {
                self.finished.push((order.order, self.now));
            }
            let bought = if order.side == Side::Buy { i128::from(lots) } else { -i128::from(lots) };
            let held = self.holding_mut(order.account, order.instrument);
            held.position += bought;
            held.cost += bought * i128::from(price.0) * 24 * i128::from(terms.days);
        }
    }

    pub(super) fn cancel(&mut self, account: AccountId, order: OrderId) -> Result<(), Reject> {
        let own = |live: &Order| live.order == order && live.account == account && live.remaining > 0;
        if !self.orders.iter().any(own) {
            return Err(Reject::OrderNotLive { order });
        }
        self.take_out(order, CancelReason::Requested);
        Ok(())
    }

    pub(super) fn take_out(&mut self, order: OrderId, reason: CancelReason) {
        let found = self.orders.iter_mut().find(|live| live.order == order).unwrap();
        self.events.push(Event::OrderCancelled {
            order,
            account: found.account,
            instrument: found.instrument,
            lots: Lots(found.remaining),
            reason,
        });
        found.remaining = 0;
        self.finished.push((order, self.now));
    }

    /// Forgets orders that finished 24 hours ago or earlier, the earliest first, a few with each command.
    pub(super) fn forget_finished_orders(&mut self) {
        for _ in 0..limits::FORGET_PER_COMMAND_MAX {
            let Some(&(order, finished)) = self.finished.first() else { return };
            if self.now.0 - finished.0 < limits::ORDER_RETENTION_US {
                return;
            }
            self.finished.remove(0);
            self.orders.retain(|kept| kept.order != order);
        }
    }

    fn holding_mut(&mut self, account: AccountId, instrument: InstrumentId) -> &mut Holding {
        let is_it = |held: &Holding| held.account == account && held.instrument == instrument;
        if !self.holdings.iter().any(is_it) {
            self.holdings.push(Holding { account, instrument, position: 0, cost: 0 });
        }
        self.holdings.iter_mut().find(|held| is_it(held)).unwrap()
    }

    /// The orders of an account whose client order ids are still kept.
    pub fn remembered(&self, account: AccountId) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(move |order| order.account == account)
    }

    /// The live orders of one side as they would trade: best price first, then in order of arrival.
    pub fn queue(&self, instrument: InstrumentId, side: Side) -> Vec<Order> {
        let live = |order: &&Order| order.instrument == instrument && order.side == side && order.remaining > 0;
        let mut queue: Vec<Order> = self.orders.iter().filter(live).cloned().collect();
        queue.sort_by_key(|order| if side == Side::Buy { -order.limit.0 } else { order.limit.0 });
        queue
    }
}

fn is_same(first: &Order, request: &OrderRequest) -> bool {
    first.instrument == request.instrument
        && first.side == request.side
        && first.lots == request.lots.0
        && first.limit == request.limit
}

fn check_shape(request: &OrderRequest, terms: &Terms) -> Result<(), Reject> {
    if request.lots.0 < 1 || request.lots.0 > 100_000 {
        return Err(Reject::LotsOutOfRange { lots: request.lots });
    }
    if request.limit < terms.floor || request.limit > terms.cap {
        return Err(Reject::PriceOutOfRange { price: request.limit, floor: terms.floor, cap: terms.cap });
    }
    // The floor is on the tick, so distances from it tell what is.
    let past = (request.limit.0 - terms.floor.0) % terms.tick.0;
    if past != 0 {
        let below = Price(request.limit.0 - past);
        let above = Price(below.0 + terms.tick.0);
        return Err(Reject::PriceOffTick { price: request.limit, tick: terms.tick, below, above });
    }
    Ok(())
}
