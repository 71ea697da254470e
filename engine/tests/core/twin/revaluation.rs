//! What is due in the twin after array, mark or parameters of a margined contract have changed: revaluation, the check of
//! margins, margin calls.

use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, InstrumentId, OrderId};

use super::collateral::Open;
use super::margin::{called, maintenance};
use super::requirement::Counted;
use super::{Order, Twin};

const ACCOUNTS_OF_A_STEP: usize = 256;
const ORDERS_OF_A_REVALUATION: usize = 4_096;
const ORDERS_OF_A_CALL: usize = 256;

/// A margin call that is not complete.
#[derive(Clone)]
pub(super) struct Call {
    account: AccountId,
    /// Orders from this one on were looked at.
    looked_down_to: OrderId,
    /// Whether all orders go, because the account is in liquidation.
    all: bool,
}

impl Twin {
    /// Whether some account is still to be revalued.
    pub fn is_revaluation_due(&self) -> bool {
        self.first_to_revalue().is_some()
    }

    /// A contract is to be revalued, and with it the spreads that it is a leg of and that have not ended.
    pub(super) fn make_due(&mut self, instrument: InstrumentId) {
        let now = self.now;
        for contract in &mut self.contracts {
            let of_leg = contract
                .terms
                .spread()
                .is_some_and(|spread| [spread.near, spread.far].contains(&instrument) && now < spread.end);
            contract.margin.is_new |= of_leg || contract.terms.instrument == instrument;
        }
    }

    /// The lowest-numbered contract that is due to be revalued.
    pub(super) fn first_to_revalue(&self) -> Option<InstrumentId> {
        let due = self.contracts.iter().filter(|contract| !contract.settled_for_good && contract.margin.is_new);
        due.map(|contract| contract.terms.instrument).min()
    }

    pub(super) fn revalue(&mut self, instrument: InstrumentId) {
        let revalued_to = self.listed(instrument).margin.revalued_to;
        let mut left = self.accounts();
        left.retain(|&account| revalued_to.is_none_or(|last| account > last) && self.is_in(account, instrument));
        left.sort();
        let (mut done, mut looked_at) = (0, 0);
        for &account in left.iter().take(ACCOUNTS_OF_A_STEP) {
            done += 1;
            looked_at += self.remembered(account).filter(|order| order.live).count();
            if !self.to_check.contains(&account) {
                self.to_check.push(account);
            }
            self.contract_mut(instrument).margin.revalued_to = Some(account);
            if looked_at >= ORDERS_OF_A_REVALUATION {
                break;
            }
        }
        let complete = left.len() < ACCOUNTS_OF_A_STEP && done == left.len();
        let margin = &mut self.contract_mut(instrument).margin;
        margin.is_new = !complete;
        if complete {
            margin.revalued_to = None;
        }
        self.events.push(Event::Revalued { instrument, accounts: u32::try_from(done).unwrap(), complete });
    }

    pub(super) fn is_in(&self, account: AccountId, instrument: InstrumentId) -> bool {
        let has_orders = self.orders.iter().any(|order| order.live && order.is_of(account, instrument));
        has_orders || self.holding(account, instrument) != (0, 0)
    }

    pub(super) fn check_margins(&mut self) {
        if let Some(call) = self.call.take() {
            return self.go_on_with_call(call);
        }
        let mut passed = 0;
        while passed < ACCOUNTS_OF_A_STEP
            && let Some(account) = self.to_check.iter().min().copied()
        {
            if self.has_margin(account) {
                self.to_check.retain(|known| *known != account);
                passed += 1;
                continue;
            }
            self.say_checked(passed);
            let [initial, alone] = [Counted::All, Counted::Nothing].map(|of| self.initial_margin(account, of));
            self.events.push(called(account, self.equity(account), initial, maintenance(alone)));
            let all = self.is_to_be_liquidated(account);
            return self.go_on_with_call(Call { account, looked_down_to: OrderId(u64::MAX), all });
        }
        self.say_checked(passed);
    }

    fn say_checked(&mut self, passed: usize) {
        if passed > 0 {
            self.events.push(Event::MarginsChecked { accounts: u32::try_from(passed).unwrap() });
        }
    }

    fn has_margin(&self, account: AccountId) -> bool {
        self.equity(account) >= self.initial_margin(account, Counted::All)
    }

    fn go_on_with_call(&mut self, mut call: Call) {
        let account = call.account;
        let live = self.live_orders().into_iter().rev();
        let ahead = live.filter(|order| order.request.account == account && order.order < call.looked_down_to);
        let ahead: Vec<Order> = ahead.cloned().collect();
        let mut looked_at = 0;
        for order in ahead.iter().take(ORDERS_OF_A_CALL) {
            if !call.all && self.has_margin(account) {
                break;
            }
            looked_at += 1;
            call.looked_down_to = order.order;
            if call.all {
                self.take_out(order.order, CancelReason::Liquidation);
            } else if self.raises_risk(order) {
                self.take_out(order.order, CancelReason::MarginCall);
            }
        }
        if looked_at == ORDERS_OF_A_CALL && ahead.len() > looked_at && (call.all || !self.has_margin(account)) {
            self.call = Some(call);
        } else {
            self.to_check.retain(|known| *known != account);
        }
    }

    /// Whether an order that rests in a margined contract makes the positions need more, were it the only one.
    fn raises_risk(&self, order: &Order) -> bool {
        let (account, instrument) = (order.request.account, order.request.instrument);
        let terms = self.listed(instrument).terms;
        if !order.rests() || !(terms.is_margined() || terms.spread().is_some()) {
            return false;
        }
        let (side, limit) = (order.request.side, i128::from(order.limit.unwrap().0));
        let open = Open { side, lots: i128::from(order.remaining()), limit };
        let [alone, with] =
            [Counted::Nothing, Counted::Only(instrument, open)].map(|of| self.initial_margin(account, of));
        with > alone
    }
}
