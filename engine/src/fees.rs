//! Values that change at moments set beforehand: the fees of a contract and the tier of an account.

use crate::instrument::{FEE_TIERS, FeeRates, FeeTiers};
use crate::limits;
use crate::reject::Reject;
use crate::units::{Price, Timestamp};

/// A value with the changes that are to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule<T> {
    /// What is in force before the first change.
    pub(crate) first: T,
    /// The changes in rising order; those that were superseded are dropped when a new one is added.
    pub(crate) changes: Vec<(Timestamp, T)>,
}

impl<T: Copy> Schedule<T> {
    pub(crate) fn new(first: T) -> Schedule<T> {
        Schedule { first, changes: Vec::new() }
    }

    /// What is in force at a moment.
    pub(crate) fn at(&self, now: Timestamp) -> &T {
        self.changes.iter().rev().find(|(from, _)| *from <= now).map_or(&self.first, |(_, value)| value)
    }

    /// Refuses a moment that has passed, is out of order, or is one too many.
    pub(crate) fn check(&self, effective: Timestamp, now: Timestamp) -> Result<(), Reject> {
        if effective < now || self.changes.last().is_some_and(|(last, _)| effective <= *last) {
            return Err(Reject::InvalidFees { rule: "fees begin now or later, and after those scheduled before" });
        }
        Ok(())
    }

    /// Refuses a change beyond those that may be to come.
    pub(crate) fn check_count(&self, now: Timestamp) -> Result<(), Reject> {
        if self.changes.iter().filter(|(from, _)| *from > now).count() >= limits::SCHEDULED_MAX {
            return Err(Reject::InvalidFees { rule: "at most 16 changes are to come" });
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, effective: Timestamp, value: T, now: Timestamp) {
        self.first = *self.at(now);
        self.changes.retain(|(from, _)| *from > now);
        self.changes.push((effective, value));
    }
}

/// Refuses rates beyond the worst a contract was listed with, or with which a trade could cost the venue money.
pub(crate) fn check_tiers(tiers: &FeeTiers, worst: Price) -> Result<(), Reject> {
    let invalid = |rule| Err(Reject::InvalidFees { rule });
    if tiers.iter().any(|rates| rates.worst() > worst) {
        return invalid("a rate is at most the worst the contract was listed with");
    }
    if tiers.iter().any(|rates| rates.taker < Price(0)) {
        return invalid("a taker's rate is not negative");
    }
    let lowest_taker = tiers.iter().map(|rates| rates.taker).min().expect("there are tiers");
    if tiers.iter().any(|rates| rates.maker.0 < -lowest_taker.0) {
        return invalid("a rebate is at most the lowest taker's rate");
    }
    Ok(())
}

/// The rates a contract begins with, the same for every tier.
pub(crate) fn uniform(rates: FeeRates) -> FeeTiers {
    [rates; FEE_TIERS]
}

#[cfg(test)]
mod tests {
    use super::{Schedule, check_tiers};
    use crate::instrument::FeeRates;
    use crate::units::{Price, Timestamp};

    #[test]
    fn what_is_in_force_stays_in_force_when_another_change_is_scheduled() {
        let mut tier = Schedule::new(0);
        for (now, effective, value) in [(0, 10, 1), (5, 20, 2), (15, 30, 3)] {
            let before = *tier.at(Timestamp(now));
            tier.add(Timestamp(effective), value, Timestamp(now));
            assert_eq!(*tier.at(Timestamp(now)), before, "at {now}");
        }
        for (now, value) in [(15, 1), (19, 1), (20, 2), (29, 2), (30, 3)] {
            assert_eq!(*tier.at(Timestamp(now)), value, "at {now}");
        }
    }

    #[test]
    fn the_largest_rebate_of_all_is_refused_like_any_other() {
        for maker in [i64::MIN, -501] {
            let rates = FeeRates { maker: Price(maker), taker: Price(500) };
            assert!(check_tiers(&super::uniform(rates), Price(500)).is_err(), "{maker}");
        }
        let rates = FeeRates { maker: Price(-500), taker: Price(500) };
        assert!(check_tiers(&super::uniform(rates), Price(500)).is_ok());
    }
}
