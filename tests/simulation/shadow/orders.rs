//! Orders from acceptance to their end, as events tell of them.

use engine::event::{CancelReason, Event};
use engine::ids::OrderId;
use engine::instrument::{Kind, SettlementKind};
use engine::order::{OrderRequest, TimeInForce, Trigger};
use engine::units::{Lots, Price, Timestamp};

use super::Shadow;
use super::book::Place;
use crate::fault::{Fault, check, same};

/// A live order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) request: OrderRequest,
    pub(super) lots: Lots,
    pub(super) filled: Lots,
    pub(super) limit: Option<Price>,
    pub(super) is_waiting: bool,
    pub(super) expiry: Timestamp,
    /// Where it rests.
    pub(super) place: Option<Place>,
    /// Whether the venue sent it to close a position of an account in liquidation.
    pub(super) closes: bool,
}

impl Order {
    pub(super) fn remaining(&self) -> Lots {
        self.lots - self.filled
    }

    /// The limit of an order that arrives or rests.
    pub(super) fn working_limit(&self) -> Result<Price, Fault> {
        self.limit.ok_or_else(|| Fault::new("an order that works has a limit", format!("{:?}", self.request)))
    }
}

impl Shadow {
    pub(super) fn read_order(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::OrderAccepted { order, ref request, limit } => self.accept(order, request, limit),
            Event::StopTriggered { order, limit, .. } => {
                let woken = self.order_mut(order)?;
                let was_waiting = std::mem::replace(&mut woken.is_waiting, false);
                let asked = woken.limit.replace(limit);
                check(was_waiting, "only what waits wakes up", || format!("order {order}"))?;
                check(asked.is_none_or(|asked| asked == limit), "a stop-limit keeps its limit", || {
                    format!("{asked:?}")
                })?;
                self.counts.triggered += 1;
                self.arrive(order)
            }
            Event::OrderAmended { order, lots, limit, trigger } => self.amend(order, lots, limit, trigger),
            Event::OrderRested { order, lots } => self.rest(order, lots),
            Event::OrderCancelled { order, account, instrument, lots, reason } => {
                let known = self.order_mut(order)?.clone();
                let named = (account, instrument, lots);
                let expected = (known.request.account, known.request.instrument, known.remaining());
                same("a cancel names what is left", named, expected, || format!("order {order}"))?;
                self.check_reason(order, &known, reason)?;
                self.counts.cancels += 1;
                self.end(order)
            }
            _ => unreachable!("other events are read elsewhere"),
        }
    }

    fn accept(&mut self, id: OrderId, request: &OrderRequest, limit: Option<Price>) -> Result<(), Fault> {
        let expiry = match request.time_in_force {
            TimeInForce::Day => self.now.day().end(),
            TimeInForce::GoodTillDate(until) => until,
            _ => Timestamp::NEVER,
        };
        let terms = self.market(request.instrument)?.terms;
        // What is not settled at its end has no other moment at which its orders go.
        let ends = matches!(terms.kind, Kind::PhysicalMonth(_) | Kind::Spread(_));
        let expiry = if ends { expiry.min(terms.end()) } else { expiry };
        let is_waiting = request.trigger.is_some();
        let (lots, filled, place, closes) = (request.lots, Lots::ZERO, None, false);
        let order = Order { request: *request, lots, filled, limit, is_waiting, expiry, place, closes };
        let before = self.orders.insert(id, order);
        check(before.is_none(), "an order is accepted once", || format!("order {id}"))?;
        if expiry != Timestamp::NEVER {
            self.expiries.insert((expiry, id));
        }
        self.holding_mut(request.instrument, request.account).live.insert(id);
        let is_liquidated = self.is_liquidated(request.account);
        check(!is_liquidated, "who is in liquidation places no orders", || format!("order {id}"))?;
        check(self.is_open(request.instrument), "only an open contract takes orders", || format!("order {id}"))?;
        if is_waiting { Ok(()) } else { self.arrive(id) }
    }

    fn amend(&mut self, id: OrderId, lots: Lots, limit: Option<Price>, trigger: Option<Price>) -> Result<(), Fault> {
        let order = self.order_mut(id)?;
        same("what waits has a trigger", trigger.is_some(), order.is_waiting, || format!("order {id}"))?;
        check(lots > order.filled, "an amended order keeps something", || format!("{lots} of order {id}"))?;
        let keeps_place = order.is_waiting || (limit == order.limit && lots <= order.lots);
        (order.lots, order.limit) = (lots, limit);
        if let (Some(trigger), Some(price)) = (&mut order.request.trigger, trigger) {
            *trigger = Trigger { price, ..*trigger };
        }
        if keeps_place {
            return Ok(());
        }
        self.take_out(id)?;
        self.arrive(id)
    }

    /// An order meets the book.
    fn arrive(&mut self, id: OrderId) -> Result<(), Fault> {
        check(self.course.arriving.is_none(), "one order after the other", || format!("{:?}", self.course.arriving))?;
        self.course.arriving = Some(id);
        self.check_arrival(id)
    }

    fn rest(&mut self, id: OrderId, lots: Lots) -> Result<(), Fault> {
        same("what comes to rest has arrived", Some(id), self.course.arriving, || "the arriving order".to_owned())?;
        let order = self.order_mut(id)?.clone();
        same("what is left rests", lots, order.remaining(), || format!("order {id}"))?;
        check(order.request.time_in_force.rests(), "an immediate order does not rest", || format!("order {id}"))?;
        let limit = order.working_limit()?;
        let place = self.market(order.request.instrument)?.rest(order.request.side, limit, id);
        self.order_mut(id)?.place = Some(place);
        self.course.arriving = None;
        Ok(())
    }

    /// An order is over.
    pub(super) fn end(&mut self, id: OrderId) -> Result<(), Fault> {
        self.take_out(id)?;
        let Some(order) = self.orders.remove(&id) else { return Ok(()) };
        self.expiries.remove(&(order.expiry, id));
        let key = (order.request.instrument, order.request.account);
        if let Some(holding) = self.holdings.get_mut(&key) {
            holding.live.remove(&id);
        }
        if self.course.arriving == Some(id) {
            self.course.arriving = None;
        }
        Ok(())
    }

    fn take_out(&mut self, id: OrderId) -> Result<(), Fault> {
        let order = self.order_mut(id)?;
        let (side, instrument, place) = (order.request.side, order.request.instrument, order.place.take());
        if let Some(place) = place {
            self.market(instrument)?.remove(side, place);
        }
        Ok(())
    }

    /// A live order; what its account holds is looked at when the command is done.
    pub(super) fn order_mut(&mut self, id: OrderId) -> Result<&mut Order, Fault> {
        let missing = || Fault::new("events name what is there", format!("order {id} is not live"));
        let order = self.orders.get_mut(&id).ok_or_else(missing)?;
        self.course.touched.insert((order.request.instrument, order.request.account));
        Ok(order)
    }

    fn check_reason(&mut self, id: OrderId, order: &Order, reason: CancelReason) -> Result<(), Fault> {
        let (now, instrument) = (self.now, order.request.instrument);
        let is_arriving = self.course.arriving == Some(id);
        let is_liquidated = self.is_liquidated(order.request.account);
        let is_feasible = order.limit.is_none_or(|limit| self.is_feasible(instrument, limit));
        let market = self.market(instrument)?;
        let (lower, upper) = market.bounds;
        let is_right = match reason {
            CancelReason::TimeInForce => order.expiry <= now,
            CancelReason::DailyLimit => order.limit.is_some_and(|limit| limit < lower || limit > upper || !is_feasible),
            CancelReason::Expired => {
                let kind = market.settling.as_ref().map(|settling| settling.kind);
                matches!(kind, Some(SettlementKind::Final | SettlementKind::Cascade))
            }
            CancelReason::Liquidation => is_liquidated,
            CancelReason::ReduceOnly => order.request.conditions.reduce_only,
            CancelReason::Refused(_) => order.is_waiting,
            CancelReason::FillLimit => is_arriving,
            CancelReason::ImmediateOrCancel => {
                is_arriving && order.request.time_in_force == TimeInForce::ImmediateOrCancel
            }
            CancelReason::FillOrKill => is_arriving && order.request.time_in_force == TimeInForce::FillOrKill,
            _ => true,
        };
        check(is_right, "a cancel has its reason", || format!("{reason:?} for {order:?}"))?;
        match reason {
            CancelReason::ImmediateOrCancel => self.check_nothing_acceptable(order),
            CancelReason::FillOrKill => self.check_could_not_fill(order),
            CancelReason::MarginCall => self.check_call(id, order.request.account),
            CancelReason::Liquidation => {
                let live = self.contracts_of(order.request.account).flat_map(|(_, holding)| &holding.live);
                same("liquidation takes the newest order first", live.max(), Some(&id), || format!("{order:?}"))
            }
            _ => Ok(()),
        }
    }
}
