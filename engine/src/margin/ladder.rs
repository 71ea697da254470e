//! How far an account reaches in each month of a series: strips count in every month that they become.

use crate::margin::Reach;

/// A month's reach, the month named by the place of its contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rung {
    pub(crate) month: u32,
    /// With all sells filled.
    pub(crate) low: i64,
    /// With all buys filled.
    pub(crate) high: i64,
}

/// The reach in each month.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ladder(Vec<Rung>);

impl Ladder {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Rung> + Clone {
        self.0.iter()
    }

    /// Adds the same to each of these months.
    pub(crate) fn add(&mut self, months: &[u32], low: i64, high: i64) {
        for &month in months {
            match self.0.iter_mut().find(|rung| rung.month == month) {
                Some(rung) => (rung.low, rung.high) = (rung.low + low, rung.high + high),
                None => self.0.push(Rung { month, low, high }),
            }
        }
    }

    /// Forgets months in which nothing is left.
    pub(crate) fn prune(&mut self) {
        self.0.retain(|rung| (rung.low, rung.high) != (0, 0));
    }

    /// The rungs as they would be if the same were added to each of these months.
    pub(crate) fn with(&self, months: &[u32], low: i64, high: i64) -> impl Iterator<Item = Rung> + Clone {
        let known = self.0.iter().map(move |rung| {
            let added = months.contains(&rung.month);
            Rung {
                month: rung.month,
                low: if added { rung.low + low } else { rung.low },
                high: if added { rung.high + high } else { rung.high },
            }
        });
        let is_fresh = |month: &&u32| !self.0.iter().any(|rung| rung.month == **month);
        known.chain(months.iter().filter(is_fresh).map(move |&month| Rung { month, low, high }))
    }
}

impl Rung {
    /// The most lots on either side.
    pub(crate) fn lots(&self) -> i64 {
        self.low.abs().max(self.high.abs())
    }

    pub(crate) fn reach(&self, in_delivery: bool) -> Reach {
        Reach { low: self.low, high: self.high, in_delivery }
    }
}
