//! Every order the venue still remembers: live ones, and finished ones for the retention period.
//!
//! This is what makes a client order id an idempotency key. Only accepted orders are remembered: a refused order changed
//! nothing, so its id is free to be used again.
//!
//! An order has a *hot* half while it lives: what trading reads, in a slab whose places are used again, so that it stays
//! in the cache. Its *cold* half is what was asked for and first answered: written once when it is accepted, read only when
//! somebody asks. How it ended is appended to a queue. So a day's orders are written in their order and never searched through memory,
//! which would cost more than all the rest; only where a client order id is kept cannot be foreseen.

mod arena;
mod by_number;

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};

use foldhash::quality::SeedableRandomState;

use self::arena::Arena;
use self::by_number::ByNumber;
use crate::accounts::{Account, AccountSlot, Accounts, LiveList};
use crate::book::Slot;
use crate::ids::{AccountId, ClientOrderId, OrderId};
use crate::index::IdIndex;
use crate::limits;
use crate::order::{OrderRequest, Trigger};
use crate::units::{Lots, Price, Side, Timestamp};

/// No place.
pub(crate) const NONE: u32 = u32::MAX;

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// It rests in the book.
    Live,
    /// It is a stop order and waits for its trigger.
    Waiting,
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
    /// Its size in all: what was asked for unless it was amended.
    pub lots: Lots,
    /// Its limit, unless it waits without one.
    pub limit: Option<Price>,
    /// What it waits or waited for.
    pub trigger: Option<Trigger>,
    /// What had traded when the order was first answered: the answer to repeat.
    pub first_filled: Lots,
    /// What had come to rest, or waited, then.
    pub first_rested: Lots,
    /// What has traded by now.
    pub filled: Lots,
    /// When its time is over; [`Timestamp::NEVER`] if it has none.
    pub expiry: Timestamp,
    /// Where it stands.
    pub state: OrderState,
}

impl OrderRecord {
    /// What has not traded.
    pub fn remaining(&self) -> Lots {
        self.lots - self.filled
    }
}

/// The half of a live order that trading reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    pub(crate) order: OrderId,
    /// The other half.
    pub(crate) cold: u32,
    pub(crate) market: u32,
    pub(crate) account: AccountSlot,
    pub(crate) exposure: u32,
    /// Where it rests. `None`: it waits for its trigger, or is arriving.
    pub(crate) slot: Option<Slot>,
    /// Neighbours in the account's list of live orders, in rising number.
    pub(crate) previous: u32,
    pub(crate) next: u32,
    pub(crate) lots: Lots,
    pub(crate) filled: Lots,
    /// Meaningless while it waits without one.
    pub(crate) limit: Price,
    /// Where it wakes or woke up; meaningless without a trigger.
    pub(crate) trigger: Price,
    /// When its time is over; [`Timestamp::NEVER`] if it has none.
    pub(crate) expiry: Timestamp,
    pub(crate) side: Side,
    pub(crate) reduce_only: bool,
    /// Whether it waits for its trigger.
    pub(crate) waiting: bool,
    pub(crate) has_limit: bool,
}

const _: () = assert!(size_of::<Live>() == 80);

impl Live {
    pub(crate) fn remaining(&self) -> Lots {
        self.lots - self.filled
    }
}

/// Where a client order id is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameHash(u64);

/// An order under a client order id, and what it was first answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) order: OrderId,
    pub(crate) request: &'a OrderRequest,
    pub(crate) filled: Lots,
    pub(crate) rested: Lots,
}

#[derive(Clone, Debug)]
struct Cold {
    order: OrderId,
    request: OrderRequest,
    first_filled: Lots,
    first_rested: Lots,
}

/// How an order ended.
#[derive(Clone, Copy, Debug)]
struct Finished {
    /// When it is to be forgotten.
    due: Timestamp,
    limit: Price,
    trigger: Price,
    expiry: Timestamp,
    cold: u32,
    lots: Lots,
    filled: Lots,
    has_limit: bool,
    is_filled: bool,
}

/// Where an order is.
enum Place {
    Live(u32),
    /// In the queue of finished ones, counted from the first that ever was; the count wraps at 31 bits.
    Finished(u32),
}

/// Set in the number of a place among the finished orders.
const FINISHED: u32 = 1 << 31;

/// The orders remembered.
#[derive(Clone, Debug)]
pub struct Orders {
    live: Vec<Live>,
    free: Vec<u32>,
    live_count: usize,
    cold: Arena<Cold>,
    by_number: ByNumber,
    by_client_id: IdIndex,
    client_id_hash: SeedableRandomState,
    /// Finished orders, the first to be forgotten in front.
    finished: VecDeque<Finished>,
    /// How many finished orders were forgotten, modulo 2^31.
    forgotten: u32,
}

impl Orders {
    pub(crate) fn new(seed: u64) -> Orders {
        Orders {
            live: Vec::new(),
            free: Vec::new(),
            live_count: 0,
            cold: Arena::default(),
            by_number: ByNumber::new(seed),
            by_client_id: IdIndex::new(seed),
            client_id_hash: SeedableRandomState::with_seed(seed, foldhash::SharedSeed::global_fixed()),
            finished: VecDeque::new(),
            forgotten: 0,
        }
    }

    /// A remembered order.
    pub fn get(&self, order: OrderId) -> Option<OrderRecord> {
        Some(match self.place(order)? {
            Place::Live(hot) => self.record(hot),
            Place::Finished(index) => self.finished_record(&self.finished[index as usize]),
        })
    }

    /// The order that an account gave this name.
    pub fn by_client_id(&self, account: AccountId, client_order_id: ClientOrderId) -> Option<OrderId> {
        self.look_up(account, client_order_id).1.map(|known| known.order)
    }

    /// How many orders are live, waiting ones included.
    pub fn live_count(&self) -> usize {
        self.live_count
    }

    /// How many orders are remembered.
    pub fn remembered_count(&self) -> usize {
        self.by_client_id.len()
    }

    /// When finished orders are due to be forgotten, in that order.
    pub(crate) fn finished(&self) -> impl ExactSizeIterator<Item = (Timestamp, OrderId, OrderRecord)> + '_ {
        self.finished.iter().map(|end| (end.due, self.cold.get(end.cold).order, self.finished_record(end)))
    }

    /// An account's live orders in rising number.
    pub(crate) fn list(&self, list: LiveList) -> impl Iterator<Item = u32> + '_ {
        let place = |place: u32| (place != NONE).then_some(place);
        std::iter::successors(place(list.first), move |&hot| place(self.live(hot).next))
    }

    /// What was asked for with a live order.
    pub(crate) fn request(&self, hot: u32) -> &OrderRequest {
        &self.cold.get(self.live(hot).cold).request
    }

    pub(crate) fn record(&self, hot: u32) -> OrderRecord {
        let Live { cold, lots, filled, limit, trigger, expiry, waiting, has_limit, .. } = *self.live(hot);
        let state = if waiting { OrderState::Waiting } else { OrderState::Live };
        let end =
            Finished { due: Timestamp(0), limit, trigger, expiry, cold, lots, filled, has_limit, is_filled: false };
        OrderRecord { state, ..self.finished_record(&end) }
    }

    fn finished_record(&self, end: &Finished) -> OrderRecord {
        let Cold { request, first_filled, first_rested, .. } = *self.cold.get(end.cold);
        OrderRecord {
            request,
            lots: end.lots,
            limit: end.has_limit.then_some(end.limit),
            trigger: request.trigger.map(|asked| Trigger { price: end.trigger, ..asked }),
            first_filled,
            first_rested,
            filled: end.filled,
            expiry: end.expiry,
            state: if end.is_filled { OrderState::Filled } else { OrderState::Cancelled },
        }
    }

    fn place(&self, order: OrderId) -> Option<Place> {
        let value = self.by_number.get(order)?;
        Some(match value & FINISHED {
            0 => Place::Live(value),
            _ => Place::Finished((value & !FINISHED).wrapping_sub(self.forgotten) & !FINISHED),
        })
    }

    /// All live orders with their places, in no order of meaning.
    pub(crate) fn live_by_place(&self) -> impl Iterator<Item = (OrderId, u32)> + '_ {
        self.live_places().map(|hot| (self.live(hot).order, hot))
    }

    fn live_places(&self) -> impl Iterator<Item = u32> + '_ {
        let places = 0..u32::try_from(self.live.len()).expect("live orders are limited");
        places.filter(|&hot| self.live(hot).cold != NONE)
    }

    pub(crate) fn live(&self, hot: u32) -> &Live {
        &self.live[hot as usize]
    }

    pub(crate) fn live_mut(&mut self, hot: u32) -> &mut Live {
        &mut self.live[hot as usize]
    }

    pub(crate) fn find_live(&self, order: OrderId) -> Option<u32> {
        match self.place(order)? {
            Place::Live(hot) => Some(hot),
            Place::Finished(_) => None,
        }
    }

    /// What was accepted under this name. Also answers where the name is kept, so that it is worked out once an order.
    pub(crate) fn look_up(&self, account: AccountId, client_order_id: ClientOrderId) -> (NameHash, Option<Known<'_>>) {
        let hash = self.name_hash(account, client_order_id);
        let known = self.find_name(hash, account, client_order_id).map(|place| {
            let Cold { order, request, first_filled, first_rested } = self.cold.get(place);
            Known { order: *order, request, filled: *first_filled, rested: *first_rested }
        });
        (hash, known)
    }

    /// Makes room for orders that are still to come, and touches it, so that trading neither allocates nor faults in pages.
    pub(crate) fn reserve(&mut self, orders: usize) {
        self.cold.reserve(orders);
        self.by_client_id.reserve(orders);
        self.finished.reserve(orders);
        // Of all commands about as many place orders as do something else.
        self.by_number.reserve(2 * orders);
    }

    /// Takes up an accepted order: `live.cold`, `live.previous` and `live.next` are filled in.
    pub(crate) fn insert(&mut self, live: &Live, request: &OrderRequest, name: NameHash, account: &mut Account) -> u32 {
        let hot = self.free.pop().unwrap_or_else(|| {
            self.live.push(*live);
            u32::try_from(self.live.len() - 1).expect("live orders are limited")
        });
        let order = live.order;
        let (first_filled, first_rested) = (Lots::ZERO, Lots::ZERO);
        let cold = self.cold.insert(Cold { order, request: *request, first_filled, first_rested });
        self.by_client_id.insert(name.0, cold);
        self.by_number.insert(order, hot);
        self.live_count += 1;
        let previous = account.live.last;
        self.live[hot as usize] = Live { cold, previous, next: NONE, ..*live };
        match previous {
            NONE => account.live.first = hot,
            previous => self.live_mut(previous).next = hot,
        }
        account.live.last = hot;
        account.live.count += 1;
        account.remembered_count += 1;
        hot
    }

    /// Notes what the first answer of an order says that was taken up in this place.
    pub(crate) fn answer(&mut self, order: OrderId, hot: u32, cold: u32) {
        let live = self.live(hot);
        let (filled, rested) = if live.cold == cold && live.order == order {
            (live.filled, live.remaining())
        } else {
            match self.place(order).expect("an order is remembered when it is answered") {
                Place::Live(_) => unreachable!("an order stays in its place while it lives"),
                Place::Finished(index) => (self.finished[index as usize].filled, Lots::ZERO),
            }
        };
        self.restore_answer(cold, filled, rested);
    }

    pub(crate) fn restore_answer(&mut self, cold: u32, filled: Lots, rested: Lots) {
        let first = self.cold.get_mut(cold);
        (first.first_filled, first.first_rested) = (filled, rested);
    }

    /// Notes that an order has reached its end.
    pub(crate) fn finish(&mut self, hot: u32, state: OrderState, now: Timestamp, account: &mut Account) {
        let Live { order, cold, previous, next, lots, filled, limit, trigger, expiry, has_limit, .. } = *self.live(hot);
        assert!(cold != NONE, "order {order} finishes twice");
        match previous {
            NONE => account.live.first = next,
            previous => self.live_mut(previous).next = next,
        }
        match next {
            NONE => account.live.last = previous,
            next => self.live_mut(next).previous = previous,
        }
        account.live.count -= 1;
        self.live_mut(hot).cold = NONE;
        self.live_count -= 1;
        self.free.push(hot);
        let due = now.plus_micros(limits::ORDER_RETENTION_US);
        let is_filled = state == OrderState::Filled;
        let place =
            self.push_finished(Finished { due, limit, trigger, expiry, cold, lots, filled, has_limit, is_filled });
        self.by_number.set(order, place);
    }

    /// Appends to the queue; answers where, as the index has it.
    fn push_finished(&mut self, end: Finished) -> u32 {
        let index = u32::try_from(self.finished.len()).expect("orders are limited");
        self.finished.push_back(end);
        (self.forgotten.wrapping_add(index) & !FINISHED) | FINISHED
    }

    /// Takes up an order that had finished when the snapshot was written.
    pub(crate) fn restore_finished(
        &mut self,
        due: Timestamp,
        order: OrderId,
        record: OrderRecord,
        account: &mut Account,
    ) {
        let OrderRecord { request, lots, limit, trigger, first_filled, first_rested, filled, expiry, state } = record;
        let name = self.name_hash(request.account, request.client_order_id);
        let cold = self.cold.insert(Cold { order, request, first_filled, first_rested });
        self.by_client_id.insert(name.0, cold);
        let (has_limit, limit) = (limit.is_some(), limit.unwrap_or(Price(0)));
        let trigger = trigger.map_or(Price(0), |trigger| trigger.price);
        let is_filled = state == OrderState::Filled;
        let place =
            self.push_finished(Finished { due, limit, trigger, expiry, cold, lots, filled, has_limit, is_filled });
        self.by_number.insert(order, place);
        account.remembered_count += 1;
    }

    /// Forgets orders that finished long enough ago; a few at a time, so that no command pays for the past.
    #[inline]
    pub(crate) fn forget(&mut self, now: Timestamp, accounts: &mut Accounts) {
        if self.finished.front().is_some_and(|first| first.due <= now) {
            self.forget_due(now, accounts);
        }
    }

    fn forget_due(&mut self, now: Timestamp, accounts: &mut Accounts) {
        for _ in 0..limits::FORGET_PER_COMMAND_MAX {
            let Some(&Finished { due, cold: place, .. }) = self.finished.front() else { return };
            if due > now {
                return;
            }
            self.finished.pop_front();
            self.forgotten = self.forgotten.wrapping_add(1) & !FINISHED;
            let Cold { order, request, .. } = self.cold.remove(place);
            let OrderRequest { account, client_order_id, .. } = request;
            let name = self.name_hash(account, client_order_id);
            assert!(self.by_client_id.remove(name.0, place), "order {order} is forgotten twice");
            self.by_number.remove(order);
            let account = accounts.find(account).expect("the account of an order exists");
            accounts.get_mut(account).remembered_count -= 1;
        }
    }

    /// Loads the line where the search for a name begins.
    #[inline]
    pub(crate) fn touch_name(&self, account: AccountId, client_order_id: ClientOrderId) -> u32 {
        self.by_client_id.touch(self.name_hash(account, client_order_id).0)
    }

    fn find_name(&self, hash: NameHash, account: AccountId, client_order_id: ClientOrderId) -> Option<u32> {
        self.by_client_id.find(hash.0, |place| {
            let request = &self.cold.get(place).request;
            request.account == account && request.client_order_id == client_order_id
        })
    }

    /// The seed keeps anybody from choosing names that collide; no result depends on it.
    pub(crate) fn name_hash(&self, account: AccountId, client_order_id: ClientOrderId) -> NameHash {
        let mut hasher = self.client_id_hash.build_hasher();
        hasher.write_u32(account.0);
        client_order_id.words().for_each(|word| hasher.write_u64(word));
        NameHash(hasher.finish())
    }
}
