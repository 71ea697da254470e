//! The way from an identifier to the place of what it names: one probe into one cache line, whatever the identifiers look like.

/// A table of `u32` values, found by a `u64` identifier of which it keeps no more than half of a hash.
///
/// Whoever stores things by place compares the identifier there anyway, so the table leaves that to it and
/// fits eight entries into a cache line. Linear probing with the holes closed at once: removals leave nothing behind that
/// could slow later lookups, and what is not there is found out as fast as what is. It offers no iteration, hence no result
/// can depend on its order or on the seed.
///
/// ```
/// use engine::index::IdIndex;
/// let names = [700, 50, 6];
/// let mut index = IdIndex::new(1);
/// for place in 0..3 {
///     index.insert(names[place as usize], place);
/// }
/// assert_eq!(index.find(50, |place| names[place as usize] == 50), Some(1));
/// assert!(index.remove(50, 1));
/// assert_eq!(index.find(50, |place| names[place as usize] == 50), None);
/// ```
#[derive(Clone, Debug)]
pub struct IdIndex {
    entries: Vec<Entry>,
    /// By how many bits a hash is shifted to give its home in `entries`.
    shift: u32,
    len: usize,
    mask: u64,
    factor: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    hash: u32,
    value: u32,
}

/// No value: marks an entry as empty.
const NONE: u32 = u32::MAX;

const EMPTY: Entry = Entry { hash: 0, value: NONE };

/// The table doubles before more than five of eight entries are taken: runs stay short, mostly inside a cache line.
const fn fits(len: usize, entries: usize) -> bool {
    len * 8 <= entries * 5
}

const ENTRIES_MIN: usize = 16;

impl IdIndex {
    /// An empty table. Nobody who does not know the seed can craft identifiers that collide.
    pub fn new(seed: u64) -> IdIndex {
        IdIndex::with_capacity(seed, 0)
    }

    /// An empty table that holds this many entries without allocating.
    pub fn with_capacity(seed: u64, capacity: usize) -> IdIndex {
        let mut entries = ENTRIES_MIN;
        while !fits(capacity, entries) {
            entries *= 2;
        }
        let mask = scrambled(seed);
        // An odd factor keeps the low product a bijection.
        let factor = scrambled(mask) | 1;
        IdIndex { entries: vec![EMPTY; entries], shift: shift_for(entries), len: 0, mask, factor }
    }

    /// Makes room for this many entries more.
    pub fn reserve(&mut self, entries: usize) {
        while !fits(self.len + entries, self.entries.len()) {
            self.grow();
        }
    }

    /// Bytes taken from the allocator.
    pub fn memory_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value under this identifier. `is_it` says whether a value belongs to it: called with the values whose half
    /// hashes agree, that is, nearly always with the right one or not at all.
    #[inline]
    pub fn find(&self, id: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let hash = self.hash(id);
        let mut at = self.home(hash);
        loop {
            let entry = self.entries[at];
            if entry.value == NONE {
                return None;
            }
            if entry.hash == hash && is_it(entry.value) {
                return Some(entry.value);
            }
            at = self.next(at);
        }
    }

    /// Loads the line where the search for an identifier begins, and answers something of it, so that the load is not idle.
    #[inline]
    pub(crate) fn touch(&self, id: u64) -> u32 {
        self.entries[self.home(self.hash(id))].value
    }

    /// Adds a value under an identifier that has none.
    ///
    /// # Panics
    /// If the value is `u32::MAX`.
    #[inline]
    pub fn insert(&mut self, id: u64, value: u32) {
        assert!(value != NONE, "the largest value marks empty entries");
        if !fits(self.len + 1, self.entries.len()) {
            self.grow();
        }
        self.len += 1;
        self.put(Entry { hash: self.hash(id), value });
    }

    /// Removes a value from under its identifier; says whether it was there.
    pub fn remove(&mut self, id: u64, value: u32) -> bool {
        let gone = Entry { hash: self.hash(id), value };
        let mut at = self.home(gone.hash);
        loop {
            let entry = self.entries[at];
            if entry.value == NONE {
                return false;
            }
            if entry == gone {
                break;
            }
            at = self.next(at);
        }
        self.len -= 1;
        self.close_hole(at);
        true
    }

    /// Moves entries forward until the run has no hole: each one that would not come to lie before its home.
    fn close_hole(&mut self, mut hole: usize) {
        let mut at = hole;
        loop {
            at = self.next(at);
            let entry = self.entries[at];
            if entry.value == NONE {
                break;
            }
            if self.distance(self.home(entry.hash), at) >= self.distance(hole, at) {
                self.entries[hole] = entry;
                hole = at;
            }
        }
        self.entries[hole] = EMPTY;
    }

    #[inline]
    fn put(&mut self, entry: Entry) {
        let mut at = self.home(entry.hash);
        while self.entries[at].value != NONE {
            at = self.next(at);
        }
        self.entries[at] = entry;
    }

    #[cold]
    fn grow(&mut self) {
        let twice = vec![EMPTY; self.entries.len() * 2];
        let entries = std::mem::replace(&mut self.entries, twice);
        self.shift = shift_for(self.entries.len());
        for entry in entries.into_iter().filter(|entry| entry.value != NONE) {
            self.put(entry);
        }
    }

    /// The upper half of both halves of a product with a secret factor: every bit of the identifier reaches it.
    #[inline]
    fn hash(&self, id: u64) -> u32 {
        let (low, high) = (id ^ self.mask).carrying_mul(self.factor, 0);
        ((low ^ high) >> 32) as u32
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        // Shifts of tables are below 32, so nothing wraps; it only saves a check in the hottest line of all.
        hash.wrapping_shr(self.shift) as usize
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.entries.len() - 1)
    }

    /// Steps from one entry on to another, around the end of the table.
    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.entries.len() - 1)
    }
}

/// Tables have 2^4 to 2^31 entries: above that they would hold more values than 32 bits can name.
fn shift_for(entries: usize) -> u32 {
    32 - entries.trailing_zeros()
}

/// Spreads a seed over all bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014).
fn scrambled(seed: u64) -> u64 {
    let sum = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let first = (sum ^ (sum >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let second = (first ^ (first >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    second ^ (second >> 31)
}
