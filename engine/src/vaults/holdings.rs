//! Who earns a vault's yield: an account is credited before the number of its shares changes, so that it earns for the time it held them.

use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, AssetId, VaultId};
use crate::ledger::{LedgerAccount, Purse};
use crate::reject::{Reject, VaultReject};
use crate::units::{Amount, Cash};
use crate::vaults::{VaultEvent, VaultState, shares};

/// What an account has of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Its shares on the ledger, held and pending ones included.
    pub shares: u32,
    /// The index up to which it was credited.
    pub credited: Cash,
    /// What it may claim of what was credited.
    pub claim: Cash,
}

impl Holding {
    /// What it may claim at an index. Nothing is divided, so the claims of all and what is carried are what the vault has.
    pub(crate) fn claim_at(&self, index: Cash) -> Cash {
        self.claim + Cash(i64::from(self.shares) * (index - self.credited).0)
    }

    fn credit(&mut self, index: Cash) {
        *self = Holding { claim: self.claim_at(index), credited: index, ..*self };
    }

    fn is_empty(&self) -> bool {
        self.shares == 0 && self.claim == Cash::ZERO
    }
}

impl Engine {
    /// Credits both sides of a movement of shares. Whatever moves an asset comes by here.
    pub(crate) fn note_shares(&mut self, asset: AssetId, from: LedgerAccount, to: LedgerAccount, amount: Amount) {
        let Some(vault) = self.vaults.of_asset(asset) else { return };
        let amount = u32::try_from(amount.0).expect("shares of a vault are limited");
        if let LedgerAccount::Customer(account) = from {
            self.change_holding(vault, account, |shares| shares - amount);
        }
        if let LedgerAccount::Customer(account) = to {
            self.change_holding(vault, account, |shares| shares + amount);
        }
    }

    fn change_holding(&mut self, vault: VaultId, account: AccountId, change: impl Fn(u32) -> u32) {
        let vault = self.vaults.get_mut(vault);
        let fresh = Holding { shares: 0, credited: vault.index, claim: Cash::ZERO };
        let holding = vault.holdings.entry(account).or_insert(fresh);
        holding.credit(vault.index);
        vault.on_ledger -= holding.shares;
        holding.shares = change(holding.shares);
        vault.on_ledger += holding.shares;
        if holding.is_empty() {
            vault.holdings.remove(&account);
        }
    }

    pub(crate) fn claim_yield(
        &mut self,
        account: AccountId,
        vault: VaultId,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        self.accounts.require(account)?;
        self.vaults.require(vault)?;
        let redeems = self.redeemable(vault, account) > 0;
        if self.claimable(vault, account) == Cash::ZERO && !redeems {
            return Err(Reject::Vault(VaultReject::NothingToClaim { vault, account }));
        }
        self.pay_out(vault, account, events);
        Ok(())
    }

    /// Pays an account what it may claim and, if the machines are sold, redeems its free shares.
    pub(super) fn pay_out(&mut self, id: VaultId, account: AccountId, events: &mut Vec<Event>) {
        let amount = self.claimable(id, account);
        if amount > Cash::ZERO {
            let vault = self.vaults.get_mut(id);
            let holding = vault.holdings.get_mut(&account).expect("who may claim has a holding");
            *holding = Holding { claim: Cash::ZERO, credited: vault.index, ..*holding };
            if holding.is_empty() {
                vault.holdings.remove(&account);
            }
            events.push(Event::Vault(VaultEvent::YieldClaimed { vault: id, account, amount }));
            self.pay_from((id, Purse::Yield), account, amount, TransferReason::Yield, events);
        }
        let count = self.redeemable(id, account);
        if count > 0 {
            let vault = self.vaults.get_mut(id);
            let (asset, value) = (vault.terms.asset, vault.value_per_share.expect("shares are redeemed for a value"));
            let amount = Cash(i64::from(count) * value.0);
            let reason = TransferReason::Redemption;
            events.push(Event::Vault(VaultEvent::SharesRedeemed { vault: id, account, shares: count, amount }));
            let (from, to) = (LedgerAccount::Customer(account), LedgerAccount::Vault(id, Purse::Shares));
            self.transfer(from, to, asset, shares(count), reason, events);
            self.pay_from((id, Purse::Redemption), account, amount, reason, events);
        }
    }

    /// How many shares an account could redeem: what is pending may still leave.
    fn redeemable(&self, vault: VaultId, account: AccountId) -> u32 {
        let Some(vault) = self.vault(vault) else { return 0 };
        if !matches!(vault.state, VaultState::WindingUp | VaultState::WoundUp) {
            return 0;
        }
        let free = self.ledger.balance(LedgerAccount::Customer(account), vault.terms.asset).free();
        u32::try_from(free.0).expect("shares of a vault are limited")
    }
}
