//! Forced exits of the twin: who is in exit, and how what the account has becomes claimable: from its cash, in the book, at the mark.

use engine::chain::Pseudonym;
use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, AssetId};
use engine::reject::{ChainSequence, Reject};
use engine::units::{Amount, Timestamp};

use super::chain::{CLAIMABLE_MAX, in_sequence};
use super::liquidation::{Round, Sent};
use super::{Twin, cash};

const SECOND: i64 = 1_000_000;
const AFTER_LIQUIDATION: i64 = 30 * SECOND;
const LATER: i64 = 600 * SECOND;
const IN_THE_BOOK: i64 = 12 * 3_600 * SECOND;

/// An account in exit.
#[derive(Clone)]
pub(super) struct Exit {
    account: AccountId,
    target: i128,
    /// When the first of its exits was received.
    received: Timestamp,
    /// When its next step is due, or its present round was.
    due: Timestamp,
    round: Option<Round>,
}

impl Twin {
    pub(super) fn receive_exit(&mut self, number: u64, pseudonym: Pseudonym, target: Amount) -> Result<(), Reject> {
        in_sequence(ChainSequence::Exit, number, self.chain.exits_received + 1)?;
        if !(0..=CLAIMABLE_MAX).contains(&i128::from(target.0)) {
            return Err(Reject::AmountOutOfRange { amount: target });
        }
        self.chain.exits_received = number;
        let account = self.linked_to(pseudonym);
        self.events.push(Event::ExitReceived { number, pseudonym, target, account });
        let Some(account) = account else { return Ok(()) };
        let (target, now) = (i128::from(target.0), self.now);
        if let Some(exit) = self.exits.iter_mut().find(|exit| exit.account == account) {
            exit.target = exit.target.max(target);
            exit.due = exit.due.min(now);
        } else {
            self.exits.push(Exit { account, target, received: now, due: now, round: None });
        }
        self.begin_mass_cancel(account, None, None, CancelReason::Exit);
        Ok(())
    }

    /// Whether an account is in exit.
    pub fn is_in_exit(&self, account: AccountId) -> bool {
        self.exits.iter().any(|exit| exit.account == account)
    }

    /// Account, target, when the first was received, when its next step is due or its present round was.
    pub(super) fn exits_by_account(&self) -> Vec<(AccountId, i128, Timestamp, Timestamp)> {
        let mut exits: Vec<_> =
            self.exits.iter().map(|exit| (exit.account, exit.target, exit.received, exit.due)).collect();
        exits.sort();
        exits
    }

    /// The account that is between two orders of an exit's round.
    pub fn in_a_round_of_exit(&self) -> Option<AccountId> {
        self.exits.iter().find(|exit| exit.round.is_some()).map(|exit| exit.account)
    }

    pub(super) fn refuse_in_exit(&self, account: AccountId) -> Result<(), Reject> {
        if self.is_in_exit(account) { Err(Reject::InExit { account }) } else { Ok(()) }
    }

    fn exit_mut(&mut self, account: AccountId) -> &mut Exit {
        self.exits.iter_mut().find(|exit| exit.account == account).unwrap()
    }

    /// The account whose exit is due the longest; nothing can be promised any more once the chain is frozen.
    pub(super) fn first_in_exit(&self) -> Option<AccountId> {
        if self.is_frozen() {
            return None;
        }
        let due = self.exits.iter().filter(|exit| exit.due <= self.now);
        due.min_by_key(|exit| (exit.due, exit.account)).map(|exit| exit.account)
    }

    pub(super) fn go_on_with_exit(&mut self, account: AccountId) {
        let Exit { target, received, round, .. } = self.exit_mut(account).clone();
        if let Some(round) = round {
            return self.go_on_with_exit_round(account, round);
        }
        let due = target - self.claimable(account, AssetId::USD);
        let paid = due.min(self.available(account, AssetId::USD)).max(0);
        if paid > 0 {
            self.move_out(account, AssetId::USD, paid);
        }
        if due <= paid {
            return self.end_exit(account, true);
        }
        if paid > 0 {
            return;
        }
        let is_unsettled =
            self.holdings.iter().any(|held| held.account == account && (held.position, held.cost) != (0, 0));
        let positions = self.margined_positions(account);
        if self.is_in_liquidation(account) {
            self.postpone_exit(account, AFTER_LIQUIDATION);
        } else if !is_unsettled {
            self.end_exit(account, false);
        } else if !positions.iter().any(|instrument| self.is_liquid(*instrument)) {
            self.postpone_exit(account, LATER);
        } else if self.now < received.plus_micros(IN_THE_BOOK) {
            let equity = cash(self.equity(account));
            self.exit_mut(account).round = Some(Round::of_everything());
            self.events.push(Event::ExitRound { account, equity });
        } else {
            self.start_close_out(account);
        }
    }

    fn go_on_with_exit_round(&mut self, account: AccountId, mut round: Round) {
        let order = self.next_order_of_round(account, &mut round);
        match order {
            Some(request) => {
                self.exit_mut(account).round = Some(round);
                self.send_for(&request, Sent::InExit);
            }
            None => {
                self.exit_mut(account).round = None;
                self.postpone_exit(account, LATER);
            }
        }
    }

    fn postpone_exit(&mut self, account: AccountId, by: i64) {
        let next = self.now.plus_micros(by);
        self.exit_mut(account).due = next;
        self.events.push(Event::ExitPostponed { account, next });
    }

    fn end_exit(&mut self, account: AccountId, covered: bool) {
        self.exits.retain(|exit| exit.account != account);
        self.events.push(Event::ExitEnded { account, covered });
    }

    /// What could be closed at the mark is closed; the next step of the exit is due at once.
    pub(super) fn end_close_out(&mut self, account: AccountId) {
        let (equity, now) = (cash(self.equity(account)), self.now);
        self.exit_mut(account).due = now;
        self.events.push(Event::CloseOutEnded { account, equity });
    }
}
