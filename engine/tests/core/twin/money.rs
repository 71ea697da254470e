//! Money of the twin: postings, deposits, payments out, and what is free.

use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, TransferId};
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::reject::Reject;
use engine::units::Amount;

use super::{Pending, Twin, amount};

impl Twin {
    pub(super) fn deposit(
        &mut self,
        account: AccountId,
        asset: AssetId,
        paid: Amount,
        reference: u64,
    ) -> Result<(), Reject> {
        self.require_account(account)?;
        self.refuse_past_the_chain(asset)?;
        if self.has_chain() {
            self.require_link(account)?;
        }
        self.require_asset(asset)?;
        check_amount(paid)?;
        let next = self.next_deposit(account);
        if reference != next {
            return Err(Reject::DepositOutOfSequence { account: Some(account), reference, next });
        }
        let inside = -self.posted(LedgerAccount::Outside, asset);
        if inside + i128::from(paid.0) > i128::from(limits::TOTAL_CASH_MAX.0) {
            return Err(Reject::TotalCashLimit);
        }
        self.check_exported(asset, paid)?;
        self.deposits.push(account);
        let to = LedgerAccount::Customer(account);
        self.transfer(LedgerAccount::Outside, to, asset, i128::from(paid.0), TransferReason::Deposit);
        if asset == AssetId::USD {
            self.pay_back(account);
        }
        Ok(())
    }

    pub(super) fn request_withdrawal(
        &mut self,
        account: AccountId,
        asset: AssetId,
        asked: Amount,
        reference: u64,
    ) -> Result<(), Reject> {
        self.require_account(account)?;
        self.refuse_past_the_chain(asset)?;
        self.require_asset(asset)?;
        self.refuse_in_exit(account)?;
        self.check_payment(account, asset, asked, reference)?;
        let waiting = self.pending.iter().filter(|pending| pending.account == account).count();
        if waiting >= limits::PENDING_TRANSFERS_MAX as usize {
            return Err(Reject::TooManyPendingTransfers);
        }
        self.payments.push(account);
        let transfer = TransferId(self.seq);
        self.pending.push(Pending { transfer, account, asset, amount: asked });
        self.events.push(Event::TransferPending { transfer, account, asset, amount: asked });
        Ok(())
    }

    pub(super) fn post_transfer(&mut self, transfer: TransferId) -> Result<(), Reject> {
        let Pending { account, asset, amount, .. } = self.take_pending(transfer)?;
        self.events.push(Event::TransferPosted { transfer });
        let from = LedgerAccount::Customer(account);
        self.transfer(from, LedgerAccount::Outside, asset, i128::from(amount.0), TransferReason::Withdrawal);
        Ok(())
    }

    pub(super) fn void_transfer(&mut self, transfer: TransferId) -> Result<(), Reject> {
        self.take_pending(transfer)?;
        self.events.push(Event::TransferVoided { transfer });
        Ok(())
    }

    fn take_pending(&mut self, transfer: TransferId) -> Result<Pending, Reject> {
        let found = self.pending.iter().position(|pending| pending.transfer == transfer);
        found.map(|at| self.pending.remove(at)).ok_or(Reject::TransferNotPending { transfer })
    }

    pub(super) fn transfer_funds(
        &mut self,
        from: AccountId,
        to: AccountId,
        asset: AssetId,
        moved: Amount,
        reference: u64,
    ) -> Result<(), Reject> {
        let known = [from, to].iter().all(|account| self.require_account(*account).is_ok());
        if !known || from == to || self.owner(from) != self.owner(to) {
            return Err(Reject::NotYourAccounts { from, to });
        }
        if self.has_chain() {
            self.require_link(to)?;
        }
        self.require_asset(asset)?;
        self.refuse_in_exit(from)?;
        self.check_payment(from, asset, moved, reference)?;
        self.payments.push(from);
        let (payer, receiver) = (LedgerAccount::Customer(from), LedgerAccount::Customer(to));
        self.transfer(payer, receiver, asset, i128::from(moved.0), TransferReason::Internal);
        if asset == AssetId::USD {
            self.pay_back(to);
        }
        Ok(())
    }

    /// What all payments out have in common.
    pub(super) fn check_payment(
        &self,
        account: AccountId,
        asset: AssetId,
        asked: Amount,
        reference: u64,
    ) -> Result<(), Reject> {
        self.require_asset(asset)?;
        check_amount(asked)?;
        let next = self.next_payment(account);
        if reference != next {
            return Err(Reject::PaymentOutOfSequence { account, reference, next });
        }
        let free = self.available(account, asset);
        if i128::from(asked.0) > free {
            return Err(Reject::InsufficientBalance { amount: asked, free: amount(free) });
        }
        Ok(())
    }

    /// Moves an amount, or does nothing if there is none to move.
    pub(super) fn transfer(
        &mut self,
        from: LedgerAccount,
        to: LedgerAccount,
        asset: AssetId,
        moved: i128,
        reason: TransferReason,
    ) {
        if moved == 0 {
            return;
        }
        assert!(moved > 0, "money moves forwards");
        self.postings.push((from, asset, -moved));
        self.postings.push((to, asset, moved));
        self.events.push(Event::Transferred { from, to, asset, amount: amount(moved), reason });
    }

    /// The number of the next deposit to an account.
    pub fn next_deposit(&self, account: AccountId) -> u64 {
        count_of(&self.deposits, account) + 1
    }

    /// The number of the next payment out of an account.
    pub fn next_payment(&self, account: AccountId) -> u64 {
        count_of(&self.payments, account) + 1
    }

    /// The sum of all postings to one account of the ledger.
    pub fn posted(&self, of: LedgerAccount, asset: AssetId) -> i128 {
        let postings = self.postings.iter().filter(|posting| posting.0 == of && posting.1 == asset);
        postings.map(|(_, _, amount)| amount).sum()
    }

    /// The sum of all postings.
    pub fn ledger_total(&self, asset: AssetId) -> i128 {
        self.postings.iter().filter(|posting| posting.1 == asset).map(|(_, _, amount)| amount).sum()
    }

    /// What payments out are pending.
    pub fn pending(&self, account: AccountId, asset: AssetId) -> i128 {
        let pending = self.pending.iter().filter(|pending| pending.account == account && pending.asset == asset);
        pending.map(|pending| i128::from(pending.amount.0)).sum()
    }

    /// What is neither held nor pending.
    pub fn free(&self, account: AccountId, asset: AssetId) -> i128 {
        let posted = self.posted(LedgerAccount::Customer(account), asset);
        posted - self.held(account, asset) - self.pending(account, asset)
    }
}

pub(super) fn check_amount(amount: Amount) -> Result<(), Reject> {
    let allowed = 0 < amount.0 && amount.0 <= 1_000_000_000_000_000;
    if allowed { Ok(()) } else { Err(Reject::AmountOutOfRange { amount }) }
}

fn count_of(entries: &[AccountId], account: AccountId) -> u64 {
    entries.iter().filter(|entry| **entry == account).count() as u64
}
