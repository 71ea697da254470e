//! What comes from the chain and what goes there.

use super::{Pseudonym, RollingHash};
use crate::accounts::AccountSlot;
use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, AssetId};
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::reject::{ChainSequence, Reject};
use crate::units::Amount;

impl Engine {
    /// Numbered without a gap, so that a watcher that did not hear the answer learns from the next attempt whether it was credited.
    pub(super) fn credit_deposit(
        &mut self,
        index: u64,
        pseudonym: Pseudonym,
        amount: Amount,
        hash: RollingHash,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        check_next(ChainSequence::Deposit, index, self.chain.deposits.0)?;
        check_arrived(amount)?;
        self.check_room_for(Engine::MONEY, amount)?;
        self.chain.deposits = (index, hash);
        events.push(Event::DepositCredited { index, pseudonym, amount, hash });
        self.take_in(pseudonym, Engine::MONEY, amount, TransferReason::Deposit, events);
        Ok(())
    }

    pub(super) fn credit_import(
        &mut self,
        index: u64,
        pseudonym: Pseudonym,
        asset: AssetId,
        amount: Amount,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        check_next(ChainSequence::Import, index, self.chain.imports)?;
        if asset == Engine::MONEY {
            return Err(Reject::UnknownAsset { asset });
        }
        if self.ledger.asset(asset).is_none() {
            return Err(Reject::UnknownAsset { asset });
        }
        check_arrived(amount)?;
        let out = self.ledger.balance(LedgerAccount::Chain, asset).posted;
        if amount > out {
            return Err(Reject::MoreThanExported { asset, amount, out });
        }
        self.chain.imports = index;
        events.push(Event::ImportCredited { index, pseudonym, asset, amount });
        self.take_in(pseudonym, asset, amount, TransferReason::Import, events);
        Ok(())
    }

    /// Gives what came from the chain to whom the pseudonym belongs, or keeps it until it does.
    fn take_in(
        &mut self,
        pseudonym: Pseudonym,
        asset: AssetId,
        amount: Amount,
        reason: TransferReason,
        events: &mut Vec<Event>,
    ) {
        let account = self.chain.links.get(&pseudonym).copied();
        let is_insurance = self.chain.insurance() == Some(pseudonym) && asset == Engine::MONEY;
        let to = match account {
            Some(account) => LedgerAccount::Customer(account),
            None if is_insurance => LedgerAccount::Insurance,
            None => LedgerAccount::Unclaimed,
        };
        self.transfer(LedgerAccount::Chain, to, asset, amount, reason, events);
        if to == LedgerAccount::Unclaimed {
            *self.chain.unclaimed.entry((pseudonym, asset)).or_insert(Amount::ZERO) += amount;
        }
        if let Some(account) = account {
            let slot = self.accounts.find(account).expect("a linked account exists");
            self.repay(slot, asset, events);
        }
    }

    pub(super) fn withdraw_to_chain(
        &mut self,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
        reference: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        self.check_receiver(account)?;
        let room = limits::CLAIMABLE_MAX - self.chain.claimable(account, asset);
        let most = room.min(limits::DEPOSIT_MAX.into());
        self.check_payment(slot, asset, amount, most, reference)?;
        self.accounts.get_mut(slot).payments = reference;
        self.move_out(slot, asset, amount, events);
        Ok(())
    }

    /// Moves an amount out to the chain. Nothing brings it back but the chain itself, so that a batch can promise it.
    pub(crate) fn move_out(&mut self, slot: AccountSlot, asset: AssetId, amount: Amount, events: &mut Vec<Event>) {
        let account = self.accounts.get(slot).id;
        let (from, to) = (LedgerAccount::Customer(account), LedgerAccount::Chain);
        self.transfer(from, to, asset, amount, TransferReason::Withdrawal, events);
        let claimable = self.chain.claimable.entry((account, asset)).or_insert(Amount::ZERO);
        *claimable += amount;
        events.push(Event::WithdrawnToChain { account, asset, amount, claimable: *claimable });
    }
}

/// What is on the chain cannot be sent back by refusing it, and what comes behind it would wait for ever: no amount is too large but for the
/// whole ledger.
fn check_arrived(amount: Amount) -> Result<(), Reject> {
    if amount <= Amount::ZERO { Err(Reject::AmountOutOfRange { amount }) } else { Ok(()) }
}

/// Each number once, and none left out.
pub(crate) fn check_next(sequence: ChainSequence, number: u64, last: u64) -> Result<(), Reject> {
    // A sequence that has come to its end has nothing next; no chain ever gets there.
    let next = last.saturating_add(1);
    if number == next && next > last { Ok(()) } else { Err(Reject::ChainOutOfSequence { sequence, number, next }) }
}
