//! Margin as events tell of it: parameters, arrays, marks and calls, and that no order takes an account below what it must have.

use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, OrderId};
use engine::margin::Risk;
use engine::order::Amendment;
use engine::units::Price;
use engine::{Engine, MarginReport};

use super::Shadow;
use super::requirement::Counted;
use crate::fault::{Fault, check, same};

/// Live orders up to which a call is held against the order in which it looks at them.
const FEW: usize = 60;

/// What is known of the risk of a contract.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    pub(super) risk: Option<Risk>,
    pub(super) mark: Option<Price>,
    pub(super) in_delivery: bool,
}

impl Shadow {
    /// Parameters, arrays, marks and calls.
    pub(super) fn read_margin(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::MarginSet { series, margin } => drop(self.margins.insert(series, margin)),
            Event::CreditSet { first, second, per_lot } => {
                check(first < second, "a credit names the lower series first", || format!("{first} {second}"))?;
                self.credits.insert((first, second), per_lot.0.into());
            }
            Event::RiskPublished { instrument, version, reference } => {
                let Some(Command::PublishRisk { risk, .. }) = self.course.command else {
                    return Err(Fault::new("arrays are published by a command", format!("array {version}")));
                };
                same(
                    "an array is the one that was sent",
                    (version, reference),
                    (risk.version, risk.reference),
                    || format!("instrument {instrument}"),
                )?;
                self.market(instrument)?.known.risk = Some(risk);
            }
            Event::MarkUpdated { instrument, price } => {
                let now = self.now;
                let market = self.market(instrument)?;
                market.known.mark = Some(price);
                market.known.in_delivery = market.terms.month().is_some_and(|month| now >= month.first_day.start());
            }
            Event::MarginCalled { account, equity, initial, maintenance } => {
                let found = [equity, initial, maintenance].map(|amount| i128::from(amount.0));
                let expected = [self.equity(account), self.initial(account), self.maintenance(account)];
                same("a call has the account's own figures", found, expected, || format!("account {account}"))?;
                check(equity < initial, "only who has too little is called", || format!("account {account}"))?;
                self.called = Some(account);
                self.counts.calls += 1;
                self.note_call(account, equity, maintenance);
            }
            _ => {}
        }
        Ok(())
    }

    /// A margin call takes the newest order that raises the risk of an account that has too little.
    pub(super) fn check_call(&mut self, id: OrderId, account: AccountId) -> Result<(), Fault> {
        same("only who was called loses orders", self.called, Some(account), || format!("order {id}"))?;
        let (equity, initial) = (self.equity(account), self.initial(account));
        check(equity < initial, "a call ends when there is enough", || format!("{equity} and {initial}"))?;
        let is_raising = |id| self.requirement(account, Counted::One(id)) > self.requirement(account, Counted::None);
        check(is_raising(id), "a call takes what raises risk", || format!("order {id}"))?;
        let live = self.live_of(account);
        if live.len() > FEW {
            return Ok(());
        }
        let newer = live.into_iter().find(|&other| other > id && is_raising(other));
        check(newer.is_none(), "a call takes the newest first", || format!("{newer:?} stayed, {id} went"))
    }

    /// Notes what an account has and must have before a command changes that.
    pub(super) fn note_cover(&mut self, account: AccountId) {
        if !self.course.cover.contains_key(&account) {
            let cover = (self.equity(account), self.initial(account));
            self.course.cover.insert(account, cover);
        }
    }

    /// Whoever had its margin still has it, whatever filled, but for the fee of an order that does not raise it. Who had not is not further
    /// from it than such a fee, and has placed nothing that raises it.
    pub(super) fn check_cover(&self) -> Result<(), Fault> {
        for (&account, &(equity_before, initial_before)) in &self.course.cover {
            let (equity, initial) = (self.equity(account), self.initial(account));
            let fee = self.fee_of_command(account);
            let (had_not, is_no_worse) =
                (equity_before < initial_before, equity - initial >= (equity_before - initial_before).min(0) - fee);
            let raises = self.counts.trades == self.course.trades_before && initial > initial_before;
            let is_right = equity >= initial || ((had_not || fee > 0) && is_no_worse && !raises);
            check(is_right, "no order takes an account below its margin", || {
                format!("account {account}: equity {equity_before} to {equity}, margin {initial_before} to {initial}")
            })?;
        }
        Ok(())
    }

    /// The most that is held for the fee of the order that an account has just sent or changed.
    fn fee_of_command(&self, account: AccountId) -> i128 {
        let (instrument, lots) = match self.course.command {
            Some(Command::SubmitOrder(order)) if order.account == account => (order.instrument, order.lots),
            Some(Command::AmendOrder(Amendment { account: whose, order, .. })) if whose == account => {
                let Some(order) = self.orders.get(&order) else { return 0 };
                (order.request.instrument, order.lots)
            }
            _ => return 0,
        };
        let worst = self
            .markets
            .get(&instrument)
            .map_or(0, |market| i128::from(market.terms.fees.worst().0) * i128::from(market.terms.hours().0));
        worst * i128::from(lots.0)
    }

    /// The venue's own report of an account. Between a change of values and the last account that is valued anew the venue has both.
    pub(super) fn compare_margin(&self, venue: &Engine, account: AccountId) -> Result<(), Fault> {
        if venue.next_due().is_some_and(|due| due <= self.now) {
            return Ok(());
        }
        let Some(MarginReport { equity, unrealised, owed, initial, maintenance, withdrawable, .. }) =
            venue.margin_report(account)
        else {
            return Err(Fault::new("what is open stays", format!("account {account}")));
        };
        let found = [equity, unrealised, owed, initial, maintenance, withdrawable].map(|amount| i128::from(amount.0));
        let (equity, initial, unrealised) = (self.equity(account), self.initial(account), self.unrealised(account));
        let free = self.free(account);
        let withdrawable = free.min(equity - initial - unrealised.max(0)).max(0);
        let maintenance = self.maintenance(account);
        let expected = [equity, unrealised, self.owed(account), initial, maintenance, withdrawable];
        same("margin follows from positions and orders", found, expected, || format!("account {account}"))
    }
}
