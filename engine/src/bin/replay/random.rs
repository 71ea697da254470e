//! A seeded stream of random numbers in whole numbers only, so that a seed gives the same flow on every machine.

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let first = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let second = (first ^ (first >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        second ^ (second >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let (_, high) = self.next().carrying_mul(bound, 0);
        high
    }

    /// True `thousandths` times of a thousand.
    pub(crate) fn chance(&mut self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }

    /// How many times a chance fails before it first comes true, at most `most`.
    pub(crate) fn failures(&mut self, thousandths: u64, most: u64) -> u64 {
        (0..most).find(|_| self.chance(thousandths)).unwrap_or(most)
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.chance(500)
    }
}
