//! Orders and cancels: the path on which the venue spends its life.

use crate::book::{Fill, Resting};
use crate::command::OrderRequest;
use crate::engine::{Engine, Market};
use crate::event::{CancelReason, Event, Trade, TradeSide, TransferReason};
use crate::exposure::Exposure;
use crate::ids::{AccountId, AssetId, OrderId, TradeId};
use crate::instrument::{State, Terms};
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::orders::{OrderRecord, OrderState};
use crate::reject::Reject;
use crate::units::{Cash, Lots, Price};

impl Engine {
    /// The main path: check, hold, match, clear, post; [`Engine::apply`] conserves.
    pub(crate) fn submit_order(&mut self, request: OrderRequest, events: &mut Vec<Event>) -> Result<(), Reject> {
        if let Some(first_answer) = self.first_answer(&request) {
            events.push(first_answer);
            return Ok(());
        }
        let OrderRequest { account, client_order_id, instrument, side, lots, limit } = request;

        // 1 check: every rule that does not depend on money.
        let terms = self.check_order(&request)?;

        // 2 hold: the worst case of the account with this order must be covered before anything happens.
        let exposure = self.check_funds(&request, &terms)?;
        let order = OrderId(self.seq.0);
        self.set_exposure(&terms, account, exposure);
        let record = OrderRecord {
            request,
            first_filled: Lots::ZERO,
            first_rested: Lots::ZERO,
            filled: Lots::ZERO,
            state: OrderState::Live,
        };
        self.orders.insert(order, record);
        events.push(Event::OrderAccepted { order, account, instrument, client_order_id, side, limit, lots });

        // 3 match: best price first, oldest first, at the resting order's price; bounded, so that nobody waits for long.
        let (mut remaining, mut fills_count) = (lots, 0);
        while fills_count < limits::FILLS_PER_ORDER_MAX
            && let Some(fill) = self.market_mut(instrument)?.book.match_next(side, limit, remaining)
        {
            remaining -= fill.lots;
            fills_count += 1;
            // 4 clear: both positions change, and with them what both must hold. 5 post: fees.
            self.clear_fill(&terms, order, &request, &fill, events);
        }

        if !remaining.is_zero() {
            self.rest_or_cancel(order, &request, remaining, events)?;
        }
        self.orders.answer(order);
        Ok(())
    }

    pub(crate) fn cancel_order(
        &mut self,
        account: AccountId,
        order: OrderId,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        // An order of another account is answered like one that never was: its existence is nobody's business.
        let record = self.orders.get(order).filter(|record| record.request.account == account).copied();
        match record {
            Some(record) if record.state == OrderState::Live => {
                self.take_out(order, &record, CancelReason::Requested, events);
                Ok(())
            }
            _ => Err(Reject::OrderNotLive { order }),
        }
    }

    /// What is left rests, unless it could still trade: then the bound on fills was reached, and resting it would cross the book.
    fn rest_or_cancel(
        &mut self,
        order: OrderId,
        request: &OrderRequest,
        remaining: Lots,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let &OrderRequest { account, instrument, side, limit, .. } = request;
        let market = self.market_mut(instrument)?;
        let crosses = market.book.best(side.opposite()).is_some_and(|best| side.accepts(limit, best));
        market.book.rest(Resting { order, account, side, price: limit, lots: remaining });
        if crosses {
            let record = *self.orders.get(order).expect("an order that was just accepted is remembered");
            self.take_out(order, &record, CancelReason::FillLimit, events);
        } else {
            events.push(Event::OrderRested { order, lots: remaining });
        }
        Ok(())
    }

    /// Takes a live order out of its book and gives back what it held.
    pub(crate) fn take_out(
        &mut self,
        order: OrderId,
        record: &OrderRecord,
        reason: CancelReason,
        events: &mut Vec<Event>,
    ) {
        let OrderRequest { account, instrument, side, limit, .. } = record.request;
        let market = self.markets.get_mut(&instrument).expect("a live order's contract is listed");
        let resting = market.book.cancel(order).expect("a live order rests in its book");
        let terms = market.terms;
        let mut exposure = self.exposure(instrument, account);
        exposure.shrink_order(&terms, side, limit, resting.lots);
        exposure.close_order();
        self.set_exposure(&terms, account, exposure);
        self.orders.finish(order, OrderState::Cancelled, self.time);
        events.push(Event::OrderCancelled { order, account, instrument, lots: resting.lots, reason });
    }

    /// What the same request was answered the first time.
    fn first_answer(&self, request: &OrderRequest) -> Option<Event> {
        let order = self.orders.by_client_id(request.account, request.client_order_id)?;
        let record = self.orders.get(order)?;
        let OrderRecord { first_filled: filled, first_rested: rested, .. } = *record;
        (record.request == *request).then_some(Event::OrderReplayed { order, filled, rested })
    }

    fn check_order(&self, request: &OrderRequest) -> Result<Terms, Reject> {
        let &OrderRequest { account, client_order_id, instrument, lots, limit, .. } = request;
        let Market { terms, state, .. } =
            self.markets.get(&instrument).ok_or(Reject::UnknownInstrument { instrument })?;
        if self.orders.by_client_id(account, client_order_id).is_some() {
            return Err(Reject::ClientOrderIdReused { client_order_id });
        }
        if let State::Settling(_) = state {
            return Err(Reject::Settling { instrument });
        }
        if *state == State::Settled || self.time >= terms.end() {
            return Err(Reject::Expired { instrument });
        }
        if lots.is_zero() || lots > limits::ORDER_LOTS_MAX {
            return Err(Reject::LotsOutOfRange { lots });
        }
        if limit < terms.floor || limit > terms.cap {
            return Err(Reject::PriceOutOfRange { price: limit, floor: terms.floor, cap: terms.cap });
        }
        if !limit.is_on_tick(terms.tick) {
            let below = limit.floor_to_tick(terms.tick);
            let above = Price(below.0 + terms.tick.0);
            return Err(Reject::PriceOffTick { price: limit, tick: terms.tick, below, above });
        }
        Ok(*terms)
    }

    fn check_funds(&self, request: &OrderRequest, terms: &Terms) -> Result<Exposure, Reject> {
        let before = self.exposure(request.instrument, request.account);
        let after = before.with_order(terms, request.side, request.limit, request.lots);
        if after.orders_count > limits::OPEN_ORDERS_MAX {
            return Err(Reject::TooManyOpenOrders);
        }
        let longest = after.position.0 + after.open_buys;
        let shortest = after.position.0 - after.open_sells;
        if longest > limits::POSITION_LOTS_MAX || shortest < -limits::POSITION_LOTS_MAX {
            return Err(Reject::PositionLimit);
        }
        let required = after.hold(terms) - before.hold(terms);
        let free = self.ledger.balance(LedgerAccount::Customer(request.account), AssetId::USD).free();
        if required > free {
            return Err(Reject::InsufficientFunds { required, free });
        }
        if self.orders.remembered_count(request.account) >= limits::REMEMBERED_ORDERS_MAX {
            return Err(Reject::TooManyOrders);
        }
        Ok(after)
    }

    fn clear_fill(
        &mut self,
        terms: &Terms,
        taker_order: OrderId,
        request: &OrderRequest,
        fill: &Fill,
        events: &mut Vec<Event>,
    ) {
        let Fill { maker, lots } = *fill;
        let taker_fee = terms.fees.taker.notional(lots, terms.hours());
        let maker_fee = terms.fees.maker.notional(lots, terms.hours());
        self.last_trade = TradeId(self.last_trade.0 + 1);
        events.push(Event::Traded(Trade {
            trade: self.last_trade,
            instrument: terms.instrument,
            price: maker.price,
            lots,
            taker_side: request.side,
            taker: TradeSide { order: taker_order, account: request.account, fee: taker_fee },
            maker: TradeSide { order: maker.order, account: maker.account, fee: maker_fee },
        }));

        let taker = Resting {
            order: taker_order,
            account: request.account,
            side: request.side,
            price: request.limit,
            lots: request.lots,
        };
        self.clear_side(terms, &taker, maker.price, lots, taker_fee, events);
        self.clear_side(terms, &maker, maker.price, lots, maker_fee, events);
        let now = self.time;
        self.markets.get_mut(&terms.instrument).expect("the contract is listed").last_trades.note(now, maker.price);
    }

    /// One account's half of a trade: the order shrinks, the position grows, the fee is paid.
    fn clear_side(
        &mut self,
        terms: &Terms,
        order: &Resting,
        price: Price,
        lots: Lots,
        fee: Cash,
        events: &mut Vec<Event>,
    ) {
        let mut exposure = self.exposure(terms.instrument, order.account);
        exposure.shrink_order(terms, order.side, order.price, lots);
        exposure.trade(terms, order.side, price, lots);
        self.orders.fill(order.order, lots, self.time);
        if self.orders.get(order.order).is_some_and(|record| record.state == OrderState::Filled) {
            exposure.close_order();
        }
        self.set_exposure(terms, order.account, exposure);
        if fee > Cash::ZERO {
            let payer = LedgerAccount::Customer(order.account);
            self.transfer(payer, LedgerAccount::Fees, fee, TransferReason::Fee, events);
        }
        self.assert_covered(order.account);
    }
}
