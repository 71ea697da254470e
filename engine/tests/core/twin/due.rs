//! What is due in the twin and done in bounded steps: mass cancels, switches, times in force, liquidations, exits,
//! stops, pauses, daily limits.

use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, InstrumentId, OrderId, VaultId};
use engine::instrument::{Halt, Kind};
use engine::order::TimeInForce;
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Side, Timestamp};

use super::strips::ends;
use super::{Order, Twin};

/// What one step looks at.
const STEP: usize = 256;

/// A mass cancel that is not complete.
#[derive(Clone)]
pub(super) struct MassCancel {
    account: AccountId,
    instrument: Option<InstrumentId>,
    side: Option<Side>,
    reason: CancelReason,
    /// Orders up to this one were looked at.
    looked_to: OrderId,
    cancelled: u32,
}

/// The first thing that is due.
enum Due {
    Revaluation(InstrumentId),
    Default,
    MarginCheck,
    MassCancel,
    Stops(InstrumentId),
    Switch(AccountId),
    /// Orders whose time is over.
    Orders(Vec<OrderId>),
    Liquidation(AccountId),
    Exit(AccountId),
    /// Shares to hand out, subscriptions to pay back, a vault to wind up.
    Vault(VaultId),
    /// A vault whose deadline has passed.
    LateVault(VaultId),
    Pause(InstrumentId),
    /// Orders outside the daily limits.
    Outside(Vec<OrderId>),
}

impl Twin {
    /// Whether something is due now.
    pub fn is_due(&self) -> bool {
        self.first_due().is_some()
    }

    /// Whether something is due at a moment not before the last command.
    pub fn is_due_at(&mut self, moment: Timestamp) -> bool {
        self.now = moment;
        self.is_due()
    }

    pub(super) fn process_due(&mut self) -> Result<(), Reject> {
        match self.first_due().ok_or(Reject::NothingDue)? {
            Due::Revaluation(instrument) => self.revalue(instrument),
            Due::Default => self.go_on_with_default(),
            Due::MarginCheck => self.check_margins(),
            Due::MassCancel => self.go_on_with_mass_cancel(),
            Due::Stops(instrument) => self.wake_up_stops(instrument),
            Due::Switch(account) => {
                self.switches.retain(|(known, _)| *known != account);
                self.begin_mass_cancel(account, None, None, CancelReason::CancelAfter);
            }
            Due::Orders(orders) => self.take_out_some(&orders, CancelReason::TimeInForce),
            Due::Liquidation(account) => self.liquidate(account),
            Due::Exit(account) => self.go_on_with_exit(account),
            Due::Vault(vault) => self.work_on_vault(vault),
            Due::LateVault(vault) => self.give_vault_up(vault),
            Due::Pause(instrument) => self.end_pause(instrument),
            Due::Outside(orders) => self.take_out_some(&orders, CancelReason::DailyLimit),
        }
        Ok(())
    }

    fn first_due(&self) -> Option<Due> {
        if let Some(instrument) = self.first_to_revalue() {
            return Some(Due::Revaluation(instrument));
        }
        if self.is_in_default() {
            return Some(Due::Default);
        }
        if !self.to_check.is_empty() {
            return Some(Due::MarginCheck);
        }
        if self.mass_cancel.is_some() {
            return Some(Due::MassCancel);
        }
        if let Some(vault) = self.first_vault_at_work() {
            return Some(Due::Vault(vault));
        }
        let mut instruments = self.instruments();
        instruments.sort();
        let mut outside = instruments.iter().map(|instrument| self.orders_outside_limits(*instrument));
        if let Some(orders) = outside.find(|orders| !orders.is_empty()) {
            return Some(Due::Outside(orders));
        }
        let come = self.switches.iter().filter(|(_, deadline)| *deadline <= self.now);
        if let Some((account, _)) = come.min_by_key(|(account, deadline)| (*deadline, *account)) {
            return Some(Due::Switch(*account));
        }
        let over = self.orders_whose_time_is_over();
        if !over.is_empty() {
            return Some(Due::Orders(over));
        }
        // A round that has begun goes on to its end.
        if let Some(account) = self.in_a_round_of_exit() {
            return Some(Due::Exit(account));
        }
        if let Some(vault) = self.first_vault_too_late() {
            return Some(Due::LateVault(vault));
        }
        if let Some(account) = self.first_to_liquidate() {
            return Some(Due::Liquidation(account));
        }
        if let Some(account) = self.first_in_exit() {
            return Some(Due::Exit(account));
        }
        let mut with_stops = instruments.iter().filter(|instrument| self.is_open(**instrument));
        if let Some(instrument) = with_stops.find(|instrument| self.next_stop(**instrument).is_some()) {
            return Some(Due::Stops(*instrument));
        }
        let paused = self.contracts.iter().filter_map(|contract| match contract.halt {
            Some(Halt::DailyLimit { until }) if until <= self.now => Some((until, contract.terms.instrument)),
            _ => None,
        });
        paused.min().map(|(_, instrument)| Due::Pause(instrument))
    }

    fn orders_whose_time_is_over(&self) -> Vec<OrderId> {
        let end = |order: &Order| match order.request.time_in_force {
            TimeInForce::Day => Some(order.accepted.day().end()),
            TimeInForce::GoodTillDate(date) => Some(date),
            _ => self.early_end(order.request.instrument),
        };
        let live = self.orders.iter().filter(|order| order.live);
        let mut over: Vec<(Timestamp, OrderId)> =
            live.filter_map(|order| end(order).filter(|end| *end <= self.now).map(|end| (end, order.order))).collect();
        over.sort();
        over.into_iter().map(|(_, order)| order).collect()
    }

    /// When the orders of a physical month, or of a spread, have had their time.
    fn early_end(&self, instrument: InstrumentId) -> Option<Timestamp> {
        let terms = self.listed(instrument).terms;
        if matches!(terms.kind, Kind::PhysicalMonth(_) | Kind::Spread(_)) { ends(&terms) } else { None }
    }

    fn orders_outside_limits(&self, instrument: InstrumentId) -> Vec<OrderId> {
        let Some((lower, upper)) = self.daily_limits(instrument) else { return Vec::new() };
        let (bids, offers) = (self.queue(instrument, Side::Buy), self.queue(instrument, Side::Sell));
        let above = bids.iter().filter(|bid| bid.limit > Some(upper));
        let below = offers.iter().filter(|offer| offer.limit < Some(lower));
        above.chain(below).map(|order| order.order).collect()
    }

    fn take_out_some(&mut self, orders: &[OrderId], reason: CancelReason) {
        for &order in orders.iter().take(STEP) {
            self.take_out(order, reason);
        }
    }

    fn wake_up_stops(&mut self, instrument: InstrumentId) {
        let traded_before = self.trades.len();
        for _ in 0..16 {
            let full = self.rules >= Rules::THIRD && self.trades.len() - traded_before >= 1_000;
            if full || !self.is_open(instrument) {
                return;
            }
            let Some(order) = self.next_stop(instrument) else { return };
            self.wake_up(order);
        }
    }

    pub(super) fn cancel_all(
        &mut self,
        account: AccountId,
        instrument: Option<InstrumentId>,
        side: Option<Side>,
    ) -> Result<(), Reject> {
        if let Some(instrument) = instrument {
            self.contract(instrument)?;
        }
        self.check_cancel_rate(account)?;
        let now = self.now;
        self.account_mut(account).cancelled.push(now);
        self.begin_mass_cancel(account, instrument, side, CancelReason::MassCancel);
        Ok(())
    }

    pub(super) fn begin_mass_cancel(
        &mut self,
        account: AccountId,
        instrument: Option<InstrumentId>,
        side: Option<Side>,
        reason: CancelReason,
    ) {
        self.events.push(Event::MassCancelStarted { account, instrument, side });
        let looked_to = OrderId(0);
        self.mass_cancel = Some(MassCancel { account, instrument, side, reason, looked_to, cancelled: 0 });
        self.go_on_with_mass_cancel();
    }

    fn go_on_with_mass_cancel(&mut self) {
        let mut running = self.mass_cancel.take().unwrap();
        let live = self.live_orders().into_iter().filter(|order| order.request.account == running.account);
        let ahead: Vec<Order> = live.filter(|order| order.order > running.looked_to).cloned().collect();
        for order in ahead.iter().take(STEP) {
            running.looked_to = order.order;
            let is_meant = running.instrument.is_none_or(|instrument| instrument == order.request.instrument)
                && running.side.is_none_or(|side| side == order.request.side);
            if is_meant {
                self.take_out(order.order, running.reason);
                running.cancelled += 1;
            }
        }
        if ahead.len() > STEP {
            self.mass_cancel = Some(running);
        } else {
            let MassCancel { account, cancelled, .. } = running;
            self.events.push(Event::MassCancelCompleted { account, cancelled });
        }
    }

    pub(super) fn cancel_after(&mut self, account: AccountId, timeout_us: u64) -> Result<(), Reject> {
        self.check_cancel_rate(account)?;
        if timeout_us > 86_400_000_000 {
            return Err(Reject::DeadlineOutOfRange);
        }
        let now = self.now;
        self.account_mut(account).cancelled.push(now);
        let deadline = (timeout_us > 0).then(|| now.plus_micros(i64::try_from(timeout_us).unwrap()));
        self.switches.retain(|(known, _)| *known != account);
        self.switches.extend(deadline.map(|deadline| (account, deadline)));
        self.events.push(Event::CancelAfterSet { account, deadline });
        Ok(())
    }

    /// The orders of a contract that is settled for good, or of a pair whose shares are redeemed, as they expire.
    pub(super) fn expiring(&self, instrument: InstrumentId) -> Vec<OrderId> {
        let numbers = |orders: Vec<&Order>| -> Vec<OrderId> { orders.iter().map(|order| order.order).collect() };
        let mut resting = numbers(self.queue(instrument, Side::Buy));
        resting.extend(numbers(self.queue(instrument, Side::Sell)));
        if self.rules < Rules::SECOND {
            resting.sort();
        }
        let live = self.live_orders().into_iter().filter(|order| order.request.instrument == instrument);
        let waiting = numbers(live.filter(|order| order.waits_for.is_some()).collect());
        resting.into_iter().chain(waiting).collect()
    }
}
