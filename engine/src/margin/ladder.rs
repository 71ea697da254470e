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

/// What is added to the reach in each of some months.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Added<'a> {
    pub(crate) months: &'a [u32],
    pub(crate) low: i64,
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

    /// The rungs as they would be with what is added, no month of which is another's.
    pub(crate) fn with<'a, const N: usize>(&'a self, added: [Added<'a>; N]) -> impl Iterator<Item = Rung> + Clone + 'a {
        let known = self.0.iter().map(move |&rung| added.iter().fold(rung, Rung::with));
        let fresh = added.into_iter().flat_map(|Added { months, low, high }| {
            let is_fresh = |month: &&u32| !self.0.iter().any(|rung| rung.month == **month);
            months.iter().filter(is_fresh).map(move |&month| Rung { month, low, high })
        });
        known.chain(fresh)
    }
}

impl Rung {
    fn with(self, added: &Added) -> Rung {
        let Rung { month, low, high } = self;
        match added.months.contains(&month) {
            true => Rung { month, low: low + added.low, high: high + added.high },
            false => self,
        }
    }

    /// The most lots on either side.
    pub(crate) fn lots(&self) -> i64 {
        self.low.abs().max(self.high.abs())
    }

    pub(crate) fn reach(&self, in_delivery: bool) -> Reach {
        Reach { low: self.low, high: self.high, in_delivery }
    }
}
