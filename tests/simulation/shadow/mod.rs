//! What the events alone say: orders, books, positions, money and holds, kept in the slowest obvious way.
//!
//! The shadow decides nothing. It reads what the venue says it did, refuses what the rules do not allow, and is compared with
//! what the venue says it has.

mod book;
mod checks;
mod compare;
mod holds;
mod matching;
mod money;
mod orders;
mod settlement;

use std::collections::{BTreeMap, BTreeSet};

use engine::command::{Command, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, InstrumentId, OrderId, TradeId, TransferId};
use engine::ledger::LedgerAccount;
use engine::rules::Rules;
use engine::units::{Amount, Timestamp};

use crate::fault::{Fault, check};
use book::Market;
use holds::Holding;
use money::Movement;
use orders::Order;

/// The venue as its events tell of it.
#[derive(Clone, Default)]
pub(crate) struct Shadow {
    now: Timestamp,
    rules: Rules,
    masters: BTreeMap<AccountId, AccountId>,
    tiers: BTreeMap<AccountId, Vec<(Timestamp, u8)>>,
    markets: BTreeMap<InstrumentId, Market>,
    orders: BTreeMap<OrderId, Order>,
    expiries: BTreeSet<(Timestamp, OrderId)>,
    holdings: BTreeMap<(InstrumentId, AccountId), Holding>,
    posted: BTreeMap<(LedgerAccount, AssetId), Amount>,
    held: BTreeMap<(AccountId, AssetId), i128>,
    pending: BTreeMap<TransferId, (AccountId, AssetId, Amount)>,
    last_trade: TradeId,
    /// What the running command has begun and not ended.
    course: Course,
    counts: Counts,
    refused: BTreeMap<&'static str, u64>,
}

/// What one command leads to, while its events are read.
#[derive(Clone, Default)]
struct Course {
    command: Option<Command>,
    /// The order that meets the book.
    arriving: Option<OrderId>,
    /// Movements that have to follow, the next one last.
    owed: Vec<Movement>,
    /// A movement of variation margin whose position has not been named yet.
    variation: Option<(AccountId, i64)>,
    touched: BTreeSet<(InstrumentId, AccountId)>,
    moved: BTreeSet<(LedgerAccount, AssetId)>,
    instruments: BTreeSet<InstrumentId>,
}

/// How much was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) accounts: u64,
    pub(crate) refused: u64,
    pub(crate) trades: u64,
    pub(crate) cancels: u64,
    pub(crate) triggered: u64,
    pub(crate) settlements: u64,
}

impl Shadow {
    /// Reads what a command led to.
    pub(crate) fn note(&mut self, stamp: &Stamp, command: &Command, events: &[Event]) -> Result<(), Fault> {
        self.now = stamp.time;
        self.course = Course { command: Some(*command), ..Course::default() };
        if let [Event::Rejected(reject)] = events {
            self.counts.refused += 1;
            *self.refused.entry(reject.code()).or_default() += 1;
            return Ok(());
        }
        check(!events.is_empty(), "each command has an answer", || "no events".to_owned())?;
        self.counts.accepted += 1;
        for event in events {
            self.read(event).map_err(|fault| Fault { found: format!("{}; at {event:?}", fault.found), ..fault })?;
        }
        self.check_ended()
    }

    /// How much was seen so far.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// The accounts that the last command touched.
    pub(crate) fn touched(&self) -> BTreeSet<u32> {
        self.course.touched.iter().map(|(_, account)| account.0).collect()
    }

    /// How often which rule refused a command.
    pub(crate) fn refused(&self) -> &BTreeMap<&'static str, u64> {
        &self.refused
    }

    fn read(&mut self, event: &Event) -> Result<(), Fault> {
        // What a trade moves comes right behind it.
        if !self.course.owed.is_empty() {
            check(matches!(event, Event::Transferred { .. }), "a trade is paid for at once", || "not paid".to_owned())?;
        }
        match *event {
            Event::OrderAccepted { .. }
            | Event::StopTriggered { .. }
            | Event::OrderAmended { .. }
            | Event::OrderRested { .. }
            | Event::OrderCancelled { .. } => self.read_order(event),
            Event::Traded(ref trade) => self.read_trade(trade),
            Event::TransferPending { .. }
            | Event::TransferPosted { .. }
            | Event::TransferVoided { .. }
            | Event::Transferred { .. } => self.read_money(event),
            Event::SettlementStarted { .. } | Event::PositionSettled { .. } | Event::SettlementCompleted { .. } => {
                self.read_settlement(event)
            }
            _ => self.read_venue(event),
        }
    }

    /// What is set up, halted and resumed, and what needs no check.
    fn read_venue(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::Rejected(_) => return Err(Fault::new("a refusal stands alone", "a refusal among other events")),
            Event::AccountOpened { account } => self.open(account, account)?,
            Event::SubAccountOpened { account, master } => self.open(account, master)?,
            Event::FeeTierAssigned { account, effective, tier } => {
                self.tiers.entry(account).or_default().push((effective, tier));
            }
            Event::RulesAdopted { rules } => self.rules = rules,
            Event::InstrumentListed { instrument, .. } => {
                if let Some(Command::ListInstrument { terms }) = self.course.command {
                    self.markets.insert(instrument, Market::new(terms));
                }
            }
            Event::ControlsSet { instrument, controls } => {
                let market = self.market(instrument)?;
                market.has_limits = controls.daily_limits[0].0 > 0;
                market.bounds = (market.terms.floor, market.terms.cap);
            }
            Event::InstrumentHalted { instrument, .. } => self.market(instrument)?.is_halted = true,
            Event::InstrumentResumed { instrument } => {
                let market = self.market(instrument)?;
                let was_halted = std::mem::replace(&mut market.is_halted, false);
                check(was_halted, "only what was halted resumes", || format!("instrument {instrument}"))?;
            }
            Event::DailyLimitsMoved { instrument, lower, upper } => {
                let market = self.market(instrument)?;
                check(market.has_limits, "limits move where there are some", || format!("instrument {instrument}"))?;
                market.bounds = (lower, upper);
            }
            Event::FeesScheduled { instrument, effective, tiers } => {
                self.market(instrument)?.fees.push((effective, tiers));
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, account: AccountId, master: AccountId) -> Result<(), Fault> {
        self.counts.accounts += 1;
        let before = self.masters.insert(account, master);
        check(before.is_none(), "an account is opened once", || format!("account {account}"))
    }

    fn market(&mut self, instrument: InstrumentId) -> Result<&mut Market, Fault> {
        self.course.instruments.insert(instrument);
        let missing = || Fault::new("events name what is there", format!("instrument {instrument}"));
        self.markets.get_mut(&instrument).ok_or_else(missing)
    }
}
