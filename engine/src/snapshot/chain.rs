//! The part of a snapshot that the fifth version of the rules brought: the chain, who is who on it, what was promised and what waits, and
//! the exits with what is being closed for them.

use super::read::{invalid, repeat, take_bool};
use super::write::{Pieces, put_count};
use crate::chain::{Attached, Chain, Cut, Pseudonym};
use crate::engine::Engine;
use crate::exits::Exit;
use crate::ids::{AccountId, AssetId, Seq};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::journal::wire;
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::liquidation::Cause;
use crate::units::{Amount, Timestamp};

impl Engine {
    pub(super) fn put_chain(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        put_counters(&mut pieces.to, &self.chain);
        put_count(&mut pieces.to, self.chain.links.len());
        for (pseudonym, account) in self.chain.links() {
            pieces.to.bytes(&pseudonym.0);
            pieces.to.u32(account.0);
            pieces.flush_if_full();
        }
        put_count(&mut pieces.to, self.chain.claimable.len());
        for (&(account, asset), amount) in &self.chain.claimable {
            pieces.to.u32(account.0);
            pieces.to.u32(asset.0);
            pieces.to.i64(amount.0);
            pieces.flush_if_full();
        }
        put_count(&mut pieces.to, self.chain.unclaimed.len());
        for (pseudonym, asset, amount) in self.chain.unclaimed() {
            pieces.to.bytes(&pseudonym.0);
            pieces.to.u32(asset.0);
            pieces.to.i64(amount.0);
            pieces.flush_if_full();
        }
        put_count(&mut pieces.to, self.chain.exiting.len());
        for (account, Exit { target, received, next }) in self.chain.exiting() {
            pieces.to.u32(account.0);
            pieces.to.i64(target.0);
            pieces.to.i64(received.0);
            pieces.to.i64(next.0);
            pieces.flush_if_full();
        }
        self.put_closing(&mut pieces.to, Cause::Exit);
    }

    pub(super) fn take_chain(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        self.chain = take_counters(from)?;
        repeat(from, |from| {
            let (pseudonym, account) = (wire::take_pseudonym(from)?, AccountId(from.u32()?));
            self.account_slot(account)?;
            let is_free = pseudonym != Pseudonym::ZERO && self.chain.insurance() != Some(pseudonym);
            let is_new = self.chain.links.insert(pseudonym, account).is_none();
            if !is_free || !is_new || self.chain.pseudonyms.insert(account, pseudonym).is_some() {
                return Err(invalid("link of account", u64::from(account.0)));
            }
            Ok(())
        })?;
        repeat(from, |from| {
            let (account, asset, amount) = (AccountId(from.u32()?), AssetId(from.u32()?), Amount(from.i64()?));
            let is_known = self.chain.link_of(account).is_some() && self.ledger.asset(asset).is_some();
            if !is_known || amount <= Amount::ZERO || amount > limits::CLAIMABLE_MAX {
                return Err(invalid("claimable of account", u64::from(account.0)));
            }
            self.chain.claimable.insert((account, asset), amount);
            Ok(())
        })?;
        repeat(from, |from| self.take_unclaimed(from))?;
        self.check_unclaimed()?;
        repeat(from, |from| {
            let (account, target) = (AccountId(from.u32()?), Amount(from.i64()?));
            let (received, next) = (Timestamp(from.i64()?), Timestamp(from.i64()?));
            let is_possible = (Amount::ZERO..=limits::CLAIMABLE_MAX).contains(&target) && received <= self.time;
            if self.chain.link_of(account).is_none() || !is_possible {
                return Err(invalid("exit of account", u64::from(account.0)));
            }
            self.set_exit(account, Some(Exit { target, received, next }));
            Ok(())
        })?;
        self.take_closing(from, Cause::Exit)
    }

    fn take_unclaimed(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        let (pseudonym, asset, amount) = (wire::take_pseudonym(from)?, AssetId(from.u32()?), Amount(from.i64()?));
        let is_linked = self.chain.links.contains_key(&pseudonym);
        if is_linked || amount <= Amount::ZERO {
            return Err(invalid("unclaimed in asset", u64::from(asset.0)));
        }
        self.chain.unclaimed.insert((pseudonym, asset), amount);
        Ok(())
    }

    /// What waits for each pseudonym is what waits in all.
    fn check_unclaimed(&self) -> Result<(), DecodeError> {
        for (asset, _) in self.ledger.assets() {
            let of_asset = self.chain.unclaimed().filter(|entry| entry.1 == asset);
            let sum: i128 = of_asset.map(|entry| i128::from(entry.2.0)).sum();
            if sum != i128::from(self.ledger.balance(LedgerAccount::Unclaimed, asset).posted.0) {
                return Err(invalid("sum of unclaimed in asset", u64::from(asset.0)));
            }
        }
        let is_known = |asset: AssetId| self.ledger.asset(asset).is_some();
        let unknown = self.chain.unclaimed().find(|&(_, asset, _)| !is_known(asset));
        unknown.map_or(Ok(()), |(_, asset, _)| Err(invalid("unclaimed in asset", u64::from(asset.0))))
    }
}

/// All that is not a list.
fn put_counters(to: &mut Writer, chain: &Chain) {
    to.u8(u8::from(chain.attached.is_some()));
    if let Some(Attached { domain, insurance }) = &chain.attached {
        wire::put_domain(to, domain);
        to.bytes(&insurance.0);
    }
    to.u64(chain.deposits.0);
    to.bytes(&chain.deposits.1.0);
    to.u64(chain.imports);
    to.u64(chain.exits);
    to.u64(chain.cuts());
    to.u64(chain.last_cut.map_or(0, |cut| cut.seq.0));
    to.u64(chain.confirmed);
    to.u8(u8::from(chain.frozen.is_some()));
    to.u64(chain.frozen.unwrap_or(0));
}

fn take_counters(from: &mut Reader) -> Result<Chain, DecodeError> {
    let mut chain = Chain::default();
    if take_bool(from)? {
        chain.attached = Some(Attached { domain: wire::take_domain(from)?, insurance: wire::take_pseudonym(from)? });
    }
    chain.deposits = (from.u64()?, wire::take_hash(from)?);
    (chain.imports, chain.exits) = (from.u64()?, from.u64()?);
    let (number, seq) = (from.u64()?, Seq(from.u64()?));
    chain.last_cut = (number > 0).then_some(Cut { number, seq });
    chain.confirmed = from.u64()?;
    let is_frozen = take_bool(from)?;
    chain.frozen = Some(from.u64()?).filter(|_| is_frozen);
    let is_empty = chain == Chain::default();
    if chain.confirmed > number || chain.frozen > Some(number) || (chain.attached.is_none() && !is_empty) {
        return Err(invalid("counters of a chain with cuts", number));
    }
    Ok(chain)
}
