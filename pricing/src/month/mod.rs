//! What a month is worth while it delivers, and a strip of months: means weighted by hours, part known, part expected.
//!
//! A month settles to the hours-weighted mean of its daily fixings. On the way there, each fixing turns hours of
//! forward price into hours of known price:
//!
//! `value = (realised + balance forward × hours left) / hours of the month`
//!
//! with `realised = Σ fixing × hours it covers`. The denominator is the whole month from the first hour to the last.
//!
//! ```
//! use pricing::month::DeliveringMonth;
//!
//! // Ten days of a 31-day month at 2.40, the rest expected at 2.71: (240 h × 2.40 + 504 h × 2.71) / 744 h.
//! let month = "2027-01".parse()?;
//! let delivering = DeliveringMonth::from_fixings(month, &[(24, 2.40); 10])?;
//! assert_eq!(delivering.hours_left(), 504);
//! assert!((delivering.value(2.71) - 2.61).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(test)]
mod tests;

use crate::delivery::{DeliveryPeriod, PeriodKind};

/// Why a month or a strip has no value.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum MonthError {
    /// The period is a quarter or a year.
    #[error("delivery period {period} is not a month; value its months one by one and take the strip")]
    NotAMonth {
        /// The period as given.
        period: DeliveryPeriod,
    },
    /// The fixings cover more than the month.
    #[error("fixings cover more than the {hours} hours of {month}; give only those of its own days")]
    TooManyHours {
        /// The month.
        month: DeliveryPeriod,
        /// Its hours.
        hours: u32,
    },
    /// A price is not finite.
    #[error("price {price} of {month} is not a finite number")]
    NotFinite {
        /// The month.
        month: DeliveryPeriod,
        /// The price as given.
        price: f64,
    },
    /// The months given are not those of the strip.
    #[error("the months of {strip} were not given in order and complete: expected {expected} at place {place}")]
    NotTheStrip {
        /// The strip.
        strip: DeliveryPeriod,
        /// Which month was expected.
        expected: DeliveryPeriod,
        /// At which place, counted from 1.
        place: usize,
    },
    /// More months were given than the strip has.
    #[error("{count} months were given, but {strip} has only {expected}")]
    TooManyMonths {
        /// The strip.
        strip: DeliveryPeriod,
        /// How many were given.
        count: usize,
        /// How many it has.
        expected: usize,
    },
}

/// A month of which some hours, perhaps none or all, have a fixing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeliveringMonth {
    month: DeliveryPeriod,
    /// Σ fixing × hours: currency per GPU, for the hours that are fixed.
    realised: f64,
    hours_fixed: u32,
}

impl DeliveringMonth {
    /// A month with its fixings so far: pairs of hours covered and price per GPU-hour, in order of time.
    ///
    /// # Errors
    ///
    /// [`MonthError`] if the period is no month, a price not finite, or the hours more than the month has.
    pub fn from_fixings(month: DeliveryPeriod, fixings: &[(u32, f64)]) -> Result<DeliveringMonth, MonthError> {
        if month.kind() != PeriodKind::Month {
            return Err(MonthError::NotAMonth { period: month });
        }
        let mut delivering = DeliveringMonth { month, realised: 0.0, hours_fixed: 0 };
        for &(hours, price) in fixings {
            if !price.is_finite() {
                return Err(MonthError::NotFinite { month, price });
            }
            if hours > delivering.hours_left() {
                return Err(MonthError::TooManyHours { month, hours: month.hours() });
            }
            delivering.realised += f64::from(hours) * price;
            delivering.hours_fixed += hours;
        }
        Ok(delivering)
    }

    /// The month.
    pub const fn month(&self) -> DeliveryPeriod {
        self.month
    }

    /// Σ fixing × hours covered: currency per GPU.
    pub const fn realised(&self) -> f64 {
        self.realised
    }

    /// Hours without a fixing yet. They alone still carry risk: an unfixed price moves the month by `hours left / hours`.
    pub fn hours_left(&self) -> u32 {
        self.month.hours() - self.hours_fixed
    }

    /// What the whole month is worth per GPU-hour, if its hours left are worth `balance_forward` each.
    ///
    /// Fixed completely it is the mean of its fixings, whatever `balance_forward` says: a price that no hour is left
    /// for may be missing, so even NaN is ignored then. Otherwise NaN gives NaN.
    pub fn value(&self, balance_forward: f64) -> f64 {
        let expected = match self.hours_left() {
            0 => 0.0,
            left => balance_forward * f64::from(left),
        };
        (self.realised + expected) / f64::from(self.month.hours())
    }

    /// The price of the hours left at which the whole month is worth `value`; `None` once no hour is left.
    ///
    /// The inverse of [`value`](DeliveringMonth::value): it takes the balance forward from a traded price.
    pub fn balance_forward(&self, value: f64) -> Option<f64> {
        let left = self.hours_left();
        (left > 0).then(|| (value * f64::from(self.month.hours()) - self.realised) / f64::from(left))
    }
}

/// What a quarter or a year is worth per GPU-hour: the mean of its months, weighted by their hours.
///
/// `values` holds every month of `strip` once, in order.
///
/// ```
/// use pricing::delivery::DeliveryPeriod;
/// use pricing::month::strip_value;
///
/// let strip: DeliveryPeriod = "2027-Q1".parse()?;
/// let months: Vec<_> = strip.months().zip([2.0, 3.0, 4.0]).collect();
/// // (744 × 2 + 672 × 3 + 744 × 4) / 2160
/// assert!((strip_value(strip, &months)? - 3.0).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`MonthError`] if a month is missing, out of place or too many, or its value not finite.
pub fn strip_value(strip: DeliveryPeriod, values: &[(DeliveryPeriod, f64)]) -> Result<f64, MonthError> {
    let months = strip.months();
    if values.len() > months.len() {
        return Err(MonthError::TooManyMonths { strip, count: values.len(), expected: months.len() });
    }
    let mut sum = 0.0;
    for (place, expected) in months.enumerate() {
        let Some(&(month, price)) = values.get(place).filter(|(month, _)| *month == expected) else {
            return Err(MonthError::NotTheStrip { strip, expected, place: place + 1 });
        };
        if !price.is_finite() {
            return Err(MonthError::NotFinite { month, price });
        }
        sum += f64::from(month.hours()) * price;
    }
    Ok(sum / f64::from(strip.hours()))
}
