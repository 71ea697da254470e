//! Matching in the twin: the best opposite order is searched for anew each time.

use engine::event::{CancelReason, Event, Trade, TradeSide, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId, OrderId, TradeId};
use engine::instrument::{Kind, Terms};
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::order::{SelfTrade, TimeInForce};
use engine::rules::Rules;
use engine::units::{Lots, Price, Side};

use super::checks::accepts;
use super::liquidation::Sent;
use super::{Holding, Order, PastTrade, Twin, cash};

impl Twin {
    /// Brings an order that was just accepted, amended or triggered to the book.
    pub(super) fn arrive(&mut self, taker: OrderId) {
        let trades_before = self.trades.len();
        let request = self.order(taker).request;
        if request.time_in_force == TimeInForce::FillOrKill && !self.would_fill(taker) {
            self.take_out(taker, CancelReason::FillOrKill);
        } else {
            self.deal(taker);
        }
        self.pause_at_limit(request.instrument, trades_before);
    }

    /// Whether all of an order trades, tried out on a copy of the whole exchange.
    fn would_fill(&self, taker: OrderId) -> bool {
        let mut copy = self.clone();
        copy.deal(taker);
        let tried = copy.order(taker);
        tried.filled == tried.lots
    }

    fn deal(&mut self, taker: OrderId) {
        let mut dealt_with = 0;
        while let Some(maker) = self.best_against(taker) {
            if dealt_with == limits::FILLS_PER_ORDER_MAX {
                return self.take_out(taker, CancelReason::FillLimit);
            }
            dealt_with += 1;
            self.meet(taker, maker);
        }
        let left = self.order(taker).remaining();
        if left == 0 {
            return;
        }
        if self.order(taker).request.time_in_force == TimeInForce::ImmediateOrCancel {
            return self.take_out(taker, CancelReason::ImmediateOrCancel);
        }
        self.events.push(Event::OrderRested { order: taker, lots: Lots(left) });
    }

    /// The opposite order with the best price, the earliest of those, if the limit allows it and there is anything left to trade.
    fn best_against(&self, taker: OrderId) -> Option<OrderId> {
        let taker = self.order(taker);
        if taker.remaining() == 0 {
            return None;
        }
        let opposite = self.queue(taker.request.instrument, taker.request.side.opposite());
        let best = opposite.first()?;
        accepts(taker.request.side, taker.limit?, best.limit?).then_some(best.order)
    }

    fn meet(&mut self, taker: OrderId, maker: OrderId) {
        let (arriving, resting) = (self.order(taker).request, self.order(maker).request);
        if self.broken_leg(resting.instrument, self.order(maker).limit.unwrap()).is_err() {
            return self.take_out(maker, CancelReason::DailyLimit);
        }
        let one_owner = self.owner(arriving.account) == self.owner(resting.account);
        if one_owner && self.rules >= Rules::SECOND {
            if arriving.self_trade != SelfTrade::CancelNewest {
                self.take_out(maker, CancelReason::SelfTrade);
            }
            if arriving.self_trade != SelfTrade::CancelOldest {
                self.take_out(taker, CancelReason::SelfTrade);
            }
            return;
        }
        if self.is_exhausted(maker) {
            return self.take_out(maker, CancelReason::ReduceOnly);
        }
        let lots = [taker, maker].into_iter().map(|order| self.can_trade(order)).min().unwrap();
        self.trade(taker, maker, lots);
        for order in [maker, taker] {
            if self.is_exhausted(order) {
                self.take_out(order, CancelReason::ReduceOnly);
            }
        }
    }

    /// Whether a reduce-only order has something left and nothing to reduce.
    fn is_exhausted(&self, order: OrderId) -> bool {
        let order = self.order(order);
        order.request.conditions.reduce_only && order.remaining() > 0 && self.reducible_by(order) == 0
    }

    fn reducible_by(&self, order: &Order) -> i128 {
        self.reducible(order.request.account, order.request.instrument, order.request.side)
    }

    fn can_trade(&self, order: OrderId) -> u32 {
        let order = self.order(order);
        let left = order.remaining();
        if !order.request.conditions.reduce_only {
            return left;
        }
        u32::try_from(self.reducible_by(order).min(i128::from(left))).unwrap()
    }

    fn trade(&mut self, taker: OrderId, maker: OrderId, lots: u32) {
        let [arriving, resting] = [taker, maker].map(|order| self.order(order).request);
        let (instrument, price) = (arriving.instrument, self.order(maker).limit.unwrap());
        let terms = self.listed(instrument).terms;
        let times = i128::from(lots) * hours(&terms);
        let mut taker_fee = i128::from(self.rates(instrument, arriving.account).taker.0) * times;
        let mut maker_fee = i128::from(self.rates(instrument, resting.account).maker.0) * times;
        let sent = self.order(taker).sent;
        if sent.is_some() {
            (taker_fee, maker_fee) = (0, maker_fee.max(0));
        }

        self.trades.push(PastTrade { instrument, time: self.now, price, lots });
        self.watch_prices();
        self.events.push(Event::Traded(Trade {
            trade: TradeId(self.trades.len() as u64),
            instrument,
            price,
            lots: Lots(lots),
            taker_side: arriving.side,
            taker: TradeSide { order: taker, account: arriving.account, fee: cash(taker_fee) },
            maker: TradeSide { order: maker, account: resting.account, fee: cash(maker_fee) },
        }));
        let buys = arriving.side == Side::Buy;
        let (buyer, seller) =
            if buys { (arriving.account, resting.account) } else { (resting.account, arriving.account) };
        match terms.kind {
            Kind::Spread(spread) => self.clear_legs(&spread, (buyer, seller), price, lots),
            _ => self.clear(&terms, (buyer, seller), price, lots),
        }
        for (account, fee) in [(arriving.account, taker_fee), (resting.account, maker_fee)] {
            self.pay_fee(account, fee);
        }
        if sent == Some(Sent::InLiquidation) {
            self.charge_liquidation(arriving.account, i128::from(price.0) * times);
        }
        // Where one trade finishes both orders, the arriving one comes first, as with the fees.
        for order in [taker, maker] {
            self.order_mut(order).filled += lots;
            if self.order(order).remaining() == 0 {
                self.finish(order);
            }
        }
    }

    /// What a trade brings to both: a position, or the asset for its price.
    pub(super) fn clear(&mut self, terms: &Terms, (buyer, seller): (AccountId, AccountId), price: Price, lots: u32) {
        let lots = i128::from(lots);
        let paid = i128::from(price.0) * lots * hours(terms);
        match terms.kind {
            Kind::Month(_) | Kind::MarginedMonth(_) | Kind::PhysicalMonth(_) | Kind::Strip(_) | Kind::Perpetual(_) => {
                for (account, sign) in [(buyer, 1), (seller, -1)] {
                    let held = self.holding_mut(account, terms.instrument);
                    held.position += sign * lots;
                    held.cost += sign * paid;
                }
            }
            Kind::Spread(_) => unreachable!("a spread has no position"),
            Kind::Spot(spot) => {
                let (buyer, seller) = (LedgerAccount::Customer(buyer), LedgerAccount::Customer(seller));
                self.transfer(buyer, seller, AssetId::USD, paid, TransferReason::Purchase);
                let moved = lots * i128::from(spot.lot_size.0);
                self.transfer(seller, buyer, spot.base, moved, TransferReason::Purchase);
            }
        }
    }

    fn pay_fee(&mut self, account: AccountId, fee: i128) {
        let customer = LedgerAccount::Customer(account);
        if fee < 0 {
            self.transfer(LedgerAccount::Fees, customer, AssetId::USD, -fee, TransferReason::Rebate);
        } else {
            self.transfer(customer, LedgerAccount::Fees, AssetId::USD, fee, TransferReason::Fee);
        }
    }

    pub(super) fn take_out(&mut self, order: OrderId, reason: CancelReason) {
        let found = self.order(order);
        let (account, instrument) = (found.request.account, found.request.instrument);
        let lots = Lots(found.remaining());
        self.events.push(Event::OrderCancelled { order, account, instrument, lots, reason });
        self.finish(order);
    }

    fn finish(&mut self, order: OrderId) {
        self.order_mut(order).live = false;
        self.finished.push((order, self.now));
    }

    pub(super) fn holding_mut(&mut self, account: AccountId, instrument: InstrumentId) -> &mut Holding {
        let is_it = |held: &Holding| held.account == account && held.instrument == instrument;
        if !self.holdings.iter().any(is_it) {
            self.holdings.push(Holding { account, instrument, position: 0, cost: 0 });
        }
        self.holdings.iter_mut().find(|held| is_it(held)).unwrap()
    }
}

/// What a unit of price is multiplied with to give the value of a lot.
pub(super) fn hours(terms: &Terms) -> i128 {
    match terms.kind {
        Kind::Month(month) | Kind::MarginedMonth(month) | Kind::PhysicalMonth(month) => 24 * i128::from(month.days),
        Kind::Strip(strip) => 24 * i128::from(strip.days),
        Kind::Perpetual(perpetual) => i128::from(perpetual.hours),
        Kind::Spread(spread) => i128::from(spread.hours.0),
        Kind::Spot(_) => 1,
    }
}
