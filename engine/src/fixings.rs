//! The daily values of the series: what contracts settle to.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::command::FixingStage;
use crate::event::{Event, FixingRung};
use crate::ids::SeriesId;
use crate::limits;
use crate::reject::Reject;
use crate::units::{Day, Price};

/// The value of one day of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayValue {
    /// The value, for each of the day's 24 hours.
    pub price: Price,
    /// Whether it can still change.
    pub stage: FixingStage,
    /// Where it came from.
    pub rung: FixingRung,
}

/// All daily values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixings {
    days: BTreeMap<(SeriesId, Day), DayValue>,
}

impl Fixings {
    /// The value of a day.
    pub fn get(&self, series: SeriesId, day: Day) -> Option<DayValue> {
        self.days.get(&(series, day)).copied()
    }

    /// The value of the latest day that has one.
    pub fn latest(&self, series: SeriesId) -> Option<(Day, DayValue)> {
        self.range_before(series, None).next()
    }

    /// All values by series and day.
    pub fn iter(&self) -> impl Iterator<Item = (SeriesId, Day, DayValue)> + '_ {
        self.days.iter().map(|(&(series, day), &value)| (series, day, value))
    }

    /// Records a value; without a price the last final fixing before the day stands in, and its rung says so.
    pub(crate) fn record(
        &mut self,
        series: SeriesId,
        day: Day,
        stage: FixingStage,
        price: Option<Price>,
    ) -> Result<Event, Reject> {
        if let Some(price) = price.filter(|price| price.0.unsigned_abs() > limits::PRICE_MAX.0.unsigned_abs()) {
            return Err(Reject::FixingOutOfRange { series, price });
        }
        let known = self.get(series, day);
        if known.is_some_and(|value| value.stage == FixingStage::Final) {
            return Err(Reject::FixingFinal { series, day });
        }
        let (price, rung) = match price {
            Some(price) => (price, FixingRung::Fixing),
            None => (self.last_final_before(series, day)?, FixingRung::LastFinal),
        };
        if known.is_none() && self.days.len() >= limits::FIXINGS_MAX {
            return Err(Reject::TooManyFixings);
        }
        self.days.insert((series, day), DayValue { price, stage, rung });
        Ok(Event::FixingRecorded { series, day, stage, price, rung })
    }

    pub(crate) fn restore(&mut self, series: SeriesId, day: Day, value: DayValue) {
        self.days.insert((series, day), value);
    }

    fn last_final_before(&self, series: SeriesId, day: Day) -> Result<Price, Reject> {
        self.range_before(series, Some(day))
            .find(|(_, value)| value.stage == FixingStage::Final && value.rung == FixingRung::Fixing)
            .map(|(_, value)| value.price)
            .ok_or(Reject::NoEarlierFixing { series, day })
    }

    /// The values of a series before a day, the latest first.
    fn range_before(&self, series: SeriesId, day: Option<Day>) -> impl Iterator<Item = (Day, DayValue)> + '_ {
        let first = Bound::Included((series, Day(i32::MIN)));
        let last = day.map_or(Bound::Included((series, Day(i32::MAX))), |day| Bound::Excluded((series, day)));
        self.days.range((first, last)).rev().map(|(&(_, day), &value)| (day, value))
    }
}
