//! What has to be so when an order arrives, and when a command is done.

use engine::command::Command;
use engine::ids::{AssetId, OrderId};
use engine::ledger::LedgerAccount;
use engine::units::{Amount, Side};

use super::Shadow;
use crate::fault::{Fault, check};

impl Shadow {
    /// An order that meets the book has a limit on the grid, inside floor and cap and the daily limits.
    pub(super) fn check_arrival(&mut self, id: OrderId) -> Result<(), Fault> {
        let order = self.order_mut(id)?.clone();
        let limit = order.working_limit()?;
        let now = self.now;
        let is_open = self.is_open(order.request.instrument);
        check(is_open, "only an open contract takes orders", || format!("order {id}"))?;
        let is_liquidated = self.is_liquidated(order.request.account);
        check(is_liquidated == order.closes, "the venue alone trades for who is in liquidation", || {
            format!("order {id}")
        })?;
        let market = self.market(order.request.instrument)?;
        check(limit.is_on_tick(market.terms.tick), "a limit is on the grid", || format!("{limit}"))?;
        let (lower, upper) = market.bounds;
        check(limit >= lower && limit <= upper, "an order is inside the limits", || {
            format!("{limit} outside {lower} to {upper}")
        })?;
        // However late the clock is: what is over is taken out before any stop wakes up.
        check(order.expiry > now, "no order past its time", || format!("order {id}"))
    }

    /// Nothing is left half done.
    pub(super) fn check_ended(&mut self) -> Result<(), Fault> {
        let course = &self.course;
        check(course.arriving.is_none(), "an order rests or ends", || format!("{:?}", course.arriving))?;
        check(course.owed.is_empty(), "a trade is paid for at once", || format!("{:?}", course.owed))?;
        check(course.legs.is_none(), "a spread trades its legs", || format!("{:?}", course.legs))?;
        check(course.variation.is_none(), "variation is of a position", || format!("{:?}", course.variation))?;
        check(course.cascading.is_none(), "what was settled cascades", || format!("{:?}", course.cascading))?;
        check(course.insured.is_none(), "the fund pays in a default", || format!("{:?}", course.insured))?;
        if !matches!(course.command, Some(Command::ProcessDue)) {
            let late = self.expiries.first().filter(|(expiry, _)| *expiry <= self.now);
            check(late.is_none(), "no order past its time", || format!("{late:?}"))?;
        }
        for instrument in &course.instruments {
            let Some(market) = self.markets.get(instrument) else { continue };
            let best = market.best(Side::Buy).zip(market.best(Side::Sell));
            let is_crossed = best.is_some_and(|(bid, ask)| bid >= ask);
            check(!is_crossed, "the book is not crossed", || format!("{best:?} of instrument {instrument}"))?;
        }
        self.rehold();
        for &account in &self.course.indebted {
            let (free, owed) = (self.free(account), self.owed(account));
            let is_right = owed >= 0 && (owed == 0 || free == 0);
            check(is_right, "who owes has nothing free", || format!("{free} free, {owed} owed by account {account}"))?;
        }
        self.check_liquidated()?;
        self.check_closed()?;
        self.check_handed_over()?;
        let fund = self.posted.get(&(LedgerAccount::Insurance, AssetId::USD)).copied().unwrap_or_default();
        check(fund >= Amount::ZERO, "the fund pays what it has", || format!("{fund}"))?;
        self.check_cover()
    }
}
