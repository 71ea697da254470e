//! The double-entry ledger: money only ever moves from one account to another, and what is held cannot move.
//!
//! A hold is a pending transfer: it takes nothing out of the balance yet, but nothing else may use it. Holds are not adjusted but
//! recomputed from what they cover ([`crate::exposure`]), so they cannot drift and end at exactly zero.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::ids::{AccountId, AssetId, InstrumentId};
use crate::units::Cash;

/// An account of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerAccount {
    /// The world outside: negative by what was paid in.
    Outside,
    /// The venue's income from fees.
    Fees,
    /// Passes variation margin from losers to winners; zero whenever no settlement is running.
    Variation(InstrumentId),
    /// A customer.
    Customer(AccountId),
}

/// Where one asset of one account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All that is there.
    pub posted: Cash,
    /// The part that covers open orders and positions.
    pub held: Cash,
}

impl Balance {
    /// What may be used or withdrawn.
    pub fn free(&self) -> Cash {
        self.posted - self.held
    }
}

/// All balances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    balances: BTreeMap<(LedgerAccount, AssetId), Balance>,
    /// Σ of all postings of the running command per asset; zero when the command is done.
    imbalance: BTreeMap<AssetId, i128>,
}

impl Ledger {
    /// Moves an amount. Two postings, always.
    pub(crate) fn transfer(&mut self, from: LedgerAccount, to: LedgerAccount, asset: AssetId, amount: Cash) {
        assert!(amount > Cash::ZERO, "a transfer of {amount} moves nothing");
        self.post(from, asset, -amount);
        self.post(to, asset, amount);
    }

    /// Replaces what is held of an account's balance by the difference of two exposures' holds.
    pub(crate) fn rehold(&mut self, account: AccountId, asset: AssetId, before: Cash, after: Cash) {
        let balance = self.balances.entry((LedgerAccount::Customer(account), asset)).or_default();
        balance.held = balance.held - before + after;
        assert!(balance.held >= Cash::ZERO, "account {account} holds {}", balance.held);
    }

    /// Where an account stands.
    pub fn balance(&self, account: LedgerAccount, asset: AssetId) -> Balance {
        self.balances.get(&(account, asset)).copied().unwrap_or_default()
    }

    /// Every balance, in the order of the chart of accounts.
    pub fn trial_balance(&self) -> impl Iterator<Item = (LedgerAccount, AssetId, Balance)> + '_ {
        self.balances.iter().map(|(&(account, asset), &balance)| (account, asset, balance))
    }

    /// The balances behind an account in the order of the chart of accounts.
    pub fn balances_after(&self, after: LedgerAccount) -> impl Iterator<Item = (LedgerAccount, AssetId, Balance)> + '_ {
        let first = Bound::Excluded((after, AssetId(u32::MAX)));
        self.balances.range((first, Bound::Unbounded)).map(|(&(account, asset), &balance)| (account, asset, balance))
    }

    /// The sum over the whole ledger, zero for every asset. Touches every account: for tests and reports.
    pub fn total(&self, asset: AssetId) -> i128 {
        self.trial_balance().filter(|entry| entry.1 == asset).map(|entry| i128::from(entry.2.posted.0)).sum()
    }

    /// Asserts that the postings of the command just done sum to zero for every asset.
    pub(crate) fn assert_balanced(&self) {
        for (asset, imbalance) in &self.imbalance {
            assert!(*imbalance == 0, "postings of one command in asset {asset} sum to {imbalance}");
        }
    }

    fn post(&mut self, account: LedgerAccount, asset: AssetId, amount: Cash) {
        let balance = self.balances.entry((account, asset)).or_default();
        let before = balance.posted;
        balance.posted += amount;
        // The difference of what stands in the books, not the argument: a posting written wrongly shows here.
        *self.imbalance.entry(asset).or_default() += i128::from(balance.posted.0) - i128::from(before.0);
    }
}
