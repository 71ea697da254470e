//! Chance as a parameter: numbers that follow from a seed, or from the bytes that a fuzzer chose.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Where numbers come from.
pub(crate) enum Dice {
    Seeded(Box<ChaCha8Rng>),
    /// Bytes still to be used; zeros behind them.
    Bytes(Vec<u8>),
}

impl Dice {
    /// The same numbers on every machine.
    pub(crate) fn of_seed(seed: u64) -> Dice {
        Dice::Seeded(Box::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// The bytes, two for each number.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Dice {
        Dice::Bytes(bytes.iter().rev().copied().collect())
    }

    /// Whether every number from here on is zero.
    pub(crate) fn is_exhausted(&self) -> bool {
        matches!(self, Dice::Bytes(left) if left.is_empty())
    }

    /// 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        match self {
            Dice::Seeded(generator) => generator.random(),
            Dice::Bytes(left) => {
                let [low, high] = [left.pop(), left.pop()].map(|byte| u64::from(byte.unwrap_or(0)));
                (low << 8 | high) << 48
            }
        }
    }

    /// A number below this one, which is not zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let scaled = (u128::from(self.bits()) * u128::from(end)) >> 64;
        u64::try_from(scaled).expect("it is below 64 bits")
    }

    /// A number between these, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.below(width))
    }

    /// Whether something happens that happens once in so many times.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        // Zero, which exhausted bytes give, is the usual case.
        self.below(times) == times - 1
    }

    /// A place in a row of this length, which is not empty.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("it is below a length")
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// A number from 0 on, each step half as likely as the one before.
    pub(crate) fn steps(&mut self) -> i64 {
        i64::from(self.bits().leading_zeros().min(20))
    }
}
