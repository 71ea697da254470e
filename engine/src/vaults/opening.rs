//! How a vault begins: terms, machines, subscriptions, and the money to the sponsor once the machines are in place.

use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, VaultId};
use crate::ledger::{Asset, LedgerAccount, Purse};
use crate::limits;
use crate::reject::{Reject, VaultReject};
use crate::units::{Cash, Timestamp};
use crate::vaults::{Deed, MachineHash, Vault, VaultEvent, VaultState, VaultTerms, VaultTransition};

impl VaultTerms {
    /// Refuses terms that no vault can have, at whatever time.
    pub(crate) fn check(&self) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::Vault(VaultReject::InvalidVault { rule }));
        if !(1..=limits::VAULT_GPUS_MAX).contains(&self.gpus) {
            return invalid("a vault has 1 to 1000 GPUs");
        }
        if self.price <= Cash::ZERO || self.price > limits::SHARE_PRICE_MAX {
            return invalid("a share costs more than 0 and at most 1000 USD");
        }
        if !(1..=limits::BASIS_POINTS).contains(&self.holders_bp) {
            return invalid("holders get 1 to 10000 basis points of net revenue");
        }
        if self.funding_until >= self.deployment_until || self.deployment_until > limits::TIMESTAMP_MAX {
            return invalid(DEADLINES);
        }
        Ok(())
    }
}

const DEADLINES: &str = "deadlines lie in the future, that of funding before that of deployment";

impl Engine {
    pub(crate) fn open_vault(&mut self, terms: &VaultTerms, events: &mut Vec<Event>) -> Result<(), Reject> {
        let VaultTerms { vault, series, asset, symbol, sponsor, .. } = *terms;
        self.accounts.require(sponsor)?;
        self.check_receiver(sponsor)?;
        self.check_new_asset(asset, symbol, 0)?;
        if self.vaults.by_number.contains_key(&vault) {
            return Err(Reject::Vault(VaultReject::VaultExists { vault }));
        }
        terms.check()?;
        if terms.funding_until <= self.time {
            return Err(Reject::Vault(VaultReject::InvalidVault { rule: DEADLINES }));
        }
        if self.vaults.by_number.len() >= limits::VAULTS_MAX {
            return Err(Reject::Vault(VaultReject::InvalidVault {
                rule: "the venue has 1000 vaults, the most it can",
            }));
        }
        if self.operating_rate(series, self.time.day()).is_none() {
            return Err(Reject::Vault(VaultReject::NoOperatingRate { series }));
        }
        self.ledger.define(asset, Asset { symbol, decimals: 0 });
        events.push(Event::AssetDefined { asset, symbol, decimals: 0 });
        self.vaults.insert(Vault::new(*terms, VaultState::Open));
        events.push(Event::Vault(VaultEvent::VaultOpened { terms: *terms }));
        Ok(())
    }

    pub(crate) fn register_deed(
        &mut self,
        id: VaultId,
        serial: MachineHash,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let vault = self.require_vault(id, VaultTransition::Fill)?;
        if vault.deeds.len() >= usize::from(vault.terms.gpus) {
            return Err(Reject::Vault(VaultReject::InvalidVault { rule: "a vault has as many deeds as GPUs" }));
        }
        if let Some(vault) = self.vaults.of_serial(serial) {
            return Err(Reject::Vault(VaultReject::DeedTaken { vault }));
        }
        self.vaults.get_mut(id).deeds.push(Deed { serial, attestation: None });
        self.vaults.serials.insert(serial, id);
        events.push(Event::Vault(VaultEvent::DeedRegistered { vault: id, serial }));
        Ok(())
    }

    /// An attestation may be renewed as long as the machine is the vault's.
    pub(crate) fn attest_deed(
        &mut self,
        id: VaultId,
        serial: MachineHash,
        attestation: MachineHash,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let state = self.vaults.require(id)?.state;
        if !matches!(state, VaultState::Open | VaultState::Funded | VaultState::Deployed | VaultState::Yielding) {
            return Err(Reject::Vault(VaultReject::WrongVaultState { vault: id, state }));
        }
        let deeds = &mut self.vaults.get_mut(id).deeds;
        let deed = deeds
            .iter_mut()
            .find(|deed| deed.serial == serial)
            .ok_or(Reject::Vault(VaultReject::UnknownDeed { vault: id }))?;
        deed.attestation = Some(attestation);
        events.push(Event::Vault(VaultEvent::DeedAttested { vault: id, serial, attestation }));
        Ok(())
    }

    pub(crate) fn subscribe(
        &mut self,
        account: AccountId,
        id: VaultId,
        count: u32,
        reference: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        let vault = self.require_vault(id, VaultTransition::Fill)?;
        let (registered, gpus) = (vault.deeds.len(), vault.terms.gpus);
        if registered < usize::from(gpus) {
            return Err(Reject::Vault(VaultReject::DeedsMissing {
                vault: id,
                missing: gpus - u16::try_from(registered).expect("it is less"),
            }));
        }
        let left = vault.terms.shares() - vault.subscribed();
        if !(1..=left).contains(&count) {
            return Err(Reject::Vault(VaultReject::SharesNotLeft { shares: count, left }));
        }
        let price = vault.terms.price;
        if self.accounts.get(slot).next_round.is_some() {
            return Err(Reject::InLiquidation { account });
        }
        let paid = Cash(i64::from(count) * price.0);
        self.check_payment(slot, Engine::MONEY, paid.into(), limits::DEPOSIT_MAX.into(), reference)?;
        self.accounts.get_mut(slot).payments = reference;
        self.vaults.get_mut(id).subscribe(account, count);
        events.push(Event::Vault(VaultEvent::Subscribed { vault: id, account, shares: count, paid }));
        let (from, to) = (LedgerAccount::Customer(account), LedgerAccount::Vault(id, Purse::Escrow));
        self.transfer(from, to, Engine::MONEY, paid.into(), TransferReason::Subscription, events);
        if count == left {
            self.move_vault(id, VaultTransition::Fill, events);
        }
        Ok(())
    }

    pub(crate) fn deploy_vault(&mut self, id: VaultId, events: &mut Vec<Event>) -> Result<(), Reject> {
        let vault = self.require_vault(id, VaultTransition::Deploy)?;
        let missing = vault.deeds.iter().filter(|deed| deed.attestation.is_none()).count();
        if missing > 0 {
            let missing = u16::try_from(missing).expect("machines of a vault are limited");
            return Err(Reject::Vault(VaultReject::DeedsMissing { vault: id, missing }));
        }
        let (sponsor, paid) = (vault.terms.sponsor, self.purse(id, Purse::Escrow));
        self.vaults.get_mut(id).next_day = self.time.day();
        self.move_vault(id, VaultTransition::Deploy, events);
        self.pay_from((id, Purse::Escrow), sponsor, paid, TransferReason::Deployment, events);
        Ok(())
    }

    pub(crate) fn cancel_vault(&mut self, id: VaultId, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.require_vault(id, VaultTransition::Cancel)?;
        self.move_vault(id, VaultTransition::Cancel, events);
        Ok(())
    }

    /// The vault whose deadline has passed the longest is cancelled.
    pub(crate) fn pass_deadline(&mut self, id: VaultId, events: &mut Vec<Event>) {
        self.move_vault(id, VaultTransition::Cancel, events);
    }

    /// The vault whose deadline has passed by a moment, if there is one.
    pub(crate) fn vault_deadline_at(&self, now: Timestamp) -> Option<VaultId> {
        self.vaults.next_deadline().filter(|(due, _)| *due <= now).map(|(_, vault)| vault)
    }
}
