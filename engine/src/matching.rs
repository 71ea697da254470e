//! Price–time priority with everything that can happen when two orders meet.

use crate::book::{Resting, Slot};
use crate::engine::Engine;
use crate::event::{CancelReason, Event};
use crate::limits;
use crate::order::SelfTrade;
use crate::trading::Arrival;
use crate::units::{Lots, Price, Side};

/// The lowest and the highest price an arrival traded at.
pub(crate) type TradedRange = Option<(Price, Price)>;

/// What meeting a resting order led to.
pub(crate) enum Met {
    /// They traded this much.
    Traded(Lots),
    /// The resting order is gone.
    MakerGone,
    /// The arriving order is gone.
    TakerGone,
}

impl Engine {
    /// Best price first, oldest first, at the resting order's price; bounded, so that nobody waits for long.
    pub(crate) fn match_arrival(&mut self, arrival: &mut Arrival, events: &mut Vec<Event>) -> TradedRange {
        let mut traded: TradedRange = None;
        let mut met_count = 0;
        while !arrival.remaining.is_zero()
            && let Some((slot, maker)) = self.next_maker(arrival)
        {
            if met_count == limits::FILLS_PER_ORDER_MAX {
                self.cancel_live(arrival.hot, CancelReason::FillLimit, events);
                return traded;
            }
            met_count += 1;
            if !self.is_feasible(arrival.market, maker.price) {
                self.cancel_live(maker.link, CancelReason::DailyLimit, events);
                continue;
            }
            match self.meet(arrival, slot, &maker, events) {
                Met::MakerGone => {}
                Met::TakerGone => return traded,
                Met::Traded(lots) => {
                    arrival.remaining -= lots;
                    let (low, high) = traded.unwrap_or((maker.price, maker.price));
                    traded = Some((low.min(maker.price), high.max(maker.price)));
                    if self.is_exhausted(arrival) {
                        self.cancel_live(arrival.hot, CancelReason::ReduceOnly, events);
                        return traded;
                    }
                }
            }
        }
        if arrival.remaining.is_zero() {
            return traded;
        }
        if arrival.time_in_force.rests() {
            self.rest(arrival, events);
        } else {
            self.cancel_live(arrival.hot, CancelReason::ImmediateOrCancel, events);
        }
        traded
    }

    /// The resting order that an arriving one meets next, if its limit accepts the price.
    pub(crate) fn next_maker(&self, arrival: &Arrival) -> Option<(Slot, Resting)> {
        let (book, side) = (&self.markets.get(arrival.market).book, arrival.side.opposite());
        // The best price first: most orders cross nothing, and need not load the order behind it.
        let crosses = book.best(side).is_some_and(|best| arrival.side.accepts(arrival.limit, best));
        if crosses { book.front(side) } else { None }
    }

    pub(crate) fn meet(&mut self, arrival: &Arrival, slot: Slot, maker: &Resting, events: &mut Vec<Event>) -> Met {
        if let Some(choice) = arrival.self_trade
            && maker.owner == arrival.owner
        {
            return self.prevent_self_trade(choice, arrival, maker, events);
        }
        let mut lots = arrival.remaining.min(maker.lots);
        if maker.reduce_only {
            let reducible = self.reducible(maker.link, maker.side);
            if reducible.is_zero() {
                self.cancel_live(maker.link, CancelReason::ReduceOnly, events);
                return Met::MakerGone;
            }
            lots = lots.min(reducible);
        }
        if arrival.reduce_only {
            lots = lots.min(self.exposures.get(arrival.exposure).exposure.reducible(arrival.side));
        }
        self.clear_fill(arrival, slot, maker, lots, events);
        if maker.reduce_only && lots < maker.lots && self.reducible(maker.link, maker.side).is_zero() {
            self.cancel_live(maker.link, CancelReason::ReduceOnly, events);
        }
        Met::Traded(lots)
    }

    fn prevent_self_trade(
        &mut self,
        choice: SelfTrade,
        arrival: &Arrival,
        maker: &Resting,
        events: &mut Vec<Event>,
    ) -> Met {
        if choice != SelfTrade::CancelNewest {
            self.cancel_live(maker.link, CancelReason::SelfTrade, events);
        }
        if choice == SelfTrade::CancelOldest {
            return Met::MakerGone;
        }
        self.cancel_live(arrival.hot, CancelReason::SelfTrade, events);
        Met::TakerGone
    }

    /// What the account of a live order could still reduce by it.
    fn reducible(&self, hot: u32, side: Side) -> Lots {
        self.exposures.get(self.orders.live(hot).exposure).exposure.reducible(side)
    }

    fn is_exhausted(&self, arrival: &Arrival) -> bool {
        arrival.reduce_only
            && !arrival.remaining.is_zero()
            && self.exposures.get(arrival.exposure).exposure.reducible(arrival.side).is_zero()
    }

    fn rest(&mut self, arrival: &Arrival, events: &mut Vec<Event>) {
        let &Arrival { order, hot, market, owner, side, limit, remaining, reduce_only, account_id, .. } = arrival;
        let resting =
            Resting { order, account: account_id, owner, link: hot, side, price: limit, lots: remaining, reduce_only };
        let slot = self.markets.get_mut(market).book.rest(resting);
        self.orders.live_mut(hot).slot = Some(slot);
        events.push(Event::OrderRested { order, lots: remaining });
    }
}
