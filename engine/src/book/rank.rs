//! Prices as ranks: on either side of the book the lower rank trades first, so both sides share all code.

use crate::units::Side;

/// The place of a price among the prices of its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(i32);

/// Largest magnitude of a price in ticks. Above `limits::PRICE_MAX` in the smallest tick, and so far below 2^31 that a
/// window anywhere among such prices ends inside 32 bits.
const TICKS_MAX: i64 = 1 << 30;

const _: () = assert!(crate::limits::PRICE_MAX.0 <= TICKS_MAX);

impl Rank {
    /// Behind every price: what an empty side has instead of a best price.
    pub(super) const NONE: Rank = Rank(i32::MAX);

    /// Offers rank by price. Bids rank by its complement, `-ticks - 1`, which reverses the order and cannot overflow.
    #[inline]
    pub(super) fn new(side: Side, ticks: i64) -> Rank {
        assert!((-TICKS_MAX..=TICKS_MAX).contains(&ticks), "a price of {ticks} ticks is out of range");
        let ticks = i32::try_from(ticks).expect("2^30 fits into 32 bits");
        match side {
            Side::Buy => Rank(!ticks),
            Side::Sell => Rank(ticks),
        }
    }

    /// The price in ticks.
    #[inline]
    pub(super) fn ticks(self, side: Side) -> i64 {
        match side {
            Side::Buy => i64::from(!self.0),
            Side::Sell => i64::from(self.0),
        }
    }

    /// How far this rank lies behind another one, if it lies behind it and fewer than `steps`.
    #[inline]
    pub(super) fn steps_behind(self, other: Rank, steps: usize) -> Option<usize> {
        // A difference that leaves 32 bits comes out negative or close to 2^31: more than any window has.
        usize::try_from(self.0.wrapping_sub(other.0)).ok().filter(|&behind| behind < steps)
    }

    /// The rank this many steps behind.
    #[inline]
    pub(super) fn behind(self, steps: usize) -> Rank {
        Rank(self.0 + i32::try_from(steps).expect("windows are small"))
    }

    /// The rank this many steps before.
    pub(super) fn before(self, steps: usize) -> Rank {
        Rank(self.0 - i32::try_from(steps).expect("windows are small"))
    }
}
