//! The part of a snapshot that the fifth version of the rules brought for tokenised GPUs: operating rates and vaults, so that a restart
//! between any two steps goes on as if there had been none, and what does not add up is refused.

use super::read::{invalid, repeat, take_bool};
use crate::engine::Engine;
use crate::ids::{AccountId, VaultId};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::journal::wire;
use crate::ledger::{LedgerAccount, Purse};
use crate::limits;
use crate::units::{Cash, Day, Price};
use crate::vaults::{Deed, Holding, MachineHash, Vault, VaultState};

impl Engine {
    pub(super) fn put_vaults(&self, to: &mut Writer) {
        to.u64(self.vaults.rates.len() as u64);
        for (series, effective, rate) in self.operating_rates() {
            wire::put_operating_rate(to, series, effective, rate);
        }
        to.u64(self.vaults.by_number.len() as u64);
        self.vaults().for_each(|vault| put_vault(to, vault));
    }

    pub(super) fn take_vaults(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        repeat(from, |from| {
            let (series, effective, rate) = wire::take_operating_rate(from)?;
            if !(Price(0)..=limits::PRICE_MAX).contains(&rate) {
                return Err(invalid("operating rate of series", u64::from(series.0)));
            }
            self.vaults.rates.insert((series, effective), rate);
            Ok(())
        })?;
        repeat(from, |from| {
            let vault = take_vault(from)?;
            self.check_vault(&vault)?;
            self.vaults.insert(vault);
            Ok(())
        })
    }

    /// What is kept beside the ledger is what stands in it.
    fn check_vault(&self, vault: &Vault) -> Result<(), DecodeError> {
        let id = vault.terms.vault;
        let contradiction = |what| Err(invalid(what, u64::from(id.0)));
        let is_known = self.vaults.by_number.contains_key(&id) || self.vaults.of_asset(vault.terms.asset).is_some();
        if is_known || vault.terms.check().is_err() || self.ledger.asset(vault.terms.asset).is_none() {
            return contradiction("terms of vault");
        }
        self.account_slot(vault.terms.sponsor)?;
        let repeats = |deed: &Deed| self.vaults.of_serial(deed.serial).is_some();
        if vault.state.keeps_deeds() && vault.deeds.iter().any(repeats) {
            return contradiction("machine of another vault in vault");
        }
        let purse = |purse| i128::from(self.purse(id, purse).0);
        let subscribed = i128::from(vault.subscribed) * i128::from(vault.terms.price.0);
        if vault.state != VaultState::Deployed && purse(Purse::Escrow) != subscribed {
            return contradiction("subscriptions of vault");
        }
        let mut claims = i128::from(vault.carried.0);
        for (&account, holding) in &vault.holdings {
            self.account_slot(account)?;
            claims += i128::from(holding.claim.0);
            claims += i128::from(holding.shares) * (i128::from(vault.index.0) - i128::from(holding.credited.0));
        }
        if claims != purse(Purse::Yield) {
            return contradiction("claims of vault");
        }
        self.check_holders(vault)
    }

    /// Every share in a customer's account is in a holding, and no other.
    fn check_holders(&self, vault: &Vault) -> Result<(), DecodeError> {
        let asset = vault.terms.asset;
        let mut on_ledger = 0;
        for (account, held, balance) in self.ledger.trial_balance() {
            let LedgerAccount::Customer(account) = account else { continue };
            if held == asset {
                let shares = vault.holdings.get(&account).map_or(0, |holding| i64::from(holding.shares));
                on_ledger += shares;
                if shares != balance.posted.0 {
                    return Err(invalid("shares of account", u64::from(account.0)));
                }
            }
        }
        if on_ledger != i64::from(vault.on_ledger()) {
            return Err(invalid("holders of vault", u64::from(vault.terms.vault.0)));
        }
        Ok(())
    }
}

fn put_vault(to: &mut Writer, vault: &Vault) {
    wire::put_vault_terms(to, &vault.terms);
    to.u8(wire::vault_state_tag(vault.state));
    to.u64(vault.deeds.len() as u64);
    for deed in &vault.deeds {
        to.bytes(&deed.serial.0);
        to.u8(u8::from(deed.attestation.is_some()));
        to.bytes(&deed.attestation.map_or([0; 32], |attestation| attestation.0));
    }
    to.u64(vault.subscriptions.len() as u64);
    for (account, shares) in &vault.subscriptions {
        to.u32(account.0);
        to.u32(*shares);
    }
    to.u64(vault.holdings.len() as u64);
    for (account, holding) in &vault.holdings {
        to.u32(account.0);
        to.u32(holding.shares);
        to.i64(holding.credited.0);
        to.i64(holding.claim.0);
    }
    to.u64(vault.entries);
    to.i32(vault.next_day.0);
    for cash in [vault.index, vault.carried, vault.shortfall] {
        to.i64(cash.0);
    }
    to.u8(u8::from(vault.value_per_share.is_some()));
    to.i64(vault.value_per_share.map_or(0, |value| value.0));
    wire::put_account_option(to, vault.redeemed_to);
}

fn take_vault(from: &mut Reader) -> Result<Vault, DecodeError> {
    let terms = wire::take_vault_terms(from)?;
    let mut vault = Vault::new(terms, wire::take_vault_state(from)?);
    repeat(from, |from| {
        let serial = MachineHash(from.array()?);
        let attestation =
            if take_bool(from)? { Some(wire::take_machine_hash(from)?) } else { take_nothing(from, terms.vault)? };
        vault.deeds.push(Deed { serial, attestation });
        Ok(())
    })?;
    repeat(from, |from| {
        let (account, shares) = (AccountId(from.u32()?), from.u32()?);
        vault.subscribe(account, take_shares(shares, terms.shares() - vault.subscribed)?);
        Ok(())
    })?;
    repeat(from, |from| {
        let (account, shares) = (AccountId(from.u32()?), take_shares(from.u32()?, terms.shares() - vault.on_ledger())?);
        let (credited, claim) = (Cash(from.i64()?), Cash(from.i64()?));
        vault.restore_holding(account, Holding { shares, credited, claim });
        Ok(())
    })?;
    vault.entries = from.u64()?;
    vault.next_day = Day(from.i32()?);
    [vault.index, vault.carried, vault.shortfall] = [from.i64()?, from.i64()?, from.i64()?].map(Cash);
    vault.value_per_share = if take_bool(from)? { Some(Cash(from.i64()?)) } else { from.i64().map(|_| None)? };
    vault.redeemed_to = wire::take_account_option(from)?;
    let is_outside = |holding: &Holding| holding.credited > vault.index || holding.claim < Cash::ZERO;
    let is_carried = (0..i64::from(terms.shares().max(1))).contains(&vault.carried.0);
    if !is_carried || vault.shortfall < Cash::ZERO || vault.holdings.values().any(is_outside) {
        return Err(invalid("account of vault", u64::from(terms.vault.0)));
    }
    Ok(vault)
}

fn take_shares(shares: u32, most: u32) -> Result<u32, DecodeError> {
    if shares <= most { Ok(shares) } else { Err(invalid("shares", u64::from(shares))) }
}

fn take_nothing(from: &mut Reader, vault: VaultId) -> Result<Option<MachineHash>, DecodeError> {
    let nothing = from.array::<32>()? == [0; 32];
    if nothing { Ok(None) } else { Err(invalid("attestation in vault", u64::from(vault.0))) }
}
