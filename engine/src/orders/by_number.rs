//! The way from an order's number to where it is kept. Numbers rise with the journal, so the newest are neighbours in memory,
//! and writing a new one touches a line that is in the cache already.
//!
//! Pages of numbers are freed when none of theirs is remembered. A few survivors must not keep a page for ever: of a page that is
//! old and nearly empty they move into a hash table.

use std::collections::VecDeque;

use crate::ids::OrderId;
use crate::index::IdIndex;

/// Numbers in a page.
const PAGE: u64 = 1_024;

const EMPTY_PAGE: [u32; 1_024] = [NONE; 1_024];

/// A page this many pages behind the newest is old.
const OLD_PAGES: usize = 4_096;

/// An old page with at most this many survivors gives them to the hash table.
const SURVIVORS_MAX: u16 = 64;

/// No value.
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Page {
    values: Box<[u32; 1_024]>,
    count: u16,
}

impl Page {
    fn empty() -> Page {
        Page { values: Box::new(EMPTY_PAGE), count: 0 }
    }
}

/// Values by order number.
#[derive(Clone, Debug)]
pub(super) struct ByNumber {
    /// The pages from `first` on; `None`: none of its numbers is kept here.
    pages: VecDeque<Option<Page>>,
    /// The number of the first page.
    first: u64,
    /// Values of numbers whose page is gone, found through their place here.
    old: IdIndex,
    old_values: Vec<(OrderId, u32)>,
    old_free: Vec<u32>,
    /// Pages that were emptied, to be used again.
    spare: Vec<Page>,
}

impl ByNumber {
    pub(super) fn new(seed: u64) -> ByNumber {
        ByNumber {
            pages: VecDeque::new(),
            first: 0,
            old: IdIndex::new(seed),
            old_values: Vec::new(),
            old_free: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Makes room for this many numbers more.
    pub(super) fn reserve(&mut self, numbers: usize) {
        let pages = numbers / EMPTY_PAGE.len() + 1;
        self.pages.reserve(pages);
        self.spare.extend((0..pages).map(|_| Page::empty()));
    }

    #[inline]
    pub(super) fn get(&self, order: OrderId) -> Option<u32> {
        let (page, at) = split(order);
        let kept = page.checked_sub(self.first).and_then(|page| self.pages.get(usize::try_from(page).ok()?));
        match kept {
            Some(Some(page)) => Some(page.values[at]).filter(|&value| value != NONE),
            Some(None) | None => self.get_old(order),
        }
    }

    /// Adds a value under a number that has none; numbers rise, but for those a snapshot brings back.
    #[inline]
    pub(super) fn insert(&mut self, order: OrderId, value: u32) {
        let (number, at) = split(order);
        if self.pages.is_empty() {
            self.first = number;
        }
        let Some(index) = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok()) else {
            return self.insert_old(order, value);
        };
        while self.pages.len() <= index {
            self.pages.push_back(None);
            self.retire_old_page();
        }
        let spare = &mut self.spare;
        let fresh = || spare.pop().unwrap_or_else(Page::empty);
        let page = self.pages[index].get_or_insert_with(fresh);
        assert!(page.values[at] == NONE, "order {order} is kept twice");
        page.values[at] = value;
        page.count += 1;
    }

    /// Replaces the value of a number that has one.
    #[inline]
    pub(super) fn set(&mut self, order: OrderId, value: u32) {
        let (page, at) = split(order);
        match self.page_mut(page) {
            Some(page) => page.values[at] = value,
            None => {
                let place = self.old_place(order).expect("a number that is set has a value");
                self.old_values[place as usize].1 = value;
            }
        }
    }

    /// Forgets a number that has a value.
    pub(super) fn remove(&mut self, order: OrderId) {
        let (number, at) = split(order);
        let Some(page) = self.page_mut(number) else {
            let place = self.old_place(order).expect("a number that is forgotten has a value");
            self.old.remove(order.0, place);
            self.old_free.push(place);
            return;
        };
        page.values[at] = NONE;
        page.count -= 1;
        if page.count == 0 {
            let index = usize::try_from(number - self.first).expect("the page is kept");
            self.spare.extend(self.pages[index].take());
            while let Some(None) = self.pages.front() {
                self.pages.pop_front();
                self.first += 1;
            }
        }
    }

    /// Looks at the one page that has just become old.
    fn retire_old_page(&mut self) {
        let Some(index) = self.pages.len().checked_sub(OLD_PAGES) else { return };
        let is_sparse = |page: &Option<Page>| page.as_ref().is_some_and(|page| page.count <= SURVIVORS_MAX);
        if !self.pages.get(index).is_some_and(is_sparse) {
            return;
        }
        let Some(mut page) = self.pages[index].take() else { return };
        let number = self.first + index as u64;
        for (at, value) in (0..PAGE).zip(page.values.iter_mut()).filter(|(_, value)| **value != NONE) {
            let order = OrderId(number * PAGE + at);
            self.insert_old(order, std::mem::replace(value, NONE));
        }
        page.count = 0;
        self.spare.push(page);
    }

    #[cold]
    fn insert_old(&mut self, order: OrderId, value: u32) {
        let place = self.old_free.pop().unwrap_or_else(|| {
            self.old_values.push((order, value));
            u32::try_from(self.old_values.len() - 1).expect("orders are limited")
        });
        self.old_values[place as usize] = (order, value);
        self.old.insert(order.0, place);
    }

    fn page_mut(&mut self, page: u64) -> Option<&mut Page> {
        let index = usize::try_from(page.checked_sub(self.first)?).ok()?;
        self.pages.get_mut(index)?.as_mut()
    }

    #[cold]
    fn get_old(&self, order: OrderId) -> Option<u32> {
        self.old_place(order).map(|place| self.old_values[place as usize].1)
    }

    fn old_place(&self, order: OrderId) -> Option<u32> {
        self.old.find(order.0, |place| self.old_values[place as usize].0 == order)
    }
}

/// The page of a number, and where it is in there.
fn split(order: OrderId) -> (u64, usize) {
    (order.0 / PAGE, usize::try_from(order.0 % PAGE).expect("a page is small"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Far enough for pages to become old, with survivors of every density.
    #[test]
    fn agrees_with_a_map() {
        let (mut fast, mut slow) = (ByNumber::new(7), BTreeMap::new());
        for number in (1..6_000 * PAGE).step_by(7) {
            let (order, value) = (OrderId(number), u32::try_from(number % 1_000_003).unwrap());
            fast.insert(order, value);
            slow.insert(number, value);
            // Most are forgotten soon, every thousandth never, and some are changed.
            let past = number.saturating_sub(7 * 300);
            if past % 1_000 != 0 && slow.remove(&past).is_some() {
                fast.remove(OrderId(past));
            }
            let changed = number.saturating_sub(7 * 100);
            if let Some(value) = slow.get_mut(&changed) {
                *value += 1;
                fast.set(OrderId(changed), *value);
            }
        }
        assert!(!fast.old_values.is_empty(), "survivors moved");
        for number in 0..6_001 * PAGE {
            assert_eq!(fast.get(OrderId(number)), slow.get(&number).copied(), "order {number}");
        }
        for (number, value) in slow {
            fast.set(OrderId(number), value + 5);
            assert_eq!(fast.get(OrderId(number)), Some(value + 5));
            fast.remove(OrderId(number));
            assert_eq!(fast.get(OrderId(number)), None);
        }
    }
}
