//! Forced exits: whoever asked the chain for one is paid as far as the account can, and closed until it can. The rules are in
//! `docs/chain.md`; how an account is closed is that of a liquidation and of a default.

use crate::accounts::AccountSlot;
use crate::chain::{Pseudonym, check_next};
use crate::default::Defaulting;
use crate::engine::Engine;
use crate::event::{CancelReason, Event};
use crate::ids::AccountId;
use crate::limits;
use crate::liquidation::{Cause, Round};
use crate::reject::{ChainSequence, Reject};
use crate::units::{Amount, Cash, Timestamp};

/// An exit that an account is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// What is to become claimable, counted as [`claimable`](crate::chain::Chain::claimable) is.
    pub target: Amount,
    /// When the first request that it serves was received: positions are closed in the book for 12 hours from here, then at the mark.
    pub received: Timestamp,
    /// When its next step is due.
    pub next: Timestamp,
}

impl Engine {
    pub(crate) fn receive_exit(
        &mut self,
        number: u64,
        pseudonym: Pseudonym,
        target: Amount,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        check_next(ChainSequence::Exit, number, self.chain.exits)?;
        if target < Amount::ZERO || target > limits::CLAIMABLE_MAX {
            return Err(Reject::AmountOutOfRange { amount: target });
        }
        self.chain.exits = number;
        let account = self.chain.links.get(&pseudonym).copied();
        events.push(Event::ExitReceived { number, pseudonym, target, account });
        if let Some(account) = account {
            let slot = self.accounts.find(account).expect("a linked account exists");
            let mut exit = Exit { target, received: self.time, next: self.time };
            if let Some(before) = self.chain.exit_of(account) {
                (exit.target, exit.received) = (before.target.max(target), before.received);
            }
            self.set_exit(account, Some(exit));
            self.start_sweep(slot, None, None, CancelReason::Exit, events);
        }
        Ok(())
    }

    /// Does what can be done now for an account whose exit is due.
    pub(crate) fn continue_exit(&mut self, account: AccountId, events: &mut Vec<Event>) {
        let slot = self.accounts.find(account).expect("an account in exit exists");
        let exit = self.chain.exit_of(account).expect("an exit that is due is there");
        let due = exit.target - self.chain.claimable(account, Engine::MONEY);
        let paid = due.min(self.withdrawable(slot).into());
        if paid > Amount::ZERO {
            self.move_out(slot, Engine::MONEY, paid, events);
        }
        if paid >= due {
            self.end_exit(account, true, events);
        } else if paid > Amount::ZERO {
            // The rest is due at once: what is closed for it is the next step's.
        } else if self.accounts.get(slot).next_round.is_some() {
            self.postpone_exit(account, limits::LIQUIDATION_COOLDOWN_US, events);
        } else if !self.margined_positions(slot).is_empty() {
            self.close_for_exit(slot, exit.received, events);
        } else if self.has_unsettled_cost(slot) {
            self.postpone_exit(account, limits::EXIT_INTERVAL_US, events);
        } else {
            self.end_exit(account, false, events);
        }
    }

    /// Closes positions in the book as long as there is time, then at the mark.
    fn close_for_exit(&mut self, slot: AccountSlot, received: Timestamp, events: &mut Vec<Event>) {
        let (account, equity) = (self.accounts.get(slot).id, self.equity(slot));
        if self.liquid_positions(slot, None).is_empty() {
            self.postpone_exit(account, limits::EXIT_INTERVAL_US, events);
        } else if self.time < received.plus_micros(limits::EXIT_IN_BOOK_US) {
            let (maintenance, cause) = (Cash::ZERO, Cause::Exit);
            self.due.round = Some(Round { account, equity, maintenance, after: None, cause });
            events.push(Event::ExitRound { account, equity });
        } else {
            events.push(Event::CloseOutStarted { account, equity });
            self.due.default = Some(Defaulting::of(account, Cash::ZERO, Cause::Exit));
        }
    }

    /// No contract is left to deal with; what the account has got free is the next step's.
    pub(crate) fn end_close_out(&mut self, slot: AccountSlot, events: &mut Vec<Event>) {
        let account = self.accounts.get(slot).id;
        let exit = self.chain.exit_of(account).expect("an account that is closed out is in exit");
        self.set_exit(account, Some(Exit { next: self.time, ..exit }));
        events.push(Event::CloseOutEnded { account, equity: self.equity(slot) });
    }

    pub(crate) fn postpone_exit(&mut self, account: AccountId, micros: i64, events: &mut Vec<Event>) {
        let next = self.time.plus_micros(micros);
        let exit = self.chain.exit_of(account).expect("an exit that is postponed is there");
        self.set_exit(account, Some(Exit { next, ..exit }));
        events.push(Event::ExitPostponed { account, next });
    }

    fn end_exit(&mut self, account: AccountId, covered: bool, events: &mut Vec<Event>) {
        self.set_exit(account, None);
        events.push(Event::ExitEnded { account, covered });
    }

    /// The only place where an account enters or leaves an exit, so that accounts and what is due cannot part.
    pub(crate) fn set_exit(&mut self, account: AccountId, exit: Option<Exit>) {
        let before = match exit {
            Some(exit) => self.chain.exiting.insert(account, exit),
            None => self.chain.exiting.remove(&account),
        };
        if let Some(before) = before {
            self.due.exits.remove(&(before.next, account));
        }
        if let Some(exit) = exit.filter(|_| self.chain.frozen.is_none()) {
            self.due.exits.insert((exit.next, account));
        }
    }

    /// Refuses what an account in exit may not do.
    pub(crate) fn check_no_exit(&self, account: AccountId) -> Result<(), Reject> {
        // Usually nobody is in exit; that must cost nothing.
        let is_in_exit = !self.chain.exiting.is_empty() && self.chain.exiting.contains_key(&account);
        if is_in_exit { Err(Reject::InExit { account }) } else { Ok(()) }
    }

    /// Whether an account has gained or lost in closed positions what no settlement has paid yet.
    fn has_unsettled_cost(&self, slot: AccountSlot) -> bool {
        let groups = self.accounts.get(slot).groups.iter().map(|&(_, group)| self.exposures.groups.get(group));
        let mut exposures = groups.flat_map(|group| group.exposures.iter());
        exposures.any(|&exposure| self.exposures.get(exposure).exposure.cost != Cash::ZERO)
    }
}
