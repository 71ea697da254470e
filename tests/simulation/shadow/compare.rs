//! The shadow against the venue: what a command touched after each, everything at checkpoints.

use std::collections::BTreeSet;

use engine::Engine;
use engine::ids::{AccountId, AssetId, InstrumentId};
use engine::ledger::{Balance, LedgerAccount};
use engine::units::{Amount, Cash, Position, Side};

use super::Shadow;
use crate::fault::{Fault, check, same};

impl Shadow {
    /// Balances, holds and positions that the last command touched.
    pub(crate) fn compare_touched(&self, venue: &Engine) -> Result<(), Fault> {
        for &(account, asset) in &self.course.moved {
            self.compare_balance(account, asset, venue.ledger().balance(account, asset))?;
        }
        for &(instrument, account) in &self.course.touched {
            self.compare_exposure(venue, instrument, account)?;
        }
        for &instrument in &self.course.instruments {
            self.compare_best(venue, instrument)?;
        }
        let accounts: BTreeSet<AccountId> = self.course.touched.iter().map(|&(_, account)| account).collect();
        accounts.into_iter().try_for_each(|account| self.compare_margin(venue, account))
    }

    /// Everything.
    pub(crate) fn compare_all(&self, venue: &Engine) -> Result<(), Fault> {
        let known = self
            .posted
            .keys()
            .copied()
            .chain(self.held.keys().map(|&(account, asset)| (LedgerAccount::Customer(account), asset)));
        for (account, asset) in known {
            self.compare_balance(account, asset, venue.ledger().balance(account, asset))?;
        }
        for (account, asset, balance) in venue.ledger().trial_balance() {
            self.compare_balance(account, asset, balance)?;
            self.check_passing(venue, account, balance)?;
        }
        for (asset, _) in venue.ledger().assets() {
            same("the ledger balances", venue.ledger().total(asset), 0, || format!("asset {asset}"))?;
        }
        for &(instrument, account) in self.holdings.keys() {
            self.compare_exposure(venue, instrument, account)?;
        }
        for (instrument, account, _) in venue.exposures() {
            self.compare_exposure(venue, instrument, account)?;
        }
        for &account in self.masters.keys() {
            self.compare_margin(venue, account)?;
        }
        same("who is in liquidation is known", venue.open_liquidations(), self.waterfall.rounds.len(), || {
            "the venue".to_owned()
        })?;
        same("the backstop is known", venue.backstop(), self.waterfall.backstop, || "the venue".to_owned())?;
        same("live orders are counted", venue.orders().live_count(), self.orders.len(), || "the venue".to_owned())?;
        for (&instrument, market) in &self.markets {
            let found = venue.market(instrument).ok_or_else(|| Fault::new("what is listed stays", "a contract"))?;
            for side in [Side::Buy, Side::Sell] {
                let expected = market.queue(side).map(|id| (id, self.orders[&id].remaining(), self.orders[&id].limit));
                let queue = found.book.queue(side);
                let queue = queue.map(|(_, resting)| (resting.order, resting.lots, Some(resting.price)));
                check(queue.eq(expected), "the queues are the same", || format!("{side} of {instrument}"))?;
            }
            same("terms stay as they were listed", found.terms, market.terms, || format!("instrument {instrument}"))?;
            if market.settling.is_none() && !self.is_cascaded_into(instrument) {
                self.check_balanced(instrument)?;
            }
        }
        Ok(())
    }

    /// Pots that pass money on are empty unless they are passing it on.
    fn check_passing(&self, venue: &Engine, account: LedgerAccount, balance: Balance) -> Result<(), Fault> {
        let LedgerAccount::Variation(instrument) = account else { return Ok(()) };
        let is_settling = venue.market(instrument).is_some_and(|market| market.settling().is_some());
        let is_right = is_settling || balance.posted == Amount::ZERO;
        check(is_right, "the variation account ends at zero", || format!("{balance:?} of {instrument}"))
    }

    fn compare_balance(&self, account: LedgerAccount, asset: AssetId, found: Balance) -> Result<(), Fault> {
        let of = || format!("asset {asset} of {account:?}");
        let posted = self.posted.get(&(account, asset)).copied().unwrap_or_default();
        same("balances are the sum of what moved", found.posted, posted, of)?;
        if let LedgerAccount::Receivable(customer) = account {
            check(found.posted <= Amount::ZERO, "nobody is owed by the venue", || format!("{found:?} of {customer}"))?;
        }
        let LedgerAccount::Customer(customer) = account else {
            return same("only customers hold", (found.held, found.pending), Default::default(), of);
        };
        same("holds follow from the formula", i128::from(found.held.0), self.held(customer, asset), of)?;
        let pending = self.pending.values().filter(|pending| (pending.0, pending.1) == (customer, asset));
        let pending: i64 = pending.map(|pending| pending.2.0).sum();
        same("pending payments are set aside", found.pending.0, pending, of)?;
        check(found.free() >= Amount::ZERO, "nobody uses what is held", || format!("{found:?} of {account:?}"))
    }

    fn compare_exposure(&self, venue: &Engine, instrument: InstrumentId, account: AccountId) -> Result<(), Fault> {
        let found = venue.exposure(instrument, account);
        let of = || format!("account {account} in {instrument}");
        let holding = self.holdings.get(&(instrument, account));
        let (position, cost, live) = holding.map_or((0, 0, 0), |known| (known.position, known.cost, known.live.len()));
        let cost = i64::try_from(cost).map_err(|_| Fault::new("costs fit into 64 bits", of()))?;
        same("positions are the sum of trades", (found.position, found.cost), (Position(position), Cash(cost)), of)?;
        let open = self.open_lots(instrument, account);
        same("open lots are those of live orders", (found.open_buys, found.open_sells), open, of)?;
        same("live orders are counted", found.orders_count as usize, live, of)
    }

    fn compare_best(&self, venue: &Engine, instrument: InstrumentId) -> Result<(), Fault> {
        let (Some(found), Some(market)) = (venue.market(instrument), self.markets.get(&instrument)) else {
            return Ok(());
        };
        let limits = market.has_limits.then_some(market.bounds);
        same("limits are those announced", found.daily_limits(), limits, || format!("{instrument}"))?;
        for side in [Side::Buy, Side::Sell] {
            same("the best price is the best", found.book.best(side), market.best(side), || format!("{instrument}"))?;
        }
        Ok(())
    }
}
