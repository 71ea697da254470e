//! The parameters in force: those of each series, and the credits between series.

use std::collections::BTreeMap;

use crate::ids::SeriesId;
use crate::margin::{Credits, SeriesMargin};

/// Where a series is kept; valid as long as the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeriesSlot(pub(crate) u32);

/// All parameters of margin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    series: Vec<(SeriesId, Option<SeriesMargin>)>,
    by_id: BTreeMap<SeriesId, SeriesSlot>,
    pub(crate) credits: Credits,
}

impl Parameters {
    /// Where a series is kept; it is there from now on.
    pub(crate) fn slot(&mut self, series: SeriesId) -> SeriesSlot {
        let fresh = SeriesSlot(u32::try_from(self.series.len()).expect("series are limited"));
        let slot = *self.by_id.entry(series).or_insert(fresh);
        if slot == fresh {
            self.series.push((series, None));
        }
        slot
    }

    pub(crate) fn get(&self, slot: SeriesSlot) -> Option<&SeriesMargin> {
        self.series[slot.0 as usize].1.as_ref()
    }

    pub(crate) fn id(&self, slot: SeriesSlot) -> SeriesId {
        self.series[slot.0 as usize].0
    }

    pub(crate) fn find(&self, series: SeriesId) -> Option<&SeriesMargin> {
        self.get(*self.by_id.get(&series)?)
    }

    pub(crate) fn set(&mut self, series: SeriesId, margin: SeriesMargin) {
        let slot = self.slot(series);
        self.series[slot.0 as usize].1 = Some(margin);
    }

    /// The series that have parameters, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SeriesId, &SeriesMargin)> {
        self.by_id.iter().filter_map(|(&series, &slot)| Some((series, self.get(slot)?)))
    }
}
