//! What the operator decides about risk arrays: how far prices may go, what extremes count, and how long an array holds.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::limits;
use engine::units::Price;
use pricing::scenarios::{GridError, RangeRules, ScenarioGrid};

use crate::http::numbers::{Amount, AmountError};

/// How arrays are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How far the price of a series may go, by its symbol. Of a series that is not here it follows from its fixings by `rules`.
    pub scan_ranges: BTreeMap<String, Price>,
    /// How a scan range follows from a history of fixings.
    pub rules: RangeRules,
    /// Which moves are tried.
    pub grid: ScenarioGrid,
    /// How long an array holds; it is renewed when half of that is over, if nothing else renews it.
    pub valid_for: Duration,
}

/// Why there are no such settings.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// A scan range has no series.
    #[error("{text:?} names no series; write a scan range like H100-SXM.GLOBAL.OD=0.60")]
    NoSeries {
        /// As given.
        text: String,
    },
    /// A scan range is no price.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// A scan range is out of bounds.
    #[error("a scan range of {range} USD per GPU-hour is not above 0 and at most {}", limits::PRICE_MAX)]
    Range {
        /// As given.
        range: Price,
    },
    /// The extremes are out of bounds.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// An array would hold too long, or not at all.
    #[error("an array holds for 1 to {} hours, not for {hours}", HOURS_VALID_MAX)]
    Validity {
        /// As given.
        hours: u32,
    },
}

/// The longest that an array may hold.
const HOURS_VALID_MAX: i64 = limits::RISK_VALID_US_MAX / US_PER_HOUR;

const US_PER_HOUR: i64 = 3_600_000_000;

impl Settings {
    /// Settings from what an operator writes: `SERIES=USD` for each scan range, extremes in scan ranges and the share of their loss
    /// that counts, hours that an array holds.
    ///
    /// # Errors
    /// What cannot be used.
    pub fn read(scan_ranges: &[String], extremes: (f64, f64), hours: u32) -> Result<Settings, SettingsError> {
        if hours == 0 || i64::from(hours) > HOURS_VALID_MAX {
            return Err(SettingsError::Validity { hours });
        }
        let (multiple, cover) = extremes;
        Ok(Settings {
            scan_ranges: scan_ranges.iter().map(|text| scan_range(text)).collect::<Result<_, _>>()?,
            rules: RangeRules::default(),
            grid: ScenarioGrid::span(multiple, cover)?,
            valid_for: Duration::from_hours(hours.into()),
        })
    }
}

/// Scan ranges from the fixings, extremes of three ranges at a third, arrays for a day.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            scan_ranges: BTreeMap::new(),
            rules: RangeRules::default(),
            grid: ScenarioGrid::default(),
            valid_for: Duration::from_hours(24),
        }
    }
}

fn scan_range(text: &str) -> Result<(String, Price), SettingsError> {
    let (series, range) = text
        .split_once('=')
        .filter(|(series, _)| !series.is_empty())
        .ok_or_else(|| SettingsError::NoSeries { text: text.chars().take(64).collect() })?;
    let range = Amount::parse(range)?.price();
    if range <= Price(0) || range > limits::PRICE_MAX {
        return Err(SettingsError::Range { range });
    }
    Ok((series.to_owned(), range))
}
