//! The register of operating rates: what running a machine of a series costs, from a day on.

use crate::engine::Engine;
use crate::event::Event;
use crate::ids::SeriesId;
use crate::limits;
use crate::reject::{Reject, VaultReject};
use crate::units::{Day, Price};
use crate::vaults::VaultEvent;

impl Engine {
    pub(crate) fn set_operating_rate(
        &mut self,
        series: SeriesId,
        effective: Day,
        rate: Price,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::Vault(VaultReject::InvalidOperatingRate { rule }));
        if !(Price(0)..=limits::PRICE_MAX).contains(&rate) {
            return invalid("an operating rate is 0 to 1000 USD per GPU-hour");
        }
        // A day that has begun keeps its rate, so that nobody learns afterwards what it cost.
        let today = self.time.day();
        let latest = self.vaults.rates.range((series, Day(i32::MIN))..=(series, Day(i32::MAX))).next_back();
        let earliest = latest.map_or(today, |(&(_, before), _)| before.max(today).next());
        if effective < earliest || effective.start() > limits::TIMESTAMP_MAX {
            return invalid(
                "the first rate of a series begins today or later, each further one after today and after the one before it",
            );
        }
        if self.vaults.rates.len() >= limits::OPERATING_RATES_MAX {
            return invalid("the venue has 100000 operating rates, the most it can");
        }
        self.vaults.rates.insert((series, effective), rate);
        events.push(Event::Vault(VaultEvent::OperatingRateSet { series, effective, rate }));
        Ok(())
    }

    /// All operating rates, by series and first day.
    pub fn operating_rates(&self) -> impl Iterator<Item = (SeriesId, Day, Price)> + '_ {
        self.vaults.rates.iter().map(|(&(series, effective), &rate)| (series, effective, rate))
    }

    /// The rate in force on a day.
    pub fn operating_rate(&self, series: SeriesId, day: Day) -> Option<Price> {
        self.vaults.rates.range((series, Day(i32::MIN))..=(series, day)).next_back().map(|(_, &rate)| rate)
    }
}
