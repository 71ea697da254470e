//! Amounts, and the two that every leaf and node carries.

use std::fmt;

/// An amount in the smallest units of its asset: micro-USD, basket units, GPU-seconds. Never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Amount(pub u128);

impl Amount {
    /// The sum, if 128 bits hold it.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What an account has in one asset, or what all accounts below a node have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Sums {
    /// In USD the settled cash that a forced exit of everything would pay besides what was promised already; of another
    /// asset the units held on the ledger. What an account owes is left out, never netted.
    pub settled: Amount,
    /// All that was ever made irrevocable for the chain: withdrawals in USD, exports of other assets. It never falls.
    pub claimable: Amount,
}

impl Sums {
    /// Both sums, if 128 bits hold each.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match (self.settled.checked_add(other.settled), self.claimable.checked_add(other.claimable)) {
            (Some(settled), Some(claimable)) => Some(Self { settled, claimable }),
            _ => None,
        }
    }

    /// Both sums of children whose total is known to fit.
    pub(crate) fn add(self, other: Self) -> Self {
        let Self { settled, claimable } = other;
        Self { settled: Amount(self.settled.0 + settled.0), claimable: Amount(self.claimable.0 + claimable.0) }
    }
}
