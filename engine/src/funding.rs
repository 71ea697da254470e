//! What keeps a perpetual near its index: each hour one side pays the other for the premium.

use crate::engine::Engine;
use crate::market::Market;
use crate::units::{Cash, Price, Timestamp};

/// Parts of one.
const MILLION: i128 = 1_000_000;

/// How far interest may pull the rate away from the premium, in parts per million for eight hours.
const INTEREST_PULL_PPM: i128 = 500;

/// The rate is for this many hours, and an hour pays its part.
const RATE_HOURS: i128 = 8;

const MICROS_PER_HOUR: i64 = 3_600 * 1_000_000;

/// Samples of the premium since the last funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Funding {
    pub(crate) premium_sum: i64,
    pub(crate) samples: u32,
    /// The hour of the clock that was funded last, counted from 1970; before all hours if none was.
    pub(crate) funded_hour: i64,
}

impl Default for Funding {
    fn default() -> Funding {
        Funding { premium_sum: 0, samples: 0, funded_hour: -1 }
    }
}

impl Funding {
    /// Takes a sample. More than fit are left out; the clock asks for one a second at most.
    pub(crate) fn sample(&mut self, premium: Price) {
        if let (Some(samples), Some(sum)) = (self.samples.checked_add(1), self.premium_sum.checked_add(premium.0)) {
            (self.samples, self.premium_sum) = (samples, sum);
        }
    }

    /// Whether the present hour of the clock was not funded yet.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        now.0.div_euclid(MICROS_PER_HOUR) > self.funded_hour
    }

    /// The hour is paid for.
    pub(crate) fn close(&mut self, now: Timestamp) {
        *self = Funding { funded_hour: now.0.div_euclid(MICROS_PER_HOUR), ..Funding::default() };
    }
}

impl Engine {
    /// What a long lot pays for the hour; negative if it receives.
    pub(crate) fn funding_per_lot(&self, market: &Market) -> Cash {
        let Funding { premium_sum, samples, .. } = market.funding;
        let reference = market.risk.and_then(|risk| self.reference_value(market, &risk));
        let Some((reference, _)) = reference.filter(|(reference, _)| *reference > Price(0) && samples > 0) else {
            return Cash::ZERO;
        };
        if self.staleness(market).is_some() {
            return Cash::ZERO;
        }
        let perpetual = market.terms.perpetual().expect("only perpetuals are funded");
        let reference = i128::from(reference.0);
        // Rounded down: by less than a millionth, in favour of longs.
        let premium = (i128::from(premium_sum) * MILLION).div_euclid(i128::from(samples) * reference);
        let pull = (i128::from(perpetual.interest_ppm) - premium).clamp(-INTEREST_PULL_PPM, INTEREST_PULL_PPM);
        let cap = i128::from(perpetual.cap_ppm);
        let rate = (premium + pull).clamp(-cap, cap);
        // Rounded towards zero: whoever receives gets less than a micro-USD a lot too little.
        let per_lot = rate * reference * i128::from(perpetual.hours) / (RATE_HOURS * MILLION);
        Cash(i64::try_from(per_lot).expect("a capped part of a price fits"))
    }
}
