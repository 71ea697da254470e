//! Money and other assets that come in, go out, or move between accounts of one owner.

use crate::accounts::AccountSlot;
use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, AssetId, TransferId};
use crate::ledger::{LedgerAccount, PendingTransfer};
use crate::limits;
use crate::reject::{Reject, VaultReject};
use crate::units::Amount;

impl Engine {
    /// Deposits to an account are numbered without a gap, so remembering the last number is enough to credit each once, and whoever
    /// did not hear the answer learns from the next attempt whether it was.
    pub(crate) fn deposit(
        &mut self,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
        reference: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        self.check_door(asset)?;
        self.check_receiver(account)?;
        self.check_amount(asset, amount)?;
        let next = self.accounts.get(slot).deposits + 1;
        if reference != next {
            return Err(Reject::DepositOutOfSequence { account: Some(account), reference, next });
        }
        self.check_room_for(asset, amount)?;
        self.check_import(asset, amount)?;
        self.accounts.get_mut(slot).deposits = reference;
        let (from, to) = (LedgerAccount::Outside, LedgerAccount::Customer(account));
        self.transfer(from, to, asset, amount, TransferReason::Deposit, events);
        self.repay(slot, asset, events);
        Ok(())
    }

    pub(crate) fn request_withdrawal(
        &mut self,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
        reference: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        self.check_door(asset)?;
        self.check_payment(slot, asset, amount, limits::DEPOSIT_MAX.into(), reference)?;
        let owner = self.accounts.get_mut(slot);
        if owner.pending_count >= limits::PENDING_TRANSFERS_MAX {
            return Err(Reject::TooManyPendingTransfers);
        }
        owner.pending_count += 1;
        owner.payments = reference;
        let transfer = TransferId(self.seq.0);
        self.ledger.begin(transfer, PendingTransfer { account, asset, amount });
        events.push(Event::TransferPending { transfer, account, asset, amount });
        Ok(())
    }

    /// What was asked for has happened outside.
    pub(crate) fn post_transfer(&mut self, transfer: TransferId, events: &mut Vec<Event>) -> Result<(), Reject> {
        let PendingTransfer { account, asset, amount } = self.end_pending(transfer)?;
        events.push(Event::TransferPosted { transfer });
        let (from, to) = (LedgerAccount::Customer(account), LedgerAccount::Outside);
        self.transfer(from, to, asset, amount, TransferReason::Withdrawal, events);
        Ok(())
    }

    /// What was asked for will not happen.
    pub(crate) fn void_transfer(&mut self, transfer: TransferId, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.end_pending(transfer)?;
        events.push(Event::TransferVoided { transfer });
        Ok(())
    }

    pub(crate) fn transfer_funds(
        &mut self,
        from: AccountId,
        to: AccountId,
        asset: AssetId,
        amount: Amount,
        reference: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(from)?;
        let owner = self.accounts.get(slot).master;
        if from == to || self.accounts.master_of(to) != Some(owner) {
            return Err(Reject::NotYourAccounts { from, to });
        }
        self.check_receiver(to)?;
        self.check_payment(slot, asset, amount, limits::DEPOSIT_MAX.into(), reference)?;
        self.accounts.get_mut(slot).payments = reference;
        let receiver = self.accounts.require(to)?;
        let (from, to) = (LedgerAccount::Customer(from), LedgerAccount::Customer(to));
        self.transfer(from, to, asset, amount, TransferReason::Internal, events);
        self.repay(receiver, asset, events);
        Ok(())
    }

    /// What an account is short of what it holds, it owes from now on: a balance below zero has a name.
    pub(crate) fn owe_shortfall(&mut self, slot: AccountSlot, events: &mut Vec<Event>) {
        let owner = self.accounts.get(slot);
        let (account, free) = (owner.id, self.ledger.at(owner.dollars).free());
        if free < Amount::ZERO {
            let (receivable, customer) = (self.receivable(slot), LedgerAccount::Customer(account));
            self.transfer(receivable, customer, Engine::MONEY, -free, TransferReason::Shortfall, events);
            self.ledger.note_owed(-free);
        }
    }

    /// Whoever owes and has received US dollars pays back what is free, before anything else can be done with it.
    pub(crate) fn repay(&mut self, slot: AccountSlot, received: AssetId, events: &mut Vec<Event>) {
        if received != Engine::MONEY {
            return;
        }
        let owed = Amount::from(self.owed(slot));
        let owner = self.accounts.get(slot);
        let amount = owed.min(self.ledger.at(owner.dollars).free());
        if amount > Amount::ZERO {
            let account = owner.id;
            let (customer, receivable) = (LedgerAccount::Customer(account), LedgerAccount::Receivable(account));
            self.transfer(customer, receivable, Engine::MONEY, amount, TransferReason::Repayment, events);
            self.ledger.note_owed(-amount);
        }
    }

    /// Shares come from their vault alone: no more of them can arrive than have left.
    pub(crate) fn check_import(&self, asset: AssetId, amount: Amount) -> Result<(), Reject> {
        if self.vaults.of_asset(asset).is_none() {
            return Ok(());
        }
        let exported = self.ledger.balance(LedgerAccount::Outside, asset).posted;
        if amount > exported { Err(Reject::Vault(VaultReject::NotExported { asset, exported })) } else { Ok(()) }
    }

    fn end_pending(&mut self, transfer: TransferId) -> Result<PendingTransfer, Reject> {
        let pending = self.ledger.end(transfer).ok_or(Reject::TransferNotPending { transfer })?;
        let slot = self.accounts.find(pending.account).expect("who asked for a transfer has an account");
        self.accounts.get_mut(slot).pending_count -= 1;
        Ok(pending)
    }

    pub(crate) fn check_amount(&self, asset: AssetId, amount: Amount) -> Result<(), Reject> {
        self.check_asset(asset)?;
        check_size(amount, limits::DEPOSIT_MAX.into())
    }

    fn check_asset(&self, asset: AssetId) -> Result<(), Reject> {
        if self.ledger.asset(asset).is_none() { Err(Reject::UnknownAsset { asset }) } else { Ok(()) }
    }

    /// Payments out of an account are numbered without a gap, too, and need what is free.
    pub(crate) fn check_payment(
        &self,
        slot: AccountSlot,
        asset: AssetId,
        amount: Amount,
        most: Amount,
        reference: u64,
    ) -> Result<(), Reject> {
        self.check_asset(asset)?;
        let owner = self.accounts.get(slot);
        let (account, next) = (owner.id, owner.payments + 1);
        self.check_no_exit(account)?;
        check_size(amount, most)?;
        if reference != next {
            return Err(Reject::PaymentOutOfSequence { account, reference, next });
        }
        let free = match asset {
            AssetId::USD => self.withdrawable(slot).into(),
            _ => self.ledger.balance(LedgerAccount::Customer(account), asset).free(),
        };
        if amount > free { Err(Reject::InsufficientBalance { amount, free }) } else { Ok(()) }
    }
}

fn check_size(amount: Amount, most: Amount) -> Result<(), Reject> {
    if amount <= Amount::ZERO || amount > most { Err(Reject::AmountOutOfRange { amount }) } else { Ok(()) }
}
