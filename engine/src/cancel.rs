//! Taking orders out: one, all of an account, or all of an account that does not answer any more.

use crate::accounts::AccountSlot;
use crate::cover::Changed;
use crate::due::Sweep;
use crate::engine::Engine;
use crate::event::{CancelReason, Event};
use crate::ids::{AccountId, InstrumentId, OrderId};
use crate::limits;
use crate::orders::{Live, NONE, OrderState};
use crate::reject::Reject;
use crate::units::{Side, Timestamp};

impl Engine {
    pub(crate) fn cancel_order(
        &mut self,
        account: AccountId,
        order: OrderId,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        let hot = self.own_live_order(slot, order)?;
        self.spend_cancel(slot)?;
        let market = self.orders.live(hot).market;
        self.cancel_live(hot, CancelReason::Requested, events);
        self.refresh(market);
        Ok(())
    }

    /// Looks at the first orders at once; those behind them are due.
    pub(crate) fn cancel_all(
        &mut self,
        account: AccountId,
        instrument: Option<InstrumentId>,
        side: Option<Side>,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        let market = instrument.map(|instrument| self.markets.require(instrument)).transpose()?;
        self.spend_cancel(slot)?;
        self.start_sweep(slot, market, side, CancelReason::MassCancel, events);
        Ok(())
    }

    /// Sets the dead man's switch, or switches it off.
    pub(crate) fn cancel_after(
        &mut self,
        account: AccountId,
        timeout_us: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        let owner = self.accounts.get(slot);
        owner.cancels_budget.check(owner.limits.cancels, self.time)?;
        if timeout_us > limits::CANCEL_AFTER_US_MAX {
            return Err(Reject::DeadlineOutOfRange);
        }
        self.spend_cancel(slot)?;
        let timeout = i64::try_from(timeout_us).expect("deadlines are limited");
        let deadline = (timeout > 0).then(|| self.time.plus_micros(timeout));
        self.set_deadline(slot, deadline);
        events.push(Event::CancelAfterSet { account, deadline });
        Ok(())
    }

    pub(crate) fn set_deadline(&mut self, slot: AccountSlot, deadline: Option<Timestamp>) {
        let owner = self.accounts.get_mut(slot);
        if let Some(before) = std::mem::replace(&mut owner.cancel_after, deadline) {
            self.due.deadlines.remove(&(before, owner.id));
        }
        if let Some(deadline) = deadline {
            self.due.deadlines.insert((deadline, owner.id));
        }
    }

    /// Begins a mass cancel with its first step.
    pub(crate) fn start_sweep(
        &mut self,
        account: AccountSlot,
        market: Option<u32>,
        side: Option<Side>,
        reason: CancelReason,
        events: &mut Vec<Event>,
    ) {
        let owner = self.accounts.get(account);
        let instrument = market.map(|market| self.markets.get(market).terms.instrument);
        events.push(Event::MassCancelStarted { account: owner.id, instrument, side });
        let sweep = Sweep { account, market, side, reason, next: owner.live.first, cancelled: 0 };
        self.continue_sweep(sweep, events);
    }

    /// Looks at a bounded number of orders; what remains stays due.
    pub(crate) fn continue_sweep(&mut self, mut sweep: Sweep, events: &mut Vec<Event>) {
        for _ in 0..limits::CANCELS_PER_STEP_MAX {
            if sweep.next == NONE {
                break;
            }
            let (hot, &Live { market, side, next, .. }) = (sweep.next, self.orders.live(sweep.next));
            sweep.next = next;
            if sweep.market.is_none_or(|only| only == market) && sweep.side.is_none_or(|only| only == side) {
                self.cancel_live(hot, sweep.reason, events);
                self.refresh(market);
                sweep.cancelled += 1;
            }
        }
        self.due.sweep = (sweep.next != NONE).then_some(sweep);
        if self.due.sweep.is_none() {
            let account = self.accounts.get(sweep.account).id;
            events.push(Event::MassCancelCompleted { account, cancelled: sweep.cancelled });
        }
    }

    /// Takes a live order out, wherever it is, and gives back what it held.
    pub(crate) fn cancel_live(&mut self, hot: u32, reason: CancelReason, events: &mut Vec<Event>) {
        let Live { order, market, account, exposure: place, slot, side, limit, waiting, .. } = *self.orders.live(hot);
        let lots = self.orders.live(hot).remaining();
        let market = self.markets.get_mut(market);
        let (contract, instrument) = (market.contract, market.terms.instrument);
        if let Some(slot) = slot {
            market.book.remove(slot);
        }
        let mut exposure = self.exposures.get(place).exposure;
        if waiting {
            let trigger = self.orders.record(hot).trigger.expect("an order that waits has a trigger");
            market.stops.remove(side, trigger, order);
        } else {
            exposure.shrink(&contract, side, limit, lots);
        }
        exposure.orders_count -= 1;
        self.set_exposure(place, &exposure);
        if !waiting {
            self.note_margin(place, Changed::Closed { side, limit, lots });
        }
        self.finish(hot, OrderState::Cancelled);
        self.exposures.release(place);
        let account = self.accounts.get(account).id;
        events.push(Event::OrderCancelled { order, account, instrument, lots, reason });
    }

    /// A live order has reached its end.
    pub(crate) fn finish(&mut self, hot: u32, state: OrderState) {
        let Live { order, account, expiry, .. } = *self.orders.live(hot);
        if expiry != Timestamp::NEVER {
            self.due.expiries.remove(&(expiry, order));
        }
        self.orders.finish(hot, state, self.time, self.accounts.get_mut(account));
    }

    /// An order of another account is answered like one that never was: its existence is nobody's business.
    pub(crate) fn own_live_order(&self, account: AccountSlot, order: OrderId) -> Result<u32, Reject> {
        let hot = self.orders.find_live(order).filter(|&hot| self.orders.live(hot).account == account);
        hot.ok_or(Reject::OrderNotLive { order })
    }

    fn spend_cancel(&mut self, slot: AccountSlot) -> Result<(), Reject> {
        let now = self.time;
        let owner = self.accounts.get_mut(slot);
        owner.cancels_budget.check(owner.limits.cancels, now)?;
        owner.cancels_budget.spend(owner.limits.cancels, now);
        Ok(())
    }
}
