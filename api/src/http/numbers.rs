//! Money and amounts of assets at the edge: decimal text outside, whole smallest units inside, and never a float in between.

use std::fmt;
use std::str::FromStr;

use engine::limits;
use engine::units::{self, Cash, MICROS, Price};
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
        let decimal =
            Some(text).filter(|text| is_plain(text, PLACES_MAX)).and_then(|text| Decimal::from_str_exact(text).ok());
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

/// The published form: digits, and behind a point one more or several.
fn is_plain(text: &str, places_max: usize) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    match magnitude.split_once('.') {
        None => digits(magnitude),
        Some((whole, places)) => digits(whole) && digits(places) && places.len() <= places_max,
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
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Amount::parse(digits_of(&raw)).map_err(D::Error::custom)
    }
}

/// The raw token without its quotes: a JSON number is never turned into a float on its way.
fn digits_of(raw: &RawValue) -> &str {
    let token = raw.get();
    token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(token)
}

/// A decimal of any asset, with as many places as the asset has. Written as text; read as text or as a JSON number, by its digits.
///
/// ```
/// use api::http::numbers::Quantity;
/// let quantity: Quantity = serde_json::from_str("\"1.5\"").unwrap();
/// assert_eq!(quantity.units(8).unwrap(), engine::units::Amount(150_000_000));
/// assert_eq!(Quantity::of(engine::units::Amount(150_000_000), 8), "1.50000000".parse().unwrap());
/// assert!(quantity.units(0).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, pattern = r"^-?[0-9]+(\.[0-9]{1,18})?$", example = "1.500000")]
pub struct Quantity(String);

/// Why a text is no quantity of an asset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a decimal with at most {places} places that the venue can count")]
pub struct QuantityError {
    text: String,
    places: usize,
}

impl Quantity {
    /// An amount in the smallest units of an asset with this many decimal places, as text.
    pub fn of(amount: units::Amount, decimals: u8) -> Quantity {
        let (sign, places) = (if amount.0 < 0 { "-" } else { "" }, usize::from(decimals));
        let digits = format!("{:0>width$}", amount.0.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let point = if places == 0 { "" } else { "." };
        Quantity(format!("{sign}{whole}{point}{fraction}"))
    }

    /// In the smallest units of an asset with this many decimal places. Exact or an error; nothing is rounded.
    ///
    /// # Errors
    /// If it has more places than the asset, or is out of range.
    pub fn units(&self, decimals: u8) -> Result<units::Amount, QuantityError> {
        let places = usize::from(decimals);
        let error = || QuantityError { text: self.0.clone(), places };
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        if fraction.len() > places {
            return Err(error());
        }
        format!("{whole}{fraction:0<places$}").parse().map(units::Amount).map_err(|_| error())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Quantity, QuantityError> {
        let places = usize::from(limits::DECIMALS_MAX);
        match is_plain(text, places) {
            true => Ok(Quantity(text.to_owned())),
            false => Err(QuantityError { text: text.chars().take(40).collect(), places }),
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        digits_of(&raw).parse().map_err(D::Error::custom)
    }
}
