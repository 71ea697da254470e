//! Periods as text, in the one spelling that symbols of contracts use: `2027-01`, `2027-Q1`, `2027`.

use std::fmt;
use std::str::FromStr;

use super::{DeliveryPeriod, PeriodKind, YEAR_MAX, YEAR_MIN};

/// A text that is no delivery period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "delivery period {text:?} is not a month, quarter or year from {YEAR_MIN} to {YEAR_MAX}; \
     write it as 2027-01, 2027-Q1 or 2027"
)]
pub struct DeliveryError {
    /// The text as given.
    pub text: String,
}

impl fmt::Display for DeliveryPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = self.first_year_and_month();
        match self.kind() {
            PeriodKind::Month => write!(f, "{year}-{month:02}"),
            PeriodKind::Quarter => write!(f, "{year}-Q{}", month.div_ceil(3)),
            PeriodKind::Year => write!(f, "{year}"),
        }
    }
}

/// Reads what [`Display`](fmt::Display) writes, and nothing else: `2027-1` and `2027-q1` are no periods.
impl FromStr for DeliveryPeriod {
    type Err = DeliveryError;

    fn from_str(text: &str) -> Result<DeliveryPeriod, DeliveryError> {
        parse(text).ok_or_else(|| DeliveryError { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<DeliveryPeriod> {
    let (year, rest) = text.split_once('-').map_or((text, None), |(year, rest)| (year, Some(rest)));
    let year = i32::try_from(digits(year, 4)?).ok()?;
    match rest {
        None => DeliveryPeriod::year(year),
        Some(rest) => match rest.strip_prefix('Q') {
            Some(quarter) => DeliveryPeriod::quarter(year, digits(quarter, 1)?),
            None => DeliveryPeriod::month(year, digits(rest, 2)?),
        },
    }
}

/// Exactly `count` ASCII digits; `str::parse` alone would take a sign.
fn digits(text: &str, count: usize) -> Option<u32> {
    let are_digits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if are_digits { text.parse().ok() } else { None }
}
