//! The double-entry ledger over many assets: an amount only ever moves from one account to another, and what is held or
//! pending cannot move.
//!
//! A hold takes nothing out of the balance yet, but nothing else may use it. Holds are not adjusted but recomputed from what they
//! cover ([`crate::exposure`]), so they cannot drift and end at exactly zero. A pending transfer is asked for and
//! later posted or voided.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, TransferId, VaultId};
use crate::units::Amount;

/// An account of the ledger: the chart of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerAccount {
    /// The world outside: negative by what was paid in.
    Outside,
    /// The chain: US dollars below zero by what its vault holds for the ledger and was not promised out; of other assets what is out.
    Chain,
    /// The venue's income from fees.
    Fees,
    /// What is there to pay for accounts in default.
    Insurance,
    /// What came from the chain for pseudonyms that are no account's yet.
    Unclaimed,
    /// Passes variation margin from losers to winners; zero whenever no settlement is running.
    Variation(InstrumentId),
    /// A customer.
    Customer(AccountId),
    /// What a customer owes the venue: negative by that.
    Receivable(AccountId),
    /// A vault's shares, and the money it keeps for others.
    Vault(VaultId, Purse),
}

/// What an account of a vault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purse {
    /// Its shares: negative by those that are issued and not redeemed.
    Shares,
    /// What was subscribed, until it is paid to the sponsor or paid back.
    Escrow,
    /// What holders have earned and not claimed, and what is carried.
    Yield,
    /// What exported shares would have earned.
    Reserve,
    /// What shares will be redeemed for.
    Redemption,
}

/// Where one asset of one account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All that is there.
    pub posted: Amount,
    /// The part that covers open orders and positions.
    pub held: Amount,
    /// The part that is on its way out.
    pub pending: Amount,
}

impl Balance {
    /// What may be used or withdrawn.
    pub fn free(&self) -> Amount {
        self.posted - self.held - self.pending
    }
}

/// An asset of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its name for people.
    pub symbol: AssetSymbol,
    /// Decimal places of its smallest unit.
    pub decimals: u8,
}

/// A payment out that was asked for and has not happened yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingTransfer {
    /// Who pays.
    pub account: AccountId,
    /// What.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
}

/// Where a balance is kept; valid as long as the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BalanceSlot(pub(crate) u32);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    account: LedgerAccount,
    asset: AssetId,
    balance: Balance,
}

/// All balances.
#[derive(Clone, Debug)]
pub struct Ledger {
    entries: Vec<Entry>,
    /// The chart of accounts in its order; what trades often knows its slot instead.
    chart: BTreeMap<(LedgerAccount, AssetId), BalanceSlot>,
    assets: BTreeMap<AssetId, Asset>,
    pending: BTreeMap<TransferId, PendingTransfer>,
    /// What customers owe the venue in all, in micro-USD. No limit of one balance holds for it.
    owed: i128,
    /// Σ of all postings of the running command per asset touched; zero when the command is done.
    imbalance: Vec<(AssetId, i128)>,
}

impl Default for Ledger {
    fn default() -> Ledger {
        let dollars = Asset { symbol: AssetSymbol::new("USD").expect("it is a label"), decimals: 6 };
        Ledger {
            entries: Vec::new(),
            chart: BTreeMap::new(),
            assets: BTreeMap::from([(AssetId::USD, dollars)]),
            pending: BTreeMap::new(),
            owed: 0,
            imbalance: Vec::new(),
        }
    }
}

impl Ledger {
    /// Where an account stands.
    pub fn balance(&self, account: LedgerAccount, asset: AssetId) -> Balance {
        self.chart.get(&(account, asset)).map(|&slot| self.at(slot)).unwrap_or_default()
    }

    /// Whether a balance was ever touched.
    pub fn knows(&self, account: LedgerAccount, asset: AssetId) -> bool {
        self.chart.contains_key(&(account, asset))
    }

    /// Every balance that was ever touched, in the order of the chart of accounts.
    pub fn trial_balance(&self) -> impl Iterator<Item = (LedgerAccount, AssetId, Balance)> + '_ {
        self.chart.iter().map(|(&(account, asset), &slot)| (account, asset, self.at(slot)))
    }

    /// The balances behind an account in the order of the chart of accounts.
    pub fn balances_after(&self, after: LedgerAccount) -> impl Iterator<Item = (LedgerAccount, AssetId, Balance)> + '_ {
        let first = Bound::Excluded((after, AssetId(u32::MAX)));
        self.chart.range((first, Bound::Unbounded)).map(|(&(account, asset), &slot)| (account, asset, self.at(slot)))
    }

    /// The balances of one account.
    pub fn balances_of(&self, account: LedgerAccount) -> impl Iterator<Item = (AssetId, Balance)> + '_ {
        let range = (account, AssetId(0))..=(account, AssetId(u32::MAX));
        self.chart.range(range).map(|(&(_, asset), &slot)| (asset, self.at(slot)))
    }

    /// The sum over the whole ledger, zero for every asset. Touches every account: for tests and reports.
    pub fn total(&self, asset: AssetId) -> i128 {
        self.trial_balance().filter(|entry| entry.1 == asset).map(|entry| i128::from(entry.2.posted.0)).sum()
    }

    /// All assets by number.
    pub fn assets(&self) -> impl Iterator<Item = (AssetId, Asset)> + '_ {
        self.assets.iter().map(|(&id, &asset)| (id, asset))
    }

    /// An asset.
    pub fn asset(&self, asset: AssetId) -> Option<Asset> {
        self.assets.get(&asset).copied()
    }

    /// All payments out that have not happened yet, by number.
    pub fn pending(&self) -> impl Iterator<Item = (TransferId, PendingTransfer)> + '_ {
        self.pending.iter().map(|(&id, &transfer)| (id, transfer))
    }

    /// A payment out that has not happened yet.
    pub fn pending_transfer(&self, transfer: TransferId) -> Option<PendingTransfer> {
        self.pending.get(&transfer).copied()
    }

    pub(crate) fn define(&mut self, id: AssetId, asset: Asset) {
        self.assets.insert(id, asset);
    }

    /// Where a balance is kept; it is there from now on.
    pub(crate) fn slot(&mut self, account: LedgerAccount, asset: AssetId) -> BalanceSlot {
        let fresh = BalanceSlot(u32::try_from(self.entries.len()).expect("accounts and assets are limited"));
        let slot = *self.chart.entry((account, asset)).or_insert(fresh);
        if slot == fresh {
            self.entries.push(Entry { account, asset, balance: Balance::default() });
        }
        slot
    }

    pub(crate) fn at(&self, slot: BalanceSlot) -> Balance {
        self.entries[slot.0 as usize].balance
    }

    pub(crate) fn restore(&mut self, account: LedgerAccount, asset: AssetId, balance: Balance) {
        let slot = self.slot(account, asset);
        self.entries[slot.0 as usize].balance = balance;
        if let LedgerAccount::Receivable(_) = account {
            self.owed -= i128::from(balance.posted.0);
        }
    }

    pub(crate) fn restore_pending(&mut self, transfer: TransferId, pending: PendingTransfer) {
        self.pending.insert(transfer, pending);
    }

    /// What customers owe the venue in all, in micro-USD.
    pub fn owed(&self) -> i128 {
        self.owed
    }

    /// Keeps count of what customers owe in all, so that nobody has to add it up: more by this from now on, less if it is below zero.
    pub(crate) fn note_owed(&mut self, change: Amount) {
        self.owed += i128::from(change.0);
    }

    /// Moves an amount. Two postings, always.
    pub(crate) fn transfer(&mut self, from: BalanceSlot, to: BalanceSlot, amount: Amount) {
        assert!(amount > Amount::ZERO, "a transfer of {amount} moves nothing");
        assert!(
            self.entries[from.0 as usize].asset == self.entries[to.0 as usize].asset,
            "a transfer changes its asset"
        );
        self.post(from, -amount);
        self.post(to, amount);
    }

    /// Replaces what is held of a balance by the difference of two exposures' holds.
    pub(crate) fn rehold(&mut self, slot: BalanceSlot, before: Amount, after: Amount) {
        let entry = &mut self.entries[slot.0 as usize];
        entry.balance.held = entry.balance.held - before + after;
        assert!(entry.balance.held >= Amount::ZERO, "{:?} holds {}", entry.account, entry.balance.held);
    }

    /// Sets an amount aside until the transfer is posted or voided.
    pub(crate) fn begin(&mut self, transfer: TransferId, pending: PendingTransfer) {
        let slot = self.slot(LedgerAccount::Customer(pending.account), pending.asset);
        self.entries[slot.0 as usize].balance.pending += pending.amount;
        self.pending.insert(transfer, pending);
    }

    /// Forgets a pending transfer and gives its amount back; whoever posts it moves it next.
    pub(crate) fn end(&mut self, transfer: TransferId) -> Option<PendingTransfer> {
        let pending = self.pending.remove(&transfer)?;
        let slot = self.slot(LedgerAccount::Customer(pending.account), pending.asset);
        let balance = &mut self.entries[slot.0 as usize].balance;
        balance.pending -= pending.amount;
        assert!(balance.pending >= Amount::ZERO, "{} is pending", balance.pending);
        Some(pending)
    }

    /// No account may ever use what covers its worst case, or what is on its way out.
    pub(crate) fn assert_covered(&self, slot: BalanceSlot) {
        let entry = &self.entries[slot.0 as usize];
        assert!(entry.balance.free() >= Amount::ZERO, "{:?} has {} free", entry.account, entry.balance.free());
    }

    /// Asserts that the postings of the command just done sum to zero for every asset.
    pub(crate) fn assert_balanced(&mut self) {
        for (asset, imbalance) in self.imbalance.drain(..) {
            assert!(imbalance == 0, "postings of one command in asset {asset} sum to {imbalance}");
        }
    }

    #[inline]
    fn post(&mut self, slot: BalanceSlot, amount: Amount) {
        let entry = &mut self.entries[slot.0 as usize];
        let before = entry.balance.posted;
        entry.balance.posted += amount;
        // The difference of what stands in the books, not the argument: a posting written wrongly shows here.
        let difference = i128::from(entry.balance.posted.0) - i128::from(before.0);
        let asset = entry.asset;
        match self.imbalance.iter_mut().find(|(touched, _)| *touched == asset) {
            Some((_, sum)) => *sum += difference,
            None => self.imbalance.push((asset, difference)),
        }
    }
}
