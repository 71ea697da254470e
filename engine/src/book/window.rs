//! Price levels around the best price as an array, with a bitmap that finds the next level that has orders.

use super::ladder::Level;
use super::rank::Rank;

/// Levels per word of the bitmap.
const WORD: usize = 64;

/// Fewest levels of a window that holds any. About 1.5 KiB.
const WIDTH_MIN: usize = WORD;

/// Most levels of a window: as many as one summary word covers. About 96 KiB.
const WIDTH_MAX: usize = WORD * WORD;

/// The levels of `width` ranks from `base` on.
#[derive(Clone, Debug)]
pub(super) struct Window {
    base: Rank,
    /// Bit `i` is set if word `i` is not zero.
    summary: u64,
    /// Bit `i % 64` of word `i / 64` is set if level `i` has orders.
    words: Vec<u64>,
    levels: Vec<Level>,
}

impl Default for Window {
    fn default() -> Window {
        Window { base: Rank::NONE, summary: 0, words: Vec::new(), levels: Vec::new() }
    }
}

impl Window {
    pub(super) fn is_empty(&self) -> bool {
        self.summary == 0
    }

    pub(super) fn width(&self) -> usize {
        self.levels.len()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.levels.capacity() * size_of::<Level>() + self.words.capacity() * size_of::<u64>()
    }

    /// Where a rank lies in the array; `None` if outside.
    #[inline]
    pub(super) fn position(&self, rank: Rank) -> Option<usize> {
        rank.steps_behind(self.base, self.levels.len())
    }

    /// The first rank that has orders, or [`Rank::NONE`].
    #[inline]
    pub(super) fn first(&self) -> Rank {
        if self.summary == 0 {
            return Rank::NONE;
        }
        let word = lowest(self.summary);
        self.base.behind(word * WORD + lowest(self.words[word]))
    }

    /// The first rank behind this one that has orders, or [`Rank::NONE`].
    pub(super) fn after(&self, rank: Rank) -> Rank {
        if rank < self.base {
            return self.first();
        }
        let Some(at) = self.position(rank) else { return Rank::NONE };
        let word = at / WORD;
        let in_word = self.words[word] & bits_above(at % WORD);
        if in_word != 0 {
            return self.base.behind(word * WORD + lowest(in_word));
        }
        let behind = self.summary & bits_above(word);
        if behind == 0 {
            return Rank::NONE;
        }
        let word = lowest(behind);
        self.base.behind(word * WORD + lowest(self.words[word]))
    }

    #[inline]
    pub(super) fn level(&self, at: usize) -> &Level {
        &self.levels[at]
    }

    #[inline]
    pub(super) fn level_mut(&mut self, at: usize) -> &mut Level {
        &mut self.levels[at]
    }

    /// A level that is about to have one order more. The bitmap is left alone if that is not its first.
    #[inline]
    pub(super) fn level_or_new(&mut self, at: usize) -> &mut Level {
        let level = &mut self.levels[at];
        if level.orders_count == 0 {
            self.words[at / WORD] |= 1 << (at % WORD);
            self.summary |= 1 << (at / WORD);
        }
        level
    }

    /// Marks a level that has no orders any more.
    #[inline]
    pub(super) fn vacate(&mut self, at: usize) {
        let word = &mut self.words[at / WORD];
        *word &= !(1 << (at % WORD));
        if *word == 0 {
            self.summary &= !(1 << (at / WORD));
        }
    }

    /// Moves the window, which must be empty, so that `best` lies in its first half and there is room on both sides.
    pub(super) fn place(&mut self, best: Rank) {
        assert!(self.is_empty(), "a window with orders in it cannot move");
        if self.levels.is_empty() {
            self.resize(WIDTH_MIN);
        }
        self.base = best.before(self.width() / 4);
    }

    /// Takes all levels out.
    pub(super) fn drain(&mut self) -> Vec<(Rank, Level)> {
        let mut levels = Vec::new();
        while let rank = self.first()
            && let Some(at) = self.position(rank)
        {
            levels.push((rank, std::mem::take(&mut self.levels[at])));
            self.vacate(at);
        }
        levels
    }

    /// Whether the window may become twice as wide.
    pub(super) fn can_widen(&self) -> bool {
        self.width() < WIDTH_MAX
    }

    /// Makes the window twice as wide, at its far end.
    pub(super) fn widen(&mut self) {
        self.resize(2 * self.width());
    }

    /// The ranks of the window: from the first one to that behind its last one.
    pub(super) fn range(&self) -> std::ops::Range<Rank> {
        self.base..self.base.behind(self.width())
    }

    fn resize(&mut self, width: usize) {
        self.levels.resize(width, Level::default());
        self.words.resize(width / WORD, 0);
    }
}

#[inline]
fn lowest(bits: u64) -> usize {
    bits.trailing_zeros() as usize
}

/// All bits above this one.
fn bits_above(bit: usize) -> u64 {
    (u64::MAX << bit) << 1
}
