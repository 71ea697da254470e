//! Batches of the twin: when one can be cut, what it would say of everybody, and the freeze that ends them.

use engine::chain::Pseudonym;
use engine::event::Event;
use engine::ids::{AssetId, Seq};
use engine::ledger::LedgerAccount;
use engine::reject::{ChainSequence, Reject};

use super::chain::{Chain, in_sequence};
use super::{Twin, cash};
use crate::venue::ChainStanding;

/// What the chain is told of one pseudonym in one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    pub asset: AssetId,
    pub pseudonym: Pseudonym,
    pub settled: i128,
    pub claimable: i128,
}

impl Twin {
    pub(super) fn cut_batch(&mut self, number: u64) -> Result<(), Reject> {
        let last = self.batches();
        if number == last && last > 0 {
            return Err(Reject::BatchCut { number });
        }
        in_sequence(ChainSequence::Cut, number, last + 1)?;
        let mut settling = self.instruments();
        settling.retain(|instrument| self.is_settling(*instrument));
        if let Some(&instrument) = settling.iter().min() {
            return Err(Reject::Unsettled { instrument });
        }
        let owed: i128 = self.accounts().into_iter().map(|account| self.owed(account)).sum();
        let [fees, insurance] = [LedgerAccount::Fees, LedgerAccount::Insurance].map(|of| self.posted(of, AssetId::USD));
        let missing = owed - fees - insurance;
        if missing > 0 {
            return Err(Reject::NotCovered { missing: cash(missing) });
        }
        let first_seq = Seq(self.chain.cuts.last().map_or(1, |cut| cut + 1));
        self.chain.cuts.push(self.seq);
        let Chain { deposits, imports, exits_received: exits, .. } = self.chain;
        let last_seq = Seq(self.seq);
        self.events.push(Event::BatchCut { number, first_seq, last_seq, deposits, imports, exits });
        Ok(())
    }

    /// How many batches were cut.
    pub fn batches(&self) -> u64 {
        self.chain.cuts.len() as u64
    }

    pub(super) fn confirm_batch(&mut self, number: u64) -> Result<(), Reject> {
        let next = self.chain.confirmed + 1;
        let sequence = ChainSequence::Confirmation;
        in_sequence(sequence, number, next)?;
        if number > self.batches() {
            return Err(Reject::ChainOutOfSequence { sequence, number, next });
        }
        self.chain.confirmed = number;
        self.events.push(Event::BatchConfirmed { number });
        Ok(())
    }

    pub(super) fn record_freeze(&mut self, pinned: u64) -> Result<(), Reject> {
        if pinned > self.batches() {
            let (sequence, next) = (ChainSequence::Pinned, self.batches());
            return Err(Reject::ChainOutOfSequence { sequence, number: pinned, next });
        }
        self.chain.frozen = Some(pinned);
        self.events.push(Event::ChainFrozen { pinned });
        Ok(())
    }

    pub fn is_frozen(&self) -> bool {
        self.chain.frozen.is_some()
    }

    /// Where everything about the chain stands.
    pub fn chain_standing(&self) -> ChainStanding {
        let Chain { deposits, imports, exits_received: exits, confirmed, frozen, .. } = self.chain;
        let mut links: Vec<_> = self.chain.links.iter().map(|&(account, pseudonym)| (pseudonym, account)).collect();
        links.sort();
        let mut unclaimed: Vec<_> = self.chain.arrived.iter().map(|&(of, asset, _)| (of, asset, 0)).collect();
        unclaimed.sort();
        unclaimed.dedup();
        for (of, asset, waits) in &mut unclaimed {
            *waits = self.waiting(*of, *asset);
        }
        let numbers = [deposits, imports, exits, self.batches(), confirmed];
        ChainStanding { numbers, frozen, links, unclaimed, exits: self.exits_by_account() }
    }

    /// Whether a pseudonym is the insurance fund's.
    pub(super) fn is_insurance(&self, pseudonym: Pseudonym) -> bool {
        self.chain.insurance == Some(pseudonym)
    }

    /// What a batch would say of everybody now, in rising order of assets and pseudonyms.
    pub fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        let mut strangers: Vec<Pseudonym> = self.chain.arrived.iter().map(|(of, ..)| *of).collect();
        strangers.sort();
        strangers.dedup();
        strangers.retain(|of| !self.is_insurance(*of));
        for asset in self.assets() {
            let is_dollars = asset == AssetId::USD;
            let linked = self.chain.links.iter().map(|&(account, pseudonym)| {
                let settled = self.posted(LedgerAccount::Customer(account), asset).max(0);
                Leaf { asset, pseudonym, settled, claimable: self.claimable(account, asset) }
            });
            let waits = strangers.iter().map(|&pseudonym| {
                let settled = self.waiting(pseudonym, asset);
                Leaf { asset, pseudonym, settled, claimable: 0 }
            });
            leaves.extend(linked.chain(waits).filter(|leaf| is_dollars || leaf.settled > 0 || leaf.claimable > 0));
        }
        leaves.sort();
        leaves
    }
}
