//! Cutting batches, and what the chain says of them. A cut looks at no account: leaves are made by whoever replays the journal to it.

use super::Cut;
use super::moves::check_next;
use crate::engine::Engine;
use crate::event::Event;
use crate::ids::Seq;
use crate::ledger::LedgerAccount;
use crate::reject::{ChainSequence, Reject};
use crate::units::Cash;

impl Engine {
    pub(super) fn cut_batch(&mut self, number: u64, events: &mut Vec<Event>) -> Result<(), Reject> {
        let last = self.chain.last_cut;
        if last.is_some_and(|cut| cut.number == number) {
            return Err(Reject::BatchCut { number });
        }
        check_next(ChainSequence::Cut, number, self.chain.cuts())?;
        self.check_settled()?;
        self.check_covered_by_venue()?;
        let (first_seq, last_seq) = (Seq(last.map_or(0, |cut| cut.seq.0) + 1), self.seq);
        let (deposits, imports, exits) = (self.chain.deposits.0, self.chain.imports, self.chain.exits);
        self.chain.last_cut = Some(Cut { number, seq: self.seq });
        events.push(Event::BatchCut { number, first_seq, last_seq, deposits, imports, exits });
        Ok(())
    }

    /// In the middle of a settlement winners wait for what losers have paid already. What else takes many steps is due, and nothing is cut
    /// before it is done.
    fn check_settled(&self) -> Result<(), Reject> {
        let running = self.markets().find(|market| market.run.is_some());
        running.map_or(Ok(()), |market| Err(Reject::Unsettled { instrument: market.terms.instrument }))
    }

    /// Leaves show what accounts have, and no leaf what they owe: the venue has to have that much, or a batch would promise more than the
    /// vault holds.
    fn check_covered_by_venue(&self) -> Result<(), Reject> {
        let of_venue = [LedgerAccount::Fees, LedgerAccount::Insurance]
            .map(|account| i128::from(self.ledger.balance(account, Engine::MONEY).posted.0));
        let missing = self.ledger.owed() - of_venue.iter().sum::<i128>();
        if missing <= 0 {
            return Ok(());
        }
        Err(Reject::NotCovered { missing: Cash(i64::try_from(missing).unwrap_or(i64::MAX)) })
    }

    pub(super) fn confirm_batch(&mut self, number: u64, events: &mut Vec<Event>) -> Result<(), Reject> {
        let (sequence, next) = (ChainSequence::Confirmation, self.chain.confirmed + 1);
        if number != next || number > self.chain.cuts() {
            return Err(Reject::ChainOutOfSequence { sequence, number, next });
        }
        self.chain.confirmed = number;
        events.push(Event::BatchConfirmed { number });
        Ok(())
    }

    /// What happens from now on moves no money on the chain, so no exit goes on either: it could promise nothing.
    pub(super) fn record_freeze(&mut self, pinned: u64, events: &mut Vec<Event>) -> Result<(), Reject> {
        let last = self.chain.cuts();
        if pinned > last {
            let (sequence, number, next) = (ChainSequence::Pinned, pinned, last);
            return Err(Reject::ChainOutOfSequence { sequence, number, next });
        }
        self.chain.frozen = Some(pinned);
        self.due.exits.clear();
        events.push(Event::ChainFrozen { pinned });
        Ok(())
    }
}
