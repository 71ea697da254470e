//! What is counted of a year, from the events alone.

use std::collections::{BTreeMap, BTreeSet};

use engine::event::{CancelReason, Event, SettlementRung, TransferReason};
use engine::ids::AccountId;
use engine::instrument::{Halt, SettlementKind};
use engine::units::{Cash, Day};

/// Counts and sums of everything so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Orders that were taken.
    pub orders: u64,
    /// Trades.
    pub fills: u64,
    /// Lots that traded.
    pub lots: u64,
    /// Trades of spreads, and lots of them.
    pub rolled: (u64, u64),
    /// Commands that were refused, by the number of the rule.
    pub refused: BTreeMap<u16, u64>,
    /// Settlements by day that were completed.
    pub daily_settlements: u64,
    /// Contracts that were settled for good in cash.
    pub expiries: u64,
    /// Of those, months that were meant to be delivered.
    pub undelivered: u64,
    /// Strips that became their legs.
    pub cascades: u64,
    /// Positions in them.
    pub cascaded_positions: u64,
    /// Hours of the perpetual that were funded.
    pub fundings: u64,
    /// What longs and shorts paid each other for them.
    pub funding_paid: Cash,
    /// Accounts that were called, once for each day on which they were.
    pub margin_calls: u64,
    /// Orders that calls took away.
    pub called_orders: u64,
    /// Contracts halted because of a stale index.
    pub stale_halts: u64,
    /// Fees.
    pub fees: Cash,
    /// What was paid in.
    pub deposits: Cash,
    /// What was paid out.
    pub withdrawals: Cash,
    /// What accounts could not pay and came to owe.
    pub owed: Cash,
    /// What of it they paid later.
    pub repaid: Cash,
    /// Variation margin paid, by the day it was paid on.
    pub variation: BTreeMap<Day, Cash>,
    /// Called since it was last asked who was.
    called: BTreeSet<AccountId>,
    /// When each account was called last.
    called_on: BTreeMap<AccountId, Day>,
}

impl Tally {
    /// Counts what happened on a day.
    pub fn observe(&mut self, today: Day, events: &[Event]) {
        let mut last_lots = 0;
        for event in events {
            match *event {
                Event::Rejected(reject) => *self.refused.entry(reject.number()).or_default() += 1,
                Event::OrderAccepted { .. } => self.orders += 1,
                Event::Traded(trade) => {
                    self.fills += 1;
                    self.lots += u64::from(trade.lots.0);
                    last_lots = u64::from(trade.lots.0);
                }
                Event::LegsTraded { .. } => self.rolled = (self.rolled.0 + 1, self.rolled.1 + last_lots),
                Event::OrderCancelled { reason: CancelReason::MarginCall, .. } => self.called_orders += 1,
                Event::MarginCalled { account, .. } => {
                    self.called.insert(account);
                    let first_today = self.called_on.insert(account, today) != Some(today);
                    self.margin_calls += u64::from(first_today);
                }
                Event::InstrumentHalted { halt: Halt::StaleIndex, .. } => self.stale_halts += 1,
                Event::SettlementCompleted { kind, .. } => match kind {
                    SettlementKind::Daily => self.daily_settlements += 1,
                    SettlementKind::Final => self.expiries += 1,
                    SettlementKind::Cascade => self.cascades += 1,
                    SettlementKind::Funding => self.fundings += 1,
                },
                Event::SettlementStarted { rung: SettlementRung::Undelivered, .. } => self.undelivered += 1,
                Event::PositionCascaded { .. } => self.cascaded_positions += 1,
                Event::Transferred { amount, reason, from, .. } => {
                    let amount = amount.dollars();
                    // Variation and funding go from losers to the contract's own account and from there to winners.
                    let is_paid = matches!(from, engine::ledger::LedgerAccount::Customer(_));
                    match reason {
                        TransferReason::Fee => self.fees += amount,
                        TransferReason::Deposit => self.deposits += amount,
                        TransferReason::Withdrawal => self.withdrawals += amount,
                        TransferReason::Shortfall => self.owed += amount,
                        TransferReason::Repayment => self.repaid += amount,
                        TransferReason::Variation if is_paid => {
                            *self.variation.entry(today).or_default() += amount;
                        }
                        TransferReason::Funding if is_paid => self.funding_paid += amount,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    /// Who was called since this was last asked, by number.
    pub fn take_called(&mut self) -> BTreeSet<AccountId> {
        std::mem::take(&mut self.called)
    }

    /// The day on which most variation was paid.
    pub fn largest_variation(&self) -> Option<(Day, Cash)> {
        self.variation.iter().map(|(&day, &paid)| (day, paid)).max_by_key(|(_, paid)| *paid)
    }
}
