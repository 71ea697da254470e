//! Every order the venue still remembers: live ones, and finished ones for the retention period.
//!
//! This is what makes a client order id an idempotency key. Only accepted orders are remembered: a refused order changed
//! nothing, so its id is free to be used again.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use crate::command::OrderRequest;
use crate::ids::{AccountId, ClientOrderId, OrderId};
use crate::limits;
use crate::units::{Lots, Timestamp};

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// It rests in the book.
    Live,
    /// All of it traded.
    Filled,
    /// It was taken out; part of it may have traded before.
    Cancelled,
}

/// An order and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// What was asked for.
    pub request: OrderRequest,
    /// What had traded when the order was first answered: the answer to repeat.
    pub first_filled: Lots,
    /// What had come to rest then.
    pub first_rested: Lots,
    /// What has traded by now.
    pub filled: Lots,
    /// Where it stands.
    pub state: OrderState,
}

impl OrderRecord {
    /// What has not traded.
    pub fn remaining(&self) -> Lots {
        self.request.lots - self.filled
    }
}

/// The orders remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    records: BTreeMap<OrderId, OrderRecord>,
    by_client_id: BTreeMap<(AccountId, ClientOrderId), OrderId>,
    /// Those of `by_client_id` that rest in a book.
    live: BTreeMap<(AccountId, ClientOrderId), OrderId>,
    /// How many orders of each account are remembered.
    counts: BTreeMap<AccountId, u32>,
    /// Finished orders, the first to be forgotten in front.
    finished: VecDeque<(Timestamp, OrderId)>,
}

impl Orders {
    /// A remembered order.
    pub fn get(&self, order: OrderId) -> Option<&OrderRecord> {
        self.records.get(&order)
    }

    /// The order that an account gave this name.
    pub fn by_client_id(&self, account: AccountId, client_order_id: ClientOrderId) -> Option<OrderId> {
        self.by_client_id.get(&(account, client_order_id)).copied()
    }

    /// How many orders of an account are remembered.
    pub fn remembered_count(&self, account: AccountId) -> u32 {
        self.counts.get(&account).copied().unwrap_or_default()
    }

    /// An account's live orders by client order id, behind `after`.
    pub fn live_of(
        &self,
        account: AccountId,
        after: Option<ClientOrderId>,
    ) -> impl Iterator<Item = (OrderId, &OrderRecord)> {
        let first = Bound::Excluded((account, after.unwrap_or(ClientOrderId::FIRST)));
        let live = self.live.range((first, Bound::Unbounded));
        live.take_while(move |((owner, _), _)| *owner == account)
            .filter_map(|(_, &order)| Some((order, self.records.get(&order)?)))
    }

    /// All remembered orders by id.
    pub fn iter(&self) -> impl Iterator<Item = (OrderId, &OrderRecord)> {
        self.records.iter().map(|(&order, record)| (order, record))
    }

    /// When finished orders are due to be forgotten, in that order.
    pub(crate) fn finished(&self) -> impl Iterator<Item = (Timestamp, OrderId)> + '_ {
        self.finished.iter().copied()
    }

    pub(crate) fn insert(&mut self, order: OrderId, record: OrderRecord) {
        let request = &record.request;
        let before = self.by_client_id.insert((request.account, request.client_order_id), order);
        assert!(before.is_none(), "a client order id in use was accepted again");
        self.live.insert((request.account, request.client_order_id), order);
        *self.counts.entry(request.account).or_default() += 1;
        self.records.insert(order, record);
    }

    /// Notes that some of an order traded, and whether that was the last of it.
    pub(crate) fn fill(&mut self, order: OrderId, lots: Lots, now: Timestamp) {
        let record = self.records.get_mut(&order).expect("an order that trades is remembered");
        record.filled += lots;
        if record.remaining().is_zero() {
            self.finish(order, OrderState::Filled, now);
        }
    }

    /// Notes what the order's first answer says.
    pub(crate) fn answer(&mut self, order: OrderId) -> OrderRecord {
        let record = self.records.get_mut(&order).expect("an order that was just accepted is remembered");
        record.first_filled = record.filled;
        record.first_rested = if record.state == OrderState::Live { record.remaining() } else { Lots::ZERO };
        *record
    }

    /// Notes that an order has reached its end.
    pub(crate) fn finish(&mut self, order: OrderId, state: OrderState, now: Timestamp) {
        let record = self.records.get_mut(&order).expect("an order that finishes is remembered");
        assert!(record.state == OrderState::Live, "order {order} finishes twice");
        record.state = state;
        self.live.remove(&(record.request.account, record.request.client_order_id));
        self.finished.push_back((now.plus_micros(limits::ORDER_RETENTION_US), order));
    }

    /// Forgets orders that finished long enough ago; a few at a time, so that no command pays for the past.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        for _ in 0..limits::FORGET_PER_COMMAND_MAX {
            let Some(&(due, order)) = self.finished.front() else { return };
            if due > now {
                return;
            }
            self.finished.pop_front();
            let record = self.records.remove(&order).expect("a finished order is remembered until now");
            let OrderRequest { account, client_order_id, .. } = record.request;
            self.by_client_id.remove(&(account, client_order_id));
            let count = self.counts.get_mut(&account).expect("the account of a remembered order is counted");
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&account);
            }
        }
    }
}
