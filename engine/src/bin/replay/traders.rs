//! Who sends each operation of a flow to the exchange, so that it refuses nothing and no owner meets an order of its own.
//!
//! A flow's fills are those of a plain book, which knows neither limits nor owners. So the flow goes through one beforehand: an
//! order is sent by its account in the flow as long as that account has room for it and none of its orders is among those that the new
//! one will trade with; otherwise by the first of its *desks*, accounts of other owners, for which this is so.

#![expect(clippy::disallowed_types, reason = "looked up by number only, never iterated; flows have millions of orders")]

use std::collections::HashMap;

use engine::ids::AccountId;
use engine::limits;

use super::flow::{Books, Kind, Operation};
use super::naive::NaiveBooks;
use super::workload::Workload;

/// Who sends an operation.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) by: AccountId,
    /// The operation that placed the order to cancel, if there was one.
    pub(crate) target: Option<usize>,
}

/// The accounts of the exchange, numbered from 0 as they are needed.
pub(crate) struct Traders {
    books: NaiveBooks,
    /// By account of the flow and desk, of which the account itself is the first.
    numbers: HashMap<(u32, u32), AccountId>,
    accounts: Vec<Account>,
    holdings: HashMap<(AccountId, u16), Holding>,
    /// Who placed an order, and with which operation.
    placed: HashMap<u64, (AccountId, usize)>,
    /// The orders that the present one trades with, and whose they are.
    makers: Vec<(u64, AccountId)>,
}

/// Orders of an account in all contracts.
#[derive(Clone, Copy, Default)]
struct Account {
    live: u32,
    placed: u32,
}

/// Orders of an account in one contract.
#[derive(Clone, Copy, Default)]
struct Holding {
    live: u32,
    /// Of all its orders ever: neither its position nor what it could become is larger.
    lots: u64,
}

impl Traders {
    /// Who sends each operation of a flow, and how many accounts that takes.
    pub(crate) fn of(workload: &Workload) -> (Vec<Sent>, u32) {
        let mut traders = Traders {
            books: NaiveBooks::new(workload.symbols),
            numbers: HashMap::new(),
            accounts: Vec::new(),
            holdings: HashMap::new(),
            placed: HashMap::new(),
            makers: Vec::new(),
        };
        let operations = workload.operations.iter().enumerate();
        let sent = operations.map(|(index, operation)| match operation.kind {
            Kind::Cancel => traders.cancel(operation),
            Kind::Limit | Kind::ImmediateOrCancel => Sent { by: traders.place(index, operation), target: None },
        });
        let sent = sent.collect();
        (sent, u32::try_from(traders.accounts.len()).expect("accounts have numbers of 32 bits"))
    }

    fn cancel(&mut self, operation: &Operation) -> Sent {
        let Some(&(by, index)) = self.placed.get(&operation.id) else {
            return Sent { by: self.desk(operation.account, 0), target: None };
        };
        if let Some(place) = self.books.place(operation.id) {
            self.books.cancel(operation).expect("a plain book refuses nothing");
            self.finish(by, place.symbol);
        }
        Sent { by, target: Some(index) }
    }

    fn place(&mut self, index: usize, operation: &Operation) -> AccountId {
        let &Operation { symbol, lots, id, .. } = operation;
        let Traders { books, makers, placed, .. } = self;
        makers.clear();
        let note = |maker, _, _| makers.push((maker, placed[&maker].0));
        books.limit(operation, note).expect("a plain book refuses nothing");
        let by = self.choose(operation);
        for (maker, of) in std::mem::take(&mut self.makers) {
            if self.books.place(maker).is_none() {
                self.finish(of, symbol);
            }
        }
        let rests = u32::from(operation.kind == Kind::Limit && self.books.place(id).is_some());
        let holding = self.holdings.entry((by, symbol)).or_default();
        (holding.live, holding.lots) = (holding.live + rests, holding.lots + u64::from(lots));
        let account = &mut self.accounts[by.0 as usize];
        (account.live, account.placed) = (account.live + rests, account.placed + 1);
        self.placed.insert(id, (by, index));
        by
    }

    /// The first desk of the order's account that may send it. A new one may: what fits nowhere is for the exchange to refuse.
    fn choose(&mut self, operation: &Operation) -> AccountId {
        for desk in 0.. {
            let by = self.desk(operation.account, desk);
            let account = self.accounts[by.0 as usize];
            let holding = self.holdings.get(&(by, operation.symbol)).copied().unwrap_or_default();
            let lots = i64::try_from(holding.lots + u64::from(operation.lots)).expect("lots are limited");
            let has_room = holding.live < limits::OPEN_ORDERS_MAX
                && account.live < limits::ACCOUNT_ORDERS_MAX
                && account.placed < limits::REMEMBERED_ORDERS_MAX
                && lots <= limits::POSITION_LOTS_MAX;
            if account.placed == 0 || (has_room && self.makers.iter().all(|&(_, of)| of != by)) {
                return by;
            }
        }
        unreachable!("there is always a new desk")
    }

    fn desk(&mut self, account: u32, desk: u32) -> AccountId {
        *self.numbers.entry((account, desk)).or_insert_with(|| {
            self.accounts.push(Account::default());
            AccountId(u32::try_from(self.accounts.len() - 1).expect("accounts have numbers of 32 bits"))
        })
    }

    fn finish(&mut self, account: AccountId, symbol: u16) {
        self.accounts[account.0 as usize].live -= 1;
        self.holdings.get_mut(&(account, symbol)).expect("the account has an order there").live -= 1;
    }
}
