//! Attaching a chain, linking accounts to it, and what is refused from then on.

use super::{Attached, ChainDomain, Pseudonym};
use crate::accounts::AccountSlot;
use crate::chain::Address;
use crate::command::Command;
use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, AssetId};
use crate::instrument::Terms;
use crate::ledger::LedgerAccount;
use crate::reject::Reject;

impl Engine {
    pub(super) fn attach_chain(
        &mut self,
        domain: ChainDomain,
        insurance: Pseudonym,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        if let Some(attached) = self.chain.attached {
            return Err(Reject::ChainAttached { chain_id: attached.domain.chain_id });
        }
        check_domain(&domain, insurance)?;
        if self.ledger.knows(LedgerAccount::Outside, AssetId::USD) {
            return Err(Reject::NotBeforeMoney { rule: "US dollars have come in already" });
        }
        if self.markets().any(|market| is_fully_collateralised(&market.terms)) {
            return Err(Reject::NotBeforeMoney { rule: "a month in full collateral is listed" });
        }
        self.chain.attached = Some(Attached { domain, insurance });
        events.push(Event::ChainAttached { chain: domain, insurance });
        Ok(())
    }

    /// What had come for the pseudonym before is the account's from now on.
    pub(super) fn link_account(
        &mut self,
        account: AccountId,
        pseudonym: Pseudonym,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        let is_insurance = self.chain.insurance() == Some(pseudonym);
        if pseudonym == Pseudonym::ZERO || is_insurance || self.chain.links.contains_key(&pseudonym) {
            return Err(Reject::PseudonymTaken { pseudonym });
        }
        if self.chain.link_of(account).is_some() {
            return Err(Reject::AccountLinked { account });
        }
        self.chain.links.insert(pseudonym, account);
        self.chain.pseudonyms.insert(account, pseudonym);
        events.push(Event::AccountLinked { account, pseudonym });
        self.hand_over_unclaimed(slot, pseudonym, events);
        Ok(())
    }

    /// US dollars first, because what is owed is repaid out of them.
    fn hand_over_unclaimed(&mut self, slot: AccountSlot, pseudonym: Pseudonym, events: &mut Vec<Event>) {
        let all = (pseudonym, AssetId(0))..=(pseudonym, AssetId(u32::MAX));
        let mut assets: Vec<AssetId> = self.chain.unclaimed.range(all).map(|(&(_, asset), _)| asset).collect();
        assets.sort_by_key(|&asset| asset != AssetId::USD);
        let to = LedgerAccount::Customer(self.accounts.get(slot).id);
        for asset in assets {
            let amount = self.chain.unclaimed.remove(&(pseudonym, asset)).expect("it was found just now");
            self.transfer(LedgerAccount::Unclaimed, to, asset, amount, TransferReason::Deposit, events);
            self.repay(slot, asset, events);
        }
    }

    /// Refuses what a frozen chain makes pointless: what comes in, goes out, or is ordered.
    #[cold]
    pub(crate) fn check_frozen(&self, command: &Command) -> Result<(), Reject> {
        match command {
            Command::SubmitOrder(_)
            | Command::AmendOrder(_)
            | Command::Deposit { .. }
            | Command::RequestWithdrawal { .. }
            | Command::TransferFunds { .. }
            | Command::LinkAccount { .. }
            | Command::CreditDeposit { .. }
            | Command::CreditImport { .. }
            | Command::WithdrawToChain { .. }
            | Command::CutBatch { .. }
            | Command::ReceiveExit { .. }
            | Command::RecordFreeze { .. } => Err(Reject::ChainFrozen),
            _ => Ok(()),
        }
    }

    /// Refuses US dollars that would come or go beside the vault.
    pub(crate) fn check_door(&self, asset: AssetId) -> Result<(), Reject> {
        let is_beside = self.chain.attached.is_some() && asset == AssetId::USD;
        if is_beside { Err(Reject::ThroughTheChain) } else { Ok(()) }
    }

    /// Refuses to give an account that has no owner on the attached chain.
    pub(crate) fn check_receiver(&self, account: AccountId) -> Result<(), Reject> {
        let is_stranger = self.chain.attached.is_some() && self.chain.link_of(account).is_none();
        if is_stranger { Err(Reject::NotLinked { account }) } else { Ok(()) }
    }

    /// Refuses contracts whose collateral is free only when they are settled: no exit can wait for that.
    pub(crate) fn check_collateral_kind(&self, terms: &Terms) -> Result<(), Reject> {
        let is_locked = self.chain.attached.is_some() && is_fully_collateralised(terms);
        if is_locked { Err(Reject::ThroughTheChain) } else { Ok(()) }
    }
}

fn check_domain(domain: &ChainDomain, insurance: Pseudonym) -> Result<(), Reject> {
    let ChainDomain { chain_id, vault, token } = *domain;
    let broken = if chain_id == 0 {
        "the chain id is not 0"
    } else if vault == Address::ZERO || token == Address::ZERO {
        "vault and token have addresses"
    } else if insurance == Pseudonym::ZERO {
        "the insurance fund has a pseudonym"
    } else if vault == token {
        "vault and token are two contracts"
    } else {
        return Ok(());
    };
    Err(Reject::InvalidChain { rule: broken })
}

fn is_fully_collateralised(terms: &Terms) -> bool {
    terms.month().is_some() && !terms.is_margined()
}
