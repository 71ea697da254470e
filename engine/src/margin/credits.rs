//! Credits between pairs of series: part of the risk of one offsets part of the risk of the other.

use crate::ids::SeriesId;
use crate::limits;
use crate::margin::sums::Certain;
use crate::reject::Reject;
use crate::units::Cash;

/// What a lot of one series against a lot of another is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The series with the lower number.
    pub first: SeriesId,
    /// The other.
    pub second: SeriesId,
    /// What a spread of a lot each is credited.
    pub per_lot: Cash,
}

/// All credits, in the order in which they are served: the largest first, so that a smaller position of the account never
/// leads to a smaller credit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credits(Vec<Credit>);

impl Credits {
    /// In the order in which they are served.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Credit> {
        self.0.iter()
    }

    /// Sets the credit of a pair; zero takes the pair away.
    pub(crate) fn set(&mut self, first: SeriesId, second: SeriesId, per_lot: Cash) -> Result<Credit, Reject> {
        let invalid = |rule| Err(Reject::InvalidMargin { rule });
        let (first, second) = (first.min(second), first.max(second));
        if first == second {
            return invalid("a credit is between two different series");
        }
        if !(Cash::ZERO..=limits::CHARGE_PER_LOT_MAX).contains(&per_lot) {
            return invalid("a credit is from 0 to 1000000 USD a lot");
        }
        let others = self.0.iter().filter(|credit| (credit.first, credit.second) != (first, second)).count();
        if per_lot > Cash::ZERO && others >= limits::CREDITS_MAX {
            return invalid("at most 64 pairs of series have a credit");
        }
        let credit = Credit { first, second, per_lot };
        self.0.retain(|credit| (credit.first, credit.second) != (first, second));
        if per_lot > Cash::ZERO {
            let key = |credit: &Credit| (-credit.per_lot.0, credit.first, credit.second);
            let place = self.0.partition_point(|before| key(before) < key(&credit));
            self.0.insert(place, credit);
        }
        Ok(credit)
    }

    /// What an account is credited that is long and short so many lots of a series, whatever fills.
    pub(crate) fn between(&self, lots_of: impl Fn(SeriesId) -> Option<Certain>) -> Cash {
        if self.0.is_empty() {
            return Cash::ZERO;
        }
        // What each pair uses up, in the direction that has spreads: a series is long or short for sure, or neither.
        let mut used = [0; limits::CREDITS_MAX];
        let mut credited = 0;
        for (at, credit) in self.0.iter().enumerate() {
            let (Some(first), Some(second)) = (lots_of(credit.first), lots_of(credit.second)) else { continue };
            let left = |series, lots: i64| {
                let before = self.0[..at].iter().zip(&used);
                lots - before.filter(|(pair, _)| pair.has(series)).map(|(_, used)| used).sum::<i64>()
            };
            let one_way = left(credit.first, first.long).min(left(credit.second, second.short)).max(0);
            let other_way = left(credit.first, first.short).min(left(credit.second, second.long)).max(0);
            used[at] = one_way + other_way;
            credited += used[at] * credit.per_lot.0;
        }
        Cash(credited)
    }
}

impl Credit {
    fn has(&self, series: SeriesId) -> bool {
        self.first == series || self.second == series
    }
}
