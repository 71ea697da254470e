//! One side's price levels: a window of nearby ones, and an ordered map for those far from it.
//!
//! Nobody can make the book large or slow by its prices. An order far from the window costs one entry of the map. The window
//! moves or widens only after as many orders came to rest outside as it has levels, so that its cost is shared by them; it
//! widens only if enough levels wait there, so that its memory stays in proportion to the levels in use. Where the
//! window lies never shows outside.

use std::collections::BTreeMap;

use super::node::NIL;
use super::rank::Rank;
use super::window::Window;

/// The orders at one price, the oldest first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) lots: u64,
    pub(super) orders_count: u32,
}

const _: () = assert!(size_of::<Level>() == 24);

/// The window widens if the ranks it would take in have more levels than its own width divided by this.
const CROWD: usize = 8;

impl Default for Level {
    fn default() -> Level {
        Level { first: NIL, last: NIL, lots: 0, orders_count: 0 }
    }
}

/// All levels of one side.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    /// The best rank that has orders, or [`Rank::NONE`]: asked for by every command, so it is not looked up each time.
    first: Rank,
    window: Window,
    /// Levels outside the window, on either side of it. A map node is allocated here now and then, nowhere else.
    far: BTreeMap<Rank, Level>,
    /// The first rank of `far`, or [`Rank::NONE`].
    far_first: Rank,
    /// Orders that came to rest outside the window since it last moved.
    misses_count: usize,
}

impl Default for Ladder {
    fn default() -> Ladder {
        let window = Window::default();
        Ladder { first: Rank::NONE, window, far: BTreeMap::new(), far_first: Rank::NONE, misses_count: 0 }
    }
}

impl Ladder {
    /// The best rank that has orders.
    #[inline]
    pub(super) fn first(&self) -> Option<Rank> {
        Some(self.first).filter(|&rank| rank != Rank::NONE)
    }

    /// The next rank that has orders.
    pub(super) fn after(&self, rank: Rank) -> Option<Rank> {
        let far = if self.far_first == Rank::NONE { Rank::NONE } else { self.far_after(rank) };
        Some(self.window.after(rank).min(far)).filter(|&rank| rank != Rank::NONE)
    }

    /// A level that has orders.
    #[inline]
    pub(super) fn level(&self, rank: Rank) -> &Level {
        match self.window.position(rank) {
            Some(at) => self.window.level(at),
            None => self.far.get(&rank).expect("a level with orders is known"),
        }
    }

    /// Loads a level if it lies in the window, and answers something of it.
    #[inline]
    pub(super) fn touch(&self, rank: Rank) -> u32 {
        self.window.position(rank).map_or(0, |at| self.window.level(at).last)
    }

    /// A level that has orders, to be changed.
    #[inline]
    pub(super) fn level_mut(&mut self, rank: Rank) -> &mut Level {
        match self.window.position(rank) {
            Some(at) => self.window.level_mut(at),
            None => self.far.get_mut(&rank).expect("a level with orders is known"),
        }
    }

    /// A level that is about to have one order more.
    #[inline]
    pub(super) fn level_or_new(&mut self, rank: Rank) -> &mut Level {
        let at = match self.window.position(rank) {
            Some(at) => Some(at),
            None => self.miss(rank),
        };
        self.first = self.first.min(rank);
        match at {
            Some(at) => self.window.level_or_new(at),
            None => {
                self.far_first = self.far_first.min(rank);
                self.far.entry(rank).or_default()
            }
        }
    }

    /// Forgets a level that has no orders any more.
    #[inline]
    pub(super) fn vacate(&mut self, rank: Rank) {
        match self.window.position(rank) {
            Some(at) => self.window.vacate(at),
            None => {
                self.far.remove(&rank);
                self.note_far_first();
            }
        }
        if rank == self.first {
            self.first = self.window.first().min(self.far_first);
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        // The map's nodes are at least half full; their links are a small part of them.
        self.window.memory_bytes() + 2 * self.far.len() * size_of::<(Rank, Level)>()
    }

    /// Counts an order that rests outside the window. Answers where it lies if the window then comes to cover it.
    #[cold]
    fn miss(&mut self, rank: Rank) -> Option<usize> {
        if self.first().is_none() {
            self.window.place(rank);
            self.misses_count = 0;
        }
        self.misses_count += 1;
        if self.misses_count > self.window.width() {
            self.rearrange(rank);
        }
        self.window.position(rank)
    }

    /// Moves the window to where the best price is, or is about to be, and widens it if many levels lie behind its end.
    fn rearrange(&mut self, arriving: Rank) {
        self.misses_count = 0;
        let best = self.first().map_or(arriving, |first| first.min(arriving));
        self.far.extend(self.window.drain());
        self.window.place(best);
        let end = self.window.range().end;
        let gained = end..end.behind(self.window.width());
        if self.window.can_widen() && self.far.range(gained).count() > self.window.width() / CROWD {
            self.window.widen();
        }
        for (rank, level) in self.far.extract_if(self.window.range(), |_, _| true) {
            let at = self.window.position(rank).expect("the range of the window lies in it");
            *self.window.level_or_new(at) = level;
        }
        self.note_far_first();
    }

    fn note_far_first(&mut self) {
        self.far_first = self.far.first_key_value().map_or(Rank::NONE, |(&rank, _)| rank);
    }

    fn far_after(&self, rank: Rank) -> Rank {
        self.far.range(rank.behind(1)..).next().map_or(Rank::NONE, |(&rank, _)| rank)
    }
}
