//! In which order those on the other side of an account in default are closed out: who has gained most with least behind it first.
//!
//! The rules are in `docs/default-waterfall.md`, *Auto-deleveraging*: a score of return and leverage, as perpetual venues publish theirs
//! (BitMEX, *Auto-Deleveraging*), tiers that are powers of two of it, and pro rata within the tier in which the lots run out.

use crate::units::Cash;

/// Parts of one.
const MILLION: i128 = 1_000_000;

/// No quotient is larger.
const QUOTIENT_MAX: i128 = 1_000_000_000_000_000;

/// Of gains and of losses, each power of two has one.
const TIERS_OF_A_SIDE: usize = 64;

/// How many tiers there are.
pub const TIERS: usize = 2 * TIERS_OF_A_SIDE;

/// What the score of an account in one contract is made of.
///
/// ```
/// use engine::margin::Standing;
/// use engine::units::Cash;
/// // Bought for 500 USD, worth 1 000 now; 700 stand behind it.
/// let [profit, cost, value, equity] = [500_000_000, 500_000_000, 1_000_000_000, 700_000_000].map(Cash);
/// let standing = Standing { profit, cost, value, equity };
/// assert_eq!(standing.score(), 1_428_571);
/// assert_eq!(standing.tier(), 64 + 21);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What the position has gained since it was last settled.
    pub profit: Cash,
    /// What it cost since then.
    pub cost: Cash,
    /// What it is worth at the mark.
    pub value: Cash,
    /// All that the account has.
    pub equity: Cash,
}

impl Standing {
    /// Return times leverage if the position gains, less the return divided by leverage if it does not; in millionths. Every
    /// quotient is rounded down, so scores that differ by less are equal.
    pub fn score(&self) -> i64 {
        let profit = i128::from(self.profit.0);
        let returned = quotient(profit.abs() * MILLION, i128::from(self.cost.0).abs());
        let leverage = quotient(i128::from(self.value.0).abs() * MILLION, i128::from(self.equity.0));
        let score =
            if profit > 0 { quotient(returned * leverage, MILLION) } else { -quotient(returned * MILLION, leverage) };
        i64::try_from(score).expect("a quotient is limited")
    }

    /// The power of two that the score is of: tiers are closed out from the highest down. Who has nothing is last.
    pub fn tier(&self) -> usize {
        if self.equity <= Cash::ZERO {
            return 0;
        }
        let score = self.score();
        let bits = (u64::BITS - score.unsigned_abs().leading_zeros()) as usize;
        let bits = bits.min(TIERS_OF_A_SIDE - 1);
        if self.profit > Cash::ZERO { TIERS_OF_A_SIDE + bits } else { TIERS_OF_A_SIDE - 1 - bits }
    }
}

/// Rounded down, of what is not negative, and nothing is divided by less than one.
fn quotient(dividend: i128, divisor: i128) -> i128 {
    dividend.div_euclid(divisor.max(1)).min(QUOTIENT_MAX)
}

/// The lots of each tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tiers(pub(crate) [i64; TIERS]);

impl Default for Tiers {
    fn default() -> Tiers {
        Tiers([0; TIERS])
    }
}

impl Tiers {
    pub(crate) fn add(&mut self, tier: usize, lots: i64) {
        self.0[tier] += lots;
    }

    /// Where so many lots run out, from the highest tier down.
    pub(crate) fn cut(&self, lots: i64) -> Cut {
        let mut need = lots;
        for (tier, &total) in self.0.iter().enumerate().rev() {
            if total >= need || tier == 0 {
                return Cut { tier, need: need.min(total), total };
            }
            need -= total;
        }
        unreachable!("there is a lowest tier")
    }
}

/// The tier in which the lots run out: those above it are closed wholly, those in it pro rata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) tier: usize,
    /// Lots that are still needed of it.
    pub(crate) need: i64,
    /// Lots that are still in it.
    pub(crate) total: i64,
}

impl Cut {
    /// What an account gives that has so many lots. In the tier of the cut it is rounded down, and what is rounded away is
    /// left to those behind it; the last one gives all that is still needed.
    pub(crate) fn take(&mut self, tier: usize, lots: i64) -> i64 {
        if tier != self.tier {
            return if tier > self.tier { lots } else { 0 };
        }
        let product = i128::from(self.need) * i128::from(lots);
        let given = product.div_euclid(i128::from(self.total.max(1)));
        let given = i64::try_from(given).expect("a part of a position fits").min(lots);
        self.need -= given;
        self.total -= lots;
        given
    }
}

/// A part of an amount, rounded down: `amount × part / whole`. All of it if the whole is nothing.
pub(crate) fn share(amount: Cash, part: i128, whole: i128) -> Cash {
    if whole <= 0 {
        return amount;
    }
    let share = (i128::from(amount.0) * part).div_euclid(whole);
    Cash(i64::try_from(share).expect("a part of an amount is not larger"))
}
