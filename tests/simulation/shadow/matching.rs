//! A trade against the naive queues: the right resting order, its price, the right size.

use engine::event::{Trade, TradeSide};
use engine::ids::{AccountId, OrderId, TradeId};
use engine::limits;
use engine::order::TimeInForce;
use engine::rules::Rules;
use engine::units::{Lots, Side};

use super::Shadow;
use super::orders::Order;
use crate::fault::{Fault, check, same};

impl Shadow {
    pub(super) fn read_trade(&mut self, trade: &Trade) -> Result<(), Fault> {
        self.counts.trades += 1;
        self.last_trade = TradeId(self.last_trade.0 + 1);
        same("trades are numbered", trade.trade, self.last_trade, || "the trade".to_owned())?;
        same("the arriving order takes", Some(trade.taker.order), self.course.arriving, || "the taker".to_owned())?;
        let (taker, maker) = (self.side_of(trade, &trade.taker)?, self.side_of(trade, &trade.maker)?);
        let sides = (taker.request.side, maker.request.side);
        same("sides are opposite", sides, (trade.taker_side, trade.taker_side.opposite()), || "a trade".to_owned())?;
        self.check_open(trade)?;
        self.check_priority(trade, &taker, &maker)?;
        self.check_size(trade, &taker, &maker)?;
        self.note_cover(trade.maker.account);
        if taker.closes {
            self.counts.closed += 1;
        } else {
            self.note_cover(trade.taker.account);
        }
        self.fill(trade.taker.order, trade)?;
        self.fill(trade.maker.order, trade)?;
        let is_spread = self.market(trade.instrument)?.terms.spread().is_some();
        self.course.legs = is_spread.then_some(*trade);
        self.owe(trade, &taker, &maker)
    }

    fn side_of(&mut self, trade: &Trade, side: &TradeSide) -> Result<Order, Fault> {
        let order = self.order_mut(side.order)?.clone();
        let named = (trade.instrument, side.account);
        let known = (order.request.instrument, order.request.account);
        same("a trade names its accounts", named, known, || format!("order {}", side.order))?;
        Ok(order)
    }

    fn check_open(&mut self, trade: &Trade) -> Result<(), Fault> {
        let is_open = self.is_open(trade.instrument);
        check(is_open, "only an open contract trades", || format!("instrument {}", trade.instrument))?;
        let is_liquidated = self.is_liquidated(trade.maker.account);
        check(!is_liquidated, "who is in liquidation has no orders", || format!("{:?}", trade.maker))?;
        check(self.waterfall.default.is_none(), "nothing in a default trades", || format!("{trade:?}"))?;
        let market = self.market(trade.instrument)?;
        let (lower, upper) = market.bounds;
        let is_inside = trade.price >= lower && trade.price <= upper;
        check(is_inside, "no trade outside the limits", || format!("{} outside {lower} to {upper}", trade.price))
    }

    fn check_priority(&mut self, trade: &Trade, taker: &Order, maker: &Order) -> Result<(), Fault> {
        let front = self.market(trade.instrument)?.front(maker.request.side);
        same("price-time order", Some(trade.maker.order), front, || "the front of the queue".to_owned())?;
        same("a trade at the resting price", Some(trade.price), maker.limit, || "the resting order".to_owned())?;
        let limit = taker.working_limit()?;
        let accepts = taker.request.side.accepts(limit, trade.price);
        check(accepts, "no fill worse than the limit", || format!("{} for a limit of {limit}", trade.price))?;
        check(!taker.request.conditions.post_only, "a post-only order never takes", || format!("{taker:?}"))?;
        let is_own = self.owner(taker.request.account) == self.owner(maker.request.account);
        check(!is_own || self.rules < Rules::SECOND, "owners do not trade with themselves", || format!("{trade:?}"))
    }

    fn check_size(&mut self, trade: &Trade, taker: &Order, maker: &Order) -> Result<(), Fault> {
        let most = |order: &Order| {
            let reducible = self.reducible(order);
            let is_reducing = order.request.conditions.reduce_only;
            if is_reducing { order.remaining().min(reducible) } else { order.remaining() }
        };
        let expected = most(taker).min(most(maker));
        check(!trade.lots.is_zero(), "a trade has lots", || "none".to_owned())?;
        same("a trade is as large as it can be", trade.lots, expected, || format!("{taker:?} {maker:?}"))
    }

    fn reducible(&self, order: &Order) -> Lots {
        let key = (order.request.instrument, order.request.account);
        let position = self.holdings.get(&key).map_or(0, |holding| holding.position);
        let against = if order.request.side == Side::Buy { -position } else { position };
        Lots(u32::try_from(against.max(0)).unwrap_or(u32::MAX))
    }

    pub(super) fn owner(&self, account: AccountId) -> Option<AccountId> {
        self.masters.get(&account).copied()
    }

    fn fill(&mut self, id: OrderId, trade: &Trade) -> Result<(), Fault> {
        let order = self.order_mut(id)?;
        order.filled += trade.lots;
        let (is_filled, side, account) = (order.remaining().is_zero(), order.request.side, order.request.account);
        let terms = self.market(trade.instrument)?.terms;
        if terms.series().is_some() {
            let lots = i64::from(trade.lots.0);
            let signed = if side == Side::Buy { lots } else { -lots };
            let cost = i128::from(trade.price.0) * i128::from(signed) * i128::from(terms.hours().0);
            self.move_position(trade.instrument, account, signed, cost);
        }
        if is_filled { self.end(id) } else { Ok(()) }
    }

    /// What is left of an immediate order found nothing more to trade with.
    pub(super) fn check_nothing_acceptable(&mut self, order: &Order) -> Result<(), Fault> {
        let limit = order.working_limit()?;
        let best = self.market(order.request.instrument)?.best(order.request.side.opposite());
        let missed = best.filter(|&best| order.request.side.accepts(limit, best));
        check(missed.is_none(), "matching does not stop early", || format!("{missed:?} was left by {order:?}"))
    }

    /// A fill-or-kill order traded nothing, and where nothing but prices and lots decides, it could not have been filled.
    pub(super) fn check_could_not_fill(&mut self, order: &Order) -> Result<(), Fault> {
        check(order.filled.is_zero(), "fill or kill is all or nothing", || format!("{order:?}"))?;
        let (request, limit) = (order.request, order.working_limit()?);
        let side = request.side.opposite();
        let Some(market) = self.markets.get(&request.instrument) else { return Ok(()) };
        let mut left = u64::from(order.remaining().0);
        let queue = market.queue(side).take(limits::FILLS_PER_ORDER_MAX as usize).map(|id| &self.orders[&id]);
        for maker in queue.take_while(|maker| maker.limit.is_some_and(|price| request.side.accepts(limit, price))) {
            let is_own = self.owner(maker.request.account) == self.owner(request.account);
            let is_feasible = maker.limit.is_some_and(|limit| self.is_feasible(request.instrument, limit));
            if is_own || !is_feasible || maker.request.conditions.reduce_only || request.conditions.reduce_only {
                return Ok(());
            }
            left = left.saturating_sub(u64::from(maker.remaining().0));
        }
        let could = left == 0 && request.time_in_force == TimeInForce::FillOrKill;
        check(!could, "fill or kill fills if it can", || format!("{order:?}"))
    }
}
