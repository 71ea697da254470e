//! What the events alone say: orders, books, positions, money and holds, kept in the slowest obvious way.
//!
//! The shadow decides nothing. It reads what the venue says it did, refuses what the rules do not allow, and is compared with
//! what the venue says it has.

mod approvals;
mod book;
mod checks;
mod compare;
mod counts;
mod default;
mod holds;
mod liquidation;
mod margin;
mod matching;
mod money;
mod orders;
mod requirement;
mod settlement;
mod spreads;
mod strips;

use std::collections::{BTreeMap, BTreeSet};

use engine::command::{Command, Stamp};
use engine::event::{Event, Trade};
use engine::ids::{AccountId, AssetId, InstrumentId, KeyId, OrderId, Seq, SeriesId, TradeId, TransferId};
use engine::ledger::LedgerAccount;
use engine::margin::SeriesMargin;
use engine::order::{Amendment, OrderRequest};
use engine::rules::Rules;
use engine::units::{Amount, Day, Position, Price, Timestamp};

use crate::fault::{Fault, check};
use approvals::Approvals;
use book::Market;
use holds::Holding;
use liquidation::Waterfall;
use money::Movement;
use orders::Order;

pub use counts::Counts;

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
    /// In which contracts an account has or had something.
    contracts: BTreeMap<AccountId, BTreeSet<InstrumentId>>,
    posted: BTreeMap<(LedgerAccount, AssetId), Amount>,
    held: BTreeMap<(AccountId, AssetId), i128>,
    pending: BTreeMap<TransferId, (AccountId, AssetId, Amount)>,
    margins: BTreeMap<SeriesId, SeriesMargin>,
    /// What a lot of one series against a lot of another is credited.
    credits: BTreeMap<(SeriesId, SeriesId), i128>,
    /// The latest day of a series with its value.
    fixings: BTreeMap<SeriesId, (Day, Price)>,
    /// Whose margin was called last.
    called: Option<AccountId>,
    waterfall: Waterfall,
    approvals: Approvals,
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
    seq: Seq,
    key: Option<KeyId>,
    /// The order that meets the book.
    arriving: Option<OrderId>,
    /// A trade of a spread whose legs have not been named yet.
    legs: Option<Trade>,
    /// Movements that have to follow, the next one last.
    owed: Vec<Movement>,
    /// A movement of variation margin whose position has not been named yet.
    variation: Option<(AccountId, i64)>,
    /// A position in a strip that was settled and has not become its legs yet.
    cascading: Option<(InstrumentId, AccountId, Position)>,
    /// Who was called, with its equity and its maintenance margin.
    called: Option<(AccountId, (i128, i128))>,
    /// Whose position the venue closes, and its equity before.
    closing: Option<(AccountId, i128)>,
    /// Whom the insurance fund paid, its equity before, and how much.
    insured: Option<(AccountId, i128, i128)>,
    /// A position of which the backstop took a part.
    rest: Option<(InstrumentId, AccountId)>,
    /// Equity and initial margin of accounts before what the command changes.
    cover: BTreeMap<AccountId, (i128, i128)>,
    /// How many trades there had been.
    trades_before: u64,
    /// Accounts that could not pay, and that paid back.
    indebted: BTreeSet<AccountId>,
    touched: BTreeSet<(InstrumentId, AccountId)>,
    moved: BTreeSet<(LedgerAccount, AssetId)>,
    instruments: BTreeSet<InstrumentId>,
}

impl Shadow {
    /// Reads what a command led to.
    pub(crate) fn note(&mut self, stamp: &Stamp, command: &Command, events: &[Event]) -> Result<(), Fault> {
        self.now = stamp.time;
        let trades_before = self.counts.trades;
        let (seq, key) = (stamp.seq, Some(stamp.key));
        self.course = Course { command: Some(*command), seq, key, trades_before, ..Course::default() };
        if let [Event::Rejected(reject)] = events {
            self.counts.refused += 1;
            *self.refused.entry(reject.code()).or_default() += 1;
            return Ok(());
        }
        if let Command::SubmitOrder(OrderRequest { account, .. }) | Command::AmendOrder(Amendment { account, .. }) =
            *command
        {
            self.note_cover(account);
        }
        check(!events.is_empty(), "each command has an answer", || "no events".to_owned())?;
        let is_free = self.waterfall.default.is_none() || matches!(command, Command::ProcessDue);
        check(is_free, "a default comes before anything else", || format!("{command:?}"))?;
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

    /// Who has a position, or something to settle, in the contracts that the last command touched.
    pub(crate) fn holders(&self) -> BTreeSet<u32> {
        let touched = self.course.touched.iter().map(|&(instrument, _)| instrument);
        let contracts: BTreeSet<InstrumentId> = touched.chain(self.course.instruments.iter().copied()).collect();
        let traded = self.holdings.iter().filter(|(_, holding)| holding.position != 0 || holding.cost != 0);
        traded
            .filter(|((instrument, _), _)| contracts.contains(instrument))
            .map(|((_, account), _)| account.0)
            .collect()
    }

    /// How often which rule refused a command.
    pub(crate) fn refused(&self) -> &BTreeMap<&'static str, u64> {
        &self.refused
    }

    fn read(&mut self, event: &Event) -> Result<(), Fault> {
        // What a trade moves comes right behind it.
        if self.course.legs.is_some() {
            return self.read_legs(event);
        }
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
            Event::LegsTraded { .. } => self.read_legs(event),
            Event::SettlementStarted { .. }
            | Event::PositionSettled { .. }
            | Event::PositionCascaded { .. }
            | Event::SettlementCompleted { .. } => self.read_settlement(event),
            Event::LiquidationStarted { .. }
            | Event::LiquidationRound { .. }
            | Event::LiquidationOrdered { .. }
            | Event::LiquidationRoundCompleted { .. }
            | Event::LiquidationPostponed { .. }
            | Event::LiquidationEnded { .. } => self.read_liquidation(event),
            Event::DefaultDeclared { .. }
            | Event::PositionTransferred { .. }
            | Event::DeleveragingStarted { .. }
            | Event::DeleveragingRanked { .. }
            | Event::Deleveraged { .. } => self.read_default(event),
            Event::ApprovalsRequired { .. }
            | Event::KeyRegistered { .. }
            | Event::FinalProposed { .. }
            | Event::FinalApproved { .. } => self.read_approval(event),
            Event::MarginSet { .. }
            | Event::CreditSet { .. }
            | Event::RiskPublished { .. }
            | Event::MarkUpdated { .. }
            | Event::MarginCalled { .. } => self.read_margin(event),
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
            Event::BackstopSet { account } => self.waterfall.backstop = account,
            Event::FixingRecorded { series, day, price, .. } => {
                let latest = self.fixings.entry(series).or_insert((day, price));
                if latest.0 <= day {
                    *latest = (day, price);
                }
            }
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
