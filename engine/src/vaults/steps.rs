//! What a vault's state leads to, done in bounded steps: shares are handed out, subscribers paid back, orders cancelled, shares redeemed.

use std::ops::Bound;

use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, VaultId};
use crate::ledger::{LedgerAccount, Purse};
use crate::limits::SETTLEMENT_STEP_MAX;
use crate::units::Cash;
use crate::vaults::{VaultEvent, VaultState, VaultTransition, shares};

impl Engine {
    /// The next step of a vault that has something to do.
    pub(crate) fn continue_vault(&mut self, vault: VaultId, events: &mut Vec<Event>) {
        match self.vaults.get_mut(vault).state {
            VaultState::Refunding => self.pay_back(vault, events),
            VaultState::WindingUp => self.continue_winding_up(vault, events),
            _ => self.hand_out(vault, events),
        }
        self.vaults.refresh(vault);
    }

    fn hand_out(&mut self, id: VaultId, events: &mut Vec<Event>) {
        let asset = self.vaults.get_mut(id).terms.asset;
        for (account, count) in self.take_subscriptions(id) {
            let (from, to) = (LedgerAccount::Vault(id, Purse::Shares), LedgerAccount::Customer(account));
            self.transfer(from, to, asset, shares(count), TransferReason::Issue, events);
        }
    }

    fn pay_back(&mut self, id: VaultId, events: &mut Vec<Event>) {
        let price = self.vaults.get_mut(id).terms.price;
        for (account, count) in self.take_subscriptions(id) {
            let paid = Cash(i64::from(count) * price.0);
            self.pay_from((id, Purse::Escrow), account, paid, TransferReason::Refund, events);
        }
        if self.vaults.get_mut(id).subscriptions.is_empty() {
            self.move_vault(id, VaultTransition::Repay, events);
        }
    }

    /// The next subscribers, by number; they leave the list, so no step needs to know where the one before stopped.
    fn take_subscriptions(&mut self, id: VaultId) -> Vec<(AccountId, u32)> {
        let vault = self.vaults.get_mut(id);
        let first = std::iter::from_fn(|| vault.subscriptions.pop_first());
        let taken: Vec<(AccountId, u32)> = first.take(SETTLEMENT_STEP_MAX).collect();
        vault.subscribed -= taken.iter().map(|(_, count)| count).sum::<u32>();
        taken
    }

    fn continue_winding_up(&mut self, id: VaultId, events: &mut Vec<Event>) {
        let mut left = SETTLEMENT_STEP_MAX;
        for place in self.pairs_of(id) {
            left -= self.expire_orders(place, left, events);
            self.refresh(place);
        }
        if left == SETTLEMENT_STEP_MAX {
            self.redeem(id, events);
        }
    }

    fn redeem(&mut self, id: VaultId, events: &mut Vec<Event>) {
        let vault = self.vaults.get_mut(id);
        let first = vault.redeemed_to.map_or(Bound::Unbounded, Bound::Excluded);
        let mut behind = vault.holdings.range((first, Bound::Unbounded)).map(|(&account, _)| account);
        let next: Vec<AccountId> = behind.by_ref().take(SETTLEMENT_STEP_MAX).collect();
        let complete = behind.next().is_none();
        vault.redeemed_to = next.last().copied().or(vault.redeemed_to);
        for &account in &next {
            self.pay_out(id, account, events);
        }
        let accounts = u32::try_from(next.len()).expect("steps are limited");
        events.push(Event::Vault(VaultEvent::Redeemed { vault: id, accounts, complete }));
        if complete {
            self.vaults.get_mut(id).redeemed_to = None;
            self.move_vault(id, VaultTransition::Close, events);
        }
    }
}
