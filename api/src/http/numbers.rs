//! Money at the edge: decimal text outside, whole micro-units inside, and never a float in between.

use std::fmt;

use engine::units::{Cash, MICROS, Price};
use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Decimal places of a micro-unit.
const SCALE: u32 = 6;
/// Most of them in a text.
const PLACES_MAX: usize = 6;

/// A decimal with at most six places. Written as text; read as text or as a JSON number, by its digits.
///
/// ```
/// use api::http::numbers::Amount;
/// let amount: Amount = serde_json::from_str("\"3.250\"").unwrap();
/// assert_eq!(serde_json::from_str::<Amount>("3.25").unwrap(), amount);
/// assert_eq!(serde_json::to_string(&amount).unwrap(), "\"3.250000\"");
/// assert!(serde_json::from_str::<Amount>("\"0.0000001\"").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = r"^-?[0-9]+(\.[0-9]{1,6})?$", example = "3.250000")]
pub struct Amount(pub i64);

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a decimal with at most 6 places; write it like \"3.25\"")]
pub struct AmountError {
    text: String,
}

impl Amount {
    /// Reads decimal text. Exact or an error; nothing is rounded.
    ///
    /// # Errors
    /// If it is no decimal, has more than six places or is out of range.
    pub fn parse(text: &str) -> Result<Amount, AmountError> {
        let invalid = || AmountError { text: text.chars().take(40).collect() };
        let decimal = Some(text).filter(|text| is_plain(text)).and_then(|text| Decimal::from_str_exact(text).ok());
        let micros = decimal.and_then(|decimal| decimal.checked_mul(Decimal::from(MICROS))).ok_or_else(invalid)?;
        // At most six places were read, so nothing is left behind the point.
        i64::try_from(micros.normalize().mantissa()).map(Amount).map_err(|_| invalid())
    }

    /// As a price.
    pub fn price(self) -> Price {
        Price(self.0)
    }

    /// As money.
    pub fn cash(self) -> Cash {
        Cash(self.0)
    }
}

/// The published form: digits, and behind a point one to six more.
fn is_plain(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    match magnitude.split_once('.') {
        None => digits(magnitude),
        Some((whole, places)) => digits(whole) && digits(places) && places.len() <= PLACES_MAX,
    }
}

impl From<Price> for Amount {
    fn from(price: Price) -> Amount {
        Amount(price.0)
    }
}

impl From<Cash> for Amount {
    fn from(cash: Cash) -> Amount {
        Amount(cash.0)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Decimal::new(self.0, SCALE), formatter)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        // The raw token: a JSON number is never turned into a float on its way.
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let token = raw.get();
        let text = token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(token);
        Amount::parse(text).map_err(D::Error::custom)
    }
}
