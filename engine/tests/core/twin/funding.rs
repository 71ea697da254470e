//! Funding of the twin's perpetuals, and indices that have become stale.

use engine::ids::InstrumentId;
use engine::instrument::Perpetual;
use engine::reject::Reject;
use engine::units::Day;

use super::Twin;

const HOUR: i64 = 3_600_000_000;

impl Twin {
    /// Once for each hour of the clock, on its own day.
    pub(super) fn check_hour(&self, instrument: InstrumentId, day: Day) -> Result<(), Reject> {
        let funded = self.listed(instrument).margin.funded_at;
        let is_over = funded.is_some_and(|at| at.0.div_euclid(HOUR) >= self.now.0.div_euclid(HOUR));
        if day != self.now.day() || is_over { Err(Reject::DaySettled { instrument, day }) } else { Ok(()) }
    }

    /// What a long lot pays for the hour.
    pub(super) fn funding_of_a_lot(&self, instrument: InstrumentId, perpetual: &Perpetual) -> i128 {
        let premiums = &self.listed(instrument).margin.premiums;
        let Some(risk) = self.risk_of(instrument) else { return 0 };
        let reference = self.reference_value(instrument, &risk).unwrap();
        if premiums.is_empty() || reference <= 0 || self.stale_since(perpetual.series).is_some() {
            return 0;
        }
        let sum: i128 = premiums.iter().sum();
        let premium = (sum * 1_000_000).div_euclid(premiums.len() as i128 * reference);
        let (interest, cap) = (i128::from(perpetual.interest_ppm), i128::from(perpetual.cap_ppm));
        let rate = (premium + (interest - premium).clamp(-500, 500)).clamp(-cap, cap);
        // Rust divides towards zero.
        rate * reference * i128::from(perpetual.hours) / 8_000_000
    }
}
