//! All exposures: found by contract and account in one probe, listed by contract in rising account number for settlement.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use crate::accounts::AccountSlot;
use crate::exposure::{Exposure, Hold};
use crate::groups::Groups;
use crate::ids::AccountId;
use crate::index::IdIndex;
use crate::ledger::BalanceSlot;
use crate::orders::NONE;

/// An exposure with what is held for it, in two whole cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Entry {
    pub(crate) exposure: Exposure,
    pub(crate) held: Hold,
    pub(crate) market: u32,
    pub(crate) account: AccountSlot,
    pub(crate) account_id: AccountId,
    /// Where the account's US dollars are.
    pub(crate) dollars: BalanceSlot,
    /// Where its asset of a spot pair is.
    pub(crate) base: Option<BalanceSlot>,
    /// What it adds to its group, if the contract is margined, of a spread by its near leg; [`NONE`] if it is not.
    pub(crate) share: u32,
    /// Whether it stands in the queue of those that became empty, or was forgotten.
    pub(crate) is_idle: bool,
}

const _: () = assert!(size_of::<Entry>() == 128);

/// Empty exposures that are kept: who has just closed an order usually places the next one.
const IDLE_MAX: usize = 65_536;

#[derive(Clone, Debug)]
pub(crate) struct Exposures {
    entries: Vec<Entry>,
    free: Vec<u32>,
    index: IdIndex,
    pub(crate) groups: Groups,
    by_market: Vec<BTreeMap<AccountId, u32>>,
    /// Those that became empty, the first of them in front; some may be in use again.
    idle: VecDeque<u32>,
}

impl Exposures {
    pub(crate) fn new(seed: u64) -> Exposures {
        Exposures {
            entries: Vec::new(),
            free: Vec::new(),
            index: IdIndex::new(seed),
            groups: Groups::default(),
            by_market: Vec::new(),
            idle: VecDeque::new(),
        }
    }

    /// Room for one contract more.
    pub(crate) fn add_market(&mut self) {
        self.by_market.push(BTreeMap::new());
    }

    pub(crate) fn find(&self, market: u32, account: AccountSlot) -> Option<u32> {
        self.index.find(key(market, account), |place| {
            let entry = self.get(place);
            entry.market == market && entry.account == account
        })
    }

    /// Loads the line where the search for an exposure begins.
    #[inline]
    pub(crate) fn touch(&self, market: u32, account: AccountSlot) -> u32 {
        self.index.touch(key(market, account))
    }

    /// All exposures that are not empty, by contract in the order of listing and then by account.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.places().map(|(_, entry)| entry)
    }

    /// All exposures that are not empty, with their places.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u32, &Entry)> {
        let places = self.by_market.iter().flat_map(|accounts| accounts.values().copied());
        places.map(|place| (place, self.get(place))).filter(|(_, entry)| !entry.exposure.is_empty())
    }

    pub(crate) fn get(&self, place: u32) -> &Entry {
        &self.entries[place as usize]
    }

    /// An exposure and what is held for it.
    pub(crate) fn before(&self, place: u32) -> (Exposure, Hold) {
        let entry = self.get(place);
        (entry.exposure, entry.held)
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> &mut Entry {
        &mut self.entries[place as usize]
    }

    pub(crate) fn insert(&mut self, entry: Entry) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.entries.push(entry);
            u32::try_from(self.entries.len() - 1).expect("exposures are limited by accounts and orders")
        });
        self.entries[place as usize] = entry;
        self.index.insert(key(entry.market, entry.account), place);
        self.by_market[entry.market as usize].insert(entry.account_id, place);
        place
    }

    /// Notes that nothing may be left of an exposure; what has been empty for longest is forgotten.
    #[inline]
    pub(crate) fn release(&mut self, place: u32) {
        let entry = self.get_mut(place);
        if entry.is_idle || !entry.exposure.is_empty() {
            return;
        }
        entry.is_idle = true;
        self.idle.push_back(place);
        if self.idle.len() > IDLE_MAX
            && let Some(oldest) = self.idle.pop_front()
        {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, place: u32) {
        let entry = self.get_mut(place);
        entry.is_idle = false;
        let Entry { exposure, market, account, account_id, share, .. } = *entry;
        if exposure.is_empty() {
            assert!(self.index.remove(key(market, account), place), "an exposure is known by its contract and account");
            self.by_market[market as usize].remove(&account_id);
            if share != NONE {
                self.groups.leave(share, place);
            }
            // Whoever still knows the place may release it once more.
            self.get_mut(place).is_idle = true;
            self.free.push(place);
        }
    }

    /// The exposures of a contract that are not empty behind an account, in rising account number.
    pub(crate) fn behind(&self, market: u32, after: Option<AccountId>) -> impl Iterator<Item = (AccountId, u32)> + '_ {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.by_market[market as usize].range((first, Bound::Unbounded));
        behind.map(|(&account, &place)| (account, place)).filter(|&(_, place)| !self.get(place).exposure.is_empty())
    }
}

fn key(market: u32, account: AccountSlot) -> u64 {
    u64::from(market) << 32 | u64::from(account.0)
}

#[cfg(test)]
mod tests {
    use super::{Entry, Exposures, IDLE_MAX};
    use crate::accounts::AccountSlot;
    use crate::exposure::{Exposure, Hold};
    use crate::ids::AccountId;
    use crate::ledger::BalanceSlot;
    use crate::orders::NONE;

    fn add(exposures: &mut Exposures, number: u32) -> u32 {
        exposures.insert(Entry {
            exposure: Exposure::default(),
            held: Hold::default(),
            market: 0,
            account: AccountSlot(number),
            account_id: AccountId(number),
            dollars: BalanceSlot(number),
            base: None,
            share: NONE,
            is_idle: false,
        })
    }

    /// Within one command an exposure can be forgotten for another that became empty, and be released behind that.
    #[test]
    fn what_was_forgotten_is_not_forgotten_again() {
        let mut exposures = Exposures::new(1);
        exposures.add_market();
        let first = add(&mut exposures, 0);
        exposures.release(first);
        let count = u32::try_from(IDLE_MAX).unwrap();
        for number in 1..=count {
            let place = add(&mut exposures, number);
            exposures.release(place);
        }
        assert_eq!(exposures.find(0, AccountSlot(0)), None, "the queue is full, and its first is forgotten");
        exposures.release(first);
        assert_eq!(exposures.idle.len(), IDLE_MAX);
        // Whoever takes the place is in use like anybody.
        assert_eq!(add(&mut exposures, count + 1), first);
        exposures.release(first);
        assert_eq!(exposures.idle.len(), IDLE_MAX);
        assert_eq!(exposures.find(0, AccountSlot(count + 1)), Some(first));
    }
}
