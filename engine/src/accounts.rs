//! The customers' accounts: whose they are, how fast they may act, which orders of theirs are live.

use crate::fees::Schedule;
use crate::ids::AccountId;
use crate::index::IdIndex;
use crate::ledger::BalanceSlot;
use crate::limits;
use crate::margin::{SeriesSlot, Totals};
use crate::reject::Reject;
use crate::units::{MICROS_PER_SECOND, Timestamp};

/// How much and how fast an account may do things. Zero: not limited beyond what limits everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountLimits {
    /// New orders and amendments.
    pub orders: RateLimit,
    /// Cancels of all kinds: a budget of their own, so that who may not quote any more can still get out.
    pub cancels: RateLimit,
    /// Live orders in all contracts, stops included.
    pub open_orders_max: u32,
}

/// A rate with a burst on top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Commands a second in the long run; 0: not limited.
    pub per_second: u32,
    /// Commands at once.
    pub burst: u32,
}

/// When the next command of a kind is due if the account keeps to its rate: a generic cell rate (ITU-T I.371, 2004).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) due: Timestamp,
}

/// Where an account is kept; valid as long as the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountSlot(pub(crate) u32);

/// One account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    /// The owner's first account; itself if it is that.
    pub(crate) master: AccountId,
    /// Where its US dollars are.
    pub(crate) dollars: BalanceSlot,
    /// Where what it owes is, once it has owed something.
    pub(crate) receivable: Option<BalanceSlot>,
    /// Its groups of margined contracts, one a series; the series stands beside so that a search stays here.
    pub(crate) groups: Vec<(SeriesSlot, u32)>,
    /// What the groups contribute to its requirement in all.
    pub(crate) totals: Totals,
    /// What they have gained and not settled yet.
    pub(crate) unrealised: i64,
    /// What they could gain or lose between floor and cap.
    pub(crate) value_range: i64,
    /// When the next round is due of an account in liquidation, which can place no order; `None` of any other.
    pub(crate) next_round: Option<Timestamp>,
    pub(crate) limits: AccountLimits,
    pub(crate) orders_budget: Budget,
    pub(crate) cancels_budget: Budget,
    pub(crate) fee_tier: Schedule<u8>,
    /// When the dead man's switch fires.
    pub(crate) cancel_after: Option<Timestamp>,
    /// Its live orders in rising number, linked through the orders themselves.
    pub(crate) live: LiveList,
    /// Orders of it that are remembered.
    pub(crate) remembered_count: u32,
    /// The number of its last deposit.
    pub(crate) deposits: u64,
    /// The number of its last payment out.
    pub(crate) payments: u64,
    pub(crate) pending_count: u32,
}

/// Ends of an account's list of live orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LiveList {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) count: u32,
}

impl LiveList {
    pub(crate) const EMPTY: LiveList = LiveList { first: u32::MAX, last: u32::MAX, count: 0 };
}

/// What can be seen of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The owner's first account; itself if it is that.
    pub master: AccountId,
    /// Its limits.
    pub limits: AccountLimits,
    /// Its fee tier now.
    pub fee_tier: u8,
    /// When its dead man's switch fires.
    pub cancel_after: Option<Timestamp>,
    /// Its live orders, stops included.
    pub live_orders: u32,
    /// Orders of it that the venue remembers.
    pub remembered_orders: u32,
    /// The number of its last deposit.
    pub deposits: u64,
    /// The number of its last payment out.
    pub payments: u64,
}

/// All accounts, in the order in which they were opened.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    accounts: Vec<Account>,
    index: IdIndex,
}

impl Accounts {
    pub(crate) fn new(seed: u64) -> Accounts {
        Accounts { accounts: Vec::new(), index: IdIndex::new(seed) }
    }

    pub(crate) fn len(&self) -> usize {
        self.accounts.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    pub(crate) fn find(&self, id: AccountId) -> Option<AccountSlot> {
        self.index.find(u64::from(id.0), |slot| self.accounts[slot as usize].id == id).map(AccountSlot)
    }

    /// Where an account is.
    ///
    /// # Errors
    /// If there is none of that number.
    pub(crate) fn require(&self, account: AccountId) -> Result<AccountSlot, Reject> {
        self.find(account).ok_or(Reject::UnknownAccount { account })
    }

    pub(crate) fn master_of(&self, account: AccountId) -> Option<AccountId> {
        self.find(account).map(|slot| self.get(slot).master)
    }

    pub(crate) fn get(&self, slot: AccountSlot) -> &Account {
        &self.accounts[slot.0 as usize]
    }

    pub(crate) fn get_mut(&mut self, slot: AccountSlot) -> &mut Account {
        &mut self.accounts[slot.0 as usize]
    }

    pub(crate) fn open(&mut self, id: AccountId, master: AccountId, dollars: BalanceSlot) {
        self.restore(Account {
            id,
            master,
            dollars,
            receivable: None,
            groups: Vec::new(),
            totals: Totals::default(),
            unrealised: 0,
            value_range: 0,
            next_round: None,
            limits: AccountLimits::default(),
            orders_budget: Budget::default(),
            cancels_budget: Budget::default(),
            fee_tier: Schedule::new(0),
            cancel_after: None,
            live: LiveList::EMPTY,
            remembered_count: 0,
            deposits: 0,
            payments: 0,
            pending_count: 0,
        });
    }

    pub(crate) fn restore(&mut self, account: Account) {
        let slot = u32::try_from(self.accounts.len()).expect("accounts are limited");
        self.index.insert(u64::from(account.id.0), slot);
        self.accounts.push(account);
    }
}

impl Account {
    pub(crate) fn view(&self, now: Timestamp) -> AccountView {
        let &Account { master, limits, cancel_after, deposits, payments, .. } = self;
        let (fee_tier, live_orders, remembered_orders) =
            (*self.fee_tier.at(now), self.live.count, self.remembered_count);
        AccountView { master, limits, fee_tier, cancel_after, live_orders, remembered_orders, deposits, payments }
    }

    /// The most live orders the account may have.
    pub(crate) fn live_orders_max(&self) -> u32 {
        match self.limits.open_orders_max {
            0 => limits::ACCOUNT_ORDERS_MAX,
            most => most,
        }
    }
}

impl AccountLimits {
    /// Refuses limits that could not be kept.
    pub(crate) fn check(&self) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidAccountLimits { rule });
        let rates = [self.orders, self.cancels];
        if rates.iter().any(|rate| rate.per_second > limits::RATE_PER_SECOND_MAX) {
            return invalid("a rate is at most 1000000 a second");
        }
        if rates.iter().any(|rate| rate.burst > limits::BURST_MAX) {
            return invalid("a burst is at most 1000000");
        }
        if self.open_orders_max > limits::ACCOUNT_ORDERS_MAX {
            return invalid("live orders are at most 10000");
        }
        Ok(())
    }
}

impl RateLimit {
    /// Microseconds between two commands, rounded down in favour of the account. `None`: not limited.
    fn interval(self) -> Option<i64> {
        (self.per_second > 0).then(|| MICROS_PER_SECOND / i64::from(self.per_second))
    }
}

impl Budget {
    /// Whether another command may come now.
    ///
    /// # Errors
    /// If the budget is used up.
    pub(crate) fn check(self, rate: RateLimit, now: Timestamp) -> Result<(), Reject> {
        let Some(interval) = rate.interval() else { return Ok(()) };
        let latest = now.plus_micros(i64::from(rate.burst) * interval);
        if self.due > latest { Err(Reject::RateExceeded { per_second: rate.per_second }) } else { Ok(()) }
    }

    /// Counts a command that was accepted.
    pub(crate) fn spend(&mut self, rate: RateLimit, now: Timestamp) {
        if let Some(interval) = rate.interval() {
            self.due = self.due.max(now).plus_micros(interval);
        }
    }
}
